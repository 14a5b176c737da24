#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct cv_bytes text_of(const char *s)
{
    return cv_bytes((const uint8_t *)s, strlen(s));
}

static void finds_blocks(void **state)
{
    (void)state;
    struct cv_bytes label, body,
        text = text_of("words before\r\n-----BEGIN A B-----  \r\nAAEC\r\n-----END A B-----\r\n"
                       "between\n-----BEGIN C-----\n-----END C-----");
    assert_int_equal(cv_pem_next(&text, &label, &body), CV_OK);
    assert_true(cv_bytes_equal(label, text_of("A B")));
    assert_true(cv_bytes_equal(body, text_of("AAEC\r\n")));
    assert_int_equal(cv_pem_next(&text, &label, &body), CV_OK);
    assert_true(cv_bytes_equal(label, text_of("C")));
    assert_int_equal(body.len, 0);
    assert_int_equal(cv_pem_next(&text, &label, &body), CV_WANT_INPUT);
    text = cv_bytes(NULL, 0);
    assert_int_equal(cv_pem_next(&text, &label, &body), CV_WANT_INPUT);
}

static void refuses_blocks_without_their_end(void **state)
{
    (void)state;
    static const char *const t[] = {
        "-----BEGIN A-----\nAAAA\n",
        "-----BEGIN A-----",
        "-----BEGIN A-----\n-----END B-----\n",
        "-----BEGIN A-----\n-----BEGIN A-----\n-----END A-----\n",
        "-----BEGIN A-----\n-----END A----\n",
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct cv_bytes label, body, text = text_of(t[i]);
        if (cv_pem_next(&text, &label, &body) != CV_E_DECODE) fail_msg("accepted: %s", t[i]);
    }
}

/* RFC 4648 10 */
static void decodes_base64(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } t[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {" Z m\r\n9\tv\n", "foo"},
        {"+/+/", "\xfb\xff\xbf"},
        {"Zg=\n=", "f"},
    };
    uint8_t out[16];
    size_t len;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_int_equal(cv_base64_decode(out, sizeof out, &len, text_of(t[i].in)), CV_OK);
        assert_int_equal(len, strlen(t[i].out));
        assert_memory_equal(out, t[i].out, len);
        if (len == 0) continue;
        assert_int_equal(cv_base64_decode(out, len, &len, text_of(t[i].in)), CV_OK);
        assert_int_equal(cv_base64_decode(out, len - 1, &len, text_of(t[i].in)), CV_E_BUFFER_TOO_SMALL);
    }
    char both[] = "Zm9v\nYmFy\n";
    assert_int_equal(cv_base64_decode((uint8_t *)both, sizeof both, &len, text_of(both)), CV_OK);
    assert_memory_equal(both, "foobar", 6);
}

static void every_character_means_one_thing(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t out[3];
    size_t len;
    for (unsigned c = 1; c < 256; c++) {
        const uint8_t group[] = {'A', 'A', 'A', (uint8_t)c};
        const char *at = strchr(alphabet, (int)c);
        bool other = c == '=' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (other) continue;
        assert_int_equal(cv_base64_decode(out, 3, &len, cv_bytes(group, 4)), at ? CV_OK : CV_E_DECODE);
        if (at) assert_int_equal(out[2], at - alphabet);
    }
}

static void refuses_what_is_not_base64(void **state)
{
    (void)state;
    static const char *const t[] = {"Z",    "Zg",   "Zg=",      "Zm8",  "Zm9v=", "====", "Zg==Zg==",
                                    "Zh==", "Zm9=", "Zm9v====", "Zm-v", "Z===",  "=Zg=", "Zg==="};
    uint8_t out[16];
    size_t len;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        if (cv_base64_decode(out, sizeof out, &len, text_of(t[i])) != CV_E_DECODE)
            fail_msg("accepted: %s", t[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_blocks),
        cmocka_unit_test(refuses_blocks_without_their_end),
        cmocka_unit_test(decodes_base64),
        cmocka_unit_test(every_character_means_one_thing),
        cmocka_unit_test(refuses_what_is_not_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
