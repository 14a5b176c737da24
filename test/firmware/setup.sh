#!/bin/sh
# Installs the cross compiler, C library and emulator of the firmware images, where they are missing.
set -eu
. "$(dirname "$0")/../install.sh"
install_packages gcc-arm-none-eabi picolibc-arm-none-eabi qemu-system-arm gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
    qemu-system-misc openssl python3
