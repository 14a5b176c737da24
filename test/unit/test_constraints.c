/* Name constraints: attacks rows 25 and 26, hot class 1. */
#include "x509/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { MAIL = 0x81, DNS = 0x82, DIRECTORY = 0xa4, URI = 0x86, IP = 0x87, OTHER = 0xa0, REGISTERED = 0x88 };

enum { LIST_MAX = 60000 };

struct list {
    uint8_t p[LIST_MAX];
    size_t len;
};

static void put(struct list *l, const void *p, size_t len)
{
    assert_true(l->len + len <= LIST_MAX);
    memcpy(l->p + l->len, p, len);
    l->len += len;
}

static void put_header(struct list *l, uint8_t tag, size_t len)
{
    const uint8_t h[] = {tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len};

    if (len < 128)
        put(l, (const uint8_t[]){tag, (uint8_t)len}, 2);
    else if (len < 256)
        put(l, (const uint8_t[]){tag, 0x81, (uint8_t)len}, 3);
    else
        put(l, h, 4);
}

static void put_name(struct list *l, uint8_t tag, const char *value, size_t len)
{
    put_header(l, tag, len);
    put(l, value, len);
}

static void put_subtree(struct list *l, uint8_t tag, const char *value, size_t len)
{
    put_header(l, 0x30, len < 128 ? len + 2 : len < 256 ? len + 3 : len + 4);
    put_name(l, tag, value, len);
}

static const uint8_t empty_name[] = {0x30, 0};

/* Constraints (lists of GeneralSubtree, either may be empty) on a certificate with these alternative names.
 */
static cv_err apply(const struct list *permitted, const struct list *excluded, const struct list *names,
                    struct cv_bytes subject, uint32_t budget)
{
    static struct list nc;
    nc.len = 0;
    if (permitted->len) {
        put_header(&nc, 0xa0, permitted->len);
        put(&nc, permitted->p, permitted->len);
    }
    if (excluded->len) {
        put_header(&nc, 0xa1, excluded->len);
        put(&nc, excluded->p, excluded->len);
    }
    struct cv_cert ca = {.name_constraints = cv_bytes(nc.p, nc.len)};
    struct cv_cert cert = {.subject = subject, .san = cv_bytes(names->p, names->len)};
    return cv_constraints_check(&ca, &cert, &budget);
}

/* Whether a name passes one constraint. */
static bool passes(bool permitted, uint8_t tag, const char *base, size_t base_len, uint8_t name_tag,
                   const char *name, size_t name_len)
{
    static struct list list, names, none;
    list.len = names.len = 0;
    put_subtree(&list, tag, base, base_len);
    put_name(&names, name_tag, name, name_len);
    cv_err e =
        apply(permitted ? &list : &none, permitted ? &none : &list, &names, cv_bytes(empty_name, 2), 1000);
    assert_true(e == CV_OK || e == CV_E_CERT_NAME_CONSTRAINT);
    return e == CV_OK;
}

enum { WITHIN = 1, OUTSIDE, UNCLEAR, PARTLY };

/* WITHIN: permitted, and refused where excluded. OUTSIDE: the other way round. UNCLEAR and PARTLY (some of
 * what a wildcard stands for): refused both ways. */
struct row {
    const char *base, *name;
    int want;
};

static void check_rows(uint8_t tag, const struct row *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t a = strlen(t[i].base), b = strlen(t[i].name);
        bool p = passes(true, tag, t[i].base, a, tag, t[i].name, b),
             x = passes(false, tag, t[i].base, a, tag, t[i].name, b);
        if (p != (t[i].want == WITHIN) || x != (t[i].want == OUTSIDE))
            fail_msg("%s under %s: permitted %d, not excluded %d", t[i].name, t[i].base, p, x);
    }
}

#define CHECK_ROWS(tag, t) check_rows(tag, t, sizeof(t) / sizeof(t)[0])

