/* AES-GCM with AArch64's AES and PMULL instructions: four blocks at a time. */
#include "crypto/gcm.h"

#if defined(CV_AARCH64_CRYPTO)

#include "crypto/aes.h"
#include "crypto/base/secret.h"

#include <arm_neon.h>
#include <string.h>

#if defined(__clang__)
#define TARGET __attribute__((target("aes")))
#else
#define TARGET __attribute__((target("+crypto")))
#endif
#define INLINE __attribute__((always_inline)) static inline

enum { BLOCK = CV_AES_BLOCK_LEN, GROUP = 4 };
_Static_assert(CV_GCM_KEYSTREAM_MAX <= GROUP, "all of the keystream at once");

struct state {
    uint8x16_t powers[GROUP]; /* of the hash key, highest first, divided by x as in aesni.h */
    uint8x16_t round_keys[];
};

/* AESE with no key is ShiftRows and SubBytes; where the columns are equal, SubBytes alone. */
TARGET static uint32_t sub_word(uint32_t w)
{
    const uint8x16_t t = vreinterpretq_u8_u32(vdupq_n_u32(w));
    return vgetq_lane_u32(vreinterpretq_u32_u8(vaeseq_u8(t, vdupq_n_u8(0))), 0);
}

/* FIPS 197 section 5.2; words are little-endian, so that RotWord goes down. */
TARGET static void expand(uint8x16_t *round_keys, unsigned n_rounds, const uint8_t *key)
{
    const unsigned n_key = n_rounds == CV_AES128_ROUNDS ? 4 : 8; /* words */
    uint32_t w[8], rcon = 1;
    for (unsigned i = 0; i < n_key; i++) w[i] = cv_load_le32(key + 4 * i);
    for (unsigned i = 0; i < 4 * (n_rounds + 1); i++) {
        const unsigned at = i & (n_key - 1);
        if (i >= n_key) {
            uint32_t t = w[(i - 1) & (n_key - 1)];
            if (at == 0) {
                t = sub_word(t >> 8 | t << 24) ^ rcon;
                rcon = rcon << 1 ^ (rcon >> 7) * 0x11b;
            } else if (at == 4) {
                t = sub_word(t);
            }
            w[at] ^= t;
        }
        memcpy((uint8_t *)round_keys + 4 * (size_t)i, &w[at], 4);
    }
    cv_wipe(w, sizeof w);
}

TARGET INLINE uint8x16_t encrypt_block(const uint8x16_t *round_keys, unsigned n_rounds, uint8x16_t b)
{
    for (unsigned r = 0; r < n_rounds - 1; r++) b = vaesmcq_u8(vaeseq_u8(b, round_keys[r]));
    return veorq_u8(vaeseq_u8(b, round_keys[n_rounds - 1]), round_keys[n_rounds]);
}

TARGET INLINE void encrypt_group(const struct state *s, unsigned n_rounds, uint8x16_t b[GROUP])
{
#pragma GCC unroll 16
    for (unsigned r = 0; r < n_rounds - 1; r++) {
        const uint8x16_t key = s->round_keys[r];
#pragma GCC unroll 4
        for (int i = 0; i < GROUP; i++) b[i] = vaesmcq_u8(vaeseq_u8(b[i], key));
    }
#pragma GCC unroll 4
    for (int i = 0; i < GROUP; i++)
        b[i] = veorq_u8(vaeseq_u8(b[i], s->round_keys[n_rounds - 1]), s->round_keys[n_rounds]);
}

/* A product before reduction, as in aesni.h: hi * 2^128 + mid * 2^64 + lo. */
struct product {
    uint8x16_t hi, mid, lo;
};

TARGET INLINE uint8x16_t reverse_bytes(uint8x16_t x)
{
    x = vrev64q_u8(x);
    return vextq_u8(x, x, 8);
}

TARGET INLINE uint8x16_t swap_halves(uint8x16_t x)
{
    return vextq_u8(x, x, 8);
}

