#include "crypto/gcm.h"

#include "crypto/aes.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/xor.h"

#include <string.h>

enum {
    BLOCK = CV_AES_BLOCK_LEN,
    BULK_LEN = 8 * BLOCK, /* from here on the fused pass is worth its start */
};

/* One message. Bytes that do not go through the fused pass meet buffered keystream, and their ciphertext
 * waits in `pending` to be hashed in one go: of a short record all, of a long one the end. */
struct message {
    const struct cv_gcm_impl *impl;
    const void *state;
    unsigned n_rounds;
    const uint8_t *nonce;
    size_t left;      /* bytes of the message to come */
    uint32_t counter; /* of the next block without keystream */
    bool opening;
    bool have_mask;
    size_t n_pending;              /* bytes */
    size_t keystream_at, n_stream; /* bytes */
    uint8_t y[BLOCK];
    uint8_t tag_mask[BLOCK]; /* E(nonce || 1) */
    uint8_t keystream[BLOCK * CV_GCM_KEYSTREAM_MAX];
    uint8_t pending[BLOCK * CV_GCM_KEYSTREAM_MAX];
};

static void hash_pending(struct message *m)
{
    if (m->n_pending == 0) return;
    size_t n_blocks = (m->n_pending + BLOCK - 1) / BLOCK;
    memset(m->pending + m->n_pending, 0, BLOCK * n_blocks - m->n_pending);
    m->impl->ghash(m->state, m->y, m->pending, n_blocks);
    m->n_pending = 0;
}

/* Room for n bytes that are to be hashed; n is at most what pending_room said. */
static uint8_t *append_pending(struct message *m, size_t n)
{
    uint8_t *p = m->pending + m->n_pending;
    m->n_pending += n;
    return p;
}

static size_t pending_room(struct message *m)
{
    if (m->n_pending == sizeof m->pending) hash_pending(m);
    return sizeof m->pending - m->n_pending;
}

static void pad_pending(struct message *m)
{
    size_t n = -m->n_pending % BLOCK;
    if (n) memset(append_pending(m, n), 0, n);
}

static void hash_aad(struct message *m, struct cv_bytes aad)
{
    while (aad.len) {
        size_t n = pending_room(m);
        if (n > aad.len) n = aad.len;
        memcpy(append_pending(m, n), aad.p, n);
        aad.p += n;
        aad.len -= n;
    }
    pad_pending(m);
}

/* Fetches keystream for what is left of the message, as far as it fits, and the tag's mask on the way:
 * blocks made together cost hardly more than one. */
static void fetch_keystream(struct message *m)
{
    uint32_t counters[CV_GCM_KEYSTREAM_MAX];
    size_t n = 0;
    const bool want_mask = !m->have_mask;
    if (want_mask) counters[n++] = 1;
    for (size_t len = 0; len < m->left && n < CV_GCM_KEYSTREAM_MAX; len += BLOCK)
        counters[n++] = m->counter++;
    m->impl->keystream(m->state, m->n_rounds, m->keystream, m->nonce, counters, n);
    if (want_mask) memcpy(m->tag_mask, m->keystream, BLOCK);
    m->have_mask = true;
    m->keystream_at = want_mask ? BLOCK : 0;
    m->n_stream = BLOCK * n;
}

static size_t crypt_bulk(struct message *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    size_t n_blocks = len / BLOCK;
    hash_pending(m);
    m->impl->crypt(m->state, m->n_rounds, m->y, m->nonce, m->counter, dst, src, n_blocks, m->opening);
    m->counter += (uint32_t)n_blocks;
    return BLOCK * n_blocks;
}

static size_t crypt_buffered(struct message *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    const uint8_t *keystream = m->keystream + m->keystream_at;
    size_t n = pending_room(m);
    if (n > m->n_stream - m->keystream_at) n = m->n_stream - m->keystream_at;
    if (n > len) n = len;
    uint8_t *ciphertext = append_pending(m, n);
    if (m->opening) memcpy(ciphertext, src, n);
    cv_xor_bytes(dst, src, keystream, n);
    if (!m->opening) memcpy(ciphertext, dst, n);
    m->keystream_at += n;
    return n;
}

