#!/bin/sh
# Installs what `make scan-server` needs (Debian 12, as root or with sudo). Does nothing where it is there.
set -eu
missing=""
for p in testssl.sh sslscan openssl python3; do
    dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
as_root apt-get update -qq
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
