#include "crypto/chacha20.h"
#include "crypto/base/bytes.h"
#include "crypto/base/secret.h"

static inline uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static inline void quarter_round(uint32_t x[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b], x[d] = rol(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rol(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rol(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rol(x[b] ^ x[c], 7);
}

/* RFC 8439 2.3: ten double rounds, then the input is added. */
static void key_stream_block(uint32_t x[16], const uint32_t in[16])
{
    for (unsigned i = 0; i < 16; i++) x[i] = in[i];
    for (unsigned i = 0; i < 10; i++) {
        quarter_round(x, 0, 4, 8, 12);
        quarter_round(x, 1, 5, 9, 13);
        quarter_round(x, 2, 6, 10, 14);
        quarter_round(x, 3, 7, 11, 15);
        quarter_round(x, 0, 5, 10, 15);
        quarter_round(x, 1, 6, 11, 12);
        quarter_round(x, 2, 7, 8, 13);
        quarter_round(x, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < 16; i++) x[i] += in[i];
}

void cv_chacha20_xor(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t key[32],
                     const uint8_t nonce[12], uint32_t counter)
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, x[16]; /* "expand 32-byte k" */
    for (unsigned i = 0; i < 8; i++) in[4 + i] = cv_load_le32(key + 4 * i);
    in[12] = counter;
    for (unsigned i = 0; i < 3; i++) in[13 + i] = cv_load_le32(nonce + 4 * i);

    for (; len >= 64; len -= 64, src += 64, dst += 64) {
        key_stream_block(x, in);
        for (unsigned i = 0; i < 16; i++) cv_store_le32(dst + 4 * i, cv_load_le32(src + 4 * i) ^ x[i]);
        in[12]++;
    }
    if (len > 0) {
        key_stream_block(x, in);
        for (unsigned i = 0; i < len; i++) dst[i] = (uint8_t)(src[i] ^ x[i / 4] >> 8 * (i % 4));
    }
    cv_wipe(in, sizeof in);
    cv_wipe(x, sizeof x);
}
