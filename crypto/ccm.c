#include "crypto/ccm.h"

#include "crypto/aes.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/xor.h"

#include <string.h>

enum { BLOCK = CV_AES_BLOCK_LEN, LENGTH_LEN = 15 - CV_AEAD_NONCE_LEN };

/* One message. The chain of the MAC is serial, so each of its steps takes the next keystream block along:
 * the cipher has room for two at once. */
struct message {
    const struct cv_ccm_impl *impl;
    const void *state;
    unsigned n_rounds;
    const uint8_t *nonce;
    uint32_t counter; /* of the next keystream block */
    size_t at;        /* bytes of the current block done */
    bool opening;
    uint8_t tag_mask[BLOCK];
    uint8_t pair[2 * BLOCK]; /* chain value, then keystream */
};

/* A counter block, or with flags of its own the first block of the MAC: SP 800-38C appendix A. */
static void format_block(uint8_t *block, uint8_t flags, const uint8_t *nonce, uint32_t value)
{
    block[0] = flags;
    memcpy(block + 1, nonce, CV_AEAD_NONCE_LEN);
    block[13] = (uint8_t)(value >> 16);
    block[14] = (uint8_t)(value >> 8);
    block[15] = (uint8_t)value;
}

static void next_keystream(struct message *m, bool chain)
{
    format_block(m->pair + BLOCK, LENGTH_LEN - 1, m->nonce, m->counter++);
    if (chain) {
        m->impl->encrypt(m->state, m->n_rounds, m->pair, 2);
    } else {
        m->impl->encrypt(m->state, m->n_rounds, m->pair + BLOCK, 1);
    }
}

/* The length of the AAD in 2, 6 or 10 bytes, then the AAD, padded. */
static void chain_aad(struct message *m, struct cv_bytes aad)
{
    uint8_t block[BLOCK] = {0};
    const uint64_t aad_len = aad.len;
    size_t n;
    if (aad_len == 0) return;
    if (aad_len < 0xff00) {
        block[0] = (uint8_t)(aad_len >> 8);
        block[1] = (uint8_t)aad_len;
        n = 2;
    } else if (aad_len <= UINT32_MAX) {
        block[0] = 0xff;
        block[1] = 0xfe;
        cv_store_be32(block + 2, (uint32_t)aad_len);
        n = 6;
    } else {
        block[0] = 0xff;
        block[1] = 0xff;
        cv_store_be64(block + 2, aad_len);
        n = 10;
    }
    while (aad.len) {
        size_t take = BLOCK - n < aad.len ? BLOCK - n : aad.len;
        memcpy(block + n, aad.p, take);
        memset(block + n + take, 0, BLOCK - n - take);
        cv_xor_bytes(m->pair, m->pair, block, BLOCK);
        m->impl->encrypt(m->state, m->n_rounds, m->pair, 1);
        aad.p += take;
        aad.len -= take;
        n = 0;
    }
}

static void message_init(struct message *m, const struct cv_aead *a, const void *state, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len, bool opening)
{
    const unsigned flags =
        (aad.len ? 0x40u : 0) | (unsigned)(((size_t)a->tag_len - 2) / 2 << 3) | (LENGTH_LEN - 1);
    m->impl = a->ccm;
    m->state = state;
    m->n_rounds = cv_aes_rounds(a->key_len);
    m->nonce = nonce;
    m->counter = 0;
    m->at = 0;
    m->opening = opening;
    format_block(m->pair, (uint8_t)flags, nonce, (uint32_t)len);
    next_keystream(m, true);
    memcpy(m->tag_mask, m->pair + BLOCK, BLOCK);
    chain_aad(m, aad);
    if (len) next_keystream(m, false);
}

/* From the end of a block to the end of another. */
static void crypt_whole(struct message *m, uint8_t *dst, const uint8_t *src, size_t n_blocks)
{
    uint8_t *counter = m->pair + BLOCK;
    format_block(counter, LENGTH_LEN - 1, m->nonce, m->counter);
    m->impl->crypt(m->state, m->n_rounds, m->pair, counter, dst, src, n_blocks, m->opening);
    m->counter += (uint32_t)n_blocks;
}

static void crypt_segment(struct message *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    while (len) {
        size_t n_whole = m->at == BLOCK && m->impl->crypt != NULL ? len / BLOCK : 0;
        if (n_whole > 0) {
            crypt_whole(m, dst, src, n_whole);
            dst += n_whole * BLOCK;
            src += n_whole * BLOCK;
            len -= n_whole * BLOCK;
            continue;
        }
        if (m->at == BLOCK) {
            next_keystream(m, true);
            m->at = 0;
        }
        uint8_t *chain = m->pair + m->at;
        const uint8_t *keystream = m->pair + BLOCK + m->at;
        size_t n = BLOCK - m->at < len ? BLOCK - m->at : len;
        if (!m->opening) cv_xor_bytes(chain, chain, src, n);
        cv_xor_bytes(dst, src, keystream, n);
        if (m->opening) cv_xor_bytes(chain, chain, dst, n);
        m->at += n;
        dst += n;
        src += n;
        len -= n;
    }
}

static void message_tag(struct message *m, uint8_t *tag, size_t tag_len)
{
    if (m->at) m->impl->encrypt(m->state, m->n_rounds, m->pair, 1);
    cv_xor_bytes(tag, m->pair, m->tag_mask, tag_len);
}

static void message_wipe(struct message *m)
{
    cv_wipe(m->pair, sizeof m->pair);
    cv_wipe(m->tag_mask, sizeof m->tag_mask);
}

void cv_ccm_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    struct message m;
    message_init(&m, a, state, nonce, aad, head_len + tail_len, false);
    crypt_segment(&m, head, head, head_len);
    crypt_segment(&m, tail, tail, tail_len);
    message_tag(&m, tag, a->tag_len);
    message_wipe(&m);
}

cv_err cv_ccm_open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag)
{
    struct message m;
    uint8_t expected[BLOCK];
    message_init(&m, a, state, nonce, aad, len, true);
    crypt_segment(&m, dst, src, len);
    message_tag(&m, expected, a->tag_len);
    message_wipe(&m);
    uint32_t equal = cv_ct_equal(expected, tag, a->tag_len);
    cv_secret_declassify(&equal, sizeof equal); /* whether the record is accepted shows on the wire */
    cv_wipe(expected, sizeof expected);
    if (equal) return CV_OK;
    if (len) memset(dst, 0, len);
    return CV_E_BAD_RECORD_MAC;
}
