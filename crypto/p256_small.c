/* One multiplication modulo either prime, and one law of addition that is right for any two points, so that
 * nothing else is needed: J. Renes, C. Costello, L. Batina, "Complete addition formulas for prime order
 * elliptic curves" (Eurocrypt 2016), algorithm 4. Points are projective: x = X/Z, y = Y/Z; (0 : 1 : 0) is
 * infinity. Coordinates are in Montgomery's representation, R = 2^256. */
#include "crypto/p256_small.h"

#include "crypto/base/ct.h"
#include "crypto/base/mul.h"
#include "crypto/base/secret.h"
#include "crypto/ecdsa_der.h"

#include <string.h>

enum { WORDS = 8, LEN = 32, POINT_LEN = 1 + 2 * LEN, UNCOMPRESSED = 4 };

typedef uint32_t number[WORDS]; /* least significant first */

struct modulus {
    number m, r2; /* R² modulo m */
    uint32_t n0;  /* -1/m modulo 2^32 */
};

/* NIST SP 800-186 section 3.2.1.3. */
static const struct modulus field = {
    .m = {0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff},
    .r2 = {3, 0, 0xffffffff, 0xfffffffb, 0xfffffffe, 0xffffffff, 0xfffffffd, 4},
    .n0 = 1,
};
static const struct modulus order = {
    .m = {0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0, 0xffffffff},
    .r2 = {0xbe79eea2, 0x83244c95, 0x49bd6fa6, 0x4699799c, 0x2b6bec59, 0x2845b239, 0xf3d95620, 0x66e12d94},
    .n0 = 0xee00bc4f,
};
static const number one = {1};
static const number curve_b = {0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0,
                               0x769886bc, 0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8};
static const uint8_t base_point[POINT_LEN] = {
    UNCOMPRESSED, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
    0x63,         0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
    0xa1,         0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
    0x7f,         0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
    0x57,         0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

/* --- numbers modulo m, not always below it: any below 2^256 will do, but where `reduce` was called; results
 * may be operands --- */

/* r = a - b; all ones if that is negative. */
static uint32_t subtract(uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint64_t d = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        d = (uint64_t)a[i] - b[i] - (d >> 63);
        r[i] = (uint32_t)d;
    }
    return cv_ct_barrier32((uint32_t)(d >> 32));
}

/* r = mask ? a : r */
static void move(uint32_t mask, uint32_t *r, const uint32_t *a)
{
    for (unsigned i = 0; i < WORDS; i++) r[i] ^= mask & (r[i] ^ a[i]);
}

/* r below m. */
static void reduce(const struct modulus *f, uint32_t *r)
{
    number d;
    move(~subtract(d, r, f->m), r, d);
}

/* r + m, or r - m where `minus` is all ones, if mask is all ones; returns what goes beyond 2^256: 0 or 1, or
 * -1 to 0. */
static uint32_t correct(const struct modulus *f, uint32_t *r, uint32_t mask, uint32_t minus)
{
    uint64_t sum = minus & 1;
    for (unsigned i = 0; i < WORDS; i++) {
        sum += (uint64_t)r[i] + ((f->m[i] & mask) ^ minus);
        r[i] = (uint32_t)sum;
        sum >>= 32;
    }
    return (uint32_t)sum - (minus & 1);
}

/* Takes away what stands above 2^256, or a borrow, which a modulus does once or, since both are a little less
 * than that, twice. */
static void settle(const struct modulus *f, uint32_t *r, uint32_t high, uint32_t minus)
{
    for (unsigned i = 0; i < 2; i++) high += correct(f, r, cv_ct_nonzero32(high), minus);
}

static void add(const struct modulus *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        sum = (uint64_t)a[i] + b[i] + (sum >> 32);
        r[i] = (uint32_t)sum;
    }
    settle(f, r, (uint32_t)(sum >> 32), UINT32_MAX);
}

static void sub(const struct modulus *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    settle(f, r, subtract(r, a, b), 0);
}

