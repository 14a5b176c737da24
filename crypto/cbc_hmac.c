#include "crypto/cbc_hmac.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/xor.h"

#include <string.h>

enum {
    BLOCK = CV_AES_BLOCK_LEN,
    HEAD_LEN = CV_CBC_HMAC_HEADER_LEN + 2, /* header and length */
    PADDING_MAX = 255,
};

/* The chaining value stands at the front of either form of a state: five or eight words. */
_Static_assert(offsetof(union cv_hash_state, sha256.h) == 0 && offsetof(union cv_hash_state, sha512.h) == 0,
               "a state begins with its chaining value");

static size_t chain_len(const struct cv_hash *hash)
{
    return hash->block_len / 2;
}

static void absorb_key(const struct cv_hash *hash, uint64_t chain[8], const uint8_t *key, uint8_t pad)
{
    uint8_t block[CV_HASH_BLOCK_MAX];
    union cv_hash_state h;
    memset(block, pad, sizeof block);
    cv_xor_bytes(block, block, key, hash->digest_len);
    hash->init(hash, &h);
    hash->update(hash, &h, block, hash->block_len);
    memcpy(chain, &h, chain_len(hash));
    cv_wipe(block, sizeof block);
    cv_wipe(&h, sizeof h);
}

/* A hash that has absorbed one block. */
static void resume(const struct cv_hash *hash, union cv_hash_state *h, const uint64_t chain[8])
{
    memcpy(h, chain, chain_len(hash));
    if (hash->block_len == sizeof h->sha256.block)
        h->sha256.len = hash->block_len;
    else
        h->sha512.len = hash->block_len;
}

static void outer_hash(const struct cv_hash *hash, const struct cv_cbc_hmac_state *s, uint8_t *mac,
                       const uint8_t *digest)
{
    union cv_hash_state h;
    resume(hash, &h, s->outer);
    hash->update(hash, &h, digest, hash->digest_len);
    hash->final(hash, &h, mac);
}

static void make_head(uint8_t head[HEAD_LEN], const uint8_t *header, uint32_t len)
{
    memcpy(head, header, CV_CBC_HMAC_HEADER_LEN);
    head[CV_CBC_HMAC_HEADER_LEN] = (uint8_t)(len >> 8);
    head[CV_CBC_HMAC_HEADER_LEN + 1] = (uint8_t)len;
}

/* HMAC over content of public length. */
static void mac_parts(const struct cv_hash *hash, const struct cv_cbc_hmac_state *s, uint8_t *mac,
                      const uint8_t *header, const struct cv_bytes *parts, size_t n_parts)
{
    union cv_hash_state h;
    uint8_t head[HEAD_LEN], digest[CV_HASH_MAX];
    size_t len = 0;
    for (size_t i = 0; i < n_parts; i++) len += parts[i].len;
    make_head(head, header, (uint32_t)len);
    resume(hash, &h, s->inner);
    hash->update(hash, &h, head, sizeof head);
    for (size_t i = 0; i < n_parts; i++) hash->update(hash, &h, parts[i].p, parts[i].len);
    hash->final(hash, &h, digest);
    outer_hash(hash, s, mac, digest);
    cv_wipe(digest, sizeof digest);
}

/* The least and the most bytes that may stand in front of MAC and padding. */
struct bounds {
    size_t min, max;
};

static struct bounds plain_bounds(size_t len, size_t mac_len)
{
    struct bounds b = {.max = len - mac_len - 1};
    b.min = b.max > PADDING_MAX ? b.max - PADDING_MAX : 0;
    return b;
}

/* What a hash absorbs: head || data, of which `total` bytes count (a secret), then one bit, zeros, and the
 * length of everything. */
struct padded {
    const uint8_t *head, *data;
    size_t data_max;     /* bytes that may be read */
    uint32_t total;      /* secret */
    uint32_t last_block; /* secret: number of the block that ends the hash */
};

