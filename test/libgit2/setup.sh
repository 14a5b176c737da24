#!/bin/sh
# Fetches libgit2's source (crate libgit2-sys). Installs what that and the test need (Debian 12, as root or with sudo).
# Usage: setup.sh FOLDER, from the top.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)

. "$here/../install.sh" # install_packages, crate_source
install_packages gcc libc6-dev openssl python3
[ -e "$build/src/COPYING" ] || crate_source "$here/source" "$build/cargo" libgit2-sys libgit2 "$build/src"
