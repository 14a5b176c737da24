#!/bin/sh
# Runs culvert-bench and openssl-bench in turns, prints a table of the best of all rounds, and fails if we are slower
# than we promise: AES-GCM on 16 KiB at least as fast as OpenSSL, handshakes a second at least half.
#   compare.sh FOLDER_OF_THE_PROGRAMS [ROUNDS]
# Environment: as in harness.h.
set -eu
dir=$1
rounds=${2:-3}
export BENCH_SECS="${BENCH_SECS:-0.03}" BENCH_RUNS="${BENCH_RUNS:-3}"
rows=$dir/rows.csv

run() { # PREFIX PROGRAM SECTION; a pipe would hide a failure
    "$dir/$2" "$3" >"$dir/last.csv"
    sed "s/^/$1,/" "$dir/last.csv" >>"$rows"
}

: >"$rows"
for round in $(seq "$rounds"); do
    for section in A B C D; do
        [ $section = D ] && [ "$round" != 1 ] && continue # it has no noise
        run ours culvert-bench $section
        run theirs openssl-bench $section
    done
done

printf 'Measured %s on %s\n\n' "$(date -u +%Y-%m-%d)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
awk -F, -v filter="${BENCH_FILTER:-}" '
    { peer[$1] = $2 }
    !($3 in unit) { order[++n] = $3; unit[$3] = $5 }
    { key = $1 "," $3; if (!(key in best) || $4 + 0 > best[key]) best[key] = $4 + 0 }

    # One metric by two ways through our code stands beside the same one of theirs.
    function base(metric) { sub(/_(sspi|engine)_/, "_", metric); return metric }
    function ratio(metric) { return best["ours," metric] / best["theirs," base(metric)] }
    function number(v) { return v >= 100 ? sprintf("%.0f", v) : sprintf("%.1f", v) }

    function demand(pattern, least,    i, metric, found) {
        for (i = 1; i <= n; i++) {
            metric = order[i]
            if (metric !~ pattern || !(("ours," metric) in best) || !(("theirs," base(metric)) in best)) continue
            found++
            if (ratio(metric) < least) {
                printf "TOO SLOW: %s is %.2f of OpenSSL, should be %.2f\n", metric, ratio(metric), least
                bad = 1
            }
        }
        if (!found && filter == "") { print "no rows for " pattern; bad = 1 }
    }

    END {
        printf "| metric | unit | %s | %s | ratio |\n|---|---|---:|---:|---:|\n", peer["ours"], peer["theirs"]
        for (i = 1; i <= n; i++) {
            metric = order[i]
            here = ("ours," metric) in best
            there = ("theirs," base(metric)) in best
            printf "| %s | %s | %s | %s | %s |\n", metric, unit[metric], here ? number(best["ours," metric]) : "",
                there ? number(best["theirs," base(metric)]) : "", here && there ? sprintf("%.2f", ratio(metric)) : ""
        }
        print ""
        demand("^A_aes(128|256)gcm_(seal|open)_16384$", 1)
        demand("^B_.*(ecdsa|rsa2048)_x25519$", 0.5)
        demand("^B_.*resumed_psk_dhe$", 0.5)
        exit bad
    }' "$rows"
echo "As fast as promised."
