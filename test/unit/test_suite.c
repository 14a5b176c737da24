#include "crypto/cpu.h"
#include "tls/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void aes_leads_where_the_processor_has_it(void **state)
{
    (void)state;
    struct cv_algorithms a;
    cv_algorithms_select(&a, cv_cpu_detect() | CV_CPU_AES);
    const uint16_t with[] = {0x1301, 0x1302, 0x1303, 0x1304};
    assert_int_equal(a.n_suites, 12);
    for (size_t i = 0; i < a.n_suites; i++) assert_int_equal(a.suites[i].tls12, i >= 4);
    for (size_t i = 0; i < 4; i++) assert_int_equal(a.suites[i].id, with[i]);
    cv_algorithms_select(&a, 0);
    const uint16_t without[] = {0x1303, 0x1301, 0x1302, 0x1304};
    for (size_t i = 0; i < 4; i++) assert_int_equal(a.suites[i].id, without[i]);
}

static void check_kinds(const struct cv_algorithms *a, uint32_t cpu)
{
    for (size_t i = 0; i < a->n_suites; i++) {
        const struct cv_suite *s = &a->suites[i];
        const struct cv_aead *portable = strstr(s->name, "AES_128_GCM")   ? &cv_aes128_gcm
                                         : strstr(s->name, "AES_256_GCM") ? &cv_aes256_gcm
                                         : strstr(s->name, "CHACHA20")    ? &cv_chacha20_poly1305
                                         : strstr(s->name, "128_CCM_8")   ? &cv_aes128_ccm_8
                                         : strstr(s->name, "128_CCM")     ? &cv_aes128_ccm
                                         : strstr(s->name, "256_CCM_8")   ? &cv_aes256_ccm_8
                                                                          : &cv_aes256_ccm;
        assert_string_equal(s->aead->name, portable->name);
        assert_int_equal(s->hash->id, strstr(s->name, "SHA384") ? CV_HASH_SHA384 : CV_HASH_SHA256);
        assert_int_equal(s->rsa, strstr(s->name, "_RSA_") != NULL);
        /* RFC 5288 3 and RFC 6655 3 against RFC 7905 2 */
        assert_int_equal(s->explicit_nonce_len, s->tls12 && strstr(s->name, "AES") ? 8 : 0);
        if (cpu == 0) assert_ptr_equal(s->aead, portable);
    }
}

static void every_selection_is_of_one_kind(void **state)
{
    (void)state;
    static const uint16_t short_tags[] = {CV_TLS_AES_128_CCM_8_SHA256, CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
                                          CV_TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8};
    for (uint32_t cpu = 0; cpu < 1u << 9; cpu++) {
        struct cv_algorithms a;
        cv_algorithms_select(&a, cpu);
        check_kinds(&a, cpu);
        for (size_t i = 0; i < a.n_suites; i++) assert_int_equal(a.suites[i].aead->tag_len, 16);
        assert_int_equal(a.sha256->id, CV_HASH_SHA256);
        assert_int_equal(a.ticket_aead->tag_len, 16);
        assert_int_equal(a.ticket_aead->key_len, 32);
        assert_true(cv_algorithms_take_suites(&a, short_tags, 3));
        check_kinds(&a, cpu);
        for (size_t i = 0; i < 3; i++) assert_int_equal(a.suites[i].aead->tag_len, 8);
    }
}

static void schemes_are_whole(void **state)
{
    (void)state;
    struct cv_algorithms a;
    cv_algorithms_select(&a, cv_cpu_detect());
    static const uint16_t groups[] = {0x11ec, 0x11eb, 0x11ed, 0x001d, 0x0017, 0x0018, 0x0019};
    assert_int_equal(a.n_groups, sizeof groups / sizeof groups[0]);
    for (size_t i = 0; i < a.n_groups; i++) {
        assert_int_equal(a.groups[i]->id, groups[i]);
        assert_ptr_equal(cv_group_find(groups[i], 0), a.groups[i]);
    }
    assert_null(cv_group_find(0, 0));
    assert_int_equal(a.schemes[0].id, 0x0403);
    assert_int_equal(a.schemes[1].id, 0x0807);
    assert_int_equal(a.schemes[2].id, 0x0503);
    for (size_t i = 0; i < a.n_schemes; i++) {
        const struct cv_sig_scheme *s = &a.schemes[i];
        assert_int_not_equal(s->id, 0);
        assert_int_equal((s->id & 0xff) == 0x01, s->family == CV_SIG_RSA_PKCS1);
        assert_non_null(s->sign);
        assert_non_null(s->verify);
        for (size_t j = 0; j < i; j++) assert_int_not_equal(s->id, a.schemes[j].id);
        assert_memory_equal(s, &a.cert_schemes[i], sizeof *s);
    }
    for (size_t i = 0; i < a.n_cert_schemes; i++) {
        const struct cv_sig_scheme *s = &a.cert_schemes[i];
        assert_non_null(s->name);
        assert_non_null(s->verify);
        assert_true(s->hash != NULL || s->family == CV_SIG_EDDSA);
        assert_true(s->hash == NULL || s->hash->digest_len >= 32); /* nothing below SHA-256 */
        assert_int_equal(s->verify_pss != NULL, s->family == CV_SIG_RSA_PSS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_leads_where_the_processor_has_it),
        cmocka_unit_test(every_selection_is_of_one_kind),
        cmocka_unit_test(schemes_are_whole),
    };
    return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
