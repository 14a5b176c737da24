#!/usr/bin/env python3
"""Writes crypto/p256_table.c to standard output: multiples of P-256's base point for cv_ec_mul_base.

Row i holds (j + 1) * 2^(WINDOW * i) * G for j = 0 ... 2^(WINDOW - 1) - 1: affine x and y, each times
2^256 modulo p (Montgomery's representation), as 64-bit limbs, least significant first.

    python3 test/gen_comb.py > crypto/p256_table.c
"""
WINDOW = 5
BITS = 256
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
# NIST SP 800-186 section 3.2.1.3
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
HEAD = """/* Multiples of P-256's base point; written by test/gen_comb.py. A build that must be small links an
 * object that defines cv_ec_p256_comb with points NULL in the place of this one. */
#include "crypto/ec.h"

/* clang-format off */
"""


def add(a, b):
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def limbs(v):
    v = v * 2**256 % P
    words = ((v >> 64 * i) % 2**64 for i in range(4))
    return ", ".join("CV_GF_64(0x%016x)" % w for w in words)


def main():
    rows, entries = BITS // WINDOW + 1, 2**(WINDOW - 1)
    print(HEAD)
    print("enum { WINDOW = %d, N_ROWS = %d, N_ENTRIES = %d };\n" % (WINDOW, rows, entries))
    print("static const cv_gf_limb points[N_ROWS * N_ENTRIES * 2 * CV_GF_LIMBS(%d)] = {" % BITS)
    base = G
    for _ in range(rows):
        point = base
        for j in range(entries):
            if j:
                point = add(point, base)
            for coordinate in point:
                print("    %s," % limbs(coordinate))
        base = add(point, point)
    print("};\n")
    print("const struct cv_ec_comb cv_ec_p256_comb = {.window = WINDOW, .points = points};")


main()