static void padded_block(uint8_t *block, size_t block_len, const struct padded *p, uint32_t number)
{
    uint32_t first = number * (uint32_t)block_len;
    uint8_t bits[4];
    for (uint32_t i = 0; i < block_len; i++) {
        uint32_t at = first + i, byte = 0;
        if (at < HEAD_LEN)
            byte = p->head[at];
        else if (at - HEAD_LEN < p->data_max)
            byte = p->data[at - HEAD_LEN];
        block[i] = (uint8_t)((byte & cv_ct_lt32(at, p->total)) | (0x80 & cv_ct_eq32(at, p->total)));
    }
    /* the block with the padded key counts; the length field is longer, but this has at most 19 bits */
    cv_store_be32(bits, 8 * (p->total + (uint32_t)block_len) & cv_ct_eq32(number, p->last_block));
    for (size_t i = 0; i < sizeof bits; i++) block[block_len - sizeof bits + i] |= bits[i];
}

static void words_to_digest(const struct cv_hash *hash, uint8_t *digest, const union cv_hash_state *h)
{
    if (hash->block_len == sizeof h->sha256.block)
        for (size_t i = 0; i < hash->digest_len / 4u; i++) cv_store_be32(digest + 4 * i, h->sha256.h[i]);
    else
        for (size_t i = 0; i < hash->digest_len / 8u; i++) cv_store_be64(digest + 8 * i, h->sha512.h[i]);
}

/* HMAC over data of secret length, within bounds: all blocks that any length in between may
 * need are absorbed, and the chaining value is picked that ends the hash. */
static void mac_secret_len(const struct cv_hash *hash, const struct cv_cbc_hmac_state *s, uint8_t *mac,
                           const uint8_t *header, const uint8_t *data, uint32_t len, struct bounds b)
{
    const unsigned shift = hash->block_len == 64 ? 6 : 7;
    const size_t length_field = hash->block_len / 8u;
    uint8_t head[HEAD_LEN], block[CV_HASH_BLOCK_MAX], digest[CV_HASH_MAX];
    union cv_hash_state h, picked = {.sha256 = {.len = 0}};
    struct padded p = {.head = head, .data = data, .data_max = b.max, .total = HEAD_LEN + len};
    p.last_block = (p.total + (uint32_t)length_field) >> shift;
    make_head(head, header, len);
    resume(hash, &h, s->inner);

    uint32_t number = (uint32_t)((HEAD_LEN + b.min) >> shift);
    uint32_t end = (uint32_t)((HEAD_LEN + b.max + length_field) >> shift) + 1;
    if (number > 0) {
        hash->update(hash, &h, head, sizeof head);
        hash->update(hash, &h, data, ((size_t)number << shift) - sizeof head);
    }
    for (; number < end; number++) {
        padded_block(block, hash->block_len, &p, number);
        hash->update(hash, &h, block, hash->block_len);
        cv_ct_move(cv_ct_eq32(number, p.last_block), &picked, &h, chain_len(hash));
    }
    words_to_digest(hash, digest, &picked);
    outer_hash(hash, s, mac, digest);
    cv_wipe(&h, sizeof h);
    cv_wipe(&picked, sizeof picked);
    cv_wipe(block, sizeof block);
    cv_wipe(digest, sizeof digest);
}

static void init(const struct cv_cbc_hmac *alg, struct cv_cbc_hmac_state *s, const uint8_t *mac_key,
                 const uint8_t *key, bool opening, bool encrypt_then_mac)
{
    alg->cipher->init(alg->cipher, s->cipher, key, opening);
    absorb_key(alg->hash, s->inner, mac_key, 0x36);
    absorb_key(alg->hash, s->outer, mac_key, 0x5c);
    s->encrypt_then_mac = encrypt_then_mac;
}

static size_t padding_len(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, size_t plain_len)
{
    size_t padded = plain_len + (s->encrypt_then_mac ? 0u : alg->hash->digest_len);
    return BLOCK - padded % BLOCK; /* its length byte is the first of it */
}

static size_t trailer_len(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, size_t plain_len)
{
    return alg->hash->digest_len + padding_len(alg, s, plain_len);
}

struct segment {
    uint8_t *p;
    size_t len;
};

