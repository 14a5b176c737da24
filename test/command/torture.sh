#!/bin/sh
# `culvert client` and `culvert server` under the torture schedule: what they are sent must come through unchanged.
# Usage: torture.sh BUILD, from the top of the source tree.
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -c 300000 /dev/urandom >"$work/data"
n=0
for version in 1.2 1.3; do
    for seed in 1 2 3 4 5 6; do
        : >"$work/server" # nothing of the last one's port
        CULVERT_TORTURE=all:$seed "$build/culvert" server 127.0.0.1:0 --cert test/pki/tls/server-p256.pem \
            --key test/pki/tls/server-p256.key --echo --accept 1 --max $version 2>"$work/server" &
        server=$!
        until port=$(sed -n 's/.*listening on 127.0.0.1://p' "$work/server") && [ -n "$port" ]; do sleep 0.02; done
        CULVERT_TORTURE=all:$((seed + 100)) timeout 60 "$build/culvert" client "127.0.0.1:$port" --name server.example \
            --ca test/pki/tls/root.pem --max $version <"$work/data" >"$work/out" 2>"$work/client" &&
            cmp "$work/data" "$work/out" && wait $server || {
            echo "torture: TLS $version, seed $seed:" >&2
            cat "$work/client" "$work/server" >&2
            exit 1
        }
        n=$((n + 1))
    done
done
echo "torture: $n passed, 0 failed"
