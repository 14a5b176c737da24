#include "x509/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void reads_host_names(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } t[] = {
        {"example.com", "example.com"},
        {"EXAMPLE.Com.", "example.com"},
        {"localhost", "localhost"},
        {"a_b.example", "a_b.example"},
        {"xn--nxasmq6b.com", "xn--nxasmq6b.com"},
        {"1.2.3.example", "1.2.3.example"},
        {"0xag", "0xag"},
    };
    struct cv_host h;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_int_equal(cv_host_parse(&h, t[i].in, strlen(t[i].in)), CV_OK);
        assert_int_equal(h.kind, CV_HOST_DNS);
        assert_int_equal(h.len, strlen(t[i].out));
        assert_memory_equal(h.value, t[i].out, h.len);
    }
}

static void refuses_what_is_no_host_name(void **state)
{
    (void)state;
    static const char *const t[] = {
        "",
        ".",
        "..",
        ".example.com",
        "example..com",
        "example.com..",
        "-a.com",
        "a-.com",
        "a b.com",
        "*.com",
        "ex\xc3\xa4mple.com",
        "example.com:443",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3.4.",
        "127.1",
        "0x7f000001",
        "a.0x1",
        "a.1",
        "a.123",
        "[1.2.3.4]",
        "[example.com]",
        "[::1",
        "::1]",
        "1::2::3",
        ":::",
        "1:2:3",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "12345::",
        "fe80::1%eth0",
        "::g",
        "1:2:3:4:5:6:7:1.2.3.4",
        "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb1234.com",
    };
    char long_name[300];
    struct cv_host h;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        if (cv_host_parse(&h, t[i], strlen(t[i])) != CV_E_BAD_NAME) fail_msg("accepted: %s", t[i]);
    assert_int_equal(cv_host_parse(&h, "example.com\0.evil.org", 21), CV_E_BAD_NAME);
    for (size_t i = 0; i < sizeof long_name; i++) long_name[i] = i % 50 == 49 ? '.' : 'a';
    assert_int_equal(cv_host_parse(&h, long_name, 253), CV_OK);
    assert_int_equal(cv_host_parse(&h, long_name, 254), CV_E_BAD_NAME);
}

static void reads_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint8_t len, ip[16];
    } t[] = {
        {"192.0.2.1", 4, {192, 0, 2, 1}},
        {"0.0.0.0", 4, {0}},
        {"::", 16, {0}},
        {"::1", 16, {[15] = 1}},
        {"1::", 16, {[1] = 1}},
        {"[2001:db8::1]", 16, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
        {"2001:DB8:0:0:1:0:0:1", 16, {0x20, 0x01, 0x0d, 0xb8, [9] = 1, [15] = 1}},
        {"::ffff:192.0.2.1", 16, {[10] = 0xff, 0xff, 192, 0, 2, 1}},
        {"1:2:3:4:5:6:1.2.3.4", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4}},
        {"1:2:3:4:5:6:7::", 16, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}},
        {"::2:3:4:5:6:7:8", 16, {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    };
    struct cv_host h;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        if (cv_host_parse(&h, t[i].in, strlen(t[i].in)) != CV_OK) fail_msg("refused: %s", t[i].in);
        assert_int_equal(h.kind, CV_HOST_IP);
        assert_int_equal(h.len, t[i].len);
        assert_memory_equal(h.value, t[i].ip, t[i].len);
    }
}

/* A certificate with one alternative name. */
static bool matches(uint8_t tag, const char *san, size_t san_len, const char *host)
{
    uint8_t names[300] = {tag, (uint8_t)san_len};
    struct cv_host h;
    memcpy(names + 2, san, san_len);
    struct cv_cert cert = {.san = cv_bytes(names, 2 + san_len)};
    assert_int_equal(cv_host_parse(&h, host, strlen(host)), CV_OK);
    return cv_cert_matches_host(&cert, &h);
}

static bool dns_matches(const char *san, const char *host)
{
    return matches(0x82, san, strlen(san), host);
}

/* attacks row 28 */
static void attack_28_matches_by_rfc_9525_only(void **state)
{
    (void)state;
    assert_true(dns_matches("example.com", "example.com"));
    assert_true(dns_matches("EXAMPLE.com", "example.COM."));
    assert_true(dns_matches("*.example.com", "www.example.com"));
    assert_true(dns_matches("*.example.com", "xn--nxasmq6b.example.com"));
    static const char *const none[] = {
        "f*o.example.com",
        "*o.example.com",
        "f*.example.com",
        "foo.*.com",
        "*.*.com",
        "*.com",
        "*",
        "*.",
        "**.example.com",
        ".example.com",
        "foo.example.com.",
        "example.com",
        "foo.example.co",
        "oo.example.com",
        "xfoo.example.com",
        "foo.example.com\xc3\xa4",
        "*foo.example.com",
        "",
        "foo example.com",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (dns_matches(none[i], "foo.example.com")) fail_msg("matches: %s", none[i]);
    assert_false(dns_matches("*.example.com", "example.com"));
    assert_false(dns_matches("*.example.com", "a.b.example.com"));
    assert_false(matches(0x82, "foo.example.com\0.evil.org", 25, "foo.example.com"));
    assert_false(matches(0x82, "foo.example.com\0", 16, "foo.example.com"));
    assert_false(matches(0x81, "foo.example.com", 15, "foo.example.com"));
    assert_true(matches(0x87, "\xc0\0\2\1", 4, "192.0.2.1"));
    assert_false(matches(0x87, "\xc0\0\2\2", 4, "192.0.2.1"));
    assert_false(matches(0x82, "192.0.2.1", 9, "192.0.2.1")); /* an address as DNS name */
    assert_false(matches(0x82, "\xc0\0\2\1", 4, "192.0.2.1"));
    assert_false(matches(0x87, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16, "192.0.2.1"));
}

/* A Name of one RDN, one attribute (CN). */
static struct cv_bytes cn(uint8_t *out, uint8_t tag, const char *value, size_t len)
{
    const uint8_t head[] = {
        0x30, (uint8_t)(11 + len), 0x31, (uint8_t)(9 + len), 0x30, (uint8_t)(7 + len), 6, 3, 0x55, 4, 3,
        tag,  (uint8_t)len};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, value, len);
    return cv_bytes(out, sizeof head + len);
}

