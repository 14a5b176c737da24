#!/bin/sh
# Installs the cross compiler, C library and emulator of the firmware images, where they are missing.
set -eu
packages="gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm openssl python3"
missing=""
for p in $packages; do
    dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo=sudo; fi
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
