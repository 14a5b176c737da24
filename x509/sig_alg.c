#include "x509/alg.h"
#include "x509/der.h"
#include "x509/oid.h"

cv_err cv_alg_read(struct cv_bytes *in, struct cv_bytes *oid, struct cv_bytes *params)
{
    struct cv_bytes seq, content;
    uint8_t tag;
    cv_err e = cv_der_read(in, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_read(&seq, CV_DER_OID, oid)) != CV_OK) return e;
    *params = cv_bytes(NULL, 0);
    if (seq.len == 0) return CV_OK;
    *params = seq;
    if ((e = cv_der_any(&seq, &tag, &content)) != CV_OK) return e;
    return cv_der_end(seq);
}

static bool is_null(struct cv_bytes params)
{
    return params.len == 2 && params.p[0] == CV_DER_NULL && params.p[1] == 0;
}

/* RFC 4055 2.1: id-sha1 and the others, NULL or nothing behind them. */
static const struct {
    struct cv_oid oid;
    enum cv_hash_id hash;
} hash_algs[] = {
    {{5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}}, CV_HASH_SHA1},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04}}, CV_HASH_SHA224},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}}, CV_HASH_SHA256},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}}, CV_HASH_SHA384},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}}, CV_HASH_SHA512},
};

cv_err cv_hash_alg_read(struct cv_bytes *in, enum cv_hash_id *hash)
{
    struct cv_bytes oid, params;
    cv_err e = cv_alg_read(in, &oid, &params);

    if (e != CV_OK) return e;
    *hash = CV_HASH_NONE;
    for (size_t i = 0; i < sizeof hash_algs / sizeof hash_algs[0]; i++) {
        if (!cv_oid_is(oid, &hash_algs[i].oid)) continue;
        *hash = hash_algs[i].hash;
        return params.p == NULL || is_null(params) ? CV_OK : CV_E_CERT_SYNTAX;
    }
    return CV_OK;
}

/* MaskGenAlgorithm: id-mgf1 with its hash; CV_HASH_NONE if it is another. */
static cv_err read_mgf(struct cv_bytes *in, enum cv_hash_id *hash)
{
    static const struct cv_oid mgf1 = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08}};
    struct cv_bytes oid, params;
    cv_err e = cv_alg_read(in, &oid, &params);

    if (e != CV_OK) return e;
    *hash = CV_HASH_NONE;
    if (!cv_oid_is(oid, &mgf1)) return CV_OK;
    if ((e = cv_hash_alg_read(&params, hash)) != CV_OK) return e;
    return cv_der_end(params);
}

cv_err cv_pss_params_parse(struct cv_cert_sig_alg *sig, struct cv_bytes params)
{
    struct cv_bytes seq, field;
    uint32_t salt_len = 20, trailer = 1;
    cv_err e = cv_der_read(&params, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_end(params)) != CV_OK) return e;
    sig->hash = sig->mgf_hash = CV_HASH_SHA1; /* RFC 4055 3.1: the defaults */
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &field)) != CV_OK) return e;
    if (field.p && ((e = cv_hash_alg_read(&field, &sig->hash)) != CV_OK || (e = cv_der_end(field)) != CV_OK))
        return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 1, &field)) != CV_OK) return e;
    if (field.p && ((e = read_mgf(&field, &sig->mgf_hash)) != CV_OK || (e = cv_der_end(field)) != CV_OK))
        return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 2, &field)) != CV_OK) return e;
    if (field.p && ((e = cv_der_uint32(&field, &salt_len)) != CV_OK || (e = cv_der_end(field)) != CV_OK))
        return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 3, &field)) != CV_OK) return e;
    if (field.p && ((e = cv_der_uint32(&field, &trailer)) != CV_OK || (e = cv_der_end(field)) != CV_OK))
        return e;
    if ((e = cv_der_end(seq)) != CV_OK) return e;
    /* RFC 4055 3.1: trailerField is 1; no salt is longer than the largest modulus */
    if (trailer != 1 || salt_len > CV_RSA_BITS_MAX / 8) return CV_E_CERT_SYNTAX;
    sig->salt_len = (uint16_t)salt_len;
    sig->known = sig->hash != CV_HASH_NONE && sig->mgf_hash != CV_HASH_NONE;
    return CV_OK;
}