/* Copies a block from or to the front of the segments. */
static void copy_block(uint8_t *block, const struct segment *segment, bool back)
{
    for (size_t done = 0; done < BLOCK; segment++) {
        size_t n = segment->len < BLOCK - done ? segment->len : BLOCK - done;
        if (n == 0) continue;
        if (back)
            memcpy(segment->p, block + done, n);
        else
            memcpy(block + done, segment->p, n);
        done += n;
    }
}

static void advance(struct segment *segment, size_t len)
{
    for (; len > 0; segment++) {
        size_t n = segment->len < len ? segment->len : len;
        if (n == 0) continue;
        segment->p += n;
        segment->len -= n;
        len -= n;
    }
}

/* Encrypts segments that together are whole blocks: those that lie in one piece where they are, the others
 * through a copy. */
static void encrypt_segments(const struct cv_cbc *cipher, const void *state, uint8_t *chain,
                             struct segment *segments, size_t n_segments)
{
    uint8_t block[BLOCK];
    for (size_t i = 0; i < n_segments; i++) {
        struct segment *s = &segments[i];
        size_t whole = s->len / BLOCK;
        cipher->encrypt(cipher, state, chain, s->p, whole);
        advance(s, whole * BLOCK);
        if (s->len == 0) continue;
        copy_block(block, s, false);
        cipher->encrypt(cipher, state, chain, block, 1);
        copy_block(block, s, true);
        advance(s, BLOCK);
    }
    cv_wipe(block, sizeof block); /* the same in cipher or clear */
}

static void seal(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *iv,
                 const uint8_t header[CV_CBC_HMAC_HEADER_LEN], uint8_t *head, size_t head_len, uint8_t *tail,
                 size_t tail_len, uint8_t *trailer)
{
    const size_t n_padding = padding_len(alg, s, head_len + tail_len);
    const size_t mac_inside = s->encrypt_then_mac ? 0u : alg->hash->digest_len;
    uint8_t chain[BLOCK] = {0};
    memset(iv, 0, BLOCK);
    memcpy(iv, header, CV_CBC_HMAC_HEADER_LEN);
    alg->cipher->encrypt(alg->cipher, s->cipher, chain, iv, 1);

    if (!s->encrypt_then_mac) {
        const struct cv_bytes plain[] = {{head, head_len}, {tail, tail_len}};
        mac_parts(alg->hash, s, trailer, header, plain, 2);
    }
    memset(trailer + mac_inside, (int)n_padding - 1, n_padding);
    struct segment segments[] = {{head, head_len}, {tail, tail_len}, {trailer, mac_inside + n_padding}};
    encrypt_segments(alg->cipher, s->cipher, chain, segments, 3);
    if (s->encrypt_then_mac) { /* RFC 7366 3: over the IV, too */
        const struct cv_bytes cipher[] = {
            {iv, BLOCK}, {head, head_len}, {tail, tail_len}, {trailer, n_padding}};
        mac_parts(alg->hash, s, trailer + n_padding, header, cipher, 4);
    }
}

/* All ones in *good if text ends in padding with mac_len bytes in front of it. Returns the plaintext's
 * length, which is a secret; without padding that is right, as if there were none but its length byte (RFC
 * 5246 6.2.3.2). */
static uint32_t remove_padding(const uint8_t *text, size_t len, size_t mac_len, uint32_t *good)
{
    const struct bounds b = plain_bounds(len, mac_len);
    const uint32_t last = text[len - 1];
    uint32_t wrong = 0;
    for (uint32_t i = 1; i <= PADDING_MAX && i < len; i++) {
        /* the barrier: or gcc counts by last - i, and compares that at the end */
        uint32_t beyond = cv_ct_lt32(cv_ct_barrier32(last), i);
        wrong |= (text[len - 1 - i] ^ last) & ~beyond;
    }
    *good = cv_ct_eq32(wrong, 0) & ~cv_ct_lt32((uint32_t)b.max, last);
    return (uint32_t)b.max - (last & *good);
}

