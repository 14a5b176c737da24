/* An OCSP response, then the certificate that it is about and its issuer, in DER. Every signature verifies,
 * so that names, dates and purposes decide. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/null.h"
#include "x509/der.h"
#include "x509/ocsp.h"

enum { NOW = 1893456000 /* 2030-01-01, as for test/pki/revocation.pem */, SIGNATURES = 8 };

static void check_views(const struct cv_ocsp *o)
{
    const struct cv_bytes *views[] = {
        &o->tbs,       &o->sig_alg, &o->signature, &o->responder_name, &o->responder_key_hash,
        &o->responses, &o->certs};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) FUZZ_CHECK(fuzz_within(*views[i], o->der));
    FUZZ_CHECK(o->response_status != 0 || !o->responder_name.p != !o->responder_key_hash.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cv_algorithms algorithms;
    struct cv_bytes in = cv_bytes(data, size), response, cert_der, issuer_der;
    struct cv_cert cert, issuer;
    struct cv_ocsp o;
    uint32_t signatures = SIGNATURES;
    if (cv_der_whole(&in, CV_DER_SEQUENCE, &response) != CV_OK || cv_ocsp_parse(&o, response) != CV_OK)
        return 0;
    check_views(&o);
    if (cv_der_whole(&in, CV_DER_SEQUENCE, &cert_der) != CV_OK || cv_cert_parse(&cert, cert_der) != CV_OK)
        return 0;
    if (cv_der_whole(&in, CV_DER_SEQUENCE, &issuer_der) != CV_OK ||
        cv_cert_parse(&issuer, issuer_der) != CV_OK)
        return 0;
    if (algorithms.n_suites == 0) null_algorithms(&algorithms);

    const struct cv_path_params params = {
        .schemes = algorithms.cert_schemes, .n_schemes = algorithms.n_cert_schemes, .now = NOW};
    null_n_verified = 0;
    enum cv_cert_status status = cv_ocsp_status(&o, &cert, &issuer, &params, &signatures);
    if (status != CV_STATUS_UNKNOWN)
        FUZZ_CHECK(o.response_status == 0 && !o.unknown_critical && o.produced_at <= NOW);
    FUZZ_CHECK(null_n_verified <= SIGNATURES - signatures);
    return 0;
}
