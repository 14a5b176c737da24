#!/usr/bin/env python3
"""Runs images of test vectors: run_vectors.py IMAGE... Each prints what passed of each file."""
import pathlib
import sys
import time

import run


def main():
    failed = False
    for image in map(pathlib.Path, sys.argv[1:]):
        start = time.monotonic()
        code, lines = run.emulate(image, [], "null", counted=False)
        print(f"firmware: vectors on {' '.join(run.machine(image))}, {time.monotonic() - start:.1f} s", *lines, sep="\n    ")
        failed |= code != 0 or "vectors failed 0" not in lines
    print(f"firmware: vectors {'failed' if failed else 'passed'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