/* r = a b / R. */
static void mul(const struct modulus *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint32_t t[WORDS + 1] = {0};
    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t w = cv_mul_u32(a[0], b[i]) + t[0];
        const uint32_t q = (uint32_t)w * f->n0;
        uint64_t v = cv_mul_u32(q, f->m[0]) + (uint32_t)w;
        for (unsigned j = 1; j < WORDS; j++) {
            w = cv_mul_u32(a[j], b[i]) + t[j] + (w >> 32);
            v = cv_mul_u32(q, f->m[j]) + (uint32_t)w + (v >> 32);
            t[j - 1] = (uint32_t)v;
        }
        w = (w >> 32) + (v >> 32) + t[WORDS];
        t[WORDS - 1] = (uint32_t)w;
        t[WORDS] = (uint32_t)(w >> 32);
    }
    memcpy(r, t, sizeof(number));
    (void)correct(f, r, cv_ct_nonzero32(t[WORDS]), UINT32_MAX); /* below m + 2^256: once is enough */
}

/* Into the representation, and back. */
static void to(const struct modulus *f, uint32_t *r, const uint32_t *a)
{
    mul(f, r, a, f->r2);
}
static void from(const struct modulus *f, uint32_t *r, const uint32_t *a)
{
    mul(f, r, a, one);
}

static unsigned bit(const uint32_t *k, unsigned i)
{
    return k[i / 32] >> i % 32 & 1;
}

/* r = a^(m-2), which is 1/a; r is not a. */
static void invert(const struct modulus *f, uint32_t *r, const uint32_t *a)
{
    number exponent;
    memcpy(exponent, f->m, sizeof exponent);
    exponent[0] -= 2; /* neither modulus ends in less */
    to(f, r, one);
    for (unsigned i = 32 * WORDS; i-- > 0;) {
        mul(f, r, r, r);
        if (bit(exponent, i)) mul(f, r, r, a);
    }
}

static void load(uint32_t *r, const uint8_t *p, size_t len)
{
    memset(r, 0, sizeof(number));
    for (size_t i = 0; i < len; i++) r[i / 4] |= (uint32_t)p[len - 1 - i] << i % 4 * 8;
}

static void store(uint8_t *p, const uint32_t *a)
{
    for (unsigned i = 0; i < WORDS; i++) cv_store_be32(p + 4 * i, a[WORDS - 1 - i]);
}

static bool is_zero(const uint32_t *a)
{
    uint32_t any = 0;
    for (unsigned i = 0; i < WORDS; i++) any |= a[i];
    return any == 0;
}

/* 1 … m-1. Only that verdict becomes public. */
static bool in_range(const struct modulus *f, const uint32_t *a)
{
    number d;
    uint32_t any = 0, good = subtract(d, a, f->m);
    for (unsigned i = 0; i < WORDS; i++) any |= a[i];
    good &= cv_ct_nonzero32(any);
    cv_secret_declassify(&good, sizeof good); /* refusing a key tells nothing of another */
    cv_wipe(d, sizeof d);
    return good != 0;
}

/* --- points --- */

struct point {
    number x, y, z;
};

enum { X1, Y1, Z1, X2, Y2, Z2, X3, Y3, Z3, T0, T1, T2, T3, T4, B, N_REGISTERS };
#define ADD(r, a, b) (0u << 12 | (r) << 8 | (a) << 4 | (b))
#define SUB(r, a, b) (1u << 12 | (r) << 8 | (a) << 4 | (b))
#define MUL(r, a, b) (2u << 12 | (r) << 8 | (a) << 4 | (b))

/* The algorithm's steps, in its own names. */
static const uint16_t addition[] = {
    MUL(T0, X1, X2), MUL(T1, Y1, Y2), MUL(T2, Z1, Z2), ADD(T3, X1, Y1), ADD(T4, X2, Y2), MUL(T3, T3, T4),
    ADD(T4, T0, T1), SUB(T3, T3, T4), ADD(T4, Y1, Z1), ADD(X3, Y2, Z2), MUL(T4, T4, X3), ADD(X3, T1, T2),
    SUB(T4, T4, X3), ADD(X3, X1, Z1), ADD(Y3, X2, Z2), MUL(X3, X3, Y3), ADD(Y3, T0, T2), SUB(Y3, X3, Y3),
    MUL(Z3, B, T2),  SUB(X3, Y3, Z3), ADD(Z3, X3, X3), ADD(X3, X3, Z3), SUB(Z3, T1, X3), ADD(X3, T1, X3),
    MUL(Y3, B, Y3),  ADD(T1, T2, T2), ADD(T2, T1, T2), SUB(Y3, Y3, T2), SUB(Y3, Y3, T0), ADD(T1, Y3, Y3),
    ADD(Y3, T1, Y3), ADD(T1, T0, T0), ADD(T0, T1, T0), SUB(T0, T0, T2), MUL(T1, T4, Y3), MUL(T2, T0, Y3),
    MUL(Y3, X3, Z3), ADD(Y3, Y3, T2), MUL(X3, T3, X3), SUB(X3, X3, T1), MUL(Z3, T4, Z3), MUL(T1, T3, T0),
    ADD(Z3, Z3, T1),
};

