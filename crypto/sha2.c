#include "crypto/sha2.h"
#include "crypto/base/secret.h"

#include <string.h>

/* Where a state keeps its parts; 32- and 64-bit variants differ in nothing else. */
struct md {
    const struct cv_hash *alg;
    void *h;
    uint64_t *len;
    uint8_t *block;
    size_t block_len; /* a constant to the compiler, which need not divide */
};

static struct md md256(const struct cv_hash *alg, union cv_hash_state *s)
{
    return (struct md){alg, s->sha256.h, &s->sha256.len, s->sha256.block, sizeof s->sha256.block};
}

static struct md md512(const struct cv_hash *alg, union cv_hash_state *s)
{
    return (struct md){alg, s->sha512.h, &s->sha512.len, s->sha512.block, sizeof s->sha512.block};
}

static void md_absorb(struct md m, const uint8_t *p, size_t len)
{
    size_t at = (size_t)*m.len & (m.block_len - 1);
    if (len == 0) return; /* p may be NULL then */
    *m.len += len;
    if (at != 0) {
        size_t take = m.block_len - at < len ? m.block_len - at : len;
        memcpy(m.block + at, p, take);
        p += take;
        len -= take;
        if (at + take < m.block_len) return;
        m.alg->blocks(m.h, m.block, 1);
    }
    size_t n_blocks = len / m.block_len;
    if (n_blocks > 0) m.alg->blocks(m.h, p, n_blocks);
    p += n_blocks * m.block_len;
    len -= n_blocks * m.block_len;
    if (len > 0) memcpy(m.block, p, len);
}

/* FIPS 180-4 section 5.1: a one bit, zeros, the length in bits at the end of a block. The length field
 * takes an eighth of a block. */
static void md_pad(struct md m)
{
    size_t at = (size_t)*m.len & (m.block_len - 1);
    m.block[at++] = 0x80;
    if (at > m.block_len - m.block_len / 8) {
        memset(m.block + at, 0, m.block_len - at);
        m.alg->blocks(m.h, m.block, 1);
        at = 0;
    }
    memset(m.block + at, 0, m.block_len - 8 - at);
    cv_store_be64(m.block + m.block_len - 8, *m.len << 3);
    m.alg->blocks(m.h, m.block, 1);
}

void cv_sha256_init(const struct cv_hash *alg, union cv_hash_state *s)
{
    memcpy(s->sha256.h, alg->iv, sizeof s->sha256.h);
    s->sha256.len = 0;
}

void cv_sha256_update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len)
{
    md_absorb(md256(alg, s), p, len);
}

void cv_sha256_final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest)
{
    md_pad(md256(alg, s));
    for (size_t i = 0; i < alg->digest_len / 4; i++) cv_store_be32(digest + 4 * i, s->sha256.h[i]);
    cv_wipe(s, sizeof *s);
}

void cv_sha512_init(const struct cv_hash *alg, union cv_hash_state *s)
{
    memcpy(s->sha512.h, alg->iv, sizeof s->sha512.h);
    s->sha512.len = 0;
}

void cv_sha512_update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len)
{
    md_absorb(md512(alg, s), p, len);
}

void cv_sha512_final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest)
{
    md_pad(md512(alg, s));
    for (size_t i = 0; i < alg->digest_len / 8; i++) cv_store_be64(digest + 8 * i, s->sha512.h[i]);
    cv_wipe(s, sizeof *s);
}
