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
sh "$here/setup.sh" "$build" # for cargo
perl -MIPC::Cmd -MFindBin -e 1 2>/dev/null || { # Configure is written in it
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends perl
}
cargo=cargo
[ "$("$cargo" --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')" -ge 85 ] 2>/dev/null || cargo=/usr/bin/cargo
printf '[package]\nname = "openssl-source"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\nopenssl-src = "=%s"\n' \
    "$VERSION" >"$build/openssl/crate/Cargo.toml"
: >"$build/openssl/crate/src/lib.rs"
(cd "$build/openssl/crate" && CARGO_HOME="$build/cargo" "$cargo" fetch -q)
rm -rf "$build/openssl/source"
cp -r "$build"/cargo/registry/src/*/openssl-src-"$VERSION"/openssl "$build/openssl/source"
cd "$build/openssl/source"
./Configure no-shared no-tests no-docs no-legacy no-engine no-dso no-module no-quic >../configure.log
make -j2 build_programs >../make.log 2>&1 || { tail -20 ../make.log; exit 1; }
cp apps/openssl ../bin/openssl
cd .. && rm -rf source
