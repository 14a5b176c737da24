#include "x509/ocsp.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/grammar.h"
#include "x509/oid.h"
#include "x509/validate.h"

enum { RESPONSE_STATUS_MAX = 6 };

/* GeneralizedTime is the one form here, whatever the year (RFC 6960 4.2.2.1). */
static cv_err read_time(struct cv_bytes *in, int64_t *seconds)
{
    bool proper;

    if (!cv_der_next_is(*in, CV_DER_GENERALIZED_TIME)) return CV_E_CERT_SYNTAX;
    return cv_der_time(in, seconds, &proper);
}

/* [1] EXPLICIT Extensions OPTIONAL; we process none, so that a critical one is unknown. */
static cv_err read_extensions(struct cv_bytes *in, bool *unknown_critical)
{
    struct cv_bytes field, seq, extension, oid, value;
    bool critical, explicit_default;
    cv_err e = cv_der_optional(in, CV_DER_CONTEXT_CON | 1, &field);

    if (e != CV_OK || !field.p) return e;
    if ((e = cv_der_read(&field, CV_DER_SEQUENCE, &seq)) != CV_OK || (e = cv_der_end(field)) != CV_OK)
        return e;
    while (seq.len > 0) {
        if ((e = cv_der_read(&seq, CV_DER_SEQUENCE, &extension)) != CV_OK) return e;
        if ((e = cv_extension_read(extension, &oid, &critical, &explicit_default, &value)) != CV_OK) return e;
        *unknown_critical |= critical;
    }
    return CV_OK;
}

struct single {
    struct cv_bytes hash_oid, name_hash, key_hash, serial;
    enum cv_cert_status status;
    int64_t this_update, next_update;
    bool has_next_update, unknown_critical;
};

/* CertStatus: good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL. */
static cv_err read_status(struct cv_bytes *in, enum cv_cert_status *status)
{
    struct cv_bytes v, reason;
    int64_t when;
    uint8_t tag;
    cv_err e = cv_der_any(in, &tag, &v);

    if (e != CV_OK) return e;
    if (tag == (CV_DER_CONTEXT | 0) || tag == (CV_DER_CONTEXT | 2)) {
        *status = tag == (CV_DER_CONTEXT | 0) ? CV_STATUS_GOOD : CV_STATUS_UNKNOWN;
        return cv_der_end(v);
    }
    if (tag != (CV_DER_CONTEXT_CON | 1)) return CV_E_CERT_SYNTAX;
    *status = CV_STATUS_REVOKED;
    if ((e = read_time(&v, &when)) != CV_OK) return e;
    if ((e = cv_der_optional(&v, CV_DER_CONTEXT_CON | 0, &reason)) != CV_OK) return e;
    return cv_der_end(v);
}

static cv_err read_single(struct cv_bytes *responses, struct single *s)
{
    struct cv_bytes seq, id, params, next;
    cv_err e = cv_der_read(responses, CV_DER_SEQUENCE, &seq);

    *s = (struct single){.status = CV_STATUS_UNKNOWN};
    if (e != CV_OK || (e = cv_der_read(&seq, CV_DER_SEQUENCE, &id)) != CV_OK) return e;
    if ((e = cv_alg_read(&id, &s->hash_oid, &params)) != CV_OK) return e;
    if ((e = cv_der_read(&id, CV_DER_OCTET_STRING, &s->name_hash)) != CV_OK) return e;
    if ((e = cv_der_read(&id, CV_DER_OCTET_STRING, &s->key_hash)) != CV_OK) return e;
    if ((e = cv_der_uint(&id, &s->serial)) != CV_OK || (e = cv_der_end(id)) != CV_OK) return e;
    if ((e = read_status(&seq, &s->status)) != CV_OK) return e;
    if ((e = read_time(&seq, &s->this_update)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &next)) != CV_OK) return e;
    if (next.p) {
        if ((e = read_time(&next, &s->next_update)) != CV_OK || (e = cv_der_end(next)) != CV_OK) return e;
        s->has_next_update = true;
    }
    if ((e = read_extensions(&seq, &s->unknown_critical)) != CV_OK) return e;
    return cv_der_end(seq);
}

static cv_err read_responder(struct cv_ocsp *o, struct cv_bytes *tbs)
{
    struct cv_bytes v;
    uint8_t tag;
    cv_err e = cv_der_any(tbs, &tag, &v);

    if (e != CV_OK) return e;
    if (tag == (CV_DER_CONTEXT_CON | 1)) {
        o->responder_name = v;
        return cv_name_check(v);
    }
    if (tag != (CV_DER_CONTEXT_CON | 2)) return CV_E_CERT_SYNTAX;
    if ((e = cv_der_read(&v, CV_DER_OCTET_STRING, &o->responder_key_hash)) != CV_OK) return e;
    return o->responder_key_hash.len == 20 ? cv_der_end(v) : CV_E_CERT_SYNTAX;
}

