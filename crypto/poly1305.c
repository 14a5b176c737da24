#include "crypto/base/mul.h"
#include "crypto/poly1305.h"

#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

#if defined(__SIZEOF_INT128__)

__extension__ typedef unsigned __int128 uint128_t;

#define M44 UINT64_C(0xfffffffffff)
#define M42 UINT64_C(0x3ffffffffff)

static inline void load_limbs(uint64_t limb[3], const uint8_t *p)
{
    const uint64_t lo = cv_load_le64(p), hi = cv_load_le64(p + 8);
    limb[0] = lo & M44;
    limb[1] = (lo >> 44 | hi << 20) & M44;
    limb[2] = hi >> 24;
}

static void store_limbs(uint8_t *p, const uint64_t limb[3])
{
    cv_store_le64(p, limb[0] | limb[1] << 44);
    cv_store_le64(p + 8, limb[1] >> 20 | limb[2] << 24);
}

/* A product before its carries. */
struct product {
    uint128_t d[3];
};

static inline void multiply_add(struct product *p, const uint64_t a[3], const uint64_t b[3])
{
    const uint64_t s1 = 20 * b[1], s2 = 20 * b[2]; /* 2^132 = 4 * 2^130, and 2^130 = 5 */
    p->d[0] += (uint128_t)a[0] * b[0] + (uint128_t)a[1] * s2 + (uint128_t)a[2] * s1;
    p->d[1] += (uint128_t)a[0] * b[1] + (uint128_t)a[1] * b[0] + (uint128_t)a[2] * s2;
    p->d[2] += (uint128_t)a[0] * b[2] + (uint128_t)a[1] * b[1] + (uint128_t)a[2] * b[0];
}

static inline void carry(uint64_t h[3], struct product *p)
{
    p->d[1] += (uint64_t)(p->d[0] >> 44);
    p->d[2] += (uint64_t)(p->d[1] >> 44);
    h[0] = ((uint64_t)p->d[0] & M44) + (uint64_t)(p->d[2] >> 42) * 5;
    h[1] = ((uint64_t)p->d[1] & M44) + (h[0] >> 44);
    h[2] = (uint64_t)p->d[2] & M42;
    h[0] &= M44;
}

static inline void load_block(uint64_t limb[3], const uint8_t *m)
{
    load_limbs(limb, m);
    limb[2] |= UINT64_C(1) << 40; /* 2^128 */
}

/* Each step waits for the one before, so from a few blocks on two are taken at once:
 * ((h + m0) r + m1) r = (h + m0) r^2 + m1 r. */
void cv_poly1305_blocks(struct cv_poly1305 *p, const uint8_t *m, size_t n_blocks)
{
    uint64_t h[3] = {p->h[0], p->h[1], p->h[2]};
    const uint64_t r[3] = {p->r[0], p->r[1], p->r[2]};
    uint64_t square[3], a[3], b[3];
    if (n_blocks >= 4) {
        struct product v = {{0}};
        multiply_add(&v, r, r);
        carry(square, &v);
        for (; n_blocks >= 2; n_blocks -= 2, m += 32) {
            v = (struct product){{0}};
            load_block(a, m);
            load_block(b, m + 16);
            for (int i = 0; i < 3; i++) a[i] += h[i];
            multiply_add(&v, b, r);
            multiply_add(&v, a, square);
            carry(h, &v);
        }
    }
    for (; n_blocks; n_blocks--, m += 16) {
        struct product v = {{0}};
        load_block(a, m);
        for (int i = 0; i < 3; i++) a[i] += h[i];
        multiply_add(&v, a, r);
        carry(h, &v);
    }
    for (int i = 0; i < 3; i++) p->h[i] = h[i];
}

/* Brings h below 2^130 - 5. */
static void reduce(uint64_t h[3])
{
    for (int i = 0; i < 2; i++) { /* the second pass takes up what wrapped around in the first */
        h[1] += h[0] >> 44;
        h[0] &= M44;
        h[2] += h[1] >> 44;
        h[1] &= M44;
        h[0] += (h[2] >> 42) * 5;
        h[2] &= M42;
    }
    h[1] += h[0] >> 44;
    h[0] &= M44;
    const uint64_t g0 = h[0] + 5, g1 = h[1] + (g0 >> 44), g2 = h[2] + (g1 >> 44);
    const uint64_t over = cv_ct_nonzero64(g2 >> 42);
    h[0] = cv_ct_select64(over, g0 & M44, h[0]);
    h[1] = cv_ct_select64(over, g1 & M44, h[1]);
    h[2] = cv_ct_select64(over, g2 & M42, h[2]);
}

