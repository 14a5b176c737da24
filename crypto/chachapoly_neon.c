/* ChaCha20-Poly1305 with AArch64's vectors: four blocks of ChaCha20, two of Poly1305 at a time. */
#include "crypto/chachapoly.h"

#if defined(CV_AARCH64)

#include "crypto/xor.h"
#include "crypto/base/secret.h"

#include <arm_neon.h>

#define TARGET
#define INLINE __attribute__((always_inline)) static inline
#define LANES 4

typedef uint32x4_t vec;

static const uint8_t block_of_lane[LANES / 2] = {0, 1};

INLINE uint64x2_t wide(vec a)
{
    return vreinterpretq_u64_u32(a);
}

INLINE vec narrow(uint64x2_t a)
{
    return vreinterpretq_u32_u64(a);
}

INLINE vec v_load(const void *p)
{
    return vreinterpretq_u32_u8(vld1q_u8(p));
}

INLINE void v_store(void *p, vec a)
{
    vst1q_u8(p, vreinterpretq_u8_u32(a));
}

INLINE vec v_set32(uint32_t a)
{
    return vdupq_n_u32(a);
}

INLINE vec v_set64(uint64_t a)
{
    return narrow(vdupq_n_u64(a));
}

INLINE vec v_count(void)
{
    static const uint32_t count[LANES] = {0, 1, 2, 3};
    return vld1q_u32(count);
}

INLINE vec v_row(const void *p)
{
    return v_load(p);
}

INLINE vec v_add32(vec a, vec b)
{
    return vaddq_u32(a, b);
}

INLINE vec v_add64(vec a, vec b)
{
    return narrow(vaddq_u64(wide(a), wide(b)));
}

INLINE vec v_mul(vec a, vec b)
{
    return narrow(vmull_u32(vmovn_u64(wide(a)), vmovn_u64(wide(b))));
}

INLINE vec v_xor(vec a, vec b)
{
    return veorq_u32(a, b);
}

INLINE vec v_or(vec a, vec b)
{
    return vorrq_u32(a, b);
}

INLINE vec v_and(vec a, vec b)
{
    return vandq_u32(a, b);
}

INLINE vec v_shl64(vec a, int n)
{
    return narrow(vshlq_u64(wide(a), vdupq_n_s64(n)));
}

INLINE vec v_shr64(vec a, int n)
{
    return narrow(vshlq_u64(wide(a), vdupq_n_s64(-n)));
}

INLINE vec v_rotl32(vec a, int n)
{
    if (n == 16) return vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(a)));
    return vorrq_u32(vshlq_u32(a, vdupq_n_s32(n)), vshlq_u32(a, vdupq_n_s32(n - 32)));
}

INLINE vec v_turn(vec a, int n)
{
    if (n == 1) return vextq_u32(a, a, 1);
    return n == 2 ? vextq_u32(a, a, 2) : vextq_u32(a, a, 3);
}

INLINE vec v_low32(vec a, vec b)
{
    return vzip1q_u32(a, b);
}

INLINE vec v_high32(vec a, vec b)
{
    return vzip2q_u32(a, b);
}

INLINE vec v_low64(vec a, vec b)
{
    return narrow(vzip1q_u64(wide(a), wide(b)));
}

INLINE vec v_high64(vec a, vec b)
{
    return narrow(vzip2q_u64(wide(a), wide(b)));
}

INLINE void v_end(void)
{
}

/* a, b, c, d are the four rows of block i. */
INLINE void store_lanes(uint8_t *dst, const uint8_t *src, size_t n_blocks, unsigned i, vec a, vec b, vec c,
                        vec d)
{
    const vec rows[4] = {a, b, c, d};
    if (i >= n_blocks) return;
    for (size_t row = 0; row < 4; row++) {
        const size_t at = 64 * i + 16 * row;
        v_store(dst + at, v_xor(rows[row], v_load(src + at)));
    }
}

#include "crypto/chachapoly_wide.h"

const struct cv_aead cv_chacha20_poly1305_neon = {
    .name = "ChaCha20-Poly1305",
    .key_len = 32,
    .tag_len = 16,
    .state_len = 32,
    .record_limit = CV_CHACHAPOLY_RECORD_LIMIT,
    .chachapoly = &impl,
    .init = cv_chachapoly_init,
    .seal = cv_chachapoly_seal,
    .open = cv_chachapoly_open,
    .pieces = &cv_chachapoly_pieces,
};

#endif
