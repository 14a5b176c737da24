#!/bin/sh
# The provider as secur32.dll under Wine: our own programs, and curl built for Windows from unchanged source (crate
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
if [ ! -e "$build/curl/build.ninja" ]; then
    launcher=""
    ! command -v ccache >/dev/null || launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache"
    cmake -G Ninja -S "$build/src" -B "$build/curl" $launcher -DCMAKE_TOOLCHAIN_FILE="$here/mingw.cmake" \
        -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O1 -w" -DCURL_USE_SCHANNEL=ON -DHTTP_ONLY=ON -DBUILD_SHARED_LIBS=OFF \
        -DBUILD_TESTING=OFF -DBUILD_EXAMPLES=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF \
        -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF \
        -DUSE_LIBIDN2=OFF >"$build/cmake.log" 2>&1 || { tail -20 "$build/cmake.log" >&2; exit 1; }
fi
ninja -j2 -C "$build/curl" >"$build/ninja.log" 2>&1 || { grep -E 'error|undefined' "$build/ninja.log" >&2; exit 1; }

# Programs find the DLL beside them; the override says that it, not Wine's own, is meant.
export WINEPREFIX="$build/prefix" WINEDEBUG=-all WINEARCH=win64 WINEDLLOVERRIDES=secur32,sspicli=n
mkdir -p "$build/bin" "$build/keys"
cp "$dll/secur32.dll" "$dll/sspicli.dll" "$build/curl/src/curl.exe" "$build/bin/"
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
if [ ! -e "$WINEPREFIX/system.reg" ]; then
    WINEDLLOVERRIDES="" wine wineboot -i >"$build/wineboot.log" 2>&1
    # curl fills in SCH_CREDENTIALS, and so can have TLS 1.3, from this Windows on.
    for value in CurrentVersion=10.0 CurrentBuildNumber=22000 CurrentBuild=22000; do
        WINEDLLOVERRIDES="" wine reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion' /v ${value%=*} /t REG_SZ \
            /d ${value#*=} /f >/dev/null 2>&1
    done
fi
(cd "$build/bin" && wine provider.exe && wine loopback.exe ../keys)
python3 "$here/run.py" --wine "$WINEPREFIX" --curl "$build/bin/curl.exe" --culvert "$3" --build "$build"
