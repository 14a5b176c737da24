#!/bin/sh
# Installs the Debian packages that building and testing need, where they are missing.
set -eu
packages="gcc make libc6-dev libcmocka-dev libjansson-dev ca-certificates zlib1g-dev libtommath-dev pkg-config libssl-dev openssl valgrind python3 python3-pip libgnutls28-dev gcc-mingw-w64-x86-64 clang libclang-rt-14-dev mandoc libbrotli1 libzstd1"
missing=""
for p in $packages; do
    dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo=sudo; fi
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
