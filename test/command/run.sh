#!/bin/sh
# Tests the command: usage errors, exit codes, the reasons it gives, and what its options do.
# Usage: run.sh BUILD, from the top of the source tree.
set -eu
culvert=$1/culvert
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
. test/interop/pki.sh
make_pki "$work"
passed=0
failed=0

# expect CODE PATTERN ARGUMENT...: runs the command on $input; PATTERN must be on standard error ("" for any).
input=/dev/null
expect() {
    code=$1 pattern=$2
    shift 2
    got=0
    timeout 30 "$culvert" "$@" <"$input" >"$work/out" 2>"$work/err" || got=$?
    if [ $got = "$code" ] && { [ -z "$pattern" ] || grep -qe "$pattern" "$work/err"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "command: $* gave $got, expected $code and '$pattern'" >&2
        head -3 "$work/err" >&2
    fi
}
# check WHAT COMMAND...: the command must succeed.
check() {
    what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "command: $what" >&2; fi
}
# serve OPTION...: a server with the leaf certificate; $port is its port.
serve() {
    : >"$work/server.err"
    "$culvert" server 127.0.0.1:0 --cert "$work/leaf.pem" --key "$work/leaf.key" "$@" >"$work/server.out" 2>"$work/server.err" &
    server=$!
    port=$(wait_for_port "$work/server.err")
}
# stop CODE: ends it; a server that ends by itself is waited for.
stop() {
    [ "$1" = counted ] || kill "$server"
    got=0
    wait "$server" || got=$?
    server=
    [ "$1" = counted ] && return $got
    check "the server's exit code was $got" [ $got = 0 ]
}
says() { grep -qe "$1" "$work/$2"; }

# The command line.
expect 2 'usage: culvert'
expect 0 '' --help
expect 0 '' --version
expect 2 "no subcommand 'clinet'" clinet
expect 2 'usage: culvert vectors' vectors
expect 2 'usage: culvert vectors' vectors --nonsense
expect 2 'HOST:PORT' client
expect 2 'HOST:PORT' client localhost
expect 2 'HOST:PORT' client localhost:https
expect 2 'usage: culvert client' client localhost:1 --nonsense
expect 2 'neither 1.2 nor 1.3' client localhost:1 --min 1.4
expect 2 'above --max' client localhost:1 --min 1.3 --max 1.2
expect 2 'is no number' client localhost:1 --reconnect many
expect 2 'exclude' client localhost:1 --insecure --ca "$work/ca.pem"
expect 2 'needs --cert' client localhost:1 --key "$work/leaf.key"
expect 2 'No such file' client localhost:1 --ca "$work/nothing"
expect 2 'do not belong together' client localhost:1 --cert "$work/ca.pem" --key "$work/leaf.key"
expect 2 'is not a list of protocol names' client localhost:1 --alpn ,h2
expect 1 'Connection refused' client localhost:1
expect 2 'are needed' server 0
expect 2 'needs --client-ca' server 0 --cert "$work/leaf.pem" --key "$work/leaf.key" --verify require
expect 2 'is none of' server 0 --cert "$work/leaf.pem" --key "$work/leaf.key" --verify perhaps
expect 2 'no number above 0' server 0 --cert "$work/leaf.pem" --key "$work/leaf.key" --accept 0

# Vectors: a wrong one fails, an unknown hash is refused, a file of nothing fails.
printf 'culvert vectors\n[hash SHA-256]\nmsg = 616263\ndigest = 00\n' >"$work/wrong.txt"
expect 1 '' vectors "$work/wrong.txt"
check "no verdict on a wrong vector" says 'passed 0, failed 1, refused 0' out
printf 'culvert vectors\n[hash MD2]\nmsg = 616263\ndigest = 00\n' >"$work/unknown.txt"
expect 0 '' vectors -v "$work/unknown.txt"
check "no reason for refusing" says 'refused: hash MD2' out
printf '#  CAVS\n[L=32]\n\nCount = 0\nKlen = 4\nTlen = 16\nKey = 4a656665\nMsg = 7768617420646f2079612077616e7420666f72206e6f7468696e673f\nMac = 5bdcc146bf60754e6a042426089575c7\n' >"$work/HMAC.rsp"
expect 0 '' vectors "$work/HMAC.rsp"
check "no HMAC of NIST's form" says 'passed 1, failed 0, refused 0' out
printf '# GCM Decrypt\n[Keylen = 128]\n\nCount = 0\nKey = cf063a34d4a9a76c2c86787d3f96db71\nIV = 113b9785971864c83b01c787\nCT = \nAAD = \nTag = 72ac8493e3a5228b5d130a69d2510e42\nPT = \n\nCount = 1\nKey = a49a5e26a2f8cb63d05546c2a62f5343\nIV = 907763b19b9b4ab6bd4f0281\nCT = \nAAD = \nTag = a2be08210d8c470a8df6e8fbd79ec5cf\nFAIL\n' >"$work/gcm.rsp"
expect 0 '' vectors "$work/gcm.rsp"
check "no GCM of NIST's form" says 'passed 2, failed 0, refused 0' out
echo nothing >"$work/nothing.txt"
expect 1 '' vectors "$work/nothing.txt"
expect 2 'cannot read' vectors "$work/missing.txt"

# Every implementation that the headers declare is run by the vectors; the hybrids have none published, their
# parts do, and test_mlkem joins them.
for d in $(sed -n 's/^extern const struct cv_\(aead\|hash\|group\) \(cv_[a-z0-9_]*\);.*/\2/p' crypto/*.h); do
    case $d in cv_group_*mlkem*) continue ;; esac
    check "no vector runs $d" grep -q "&$d\b" sspi/culvert/vector_check.c sspi/culvert/vector_check_pk.c
done

# `culvert key`: OpenSSL takes what it makes.
expect 2 'usage: culvert key' key --bits 99999
expect 2 'usage: culvert key' key --bits many
expect 2 'usage: culvert key' key extra
expect 2 'BAD_MODULUS\|modulus' key --bits 1000
expect 0 '^n = [0-9]*$' key --bits 1024 --text
openssl rsa -in "$work/out" -check -noout >"$work/key.txt" 2>&1 || :
check "OpenSSL: $(cat "$work/key.txt")" says 'RSA key ok' key.txt
check "the modulus in decimal" [ "$(sed -n 's/^n = //p' "$work/err")" = "$(openssl rsa -in "$work/out" -modulus -noout | sed 's/Modulus=//' | python3 -c 'print(int(input(), 16))')" ]

# `culvert verify`: the path, or the certificate, the rule and its source.
v="verify --ca $work/ca.pem"
expect 2 'usage: culvert verify' verify
# A U-label is looked for as its A-label, where the host has libidn2.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/idn.key" -out "$work/idn.pem" -days 30 \
    -subj /CN=idn -addext subjectAltName=DNS:xn--bcher-kva.example 2>/dev/null
expect 0 '' verify --ca "$work/idn.pem" --name xn--bcher-kva.example "$work/idn.pem"
if ldconfig -p 2>/dev/null | grep -q 'libidn2\.so\.0'; then
    expect 0 '' verify --ca "$work/idn.pem" --name bücher.example "$work/idn.pem"
    expect 0 '' verify --ca "$work/idn.pem" --name BÜCHER.example "$work/idn.pem"
    expect 1 'CERT_NAME_MISMATCH' verify --ca "$work/idn.pem" --name bucher.example "$work/idn.pem"
    expect 1 'CERT_NAME_MISMATCH' $v --name bücher.example "$work/leaf.pem"
else
    expect 2 'not a host name' $v --name bücher.example "$work/leaf.pem"
fi
expect 2 'not san or cn' $v --names cx "$work/leaf.pem"
expect 2 'usage: culvert verify' verify "$work/leaf.pem"
expect 2 'usage: culvert verify' verify --ca "$work/ca.pem"
expect 2 'No such file' verify --ca "$work/nothing" "$work/leaf.pem"
expect 2 'holds nothing of the kind' verify --ca "$work/leaf.key" "$work/leaf.pem"
expect 2 'not a host name' $v --name 127.0.0.1 "$work/leaf.pem"
expect 2 'not an address' $v --ip localhost "$work/leaf.pem"
expect 2 'a value is missing' $v "$work/leaf.pem" --time
expect 2 'more than one LEAF' $v --name localhost "$work/leaf.pem" "$work/leaf.pem"
expect 0 '' $v "$work/leaf.pem"
check "no path printed" [ "$(tr '\n' ';' <"$work/out")" = '0 CN=localhost;1 CN=Test CA, O="Culvert, tests";' ]
expect 0 '' verify "$work/leaf.pem" --ca "$work/ca.pem" --name localhost --depth 0 --profile compat
expect 0 '' $v "$work/ca.pem" --untrusted "$work/ca.pem" --ip 127.0.0.1 --purpose client "$work/leaf.pem"
expect 0 '' $v "$work/ca.pem"
expect 1 'certificate 0 (CN=localhost): CERT_EXPIRED: .*RFC 5280 6.1.3' $v "$work/expired.pem"
expect 1 'CERT_NOT_YET_VALID' $v --time 2020-01-01T00:00:00Z "$work/leaf.pem"
expect 1 'CERT_EXPIRED' $v --time 4102444800 "$work/leaf.pem"
expect 0 '' $v --time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$work/leaf.pem"
for t in 2026-13-01T00:00:00Z 2026-02-30T00:00:00Z 2026-01-01T24:00:00Z 2026-01-01T00:00:00 2026-1-01T00:00:00Z 9999999999999999999999 x ''; do
    expect 2 'neither a date nor a number' $v --time "$t" "$work/leaf.pem"
done
expect 1 'CERT_NAME_MISMATCH: .*RFC 9525' $v --name example.com "$work/leaf.pem"
expect 1 'CERT_UNTRUSTED' verify --ca "$work/leaf.pem" "$work/expired.pem"
expect 1 'CERT_SYNTAX' $v --profile webpki "$work/ca.pem"
openssl x509 -in "$work/leaf.pem" -outform DER -out "$work/leaf.der"
expect 0 '' $v "$work/leaf.der"
# Blocks of test/pki, by name.
block() {
    awk -v name="$2" '$0 == name { on = 1; next } on { print } on && /^-----END/ { exit }' "test/pki/$1.pem" >"$work/$2.pem"
}
mv "$work/leaf.pem" "$work/localhost.pem"
for b in root ica leaf leaf-policy ica-explicit leaf-ed25519 root-ed25519; do block chains $b; done
for b in root-none ica-none ica-leaf root-ica ocsp-good ocsp-revoked; do block revocation $b; done
v="verify --time 2030-01-01T00:00:00Z --untrusted $work/ica.pem $work/ica-explicit.pem --ca $work/root.pem"
expect 0 '' $v --crl "$work/root-none.pem" "$work/ica-none.pem" "$work/leaf.pem"
expect 1 'certificate 0 .*CERT_REVOKED: .*RFC 5280 6.3' $v --crl "$work/root-none.pem" "$work/ica-leaf.pem" "$work/leaf.pem"
expect 1 'certificate 1 .*CERT_REVOKED' $v --crl "$work/root-ica.pem" "$work/ica-none.pem" "$work/leaf.pem"
expect 1 'certificate 1 .*CERT_REVOCATION_UNKNOWN' $v --crl "$work/ica-none.pem" "$work/leaf.pem"
expect 2 'holds nothing of the kind' $v --crl "$work/ica.pem" "$work/leaf.pem"
block revocation bundle
expect 0 '' verify --time 2030-01-01T00:00:00Z --ca "$work/root.pem" --untrusted "$work/bundle.pem" "$work/leaf.pem"
expect 0 '' $v --policy 1.2.3.6 1.2.3.5 "$work/leaf-policy.pem"
expect 1 'CERT_POLICY: .*RFC 5280 6.1.5' $v --policy 1.2.3.4 "$work/leaf-policy.pem"
expect 2 'not an OID' $v --policy 1.2.x "$work/leaf-policy.pem"
expect 2 'not an OID' $v --policy 3.1 "$work/leaf-policy.pem"
expect 2 'not an OID' $v --policy 1 "$work/leaf-policy.pem"
expect 0 '' verify --time 2030-01-01T00:00:00Z --ca "$work/root.pem" --untrusted "$work/ica.pem" --depth 1 "$work/leaf.pem"
expect 1 'certificate 0 .*CERT_UNTRUSTED' verify --time 2030-01-01T00:00:00Z --ca "$work/root.pem" --untrusted "$work/ica.pem" --depth 0 "$work/leaf.pem"
expect 2 'no number from 0 to 8' $v --depth 9 "$work/leaf.pem"
expect 0 '' $v --purpose server "$work/leaf.pem"
expect 1 'certificate 0 .*CERT_EXTENDED_KEY_USAGE: .*RFC 5280' $v --purpose client "$work/leaf.pem"
expect 0 '' $v --purpose any "$work/leaf.pem"
expect 2 'not server, client or any' $v --purpose mail "$work/leaf.pem"
expect 0 '' $v --profile rfc5280 "$work/leaf.pem"
expect 2 'not compat, rfc5280 or webpki' $v --profile strict "$work/leaf.pem"
expect 2 'not san or cn' $v --names both "$work/leaf.pem"
v="verify --time 2030-01-01T00:00:00Z --ca $work/root-ed25519.pem"
expect 0 '' $v --ocsp "$work/ocsp-good.pem" "$work/leaf-ed25519.pem"
expect 1 'CERT_REVOKED' $v --ocsp "$work/ocsp-revoked.pem" "$work/leaf-ed25519.pem"
v="verify --ca $work/ca.pem"
mv "$work/localhost.pem" "$work/leaf.pem"
printf '0garbage' >"$work/garbage.der"
expect 1 'garbage.der cannot be read' $v "$work/garbage.der"
expect 1 'CERT_DER: not strict DER' $v "$work/garbage.der"

# Verification, and what both sides say about it.
expect 1 'no ticket keys' server 127.0.0.1:0 --cert "$work/leaf.pem" --key "$work/leaf.key" --ticket-keys "$work/leaf.pem"
serve --www --ticket-keys "$work/tickets"
kill "$server"
check "ticket keys for everybody to read" test "$(stat -c %a "$work/tickets")" = 600
serve --info --www --alpn h2,http/1.1
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\nConnection: close\r\n\r\n' >"$work/get"
input=$work/get
expect 0 '"resumed":false.*"verification":"verified"' client "localhost:$port" --ca "$work/ca.pem" --info
check "three answers on one connection" [ "$(grep -c '^HTTP/1.1 200\|^HTTP/1.1 404' "$work/out")" = 3 ]
expect 0 '"peer":\["CN=localhost"\]' client "localhost:$port" --ca "$work/ca.pem" --info
expect 0 '"alpn":"h2"' client "localhost:$port" --ca "$work/ca.pem" --info --alpn http/1.1,h2
expect 1 'no_application_protocol received' client "localhost:$port" --ca "$work/ca.pem" --alpn smtp
expect 0 '"verification":"not verified"' client "localhost:$port" --insecure --info
expect 1 'SEC_E_UNTRUSTED_ROOT.*unknown_ca sent' client "localhost:$port"
expect 1 'SEC_E_WRONG_PRINCIPAL.*certificate 0' client "localhost:$port" --ca "$work/ca.pem" --name example.com
expect 1 '"status":"SEC_E_WRONG_PRINCIPAL"' client "localhost:$port" --ca "$work/ca.pem" --name example.com --info
expect 0 '' client "localhost:$port" --ca "$work/ca.pem" --keylog "$work/keys"
check "secrets logged" says '^SERVER_TRAFFIC_SECRET_0 [0-9a-f]\{64\} [0-9a-f]\{64\}' keys
expect 0 '"resumed":true' client "localhost:$port" --ca "$work/ca.pem" --info --reconnect 1
check "the page says so" says '<td>resumed</td>' out
check "two pages" [ "$(grep -c '^HTTP/1.1 200' "$work/out")" = 4 ]
stop 0
check "the server says what its clients found" says 'alert unknown_ca received' server.err

# Client certificates.
serve --client-ca "$work/ca.pem" --www --info
expect 1 'certificate_required received' client "localhost:$port" --ca "$work/ca.pem"
expect 0 '' client "localhost:$port" --ca "$work/ca.pem" --cert "$work/leaf.pem" --key "$work/leaf.key"
check "the server names the client" says '"verification":"verified","peer":\["CN=localhost"\]' server.err
expect 1 'certificate_expired received' client "localhost:$port" --ca "$work/ca.pem" --cert "$work/expired.pem" --key "$work/leaf.key"
stop 0
serve --client-ca "$work/ca.pem" --verify request --www
expect 0 '' client "localhost:$port" --ca "$work/ca.pem"
expect 0 '' client "localhost:$port" --ca "$work/ca.pem" --cert "$work/leaf.pem" --key "$work/leaf.key"
stop 0

# Data, both ways, and counted connections.
head -c 4000000 /dev/urandom >"$work/data"
input=$work/data
serve --echo --accept 1
expect 0 '' client "localhost:$port" --ca "$work/ca.pem"
check "the echo is the same" cmp -s "$work/data" "$work/out"
check "one connection that ended well" stop counted
input=/dev/null
printf 'abc\n12' >"$work/lines"
serve --reverse --accept 2
expect 0 '' client "localhost:$port" --ca "$work/ca.pem"
input=$work/lines
expect 0 '' client "localhost:$port" --ca "$work/ca.pem"
check "lines the other way round" [ "$(tr '\n' . <"$work/out")" = cba.21 ]
check "two connections that ended well" stop counted
serve --accept 1
expect 0 '' client "localhost:$port" --ca "$work/ca.pem"
check "a connection that ended well" stop counted
check "what came is printed" cmp -s "$work/lines" "$work/server.out"
serve --accept 1
expect 1 'SEC_E_UNTRUSTED_ROOT' client "localhost:$port"
if stop counted; then check "a failed connection, and exit code 0" false; fi

# Versions.
serve --www --info
input=$work/get
for v in 1.2 1.3; do
    expect 0 "\"protocol\":\"TLSv$v\".*\"resumed\":false" client "localhost:$port" --ca "$work/ca.pem" --info --min $v --max $v
    check "three answers by TLS $v" [ "$(grep -c '^HTTP/1.1 200\|^HTTP/1.1 404' "$work/out")" = 3 ]
    expect 0 '"resumed":true' client "localhost:$port" --ca "$work/ca.pem" --info --max $v --reconnect 1
done
stop 0
input=$work/data
serve --echo --max 1.2
expect 0 '"protocol":"TLSv1.2"' client "localhost:$port" --ca "$work/ca.pem" --info
check "the echo by TLS 1.2 is the same" cmp -s "$work/data" "$work/out"
expect 1 'protocol_version received' client "localhost:$port" --ca "$work/ca.pem" --min 1.3
stop 0
input=$work/lines

# A peer that talks something else, or ends without closing.
serve --echo --min 1.3
printf 'GET / HTTP/1.1\r\n\r\n' | timeout 5 openssl s_client -connect "127.0.0.1:$port" -tls1_2 >/dev/null 2>&1 || true
check "the server refuses TLS 1.2" says 'SEC_E_ALGORITHM_MISMATCH' server.err
timeout 5 openssl s_client -connect "127.0.0.1:$port" -starttls smtp >/dev/null 2>&1 </dev/null || true
expect 0 '' client "localhost:$port" --ca "$work/ca.pem" # it lives
stop 0

echo "command: $passed passed, $failed failed"
[ $failed = 0 ]
