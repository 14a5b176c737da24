#include "x509/stream.h"

#include <string.h>

enum { RSA_LEN_MAX = 4096 / 8, RSA_EXPONENT_LEN_MAX = CV_RSA_EXPONENT_BITS_MAX / 8 };

/* Bytes of a key of this type as it stands in a certificate, and of a signature by it; of an EC key of 66
 * bytes at most. */
static uint16_t key_len(enum cv_key_type type)
{
    static const uint8_t lens[] = {[CV_KEY_P256] = 2 + 2 * 32,
                                   [CV_KEY_P384] = 2 + 2 * 48,
                                   [CV_KEY_P521] = 2 + 2 * 66,
                                   [CV_KEY_ED25519] = 1 + 32,
                                   [CV_KEY_ED448] = 1 + 57};

    if (type == CV_KEY_RSA) return RSA_LEN_MAX + 1 + RSA_EXPONENT_LEN_MAX + 1;
    return type < sizeof lens ? lens[type] : 0;
}

static uint16_t signature_len(enum cv_key_type type)
{
    if (type == CV_KEY_RSA) return RSA_LEN_MAX;
    return (uint16_t)(key_len(type) + 9); /* two INTEGERs, each with a sign byte, in a SEQUENCE */
}

struct room {
    uint16_t key, taken, signature;
};

static struct room room_for(const struct cv_sig_scheme *schemes, size_t n_schemes)
{
    struct room r = {.key = 0};

    for (size_t i = 0; i < n_schemes; i++) {
        uint16_t key = key_len(schemes[i].key), signature = signature_len(schemes[i].key);
        if (key > r.key) r.key = key;
        if (signature >= r.signature) r.signature = (uint16_t)(signature + 1);
    }
    r.taken = r.key > CV_STREAM_TAKEN_MIN ? r.key : CV_STREAM_TAKEN_MIN;
    return r;
}

size_t cv_stream_len(const struct cv_sig_scheme *schemes, size_t n_schemes)
{
    struct room r = room_for(schemes, n_schemes);

    return sizeof(struct cv_stream) + r.key + r.taken + r.signature;
}

static cv_err check_key(const struct cv_public_key *key, uint16_t min_rsa_bits)
{
    if (key->type != CV_KEY_RSA) return CV_OK;
    if (cv_uint_bits(key->e) > CV_RSA_EXPONENT_BITS_MAX) return CV_E_CERT_KEY;
    return cv_uint_bits(key->n) < (min_rsa_bits ? min_rsa_bits : CV_RSA_BITS_MIN) ? CV_E_CERT_WEAK_KEY
                                                                                  : CV_OK;
}

/* Verifies the certificate that waits, with its issuer's key. */
static cv_err check_signature(const struct cv_stream *s, const struct cv_public_key *key)
{
    const struct cv_sig_alg *alg = s->sig_alg;

    for (size_t i = 0; alg && i < s->params.n_schemes; i++) {
        const struct cv_sig_scheme *scheme = &s->params.schemes[i];
        if (scheme->family != alg->family || scheme->key != key->type) continue;
        if (!scheme->hash || scheme->hash->id != alg->hash) continue;
        cv_err e = scheme->verify(key, scheme->hash, cv_bytes(s->digest, scheme->hash->digest_len),
                                  cv_bytes(s->env.signature + 1, s->signature_len));
        return e == CV_OK || e != CV_E_BAD_SIGNATURE ? e : CV_E_CERT_SIGNATURE;
    }
    return CV_E_CERT_SIGNATURE_ALGORITHM;
}

/* The leaf's key, which serves to the end of the handshake. */
static void keep_key(struct cv_stream *s)
{
    struct cv_public_key *key = &s->key;
    struct cv_builder b;

    *key = s->cert.key;
    cv_build_init(&b, s->memory, s->key_cap);
    struct cv_bytes *parts[] = {&key->point, &key->n, &key->e};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const uint8_t *at = b.p + b.len;
        cv_build_bytes(&b, parts[i]->p, parts[i]->len);
        parts[i]->p = at;
    }
    if (cv_build_end(&b) != CV_OK) s->err = CV_E_CERT_TOO_COMPLEX;
}

/* Issuers of the right name whose key is tried. */
enum { CHECKS_MAX = 32 };

