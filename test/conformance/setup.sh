#!/bin/sh
# Installs tlslite-ng for `make conformance`: setup.sh FOLDER. Does nothing where it is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/conformance}
. "$here/../install.sh" # install_packages
install_packages openssl python3 python3-pip
wanted="tlslite-ng==0.8.2 ecdsa==0.19.2 six==1.17.0"
[ "$(cat "$build/installed" 2>/dev/null)" = "$wanted" ] && exit 0
mkdir -p "$build"
rm -rf "$build/python"
# shellcheck disable=SC2086
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target "$build/python" $wanted
echo "$wanted" >"$build/installed"
