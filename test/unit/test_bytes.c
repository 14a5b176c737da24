#include "crypto/base/bytes.h"
#include "crypto/base/ct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void reads_integers_and_vectors(void **state)
{
    (void)state;
    const uint8_t wire[] = {1, 2, 3, 4, 5, 6, 2, 0xaa, 0xbb, 0, 1, 0xcc, 0, 0, 0};
    struct cv_bytes in = cv_bytes(wire, sizeof wire), v;
    uint8_t a;
    uint16_t b;
    uint32_t c;
    assert_int_equal(cv_read_u8(&in, &a), CV_OK);
    assert_int_equal(cv_read_u16(&in, &b), CV_OK);
    assert_int_equal(cv_read_u24(&in, &c), CV_OK);
    assert_int_equal(a, 1);
    assert_int_equal(b, 0x0203);
    assert_int_equal(c, 0x040506);
    assert_int_equal(cv_read_vec8(&in, &v), CV_OK);
    assert_int_equal(v.len, 2);
    assert_int_equal(cv_read_vec16(&in, &v), CV_OK);
    assert_int_equal(v.p[0], 0xcc);
    assert_int_equal(cv_read_end(in), CV_E_TRAILING_DATA);
    assert_int_equal(cv_read_vec24(&in, &v), CV_OK);
    assert_int_equal(v.len, 0);
    assert_int_equal(cv_read_end(in), CV_OK);
}

static void a_failed_read_consumes_nothing(void **state)
{
    (void)state;
    const uint8_t wire[] = {0, 5, 1, 2};
    struct cv_bytes in = cv_bytes(wire, sizeof wire), v;
    uint64_t n;
    assert_int_equal(cv_read_vec16(&in, &v), CV_E_TRUNCATED);
    assert_int_equal(cv_read_u64(&in, &n), CV_E_TRUNCATED);
    assert_ptr_equal(in.p, wire);
    assert_int_equal(in.len, sizeof wire);
}

static void builds_nested_vectors(void **state)
{
    (void)state;
    uint8_t out[16];
    struct cv_builder b;
    cv_build_init(&b, out, sizeof out);
    size_t outer = cv_build_open(&b, 3);
    size_t inner = cv_build_open(&b, 1);
    cv_build_u16(&b, 0x1234);
    cv_build_close(&b, inner, 1);
    cv_build_close(&b, outer, 3);
    const uint8_t want[] = {0, 0, 3, 2, 0x12, 0x34};
    assert_int_equal(cv_build_end(&b), CV_OK);
    assert_int_equal(b.len, sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static void overflow_is_sticky(void **state)
{
    (void)state;
    uint8_t out[3];
    struct cv_builder b;
    cv_build_init(&b, out, sizeof out);
    cv_build_u32(&b, 1);
    cv_build_u8(&b, 1);
    assert_int_equal(cv_build_end(&b), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(b.len, 0);
}

static void a_vector_too_long_for_its_length_fails(void **state)
{
    (void)state;
    uint8_t out[300];
    struct cv_builder b;
    cv_build_init(&b, out, sizeof out);
    size_t mark = cv_build_open(&b, 1);
    (void)cv_build_space(&b, 256);
    cv_build_close(&b, mark, 1);
    assert_int_equal(cv_build_end(&b), CV_E_BUFFER_TOO_SMALL);
}

static void masks(void **state)
{
    (void)state;
    assert_int_equal(cv_ct_equal("abc", "abc", 3), 0xffffffffu);
    assert_int_equal(cv_ct_equal("abc", "abd", 3), 0);
    assert_int_equal(cv_ct_lt32(3, 4), 0xffffffffu);
    assert_int_equal(cv_ct_lt32(4, 4), 0);
    assert_int_equal(cv_ct_lt32(0xffffffffu, 0), 0);
    assert_true(cv_ct_nonzero64(1ull << 63) == ~0ull);
    assert_true(cv_ct_nonzero64(0) == 0);
}

static void every_cause_has_words(void **state)
{
    (void)state;
    for (unsigned e = 0; e < CV_ERR_COUNT; e++) assert_string_not_equal(cv_err_name((cv_err)e), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers_and_vectors),
        cmocka_unit_test(a_failed_read_consumes_nothing),
        cmocka_unit_test(builds_nested_vectors),
        cmocka_unit_test(overflow_is_sticky),
        cmocka_unit_test(a_vector_too_long_for_its_length_fails),
        cmocka_unit_test(masks),
        cmocka_unit_test(every_cause_has_words),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