/* Names and key of the certificate at hand are read, and not yet its signature. */
static cv_err key_read(void *ctx)
{
    struct cv_stream *s = ctx;
    const struct cv_stream_cert *c = &s->cert;
    cv_err e = s->params.only_key ? CV_OK : check_key(&c->key, s->params.min_rsa_bits);

    if (e != CV_OK) return e;
    if (s->depth == 0) {
        keep_key(s);
        return s->err;
    }
    /* another one may follow; this one's signature must not take the place of the one that waits */
    s->skips = true;
    if (memcmp(c->subject, s->issuer, sizeof s->issuer) != 0) return CV_E_CERT_UNTRUSTED;
    if (s->n_checks++ == CHECKS_MAX) return s->err = CV_E_CERT_TOO_COMPLEX;
    if ((e = check_signature(s, &c->key)) != CV_OK) return s->near_miss = e;
    s->skips = false;
    return CV_OK;
}

static cv_err check_dates(int64_t not_before, int64_t not_after, int64_t now)
{
    return now < not_before ? CV_E_CERT_NOT_YET_VALID : now > not_after ? CV_E_CERT_EXPIRED : CV_OK;
}

/* A date that does not hold is told only where all else does. */
static void note_dates(struct cv_stream *s, int64_t not_before, int64_t not_after)
{
    if (not_after < s->not_after) s->not_after = not_after;
    if (s->late != CV_OK) return;
    s->late = check_dates(not_before, not_after, s->params.now);
    s->late_depth = s->depth;
}

/* Purposes nest: a CA that names some passes on no others. */
static cv_err check_purpose(const struct cv_stream *s, uint8_t eku)
{
    uint8_t wanted = s->params.purpose == CV_PURPOSE_SERVER ? CV_EKU_SERVER_AUTH : CV_EKU_CLIENT_AUTH;

    if (eku == 0 || s->params.purpose == CV_PURPOSE_ANY) return CV_OK;
    return eku & (wanted | CV_EKU_ANY) ? CV_OK : CV_E_CERT_EXTENDED_KEY_USAGE;
}

/* What makes a certificate fit to issue others (RFC 5280 6.1.4 (k) to (n)). */
static cv_err check_issuer(const struct cv_stream_cert *c, uint32_t n_below)
{
    if (!c->is_ca) return CV_E_CERT_NOT_CA;
    if ((c->present & CV_EXT_KEY_USAGE) && !(c->key_usage & CV_KU_KEY_CERT_SIGN)) return CV_E_CERT_KEY_USAGE;
    return c->has_path_len && n_below > c->path_len ? CV_E_CERT_PATH_LENGTH : CV_OK;
}

/* The certificate at hand is read whole. */
static cv_err check_cert(struct cv_stream *s)
{
    const struct cv_stream_cert *c = &s->cert;
    uint16_t usage = s->params.key_usage;
    cv_err e;

    if (s->depth == 0 && (c->present & CV_EXT_KEY_USAGE) && (usage & ~c->key_usage))
        return CV_E_CERT_KEY_USAGE;
    if (s->depth == 0 && s->params.only_key) return CV_OK;
    if (c->refusal != CV_OK) return c->refusal;
    if ((e = check_purpose(s, c->eku)) != CV_OK) return e;
    if (s->depth > 0) {
        if ((e = check_issuer(c, s->n_counted)) != CV_OK) return e;
        if (s->depth > s->params.max_intermediates) return CV_E_CERT_TOO_COMPLEX;
        if (memcmp(c->issuer, c->subject, sizeof c->issuer) != 0) s->n_counted++;
    }
    return CV_OK;
}

/* Whether an anchor issued the certificate at hand, which then ends the path. */
static cv_err try_anchor(struct cv_stream *s, const struct cv_anchor *a)
{
    cv_err e = check_purpose(s, a->eku);

    if (e == CV_OK) e = check_key(&a->key, s->params.min_rsa_bits);
    if (e == CV_OK && s->n_counted > a->path_len) e = CV_E_CERT_PATH_LENGTH;
    return e == CV_OK ? check_signature(s, &a->key) : e;
}

static void try_anchors(struct cv_stream *s)
{
    for (size_t i = 0; i < s->params.n_anchors && !s->anchored; i++) {
        const struct cv_anchor *a = &s->params.anchors[i];
        if (memcmp(a->name, s->issuer, sizeof s->issuer) != 0) continue;
        s->near_miss = try_anchor(s, a);
        s->anchored = s->near_miss == CV_OK;
        if (s->anchored) note_dates(s, a->not_before, a->not_after);
    }
}

