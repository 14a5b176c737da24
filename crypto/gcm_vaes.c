/* AES-GCM with VAES and VPCLMULQDQ on 512-bit registers: sixteen blocks at a time, four a register. */
#include "crypto/gcm.h"

#if defined(__x86_64__)

#include "crypto/aesni.h"

#include <string.h>

#define TARGET                                                                                               \
    __attribute__((target("aes,pclmul,ssse3,sse4.1,avx2,avx512f,avx512bw,avx512dq,avx512vl,vaes,"            \
                          "vpclmulqdq")))
#define INLINE __attribute__((always_inline)) static inline

enum { BLOCK = CV_AES_BLOCK_LEN, WIDE = 4, N_VECTORS = 4, GROUP = WIDE * N_VECTORS };

struct state {
    __m128i powers[GROUP]; /* of the hash key, highest first */
    __m128i round_keys[];
};

/* As struct cv_clmul_product, four sums side by side. */
struct wide_product {
    __m512i hi, mid, lo;
};

TARGET INLINE __m512i reverse_bytes(__m512i x)
{
    const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(order));
}

TARGET INLINE __m128i load_block(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Blocks of vector i, of which there are n_blocks in all; what is behind them is neither read nor written,
 * and zero. */
TARGET INLINE __mmask8 lanes(size_t n_blocks, size_t i)
{
    if (n_blocks >= WIDE * (i + 1)) return 0xff;
    if (n_blocks <= WIDE * i) return 0;
    return (__mmask8)((1u << 2 * (n_blocks - WIDE * i)) - 1);
}

TARGET INLINE void product_add(struct wide_product *sum, __m512i a, __m512i b)
{
    sum->lo = _mm512_xor_si512(sum->lo, _mm512_clmulepi64_epi128(a, b, 0x00));
    sum->hi = _mm512_xor_si512(sum->hi, _mm512_clmulepi64_epi128(a, b, 0x11));
    sum->mid = _mm512_ternarylogic_epi64(sum->mid, _mm512_clmulepi64_epi128(a, b, 0x10),
                                         _mm512_clmulepi64_epi128(a, b, 0x01), 0x96);
}

TARGET INLINE __m128i sum_lanes(__m512i v)
{
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TARGET INLINE __m128i product_reduce(struct wide_product v)
{
    return cv_clmul_reduce((struct cv_clmul_product){sum_lanes(v.hi), sum_lanes(v.mid), sum_lanes(v.lo)});
}

/* Adds the products of vector i of a group of n_blocks; the group's last block gets the first power. */
TARGET INLINE void hash_vector(const struct state *s, struct wide_product *sum, __m512i v, size_t n_blocks,
                               size_t i, __mmask8 mask)
{
    const __m128i *power = s->powers + GROUP - n_blocks + WIDE * i;
    product_add(sum, v, _mm512_maskz_loadu_epi64(mask, power));
}

/* n_blocks is at most GROUP. */
TARGET INLINE __m128i hash_group(const struct state *s, __m128i y, const uint8_t *p, size_t n_blocks)
{
    struct wide_product sum = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
#pragma GCC unroll 4
    for (size_t i = 0; i < N_VECTORS; i++) {
        const __mmask8 mask = lanes(n_blocks, i);
        if (mask == 0) break;
        __m512i v = reverse_bytes(_mm512_maskz_loadu_epi64(mask, p + BLOCK * WIDE * i));
        if (i == 0) v = _mm512_xor_si512(v, _mm512_zextsi128_si512(y));
        hash_vector(s, &sum, v, n_blocks, i, mask);
    }
    return product_reduce(sum);
}

TARGET static void ghash(const void *state, uint8_t *y_bytes, const uint8_t *p, size_t n_blocks)
{
    __m128i y = cv_reverse_bytes(load_block(y_bytes));
    while (n_blocks) {
        const size_t n = n_blocks < GROUP ? n_blocks : GROUP;
        y = hash_group(state, y, p, n);
        p += BLOCK * n;
        n_blocks -= n;
    }
    _mm_storeu_si128((__m128i *)(void *)y_bytes, cv_reverse_bytes(y));
    _mm256_zeroupper();
}

/* Encrypts the vectors. If p is not NULL, sums up the products of its sixteen blocks meanwhile. */
TARGET INLINE void encrypt_group(const struct state *s, unsigned n_rounds, __m512i *b, unsigned n_vectors,
                                 struct wide_product *sum, __m128i y, const uint8_t *p)
{
    __m512i key = _mm512_broadcast_i32x4(s->round_keys[0]);
#pragma GCC unroll 4
    for (unsigned i = 0; i < n_vectors; i++) b[i] = _mm512_xor_si512(b[i], key);
#pragma GCC unroll 16
    for (unsigned r = 1; r < n_rounds; r++) {
        key = _mm512_broadcast_i32x4(s->round_keys[r]);
#pragma GCC unroll 4
        for (unsigned i = 0; i < n_vectors; i++) b[i] = _mm512_aesenc_epi128(b[i], key);
        if (p && r % 2 == 0 && r <= 2 * N_VECTORS) {
            const unsigned i = r / 2 - 1;
            __m512i v = reverse_bytes(_mm512_loadu_si512(p + BLOCK * WIDE * i));
            if (i == 0) v = _mm512_xor_si512(v, _mm512_zextsi128_si512(y));
            hash_vector(s, sum, v, GROUP, i, 0xff);
        }
    }
    key = _mm512_broadcast_i32x4(s->round_keys[n_rounds]);
#pragma GCC unroll 4
    for (unsigned i = 0; i < n_vectors; i++) b[i] = _mm512_aesenclast_epi128(b[i], key);
}

TARGET INLINE void keystream_rounds(const struct state *s, unsigned n_rounds, uint8_t *out,
                                    const uint8_t *nonce, const uint32_t *counters, size_t n)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, nonce, CV_AEAD_NONCE_LEN);
    const __m512i base = _mm512_broadcast_i32x4(cv_reverse_bytes(load_block(block)));
    /* counter i to the low dword of lane i, where the reversed nonce has zeros */
    const __m512i place = _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
    __m512i b[N_VECTORS];
#pragma GCC unroll 4
    for (size_t i = 0; i < N_VECTORS; i++) {
        const size_t n_present = (size_t)__builtin_popcount(lanes(n, i)) / 2;
        const __mmask8 present = (__mmask8)((1u << n_present) - 1);
        const __m128i four = _mm_maskz_loadu_epi32(present, counters + WIDE * i);
        const __m512i wide = _mm512_castsi128_si512(four);
        b[i] = reverse_bytes(_mm512_mask_permutexvar_epi32(base, 0x1111, place, wide));
    }
    if (n <= WIDE) {
        encrypt_group(s, n_rounds, b, 1, NULL, _mm_setzero_si128(), NULL);
    } else {
        encrypt_group(s, n_rounds, b, N_VECTORS, NULL, _mm_setzero_si128(), NULL);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < N_VECTORS; i++)
        _mm512_mask_storeu_epi64(out + BLOCK * WIDE * i, lanes(n, i), b[i]);
    _mm256_zeroupper();
}

