/* SHA-256 in little code, for firmware. FIPS 180-4 section 6.2. */
#include "crypto/sha256_small.h"

#include "crypto/base/secret.h"
#include "crypto/sha2.h"

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* v[0] to v[7] are a to h. W is kept in a ring of sixteen words. */
static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state, v[8], w[16];
    for (; n_blocks > 0; n_blocks--, p += 64) {
        for (unsigned i = 0; i < 8; i++) v[i] = h[i];
        for (unsigned t = 0; t < 64; t++) {
            uint32_t *now = &w[t % 16];
            const uint32_t w2 = w[(t + 14) % 16], w15 = w[(t + 1) % 16];
            if (t < 16)
                *now = cv_load_be32(p + 4 * t);
            else
                *now += (rotr(w2, 17) ^ rotr(w2, 19) ^ w2 >> 10) + w[(t + 9) % 16] +
                        (rotr(w15, 7) ^ rotr(w15, 18) ^ w15 >> 3);
            const uint32_t t1 = v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) +
                                (v[6] ^ (v[4] & (v[5] ^ v[6]))) + cv_sha256_k[t] + *now;
            const uint32_t t2 = (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) +
                                ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
            for (unsigned i = 7; i > 0; i--) v[i] = v[i - 1];
            v[4] += t1;
            v[0] = t1 + t2;
        }
        for (unsigned i = 0; i < 8; i++) h[i] += v[i];
    }
    cv_wipe(v, sizeof v);
    cv_wipe(w, sizeof w);
}

const struct cv_hash cv_sha256_small = {
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