TARGET INLINE uint8x16_t multiply_low(uint8x16_t a, uint8x16_t b)
{
    const poly64_t x = (poly64_t)vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
    const poly64_t y = (poly64_t)vgetq_lane_u64(vreinterpretq_u64_u8(b), 0);
    return vreinterpretq_u8_p128(vmull_p64(x, y));
}

TARGET INLINE uint8x16_t multiply_high(uint8x16_t a, uint8x16_t b)
{
    return vreinterpretq_u8_p128(vmull_high_p64(vreinterpretq_p64_u8(a), vreinterpretq_p64_u8(b)));
}

TARGET INLINE void multiply_add(struct product *sum, uint8x16_t a, uint8x16_t b)
{
    const uint8x16_t turned = swap_halves(b);
    sum->lo = veorq_u8(sum->lo, multiply_low(a, b));
    sum->hi = veorq_u8(sum->hi, multiply_high(a, b));
    sum->mid = veorq_u8(sum->mid, multiply_low(a, turned));
    sum->mid = veorq_u8(sum->mid, multiply_high(a, turned));
}

/* Clears the low 64 bits twice by the multiple of the modulus that does it: cv_clmul_reduce. */
TARGET INLINE uint8x16_t reduce(const struct product *v)
{
    const uint8x16_t zero = vdupq_n_u8(0);
    const uint8x16_t poly = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0xc200000000000000)));
    uint8x16_t lo = veorq_u8(v->lo, vextq_u8(zero, v->mid, 8));
    const uint8x16_t hi = veorq_u8(v->hi, vextq_u8(v->mid, zero, 8));
    lo = veorq_u8(swap_halves(lo), multiply_low(lo, poly));
    lo = veorq_u8(swap_halves(lo), multiply_low(lo, poly));
    return veorq_u8(hi, lo);
}

/* Shifts left by one bit; x^-1 = x^127 + x^6 + x + 1 takes in what falls off. */
TARGET static uint8x16_t divide_by_x(uint8x16_t x)
{
    static const uint32_t inverse[4] = {1, 0, 0, 0xc2000000};
    const uint64x2_t h = vreinterpretq_u64_u8(x);
    const int32x4_t off = vshrq_n_s32(vdupq_laneq_s32(vreinterpretq_s32_u8(x), 3), 31);
    const uint64x2_t carry = vextq_u64(vdupq_n_u64(0), vshrq_n_u64(h, 63), 1);
    const uint32x4_t shifted = vreinterpretq_u32_u64(vorrq_u64(vshlq_n_u64(h, 1), carry));
    return vreinterpretq_u8_u32(
        veorq_u32(shifted, vandq_u32(vreinterpretq_u32_s32(off), vld1q_u32(inverse))));
}

TARGET static void make_powers(struct state *s, unsigned n_rounds)
{
    uint8x16_t h = encrypt_block(s->round_keys, n_rounds, vdupq_n_u8(0));
    h = divide_by_x(reverse_bytes(h));
    s->powers[GROUP - 1] = h;
    for (int i = GROUP - 2; i >= 0; i--) {
        struct product v = {.hi = vdupq_n_u8(0), .mid = vdupq_n_u8(0), .lo = vdupq_n_u8(0)};
        multiply_add(&v, s->powers[i + 1], h);
        s->powers[i] = reduce(&v);
    }
}

/* Hashes up to GROUP blocks. */
TARGET INLINE uint8x16_t hash_group(const struct state *s, uint8x16_t y, const uint8x16_t b[GROUP], size_t n)
{
    struct product sum = {.hi = vdupq_n_u8(0), .mid = vdupq_n_u8(0), .lo = vdupq_n_u8(0)};
#pragma GCC unroll 4
    for (size_t i = 0; i < GROUP; i++) {
        if (i >= n) break;
        uint8x16_t block = reverse_bytes(b[i]);
        if (i == 0) block = veorq_u8(block, y);
        multiply_add(&sum, block, s->powers[GROUP - n + i]);
    }
    return reduce(&sum);
}

