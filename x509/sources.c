/* Where a certificate says that its status can be learnt, and how to ask there. */
#include "x509/der.h"
#include "x509/ocsp.h"
#include "x509/oid.h"
#include "x509/revocation.h"

#include <string.h>

enum { NAME_URI = CV_DER_CONTEXT | 6, SHA1_LEN = 20 };

static bool is_http(struct cv_bytes url)
{
    static const char scheme[] = "http://";
    const size_t n = sizeof scheme - 1;

    if (url.len <= n) return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = url.p[i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != scheme[i]) return false;
    }
    return memchr(url.p, 0, url.len) == NULL;
}

struct cv_bytes cv_cert_ocsp_url(const struct cv_cert *cert)
{
    static const struct cv_oid ocsp = {8, {0x2b, 6, 1, 5, 5, 7, 0x30, 1}};
    struct cv_bytes in = cert->aia, seq, oid, value;
    uint8_t tag;

    while (in.len > 0 && cv_der_read(&in, CV_DER_SEQUENCE, &seq) == CV_OK) {
        if (cv_der_read(&seq, CV_DER_OID, &oid) != CV_OK || cv_der_any(&seq, &tag, &value) != CV_OK) break;
        if (cv_oid_is(oid, &ocsp) && tag == NAME_URI && is_http(value)) return value;
    }
    return cv_bytes(NULL, 0);
}

struct cv_bytes cv_cert_crl_url(const struct cv_cert *cert)
{
    struct cv_bytes in = cert->crl_points, seq, point, names, value;
    uint8_t tag;

    while (in.len > 0 && cv_der_read(&in, CV_DER_SEQUENCE, &seq) == CV_OK) {
        if (cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &point) != CV_OK || !point.p) continue;
        if (cv_der_optional(&point, CV_DER_CONTEXT_CON | 0, &names) != CV_OK || !names.p) continue;
        while (names.len > 0 && cv_der_any(&names, &tag, &value) == CV_OK)
            if (tag == NAME_URI && is_http(value)) return value;
    }
    return cv_bytes(NULL, 0);
}

/* Opens an element whose content is shorter than 128 bytes; cv_build_close(b, m, 1) ends it. */
static size_t open_short(struct cv_builder *b, uint8_t tag)
{
    cv_build_u8(b, tag);
    return cv_build_open(b, 1);
}

static void build_hash(struct cv_builder *b, struct cv_bytes of)
{
    size_t mark = open_short(b, CV_DER_OCTET_STRING);
    uint8_t *digest = cv_build_space(b, SHA1_LEN);

    if (digest) cv_hash_digest(&cv_sha1, digest, of.p, of.len);
    cv_build_close(b, mark, 1);
}

cv_err cv_ocsp_request_build(uint8_t *out, size_t cap, size_t *len, const struct cv_cert *cert,
                             const struct cv_cert *issuer)
{
    /* OCSPRequest, TBSRequest, requestList, Request, CertID */
    enum { N_LEVELS = 5 };
    static const uint8_t sha1_alg[] = {0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0};
    size_t marks[N_LEVELS];
    struct cv_builder b;
    bool has_sign = cert->serial.len > 0 && cert->serial.p[0] >= 0x80;

    if (cert->serial.len > 40) return CV_E_BUFFER_TOO_SMALL; /* the lengths below are of one byte */
    cv_build_init(&b, out, cap < 127 ? cap : 127);
    for (unsigned i = 0; i < N_LEVELS; i++) marks[i] = open_short(&b, CV_DER_SEQUENCE);
    cv_build_bytes(&b, sha1_alg, sizeof sha1_alg);
    build_hash(&b, cert->issuer);
    build_hash(&b, cv_cert_key_bits(issuer));
    size_t serial = open_short(&b, CV_DER_INTEGER);
    if (has_sign) cv_build_u8(&b, 0);
    cv_build_bytes(&b, cert->serial.p, cert->serial.len);
    cv_build_close(&b, serial, 1);
    for (unsigned i = N_LEVELS; i-- > 0;) cv_build_close(&b, marks[i], 1);
    *len = b.len;
    return cv_build_end(&b);
}
