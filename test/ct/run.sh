#!/bin/sh
# The constant-time check: docs/constant-time.md.
#   run.sh ct        everything
#   run.sh ct-quick  gcc -O2 and clang -O2 under valgrind, and the scan of their object code
set -eu
cd "$(dirname "$0")/../.."
part=$1
make=${MAKE:-make}
reported=99

say() {
    echo "ct: $*"
}

die() {
    say "$*" >&2
    exit 1
}

build() { # CT CC OPT [more make arguments]
    ct=$1 cc=$2 opt=$3
    shift 3
    $make --no-print-directory -s -j2 CT="$ct" CC="$cc" OPT="$opt" "$@" "build/ct/$ct/$cc$opt/ct" >/dev/null
    binary=build/ct/$ct/$cc$opt/ct
}

# Runs the checker; the log is shown when it found something.
checked() { # LOG COMMAND...
    log=$1
    shift
    if "$@" >"$log" 2>&1; then
        sed -n 's/^  *NOT RUN here:/    not run:/p' "$log" | sort -u
        return 0
    fi
    grep -v '^    ran' "$log" >&2
    return 1
}

# A leak that goes unnoticed means that nothing was checked at all.
caught() { # CASE COMMAND...
    leak=$1
    shift
    status=0
    "$@" "$leak" >/dev/null 2>&1 || status=$?
    [ "$status" = "$reported" ] || die "$leak was not noticed (exit status $status)"
}

memcheck="valgrind -q --error-exitcode=$reported --num-callers=20"

run_valgrind() { # CC OPT
    build valgrind "$1" "$2"
    for leak in leak-branch leak-index; do caught "$leak" $memcheck "$binary"; done
    checked "$binary.log" $memcheck "$binary" || die "valgrind, $1 $2: failed"
    say "valgrind, $1 $2: $(grep -c ' clean$' "$binary.log") operations clean, leaks noticed"
}

run_msan() { # CC OPT
    command -v clang >/dev/null || die "clang is missing"
    build msan "$1" "$2" SAN=memory
    export MSAN_OPTIONS=exit_code=$reported:halt_on_error=1
    for leak in leak-branch leak-index leak-division; do caught "$leak" "$binary"; done
    checked "$binary.log" "$binary" || die "MemorySanitizer, $1 $2: failed"
    say "MemorySanitizer, $1 $2: $(grep -c ' clean$' "$binary.log") operations clean, leaks noticed"
}

case $part in
ct-quick)
    say "this part: valgrind with gcc -O2 and clang -O2; all of it: make ct"
    run_valgrind gcc -O2
    run_valgrind clang -O2
    ;;
ct)
    for cc in gcc clang; do
        for opt in -O1 -O2 -O3 -Os; do run_valgrind $cc $opt; done
    done
    for opt in -O1 -O2 -O3 -Os; do run_msan clang $opt; done
    ;;
*) die "unknown part $part" ;;
esac
