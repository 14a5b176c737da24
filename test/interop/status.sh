#!/bin/sh
# Stapled OCSP responses and lists, with OpenSSL's and GnuTLS's programs: both roles, TLS 1.2 and 1.3; and staples of
# clients, which of these Go has. Usage: status.sh BUILD_FOLDER INTEROP_FOLDER, from the top of the source tree.
# Certificates: test/pki/status.
set -eu
culvert=$1/culvert
go=$2/go
pki=test/pki/status
work=$(mktemp -d)
pid=""
stop() {
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null || :; wait "$pid" 2>/dev/null || :; }
    pid=""
}
trap 'stop; rm -rf "$work"' EXIT
n=0
n_ports=0
failed=0

# wait_for PATTERN FILE: the first match of a server's output.
wait_for() {
    for _ in $(seq 100); do
        if grep -qe "$1" "$2" 2>/dev/null; then return 0; fi
        sleep 0.1
    done
    echo "status: no '$1' from the server: $(cat "$2")" >&2
    exit 1
}

# expect WANTED_CODE WHAT COMMAND...: an exit code of culvert's client.
expect() {
    want=$1 what=$2
    shift 2
    n=$((n + 1))
    code=0
    echo hello | "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" = "$want" ] && return
    echo "status: $what: exit code $code instead of $want: $(cat "$work/err")" >&2
    failed=1
}

# openssl_server VERSION STEM [STAPLE]; sets port.
openssl_server() {
    version=$1 stem=$2
    : >"$work/log"
    openssl s_server -accept 127.0.0.1:0 -naccept 20 -cert $pki/"$stem".pem -key $pki/"$stem".key -cert_chain $pki/"$stem".pem \
        -"$version" -rev ${3:+-status_file $pki/$3} >"$work/log" 2>&1 &
    pid=$!
    wait_for '^ACCEPT .*:[0-9]' "$work/log"
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$work/log" | head -1)
}

# gnutls_server VERSION STEM [STAPLE]; sets port: one below those that the system gives to clients, and that nobody has.
gnutls_server() {
    version=$1 stem=$2
    for _ in 1 2 3 4 5; do
        n_ports=$((n_ports + 1))
        port=$((20000 + ($$ + n_ports) % 12000))
        : >"$work/log"
        gnutls-serv --port $port --echo --x509certfile $pki/"$stem".pem --x509keyfile $pki/"$stem".key --disable-client-cert \
            --priority "NORMAL:-VERS-ALL:+VERS-$version" ${3:+--ocsp-response $pki/$3} --ignore-ocsp-response-errors >"$work/log" 2>&1 &
        pid=$!
        wait_for 'listening on IPv4.*\(done\|failed\)' "$work/log"
        if grep -q 'listening on IPv4.*done' "$work/log"; then return; fi
        stop
    done
    echo "status: gnutls-serv found no port: $(cat "$work/log")" >&2
    exit 1
}

client() {
    "$culvert" client 127.0.0.1:$port --name server.example --ca $pki/root.pem "$@"
}

as_client() { # SERVER VERSION
    server=$1 version=$2
    "${server}_server" "$version" server server-good.ocsp
    expect 0 "$server $version: a good response" client --revocation leaf
    expect 1 "$server $version: nothing about the intermediate" client --revocation chain
    grep -q CRYPT_E_REVOCATION_OFFLINE "$work/err" || failed=1
    expect 0 "$server $version: a list for the intermediate" client --revocation chain --crl $pki/root.crl
    expect 1 "$server $version: a list that names it" client --revocation chain --crl $pki/root-ica.crl
    grep -q 'CRYPT_E_REVOKED.*certificate_revoked sent' "$work/err" || failed=1
    stop
    "${server}_server" "$version" server
    expect 0 "$server $version: no response, none asked for" client
    expect 1 "$server $version: no response" client --revocation leaf
    expect 0 "$server $version: a list instead" client --revocation leaf --crl $pki/ica.crl
    stop
    "${server}_server" "$version" must
    expect 1 "$server $version: must-staple without" client
    grep -q 'bad_certificate_status_response sent' "$work/err" || failed=1
    stop
    "${server}_server" "$version" must must-good.ocsp
    expect 0 "$server $version: must-staple" client
    stop
}

for version in tls1_2 tls1_3; do as_client openssl $version; done
for version in TLS1.2 TLS1.3; do as_client gnutls $version; done

