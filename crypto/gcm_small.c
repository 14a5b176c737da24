#include "crypto/gcm_small.h"

#include "crypto/aes.h"
#include "crypto/base/ct.h"
#include "crypto/base/mul.h"
#include "crypto/base/secret.h"
#include "crypto/gcm.h"

#include <string.h>

/* --- AES-128 (FIPS 197), two blocks at a time: the byte in row r and column c of block b stands at bit
 * 8r + 2c + b of each plane --- */

enum { ROW_BITS = 8, LANES = 2, BLOCK = CV_AES_BLOCK_LEN, KEY_WORDS = 4, ROUNDS = CV_AES128_ROUNDS };
typedef uint32_t plane;
#include "crypto/aes_planes.h"

/* Both blocks use the same key, so that every other bit of a plane tells the one beside it: planes i and i +
 * 4 of a round key share word i. */
struct key {
    uint32_t h[4]; /* E(0), the last four bytes first */
    uint32_t rounds[ROUNDS + 1][KEY_WORDS];
};

/* Row r by r columns: rows 2 and 3 by two, then rows 1 and 3 by one. */
static void shift_rows(plane q[N_PLANES])
{
    for (int i = 0; i < N_PLANES; i++) {
        plane x = q[i];
        x = (x & 0x0000ffff) | (x >> 4 & 0x0f0f0000) | (x & 0x0f0f0000) << 4;
        q[i] = (x & 0x00ff00ff) | (x >> 2 & 0x3f003f00) | (x & 0x03000300) << 6;
    }
}

static void add_round_key(plane q[N_PLANES], const uint32_t key[KEY_WORDS])
{
    for (int i = 0; i < KEY_WORDS; i++) {
        uint32_t even = key[i] & 0x55555555, odd = key[i] & 0xaaaaaaaa;
        q[i] ^= even | even << 1;
        q[i + KEY_WORDS] ^= odd | odd >> 1;
    }
}

static void store_round_key(uint32_t key[KEY_WORDS], const uint32_t column[4])
{
    plane q[N_PLANES];
    for (int i = 0; i < N_PLANES; i++) q[i] = column[i / LANES];
    transpose(q);
    for (int i = 0; i < KEY_WORDS; i++) key[i] = (q[i] & 0x55555555) | (q[i + KEY_WORDS] & 0xaaaaaaaa);
    cv_wipe(q, sizeof q);
}

static uint32_t sub_word(uint32_t v)
{
    plane q[N_PLANES] = {v};
    transpose(q);
    sub_bytes(q);
    transpose(q);
    v = q[0];
    cv_wipe(q, sizeof q);
    return v;
}

/* Section 5.2, with words loaded little-endian. */
static void expand(uint32_t rounds[ROUNDS + 1][KEY_WORDS], const uint8_t *key)
{
    uint32_t w[4], rcon = 1;
    for (unsigned i = 0; i < 4; i++) w[i] = cv_load_le32(key + 4 * i);
    for (unsigned r = 0; r <= ROUNDS; r++) {
        store_round_key(rounds[r], w);
        w[0] ^= sub_word(w[3] >> 8 | w[3] << 24) ^ rcon;
        for (unsigned i = 1; i < 4; i++) w[i] ^= w[i - 1];
        rcon = rcon << 1 ^ (rcon >> 7) * 0x11b;
    }
    cv_wipe(w, sizeof w);
}

/* Two blocks in place. */
static void encrypt(const struct key *k, uint8_t blocks[LANES * BLOCK])
{
    plane q[N_PLANES];
    for (unsigned i = 0; i < N_PLANES; i++)
        q[i] = cv_load_le32(blocks + BLOCK * (i % LANES) + 4 * (i / LANES));
    transpose(q);
    add_round_key(q, k->rounds[0]);
    for (unsigned r = 1; r <= ROUNDS; r++) {
        sub_bytes(q);
        shift_rows(q);
        if (r < ROUNDS) mix_columns(q);
        add_round_key(q, k->rounds[r]);
    }
    transpose(q);
    for (unsigned i = 0; i < N_PLANES; i++)
        cv_store_le32(blocks + BLOCK * (i % LANES) + 4 * (i / LANES), q[i]);
    cv_wipe(q, sizeof q);
}

/* --- GHASH (SP 800-38D section 6.4): four words, the last bytes first, the coefficient of x^0 on top --- */

/* A carry-less product, by an integer multiplication for each pair of classes of bit positions modulo 4.
 * Between two bits of a class are three zeros, which take up the sums of at most eight bits. */
