#!/bin/sh
# Installs compilers for other machines, and qemu-user that runs their programs (Debian 12, as root or with sudo), and
# builds for each target what the tests link: cmocka, jansson, zlib and libtommath, from Debian's sources.
#   setup.sh FOLDER TARGET...
# Does nothing where all is there.
set -eu
top=$1
shift
mkdir -p "$top/source"
top=$(cd "$top" && pwd)

. "$(dirname "$0")/../install.sh"
# Debian's name of the machine in the names of its C library's packages.
debian_name() {
    case ${1%%-*} in
    aarch64) echo arm64 ;;
    arm) echo armhf ;;
    i686) echo i386 ;;
    *) echo "${1%%-*}" ;;
    esac
}

packages=""
for target; do packages="$packages gcc-$target libc6-dev-$(debian_name "$target")-cross"; done
# shellcheck disable=SC2086
install_packages qemu-user xz-utils bzip2 dpkg-dev $packages

# The sources, from where the machine has its packages: its own list, with deb-src for deb.
fetch() {
    cd "$top/source"
    mkdir -p lists/partial
    if [ -e /etc/apt/sources.list.d/debian.sources ]; then
        sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >list.sources
        list=list.sources
    else
        sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >list.list
        list=list.list
    fi
    options="-qq -o Dir::Etc::SourceList=$PWD/$list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$PWD/lists"
    # shellcheck disable=SC2086
    as_root apt-get $options -o APT::Sandbox::User=root update || die "no list of source packages"
    # shellcheck disable=SC2086
    apt-get $options source --download-only cmocka jansson zlib libtommath >/dev/null || die "the sources cannot be had"
    for archive in *.orig.tar.*; do
        case $archive in *.asc) ;; *) tar xf "$archive" ;; esac
    done
    cd - >/dev/null
    : >"$top/source/complete"
}

# As their own configure scripts set them on any Linux.
common="-O2 -w -D_GNU_SOURCE -DHAVE_STDINT_H=1 -DHAVE_UNISTD_H=1 -DHAVE_STDARG_H=1"
cmocka_flags="-DHAVE_GCC_THREAD_LOCAL_STORAGE=1 -DHAVE_SETJMP_H=1 -DHAVE_SIGNAL_H=1 -DHAVE_STRSIGNAL=1
    -DHAVE_MALLOC_H=1 -DHAVE_STRINGS_H=1 -DHAVE_INTTYPES_H=1 -DHAVE_TIME_H=1 -DHAVE_STRUCT_TIMESPEC=1
    -DHAVE_CLOCK_GETTIME=1 -DHAVE_CLOCK_REALTIME=1 -DHAVE_SIGLONGJMP=1 -DHAVE_SNPRINTF=1 -DHAVE_VSNPRINTF=1"

library() { # TARGET NAME FLAGS SOURCE...
    target=$1 name=$2 flags=$3
    shift 3
    mkdir -p "$top/$target/obj/$name"
    # shellcheck disable=SC2086
    (cd "$top/$target/obj/$name" && "$target-gcc" $common -I"$top/$target/include" $flags -c "$@") || die "$target: $name"
    "$target-ar" rcs "$top/$target/lib/lib$name.a" "$top/$target/obj/$name"/*.o
}

build() { # TARGET
    out=$top/$1
    mkdir -p "$out/include" "$out/lib"
    cp "$top"/source/cmocka-*/include/*.h "$top"/source/zlib-*/*.h "$top"/source/libtommath-*/*.h "$top"/source/jansson-*/src/jansson.h "$out/include/"
    sed 's/@json_inline@/inline/; s/@[^@]*@/1/' "$top"/source/jansson-*/src/jansson_config.h.in >"$out/include/jansson_config.h"
    echo '#define INITIAL_HASHTABLE_ORDER 3' >"$out/include/jansson_private_config.h"
    library "$1" cmocka "$cmocka_flags" "$top"/source/cmocka-*/src/cmocka.c
    library "$1" jansson "-DHAVE_FCNTL_H=1 -DHAVE_SYS_TIME_H=1 -DHAVE_GETTIMEOFDAY=1" "$top"/source/jansson-*/src/*.c
    library "$1" z "" "$top"/source/zlib-*/*.c
    library "$1" tommath "" "$top"/source/libtommath-*/*.c
    : >"$out/complete"
}

for target; do
    [ -e "$top/$target/complete" ] && continue
    [ -e "$top/source/complete" ] || fetch
    build "$target"
done
