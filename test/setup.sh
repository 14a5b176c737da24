#!/bin/sh
# Installs the Debian packages that building and testing need, where they are missing.
set -eu
. "$(dirname "$0")/install.sh"
install_packages gcc make libc6-dev libcmocka-dev libjansson-dev ca-certificates zlib1g-dev libtommath-dev pkg-config \
    libssl-dev openssl valgrind python3 python3-pip libgnutls28-dev gcc-mingw-w64-x86-64 clang libclang-rt-14-dev mandoc \
    libbrotli1 libzstd1
