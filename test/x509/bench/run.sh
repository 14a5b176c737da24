#!/bin/sh
# `make bench-x509`: microseconds for leaf and intermediate against the host's roots and ours, from DER to verdict,
# side by side with OpenSSL, BearSSL and (where `make interop` built it) webpki. Fails where we are slower
# than nine tenths of the fastest; docs/performance.md has what we measured.
# Usage: run.sh FOLDER_OF_THE_PROGRAMS, from the top of the source tree.
set -eu
programs=$1
webpki=build/interop/rustls/release/webpki_bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
slower=0
for row in p256:0.9 rsa:0.9 p384:0.9; do
    kind=${row%:*} least=${row#*:}
    cat /etc/ssl/certs/ca-certificates.crt test/pki/tls/root.pem >"$work/roots.pem"
    for program in "$programs/culvert" "$programs/peers" $webpki; do
        [ -x "$program" ] || { echo "bench-x509: without $program" >&2; continue; }
        "$program" test/pki/tls/server-$kind.pem "$work/roots.pem"
    done >"$work/$kind"
    awk -v kind="$kind" -v least="$least" '{ us[$1] = $2; order[++n] = $1; if ($1 != "culvert" && (!best || $2 < best)) best = $2 }
        END { printf "%-5s", kind; for (i = 1; i <= n; i++) printf "  %s %.1f us", order[i], us[order[i]]
              printf "  fastest peer/culvert %.2f\n", best / us["culvert"]; exit best / us["culvert"] < least }' "$work/$kind" || slower=1
done
exit $slower
