#include "crypto/chachapoly.h"

#include "crypto/xor.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

enum { BLOCK = 64, POLY_BLOCK = 16 };

/* One message. Where vector code makes several blocks of keystream at once, the first batch holds the
 * Poly1305 key too, whole batches behind it skip the buffer, and what is left is one batch more. */
struct message {
    const struct cv_chachapoly_impl *impl;
    const uint8_t *key;
    const uint8_t *nonce;
    size_t left;                              /* bytes of the message to come */
    uint32_t counter;                         /* of the next block without keystream */
    size_t keystream_at, n_stream, n_partial; /* bytes */
    struct cv_poly1305 poly;
    uint8_t partial[POLY_BLOCK]; /* waits for the rest of its block */
    uint8_t keystream[CV_CHACHAPOLY_BATCH_MAX * BLOCK];
};

/* Fills the buffer with keystream for `before` bytes and what is left of the message, as far as it fits. */
static void fetch_keystream(struct message *m, size_t before)
{
    size_t room = BLOCK * m->impl->batch - before;
    size_t n_blocks = (before + (m->left < room ? m->left : room) + BLOCK - 1) / BLOCK;
    memset(m->keystream, 0, BLOCK * n_blocks);
    m->impl->crypt(m->keystream, m->keystream, n_blocks, m->key, m->nonce, m->counter);
    m->counter += (uint32_t)n_blocks;
    m->keystream_at = before;
    m->n_stream = BLOCK * n_blocks;
}

static void crypt_segment(struct message *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    const size_t batch_len = BLOCK * m->impl->batch;
    while (len) {
        size_t n = m->n_stream - m->keystream_at;
        if (n == 0 && len >= batch_len) {
            n = len - len % batch_len;
            m->impl->crypt(dst, src, n / BLOCK, m->key, m->nonce, m->counter);
            m->counter += (uint32_t)(n / BLOCK);
        } else {
            if (n == 0) fetch_keystream(m, 0);
            n = m->n_stream - m->keystream_at;
            if (n > len) n = len;
            cv_xor_bytes(dst, src, m->keystream + m->keystream_at, n);
            m->keystream_at += n;
        }
        dst += n;
        src += n;
        len -= n;
        m->left -= n;
    }
}

static void hash_segment(struct message *m, const uint8_t *p, size_t len)
{
    if (m->n_partial) {
        size_t n = POLY_BLOCK - m->n_partial;
        if (n > len) n = len;
        if (n) memcpy(m->partial + m->n_partial, p, n);
        m->n_partial += n;
        if (m->n_partial < POLY_BLOCK) return;
        m->impl->hash(&m->poly, m->partial, 1);
        m->n_partial = 0;
        p += n;
        len -= n;
    }
    if (len >= POLY_BLOCK) m->impl->hash(&m->poly, p, len / POLY_BLOCK);
    m->n_partial = len % POLY_BLOCK;
    if (m->n_partial) memcpy(m->partial, p + len - m->n_partial, m->n_partial);
}

static void hash_pad(struct message *m)
{
    static const uint8_t zeros[POLY_BLOCK];
    if (m->n_partial) hash_segment(m, zeros, POLY_BLOCK - m->n_partial);
}

static void message_init(struct message *m, const struct cv_aead *a, const void *state, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len)
{
    m->impl = a->chachapoly;
    m->key = state;
    m->nonce = nonce;
    m->left = len;
    m->counter = 0;
    m->n_partial = 0;
    fetch_keystream(m, BLOCK); /* block 0 gives the Poly1305 key: RFC 8439 section 2.6 */
    cv_poly1305_init(&m->poly, m->keystream);
    hash_segment(m, aad.p, aad.len);
    hash_pad(m);
}

static void message_tag(struct message *m, uint8_t *tag, size_t aad_len, size_t len)
{
    uint8_t lengths[POLY_BLOCK];
    hash_pad(m);
    cv_store_le64(lengths, aad_len);
    cv_store_le64(lengths + 8, len);
    m->impl->hash(&m->poly, lengths, 1);
    cv_poly1305_final(&m->poly, tag);
}

/* What an implementation spilled are words of the key. */
static void message_wipe(struct message *m)
{
    cv_wipe_stack();
    cv_wipe(m->keystream, BLOCK * m->impl->batch);
}

void cv_chachapoly_init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    memcpy(state, key, a->key_len);
}

void cv_chachapoly_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                        uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    struct message m;
    message_init(&m, a, state, nonce, aad, head_len + tail_len);
    crypt_segment(&m, head, head, head_len);
    crypt_segment(&m, tail, tail, tail_len);
    hash_segment(&m, head, head_len);
    hash_segment(&m, tail, tail_len);
    message_tag(&m, tag, aad.len, head_len + tail_len);
    message_wipe(&m);
}

static cv_err check_tag(struct message *m, const uint8_t *tag, size_t aad_len, size_t len)
{
    uint8_t expected[16];
    message_tag(m, expected, aad_len, len);
    uint32_t equal = cv_ct_equal(expected, tag, sizeof expected);
    cv_secret_declassify(&equal, sizeof equal); /* whether the record is accepted shows on the wire */
    cv_wipe(expected, sizeof expected);
    return equal ? CV_OK : CV_E_BAD_RECORD_MAC;
}

cv_err cv_chachapoly_open(const struct cv_aead *a, const void *state, const uint8_t *nonce,
                          struct cv_bytes aad, uint8_t *dst, const uint8_t *src, size_t len,
                          const uint8_t *tag)
{
    struct message m;
    message_init(&m, a, state, nonce, aad, len);
    hash_segment(&m, src, len);
    cv_err e = check_tag(&m, tag, aad.len, len);
    if (e == CV_OK) {
        crypt_segment(&m, dst, src, len);
    } else if (len) {
        memset(dst, 0, len);
    }
    message_wipe(&m);
    return e;
}

/* A message in pieces: what stays between them. */
struct pieces {
    struct message m;
    size_t aad_len, len;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
};

static void pieces_begin(const struct cv_aead *a, void *m, const void *key, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len)
{
    struct pieces *p = m;
    memcpy(p->nonce, nonce, sizeof p->nonce);
    p->aad_len = aad.len;
    p->len = len;
    message_init(&p->m, a, key, p->nonce, aad, len);
}

static void pieces_decrypt(void *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    struct pieces *p = m;
    hash_segment(&p->m, src, len);
    crypt_segment(&p->m, dst, src, len);
}

static cv_err pieces_end(void *m, const uint8_t *tag)
{
    struct pieces *p = m;
    cv_err e = check_tag(&p->m, tag, p->aad_len, p->len);
    message_wipe(&p->m);
    return e;
}

const struct cv_aead_pieces cv_chachapoly_pieces = {
    .len = sizeof(struct pieces), .begin = pieces_begin, .decrypt = pieces_decrypt, .end = pieces_end};