/* r = p + q; r may be either. */
static void point_add(struct point *r, const struct point *p, const struct point *q)
{
    static void (*const operations[])(const struct modulus *, uint32_t *, const uint32_t *,
                                      const uint32_t *) = {add, sub, mul};
    number registers[N_REGISTERS];
    memcpy(registers[X1], p, sizeof *p);
    memcpy(registers[X2], q, sizeof *q);
    to(&field, registers[B], curve_b);
    for (unsigned i = 0; i < sizeof addition / sizeof addition[0]; i++) {
        const unsigned step = addition[i];
        operations[step >> 12](&field, registers[step >> 8 & 15], registers[step >> 4 & 15],
                               registers[step & 15]);
    }
    memcpy(r, registers[X3], sizeof *r);
    cv_wipe(registers, sizeof registers);
}

/* r = k p + l q, of n_bits each. */
static void multiply(struct point *r, const uint32_t *k, const struct point *p, const uint32_t *l,
                     const struct point *q, unsigned n_bits)
{
    struct point table[4], chosen; /* by a bit of l and one of k */
    memset(table, 0, sizeof table[0]);
    to(&field, table[0].y, one);
    table[1] = *p;
    table[2] = *q;
    point_add(&table[3], p, q);
    *r = table[0];
    for (unsigned i = n_bits; i-- > 0;) {
        const uint32_t index = bit(k, i) | bit(l, i) << 1;
        for (unsigned j = 0; j < 4; j++) {
            const uint32_t mask = cv_ct_eq32(index, j);
            move(mask, chosen.x, table[j].x);
            move(mask, chosen.y, table[j].y);
            move(mask, chosen.z, table[j].z);
        }
        point_add(r, r, r);
        point_add(r, r, &chosen);
    }
    cv_wipe(table, sizeof table);
    cv_wipe(&chosen, sizeof chosen);
}

/* x, and y where it is asked for, of k p; k in 1 … n-1. The upper half of k goes with 2^128 p. */
static void multiply_one(uint8_t *x, uint8_t *y, const uint32_t *k, const struct point *p)
{
    struct point r = *p;
    number z;
    for (unsigned i = 0; i < 128; i++) point_add(&r, &r, &r);
    multiply(&r, k, p, k + WORDS / 2, &r, 128);
    invert(&field, z, r.z);
    from(&field, z, z); /* a product with it leaves the representation */
    mul(&field, r.x, r.x, z);
    reduce(&field, r.x);
    store(x, r.x);
    mul(&field, r.y, r.y, z);
    reduce(&field, r.y);
    if (y != NULL) store(y, r.y);
    cv_wipe(&r, sizeof r);
    cv_wipe(z, sizeof z);
    cv_wipe_stack();
}

/* An uncompressed point (SEC 1 section 2.3.4) on the curve: y² = x³ - 3x + b. */
static bool decode(struct point *p, struct cv_bytes in)
{
    number left, right, t;
    if (in.len != POINT_LEN || in.p[0] != UNCOMPRESSED) return false;
    load(p->x, in.p + 1, LEN);
    load(p->y, in.p + 1 + LEN, LEN);
    if (subtract(t, p->x, field.m) == 0 || subtract(t, p->y, field.m) == 0) return false;
    to(&field, p->x, p->x);
    to(&field, p->y, p->y);
    to(&field, p->z, one);
    mul(&field, left, p->y, p->y);
    mul(&field, right, p->x, p->x);
    for (unsigned i = 0; i < 3; i++) sub(&field, right, right, p->z);
    mul(&field, right, right, p->x);
    to(&field, t, curve_b);
    add(&field, right, right, t);
    sub(&field, left, left, right);
    reduce(&field, left);
    return is_zero(left);
}