/* The next sixteen blocks' counters. */
TARGET INLINE void next_counters(__m512i b[N_VECTORS], __m512i *counter)
{
    const __m512i step = _mm512_set_epi32(0, 0, 0, WIDE, 0, 0, 0, WIDE, 0, 0, 0, WIDE, 0, 0, 0, WIDE);
#pragma GCC unroll 4
    for (int i = 0; i < N_VECTORS; i++) {
        b[i] = reverse_bytes(*counter);
        *counter = _mm512_add_epi32(*counter, step);
    }
}

TARGET INLINE __m512i first_counters(const uint8_t *nonce, uint32_t counter)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, nonce, CV_AEAD_NONCE_LEN);
    cv_store_be32(block + CV_AEAD_NONCE_LEN, counter);
    return _mm512_add_epi32(_mm512_broadcast_i32x4(cv_reverse_bytes(load_block(block))),
                            _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0));
}

TARGET INLINE void xor_group(uint8_t *dst, const uint8_t *src, const __m512i b[N_VECTORS], size_t n_blocks)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < N_VECTORS; i++) {
        const size_t at = BLOCK * WIDE * i;
        const __mmask8 mask = lanes(n_blocks, i);
        const __m512i v = _mm512_maskz_loadu_epi64(mask, src + at);
        _mm512_mask_storeu_epi64(dst + at, mask, _mm512_xor_si512(b[i], v));
    }
}

/* What is hashed beside a group's encryption: opening, its own ciphertext; sealing, that of the group
 * before, whose last one is left to the end. */
TARGET INLINE void crypt_rounds(const struct state *s, unsigned n_rounds, uint8_t *y_bytes,
                                const uint8_t *nonce, uint32_t first_counter, uint8_t *dst,
                                const uint8_t *src, size_t n_blocks, bool opening)
{
    const __m512i zero = _mm512_setzero_si512();
    __m128i y = cv_reverse_bytes(load_block(y_bytes));
    __m512i counter = first_counters(nonce, first_counter);
    __m512i b[N_VECTORS];
    size_t at = 0;
    if (!opening && n_blocks >= GROUP) {
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, N_VECTORS, NULL, y, NULL);
        xor_group(dst, src, b, GROUP);
        at = GROUP;
    }
    for (; n_blocks - at >= GROUP; at += GROUP) {
        struct wide_product sum = {zero, zero, zero};
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, N_VECTORS, &sum, y,
                      opening ? src + BLOCK * at : dst + BLOCK * (at - GROUP));
        xor_group(dst + BLOCK * at, src + BLOCK * at, b, GROUP);
        y = product_reduce(sum);
    }
    if (!opening && at) y = hash_group(s, y, dst + BLOCK * (at - GROUP), GROUP);
    if (at < n_blocks) {
        const size_t rest = n_blocks - at;
        if (opening) y = hash_group(s, y, src + BLOCK * at, rest);
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, N_VECTORS, NULL, y, NULL);
        xor_group(dst + BLOCK * at, src + BLOCK * at, b, rest);
        if (!opening) y = hash_group(s, y, dst + BLOCK * at, rest);
    }
    _mm_storeu_si128((__m128i *)(void *)y_bytes, cv_reverse_bytes(y));
    _mm256_zeroupper();
}

static void state_init(struct state *s, unsigned n_rounds, const uint8_t *key)
{
    cv_aesni_expand(s->round_keys, n_rounds, key);
    cv_aesni_ghash_powers(s->powers, GROUP, s->round_keys, n_rounds);
}

#include "crypto/gcm_rounds.h"

const struct cv_aead cv_aes128_gcm_vaes = {
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

const struct cv_aead cv_aes256_gcm_vaes = {
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
