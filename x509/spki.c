#include "x509/alg.h"
#include "x509/der.h"
#include "x509/key.h"
#include "x509/oid.h"

/* RFC 8017 A.1.1: RSAPublicKey. How large n may be is for those who use the key. */
static cv_err read_rsa(struct cv_public_key *key, struct cv_bytes bits)
{
    struct cv_bytes seq;
    cv_err e = cv_der_check(bits);

    if (e != CV_OK || (e = cv_der_read(&bits, CV_DER_SEQUENCE, &seq)) != CV_OK) return e;
    if ((e = cv_der_uint(&seq, &key->n)) != CV_OK || (e = cv_der_uint(&seq, &key->e)) != CV_OK) return e;
    if ((e = cv_der_end(seq)) != CV_OK) return e;
    bool odd = (key->n.p[key->n.len - 1] & 1) && (key->e.p[key->e.len - 1] & 1);
    bool e_is_one = key->e.len == 1 && key->e.p[0] == 1;
    return odd && !e_is_one ? CV_OK : CV_E_CERT_KEY;
}

static cv_err read_rsa_pss(struct cv_public_key *key, struct cv_bytes params, struct cv_bytes bits)
{
    struct cv_cert_sig_alg pss;

    if (params.p) {
        cv_err e = cv_pss_params_parse(&pss, params);
        if (e != CV_OK) return e;
        if (!pss.known || pss.mgf_hash != pss.hash) {
            key->type = CV_KEY_NONE;
            return CV_OK;
        }
        key->pss_hash = pss.hash;
        key->pss_salt_min = pss.salt_len;
    }
    return read_rsa(key, bits);
}

const struct cv_curve *cv_curve_find(struct cv_bytes oid)
{
    static const struct cv_curve curves[] = {
        {{8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}}, CV_KEY_P256, 32},
        {{5, {0x2b, 0x81, 0x04, 0x00, 0x22}}, CV_KEY_P384, 48},
        {{5, {0x2b, 0x81, 0x04, 0x00, 0x23}}, CV_KEY_P521, 66},
    };

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (cv_oid_is(oid, &curves[i].oid)) return &curves[i];
    return NULL;
}

/* RFC 5480 2.1.1: a named curve, nothing else; the point uncompressed. */
static cv_err read_ec(struct cv_public_key *key, struct cv_bytes params, struct cv_bytes bits)
{
    struct cv_bytes oid;
    cv_err e = cv_der_read(&params, CV_DER_OID, &oid);

    if (e != CV_OK || (e = cv_der_end(params)) != CV_OK) return e;
    const struct cv_curve *curve = cv_curve_find(oid);
    key->type = curve ? curve->type : CV_KEY_NONE;
    if (!curve) return CV_OK;
    if (bits.len != 1u + 2u * curve->field_len || bits.p[0] != 0x04) return CV_E_CERT_KEY;
    key->point = bits;
    return CV_OK;
}

static const struct cv_key_alg kinds[] = {
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}}, CV_KEY_RSA, 0},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}}, CV_KEY_RSA_PSS, 0},
    {{7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}}, CV_KEY_P256, 0}, /* id-ecPublicKey */
    {{3, {0x2b, 0x65, 0x70}}, CV_KEY_ED25519, 32},
    {{3, {0x2b, 0x65, 0x71}}, CV_KEY_ED448, 57},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11}}, CV_KEY_MLDSA44, 1312},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12}}, CV_KEY_MLDSA65, 1952},
    {{9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13}}, CV_KEY_MLDSA87, 2592},
};

const struct cv_key_alg *cv_key_alg_find(struct cv_bytes oid)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (cv_oid_is(oid, &kinds[i].oid)) return &kinds[i];
    return NULL;
}

static cv_err read_kind(struct cv_public_key *key, const struct cv_key_alg *kind, struct cv_bytes params,
                        struct cv_bytes bits)
{
    key->type = kind->type;
    switch (kind->type) {
    case CV_KEY_RSA:
        /* RFC 3279 2.3.1: parameters NULL */
        if (params.len != 2 || params.p[0] != CV_DER_NULL) return CV_E_CERT_KEY;
        return read_rsa(key, bits);
    case CV_KEY_RSA_PSS:
        return read_rsa_pss(key, params, bits);
    case CV_KEY_P256:
        return read_ec(key, params, bits);
    default:
        key->point = bits;
        return params.p == NULL && bits.len == kind->raw_len ? CV_OK : CV_E_CERT_KEY;
    }
}

cv_err cv_public_key_parse(struct cv_public_key *key, struct cv_bytes spki)
{
    struct cv_bytes seq, oid, params, bits;
    uint8_t n_unused;

    *key = (struct cv_public_key){.type = CV_KEY_NONE};
    if (cv_der_check(spki) != CV_OK || cv_der_read(&spki, CV_DER_SEQUENCE, &seq) != CV_OK)
        return CV_E_CERT_KEY;
    if (cv_alg_read(&seq, &oid, &params) != CV_OK) return CV_E_CERT_KEY;
    if (cv_der_bit_string(&seq, &bits, &n_unused) != CV_OK || cv_der_end(seq) != CV_OK) return CV_E_CERT_KEY;
    const struct cv_key_alg *kind = cv_key_alg_find(oid);
    if (!kind) return CV_OK;
    if (n_unused != 0) return CV_E_CERT_KEY;
    return read_kind(key, kind, params, bits) == CV_OK ? CV_OK : CV_E_CERT_KEY;
}
