/* BER made DER: what comes out has DER's structure, fits where it is promised to, and stays as it is. */
#include "test/fuzz/fuzz.h"
#include "x509/ber.h"
#include "x509/der.h"

#include <stdlib.h>
#include <string.h>

/* Every element has a definite, minimal length, and no octet string is in pieces. */
static void walk(struct cv_bytes in, unsigned depth)
{
    struct cv_bytes content;
    uint8_t tag;
    FUZZ_CHECK(depth <= CV_DER_DEPTH_MAX);
    while (in.len > 0) {
        FUZZ_CHECK(cv_der_any(&in, &tag, &content) == CV_OK && tag != (CV_DER_OCTET_STRING | 0x20));
        if ((tag & 0x20) != 0) walk(content, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes ber = cv_bytes(data, size);
    size_t cap = cv_ber_memory_len(size), len, again_len;
    uint8_t *der = malloc(cap ? cap : 1), *again = malloc(cap ? cap : 1);
    FUZZ_CHECK(der != NULL && again != NULL);
    cv_err e = cv_ber_to_der(der, cap, &len, ber);
    FUZZ_CHECK(e == CV_OK || e == CV_E_CERT_DER);
    FUZZ_CHECK(cv_der_check(ber) != CV_OK || e == CV_OK);
    if (e == CV_OK) {
        walk(cv_bytes(der, len), 0);
        FUZZ_CHECK(cv_ber_to_der(again, len, &again_len, cv_bytes(der, len)) == CV_OK);
        FUZZ_CHECK(again_len == len && memcmp(again, der, len) == 0);
    }
    free(der);
    free(again);
    return 0;
}