TARGET static void ghash(const void *state, uint8_t *y_bytes, const uint8_t *p, size_t n_blocks)
{
    uint8x16_t y = reverse_bytes(vld1q_u8(y_bytes)), b[GROUP];
    while (n_blocks) {
        const size_t n = n_blocks < GROUP ? n_blocks : GROUP;
        for (size_t i = 0; i < n; i++) b[i] = vld1q_u8(p + BLOCK * i);
        y = hash_group(state, y, b, n);
        p += BLOCK * n;
        n_blocks -= n;
    }
    vst1q_u8(y_bytes, reverse_bytes(y));
}

/* nonce || 0. */
TARGET INLINE uint32x4_t load_nonce(const uint8_t *nonce)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, nonce, CV_AEAD_NONCE_LEN);
    return vreinterpretq_u32_u8(vld1q_u8(block));
}

TARGET INLINE uint8x16_t counter_block(uint32x4_t nonce, uint32_t counter)
{
    return vreinterpretq_u8_u32(vsetq_lane_u32(__builtin_bswap32(counter), nonce, 3));
}

TARGET INLINE void keystream_rounds(const struct state *s, unsigned n_rounds, uint8_t *out,
                                    const uint8_t *nonce, const uint32_t *counters, size_t n)
{
    const uint32x4_t base = load_nonce(nonce);
    uint8x16_t b[GROUP];
    for (size_t i = 0; i < GROUP; i++) b[i] = counter_block(base, counters[i < n ? i : 0]);
    encrypt_group(s, n_rounds, b);
    for (size_t i = 0; i < n; i++) vst1q_u8(out + BLOCK * i, b[i]);
}

TARGET INLINE void crypt_rounds(const struct state *s, unsigned n_rounds, uint8_t *y_bytes,
                                const uint8_t *nonce, uint32_t counter, uint8_t *dst, const uint8_t *src,
                                size_t n_blocks, bool opening)
{
    const uint32x4_t base = load_nonce(nonce);
    uint8x16_t y = reverse_bytes(vld1q_u8(y_bytes)), b[GROUP], hashed[GROUP];
    while (n_blocks) {
        const size_t n = n_blocks < GROUP ? n_blocks : GROUP;
        for (unsigned i = 0; i < GROUP; i++) b[i] = counter_block(base, counter + i);
        encrypt_group(s, n_rounds, b);
        for (size_t i = 0; i < n; i++) {
            const uint8x16_t in = vld1q_u8(src + BLOCK * i), out = veorq_u8(b[i], in);
            vst1q_u8(dst + BLOCK * i, out);
            hashed[i] = opening ? in : out;
        }
        y = hash_group(s, y, hashed, n);
        counter += GROUP;
        dst += BLOCK * n;
        src += BLOCK * n;
        n_blocks -= n;
    }
    vst1q_u8(y_bytes, reverse_bytes(y));
}

static void state_init(struct state *s, unsigned n_rounds, const uint8_t *key)
{
    expand(s->round_keys, n_rounds, key);
    make_powers(s, n_rounds);
}

#include "crypto/gcm_rounds.h"

const struct cv_aead cv_aes128_gcm_armv8 = {
    .name = "AES-128-GCM",
    .key_len = 16,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .gcm = &impl,
    .init = init,
    .seal = cv_gcm_seal,
    .open = cv_gcm_open,
    .pieces = &cv_gcm_pieces,
};

const struct cv_aead cv_aes256_gcm_armv8 = {
    .name = "AES-256-GCM",
    .key_len = 32,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .gcm = &impl,
    .init = init,
    .seal = cv_gcm_seal,
    .open = cv_gcm_open,
    .pieces = &cv_gcm_pieces,
};

#endif
