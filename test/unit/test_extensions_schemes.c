/* Signature schemes that are off until both sides name them: ML-DSA, in certificates and handshakes. */
#include "pki.h"
#include "tls_fixture.h"
#include "x509/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct pair pair;

static const struct {
    uint16_t id;
    const char *leaf;
} sets[] = {{0x0904, "leaf-44"}, {0x0905, "leaf-65"}, {0x0906, "leaf-87"}};
enum { N_SETS = sizeof sets / sizeof sets[0] };
static const uint16_t all[] = {0x0403, 0x0904, 0x0905, 0x0906, 0x0804};

static void use_schemes(struct side *s, const uint16_t *ids, size_t n)
{
    assert_true(cv_algorithms_take_schemes(&s->algorithms, ids, n));
    s->config.n_schemes = s->algorithms.n_schemes;
    s->config.n_cert_schemes = s->algorithms.n_cert_schemes;
}

/* Both sides have a certificate of this parameter set, and trust its root. */
static void prepare(size_t set)
{
    static struct cv_bytes chain[1];
    static struct cv_identity identity;
    static struct cv_cert root;
    static struct cv_trust_store trust;
    char name[32];
    pair_init(&pair, "p256");
    snprintf(name, sizeof name, "%s-seed", sets[set].leaf);
    chain[0] = pki_der("mldsa.pem", sets[set].leaf);
    identity = (struct cv_identity){.chain = chain, .n_chain = 1};
    assert_int_equal(cv_cert_parse(&identity.leaf, chain[0]), CV_OK);
    assert_int_equal(cv_private_key_parse(&identity.key, pki_der("mldsa.pem", name)), CV_OK);
    assert_int_equal(cv_cert_parse(&root, pki_der("mldsa.pem", "root")), CV_OK);
    trust = (struct cv_trust_store){.anchors = &root, .n_anchors = 1};
    pair.client.config.trust = pair.server.config.trust = &trust;
    pair.client.config.identities = pair.server.config.identities = &identity;
    pair.client.config.n_identities = pair.server.config.n_identities = 1;
    pair.client.params.target = cv_bytes((const uint8_t *)"leaf.example", 12);
}

static void both_sides_name_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        struct cv_conn_info c, s;
        prepare(i);
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
        use_schemes(&pair.client, all, 5);
        use_schemes(&pair.server, all, 5);
        for (int resumed = 0; resumed < 2; resumed++) {
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &c);
            cv_conn_info(pair.server.conn, &s);
            assert_int_equal(c.resumed, resumed);
            assert_int_equal(c.validated, CV_VALIDATED_NAME);
            if (!resumed) {
                assert_int_equal(c.peer_scheme, sets[i].id);
                assert_int_equal(s.peer_scheme, sets[i].id);
                assert_int_equal(c.own_scheme, sets[i].id);
            }
            pair_send(&pair.client, &pair.server, "signed");
            pair_close(&pair);
        }
        pair_free(&pair);
    }
}

static void one_side_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        prepare(0);
        use_schemes(i == 0 ? &pair.client : &pair.server, all, 5);
        assert_int_equal(pair_connect(&pair), CV_E_NO_COMMON_SCHEME);
        pair_free(&pair);
    }
}

/* Of three sets, the one that the certificate is for; not that alone which the handshake could use. */
static void another_set_is_no_use(void **state)
{
    (void)state;
    prepare(1);
    use_schemes(&pair.client, all + 1, 1);
    use_schemes(&pair.server, all, 5);
    assert_int_equal(pair_connect(&pair), CV_E_NO_COMMON_SCHEME);
    pair_close(&pair);
    use_schemes(&pair.client, all + 2, 1); /* the root signs with ML-DSA-87 */
    assert_int_equal(pair_connect(&pair), CV_E_CERT_SIGNATURE_ALGORITHM);
    pair_free(&pair);
}

static void not_in_tls12(void **state)
{
    (void)state;
    prepare(0);
    use_schemes(&pair.client, all, 5);
    use_schemes(&pair.server, all, 5);
    pair.client.config.min_version = pair.client.config.max_version = CV_TLS12;
    pair.server.config.min_version = CV_TLS12;
    assert_int_equal(pair_connect(&pair), CV_E_NO_COMMON_SCHEME);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_name_them),
        cmocka_unit_test(one_side_does_not),
        cmocka_unit_test(another_set_is_no_use),
        cmocka_unit_test(not_in_tls12),
    };
    return cmocka_run_group_tests_name("extensions_schemes", tests, NULL, NULL);
}
