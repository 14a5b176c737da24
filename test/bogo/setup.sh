#!/bin/sh
# Installs what BoGo, BoringSSL's TLS test runner, needs (Debian 12, as root or with sudo) and builds it. The runner's Go
# files come in the crate boring-sys. Does nothing where the runner is there. All goes to the folder given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/bogo}
mkdir -p "$build"
build=$(cd "$build" && pwd)
VERSION=5.4.0 # of the crate; Cargo.toml and Cargo.lock say the same
. "$here/../install.sh" # install_packages, find_go, crate_source, die

# The shim's raw public keys come in certificates, which are not sent.
certify() {
    cd "$build/boringssl/ssl/test/runner"
    for k in rsa_1024 rsa_2048 ecdsa_p256 ecdsa_p384 ecdsa_p521 ed25519; do
        openssl req -x509 -new -key "${k}_key.pem" -subj "/CN=$k" -days 36500 2>/dev/null || die "openssl certifies no ${k}_key.pem"
    done >"$build/raw_keys.pem"
}

if [ "$(cat "$build/version" 2>/dev/null)" = "$VERSION" ]; then
    [ -e "$build/raw_keys.pem" ] || certify
    exit 0
fi

install_packages openssl python3 ca-certificates
find_go 27 1.27.3 "$build" # has crypto/mldsa
crate_source "$here/crate" "$build/cargo" boring-sys deps/boringssl "$build/crate"
[ -d "$build/crate/ssl/test/runner" ] || die "the crate boring-sys $VERSION has no runner"

# Only what the runner is built from; the registry's other crates are not needed.
rm -rf "$build/boringssl"
mkdir -p "$build/boringssl/ssl/test"
cp "$build/crate"/go.* "$build/boringssl/"
cp -R "$build/crate/ssl/test/runner" "$build/boringssl/ssl/test/"
[ ! -d "$build/crate/util" ] || cp -R "$build/crate/util" "$build/boringssl/"
rm -rf "$build/cargo" "$build/crate"

# The crate leaves out the runner's private keys; any do.
cd "$build/boringssl/ssl/test/runner"
chmod -R u+w .
key() {
    out=$1
    shift
    openssl genpkey "$@" -out "$out" 2>/dev/null || die "openssl makes no $out"
}
key rsa_1024_key.pem -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key rsa_2048_key.pem -algorithm RSA -pkeyopt rsa_keygen_bits:2048
for p in ecdsa_p256:P-256 ecdsa_p384:P-384 ecdsa_p521:P-521 channel_id:P-256; do
    key "${p%:*}_key.pem" -algorithm EC -pkeyopt "ec_paramgen_curve:${p#*:}"
done
key ed25519_key.pem -algorithm ed25519
GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-modcacherw GOCACHE="$build/go-cache" GOPATH="$build/go-path" \
    "$go" test -c -o "$build/runner" . || die "the runner does not build"
rm -rf "$build/go-cache" "$build/go-path" "$build/venv"
certify
echo $VERSION >"$build/version"