static cv_err read_data(struct cv_ocsp *o, struct cv_bytes tbs)
{
    struct cv_bytes seq, version, in;
    struct single single;
    cv_err e = cv_der_read(&tbs, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &version)) != CV_OK) return e;
    if (version.p) return CV_E_CERT_SYNTAX; /* X.690 11.5: v1 is the default, and there is no other */
    if ((e = read_responder(o, &seq)) != CV_OK) return e;
    if ((e = read_time(&seq, &o->produced_at)) != CV_OK) return e;
    if ((e = cv_der_read(&seq, CV_DER_SEQUENCE, &o->responses)) != CV_OK) return e;
    for (in = o->responses; in.len > 0;)
        if ((e = read_single(&in, &single)) != CV_OK) return e;
    if ((e = read_extensions(&seq, &o->unknown_critical)) != CV_OK) return e;
    return cv_der_end(seq);
}

static cv_err read_basic(struct cv_ocsp *o, struct cv_bytes der)
{
    struct cv_bytes seq, field, in, cert;
    uint8_t n_unused;
    cv_err e = cv_der_check(der);

    if (e != CV_OK || (e = cv_der_read(&der, CV_DER_SEQUENCE, &seq)) != CV_OK) return e;
    if ((e = cv_der_whole(&seq, CV_DER_SEQUENCE, &o->tbs)) != CV_OK) return e;
    if ((e = cv_der_whole(&seq, CV_DER_SEQUENCE, &o->sig_alg)) != CV_OK) return e;
    if ((e = cv_sig_alg_parse(&o->sig, o->sig_alg)) != CV_OK) return e;
    if ((e = cv_der_bit_string(&seq, &o->signature, &n_unused)) != CV_OK) return e;
    if (n_unused != 0) return CV_E_CERT_SYNTAX;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &field)) != CV_OK) return e;
    if (field.p) {
        if ((e = cv_der_read(&field, CV_DER_SEQUENCE, &o->certs)) != CV_OK) return e;
        if ((e = cv_der_end(field)) != CV_OK) return e;
        for (in = o->certs; in.len > 0;)
            if ((e = cv_der_whole(&in, CV_DER_SEQUENCE, &cert)) != CV_OK) return e;
    }
    if ((e = cv_der_end(seq)) != CV_OK) return e;
    return read_data(o, o->tbs);
}

cv_err cv_ocsp_parse(struct cv_ocsp *o, struct cv_bytes der)
{
    static const struct cv_oid basic = {9, {0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1}};
    struct cv_bytes seq, v, field, bytes, oid, response;
    cv_err e = cv_der_check(der);

    if (e != CV_OK) return e;
    *o = (struct cv_ocsp){.der = der};
    if ((e = cv_der_read(&der, CV_DER_SEQUENCE, &seq)) != CV_OK) return e;
    if ((e = cv_der_read(&seq, CV_DER_ENUMERATED, &v)) != CV_OK) return e;
    if (v.len != 1 || cv_read_u8(&v, &o->response_status) != CV_OK ||
        o->response_status > RESPONSE_STATUS_MAX)
        return CV_E_CERT_SYNTAX;
    if (o->response_status != 0) return cv_der_end(seq); /* RFC 6960 4.2.1: no responseBytes then */
    if ((e = cv_der_read(&seq, CV_DER_CONTEXT_CON | 0, &field)) != CV_OK || (e = cv_der_end(seq)) != CV_OK)
        return e;
    if ((e = cv_der_read(&field, CV_DER_SEQUENCE, &bytes)) != CV_OK || (e = cv_der_end(field)) != CV_OK)
        return e;
    if ((e = cv_der_read(&bytes, CV_DER_OID, &oid)) != CV_OK) return e;
    if ((e = cv_der_read(&bytes, CV_DER_OCTET_STRING, &response)) != CV_OK) return e;
    if ((e = cv_der_end(bytes)) != CV_OK) return e;
    return cv_oid_is(oid, &basic) ? read_basic(o, response) : CV_E_UNSUPPORTED;
}

struct cv_bytes cv_cert_key_bits(const struct cv_cert *c)
{
    struct cv_bytes spki = c->spki, seq, oid, params, bits;
    uint8_t n_unused;