static void dns_names(void **state)
{
    (void)state;
    static const struct row t[] = {
        {"example.com", "example.com", WITHIN},
        {"example.com", "a.b.example.com", WITHIN},
        {"example.com", "EXAMPLE.COM", WITHIN},
        {"EXAMPLE.com", "a.example.COM", WITHIN},
        {"example.com.", "a.example.com", WITHIN},
        {"example.com", "a.example.com.", WITHIN},
        {"example.com", "notexample.com", OUTSIDE},
        {"example.com", "example.com.evil.org", OUTSIDE},
        {"example.com", "com", OUTSIDE},
        {"a.example.com", "example.com", OUTSIDE},
        {".example.com", "a.example.com", WITHIN},
        {".example.com", "example.com", OUTSIDE},
        {"", "example.com", WITHIN},
        {"example.com", "*.example.com", WITHIN},
        {"com", "*.example.com", WITHIN},
        {"example.com", "*.a.example.com", WITHIN},
        {"foo.example.com", "*.example.com", PARTLY},
        {"FOO.example.com", "*.EXAMPLE.com.", PARTLY},
        {"a.foo.example.com", "*.example.com", OUTSIDE},
        {"foo.example.org", "*.example.com", OUTSIDE},
        {".example.com", "*.example.com", WITHIN},
        {"example.com", ".example.com", UNCLEAR},
        {"example.com", "*", UNCLEAR},
        {"example.com", "f*.example.com", UNCLEAR},
        {"example.com", "", UNCLEAR},
        {"example.com", "a..example.com", UNCLEAR},
        {"example.com", "a b.example.com", UNCLEAR},
        {"*.example.com", "a.example.com", UNCLEAR},
        {"example..com", "example.com", UNCLEAR},
    };
    CHECK_ROWS(DNS, t);
    assert_false(passes(true, DNS, "example.com", 11, DNS, "evil.org\0.example.com", 21));
    assert_false(passes(false, DNS, "evil.org", 8, DNS, "evil.org\0.example.com", 21));
}

static void mail_names(void **state)
{
    (void)state;
    static const struct row t[] = {
        {"example.com", "a@example.com", WITHIN},
        {"example.com", "a@EXAMPLE.com", WITHIN},
        {"example.com", "a@b.example.com", OUTSIDE},
        {".example.com", "a@b.example.com", WITHIN},
        {".example.com", "a@example.com", OUTSIDE},
        {"a@example.com", "a@example.com", WITHIN},
        {"a@Example.com", "a@example.com", WITHIN},
        {"A@example.com", "a@example.com", OUTSIDE},
        {"b@example.com", "a@example.com", OUTSIDE},
        {"*@example.com", "*@example.com", WITHIN},
        {"**@example.com", "*@example.com", OUTSIDE},
        {"*@example.com", "*@a.example.com", OUTSIDE},
        {"example.com", "example.com", UNCLEAR},
        {"example.com", "@example.com", UNCLEAR},
        {"example.com", "a@", UNCLEAR},
        {"example.com", "a@evil.org@example.com", UNCLEAR},
        {"a@b@example.com", "a@example.com", UNCLEAR},
        {"a@.example.com", "a@b.example.com", UNCLEAR},
    };
    CHECK_ROWS(MAIL, t);
}

static void uri_names(void **state)
{
    (void)state;
    static const struct row t[] = {
        {"example.com", "https://example.com/x", WITHIN},
        {"example.com", "https://EXAMPLE.com:443", WITHIN},
        {"example.com", "https://u:p@example.com?q", WITHIN},
        {"example.com", "https://a.example.com/", OUTSIDE},
        {".example.com", "https://a.example.com/", WITHIN},
        {".example.com", "https://example.com/", OUTSIDE},
        {"example.com", "https://example.com@evil.org/", OUTSIDE},
        {"evil.org", "https://example.com@evil.org/", WITHIN},
        {"example.com", "https://evil.org/@example.com", OUTSIDE},
        {"example.com", "https://evil.org#@example.com", OUTSIDE},
        {"example.com", "https://evil.org\\@example.com/", UNCLEAR},
        {"example.com", "mailto:a@example.com", UNCLEAR},
        {"example.com", "urn:x:example.com", UNCLEAR},
        {"example.com", "//example.com", UNCLEAR},
        {"example.com", "https://192.0.2.1/", UNCLEAR},
        {"example.com", "https://[2001:db8::1]/", UNCLEAR},
        {"example.com", "https:///x", UNCLEAR},
        {"example.com", "https://ex%61mple.com/", UNCLEAR},
        {"example.com", "", UNCLEAR},
    };
    CHECK_ROWS(URI, t);
}

