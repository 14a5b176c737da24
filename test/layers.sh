#!/bin/sh
# Checks the include directions of docs/LAYERS.md: every #include "DIR/…" points to the same layer or below.
# sspi/culvert -> sspi -> tls -> x509 -> crypto -> crypto/base; <tommath.h> only in crypto/bn_tom.c;
# operating system headers only in sspi/port and sspi/culvert.
set -eu
cd "$(dirname "$0")/.."
bad=0

rank() {
    case "$1" in
    crypto/base/*) echo 0 ;;
    crypto/*) echo 1 ;;
    x509/*) echo 2 ;;
    tls/*) echo 3 ;;
    sspi/culvert/*) echo 5 ;;
    sspi/*) echo 4 ;;
    *) echo 9 ;;
    esac
}

for f in $(find crypto x509 tls sspi -name '*.[ch]'); do
    from=$(rank "$f")
    for inc in $(sed -n 's/^ *# *include *"\([^"]*\/[^"]*\)".*/\1/p' "$f"); do
        if [ "$(rank "$inc")" -gt "$from" ]; then
            echo "layers: $f includes $inc, which lies above it" >&2
            bad=1
        fi
    done
    for inc in $(sed -n 's/^ *# *include *<\([^>]*\)>.*/\1/p' "$f"); do
        case "$inc:$f" in
        tommath.h:crypto/bn_tom.c) ;;
        stdlib.h:crypto/bn_tom.c) ;;
        stdlib.h:crypto/* | stdlib.h:x509/*)
            echo "layers: $f includes <stdlib.h>: crypto and x509 allocate nothing" >&2
            bad=1 ;;
        tommath.h:*) echo "layers: $f includes <tommath.h>" >&2; bad=1 ;;
        pthread.h:sspi/port/* | unistd.h:sspi/port/* | time.h:sspi/port/* | sys/*:sspi/port/*) ;;
        pthread.h:sspi/culvert/* | unistd.h:sspi/culvert/* | time.h:sspi/culvert/* | sys/*:sspi/culvert/*) ;;
        pthread.h:* | unistd.h:* | time.h:* | sys/*:*)
            echo "layers: $f includes <$inc>: only sspi/port and sspi/culvert know the operating system" >&2
            bad=1 ;;
        esac
    done
done
[ $bad = 0 ] && echo "layers: all includes point downwards"
exit $bad
