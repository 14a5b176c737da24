# Sourced by test scripts: a CA and a leaf for localhost, and waiting for a server's port.

# make_pki DIR: ca.pem, ca.key, leaf.pem, leaf.key (P-256; server and client), expired.pem with leaf.key.
make_pki() {
    (
        cd "$1"
        printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1' 'basicConstraints=critical,CA:FALSE' \
            'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth' >leaf.ext
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/O=Culvert, tests/CN=Test CA' \
            -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout leaf.key -out leaf.csr
        openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 30 -extfile leaf.ext -out leaf.pem
        openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 3 -days -1 -extfile leaf.ext -out expired.pem
    ) >"$1/pki.log" 2>&1 || { cat "$1/pki.log" >&2; return 1; }
}

# wait_for_port FILE: the port that `culvert server` says on standard error.
wait_for_port() {
    tries=0
    while ! grep -q 'listening on' "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { echo "the server does not start" >&2; cat "$1" >&2; return 1; }
        sleep 0.05
    done
    sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$1"
}