static void addresses(void **state)
{
    (void)state;
    static const char v4[] = "\xc0\0\2\0\xff\xff\xff\0", any4[8], v4_holes[] = "\xc0\0\2\0\xff\0\xff\0";
    static const char v6[32] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff";
    static const char in6[16] = "\x20\x01\x0d\xb8\1", out6[16] = "\x20\x01\x0d\xb9";
    assert_true(passes(true, IP, v4, 8, IP, "\xc0\0\2\1", 4));
    assert_false(passes(false, IP, v4, 8, IP, "\xc0\0\2\1", 4));
    assert_false(passes(true, IP, v4, 8, IP, "\xc0\0\3\1", 4));
    assert_true(passes(false, IP, v4, 8, IP, "\xc0\0\3\1", 4));
    assert_true(passes(true, IP, any4, 8, IP, "\1\2\3\4", 4));
    assert_true(passes(true, IP, v6, 32, IP, in6, 16));
    assert_false(passes(true, IP, v6, 32, IP, out6, 16));
    assert_false(passes(true, IP, v4, 8, IP, in6, 16)); /* the other family is not permitted */
    assert_true(passes(false, IP, any4, 8, IP, in6, 16));
    /* masks that are none, and lengths that are none */
    assert_false(passes(true, IP, v4_holes, 8, IP, "\xc0\0\2\1", 4));
    assert_false(passes(false, IP, v4_holes, 8, IP, "\1\2\3\4", 4));
    assert_false(passes(false, IP, v4, 4, IP, "\1\2\3\4", 4));
    assert_false(passes(false, IP, v6, 16, IP, in6, 16));
}

/* Name of CNs, one character each, one RDN each. */
static size_t name_of(char *out, const char *cns)
{
    size_t n = strlen(cns);
    out[0] = 0x30;
    out[1] = (char)(12 * n);
    for (size_t i = 0; i < n; i++)
        memcpy(out + 2 + 12 * i, (const char[]){0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, cns[i]}, 12);
    return 2 + 12 * n;
}

static void directory_names(void **state)
{
    (void)state;
    static const struct row t[] = {
        {"ab", "abc", WITHIN}, {"ab", "ABC", WITHIN},  {"ab", "ab", WITHIN}, {"ab", "a", OUTSIDE},
        {"ab", "ba", OUTSIDE}, {"ab", "cab", OUTSIDE}, {"", "a", WITHIN},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char base[64], name[64];
        size_t a = name_of(base, t[i].base), b = name_of(name, t[i].name);
        assert_int_equal(passes(true, DIRECTORY, base, a, DIRECTORY, name, b), t[i].want == WITHIN);
        assert_int_equal(passes(false, DIRECTORY, base, a, DIRECTORY, name, b), t[i].want == OUTSIDE);
    }
}

