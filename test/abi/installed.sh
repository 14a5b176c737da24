#!/bin/sh
# Installs into a folder, then builds and runs a program against what lies there, by pkg-config and by Windows' link
# names. Usage: installed.sh FOLDER (absolute), from the top of the source tree.
set -eu
stage=$1
cc=${CC:-gcc}
rm -rf "$stage"
${MAKE:-make} --no-print-directory -s install prefix="$stage" >/dev/null
export PKG_CONFIG_PATH="$stage/lib/pkgconfig"

build() { # NAME FLAGS…
    name=$1
    shift
    $cc -Wall -Wextra -Werror ${LDFLAGS:-} -o "$stage/$name" test/abi/installed.c "$@" -Wl,-rpath,"$stage/lib"
    "$stage/$name" "$(pkg-config --modversion culvert)"
}
build plain $(pkg-config --cflags --libs culvert)
build wide $(pkg-config --cflags --libs culvert-wide)
build windows-names -DUNICODE -I"$stage/include/culvert" -L"$stage/lib" -lsecur32 -lcrypt32
build static -I"$stage/include/culvert" "$stage/lib/libculvert.a" -lpthread -ldl
echo "installed: programs build and run by culvert.pc, culvert-wide.pc, -lsecur32 -lcrypt32 and statically"
