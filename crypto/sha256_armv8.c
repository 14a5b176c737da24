/* SHA-224 and SHA-256 with the SHA2 instructions of AArch64. FIPS 180-4 section 6.2; Arm ARM, C7.2, SHA256H
 * and its companions. */
#include "crypto/sha2.h"

#if defined(CV_AARCH64_CRYPTO)

#include <arm_neon.h>

#if defined(__clang__)
#define TARGET __attribute__((target("sha2")))
#else
#define TARGET __attribute__((target("+crypto")))
#endif

/* 16 bytes as four big-endian words. */
TARGET static inline uint32x4_t load_words(const uint8_t *p)
{
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)));
}

/* W(t+16..t+19) from W(t..t+15). */
TARGET static inline uint32x4_t expand(uint32x4_t w0, uint32x4_t w4, uint32x4_t w8, uint32x4_t w12)
{
    return vsha256su1q_u32(vsha256su0q_u32(w0, w4), w8, w12);
}

TARGET static inline void four_rounds(uint32x4_t *abcd, uint32x4_t *efgh, uint32x4_t w, const uint32_t k[4])
{
    const uint32x4_t kw = vaddq_u32(w, vld1q_u32(k)), before = *abcd;
    *abcd = vsha256hq_u32(*abcd, *efgh, kw);
    *efgh = vsha256h2q_u32(*efgh, before, kw);
}

TARGET static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state;
    uint32x4_t abcd = vld1q_u32(h), efgh = vld1q_u32(h + 4);
    for (; n_blocks > 0; n_blocks--, p += 64) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t w0 = load_words(p), w4 = load_words(p + 16), w8 = load_words(p + 32),
                   w12 = load_words(p + 48);
        for (unsigned t = 0;; t += 16) {
            four_rounds(&abcd, &efgh, w0, cv_sha256_k + t);
            four_rounds(&abcd, &efgh, w4, cv_sha256_k + t + 4);
            four_rounds(&abcd, &efgh, w8, cv_sha256_k + t + 8);
            four_rounds(&abcd, &efgh, w12, cv_sha256_k + t + 12);
            if (t == 48) break;
            w0 = expand(w0, w4, w8, w12);
            w4 = expand(w4, w8, w12, w0);
            w8 = expand(w8, w12, w0, w4);
            w12 = expand(w12, w0, w4, w8);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(h, abcd);
    vst1q_u32(h + 4, efgh);
}

const struct cv_hash cv_sha224_armv8 = {
    .name = "SHA-224",
    .id = CV_HASH_SHA224,
    .digest_len = 28,
    .block_len = 64,
    .iv = cv_sha224_iv,
    .blocks = blocks,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

const struct cv_hash cv_sha256_armv8 = {
    .name = "SHA-256",
    .id = CV_HASH_SHA256,
    .digest_len = 32,
    .block_len = 64,
    .iv = cv_sha256_iv,
    .blocks = blocks,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

#endif
