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

static void shift_rows(plane q[N_PLANES])
{
    for (int i = 0; i < N_PLANES; i++) {
        plane x = q[i];
        q[i] = (x & 0x000000ff) | (x >> 2 & 0x00003f00) | (x << 6 & 0x0000c000) | (x >> 4 & 0x000f0000) |
               (x << 4 & 0x00f00000) | (x >> 6 & 0x03000000) | (x << 2 & 0xfc000000);
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
    uint64_t product = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t sum = 0;
        for (unsigned j = 0; j < 4; j++)
            sum ^= cv_mul_u32(a & (uint32_t)m << j, b & (uint32_t)m << ((i - j) & 3));
        product |= sum & m << i;
    }
    return product;
}

/* y = y h modulo x^128 + x^7 + x^2 + x + 1. The product of two reversed polynomials stands one bit too low.
 */
static void multiply(uint32_t y[4], const uint32_t h[4])
{
    uint32_t r[8] = {0};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 4; j++) {
            uint64_t product = clmul(y[i], h[j]);
            r[i + j] ^= (uint32_t)product;
            r[i + j + 1] ^= (uint32_t)(product >> 32);
        }
    }
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
    uint8_t stream[LANES * BLOCK], pending[BLOCK], mask[BLOCK]; /* E(nonce || 1), the tag's */
    unsigned n_used, n_pending;                                 /* bytes */
    uint32_t y[4];
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

static void absorb(struct message *m, uint8_t byte)
{
    m->pending[m->n_pending++] = byte;
    if (m->n_pending < BLOCK) return;
    for (unsigned i = 0; i < 4; i++) m->y[i] ^= cv_load_be32(m->pending + BLOCK - 4 - 4 * i);
    multiply(m->y, m->key->h);
    m->n_pending = 0;
}

static void pad(struct message *m)
{
    while (m->n_pending != 0) absorb(m, 0);
}

static void crypt(struct message *m, uint8_t *dst, const uint8_t *src, size_t len, bool opening)
{
    for (size_t i = 0; i < len; i++) {
        if (m->n_used == sizeof m->stream) refill(m);
        uint8_t in = src[i], out = in ^ m->stream[m->n_used++];
        absorb(m, opening ? in : out);
        dst[i] = out;
    }
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
    for (size_t i = 0; i < aad.len; i++) absorb(m, aad.p[i]);
    pad(m);
}

/* The tag, and m is wiped. */
static void end(struct message *m, uint8_t tag[BLOCK], size_t aad_len, size_t len)
{
    uint8_t lengths[BLOCK];
    pad(m);
    cv_store_be64(lengths, (uint64_t)aad_len * 8);
    cv_store_be64(lengths + 8, (uint64_t)len * 8);
    for (unsigned i = 0; i < BLOCK; i++) absorb(m, lengths[i]);
    for (unsigned i = 0; i < 4; i++) cv_store_be32(tag + 4 * i, cv_load_be32(m->mask + 4 * i) ^ m->y[3 - i]);
    cv_wipe(m, sizeof *m);
    cv_wipe_stack();
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