# culvert_server STAPLE OPTION...: sets port.
culvert_server() {
    staple=$1
    shift
    : >"$work/log"
    "$culvert" server 127.0.0.1:0 --cert $pki/server.pem --key $pki/server.key --echo ${staple:+--ocsp $pki/$staple} "$@" \
        >"$work/log" 2>&1 &
    pid=$!
    wait_for 'listening on .*:[0-9]' "$work/log"
    port=$(sed -n 's/.*listening on .*:\([0-9]*\).*/\1/p' "$work/log" | head -1)
}

# seen WHAT PATTERN: in the output of a client of theirs.
seen() {
    n=$((n + 1))
    if ! grep -qe "$2" "$work/out"; then
        echo "status: $1: no '$2': $(cat "$work/out")" >&2
        failed=1
    fi
}

culvert_server server-good.ocsp
for version in tls1_2 tls1_3; do
    openssl s_client -connect 127.0.0.1:$port -CAfile $pki/root.pem -status -$version </dev/null >"$work/out" 2>&1 || :
    seen "openssl client $version" 'Cert Status: good'
done
for version in TLS1.2 TLS1.3; do
    gnutls-cli --port $port 127.0.0.1 --verify-hostname server.example --x509cafile $pki/root.pem --ocsp \
        --priority "NORMAL:-VERS-ALL:+VERS-$version" </dev/null >"$work/out" 2>&1 || :
    seen "gnutls client $version" 'OCSP status request'
    seen "gnutls client $version" 'The certificate is trusted'
done
stop
culvert_server server-revoked.ocsp
gnutls-cli --port $port 127.0.0.1 --verify-hostname server.example --x509cafile $pki/root.pem </dev/null >"$work/out" 2>&1 || :
seen "gnutls client, revoked" 'revoked'
stop

# Beside a client's certificate (RFC 9846 4.5.1.1): our server asks Go's clients, who answer, and others, who need not;
# Go's server always asks.
culvert_server "" --client-ca $pki/root.pem --ask-staple --revocation leaf
go_client() {
    stem=$1
    shift
    "$go/client" -connect 127.0.0.1:$port -ca $pki/root.pem -cert $pki/"$stem".pem -key $pki/"$stem".key "$@"
}
expect 0 "go client: a good response" go_client client -ocsp $pki/client-good.ocsp
expect 1 "go client: revoked" go_client client -ocsp $pki/client-revoked.ocsp
expect 1 "go client: none" go_client client
expect 0 "go client: must-staple" go_client must-client -ocsp $pki/must-client-good.ocsp
expect 1 "go client: must-staple without" go_client must-client
stop
culvert_server "" --client-ca $pki/root.pem --ask-staple
openssl s_client -connect 127.0.0.1:$port -CAfile $pki/root.pem -cert $pki/client.pem -key $pki/client.key \
    -cert_chain $pki/client.pem -verify_return_error <<E >"$work/out" 2>&1 || :
hello
E
seen "openssl client, asked for a response" 'Verify return code: 0'
gnutls-cli --port $port 127.0.0.1 --verify-hostname server.example --x509cafile $pki/root.pem --x509certfile $pki/client.pem \
    --x509keyfile $pki/client.key </dev/null >"$work/out" 2>&1 || :
seen "gnutls client, asked for a response" 'Handshake was completed'
stop
: >"$work/log"
mkfifo "$work/stdin"
sleep 60 >"$work/stdin" &
keeper=$!
"$go/server" -client-ca $pki/root.pem -verify require -cert $pki/server.pem -key $pki/server.key <"$work/stdin" >"$work/log" 2>&1 &
pid=$!
wait_for '^LISTEN' "$work/log"
port=$(sed -n 's/^LISTEN //p' "$work/log")
expect 0 "go server: a response" client --cert $pki/client.pem --key $pki/client.key --ocsp $pki/client-good.ocsp
expect 0 "go server: no response" client --cert $pki/client.pem --key $pki/client.key
kill $keeper
wait_for '"n":1' "$work/log"
sort "$work/log" >"$work/out"
seen "go server: what came" "\"stapled\":$(wc -c <$pki/client-good.ocsp)"
n=$((n + 1))
[ "$(grep -c stapled "$work/out")" = 1 ] || failed=1
stop

[ $failed = 0 ] && echo "status: $n checks of stapling and lists with OpenSSL, GnuTLS and Go passed"
exit $failed
