#!/usr/bin/env python3
"""Runs the images of test vectors: run_vectors.py TARGET=IMAGE... Each prints what passed of each file."""
import subprocess
import sys
import time

MACHINES = {
    "m4": ["qemu-system-arm", "-M", "mps2-an386"],
    "m0": ["qemu-system-arm", "-M", "microbit"],
    "rv32": ["qemu-system-riscv32", "-M", "virt", "-bios", "none"],
}
TIMEOUT = 300  # seconds


def main():
    failed = False
    for argument in sys.argv[1:]:
        target, _, image = argument.partition("=")
        start = time.monotonic()
        qemu = subprocess.run([*MACHINES[target], "-display", "none", "-monitor", "none", "-serial", "null",
                               "-semihosting-config", "enable=on,target=native", "-kernel", image],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, text=True)
        print(f"firmware: vectors on {target}, {time.monotonic() - start:.1f} s", *qemu.stdout.splitlines(), sep="\n    ")
        failed |= qemu.returncode != 0 or "vectors failed 0" not in qemu.stdout.splitlines()
    print(f"firmware: vectors {'failed' if failed else 'passed'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