#else

#define M26 UINT32_C(0x3ffffff)

static void load_limbs(uint32_t limb[5], const uint8_t *p)
{
    limb[0] = cv_load_le32(p) & M26;
    limb[1] = cv_load_le32(p + 3) >> 2 & M26;
    limb[2] = cv_load_le32(p + 6) >> 4 & M26;
    limb[3] = cv_load_le32(p + 9) >> 6 & M26;
    limb[4] = cv_load_le32(p + 12) >> 8;
}

static void store_limbs(uint8_t *p, const uint32_t limb[5])
{
    cv_store_le32(p, limb[0] | limb[1] << 26);
    cv_store_le32(p + 4, limb[1] >> 6 | limb[2] << 20);
    cv_store_le32(p + 8, limb[2] >> 12 | limb[3] << 14);
    cv_store_le32(p + 12, limb[3] >> 18 | limb[4] << 8);
}

void cv_poly1305_blocks(struct cv_poly1305 *p, const uint8_t *m, size_t n_blocks)
{
    uint32_t *h = p->h;
    uint32_t r[10]; /* r[i + 5] = r[i], times 5 below: 2^130 = 5 */
    for (int i = 0; i < 5; i++) {
        r[i + 5] = p->r[i];
        r[i] = 5 * p->r[i];
    }
    for (; n_blocks; n_blocks--, m += 16) {
        uint32_t limb[5];
        uint64_t d[5] = {0}, carry = 0;
        load_limbs(limb, m);
        limb[4] |= UINT32_C(1) << 24; /* 2^128 */
        for (int i = 0; i < 5; i++) h[i] += limb[i];
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < 5; j++) d[i] += cv_mul_u32(h[j], r[5 + i - j]);
        }
        for (int i = 0; i < 5; i++) {
            d[i] += carry;
            h[i] = (uint32_t)d[i] & M26;
            carry = d[i] >> 26;
        }
        carry = cv_mul_low64(carry, 5) + h[0];
        h[0] = (uint32_t)carry & M26;
        h[1] += (uint32_t)(carry >> 26);
    }
    cv_wipe(r, sizeof r);
}

/* Brings h below 2^130 - 5. */
static void reduce(uint32_t h[5])
{
    uint32_t g[5], carry = 0;
    for (int pass = 0; pass < 2; pass++) { /* the second pass takes up what wrapped around in the first */
        for (int i = 0; i < 5; i++) {
            h[i] += carry;
            carry = h[i] >> 26;
            h[i] &= M26;
        }
        carry *= 5;
    }
    h[0] += carry;
    carry = 5;
    for (int i = 0; i < 5; i++) {
        g[i] = h[i] + carry;
        carry = g[i] >> 26;
        g[i] &= M26;
    }
    const uint32_t over = cv_ct_nonzero32(carry);
    for (int i = 0; i < 5; i++) h[i] = cv_ct_select32(over, g[i], h[i]);
}

#endif

void cv_poly1305_init(struct cv_poly1305 *p, const uint8_t key[32])
{
    uint8_t r[16];
    memcpy(r, key, sizeof r);
    for (int i = 3; i < 16; i += 4) r[i] &= 15; /* RFC 8439 section 2.5.1 */
    for (int i = 4; i < 16; i += 4) r[i] &= 252;
    load_limbs(p->r, r);
    memset(p->h, 0, sizeof p->h);
    memcpy(p->s, key + 16, sizeof p->s);
    cv_wipe(r, sizeof r);
}

void cv_poly1305_final(struct cv_poly1305 *p, uint8_t tag[16])
{
    uint64_t carry = 0;
    reduce(p->h);
    store_limbs(tag, p->h);
    for (int i = 0; i < 16; i += 4) {
        carry += (uint64_t)cv_load_le32(tag + i) + cv_load_le32(p->s + i);
        cv_store_le32(tag + i, (uint32_t)carry);
        carry >>= 32;
    }
    cv_wipe(p, sizeof *p);
}
