#!/bin/sh
# Installs what the interoperation suite needs (Debian 12, as root or with sudo) and builds its programs. Does next to
# nothing where all is there. What it builds, and what pip, go and cargo fetch, goes to the folder given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/interop}
mkdir -p "$build"
build=$(cd "$build" && pwd)
. "$here/../install.sh" # install_packages, find_go, find_cargo, die
install_packages openssl gnutls-bin curl nginx-light chromium libnss3-tools python3 ca-certificates gcc libc6-dev

find_go 26 1.26.6 "$build" # tells about HelloRetryRequest
(cd "$here/go" && GOTOOLCHAIN=local GOPROXY=off GOFLAGS= GOCACHE="$build/go-cache" GOPATH="$build/go-path" \
    "$go" build -o "$build/go/" ./client ./server) || die "the Go programs do not build"

find_cargo 85 "$build/cargo"
(cd "$here/rustls" && CARGO_TARGET_DIR="$build/rustls" "$cargo" build -q --release --locked) ||
    die "the rustls programs do not build"