static const struct cv_sig_alg sig_algs[] = {
    /* RFC 5758 3.2: ecdsa-with-SHA256, 384, 512; RFC 3279 2.2.3: with SHA1 */
    {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_ECDSA,
     CV_KEY_NONE,
     CV_HASH_SHA256},
    {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_ECDSA,
     CV_KEY_NONE,
     CV_HASH_SHA384},
    {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_ECDSA,
     CV_KEY_NONE,
     CV_HASH_SHA512},
    {{7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01}}, CV_SIG_PARAMS_ABSENT, CV_SIG_ECDSA, CV_KEY_NONE, CV_HASH_SHA1},
    /* RFC 4055 5, RFC 8017 A.2.4: sha1, 224, 256, 384, 512WithRSAEncryption */
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05}},
     CV_SIG_PARAMS_NULL,
     CV_SIG_RSA_PKCS1,
     CV_KEY_NONE,
     CV_HASH_SHA1},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0e}},
     CV_SIG_PARAMS_NULL,
     CV_SIG_RSA_PKCS1,
     CV_KEY_NONE,
     CV_HASH_SHA224},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}},
     CV_SIG_PARAMS_NULL,
     CV_SIG_RSA_PKCS1,
     CV_KEY_NONE,
     CV_HASH_SHA256},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c}},
     CV_SIG_PARAMS_NULL,
     CV_SIG_RSA_PKCS1,
     CV_KEY_NONE,
     CV_HASH_SHA384},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d}},
     CV_SIG_PARAMS_NULL,
     CV_SIG_RSA_PKCS1,
     CV_KEY_NONE,
     CV_HASH_SHA512},
    /* RFC 4055 3.1: id-RSASSA-PSS */
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}},
     CV_SIG_PARAMS_PSS,
     CV_SIG_RSA_PSS,
     CV_KEY_NONE,
     CV_HASH_NONE},
    /* RFC 8410 3: id-Ed25519, id-Ed448 */
    {{3, {0x2b, 0x65, 0x70}}, CV_SIG_PARAMS_ABSENT, CV_SIG_EDDSA, CV_KEY_ED25519, CV_HASH_NONE},
    {{3, {0x2b, 0x65, 0x71}}, CV_SIG_PARAMS_ABSENT, CV_SIG_EDDSA, CV_KEY_ED448, CV_HASH_NONE},
    /* RFC 9881 2: id-ml-dsa-44, 65, 87 */
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_MLDSA,
     CV_KEY_MLDSA44,
     CV_HASH_NONE},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_MLDSA,
     CV_KEY_MLDSA65,
     CV_HASH_NONE},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13}},
     CV_SIG_PARAMS_ABSENT,
     CV_SIG_MLDSA,
     CV_KEY_MLDSA87,
     CV_HASH_NONE},
};

cv_err cv_signed_read(struct cv_bytes der, struct cv_bytes *tbs, struct cv_bytes *sig_alg,
                      struct cv_bytes *signature)
{
    struct cv_bytes seq;
    uint8_t n_unused;
    cv_err e;
    if ((e = cv_der_read(&der, CV_DER_SEQUENCE, &seq)) != CV_OK) return e;
    if ((e = cv_der_whole(&seq, CV_DER_SEQUENCE, tbs)) != CV_OK) return e;
    if ((e = cv_der_whole(&seq, CV_DER_SEQUENCE, sig_alg)) != CV_OK) return e;
    if ((e = cv_der_bit_string(&seq, signature, &n_unused)) != CV_OK) return e;
    return n_unused == 0 && seq.len == 0 ? CV_OK : CV_E_CERT_SYNTAX;
}

const struct cv_sig_alg *cv_sig_alg_find(struct cv_bytes oid)
{
    for (size_t i = 0; i < sizeof sig_algs / sizeof sig_algs[0]; i++)
        if (cv_oid_is(oid, &sig_algs[i].oid)) return &sig_algs[i];
    return NULL;
}

