#!/bin/sh
# Compiles the programs of docs/examples as a user would, against the headers and the shared library, and runs them:
# the HTTPS client and hello against `culvert server` and openssl s_server, in TLS 1.3 and 1.2; the echo server against
# `culvert client` and openssl s_client; the engine with itself.
# Usage: examples.sh BUILD, from the top of the source tree.
set -eu
build=$1
out=$build/test/examples
mkdir -p "$out"
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
. test/interop/pki.sh
make_pki "$work"

ln -sf "../../libculvert.so.0" "$out/libculvert.so"
ln -sf "../../libculvert.so.0" "$out/libculvert.so.0"
for e in hello https_client echo_server; do
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror ${EXAMPLE_CFLAGS:-} -Isspi/include -o "$out/$e" "docs/examples/$e.c" \
        -L"$out" -lculvert -Wl,-rpath,'$ORIGIN'
done
${CC:-gcc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror ${EXAMPLE_CFLAGS:-} -I. -o "$out/engine" docs/examples/engine.c \
    "$build/libculvert.a"
export ASAN_OPTIONS=detect_leaks=0 # short programs leave their memory to the system
n=0
passed() { n=$((n + 1)); }
fail() { echo "examples: $1" >&2; cat "$work"/*.err >&2; exit 1; }

# against SERVER PROTOCOL PAGE: hello and the HTTPS client against what listens at $port.
against() {
    SSL_CERT_FILE=$work/ca.pem timeout 20 "$out/hello" localhost "$port" >"$work/out" 2>"$work/hello.err" || fail "hello, $1"
    grep -q "^protocol $2, cipher suite 0x" "$work/out" || fail "hello says something else, $1"
    passed
    SSL_CERT_FILE=$work/ca.pem timeout 20 "$out/https_client" localhost "$port" / >"$work/out" 2>"$work/client.err" ||
        fail "https_client, $1"
    grep -q "$3" "$work/out" || fail "https_client got another page, $1"
    passed
    if timeout 20 "$out/https_client" localhost "$port" / >"$work/out" 2>"$work/client.err"; then
        fail "https_client trusts anybody, $1"
    fi
    grep -q "refused: 0x80090325" "$work/client.err" || fail "https_client refuses for another reason, $1"
    passed
    kill "$server"
    wait "$server" 2>"$work/wait" || [ "$1" = openssl ] || fail "the server's exit code"
}
for version in 1.2 1.3; do
    protocol=0x030$((${version#1.} + 1))
    : >"$work/server.err" # nothing of the last round's port
    : >"$work/s_server.out"
    "$build/culvert" server 127.0.0.1:0 --cert "$work/leaf.pem" --key "$work/leaf.key" --www --max $version 2>"$work/server.err" &
    server=$!
    port=$(wait_for_port "$work/server.err")
    against culvert $protocol "<h1>culvert server</h1>"
    openssl s_server -accept 127.0.0.1:0 -cert "$work/leaf.pem" -key "$work/leaf.key" -www "-tls1_${version#1.}" \
        >"$work/s_server.out" 2>"$work/s_server.err" &
    server=$!
    until grep -q '^ACCEPT .*:' "$work/s_server.out"; do kill -0 $server || fail "openssl s_server"; sleep 0.05; done
    port=$(sed -n 's/^ACCEPT .*://p' "$work/s_server.out")
    against openssl $protocol "Ciphers supported in s_server binary"
done

engine=$("$out/engine" test/pki/tls/root.pem test/pki/tls/server-p256.pem test/pki/tls/server-p256.key) || fail "engine"
case $engine in
"hello from the client
hello from the server
OK, "*) passed ;;
*) fail "the engine says: $engine" ;;
esac

port=$((20000 + $$ % 12000)) # below those that the system gives to clients
timeout 60 "$out/echo_server" "$port" "$work/leaf.pem" "$work/leaf.key" 2 2>"$work/echo.err" &
server=$!
head -c 300000 /dev/urandom >"$work/data"
tries=0
until timeout 20 "$build/culvert" client "localhost:$port" --ca "$work/ca.pem" <"$work/data" >"$work/out" 2>"$work/client.err"; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || fail "echo_server with culvert client"
    sleep 0.1
done
cmp "$work/data" "$work/out" || fail "echo_server changes the data"
passed
(echo hello; sleep 0.3) | timeout 20 openssl s_client -connect "localhost:$port" -CAfile "$work/ca.pem" -verify_return_error -quiet -no_ign_eof \
    >"$work/out" 2>"$work/client.err" || fail "echo_server with openssl"
grep -qx hello "$work/out" || fail "echo_server and openssl"
passed
wait "$server" || fail "echo_server's exit code"
server=
echo "examples: $n passed"