static void crypt_segment(struct message *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    while (len) {
        size_t n;
        if (m->keystream_at == m->n_stream && len >= BULK_LEN) {
            n = crypt_bulk(m, dst, src, len);
        } else {
            if (m->keystream_at == m->n_stream) fetch_keystream(m);
            n = crypt_buffered(m, dst, src, len);
        }
        dst += n;
        src += n;
        len -= n;
        m->left -= n;
    }
}

static void message_init(struct message *m, const struct cv_aead *a, const void *state, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len, bool opening)
{
    m->impl = a->gcm;
    m->state = state;
    m->n_rounds = cv_aes_rounds(a->key_len);
    m->nonce = nonce;
    m->left = len;
    m->counter = 2; /* 1 masks the tag: SP 800-38D section 7.1 */
    m->opening = opening;
    m->have_mask = false;
    m->n_pending = m->keystream_at = m->n_stream = 0;
    memset(m->y, 0, sizeof m->y);
    hash_aad(m, aad);
}

static void message_tag(struct message *m, uint8_t *tag, size_t aad_len, size_t len)
{
    pad_pending(m);
    (void)pending_room(m);
    uint8_t *lengths = append_pending(m, BLOCK);
    cv_store_be64(lengths, (uint64_t)aad_len * 8);
    cv_store_be64(lengths + 8, (uint64_t)len * 8);
    hash_pending(m);
    if (!m->have_mask) fetch_keystream(m);
    cv_xor_bytes(tag, m->y, m->tag_mask, BLOCK);
}

/* The keystream, and the plaintext that it gives away, must not stay; nor may round keys and powers of the
 * hash key that an implementation spilled. */
static void message_wipe(struct message *m)
{
    cv_wipe_stack();
    cv_wipe(m->keystream, m->n_stream);
    cv_wipe(m->tag_mask, sizeof m->tag_mask);
    cv_wipe(m->y, sizeof m->y);
}

void cv_gcm_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    struct message m;
    message_init(&m, a, state, nonce, aad, head_len + tail_len, false);
    crypt_segment(&m, head, head, head_len);
    crypt_segment(&m, tail, tail, tail_len);
    message_tag(&m, tag, aad.len, head_len + tail_len);
    message_wipe(&m);
}

/* Compares the tag that a message has with the one that came. */
static cv_err check_tag(struct message *m, const uint8_t *tag, size_t aad_len, size_t len)
{
    uint8_t expected[BLOCK];
    message_tag(m, expected, aad_len, len);
    message_wipe(m);
    uint32_t equal = cv_ct_equal(expected, tag, BLOCK);
    cv_secret_declassify(&equal, sizeof equal); /* whether the record is accepted shows on the wire */
    cv_wipe(expected, sizeof expected);
    return equal ? CV_OK : CV_E_BAD_RECORD_MAC;
}

cv_err cv_gcm_open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag)
{
    struct message m;
    message_init(&m, a, state, nonce, aad, len, true);
    crypt_segment(&m, dst, src, len);
    cv_err e = check_tag(&m, tag, aad.len, len);
    if (e != CV_OK && len) memset(dst, 0, len);
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
    message_init(&p->m, a, key, p->nonce, aad, len, true);
}

static void pieces_decrypt(void *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    struct pieces *p = m;
    crypt_segment(&p->m, dst, src, len);
}

static cv_err pieces_end(void *m, const uint8_t *tag)
{
    struct pieces *p = m;
    return check_tag(&p->m, tag, p->aad_len, p->len);
}

const struct cv_aead_pieces cv_gcm_pieces = {
    .len = sizeof(struct pieces), .begin = pieces_begin, .decrypt = pieces_decrypt, .end = pieces_end};
