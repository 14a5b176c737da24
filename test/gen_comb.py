#!/usr/bin/env python3
"""Writes a table of multiples of a curve's base point G to standard output: struct cv_ec_comb of crypto/ec.h.

P-256: rows for cv_ec_mul_base, row i holding (j + 1) * 2^(WINDOW * i) * G for j = 0 ... 2^(WINDOW - 1) - 1. Both
curves: G, 3 G, 5 G ... for verification. All as affine x and y, each times R modulo p (Montgomery's representation),
as 64-bit limbs, least significant first.

    python3 test/gen_comb.py p256 > crypto/p256_table.c
    python3 test/gen_comb.py p384 > crypto/p384_table.c
"""
import sys

WINDOW = 6
ODD_WINDOW = 8
# NIST SP 800-186 sections 3.2.1.3 and 3.2.1.4: bits, p, G
CURVES = {
    "p256": (256, 2**256 - 2**224 + 2**192 + 2**96 - 1,
             (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
              0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)),
    "p384": (384, 2**384 - 2**128 - 2**96 + 2**32 - 1,
             (0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
              0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F)),
}
HEAD = """/* Multiples of P-%d's base point; written by test/gen_comb.py. A build that must be small links an
 * object that defines cv_ec_p%d_comb with NULLs in the place of this one. */
#include "crypto/ec.h"

/* clang-format off */
"""


def add(p, a, b):
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def print_point(bits, p, point):
    for v in point:
        v = v * 2**bits % p
        words = ((v >> 64 * i) % 2**64 for i in range(bits // 64))
        print("    %s," % ", ".join("CV_GF_64(0x%016x)" % w for w in words))


def print_rows(bits, p, g):
    rows, entries = bits // WINDOW + 1, 2**(WINDOW - 1)
    print("enum { WINDOW = %d, N_ROWS = %d, N_ENTRIES = %d };\n" % (WINDOW, rows, entries))
    print("static const cv_gf_limb points[N_ROWS * N_ENTRIES * 2 * CV_GF_LIMBS(%d)] = {" % bits)
    base = g
    for _ in range(rows):
        point = base
        for j in range(entries):
            if j:
                point = add(p, point, base)
            print_point(bits, p, point)
        base = add(p, point, point)
    print("};\n")


def print_odd(bits, p, g):
    print("static const cv_gf_limb odd[(1 << (CV_EC_ODD_WINDOW - 2)) * 2 * CV_GF_LIMBS(%d)] = {" % bits)
    twice, point = add(p, g, g), g
    for i in range(2**(ODD_WINDOW - 2)):
        if i:
            point = add(p, point, twice)
        print_point(bits, p, point)
    print("};\n")


def main():
    name = sys.argv[1]
    bits, p, g = CURVES[name]
    print(HEAD % (bits, bits))
    fields = ".odd = odd, .vartime = &cv_ec_%s_vartime" % name
    if name == "p256":
        print_rows(bits, p, g)
        fields = ".window = WINDOW, .points = points, " + fields
    print_odd(bits, p, g)
    print("const struct cv_ec_comb cv_ec_%s_comb = {%s};" % (name, fields))


main()
