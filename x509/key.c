#include "x509/key.h"
#include "crypto/base/secret.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/oid.h"

/* An INTEGER of a private key. Only the sign byte and the bit that makes it necessary are looked at: they
 * decide the encoding's length, which whoever sees the file's length knows. */
static cv_err read_secret_uint(struct cv_bytes *in, struct cv_bytes *out)
{
    if (in->len >= 4) cv_secret_declassify(in->p, 4); /* tag and length are the container's form */
    struct cv_bytes probe = *in, v;
    cv_err e = cv_der_read(&probe, CV_DER_INTEGER, &v);

    if (e != CV_OK) return e;
    cv_secret_declassify(v.p, v.len < 2 ? v.len : 2); /* sign byte and top bit, as said above */
    return cv_der_uint(in, out);
}

static bool is_odd(struct cv_bytes n)
{
    return n.len > 0 && (n.p[n.len - 1] & 1);
}

/* RFC 8017 A.1.2: RSAPrivateKey, version 0 (two primes), behind its header. */
static cv_err read_rsa(struct cv_private_key *key, struct cv_bytes seq)
{
    struct cv_bytes *const secrets[] = {&key->d, &key->p, &key->q, &key->dp, &key->dq, &key->qinv};
    uint32_t version;

    if (cv_der_uint32(&seq, &version) != CV_OK || version != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_uint(&seq, &key->n) != CV_OK || cv_der_uint(&seq, &key->e) != CV_OK) return CV_E_KEY_SYNTAX;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (read_secret_uint(&seq, secrets[i]) != CV_OK) return CV_E_KEY_SYNTAX;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;

    size_t bits = cv_uint_bits(key->n);
    if (bits < CV_RSA_BITS_MIN || bits > CV_RSA_BITS_MAX || !is_odd(key->n)) return CV_E_BAD_MODULUS;
    /* keys of ours: e at least 65537, NIST SP 800-56B 6.2 */
    if (!is_odd(key->e) || cv_uint_bits(key->e) < 17 || cv_uint_bits(key->e) > 64) return CV_E_BAD_EXPONENT;
    /* no part may be longer than what it is reduced by */
    if (key->d.len > key->n.len || key->p.len + key->q.len > key->n.len + 1) return CV_E_BAD_MODULUS;
    if (key->dp.len > key->p.len || key->dq.len > key->q.len || key->qinv.len > key->p.len)
        return CV_E_BAD_MODULUS;
    return CV_OK;
}

static cv_err set_curve(struct cv_private_key *key, struct cv_bytes oid, size_t *scalar_len)
{
    static const struct {
        struct cv_oid oid;
        enum cv_key_type type;
        uint8_t len;
    } curves[] = {
        {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}}, CV_KEY_P256, 32},
        {{5, {0x2b, 0x81, 0x04, 0x00, 0x22}}, CV_KEY_P384, 48},
        {{5, {0x2b, 0x81, 0x04, 0x00, 0x23}}, CV_KEY_P521, 66},
    };

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (!cv_oid_is(oid, &curves[i].oid)) continue;
        key->type = curves[i].type;
        *scalar_len = curves[i].len;
        return CV_OK;
    }
    return CV_E_UNSUPPORTED;
}

/* RFC 5915 3: ECPrivateKey behind its header. outer: the curve as PKCS#8 names it, else empty; where
 * both name it they agree. */
static cv_err read_ec(struct cv_private_key *key, struct cv_bytes seq, struct cv_bytes outer)
{
    struct cv_bytes params, public_key, curve = outer;
    uint32_t version;
    size_t scalar_len;

    if (cv_der_uint32(&seq, &version) != CV_OK || version != 1) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &key->secret) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_optional(&seq, CV_DER_CONTEXT_CON | 1, &public_key) != CV_OK) return CV_E_KEY_SYNTAX;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;
    if (params.p) {
        if (cv_der_read(&params, CV_DER_OID, &curve) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
        if (outer.p && !cv_bytes_equal(curve, outer)) return CV_E_KEY_SYNTAX;
    }
    cv_err e = set_curve(key, curve, &scalar_len);
    if (e != CV_OK) return e;
    return key->secret.len == scalar_len ? CV_OK : CV_E_KEY_SYNTAX;
}

static cv_err read_ec_in_pkcs8(struct cv_private_key *key, struct cv_bytes params, struct cv_bytes inner)
{
    struct cv_bytes curve, seq;

    if (cv_der_read(&params, CV_DER_OID, &curve) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&inner, CV_DER_SEQUENCE, &seq) != CV_OK || inner.len != 0) return CV_E_KEY_SYNTAX;
    return read_ec(key, seq, curve);
}

/* RFC 8017 A.1; parameters NULL, for PSS whatever they are: the certificate's count. */
static cv_err read_rsa_in_pkcs8(struct cv_private_key *key, struct cv_bytes inner)
{
    struct cv_bytes seq;

    if (cv_der_read(&inner, CV_DER_SEQUENCE, &seq) != CV_OK || inner.len != 0) return CV_E_KEY_SYNTAX;
    return read_rsa(key, seq);
}

