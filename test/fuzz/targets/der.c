/* Strict DER: the check of a whole, and every reader of one element. */
#include "test/fuzz/fuzz.h"
#include "x509/der.h"

/* What the check has passed can be walked to the bottom. */
static void walk(struct cv_bytes in, unsigned depth)
{
    struct cv_bytes content;
    uint8_t tag;
    FUZZ_CHECK(depth <= CV_DER_DEPTH_MAX);
    while (in.len > 0) {
        struct cv_bytes before = in;
        FUZZ_CHECK(cv_der_any(&in, &tag, &content) == CV_OK);
        FUZZ_CHECK(fuzz_within(content, before) && in.len < before.len);
        if ((tag & 0x20) != 0) walk(content, depth + 1);
    }
}

static void read_each(struct cv_bytes der)
{
    struct cv_bytes in, out;
    uint32_t n32;
    uint8_t n_unused, tag;
    int64_t seconds;
    bool flag;

    in = der;
    if (cv_der_any(&in, &tag, &out) == CV_OK) {
        FUZZ_CHECK(cv_der_next_is(der, tag) && fuzz_within(out, der) && fuzz_within(in, der));
        in = der;
        FUZZ_CHECK(cv_der_whole(&in, tag, &out) == CV_OK && out.p == der.p && out.len + in.len == der.len);
        in = der;
        FUZZ_CHECK(cv_der_optional(&in, tag, &out) == CV_OK && out.p != NULL);
        in = der;
        FUZZ_CHECK(cv_der_optional(&in, tag ^ 1, &out) == CV_OK && out.p == NULL && in.len == der.len);
    }
    in = der;
    if (cv_der_bool(&in, &flag) == CV_OK) FUZZ_CHECK(der.len - in.len == 3);
    in = der;
    if (cv_der_uint(&in, &out) == CV_OK) {
        FUZZ_CHECK(fuzz_within(out, der) && out.len > 0 && (out.len == 1 || out.p[0] != 0));
        FUZZ_CHECK(cv_uint_bits(out) <= 8 * out.len);
    }
    in = der;
    if (cv_der_uint32(&in, &n32) == CV_OK) {
        in = der;
        FUZZ_CHECK(cv_der_uint(&in, &out) == CV_OK && out.len <= 4);
    }
    in = der;
    if (cv_der_bit_string(&in, &out, &n_unused) == CV_OK)
        FUZZ_CHECK(fuzz_within(out, der) && n_unused < 8 && (out.len > 0 || n_unused == 0));
    in = der;
    if (cv_der_time(&in, &seconds, &flag) == CV_OK)
        FUZZ_CHECK(seconds >= INT64_C(-62167219200) && seconds < INT64_C(253402300800)); /* years 0, 9999 */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes der = cv_bytes(data, size);
    if (cv_der_check(der) == CV_OK) walk(der, 0);
    if (size > 0) read_each(der);
    return 0;
}
