#!/bin/sh
# Unit tests and vectors on other machines, under qemu-user (i686: on this one). Prints a line for each.
#   run.sh FOLDER [MACHINE...]
set -eu
cd "$(dirname "$0")/../.."
folder=$1
shift
[ $# -gt 0 ] || set -- aarch64 arm riscv64 s390x i686
make=${MAKE:-make}

# What these would find is not of the machine, and an emulator takes minutes for it: alterations of each byte of whole
# handshakes, counted copies. test_sspi_extensions wants libraries by dlopen, which a static program has not.
left_out="test_tamper test_bulk test_alloc test_attacks_records test_sspi_extensions"

target_of() {
    case $1 in
    arm) echo arm-linux-gnueabihf ;;
    *) echo "$1-linux-gnu" ;;
    esac
}

runner_of() {
    case $1 in
    i686) echo env ;;
    *) echo "qemu-$1" ;;
    esac
}

unit() { # TREE RUNNER
    n=0
    for t in test/unit/test_*.c; do
        name=$(basename "$t" .c)
        case " $left_out " in *" $name "*) continue ;; esac
        if ! $2 "$1/test/unit/$name" >"$1/$name.log" 2>&1; then
            cat "$1/$name.log"
            echo "machines: $machine: $name failed" >&2
            return 1
        fi
        n=$((n + 1))
    done
    echo "machines: $machine: $n unit tests pass"
}

vectors() { # TREE RUNNER
    $2 "$1/culvert" vectors vectors/*/*.gz vectors/*/*.txt >"$1/vectors.txt" || true
    diff vectors/expected.txt "$1/vectors.txt"
    echo "machines: $machine: $(tail -1 "$1/vectors.txt")"
}

targets=""
for machine; do targets="$targets $(target_of "$machine")"; done
# shellcheck disable=SC2086
sh test/machines/setup.sh "$folder" $targets

for machine; do
    target=$(target_of "$machine")
    libraries=$PWD/$folder/$target
    tree=$folder/$target/tree
    # where long has 32 bits DWORD is an unsigned long, as on Windows: tests print it as unsigned
    CPPFLAGS="-I$libraries/include" LDFLAGS="-static -L$libraries/lib" CFLAGS="-g -Wno-format" \
        $make --no-print-directory -s -j2 CC="$target-gcc" AR="$target-ar" OBJCOPY="$target-objcopy" \
        TOMMATH="$libraries/lib/libtommath.a" O="$tree" unit "$tree/culvert" >/dev/null
    unit "$tree" "$(runner_of "$machine")"
    vectors "$tree" "$(runner_of "$machine")"
done