/* RFC 8410 7: CurvePrivateKey, an OCTET STRING in the OCTET STRING. */
static cv_err read_eddsa(struct cv_private_key *key, struct cv_bytes inner, size_t len)
{
    if (cv_der_read(&inner, CV_DER_OCTET_STRING, &key->secret) != CV_OK) return CV_E_KEY_SYNTAX;
    return inner.len == 0 && key->secret.len == len ? CV_OK : CV_E_KEY_SYNTAX;
}

/* RFC 9881 6: the seed, the expanded key, or both. Whether they fit each other is for those who use the key.
 */
static cv_err read_mldsa(struct cv_private_key *key, struct cv_bytes inner)
{
    const size_t seed_len = 32, expanded_len = key->type == CV_KEY_MLDSA44   ? 2560
                                               : key->type == CV_KEY_MLDSA65 ? 4032
                                                                             : 4896;
    struct cv_bytes both;

    if (cv_der_next_is(inner, CV_DER_OCTET_STRING)) {
        if (cv_der_read(&inner, CV_DER_OCTET_STRING, &key->secret) != CV_OK) return CV_E_KEY_SYNTAX;
        return inner.len == 0 && key->secret.len == expanded_len ? CV_OK : CV_E_KEY_SYNTAX;
    }
    if (cv_der_next_is(inner, CV_DER_SEQUENCE)) {
        if (cv_der_read(&inner, CV_DER_SEQUENCE, &both) != CV_OK) return CV_E_KEY_SYNTAX;
        if (cv_der_read(&both, CV_DER_OCTET_STRING, &key->secret) != CV_OK) return CV_E_KEY_SYNTAX;
        if (cv_der_read(&both, CV_DER_OCTET_STRING, &key->expanded) != CV_OK) return CV_E_KEY_SYNTAX;
        if (both.len != 0 || key->expanded.len != expanded_len) return CV_E_KEY_SYNTAX;
    } else if (cv_der_read(&inner, CV_DER_CONTEXT | 0, &key->secret) != CV_OK) {
        return CV_E_KEY_SYNTAX;
    }
    return inner.len == 0 && key->secret.len == seed_len ? CV_OK : CV_E_KEY_SYNTAX;
}

static const struct {
    struct cv_oid oid;
    enum cv_key_type type; /* CV_KEY_P256 stands for every curve */
} kinds[] = {
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}}, CV_KEY_RSA},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}}, CV_KEY_RSA_PSS},
    {{7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}}, CV_KEY_P256},
    {{3, {0x2b, 0x65, 0x70}}, CV_KEY_ED25519},
    {{3, {0x2b, 0x65, 0x71}}, CV_KEY_ED448},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11}}, CV_KEY_MLDSA44},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12}}, CV_KEY_MLDSA65},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13}}, CV_KEY_MLDSA87},
};

/* RFC 5958 2: OneAsymmetricKey behind its header; attributes and public key are not used. */
static cv_err read_pkcs8(struct cv_private_key *key, struct cv_bytes seq)
{
    struct cv_bytes oid, params, inner, unused;
    uint32_t version;

    if (cv_der_uint32(&seq, &version) != CV_OK || version > 1) return CV_E_KEY_SYNTAX;
    if (cv_alg_read(&seq, &oid, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &inner) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &unused) != CV_OK) return CV_E_KEY_SYNTAX;
    if (version == 1 && cv_der_optional(&seq, CV_DER_CONTEXT | 1, &unused) != CV_OK) return CV_E_KEY_SYNTAX;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!cv_oid_is(oid, &kinds[i].oid)) continue;
        key->type = kinds[i].type;
        switch (key->type) {
        case CV_KEY_RSA:
        case CV_KEY_RSA_PSS:
            return read_rsa_in_pkcs8(key, inner);
        case CV_KEY_P256:
            return read_ec_in_pkcs8(key, params, inner);
        case CV_KEY_ED25519:
        case CV_KEY_ED448:
            if (params.p) return CV_E_KEY_SYNTAX;
            return read_eddsa(key, inner, key->type == CV_KEY_ED25519 ? 32 : 57);
        default:
            return params.p ? CV_E_KEY_SYNTAX : read_mldsa(key, inner);
        }
    }
    return CV_E_UNSUPPORTED;
}

cv_err cv_private_key_parse(struct cv_private_key *key, struct cv_bytes der)
{
    struct cv_bytes seq, first;
    uint8_t tag;

    *key = (struct cv_private_key){.type = CV_KEY_NONE};
    if (cv_der_read(&der, CV_DER_SEQUENCE, &seq) != CV_OK || der.len != 0) return CV_E_KEY_SYNTAX;
    struct cv_bytes rest = seq;
    if (cv_der_any(&rest, &tag, &first) != CV_OK) return CV_E_KEY_SYNTAX;
    /* RFC 5958 3: EncryptedPrivateKeyInfo begins with its algorithm, all others with a version */
    if (tag == CV_DER_SEQUENCE) return CV_E_KEY_PASSWORD;
    if (tag != CV_DER_INTEGER) return CV_E_KEY_SYNTAX;
    if (cv_der_next_is(rest, CV_DER_SEQUENCE)) return read_pkcs8(key, seq);
    if (cv_der_next_is(rest, CV_DER_OCTET_STRING)) return read_ec(key, seq, cv_bytes(NULL, 0));
    key->type = CV_KEY_RSA;
    return read_rsa(key, seq);
}
