#!/bin/sh
# Fetches curl's source (crate curl-sys) and builds curl with its own Schannel back end, unchanged, over culvert: our
# headers, our library, and force.h and windows.c for what curl has of its own for Windows only. Installs what that and the
# tests need (Debian 12, as root or with sudo). Does little where all is there. Usage: setup.sh ARCHIVE FOLDER, from the top.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
archive=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
build=$(cd "$2" && pwd)

. "$here/packages.sh" # install_packages, curl_source
install_packages cmake ninja-build gcc libc6-dev libnghttp2-dev nginx-light openssl python3
curl_source "$build/cargo" "$build/src"

# Whether it must be linked anew is seen from the archive, which the build system does not know.
[ ! -e "$build/out/src/curl" ] || [ "$build/out/src/curl" -nt "$archive" ] || rm -f "$build/out/src/curl"
gcc -Wall -Wextra -Werror -O2 -fshort-wchar -I"$here" -I"$top/sspi/include" -c -o "$build/windows.o" "$here/windows.c"
if [ ! -e "$build/out/build.ninja" ]; then
    launcher=""
    ! command -v ccache >/dev/null || launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache"
    cmake -G Ninja -S "$build/src" -B "$build/out" $launcher -DCMAKE_C_COMPILER=/usr/bin/gcc -DCMAKE_BUILD_TYPE=None \
        -DCMAKE_C_FLAGS="-O1 -w -fshort-wchar -I$top/sspi/include -include $here/force.h" \
        -DCMAKE_C_STANDARD_LIBRARIES="$build/windows.o $archive -lpthread" \
        -DCURL_ENABLE_SSL=OFF -DHTTP_ONLY=ON -DUSE_NGHTTP2=ON -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF \
        -DBUILD_EXAMPLES=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF \
        -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_LIBIDN2=OFF \
        -DCURL_DISABLE_KERBEROS_AUTH=ON -DCURL_DISABLE_NEGOTIATE_AUTH=ON -DCURL_DISABLE_NTLM=ON \
        -DCURL_DISABLE_DIGEST_AUTH=ON >"$build/cmake.log" 2>&1 || { tail -20 "$build/cmake.log" >&2; exit 1; }
fi
ninja -j2 -C "$build/out" >"$build/ninja.log" 2>&1 || { grep -E 'error|undefined' "$build/ninja.log" >&2; exit 1; }
"$build/out/src/curl" -V | head -1
