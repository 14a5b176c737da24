#include "crypto/base/mul.h"
#include "crypto/fe25519_inline.h"

#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"

const struct cv_fe cv_fe_zero = {{0}};
const struct cv_fe cv_fe_one = {{1}};

#if CV_FE_64

#define LIMB_MASK CV_FE_LIMB_MASK

void cv_fe_from_words(struct cv_fe *r, const uint64_t w[4])
{
    r->v[0] = w[0] & LIMB_MASK;
    r->v[1] = (w[0] >> 51 | w[1] << 13) & LIMB_MASK;
    r->v[2] = (w[1] >> 38 | w[2] << 26) & LIMB_MASK;
    r->v[3] = (w[2] >> 25 | w[3] << 39) & LIMB_MASK;
    r->v[4] = (w[3] >> 12) & LIMB_MASK;
}

/* One pass of carries around the ring; afterwards limbs count 1. */
static void carry(struct cv_fe *r, const struct cv_fe *a)
{
    uint64_t c = 0;
    for (int i = 0; i < 5; i++) {
        uint64_t v = a->v[i] + c;
        r->v[i] = v & LIMB_MASK;
        c = v >> 51;
    }
    r->v[0] += 19 * c;
}

/* a: limbs within 51 bits but for a small excess. Writes the value below p in four words. */
static void freeze(uint64_t w[4], const struct cv_fe *a)
{
    struct cv_fe t;
    carry(&t, a);
    carry(&t, &t);
    /* the value is now below 2^255 + 19; adding 19 carries out of bit 255 exactly if it is p or more */
    uint64_t q = (t.v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) q = (t.v[i] + q) >> 51;
    t.v[0] += 19 * q;
    for (int i = 0; i < 4; i++) {
        t.v[i + 1] += t.v[i] >> 51;
        t.v[i] &= LIMB_MASK;
    }
    t.v[4] &= LIMB_MASK;
    w[0] = t.v[0] | t.v[1] << 51;
    w[1] = t.v[1] >> 13 | t.v[2] << 38;
    w[2] = t.v[2] >> 26 | t.v[3] << 25;
    w[3] = t.v[3] >> 39 | t.v[4] << 12;
    cv_wipe(&t, sizeof t);
}

void cv_fe_sub(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    cv_fe_sub_inline(r, a, b);
}

void cv_fe_neg(struct cv_fe *r, const struct cv_fe *a)
{
    cv_fe_sub(r, &cv_fe_zero, a);
    carry(r, r);
}

void cv_fe_mul(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    cv_fe_mul_inline(r, a, b);
}

void cv_fe_sqr(struct cv_fe *r, const struct cv_fe *a)
{
    cv_fe_sqr_inline(r, a);
}

void cv_fe_mul_small(struct cv_fe *r, const struct cv_fe *a, uint32_t k)
{
    cv_fe_mul_small_inline(r, a, k);
}

#else

/* Limb i stands at bit ceil(25.5 i): even limbs have 26 bits, odd ones 25. */
static unsigned limb_bits(int i)
{
    return 26u - ((unsigned)i & 1u);
}

void cv_fe_from_words(struct cv_fe *r, const uint64_t w[4])
{
    unsigned at = 0;
    for (int i = 0; i < 10; i++) {
        unsigned word = at / 64, shift = at % 64;
        uint64_t v = w[word] >> shift;
        if (shift + limb_bits(i) > 64 && word < 3) v |= w[word + 1] << (64 - shift);
        r->v[i] = (uint32_t)v & ((UINT32_C(1) << limb_bits(i)) - 1);
        at += limb_bits(i);
    }
}

/* r = c with carries around the ring; each c[i] below 2^64 - 2^39. Limbs count 1 afterwards. */
static void reduce(struct cv_fe *r, const uint64_t c[10])
{
    uint64_t over = 0;
    for (int i = 0; i < 10; i++) {
        uint64_t v = c[i] + over;
        r->v[i] = (uint32_t)v & ((UINT32_C(1) << limb_bits(i)) - 1);
        over = v >> limb_bits(i);
    }
    uint64_t v = r->v[0] + cv_mul_low64(over, 19);
    r->v[0] = (uint32_t)v & 0x3ffffff;
    v = r->v[1] + (v >> 26);
    r->v[1] = (uint32_t)v & 0x1ffffff;
    r->v[2] += (uint32_t)(v >> 25);
}

static void freeze(uint64_t w[4], const struct cv_fe *a)
{
    uint64_t c[10];
    struct cv_fe t = *a;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 10; i++) c[i] = t.v[i];
        reduce(&t, c);
    }
    /* the value is now below 2^255 + 19; adding 19 carries out of bit 255 exactly if it is p or more */
    uint32_t q = (t.v[0] + 19) >> 26;
    for (int i = 1; i < 10; i++) q = (t.v[i] + q) >> limb_bits(i);
    uint32_t over = 19 * q;
    unsigned at = 0;
    for (int i = 0; i < 4; i++) w[i] = 0;
    for (int i = 0; i < 10; i++) {
        uint32_t v = t.v[i] + over;
        over = v >> limb_bits(i);
        uint64_t limb = v & ((UINT32_C(1) << limb_bits(i)) - 1);
        w[at / 64] |= limb << at % 64;
        if (at % 64 + limb_bits(i) > 64 && at / 64 < 3) w[at / 64 + 1] |= limb >> (64 - at % 64);
        at += limb_bits(i);
    }
    cv_wipe(c, sizeof c);
    cv_wipe(&t, sizeof t);
}