static void compares_names_by_their_characters(void **state)
{
    (void)state;
    static const struct {
        uint8_t tag_a;
        const char *a;
        size_t len_a;
        uint8_t tag_b;
        const char *b;
        size_t len_b;
        bool equal;
    } t[] = {
        {0x13, "Foo Bar", 7, 0x0c, "foo  bar", 8, true},
        {0x13, "Foo", 3, 0x13, "  foo ", 6, true},
        {0x0c, "b\xc3\xa4r", 4, 0x1e, "\0B\0\xe4\0R", 6, true},
        {0x14, "b\xe4r", 3, 0x0c, "b\xc3\xa4r", 4, true},
        {0x1c, "\0\0\0a", 4, 0x16, "A", 1, true},
        {0x0c, "foo", 3, 0x0c, "foobar", 6, false},
        {0x0c, "foo bar", 7, 0x0c, "foobar", 6, false},
        {0x0c, "foo", 3, 0x0c, "foo\0", 4, false},
        {0x0c, "a \0b", 4, 0x0c, "a b", 3, false},
        {0x0c, "\xc0\x80", 2, 0x0c, "\0", 1, false}, /* overlong */
        {0x0c, "\xe2\x82", 2, 0x0c, "\xe2\x82\xac", 3, false},
        {0x0c, "\xe4", 1, 0x14, "\xe4", 1, false},
        {0x04, "foo", 3, 0x04, "FOO", 3, false}, /* not a string */
        {0x04, "foo", 3, 0x0c, "foo", 3, false},
        {0x0c, "", 0, 0x0c, "  ", 2, true},
    };
    uint8_t a[64], b[64];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct cv_bytes x = cn(a, t[i].tag_a, t[i].a, t[i].len_a), y = cn(b, t[i].tag_b, t[i].b, t[i].len_b);
        assert_int_equal(cv_name_check(x), CV_OK);
        if (cv_name_equal(x, y) != t[i].equal || cv_name_equal(y, x) != t[i].equal) fail_msg("names %zu", i);
        assert_int_equal(cv_name_hash(x) == cv_name_hash(y), t[i].equal);
    }
}

static void attributes_of_an_rdn_have_no_order(void **state)
{
    (void)state;
#define A(c) 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, c
    static const uint8_t ab[] = {0x30, 22, 0x31, 20, A('a'), A('b')},
                         ba[] = {0x30, 22, 0x31, 20, A('B'), A('A')},
                         aa[] = {0x30, 22, 0x31, 20, A('a'), A('a')}, a[] = {0x30, 12, 0x31, 10, A('a')},
                         a_b[] = {0x30, 24, 0x31, 10, A('a'), 0x31, 10, A('b')},
                         b_a[] = {0x30, 24, 0x31, 10, A('b'), 0x31, 10, A('a')}, empty[] = {0x30, 0};
#undef A
    struct cv_bytes n[] = {cv_bytes(ab, sizeof ab), cv_bytes(ba, sizeof ba),   cv_bytes(aa, sizeof aa),
                           cv_bytes(a, sizeof a),   cv_bytes(a_b, sizeof a_b), cv_bytes(b_a, sizeof b_a),
                           cv_bytes(empty, 2)};
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(cv_name_check(n[i]), CV_OK);
        for (size_t j = 0; j < 7; j++) {
            bool same = i == j || i + j == 1;
            assert_int_equal(cv_name_equal(n[i], n[j]), same);
            assert_int_equal(cv_name_hash(n[i]) == cv_name_hash(n[j]), same);
        }
    }
    assert_true(cv_name_within(n[4], n[3]));
    assert_false(cv_name_within(n[3], n[4]));
    assert_false(cv_name_within(n[5], n[3]));
    assert_false(cv_name_within(n[0], n[3])); /* half of an RDN is none */
    assert_true(cv_name_within(n[0], n[6]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_host_names),
        cmocka_unit_test(refuses_what_is_no_host_name),
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(attack_28_matches_by_rfc_9525_only),
        cmocka_unit_test(compares_names_by_their_characters),
        cmocka_unit_test(attributes_of_an_rdn_have_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