static uint64_t clmul(uint32_t a, uint32_t b)
{
    const uint64_t m = UINT64_C(0x1111111111111111);
    const uint32_t n = (uint32_t)m;
    const uint32_t a0 = a & n, a1 = a & n << 1, a2 = a & n << 2, a3 = a & n << 3;
    const uint32_t b0 = b & n, b1 = b & n << 1, b2 = b & n << 2, b3 = b & n << 3;
    uint64_t product =
        (cv_mul_u32(a0, b0) ^ cv_mul_u32(a1, b3) ^ cv_mul_u32(a2, b2) ^ cv_mul_u32(a3, b1)) & m;
    product |= (cv_mul_u32(a0, b1) ^ cv_mul_u32(a1, b0) ^ cv_mul_u32(a2, b3) ^ cv_mul_u32(a3, b2)) & m << 1;
    product |= (cv_mul_u32(a0, b2) ^ cv_mul_u32(a1, b1) ^ cv_mul_u32(a2, b0) ^ cv_mul_u32(a3, b3)) & m << 2;
    product |= (cv_mul_u32(a0, b3) ^ cv_mul_u32(a1, b2) ^ cv_mul_u32(a2, b1) ^ cv_mul_u32(a3, b0)) & m << 3;
    return product;
}

/* The same of two words each, by three of one (Karatsuba), added to four words. */
static void clmul_add(uint32_t r[4], uint32_t a1, uint32_t a0, uint32_t b1, uint32_t b0)
{
    const uint64_t low = clmul(a0, b0), high = clmul(a1, b1), mid = clmul(a1 ^ a0, b1 ^ b0) ^ low ^ high;
    r[0] ^= (uint32_t)low;
    r[1] ^= (uint32_t)(low >> 32) ^ (uint32_t)mid;
    r[2] ^= (uint32_t)high ^ (uint32_t)(mid >> 32);
    r[3] ^= (uint32_t)(high >> 32);
}

/* y = y h modulo x^128 + x^7 + x^2 + x + 1. The product of two reversed polynomials stands one bit too low.
 */
static void multiply(uint32_t y[4], const uint32_t h[4])
{
    uint32_t r[8] = {0}, mid[4];
    clmul_add(r, y[1], y[0], h[1], h[0]);
    clmul_add(r + 4, y[3], y[2], h[3], h[2]);
    for (unsigned i = 0; i < 4; i++) mid[i] = r[i] ^ r[i + 4];
    clmul_add(mid, y[3] ^ y[1], y[2] ^ y[0], h[3] ^ h[1], h[2] ^ h[0]);
    for (unsigned i = 0; i < 4; i++) r[i + 2] ^= mid[i];
    for (unsigned i = 7; i > 0; i--) r[i] = r[i] << 1 | r[i - 1] >> 31;
    r[0] <<= 1;
    for (unsigned i = 0; i < 4; i++) { /* r[0] holds the highest powers */
        r[i + 4] ^= r[i] ^ r[i] >> 1 ^ r[i] >> 2 ^ r[i] >> 7;
        r[i + 3] ^= r[i] << 31 ^ r[i] << 30 ^ r[i] << 25;
    }
    memcpy(y, r + 4, 4 * sizeof r[0]);
}

/* --- one message --- */

struct message {
    const struct key *key;
    uint8_t counter[BLOCK];
    uint8_t stream[LANES * BLOCK], mask[BLOCK]; /* E(nonce || 1), the tag's */
    uint8_t hashed[BLOCK];                      /* the sum, and what was added to it since */
    unsigned n_used, n_pending;                 /* bytes of stream; added */
};

static void refill(struct message *m)
{
    for (unsigned i = 0; i < LANES; i++) {
        memcpy(m->stream + BLOCK * i, m->counter, BLOCK);
        cv_store_be32(m->counter + CV_AEAD_NONCE_LEN, cv_load_be32(m->counter + CV_AEAD_NONCE_LEN) + 1);
    }
    encrypt(m->key, m->stream);
    m->n_used = 0;
}

/* A block is complete. */
static void multiply_hashed(struct message *m)
{
    uint32_t y[4];
    for (unsigned i = 0; i < 4; i++) y[i] = cv_load_be32(m->hashed + BLOCK - 4 - 4 * i);
    multiply(y, m->key->h);
    for (unsigned i = 0; i < 4; i++) cv_store_be32(m->hashed + BLOCK - 4 - 4 * i, y[i]);
    m->n_pending = 0;
}

static void pad(struct message *m)
{
    if (m->n_pending != 0) multiply_hashed(m);
}

