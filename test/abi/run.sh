#!/bin/sh
# Compares our headers with those of mingw-w64, name by name (list.inc), and with newer.inc what mingw-w64 lacks; then checks
# that no name of ours is in neither list. Usage: run.sh FOLDER-FOR-OUTPUT, from the top of the source tree.
set -eu
out=$1
cc=${CC:-gcc}
cross=${CROSS:-x86_64-w64-mingw32-gcc}
ours="-std=gnu11 -I. -Isspi/include -Wall -Wextra -Werror"
theirs="-std=gnu11 -I. -Wall -Wextra -Werror"
mkdir -p "$out"

$cc $ours -o "$out/host" test/abi/host.c
"$out/host" >"$out/values.c"
$cc $ours -fsyntax-only test/abi/functions.c
$cc $ours -fsyntax-only test/abi/newer.c
# -w: the compiler warns that pointers in array bounds, which it can compute, are no constants by the letter.
$cross -std=gnu11 -I. -w -fsyntax-only -fmax-errors=0 "$out/values.c"
$cross $theirs -fsyntax-only -fmax-errors=0 test/abi/functions.c

# Every macro with a value, every struct and every function of the headers. Not names of ours (CULVERT), names that only
# stand for another (a letter left out), nor what is there to be written, not to have a value.
sed -n 's/^\(\(NEWER_\)\{0,1\}\(CONSTANT\|POINTER\|STRING\|WIDE\|TYPE\)\)(\([A-Za-z0-9_]*\).*/\4/p;
    s/^FUNCTION(.*, \([A-Za-z0-9_]*\), (.*/\1/p' test/abi/list.inc test/abi/newer.inc | sort -u >"$out/listed"
for h in sspi/include/*.h; do
    [ "$h" = sspi/include/culvert.h ] && continue
    sed -n 's/^#define \([A-Za-z0-9_]\{1,\}\) \{1,\}\([0-9("u].*\|_HRESULT_TYPEDEF_.*\|CULVERT_WIDE.*\)/\1/p;
        s/^} \([A-Za-z0-9_]\{1,\}\)[,;].*/\1/p' "$h"
    tr '\n' ' ' <"$h" | grep -oE '(WINAPI|SEC_ENTRY) [A-Za-z0-9_]+\([^;*]' | sed 's/.* \([A-Za-z0-9_]*\)(.*/\1/'
done | grep -vxE 'CULVERT_.*|HRESULT_FROM_WIN32|NULL|u' | sort -u >"$out/declared"
missing=$(comm -23 "$out/declared" "$out/listed" | tr '\n' ' ')
if [ -n "$missing" ]; then
    echo "abi: declared, but compared with nothing: $missing" >&2
    exit 1
fi

count() { grep -cE "^($1)\\(" "$2" || true; }
echo "abi: $(count 'CONSTANT|POINTER' test/abi/list.inc) constants, $(count 'STRING|WIDE' test/abi/list.inc) strings," \
    "$(count TYPE test/abi/list.inc) sizes, $(count FIELD test/abi/list.inc) fields and" \
    "$(count FUNCTION test/abi/list.inc) signatures agree with mingw-w64;" \
    "$(count 'NEWER_CONSTANT|NEWER_WIDE' test/abi/newer.inc) values, $(count NEWER_TYPE test/abi/newer.inc) sizes and" \
    "$(count NEWER_FIELD test/abi/newer.inc) fields with windows-sys 0.61.2"
