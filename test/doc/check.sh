#!/bin/sh
# Checks the pages that people read: README's program is docs/examples/hello.c and its measurements are rows of
# docs/performance.md, links lead somewhere, man pages are clean and name every option and every call.
# Usage: check.sh CULVERT, from the top of the source tree.
set -eu
culvert=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() {
    echo "docs: $*" >&2
    failed=1
}

sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"$work/hello.c"
cmp -s "$work/hello.c" docs/examples/hello.c || wrong "the program in README.md is not docs/examples/hello.c"

n_rows=0
while IFS= read -r row; do
    n_rows=$((n_rows + 1))
    grep -qxF -e "$row" docs/performance.md || wrong "README.md has a row that docs/performance.md has not: $row"
done <<ROWS
$(sed -n '/^## How it does$/,/^## Where/p' README.md | grep '^|.*[0-9] |$')
ROWS
[ $n_rows -ge 5 ] || wrong "README.md lacks its measurements"

n_links=0
for page in *.md docs/*.md vectors/*.md; do
    for link in $(grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | grep -v '^[a-z]*:'); do
        n_links=$((n_links + 1))
        [ -e "$(dirname "$page")/$link" ] || wrong "$page links to $link, which is not there"
    done
done
[ $n_links -ge 20 ] || wrong "only $n_links links found"

for page in docs/man/*.[1-9]; do
    if head -1 "$page" | grep -q '^\.so '; then continue; fi
    mandoc -Tlint -W warning "$page" >"$work/lint" || { cat "$work/lint" >&2; wrong "$page is not clean"; }
done

# Each subcommand has a section of options; -- is \-\- there.
n_options=0
for command in client server vectors verify key demo; do
    "$culvert" "$command" --help | grep -oe ' --[a-z-]*' | sort -u >"$work/options"
    sed -n "/^\.Ss culvert $command\$/,/^\.S[sh] /p" docs/man/culvert.1 | grep "^\.It" | tr ' ' '\n' | grep -o '^-[a-z-]*' |
        sed 's/^/ -/' | sort -u >"$work/described" || :
    [ -s "$work/described" ] || [ ! -s "$work/options" ] || wrong "culvert.1 has no options of culvert $command"
    for o in $(comm -23 "$work/options" "$work/described"); do wrong "culvert.1: culvert $command lacks $o"; done
    for o in $(comm -13 "$work/options" "$work/described"); do wrong "culvert.1: culvert $command has no $o"; done
    n_options=$((n_options + $(wc -l <"$work/options")))
done
[ $n_options -ge 30 ] || wrong "only $n_options options found"

for name in $(grep -oe 'Culvert[A-Z][A-Za-z]*(' -e '#define SECPKG_ATTR_CULVERT_[A-Z0-9_]*' sspi/include/culvert.h | sed 's/^#define //; s/($//'); do
    grep -qw "$name" docs/man/culvert.h.3 || wrong "culvert.h(3) lacks $name"
    case $name in
    Culvert*) [ "$(cat "docs/man/$name.3" 2>/dev/null)" = ".so man3/culvert.h.3" ] || wrong "there is no page $name(3)" ;;
    esac
done

[ $failed = 0 ] || exit 1
echo "docs: README's program and measurements, $n_links links, $n_options options of the command, and man pages are right"