void cv_fe_sub(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    uint64_t c[10];
    /* 4p keeps every limb positive */
    c[0] = (uint64_t)a->v[0] + ((UINT32_C(1) << 28) - 76) - b->v[0];
    for (int i = 1; i < 10; i++) c[i] = (uint64_t)a->v[i] + (UINT32_C(4) << limb_bits(i)) - 4 - b->v[i];
    reduce(r, c);
}

void cv_fe_neg(struct cv_fe *r, const struct cv_fe *a)
{
    cv_fe_sub(r, &cv_fe_zero, a);
}

void cv_fe_mul(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    uint64_t c[10] = {0};
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            /* two odd limbs: each stands half a bit above 25.5 times its index */
            uint32_t x = a->v[i] << (i & j & 1);
            uint32_t y = i + j < 10 ? b->v[j] : 19 * b->v[j];
            c[i + j < 10 ? i + j : i + j - 10] += cv_mul_u32(x, y);
        }
    }
    reduce(r, c);
}

void cv_fe_sqr(struct cv_fe *r, const struct cv_fe *a)
{
    uint64_t c[10] = {0};
    for (int i = 0; i < 10; i++) {
        for (int j = i; j < 10; j++) {
            uint32_t x = a->v[i] << ((i & j & 1) + (i != j));
            uint32_t y = i + j < 10 ? a->v[j] : 19 * a->v[j];
            c[i + j < 10 ? i + j : i + j - 10] += cv_mul_u32(x, y);
        }
    }
    reduce(r, c);
}

void cv_fe_mul_small(struct cv_fe *r, const struct cv_fe *a, uint32_t k)
{
    uint64_t c[10];
    for (int i = 0; i < 10; i++) c[i] = cv_mul_u32(a->v[i], k);
    reduce(r, c);
}

#endif

void cv_fe_from_bytes(struct cv_fe *r, const uint8_t in[32])
{
    uint64_t w[4];
    for (int i = 0; i < 4; i++) w[i] = cv_load_le64(in + 8 * i);
    cv_fe_from_words(r, w);
    cv_wipe(w, sizeof w);
}

void cv_fe_to_bytes(uint8_t out[32], const struct cv_fe *a)
{
    uint64_t w[4];
    freeze(w, a);
    for (int i = 0; i < 4; i++) cv_store_le64(out + 8 * i, w[i]);
    cv_wipe(w, sizeof w);
}

static void sqr_n(struct cv_fe *r, const struct cv_fe *a, int n)
{
    cv_fe_sqr(r, a);
    for (int i = 1; i < n; i++) cv_fe_sqr(r, r);
}

/* r = a^(2^250 - 1), a11 = a^11: what the two exponents below have in common. In the comments,
 * ones(n) is a^(2^n - 1). */
static void pow_2_250_1(struct cv_fe *r, struct cv_fe *a11, const struct cv_fe *a)
{
    struct cv_fe a9, t, ones5, ones10, ones20, ones50, ones100;
    cv_fe_sqr(&t, a);           /* 2 */
    sqr_n(&a9, &t, 2);          /* 8 */
    cv_fe_mul(&a9, &a9, a);     /* 9 */
    cv_fe_mul(a11, &a9, &t);    /* 11 */
    cv_fe_sqr(&t, a11);         /* 22 */
    cv_fe_mul(&ones5, &t, &a9); /* 31 */
    sqr_n(&t, &ones5, 5);
    cv_fe_mul(&ones10, &t, &ones5);
    sqr_n(&t, &ones10, 10);
    cv_fe_mul(&ones20, &t, &ones10);
    sqr_n(&t, &ones20, 20);
    cv_fe_mul(&t, &t, &ones20); /* ones(40) */
    sqr_n(&t, &t, 10);
    cv_fe_mul(&ones50, &t, &ones10);
    sqr_n(&t, &ones50, 50);
    cv_fe_mul(&ones100, &t, &ones50);
    sqr_n(&t, &ones100, 100);
    cv_fe_mul(&t, &t, &ones100); /* ones(200) */
    sqr_n(&t, &t, 50);
    cv_fe_mul(r, &t, &ones50);
    struct cv_fe *const used[] = {&a9, &t, &ones5, &ones10, &ones20, &ones50, &ones100};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) cv_wipe(used[i], sizeof *used[i]);
}

void cv_fe_invert(struct cv_fe *r, const struct cv_fe *a)
{
    struct cv_fe t, a11;
    pow_2_250_1(&t, &a11, a);
    sqr_n(&t, &t, 5); /* 2^255 - 32; p - 2 is 11 more */
    cv_fe_mul(r, &t, &a11);
    cv_wipe(&t, sizeof t);
    cv_wipe(&a11, sizeof a11);
}

void cv_fe_pow_p58(struct cv_fe *r, const struct cv_fe *a)
{
    struct cv_fe t, a11;
    pow_2_250_1(&t, &a11, a);
    sqr_n(&t, &t, 2); /* 2^252 - 4; (p - 5) / 8 is 1 more */
    cv_fe_mul(r, &t, a);
    cv_wipe(&t, sizeof t);
    cv_wipe(&a11, sizeof a11);
}