    if (cv_der_read(&spki, CV_DER_SEQUENCE, &seq) != CV_OK || cv_alg_read(&seq, &oid, &params) != CV_OK ||
        cv_der_bit_string(&seq, &bits, &n_unused) != CV_OK)
        return cv_bytes(NULL, 0);
    return bits;
}

static bool hash_is(const struct cv_hash *hash, struct cv_bytes digest, struct cv_bytes of)
{
    uint8_t d[CV_HASH_MAX];

    cv_hash_digest(hash, d, of.p, of.len);
    return cv_bytes_equal(digest, cv_bytes(d, hash->digest_len));
}

static bool is_about(const struct single *s, const struct cv_cert *cert, const struct cv_cert *issuer)
{
    static const struct {
        struct cv_oid oid;
        const struct cv_hash *hash;
    } hashes[] = {
        {{5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}}, &cv_sha1},
        {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}}, &cv_sha256},
    };

    if (!cv_bytes_equal(s->serial, cert->serial)) return false;
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        if (cv_oid_is(s->hash_oid, &hashes[i].oid))
            return hash_is(hashes[i].hash, s->name_hash, cert->issuer) &&
                   hash_is(hashes[i].hash, s->key_hash, cv_cert_key_bits(issuer));
    return false;
}

static bool is_responder(const struct cv_ocsp *o, const struct cv_cert *c)
{
    if (o->responder_name.p) return cv_name_equal(o->responder_name, c->subject);
    return hash_is(&cv_sha1, o->responder_key_hash, cv_cert_key_bits(c));
}

static bool verifies(const struct cv_ocsp *o, const struct cv_cert *signer,
                     const struct cv_path_params *params, uint32_t *signatures)
{
    return is_responder(o, signer) && cv_budget_spend(signatures, 1) == CV_OK &&
           cv_signature_check(&o->sig, o->tbs, o->signature, &signer->key, params->schemes,
                              params->n_schemes) == CV_OK;
}

/* RFC 6960 4.2.2.2: what makes a certificate of the response fit to sign it in the issuer's name. */
static bool is_delegate(const struct cv_cert *c, const struct cv_cert *issuer,
                        const struct cv_path_params *params, uint32_t *signatures)
{
    if (!(c->eku & CV_EKU_OCSP_SIGNING)) return false; /* anyExtendedKeyUsage does not do */
    if (c->has_key_usage && !(c->key_usage & (CV_KU_DIGITAL_SIGNATURE | CV_KU_NON_REPUDIATION))) return false;
    if (c->unknown_critical || cv_key_check(&c->key, params) != CV_OK) return false;
    if (params->now < c->not_before || params->now > c->not_after) return false;
    if (!cv_name_equal(c->issuer, issuer->subject) || cv_budget_spend(signatures, 1) != CV_OK) return false;
    return cv_cert_check_signature(c, &issuer->key, params->schemes, params->n_schemes) == CV_OK;
}

static bool is_authentic(const struct cv_ocsp *o, const struct cv_cert *issuer,
                         const struct cv_path_params *params, uint32_t *signatures)
{
    struct cv_bytes in = o->certs, der;
    struct cv_cert c;

    if (verifies(o, issuer, params, signatures)) return true;
    while (in.len > 0 && cv_der_whole(&in, CV_DER_SEQUENCE, &der) == CV_OK)
        if (cv_cert_parse(&c, der) == CV_OK && verifies(o, &c, params, signatures) &&
            is_delegate(&c, issuer, params, signatures))
            return true;
    return false;
}

enum cv_cert_status cv_ocsp_status(const struct cv_ocsp *o, const struct cv_cert *cert,
                                   const struct cv_cert *issuer, const struct cv_path_params *params,
                                   uint32_t *signatures)
{
    struct cv_bytes in = o->responses;
    enum cv_cert_status status = CV_STATUS_UNKNOWN;
    struct single s;

    if (o->response_status != 0 || o->unknown_critical || o->produced_at > params->now) return status;
    while (in.len > 0 && read_single(&in, &s) == CV_OK) {
        /* 4.2.2.1: in force; without nextUpdate nobody can tell for how long */
        if (s.unknown_critical || s.this_update > params->now || !s.has_next_update ||
            s.next_update < params->now)
            continue;
        if (s.status != CV_STATUS_UNKNOWN && status != CV_STATUS_REVOKED && is_about(&s, cert, issuer))
            status = s.status;
    }
    if (status == CV_STATUS_UNKNOWN) return status;
    return is_authentic(o, issuer, params, signatures) ? status : CV_STATUS_UNKNOWN;
}