/* Copies mac_len bytes from text + at, a secret, reading everything that the bounds allow. */
static void extract_mac(uint8_t *mac, size_t mac_len, const uint8_t *text, uint32_t at, struct bounds b)
{
    uint8_t window[PADDING_MAX + CV_CBC_HMAC_MAC_MAX] = {0};
    const uint32_t shift = at - (uint32_t)b.min; /* at most PADDING_MAX */
    memcpy(window, text + b.min, b.max - b.min + mac_len);
    for (uint32_t step = (PADDING_MAX + 1) / 2; step > 0; step /= 2)
        cv_ct_move(cv_ct_nonzero32(shift & step), window, window + step, mac_len + step - 1);
    memcpy(mac, window, mac_len);
    cv_wipe(window, sizeof window);
}

static void decrypt_body(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *dst,
                         const uint8_t *iv, const uint8_t *body, size_t len)
{
    uint8_t chain[BLOCK];
    memcpy(chain, iv, BLOCK);
    alg->cipher->decrypt(alg->cipher, s->cipher, chain, dst, body, len / BLOCK);
}

/* The verdict on a whole record, which shows on the wire. */
static cv_err publish(uint32_t good, uint8_t *dst, size_t dst_len, uint32_t plain_len, size_t *len)
{
    cv_secret_declassify(&good, sizeof good);
    if (!good) {
        if (dst_len > 0) memset(dst, 0, dst_len);
        return CV_E_BAD_RECORD_MAC;
    }
    cv_secret_declassify(&plain_len, sizeof plain_len); /* its owner gets that many bytes */
    *len = plain_len;
    return CV_OK;
}

static cv_err open_mac_inside(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *dst,
                              size_t *len, const uint8_t *header, const uint8_t *iv, const uint8_t *body,
                              size_t body_len)
{
    const size_t mac_len = alg->hash->digest_len;
    uint8_t mac[CV_HASH_MAX], sent[CV_CBC_HMAC_MAC_MAX];
    uint32_t good, plain_len;
    if (body_len % BLOCK != 0 || body_len < mac_len + 1) return publish(0, dst, body_len, 0, len);
    const struct bounds b = plain_bounds(body_len, mac_len);
    decrypt_body(alg, s, dst, iv, body, body_len);
    plain_len = remove_padding(dst, body_len, mac_len, &good);
    mac_secret_len(alg->hash, s, mac, header, dst, plain_len, b);
    extract_mac(sent, mac_len, dst, plain_len, b);
    good &= cv_ct_equal(mac, sent, mac_len);
    cv_wipe(mac, sizeof mac);
    cv_wipe(sent, sizeof sent);
    return publish(good, dst, body_len, plain_len, len);
}

static cv_err open_mac_outside(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *dst,
                               size_t *len, const uint8_t *header, const uint8_t *iv, const uint8_t *body,
                               size_t body_len)
{
    const size_t mac_len = alg->hash->digest_len;
    uint8_t mac[CV_HASH_MAX];
    if (body_len < mac_len + BLOCK || (body_len - mac_len) % BLOCK != 0)
        return publish(0, dst, body_len, 0, len);
    const size_t cipher_len = body_len - mac_len;
    const struct cv_bytes cipher[] = {{iv, BLOCK}, {body, cipher_len}};
    mac_parts(alg->hash, s, mac, header, cipher, 2);
    uint32_t good = cv_ct_equal(mac, body + cipher_len, mac_len), plain_len = 0;
    cv_wipe(mac, sizeof mac);
    cv_secret_declassify(&good, sizeof good); /* RFC 7366 3: nothing is decrypted if the MAC is wrong */
    if (good) {
        decrypt_body(alg, s, dst, iv, body, cipher_len);
        plain_len = remove_padding(dst, cipher_len, 0, &good);
    }
    return publish(good, dst, body_len, plain_len, len);
}

static cv_err open_record(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *dst,
                          size_t *len, const uint8_t header[CV_CBC_HMAC_HEADER_LEN], const uint8_t *iv,
                          const uint8_t *body, size_t body_len)
{
    if (body_len > CV_CBC_HMAC_LEN_MAX) return CV_E_RECORD_OVERFLOW;
    return s->encrypt_then_mac ? open_mac_outside(alg, s, dst, len, header, iv, body, body_len)
                               : open_mac_inside(alg, s, dst, len, header, iv, body, body_len);
}

const struct cv_cbc_hmac_ops cv_cbc_hmac_ops = {
    .init = init, .trailer_len = trailer_len, .seal = seal, .open = open_record};
