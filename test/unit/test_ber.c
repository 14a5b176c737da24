/* What is BER becomes DER, within bounds. */
#include "hex.h"
#include "x509/ber.h"
#include "x509/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *ber, *der; /* der NULL: refused */
} cases[] = {
    {"0500", "0500"},
    {"3003020105", "3003020105"},
    /* X.690 8.1.3: lengths */
    {"30800201050000", "3003020105"},
    {"3081030201 05", "3003020105"},
    {"3084000000030201 05", "3003020105"},
    {"3080308030800000 00000000", "300430023000"},
    {"30803003020105 0000", "30053003020105"},
    {"3005308002000000", NULL}, /* what is inside reaches out of it */
    {"300730803080000000 00", NULL},
    {"3080020105", NULL},
    {"308002010500", NULL},
    {"30800201050001", NULL},
    {"3003020105 00", NULL}, /* more than one element */
    {"30800201050000 0500", NULL},
    {"0480010203 0000", NULL}, /* primitive and indefinite */
    {"308500000000030201 05", NULL},
    {"30ff", NULL},
    {"30850000000003020105", NULL},
    {"3082ffff", NULL},
    {"", NULL},
    {"30", NULL},
    {"0000", NULL},
    {"1f8101020102", NULL}, /* a tag of more than one byte */
    /* 8.7.3: octet strings in pieces */
    {"2400", "0400"},
    {"24800000", "0400"},
    {"24060401aa0401bb", "0402aabb"},
    {"24800401aa04000402bbcc0000", "0403aabbcc"},
    {"248024800401aa00000401bb0000", "0402aabb"},
    {"24800201050000", NULL},
    {"2480a0030401aa0000", NULL},
    /* under a context's tag only who knows the type can tell */
    {"30800601013000a0800401aa0401bb00000000", "300d0601013000a0060401aa0401bb"},
    {"30800601013000a0060401aa24030401bb0000", NULL},
    {"30800601013000a00824030401aa0401bb0000", "300d0601013000a0060401aa0401bb"},
    {"3009060101300080 02aabb", "30090601013000 8002aabb"},
    {"30800601013000a080020105 0000 0000", "300a0601013000a003020105"},
    {"3080060101a08024800401aa000000000000", "3008060101a0030401aa"},
    {"308002010030000401aaa0800401bb0000 0000", "300d020100 3000 0401aa a0030401bb"},
};

static struct cv_bytes parse(uint8_t out[64], const char *text)
{
    return cv_bytes(out, unhex(out, 64, text));
}

static void structure_becomes_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ber[64], der[64], out[64];
        size_t len;
        struct cv_bytes in = parse(ber, cases[i].ber);
        cv_err e = cv_ber_to_der(out, cv_ber_memory_len(in.len), &len, in);
        if (cases[i].der == NULL) {
            if (e != CV_E_CERT_DER) fail_msg("%s: %s", cases[i].ber, cv_err_name(e));
            continue;
        }
        struct cv_bytes expected = parse(der, cases[i].der);
        if (e != CV_OK || !cv_bytes_equal(expected, cv_bytes(out, len))) fail_msg("%s", cases[i].ber);
        assert_int_equal(cv_der_check(expected), CV_OK);
        assert_int_equal(cv_ber_to_der(out, len - 1, &len, in), CV_E_BUFFER_TOO_SMALL);
    }
}

/* What is DER already stays as it is. */
static void der_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t der[64], out[64];
        size_t len;
        if (cases[i].der == NULL) continue;
        struct cv_bytes in = parse(der, cases[i].der);
        assert_int_equal(cv_ber_to_der(out, in.len, &len, in), CV_OK);
        assert_true(cv_bytes_equal(in, cv_bytes(out, len)));
    }
}

static void every_prefix_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ber[64], out[64];
        size_t out_len;
        if (cases[i].der == NULL) continue;
        struct cv_bytes in = parse(ber, cases[i].ber);
        for (size_t len = 0; len < in.len; len++) {
            uint8_t *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, in.p, len);
            assert_int_equal(cv_ber_to_der(out, sizeof out, &out_len, cv_bytes(exact, len)), CV_E_CERT_DER);
            free(exact);
        }
    }
}

static void depth_is_bounded(void **state)
{
    (void)state;
    uint8_t ber[4 * CV_DER_DEPTH_MAX], out[4 * CV_DER_DEPTH_MAX];
    size_t len;
    for (size_t depth = 1; depth <= CV_DER_DEPTH_MAX; depth++) {
        memset(ber, 0, sizeof ber);
        for (size_t i = 0; i < depth; i++) ber[2 * i] = 0x30, ber[2 * i + 1] = 0x80;
        cv_err e = cv_ber_to_der(out, sizeof out, &len, cv_bytes(ber, 4 * depth));
        assert_int_equal(e, depth < CV_DER_DEPTH_MAX ? CV_OK : CV_E_CERT_DER);
    }
}

/* The worst case of cv_ber_memory_len: on each level a definite length is longer than an indefinite one. */
static void memory_suffices_where_it_grows(void **state)
{
    (void)state;
    static const size_t contents[] = {1 << 16, (1 << 24) - 100, 1 << 24};
    for (size_t i = 0; i < 3; i++) {
        size_t depth = CV_DER_DEPTH_MAX - 1, ber_len = 4 * depth + 6 + contents[i], len;
        uint8_t *ber = calloc(1, ber_len), *out = malloc(cv_ber_memory_len(ber_len));
        assert_true(ber != NULL && out != NULL);
        for (size_t k = 0; k < depth; k++) ber[2 * k] = 0x30, ber[2 * k + 1] = 0x80;
        ber[2 * depth] = 0x04;
        ber[2 * depth + 1] = 0x84;
        cv_store_be32(ber + 2 * depth + 2, (uint32_t)contents[i]);
        assert_int_equal(cv_ber_to_der(out, cv_ber_memory_len(ber_len), &len, cv_bytes(ber, ber_len)), CV_OK);
        assert_true(len > ber_len - 2);
        assert_int_equal(cv_der_check(cv_bytes(out, len)), CV_OK);
        free(ber);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure_becomes_der),
        cmocka_unit_test(der_stays),
        cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(memory_suffices_where_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
