/* A bundle of certificates; its parts are read to their end. */
#include "test/fuzz/fuzz.h"
#include "x509/der.h"
#include "x509/pkcs7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes in = cv_bytes(data, size), certs, crls, content;
    uint8_t tag;

    if (cv_pkcs7_bundle_read(in, &certs, &crls) != CV_OK) return 0;
    FUZZ_CHECK(fuzz_within(certs, in) && fuzz_within(crls, in));
    while (certs.len > 0) FUZZ_CHECK(cv_der_any(&certs, &tag, &content) == CV_OK);
    while (crls.len > 0) FUZZ_CHECK(cv_der_any(&crls, &tag, &content) == CV_OK);
    return 0;
}