cv_err cv_sig_alg_parse(struct cv_cert_sig_alg *sig, struct cv_bytes alg)
{
    struct cv_bytes oid, params;
    cv_err e = cv_alg_read(&alg, &oid, &params);

    *sig = (struct cv_cert_sig_alg){.known = false};
    if (e != CV_OK || (e = cv_der_end(alg)) != CV_OK) return e;
    const struct cv_sig_alg *a = cv_sig_alg_find(oid);
    if (!a) return CV_OK;
    *sig = (struct cv_cert_sig_alg){.known = true, .family = a->family, .key = a->key, .hash = a->hash};
    switch (a->params) {
    case CV_SIG_PARAMS_ABSENT:
        return params.p == NULL ? CV_OK : CV_E_CERT_SYNTAX;
    case CV_SIG_PARAMS_NULL:
        /* RFC 4055 5: NULL, but absent must be accepted too */
        return params.p == NULL || is_null(params) ? CV_OK : CV_E_CERT_SYNTAX;
    default:
        return params.p == NULL ? CV_E_CERT_SYNTAX : cv_pss_params_parse(sig, params);
    }
}

/* MGF1 with the same hash, a salt as long as the hash: what TLS's schemes do. */
static bool is_usual_pss(const struct cv_cert_sig_alg *sig, const struct cv_hash *hash)
{
    return sig->mgf_hash == sig->hash && sig->salt_len == hash->digest_len;
}

static bool scheme_fits(const struct cv_sig_scheme *scheme, const struct cv_cert_sig_alg *sig,
                        const struct cv_public_key *key)
{
    if (scheme->family != sig->family || scheme->key != key->type) return false;
    if (sig->key != CV_KEY_NONE && sig->key != key->type) return false;
    if ((scheme->hash ? scheme->hash->id : CV_HASH_NONE) != sig->hash) return false;
    if (sig->family != CV_SIG_RSA_PSS) return true;
    /* RFC 4055 3.3: what the key's own parameters demand */
    if (key->pss_hash != CV_HASH_NONE && (key->pss_hash != sig->hash || key->pss_hash != sig->mgf_hash))
        return false;
    if (sig->salt_len < key->pss_salt_min) return false;
    return is_usual_pss(sig, scheme->hash) || scheme->verify_pss;
}

/* Any hash that a scheme of the list has. */
static const struct cv_hash *hash_of(enum cv_hash_id id, const struct cv_sig_scheme *schemes,
                                     size_t n_schemes)
{
    for (size_t i = 0; i < n_schemes; i++)
        if (schemes[i].hash && schemes[i].hash->id == id) return schemes[i].hash;
    return NULL;
}

cv_err cv_signature_check(const struct cv_cert_sig_alg *sig, struct cv_bytes m, struct cv_bytes signature,
                          const struct cv_public_key *key, const struct cv_sig_scheme *schemes,
                          size_t n_schemes)
{
    const struct cv_hash *mgf = NULL;
    const struct cv_sig_scheme *s = NULL;

    if (!sig->known || key->type == CV_KEY_NONE) return CV_E_CERT_SIGNATURE_ALGORITHM;
    for (size_t i = 0; i < n_schemes && !s; i++)
        if (scheme_fits(&schemes[i], sig, key)) s = &schemes[i];
    if (!s) return CV_E_CERT_SIGNATURE_ALGORITHM;

    uint8_t digest[CV_HASH_MAX];
    if (s->hash) {
        cv_hash_digest(s->hash, digest, m.p, m.len);
        m = cv_bytes(digest, s->hash->digest_len);
    }
    cv_err e;
    if (sig->family == CV_SIG_RSA_PSS && !is_usual_pss(sig, s->hash)) {
        if (!(mgf = hash_of(sig->mgf_hash, schemes, n_schemes))) return CV_E_CERT_SIGNATURE_ALGORITHM;
        e = s->verify_pss(key, s->hash, mgf, sig->salt_len, m, signature);
    } else {
        e = s->verify(key, s->hash, m, signature);
    }
    return e == CV_OK ? CV_OK : e == CV_E_BAD_SIGNATURE ? CV_E_CERT_SIGNATURE : CV_E_CERT_KEY;
}

cv_err cv_cert_check_signature(const struct cv_cert *cert, const struct cv_public_key *issuer_key,
                               const struct cv_sig_scheme *schemes, size_t n_schemes)
{
    return cv_signature_check(&cert->sig, cert->tbs, cert->signature, issuer_key, schemes, n_schemes);
}
