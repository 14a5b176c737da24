#!/bin/sh
# Checks names: the shared library exports only what sspi/culvert.map lists; the map lists just the functions of the public
# headers; every other external name of the static library begins with cv_ or Culvert; nothing that is declared or used
# is missing. Usage: symbols.sh ARCHIVE SHARED, from the top of the source tree.
set -eu
archive=$1
shared=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^    \([A-Za-z0-9_]*\);$/\1/p' sspi/culvert.map | sort >"$work/map"
for h in sspi/include/*.h; do
    [ "$h" = sspi/include/culvert.h ] && continue
    grep -v '^#' "$h" | tr '\n' ' ' | grep -oE '(CULVERT_API|WINCRYPT32API|WINADVAPI|WINBASEAPI) [^;(]*\(' || true
done | sed 's/.*[ *]\([A-Za-z0-9_]*\)($/\1/' | sort >"$work/declared"
nm -D --defined-only "$shared" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u >"$work/external"

bad=0
complain() {
    [ -z "$2" ] && return 0
    echo "symbols: $1: $2" >&2
    bad=1
}
complain "in sspi/culvert.map, but declared in no header" "$(comm -23 "$work/map" "$work/declared" | tr '\n' ' ')"
complain "declared in a header, but not in sspi/culvert.map" "$(comm -13 "$work/map" "$work/declared" | tr '\n' ' ')"
complain "exported, but not in sspi/culvert.map" "$(grep -v '^Culvert' "$work/exported" | comm -13 "$work/map" - | tr '\n' ' ')"
complain "external, but neither of Windows nor cv_ or Culvert" \
    "$(grep -vE '^(cv_|Culvert)' "$work/external" | comm -13 "$work/map" - | tr '\n' ' ')"
complain "external in the archive and public, but not exported (no CULVERT_API?)" \
    "$(comm -12 "$work/map" "$work/external" | comm -23 - "$work/exported" | tr '\n' ' ')"
[ $bad = 0 ] || exit 1

there=$(comm -12 "$work/map" "$work/exported" | wc -l)
echo "symbols: $(wc -l <"$work/exported") names exported, $(wc -l <"$work/external") external names in the archive," \
    "$there of $(wc -l <"$work/map") declared functions are there"
complain "declared, but not there" "$(comm -23 "$work/map" "$work/exported" | tr '\n' ' ')"
complain "used, but not there" "$(nm -D --undefined-only "$shared" | awk '$NF ~ /^(cv_|Culvert)/ { printf "%s ", $NF }')"
exit $bad