/* --- key exchange (SP 800-56A section 5.7.1.2; RFC 9846 section 7.4.2) --- */

static cv_err generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng)
{
    enum { TRIES = 8 }; /* one in 2^32 draws is out of range: so many in a row are a broken source's */
    struct point base;
    number k = {0};
    (void)g;
    for (unsigned i = 0; i < TRIES && !in_range(&order, k); i++) {
        cv_err e = cv_random(rng, private_key, LEN);
        if (e != CV_OK) return e;
        load(k, private_key, LEN);
    }
    if (!in_range(&order, k)) return CV_E_RNG;
    if (!decode(&base, cv_bytes(base_point, sizeof base_point))) return CV_E_INTERNAL;
    share[0] = UNCOMPRESSED;
    multiply_one(share + 1, share + 1 + LEN, k, &base);
    cv_secret_declassify(share, POINT_LEN); /* the public key */
    cv_wipe(k, sizeof k);
    return CV_OK;
}

static cv_err finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    struct point peer;
    number k;
    (void)g;
    if (!decode(&peer, server_share)) return CV_E_BAD_KEY_SHARE;
    load(k, private_key, LEN);
    multiply_one(secret, NULL, k, &peer);
    cv_wipe(k, sizeof k);
    return CV_OK;
}

static cv_err respond(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    uint8_t private_key[LEN];
    cv_err e = generate(g, private_key, share, rng);
    if (e == CV_OK) e = finish(g, secret, private_key, client_share);
    cv_wipe(private_key, sizeof private_key);
    return e;
}

const struct cv_group cv_group_p256_small = {
    .id = 0x0017,
    .name = "secp256r1",
    .bits = 256,
    .private_len = LEN,
    .client_share_len = POINT_LEN,
    .server_share_len = POINT_LEN,
    .secret_len = LEN,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};

/* --- ECDSA (FIPS 186-5 section 6.4.2) --- */

static bool load_in_range(uint32_t *r, struct cv_bytes in)
{
    if (in.len > LEN) return false;
    load(r, in.p, in.len);
    return in_range(&order, r);
}

/* X/Z = v, without dividing. */
static bool x_is(const struct point *p, const uint32_t *v)
{
    number t;
    to(&field, t, v);
    mul(&field, t, t, p->z);
    sub(&field, t, t, p->x);
    reduce(&field, t);
    return is_zero(t);
}

cv_err cv_ecdsa_p256_verify_small(const struct cv_public_key *key, const struct cv_hash *hash,
                                  struct cv_bytes m, struct cv_bytes sig)
{
    struct cv_bytes r_bytes, s_bytes;
    struct point base, public_point;
    number r, s, w;
    number e;
    (void)hash; /* m tells its own length */
    if (key->type != CV_KEY_P256 || !decode(&public_point, key->point)) return CV_E_CERT_KEY;
    if (!cv_ecdsa_der_read(sig, &r_bytes, &s_bytes) || !load_in_range(r, r_bytes) ||
        !load_in_range(s, s_bytes))
        return CV_E_BAD_SIGNATURE;
    if (!decode(&base, cv_bytes(base_point, sizeof base_point))) return CV_E_INTERNAL;
    load(e, m.p, m.len < LEN ? m.len : LEN);
    to(&order, s, s);
    invert(&order, w, s);
    mul(&order, e, e, w);
    mul(&order, s, r, w);
    multiply(&base, e, &base, s, &public_point, 256);
    reduce(&field, base.z);
    if (is_zero(base.z)) return CV_E_BAD_SIGNATURE;
    /* x modulo n is r: x is r, or r + n where that is still below p (n < p < 2n) */
    if (x_is(&base, r)) return CV_OK;
    (void)subtract(w, field.m, order.m);
    if (subtract(e, r, w) == 0) return CV_E_BAD_SIGNATURE;
    add(&field, r, r, order.m);
    return x_is(&base, r) ? CV_OK : CV_E_BAD_SIGNATURE;
}
