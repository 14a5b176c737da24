#!/bin/sh
# Compiles each public header alone, as C and as C++, by each compiler that is there, with 16-bit and 32-bit wchar_t, with
# and without UNICODE; and shows that sspi.h refuses a program that has not said what it is. Usage: headers.sh
# FOLDER-FOR-OUTPUT, from the top of the source tree.
set -eu
out=$1
mkdir -p "$out"
warn="-Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only -Isspi/include"
headers=$(cd sspi/include && ls *.h)
n=0

# A file a header, which stands first in it; what follows must work after it.
for h in $headers; do
    {
        echo "#include <$h>"
        echo "#include <windows.h>"
        echo "#include <security.h>"
        echo "#include <schannel.h>"
        echo "const WCHAR *wide_$n = CULVERT_WIDE(\"x\");"
        echo "LPCTSTR text_$n = TEXT(\"x\");"
    } >"$out/alone_$n.c"
    cp "$out/alone_$n.c" "$out/alone_$n.cc"
    n=$((n + 1))
done

runs=0
for cc in gcc clang; do
    command -v $cc >/dev/null 2>&1 || continue
    for set in "" "-fshort-wchar" "-DUNICODE -D_UNICODE" "-DUNICODE -fshort-wchar -DSCHANNEL_USE_BLACKLISTS"; do
        $cc -std=c11 $warn -DSECURITY_WIN32 $set "$out"/alone_*.c
        runs=$((runs + 1))
        # a C++ library need not be there: the headers take only C's
        if $cc -std=c++11 -fsyntax-only -x c++ /dev/null 2>/dev/null; then
            $cc -std=c++11 $warn -DSECURITY_WIN32 $set "$out"/alone_*.cc
            runs=$((runs + 1))
        fi
    done
    for h in sspi.h security.h; do
        if echo "#include <$h>" | $cc -x c -fsyntax-only -Isspi/include - 2>"$out/refused" ||
            ! grep -q 'define SECURITY_WIN32' "$out/refused"; then
            echo "headers: <$h> should refuse a program without SECURITY_WIN32" >&2
            exit 1
        fi
    done
done
echo "headers: $n public headers compile alone, $runs compilers, languages and settings"
