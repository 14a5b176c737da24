#!/usr/bin/env python3
"""Prints crypto/ed25519_table.c: constants of edwards25519 (RFC 8032 section 5.1) and the base point's comb.

The comb has 3 tables (COMBS) for 5 bits (TEETH) that stand 17 places (SPACING) apart. Digits are +1 and -1;
an entry is the sum of 2^(17 (5 j + t)) B over the teeth t of comb j, the last with +1, the others with the
sign that their bit of the index says.
"""

COMBS, TEETH, SPACING = 3, 5, 17

p = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
d = -121665 * pow(121666, -1, p) % p
sqrt_m1 = pow(2, (p - 1) // 4, p)


def recover_x(y):
    xx = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    x = pow(xx, (p + 3) // 8, p)
    if x * x % p != xx:
        x = x * sqrt_m1 % p
    assert x * x % p == xx
    return p - x if x % 2 else x


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = d * x1 * x2 * y1 * y2 % p
    return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, p) % p, (y1 * y2 + x1 * x2) * pow(1 - t, -1, p) % p)


def neg(a):
    return (-a[0] % p, a[1])


def words(v):
    return "{" + ", ".join("0x%016x" % (v >> 64 * i & 2**64 - 1) for i in range(4)) + "}"


def flat(vs):
    return [v >> 64 * i & 2**64 - 1 for v in vs for i in range(4)]


base_y = 4 * pow(5, -1, p) % p
B = (recover_x(base_y), base_y)
powers = [B]
while len(powers) < COMBS * TEETH * SPACING:
    powers.append(add(powers[-1], powers[-1]))

print("/* Printed by test/gen_ed25519.py, which says what the numbers are. */")
print('#include "crypto/ge25519.h"\n')
print("const uint64_t cv_ed25519_d[4] = %s;" % words(d))
print("const uint64_t cv_ed25519_2d[4] = %s;" % words(2 * d % p))
print("const uint64_t cv_ed25519_sqrt_m1[4] = %s;\n" % words(sqrt_m1))
print("const uint64_t cv_ed25519_comb[CV_COMBS][CV_COMB_ENTRIES][12] = {")
for j in range(COMBS):
    print("    {")
    teeth = [powers[SPACING * (TEETH * j + t)] for t in range(TEETH)]
    for i in range(2 ** (TEETH - 1)):
        point = teeth[-1]
        for t in range(TEETH - 1):
            point = add(point, teeth[t] if i >> t & 1 else neg(teeth[t]))
        x, y = point
        w = flat([(y + x) % p, (y - x) % p, 2 * d * x * y % p])
        print("        {" + ",\n         ".join(", ".join("0x%016x" % v for v in w[k : k + 4]) for k in (0, 4, 8)) + "},")
    print("    },")
print("};")