static void the_subject_counts(void **state)
{
    (void)state;
    static struct list list, none;
    char subject[64], base[64];
    size_t n = name_of(subject, "ab");
    struct cv_bytes name = cv_bytes((const uint8_t *)subject, n);
    put_subtree(&list, DIRECTORY, base, name_of(base, "b"));
    assert_int_equal(apply(&list, &none, &none, name, 100), CV_E_CERT_NAME_CONSTRAINT);
    assert_int_equal(apply(&list, &none, &none, cv_bytes(empty_name, 2), 100), CV_OK);
    list.len = 0;
    put_subtree(&list, DIRECTORY, base, name_of(base, "a"));
    assert_int_equal(apply(&list, &none, &none, name, 100), CV_OK);
    assert_int_equal(apply(&none, &list, &none, name, 100), CV_E_CERT_NAME_CONSTRAINT);

    /* emailAddress a@x.org */
    static const uint8_t mail[] = {0x30, 24, 0x31, 22, 0x30, 20, 6,   9,   0x2a, 0x86, 0x48, 0x86, 0xf7,
                                   13,   1,  9,    1,  0x16, 7,  'a', '@', 'x',  '.',  'o',  'r',  'g'};
    list.len = 0;
    put_subtree(&list, MAIL, "x.org", 5);
    assert_int_equal(apply(&list, &none, &none, cv_bytes(mail, sizeof mail), 100), CV_OK);
    assert_int_equal(apply(&none, &list, &none, cv_bytes(mail, sizeof mail), 100), CV_E_CERT_NAME_CONSTRAINT);
}

static void forms_do_not_mix(void **state)
{
    (void)state;
    static const char other[] = "\6\1\x2a\xa0\2\5\0";
    assert_true(passes(true, IP, "\xc0\0\2\0\xff\xff\xff\0", 8, DNS, "example.com", 11));
    assert_true(passes(true, DNS, "example.com", 11, IP, "\1\2\3\4", 4));
    assert_true(passes(false, DNS, "", 0, URI, "https://example.com", 19));
    /* a constrained form that we do not judge, in the certificate or not */
    assert_false(passes(true, OTHER, other, 7, OTHER, other, 7));
    assert_false(passes(false, OTHER, other, 7, OTHER, other, 7));
    assert_false(passes(false, REGISTERED, "\x2a", 1, REGISTERED, "\x2b", 1));
    assert_true(passes(false, OTHER, other, 7, DNS, "example.com", 11));
    assert_true(passes(true, OTHER, other, 7, DNS, "example.com", 11));
}

static void several_constraints(void **state)
{
    (void)state;
    static struct list permitted, excluded, names;
    struct cv_bytes subject = cv_bytes(empty_name, 2);
    put_subtree(&permitted, DNS, "example.com", 11);
    put_subtree(&permitted, DNS, "example.org", 11);
    put_subtree(&excluded, DNS, "no.example.com", 14);
    put_name(&names, DNS, "a.example.org", 13);
    assert_int_equal(apply(&permitted, &excluded, &names, subject, 100), CV_OK);
    put_name(&names, DNS, "a.example.com", 13);
    assert_int_equal(apply(&permitted, &excluded, &names, subject, 100), CV_OK);
    put_name(&names, DNS, "x.no.example.com", 16);
    assert_int_equal(apply(&permitted, &excluded, &names, subject, 100), CV_E_CERT_NAME_CONSTRAINT);
    names.len = 0;
    put_name(&names, DNS, "a.example.com", 13);
    put_name(&names, DNS, "a.example.net", 13);
    assert_int_equal(apply(&permitted, &excluded, &names, subject, 100), CV_E_CERT_NAME_CONSTRAINT);
}

/* CVE-2024-12243, CVE-2026-35189 */
static void attack_25_quadratic_work_is_cut_off(void **state)
{
    (void)state;
    static struct list excluded, names, none;
    char name[32];
    for (int i = 0; i < 2000; i++) {
        int len = snprintf(name, sizeof name, "x%d.test", i);
        put_subtree(&excluded, DNS, name, (size_t)len);
        len = snprintf(name, sizeof name, "t%d.test", i);
        put_name(&names, DNS, name, (size_t)len);
    }
    assert_int_equal(apply(&none, &excluded, &names, cv_bytes(empty_name, 2), 100000), CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(apply(&none, &excluded, &names, cv_bytes(empty_name, 2), 4000000), CV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_names),
        cmocka_unit_test(mail_names),
        cmocka_unit_test(uri_names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(directory_names),
        cmocka_unit_test(the_subject_counts),
        cmocka_unit_test(forms_do_not_mix),
        cmocka_unit_test(several_constraints),
        cmocka_unit_test(attack_25_quadratic_work_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