static cv_err end_cert(struct cv_stream *s)
{
    struct cv_stream_cert *c = &s->cert;
    cv_err e = cv_stream_cert_end(c);

    if (e != CV_OK || (e = check_cert(s)) != CV_OK) return e;
    note_dates(s, c->not_before, c->not_after);
    if (s->depth == 0) {
        s->leaf_not_after = c->not_after;
        s->matches = c->matches;
    }
    memcpy(s->issuer, c->issuer, sizeof s->issuer);
    s->sig_alg = c->sig_alg;
    s->signature_len = c->signature_len;
    s->depth++;
    if (!s->params.only_key) try_anchors(s);
    return CV_OK;
}

void cv_stream_init(struct cv_stream *s, const struct cv_stream_params *params)
{
    struct room r = room_for(params->schemes, params->n_schemes);

    *s = (struct cv_stream){.params = *params, .not_after = INT64_MAX, .leaf_not_after = INT64_MAX};
    if (params->max_intermediates == 0 || params->max_intermediates > CV_PATH_MAX - 2)
        s->params.max_intermediates = CV_PATH_MAX - 2;
    s->near_miss = CV_E_CERT_UNTRUSTED;
    s->key_cap = r.key;
    s->env = (struct cv_stream_env){.sha256 = params->sha256,
                                    .schemes = params->schemes,
                                    .n_schemes = params->n_schemes,
                                    .dns = params->dns,
                                    .ip = params->ip,
                                    .taken = s->memory + r.key,
                                    .signature = s->memory + r.key + r.taken,
                                    .digest = s->digest,
                                    .taken_cap = r.taken,
                                    .signature_cap = r.signature};
    s->cert.env = &s->env;
    s->cert.key_read = key_read;
    s->cert.ctx = s;
}

/* Nothing that is still to come changes the verdict. */
static bool is_over(const struct cv_stream *s)
{
    return s->err != CV_OK || s->anchored || (s->params.only_key && s->depth > 0);
}

void cv_stream_begin(struct cv_stream *s, size_t len)
{
    if (is_over(s)) return;
    s->left = len;
    s->skips = false;
    s->err = cv_stream_cert_begin(&s->cert, len);
}

void cv_stream_bytes(struct cv_stream *s, struct cv_bytes part)
{
    if (is_over(s)) return;
    if (part.len > s->left) part.len = s->left;
    s->left -= part.len;
    if (s->skips) return;
    cv_err e = cv_stream_cert_bytes(&s->cert, part);
    if (s->skips) return;
    s->err = e == CV_OK && s->left == 0 ? end_cert(s) : e;
}

cv_err cv_stream_finish(const struct cv_stream *s, struct cv_verdict *verdict)
{
    cv_err e = s->err;
    uint8_t depth = s->depth;

    if (!is_over(s) && (s->left > 0 || s->depth == 0)) e = CV_E_TRUNCATED;
    if (e == CV_OK && !s->params.only_key) {
        if (!s->anchored)
            e = s->near_miss;
        else if (s->params.check_name && !s->matches)
            e = CV_E_CERT_NAME_MISMATCH;
        else
            e = s->late;
        depth = e == CV_E_CERT_NAME_MISMATCH ? 0 : s->anchored ? s->late_depth : (uint8_t)(s->depth - 1);
    }
    *verdict = (struct cv_verdict){.err = e, .depth = depth};
    return e;
}

cv_err cv_anchor_read(struct cv_anchor *anchor, struct cv_bytes der, const struct cv_hash *sha256)
{
    uint8_t taken[RSA_LEN_MAX + RSA_EXPONENT_LEN_MAX + 2], signature[RSA_LEN_MAX + 1];
    const struct cv_stream_env env = {.sha256 = sha256,
                                      .taken = taken,
                                      .signature = signature,
                                      .taken_cap = sizeof taken,
                                      .signature_cap = sizeof signature,
                                      .in_place = true};
    struct cv_stream_cert c = {.env = &env};
    cv_err e = cv_stream_cert_begin(&c, der.len);

    if (e == CV_OK) e = cv_stream_cert_bytes(&c, der);
    if (e == CV_OK) e = cv_stream_cert_end(&c);
    if (e == CV_OK) e = c.refusal;
    if (e == CV_OK) e = check_issuer(&c, 0);
    if (e != CV_OK) return e;
    *anchor = (struct cv_anchor){.key = c.key,
                                 .not_before = c.not_before,
                                 .not_after = c.not_after,
                                 .path_len = c.has_path_len ? c.path_len : UINT32_MAX,
                                 .eku = c.eku};
    memcpy(anchor->name, c.subject, sizeof anchor->name);
    return CV_OK;
}