static void crypt(struct message *m, uint8_t *dst, const uint8_t *src, size_t len, bool opening)
{
    while (len > 0) {
        if (m->n_used == sizeof m->stream) refill(m);
        const uint8_t *stream = m->stream + m->n_used;
        uint8_t *hashed = m->hashed + m->n_pending;
        size_t n = sizeof m->stream - m->n_used, room = BLOCK - m->n_pending;
        if (n > room) n = room;
        if (n > len) n = len;
        for (size_t i = 0; i < n; i++) {
            uint8_t in = src[i], out = in ^ stream[i];
            hashed[i] ^= opening ? in : out;
            dst[i] = out;
        }
        dst += n;
        src += n;
        len -= n;
        m->n_used += (unsigned)n;
        m->n_pending += (unsigned)n;
        if (m->n_pending == BLOCK) multiply_hashed(m);
    }
}

/* Bytes that are hashed as they are: 16 at most, and then zeros. */
static void hash_block(struct message *m, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) m->hashed[i] ^= p[i];
    multiply_hashed(m);
}

static void begin(struct message *m, const void *state, const uint8_t *nonce, struct cv_bytes aad)
{
    memset(m, 0, sizeof *m);
    m->key = state;
    memcpy(m->counter, nonce, CV_AEAD_NONCE_LEN);
    m->counter[BLOCK - 1] = 1;
    refill(m);
    memcpy(m->mask, m->stream, BLOCK);
    m->n_used = BLOCK;
    for (size_t n; aad.len > 0; aad = cv_bytes(aad.p + n, aad.len - n)) {
        n = aad.len < BLOCK ? aad.len : BLOCK;
        hash_block(m, aad.p, n);
    }
}

/* The tag, and m is wiped. */
static void end(struct message *m, uint8_t tag[BLOCK], size_t aad_len, size_t len)
{
    uint8_t lengths[BLOCK];
    pad(m);
    cv_store_be64(lengths, (uint64_t)aad_len * 8);
    cv_store_be64(lengths + 8, (uint64_t)len * 8);
    hash_block(m, lengths, BLOCK);
    for (unsigned i = 0; i < BLOCK; i++) tag[i] = m->mask[i] ^ m->hashed[i];
    cv_wipe(m, sizeof *m);
}

static void seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    struct message m;
    (void)a;
    begin(&m, state, nonce, aad);
    crypt(&m, head, head, head_len, false);
    crypt(&m, tail, tail, tail_len, false);
    end(&m, tag, aad.len, head_len + tail_len);
}

/* Compares the tag that a message has with the one that came; m is wiped. */
static cv_err check_tag(struct message *m, const uint8_t *tag, size_t aad_len, size_t len)
{
    uint8_t want[BLOCK];
    end(m, want, aad_len, len);
    uint32_t equal = cv_ct_equal(want, tag, BLOCK);
    cv_wipe(want, sizeof want);
    cv_secret_declassify(&equal, sizeof equal); /* whether a record verifies is what the peer learns anyway */
    return equal ? CV_OK : CV_E_BAD_RECORD_MAC;
}

/* Decrypts before it has seen the tag; what does not verify does not stay. */
static cv_err open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag)
{
    struct message m;
    (void)a;
    begin(&m, state, nonce, aad);
    crypt(&m, dst, src, len, true);
    cv_err e = check_tag(&m, tag, aad.len, len);
    if (e != CV_OK && len != 0) memset(dst, 0, len);
    return e;
}

/* A message in pieces: what stays between them. */
struct pieces {
    struct message m;
    size_t aad_len, len;
};

static void pieces_begin(const struct cv_aead *a, void *m, const void *key, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len)
{
    struct pieces *p = m;
    (void)a;
    begin(&p->m, key, nonce, aad);
    p->aad_len = aad.len;
    p->len = len;
}

static void pieces_decrypt(void *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    struct pieces *p = m;
    crypt(&p->m, dst, src, len, true);
}

static cv_err pieces_end(void *m, const uint8_t *tag)
{
    struct pieces *p = m;
    return check_tag(&p->m, tag, p->aad_len, p->len);
}

static const struct cv_aead_pieces pieces = {
    .len = sizeof(struct pieces), .begin = pieces_begin, .decrypt = pieces_decrypt, .end = pieces_end};

static void init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    struct key *k = state;
    uint8_t blocks[LANES * BLOCK] = {0};
    (void)a;
    expand(k->rounds, key);
    encrypt(k, blocks);
    for (unsigned i = 0; i < 4; i++) k->h[i] = cv_load_be32(blocks + BLOCK - 4 - 4 * i);
    cv_wipe(blocks, sizeof blocks);
    cv_wipe_stack();
}

const struct cv_aead cv_aes128_gcm_small = {
    .name = "AES-128-GCM",
    .key_len = 16,
    .tag_len = BLOCK,
    .state_len = sizeof(struct key),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .init = init,
    .seal = seal,
    .open = open,
    .pieces = &pieces,
};
