#!/bin/sh
# Compiles the programs of docs/examples as a user would, against the headers and the shared library, and runs them:
# the HTTPS client and hello against `culvert server`, the echo server against `culvert client` and openssl s_client.
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
export ASAN_OPTIONS=detect_leaks=0 # short programs leave their memory to the system
n=0
passed() { n=$((n + 1)); }
fail() { echo "examples: $1" >&2; cat "$work"/*.err >&2; exit 1; }

"$build/culvert" server 127.0.0.1:0 --cert "$work/leaf.pem" --key "$work/leaf.key" --www 2>"$work/server.err" &
server=$!
port=$(wait_for_port "$work/server.err")
SSL_CERT_FILE=$work/ca.pem timeout 20 "$out/hello" localhost "$port" >"$work/out" 2>"$work/hello.err" || fail "hello"
grep -q "protocol 0x0304" "$work/out" || fail "hello says something else"
passed
SSL_CERT_FILE=$work/ca.pem timeout 20 "$out/https_client" localhost "$port" / >"$work/out" 2>"$work/client.err" || fail "https_client"
grep -q "<h1>culvert server</h1>" "$work/out" || fail "https_client got another page"
passed
if timeout 20 "$out/https_client" 127.0.0.1 "$port" / >"$work/out" 2>"$work/client.err"; then fail "https_client trusts anybody"; fi
grep -q "refused: 0x80090325" "$work/client.err" || fail "https_client refuses for another reason"
passed
kill "$server"; wait "$server" || fail "the server's exit code"

port=$((20000 + $$ % 20000))
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
