/* Test vectors on the board: the profile's own primitives against vectors.bin, which vectors.py packs. Prints
 * a line for each file; the exit code is 1 if a case failed. */
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "test/firmware/board.h"
#include "test/firmware/profile.h"

#include <string.h>

PROFILE_FILE(vectors, "build/firmware/vectors.bin");

enum { N_FIELDS_MAX = 6, OUT_MAX = 1024 };

/* What a file is about, and one case of it. */
struct subject {
    const struct cv_hash *hash;
    const struct cv_aead *aead;
    const struct cv_group *group;
    const struct cv_sig_scheme *scheme;
};
typedef bool check_fn(const struct subject *s, const struct cv_bytes *field, bool valid);

static uint8_t out[OUT_MAX];

static bool same(struct cv_bytes expected, const uint8_t *p)
{
    return expected.len <= OUT_MAX && memcmp(p, expected.p, expected.len) == 0;
}

static bool check_hash(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    cv_hash_digest(s->hash, out, field[0].p, field[0].len);
    return valid && field[1].len == s->hash->digest_len && same(field[1], out);
}

static bool check_hmac(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    cv_hmac_mac(s->hash, out, field[0].p, field[0].len, field[1].p, field[1].len);
    return valid && field[2].len <= s->hash->digest_len && same(field[2], out);
}

static bool check_hkdf(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    uint8_t prk[CV_HASH_MAX];
    size_t len = (size_t)field[3].p[0] << 8 | field[3].p[1];
    if (valid && (len > OUT_MAX || field[4].len != len)) return false;
    cv_hkdf_extract(s->hash, prk, field[1].p, field[1].len, field[0].p, field[0].len);
    cv_err e = cv_hkdf_expand(s->hash, out, len, prk, s->hash->digest_len, field[2].p, field[2].len);
    return (e == CV_OK) == valid && (!valid || same(field[4], out));
}

static bool check_aead(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    static _Alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
    const struct cv_bytes key = field[0], nonce = field[1], aad = field[2], msg = field[3], ct = field[4],
                          tag = field[5];
    uint8_t made[CV_AEAD_TAG_MAX];
    if (key.len != s->aead->key_len || nonce.len != CV_AEAD_NONCE_LEN || tag.len != s->aead->tag_len ||
        msg.len != ct.len || ct.len > OUT_MAX)
        return false;
    s->aead->init(s->aead, state, key.p);
    cv_err e = s->aead->open(s->aead, state, nonce.p, aad, out, ct.p, ct.len, tag.p);
    if (!valid) return e != CV_OK;
    if (e != CV_OK || !same(msg, out)) return false;
    s->aead->seal(s->aead, state, nonce.p, aad, out, msg.len, NULL, 0, made);
    return same(ct, out) && same(tag, made);
}

static bool check_dh(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    if (field[0].len != s->group->private_len || s->group->secret_len > OUT_MAX) return false;
    cv_err e = s->group->finish(s->group, out, field[0].p, field[1]);
    return (e == CV_OK) == valid && (!valid || (field[2].len == s->group->secret_len && same(field[2], out)));
}

static bool check_verify(const struct subject *s, const struct cv_bytes *field, bool valid)
{
    const struct cv_public_key key = {.type = s->scheme->key, .point = field[0]};
    cv_hash_digest(s->scheme->hash, out, field[1].p, field[1].len);
    cv_err e = s->scheme->verify(&key, s->scheme->hash, cv_bytes(out, s->scheme->hash->digest_len), field[2]);
    return (e == CV_OK) == valid;
}

static const struct operation {
    const char *name;
    check_fn *check;
    size_t n_fields;
} operations[] = {
    {"hash", check_hash, 2}, {"hmac", check_hmac, 3}, {"hkdf", check_hkdf, 5},
    {"aead", check_aead, 6}, {"dh", check_dh, 3},     {"verify", check_verify, 3},
};

static bool is(struct cv_bytes name, const char *text)
{
    return strlen(text) == name.len && memcmp(text, name.p, name.len) == 0;
}

/* What the profile has by that name; false if nothing. */
static bool find(struct subject *s, struct cv_bytes name)
{
    *s = (struct subject){.hash = is(name, profile.sha256->name) ? profile.sha256 : NULL};
    for (size_t i = 0; i < profile.n_suites; i++)
        if (is(name, profile.suites[i].aead->name)) s->aead = profile.suites[i].aead;
    for (size_t i = 0; i < profile.n_groups; i++) {
        const struct cv_group *g = profile.groups[i];
        if (is(name, g->name)) s->group = g;
        if (g->part != NULL && is(name, g->part->name)) s->group = g->part;
    }
    for (size_t i = 0; i < profile.n_schemes; i++)
        if (is(name, profile.schemes[i].name)) s->scheme = &profile.schemes[i];
    return s->hash != NULL || s->aead != NULL || s->group != NULL || s->scheme != NULL;
}

static const struct operation *find_operation(struct cv_bytes name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (is(name, operations[i].name)) return &operations[i];
    return NULL;
}

struct tally {
    long passed, failed;
};

static cv_err run_case(struct cv_bytes *in, const struct operation *op, const struct subject *s, bool known,
                       struct tally *t)
{
    struct cv_bytes field[N_FIELDS_MAX];
    uint8_t valid;
    cv_err e = cv_read_u8(in, &valid);
    for (size_t i = 0; e == CV_OK && i < op->n_fields; i++) e = cv_read_vec16(in, &field[i]);
    if (e != CV_OK || !known) return e;
    if (op->check(s, field, valid != 0))
        t->passed++;
    else
        t->failed++;
    return CV_OK;
}

static cv_err run_file(struct cv_bytes *in, struct tally *all)
{
    struct cv_bytes name, operation, algorithm;
    char text[80];
    uint16_t n_cases;
    cv_err e;
    if ((e = cv_read_vec8(in, &name)) != CV_OK || (e = cv_read_vec8(in, &operation)) != CV_OK ||
        (e = cv_read_vec8(in, &algorithm)) != CV_OK || (e = cv_read_u16(in, &n_cases)) != CV_OK)
        return e;
    const struct operation *op = find_operation(operation);
    if (op == NULL || name.len >= sizeof text) return CV_E_INTERNAL;
    memcpy(text, name.p, name.len);
    text[name.len] = '\0';
    struct subject s;
    bool known = find(&s, algorithm);
    struct tally here = {0, 0};
    for (uint16_t i = 0; i < n_cases; i++)
        if ((e = run_case(in, op, &s, known, &here)) != CV_OK) return e;
    board_say(text);
    if (known)
        board_say_number("  passed", here.passed);
    else
        board_say("  not of this profile");
    if (here.failed > 0) board_say_number("  FAILED", here.failed);
    all->passed += here.passed;
    all->failed += here.failed;
    return CV_OK;
}

int main(void)
{
    struct cv_bytes in = cv_bytes(vectors, (size_t)(vectors_end - vectors));
    struct tally all = {0, 0};
    cv_err e = CV_OK;
    while (e == CV_OK && in.len > 0) e = run_file(&in, &all);
    if (e != CV_OK) board_say("vectors.bin cannot be read");
    board_say_number("vectors passed", all.passed);
    board_say_number("vectors failed", all.failed);
    board_say_number("stack", (long)board_stack_used());
    return e != CV_OK || all.failed > 0 || all.passed == 0;
}
