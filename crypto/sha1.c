/* SHA-1, portable. FIPS 180-4 section 6.1. */
#include "crypto/sha2.h"
#include "crypto/base/secret.h"

/* FIPS 180-4 section 5.3.1. */
const uint32_t cv_sha1_iv[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

static inline uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* f of section 4.1.1 and K of 4.2.1, for the quarter that round t lies in. */
static inline uint32_t quarter_term(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20) return (d ^ (b & (c ^ d))) + 0x5a827999;
    if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
    if (t < 60) return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state, v[5], w[80];
    for (; n_blocks > 0; n_blocks--, p += 64) {
        for (unsigned i = 0; i < 5; i++) v[i] = h[i];
        for (unsigned i = 0; i < 16; i++) w[i] = cv_load_be32(p + 4 * i);
        for (unsigned i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (unsigned t = 0; t < 80; t++) {
            uint32_t a = rol(v[0], 5) + quarter_term(t, v[1], v[2], v[3]) + v[4] + w[t];
            v[4] = v[3], v[3] = v[2], v[2] = rol(v[1], 30), v[1] = v[0], v[0] = a;
        }
        for (unsigned i = 0; i < 5; i++) h[i] += v[i];
    }
    cv_wipe(v, sizeof v);
    cv_wipe(w, sizeof w);
}

static void init(union cv_hash_state *s)
{
    cv_sha256_start(s, cv_sha1_iv);
}

static void update(union cv_hash_state *s, const uint8_t *p, size_t len)
{
    cv_sha256_absorb(s, blocks, p, len);
}

static void final(union cv_hash_state *s, uint8_t *digest)
{
    cv_sha256_finish(s, blocks, digest, 20);
}

const struct cv_hash cv_sha1 = {
    .name = "SHA-1",
    .id = CV_HASH_SHA1,
    .digest_len = 20,
    .block_len = 64,
    .init = init,
    .update = update,
    .final = final,
};
