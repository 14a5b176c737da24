/* PEM: every block of a text, decoded into memory of just the size that is promised to do. */
#include "test/fuzz/fuzz.h"
#include "x509/pem.h"

#include <stdlib.h>

static void decode(struct cv_bytes body)
{
    size_t cap = body.len / 4 * 3, len = 0, in_place_len = 0;
    uint8_t *out = malloc(cap > 0 ? cap : 1), *same = fuzz_copy(body);
    FUZZ_CHECK(out != NULL);
    cv_err e = cv_base64_decode(out, cap, &len, body);
    FUZZ_CHECK(e == CV_OK || e == CV_E_DECODE);
    if (e == CV_OK) {
        FUZZ_CHECK(len <= cap);
        FUZZ_CHECK(cv_base64_decode(same, body.len, &in_place_len, cv_bytes(same, body.len)) == CV_OK);
        FUZZ_CHECK(cv_bytes_equal(cv_bytes(out, len), cv_bytes(same, in_place_len)));
        if (len > 0) FUZZ_CHECK(cv_base64_decode(out, len - 1, &len, body) == CV_E_BUFFER_TOO_SMALL);
    }
    free(out);
    free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes whole = cv_bytes(data, size), text = whole, label, body;
    cv_err e;
    do {
        size_t before = text.len;
        e = cv_pem_next(&text, &label, &body);
        if (e != CV_OK) break;
        FUZZ_CHECK(text.len < before && fuzz_within(text, whole));
        FUZZ_CHECK(fuzz_within(label, whole) && fuzz_within(body, whole));
        decode(body);
    } while (true);
    FUZZ_CHECK(e == CV_WANT_INPUT || e == CV_E_DECODE);
    decode(whole);
    return 0;
}
