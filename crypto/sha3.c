/* The SHA-3 family, portable. FIPS 202. */
#include "crypto/sha3.h"
#include "crypto/base/secret.h"

/* Bits that follow the message, with the first bit of the padding; section 6.1, 6.2 and B.2. */
enum { SUFFIX_SHA3 = 0x06, SUFFIX_SHAKE = 0x1f };

static inline uint64_t rol(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

/* Chi for one plane; section 3.2.4. */
static inline void chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3, uint64_t b4)
{
    e[0] = b0 ^ (~b1 & b2);
    e[1] = b1 ^ (~b2 & b3);
    e[2] = b2 ^ (~b3 & b4);
    e[3] = b3 ^ (~b4 & b0);
    e[4] = b4 ^ (~b0 & b1);
}

/* Theta, then rho and pi while the lanes are gathered for chi, then iota; section 3.2. */
static inline void one_round(uint64_t e[25], const uint64_t a[25], uint64_t round_constant)
{
    uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
    uint64_t c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
    uint64_t c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
    uint64_t c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
    uint64_t c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    uint64_t d0 = c4 ^ rol(c1, 1), d1 = c0 ^ rol(c2, 1), d2 = c1 ^ rol(c3, 1), d3 = c2 ^ rol(c4, 1);
    uint64_t d4 = c3 ^ rol(c0, 1);

    chi(e, a[0] ^ d0, rol(a[6] ^ d1, 44), rol(a[12] ^ d2, 43), rol(a[18] ^ d3, 21), rol(a[24] ^ d4, 14));
    e[0] ^= round_constant;
    chi(e + 5, rol(a[3] ^ d3, 28), rol(a[9] ^ d4, 20), rol(a[10] ^ d0, 3), rol(a[16] ^ d1, 45),
        rol(a[22] ^ d2, 61));
    chi(e + 10, rol(a[1] ^ d1, 1), rol(a[7] ^ d2, 6), rol(a[13] ^ d3, 25), rol(a[19] ^ d4, 8),
        rol(a[20] ^ d0, 18));
    chi(e + 15, rol(a[4] ^ d4, 27), rol(a[5] ^ d0, 36), rol(a[11] ^ d1, 10), rol(a[17] ^ d2, 15),
        rol(a[23] ^ d3, 56));
    chi(e + 20, rol(a[2] ^ d2, 62), rol(a[8] ^ d3, 55), rol(a[14] ^ d4, 39), rol(a[15] ^ d0, 41),
        rol(a[21] ^ d1, 2));
}

void cv_keccak_f1600(uint64_t a[25])
{
    /* Section 3.2.5. */
    static const uint64_t round_constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
        0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
        0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    };
    uint64_t e[25];
    for (unsigned i = 0; i < 24; i += 2) {
        one_round(e, a, round_constants[i]);
        one_round(a, e, round_constants[i + 1]);
    }
    cv_wipe(e, sizeof e);
}

static void start(struct cv_keccak *k, uint32_t rate)
{
    *k = (struct cv_keccak){.rate = rate};
}

static void absorb(struct cv_keccak *k, const uint8_t *p, size_t len)
{
    while (len > 0) {
        uint32_t take = k->at % 8 == 0 && len >= 8 ? 8 : 1;
        k->a[k->at / 8] ^= take == 8 ? cv_load_le64(p) : (uint64_t)*p << 8 * (k->at % 8);
        k->at += take;
        p += take;
        len -= take;
        if (k->at == k->rate) {
            cv_keccak_f1600(k->a);
            k->at = 0;
        }
    }
}

static void pad(struct cv_keccak *k, uint64_t suffix)
{
    k->a[k->at / 8] ^= suffix << 8 * (k->at % 8);
    k->a[k->rate / 8 - 1] ^= (uint64_t)1 << 63;
    cv_keccak_f1600(k->a);
    k->at = 0;
}

static void squeeze(struct cv_keccak *k, uint8_t *out, size_t len)
{
    while (len > 0) {
        if (k->at == k->rate) {
            cv_keccak_f1600(k->a);
            k->at = 0;
        }
        uint64_t lane = k->a[k->at / 8] >> 8 * (k->at % 8);
        uint32_t take = k->at % 8 == 0 && len >= 8 ? 8 : 1;
        if (take == 8)
            cv_store_le64(out, lane);
        else
            *out = (uint8_t)lane;
        k->at += take;
        out += take;
        len -= take;
    }
}

void cv_shake128_init(struct cv_shake *x)
{
    start(&x->k, CV_SHAKE128_RATE);
    x->squeezing = false;
}

void cv_shake256_init(struct cv_shake *x)
{
    start(&x->k, CV_SHAKE256_RATE);
    x->squeezing = false;
}

static void expand(struct cv_shake *x, struct cv_bytes seed, struct cv_bytes index)
{
    absorb(&x->k, seed.p, seed.len);
    absorb(&x->k, index.p, index.len);
}

void cv_shake128_expand(struct cv_shake *x, struct cv_bytes seed, struct cv_bytes index)
{
    cv_shake128_init(x);
    expand(x, seed, index);
}

void cv_shake256_expand(struct cv_shake *x, struct cv_bytes seed, struct cv_bytes index)
{
    cv_shake256_init(x);
    expand(x, seed, index);
}

void cv_shake_absorb(struct cv_shake *x, const void *p, size_t len)
{
    absorb(&x->k, p, len);
}

void cv_shake_squeeze(struct cv_shake *x, uint8_t *out, size_t len)
{
    if (!x->squeezing) pad(&x->k, SUFFIX_SHAKE);
    x->squeezing = true;
    squeeze(&x->k, out, len);
}

void cv_shake_wipe(struct cv_shake *x)
{
    cv_wipe(x, sizeof *x);
}

static void shake(struct cv_shake *x, uint8_t *out, size_t out_len, const void *p, size_t len)
{
    cv_shake_absorb(x, p, len);
    cv_shake_squeeze(x, out, out_len);
    cv_shake_wipe(x);
}

void cv_shake128(uint8_t *out, size_t out_len, const void *p, size_t len)
{
    struct cv_shake x;
    cv_shake128_init(&x);
    shake(&x, out, out_len, p, len);
}

void cv_shake256(uint8_t *out, size_t out_len, const void *p, size_t len)
{
    struct cv_shake x;
    cv_shake256_init(&x);
    shake(&x, out, out_len, p, len);
}

static void init(const struct cv_hash *alg, union cv_hash_state *s)
{
    start(&s->keccak, alg->block_len);
}

static void update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len)
{
    (void)alg;
    absorb(&s->keccak, p, len);
}

static void final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest)
{
    pad(&s->keccak, SUFFIX_SHA3);
    squeeze(&s->keccak, digest, alg->digest_len);
    cv_wipe(s, sizeof *s);
}

const struct cv_hash cv_sha3_256 = {
    .name = "SHA3-256",
    .id = CV_HASH_SHA3_256,
    .digest_len = 32,
    .block_len = 136,
    .init = init,
    .update = update,
    .final = final,
};

const struct cv_hash cv_sha3_384 = {
    .name = "SHA3-384",
    .id = CV_HASH_SHA3_384,
    .digest_len = 48,
    .block_len = 104,
    .init = init,
    .update = update,
    .final = final,
};

const struct cv_hash cv_sha3_512 = {
    .name = "SHA3-512",
    .id = CV_HASH_SHA3_512,
    .digest_len = 64,
    .block_len = 72,
    .init = init,
    .update = update,
    .final = final,
};
