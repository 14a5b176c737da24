#!/bin/sh
# The provider under Wine: the unit tests, our own programs with secur32.dll, and curl built for Windows from unchanged source (crate
# curl-sys), with its Schannel back end. Installs what that needs (Debian 12, as root or with sudo).
# Usage: run.sh FOLDER-WITH-DLL FOLDER CULVERT, from the top.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/curl
dll=$(cd "$1" && pwd)
mkdir -p "$2"
build=$(cd "$2" && pwd)

. "$here/packages.sh" # install_packages, curl_source
install_packages cmake ninja-build gcc-mingw-w64-x86-64 wine wine64 nginx-light openssl python3
curl_source "$build/cargo" "$build/src"
nghttp2_source "$build/cargo" "$build/nghttp2-src"

# configure NAME SOURCE OPTIONS...: for Windows, into $build/NAME.
configure() {
    name=$1 source=$2
    shift 2
    [ ! -e "$build/$name/build.ninja" ] || return 0
    launcher=""
    ! command -v ccache >/dev/null || launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache"
    cmake -G Ninja -S "$source" -B "$build/$name" $launcher -DCMAKE_TOOLCHAIN_FILE="$here/mingw.cmake" \
        -DCMAKE_BUILD_TYPE=None -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@" >"$build/cmake.log" 2>&1 ||
        { tail -20 "$build/cmake.log" >&2; exit 1; }
}
compiled() {
    ninja -j2 -C "$build/$1" ${2:+"$2"} >"$build/ninja.log" 2>&1 || { grep -E 'error|undefined' "$build/ninja.log" >&2; exit 1; }
}
configure nghttp2 "$build/nghttp2-src" -DCMAKE_C_FLAGS="-O1 -w" -DENABLE_LIB_ONLY=ON -DENABLE_DOC=OFF \
    -DBUILD_STATIC_LIBS=ON -DCMAKE_INSTALL_PREFIX="$build/libraries"
[ -e "$build/libraries/lib/libnghttp2.a" ] || compiled nghttp2 install
configure curl-h2 "$build/src" -DCMAKE_C_FLAGS="-O1 -w -DNGHTTP2_STATICLIB" -DCURL_USE_SCHANNEL=ON -DHTTP_ONLY=ON \
    -DBUILD_EXAMPLES=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DCURL_USE_LIBPSL=OFF \
    -DCURL_USE_LIBSSH2=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_LIBIDN2=OFF -DUSE_NGHTTP2=ON \
    -DNGHTTP2_INCLUDE_DIR="$build/libraries/include" -DNGHTTP2_LIBRARY="$build/libraries/lib/libnghttp2.a"
compiled curl-h2

# Programs find the DLL beside them; the override says that it, not Wine's own, is meant.
export WINEPREFIX="$build/prefix" WINEDEBUG=-all WINEARCH=win64 WINEDLLOVERRIDES=secur32,sspicli=n
mkdir -p "$build/bin" "$build/keys"
cp "$dll/secur32.dll" "$dll/sspicli.dll" "$build/curl-h2/src/curl.exe" "$build/bin/"
compile() {
    out=$1
    shift
    x86_64-w64-mingw32-gcc -std=c11 -D_WIN32_WINNT=0x0A00 -Wall -Wextra -Werror -O1 -o "$build/bin/$out" "$@"
}
compile provider.exe "$top/test/wine/provider.c"
compile loopback.exe "$top/test/wine/loopback.c" "$top/test/wine/keys.c" -lsecur32 -lcrypt32 -lncrypt -ladvapi32

# Certificates and keys as Windows takes them: DER, blobs of CryptoAPI, PFX with the older ciphers.
for stem in server-rsa client-rsa; do
    from=$top/test/pki/tls/$stem to=$build/keys/$stem
    openssl x509 -in "$from.pem" -outform DER -out "$to.der"
    sed '1,/END CERTIFICATE/d' "$from.pem" | openssl x509 -outform DER -out "$to-ca.der"
    openssl rsa -in "$from.key" -outform MSBLOB -out "$to.blob" 2>/dev/null
    openssl pkcs12 -export -legacy -inkey "$from.key" -in "$from.pem" -passout pass:secret -out "$to.p12"
done
openssl x509 -in "$top/test/pki/tls/root.pem" -outform DER -out "$build/keys/root.der"
openssl x509 -in "$top/test/pki/bad/root.pem" -outform DER -out "$build/keys/bad-root.der"

# Two Windows: from 11 on curl fills in SCH_CREDENTIALS, and so can have TLS 1.3; in 7 it asks Wine's crypt32 for what this
# has, for a chain engine with roots of its own and for the certificate of a PFX file.
make_windows() {
    [ ! -e "$1/system.reg" ] || return 0
    export WINEPREFIX="$1"
    WINEDLLOVERRIDES="" wine wineboot -i >"$build/wineboot.log" 2>&1
    for value in CurrentVersion=$2 CurrentBuildNumber=$3 CurrentBuild=$3; do
        WINEDLLOVERRIDES="" wine reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion' /v ${value%=*} /t REG_SZ \
            /d ${value#*=} /f >/dev/null 2>&1
    done
    wineserver -w
}
make_windows "$build/windows7" 6.1 7601
make_windows "$build/prefix" 10.0 22000
export WINEPREFIX="$build/prefix"
# Each stays up between programs, or every one would wait for it to start; the first starts its services, which keep what is
# open then.
trap 'for p in prefix windows7; do WINEPREFIX="$build/$p" wineserver -k || true; done' EXIT
for p in prefix windows7; do
    WINEPREFIX="$build/$p" wineserver -p
    WINEPREFIX="$build/$p" WINEDLLOVERRIDES="" wine cmd /c exit </dev/null >/dev/null 2>&1
done
# Unit tests read the files of test/pki from the top.
: >"$build/unit.out"
for t in "$dll"/unit/*.exe; do
    (cd "$top" && wine "$t") >"$build/one.out" 2>&1 || { cat "$build/one.out"; echo "$t failed under Wine"; exit 1; }
    cat "$build/one.out" >>"$build/unit.out"
done
awk '/^[0-9]+ passed/ { n += $1 } END { print "unit tests under Wine: " n " passed" }' "$build/unit.out"
(cd "$build/bin" && wine provider.exe && wine loopback.exe ../keys)
python3 "$here/run.py" --wine "$build/prefix" --windows7 "$build/windows7" --curl "$build/bin/curl.exe" --culvert "$3" --build "$build"
