#!/bin/sh
# Counts instructions of what must stay cheap and compares them with insns.txt: more than MARGIN percent above it fails.
# Counts do not depend on load, so that this works where a stopwatch does not; they hold for one compiler, others are only
# shown.
#   insns.sh PROGRAM COMPILER [refresh]     refresh writes the table anew; the commit then says why it changed
set -eu
MARGIN=3
program=$1
compiler="$2 $($2 -dumpfullversion -dumpversion), $($2 -dumpmachine)"
table=$(dirname "$0")/insns.txt
out=$(dirname "$program")/callgrind
rm -f "$out" "$out".*
code=0
valgrind -q --tool=callgrind --collect-atstart=no --callgrind-out-file="$out" "$program" || code=$?
if [ $code = 77 ]; then
    echo "insns: NOT COUNTED, this processor cannot run the code that the table is for"
    exit 0
fi
[ $code = 0 ] || exit 1

new=$out.txt
{
    echo "# Instructions by callgrind; made by make check-insns REFRESH=1."
    echo "# $compiler"
    for f in "$out".[0-9]*; do
        sed -n 's/^desc: Trigger: Client Request: //p; s/^totals: //p' "$f" | paste -sd' '
    done
} >"$new"
if [ "${3:-}" = refresh ]; then
    cp "$new" "$table"
    cat "$table"
    exit 0
fi
awk -v margin=$MARGIN '
    /^# .*,/ { compiler[FNR != NR] = $0 }
    /^#/ { next }
    FNR == NR { was[$1] = $2; next }
    {
        change = $1 in was ? 100 * ($2 / was[$1] - 1) : 0
        verdict = !($1 in was) ? "NEW" : change > margin ? "TOO MANY" : change < -margin ? "fewer: refresh" : "ok"
        printf "insns: %-12s %9d %+6.1f %% %s\n", $1, $2, change, verdict
        if (!($1 in was) || change > margin) bad = 1
        delete was[$1]
    }
    END {
        for (name in was) { print "insns: " name " was not counted"; bad = 1 }
        if (compiler[0] != compiler[1]) {
            print "insns: not judged, the table is for" substr(compiler[0], 2)
            bad = 0
        }
        if (bad) print "insns: make it cheaper, or say why not and make check-insns REFRESH=1"
        exit bad
    }' "$table" "$new"
