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
    binary=build/ct/$ct/$cc$opt/ct
    for arg; do
        case $arg in O=*) binary=${arg#O=}/ct ;; esac
    done
    $make --no-print-directory -s -j2 CT="$ct" CC="$cc" OPT="$opt" "$@" "$binary" >/dev/null
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
    for leak in leak-branch leak-index leak-vector; do caught "$leak" $memcheck "$binary"; done
    checked "$binary.log" $memcheck "$binary" || die "valgrind, $1 $2: failed"
    say "valgrind, $1 $2: $(grep -c ' clean$' "$binary.log") operations clean, leaks noticed"
}

run_msan() { # CC OPT
    command -v clang >/dev/null || die "clang is missing"
    build msan "$1" "$2" SAN=memory
    export MSAN_OPTIONS=exit_code=$reported:halt_on_error=1
    for leak in leak-branch leak-index leak-division leak-vector; do caught "$leak" "$binary"; done
    checked "$binary.log" "$binary" || die "MemorySanitizer, $1 $2: failed"
    say "MemorySanitizer, $1 $2: $(grep -c ' clean$' "$binary.log") operations clean, leaks noticed"
}

# The arithmetic of 32-bit machines, on this one.
run_limb32() { # CC OPT [FLAG]
    build valgrind "$1" "$2" O="build/ct/valgrind/$1$2-limb32$3" CFLAGS="-g -U__SIZEOF_INT128__ $3"
    CULVERT_CPU=portable checked "$binary.log" $memcheck "$binary" >/dev/null || die "valgrind, $1 $2, 32-bit limbs: failed"
    say "valgrind, $1 $2, 32-bit limbs: $(grep -c ' clean$' "$binary.log") operations clean"
}

plain_objects() { # CC OPT
    $make --no-print-directory -s -j2 CT=plain CC="$1" OPT="$2" ct-objects >/dev/null
}

mkdir -p build/ct
case $part in
ct-quick)
    say "this part: valgrind and object code of gcc -O2 and clang -O2; all of it: make ct"
    python3 test/ct/scan.py declassified >build/ct/declassified.txt
    for cc in gcc clang; do
        run_valgrind $cc -O2
        python3 test/ct/scan.py division build/ct/valgrind/$cc-O2/obj
        python3 test/ct/scan.py flow build/ct/valgrind/$cc-O2/obj
    done
    ;;
ct)
    python3 test/ct/scan.py declassified >build/ct/declassified.txt
    for cc in gcc clang; do
        for opt in -O1 -O2 -O3 -Os; do run_valgrind $cc $opt; done
        run_limb32 $cc -O2 ""
        run_limb32 $cc -O2 -DCULVERT_MUL16
    done
    for opt in -O1 -O2 -O3 -Os; do run_msan clang $opt; done
    for opt in -O1 -O2 -O3 -Os; do
        for cc in gcc clang; do
            plain_objects $cc $opt
            python3 test/ct/scan.py division build/ct/plain/$cc$opt/obj
            python3 test/ct/scan.py flow build/ct/plain/$cc$opt/obj
        done
        for target in aarch64-linux-gnu arm-linux-gnueabihf riscv64-linux-gnu s390x-linux-gnu; do
            command -v $target-gcc >/dev/null || continue
            plain_objects $target-gcc $opt
            python3 test/ct/scan.py division build/ct/plain/$target-gcc$opt/obj $target-objdump
        done
        if command -v arm-none-eabi-gcc >/dev/null; then
            $make --no-print-directory -s -j2 CT=plain CC=arm-none-eabi-gcc OPT=$opt \
                CFLAGS="-g -mthumb -mcpu=cortex-m3 --specs=picolibc.specs" ct-objects >/dev/null
            python3 test/ct/scan.py multiplication build/ct/plain/arm-none-eabi-gcc$opt/obj arm-none-eabi-objdump
        fi
    done
    ;;
*) die "unknown part $part" ;;
esac
