#!/bin/sh
# Builds OpenSSL 3.5 for `make interop-pq`, from the source in the crate openssl-src: openssl.sh BUILD_FOLDER. It takes
# some minutes the first time and nothing afterwards; its program is BUILD_FOLDER/openssl/bin/openssl.
set -eu
VERSION=300.5.4+3.5.4
here=$(cd "$(dirname "$0")" && pwd)
build=$1
mkdir -p "$build/openssl/crate/src" "$build/openssl/bin" "$build/cargo"
build=$(cd "$build" && pwd)
[ -x "$build/openssl/bin/openssl" ] && "$build/openssl/bin/openssl" version | grep -q "OpenSSL ${VERSION#*+} " && exit
. "$here/../install.sh"    # find_cargo
install_packages gcc make perl # Configure is written in it
find_cargo 85 "$build/cargo"
printf '[package]\nname = "openssl-source"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\nopenssl-src = "=%s"\n' \
    "$VERSION" >"$build/openssl/crate/Cargo.toml"
: >"$build/openssl/crate/src/lib.rs"
(cd "$build/openssl/crate" && "$cargo" fetch -q)
rm -rf "$build/openssl/source"
cp -r "$build"/cargo/registry/src/*/openssl-src-"$VERSION"/openssl "$build/openssl/source"
cd "$build/openssl/source"
./Configure no-shared no-tests no-docs no-legacy no-engine no-dso no-module no-quic >../configure.log
make -j2 build_programs >../make.log 2>&1 || { tail -20 ../make.log; exit 1; }
cp apps/openssl ../bin/openssl
cd .. && rm -rf source
