#include "x509/pkcs7.h"
#include "x509/der.h"
#include "x509/oid.h"

/* SignedData: version, digestAlgorithms, encapContentInfo, [0] certificates, [1] crls, signerInfos. */
static cv_err read_signed_data(struct cv_bytes seq, struct cv_bytes *certs, struct cv_bytes *crls)
{
    struct cv_bytes v;
    uint32_t version;
    cv_err e = cv_der_uint32(&seq, &version);

    if (e != CV_OK || (e = cv_der_read(&seq, CV_DER_SET, &v)) != CV_OK) return e;
    if (version < 1 || version > 5) return CV_E_CERT_SYNTAX;
    if ((e = cv_der_read(&seq, CV_DER_SEQUENCE, &v)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, certs)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 1, crls)) != CV_OK) return e;
    if ((e = cv_der_read(&seq, CV_DER_SET, &v)) != CV_OK) return e;
    return cv_der_end(seq);
}

cv_err cv_pkcs7_bundle_read(struct cv_bytes der, struct cv_bytes *certs, struct cv_bytes *crls)
{
    static const struct cv_oid signed_data = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}};
    struct cv_bytes seq, oid, content, data;
    cv_err e = cv_der_check(der);

    if (e != CV_OK || (e = cv_der_read(&der, CV_DER_SEQUENCE, &seq)) != CV_OK) return e;
    if ((e = cv_der_read(&seq, CV_DER_OID, &oid)) != CV_OK) return e;
    if (!cv_oid_is(oid, &signed_data)) return CV_E_UNSUPPORTED;
    if ((e = cv_der_read(&seq, CV_DER_CONTEXT_CON | 0, &content)) != CV_OK) return e;
    if ((e = cv_der_end(seq)) != CV_OK) return e;
    if ((e = cv_der_read(&content, CV_DER_SEQUENCE, &data)) != CV_OK) return e;
    if ((e = cv_der_end(content)) != CV_OK) return e;
    return read_signed_data(data, certs, crls);
}
