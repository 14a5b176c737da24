/* Certificates as they arrive: the stream driver beside the memory driver. */
#include "pki.h"
#include "x509/der.h"
#include "x509/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { CERTS_MAX = 8 };

static const int64_t NOW = 1893456000; /* 2030-01-01 */

struct judge {
    struct cv_bytes chain[CERTS_MAX], root;
    size_t n;
    const struct cv_sig_scheme *schemes;
    size_t n_schemes;
    const char *host;
    enum cv_purpose purpose;
    size_t piece; /* bytes at once; 0: all */
    bool only_key;
};

static struct cv_stream *stream_new(const struct judge *j, struct cv_anchor *anchor, struct cv_host *host)
{
    struct cv_stream_params params = {
        .anchors = anchor,
        .n_anchors = cv_anchor_read(anchor, j->root, &cv_sha256) == CV_OK,
        .schemes = j->schemes,
        .n_schemes = j->n_schemes,
        .sha256 = &cv_sha256,
        .now = NOW,
        .purpose = j->purpose,
        .key_usage = CV_KU_DIGITAL_SIGNATURE,
        .only_key = j->only_key,
        .check_name = j->host != NULL,
    };
    if (j->host) {
        assert_int_equal(cv_host_parse(host, j->host, strlen(j->host)), CV_OK);
        if (host->kind == CV_HOST_DNS) params.dns = cv_bytes(host->value, host->len);
        if (host->kind == CV_HOST_IP) params.ip = cv_bytes(host->value, host->len);
    }
    /* of exactly this size, for the address sanitizer */
    struct cv_stream *s = malloc(cv_stream_len(j->schemes, j->n_schemes));
    assert_non_null(s);
    cv_stream_init(s, &params);
    return s;
}

static void feed(struct cv_stream *s, struct cv_bytes der, size_t piece)
{
    struct cv_bytes part;

    cv_stream_begin(s, der.len);
    while (der.len > 0) {
        size_t n = piece != 0 && piece < der.len ? piece : der.len;
        assert_int_equal(cv_read_bytes(&der, n, &part), CV_OK);
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, part.p, n);
        cv_stream_bytes(s, cv_bytes(copy, n));
        free(copy);
    }
}

static cv_err by_stream(const struct judge *j)
{
    struct cv_anchor anchor;
    struct cv_host host;
    struct cv_verdict verdict;
    struct cv_stream *s = stream_new(j, &anchor, &host);

    for (size_t i = 0; i < j->n; i++) feed(s, j->chain[i], j->piece);
    cv_err e = cv_stream_finish(s, &verdict);
    assert_int_equal(verdict.err, e);
    free(s);
    return e;
}

static cv_err by_memory(const struct judge *j)
{
    struct cv_cert certs[CERTS_MAX], root;
    struct cv_host host;
    struct cv_path path;
    struct cv_verdict verdict;
    struct cv_trust_store trust = {&root, cv_cert_parse(&root, j->root) == CV_OK};
    size_t n = 1;
    cv_err e = cv_cert_parse(&certs[0], j->chain[0]);

    if (e != CV_OK) return e;
    if (j->host) assert_int_equal(cv_host_parse(&host, j->host, strlen(j->host)), CV_OK);
    for (size_t i = 1; i < j->n; i++)
        if (cv_cert_parse(&certs[n], j->chain[i]) == CV_OK) n++;
    const struct cv_path_params params = {
        .trust = &trust,
        .schemes = j->schemes,
        .n_schemes = j->n_schemes,
        .now = NOW,
        .purpose = j->purpose,
        .key_usage = CV_KU_DIGITAL_SIGNATURE,
        .host = j->host ? &host : NULL,
    };
    return cv_path_validate(&path, &verdict, &certs[0], certs + 1, n - 1, &params);
}

/* names: leaf first, the root last. */
static struct judge judge_of(const char *names, const char *host)
{
    struct judge j = {
        .schemes = pki_schemes, .n_schemes = pki_n_schemes, .host = host, .purpose = CV_PURPOSE_SERVER};
    char name[64];
    int used;

    while (sscanf(names, "%63s%n", name, &used) == 1) {
        assert_true(j.n < CERTS_MAX);
        j.chain[j.n++] = pki_der("chains.pem", name);
        names += used;
    }
    j.root = j.chain[--j.n];
    return j;
}

static void gives_the_verdict_of_the_memory_driver(void **state)
{
    (void)state;
    static const struct {
        const char *names, *host;
        cv_err want;
    } t[] = {
        {"leaf ica root", "example.com", CV_OK},
        {"leaf ica root", "a.example.net", CV_OK},
        {"leaf ica root root", "example.com", CV_OK}, /* the root that servers need not send */
        {"leaf ica leaf-expired root", "example.com", CV_OK},
        {"leaf ica root", "a.b.example.net", CV_E_CERT_NAME_MISMATCH},
        {"leaf ica root", "example.org", CV_E_CERT_NAME_MISMATCH},
        {"leaf ica root", NULL, CV_OK},
        {"leaf-rsa root-rsa", NULL, CV_OK},
        {"leaf-p384 root-p384", NULL, CV_OK},
        {"leaf-expired ica root", NULL, CV_E_CERT_EXPIRED},
        {"leaf-future ica root", NULL, CV_E_CERT_NOT_YET_VALID},
        {"leaf-client ica root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE},
        {"leaf-no-eku ica root", NULL, CV_OK},
        {"leaf-critical ica root", NULL, CV_E_CERT_CRITICAL},
        {"leaf-weak ica root", NULL, CV_E_CERT_WEAK_KEY},
        {"leaf-wrong-key ica root", NULL, CV_E_CERT_SIGNATURE},
        {"leaf-of-expired-root root-expired", NULL, CV_E_CERT_EXPIRED},
        {"leaf ica root-p384", NULL, CV_E_CERT_UNTRUSTED},
        {"leaf root", NULL, CV_E_CERT_UNTRUSTED},
        {"leaf-bad bad-not-ca root", NULL, CV_E_CERT_NOT_CA},
        {"leaf-bad bad-no-bc root", NULL, CV_E_CERT_NOT_CA},
        {"leaf-bad bad-no-cert-sign root", NULL, CV_E_CERT_KEY_USAGE},
        {"leaf-bad bad-expired root", NULL, CV_E_CERT_EXPIRED},
        {"leaf-bad bad-eku root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE},
        {"leaf-bad bad-critical root", NULL, CV_E_CERT_CRITICAL},
        {"leaf-bad bad-v1 root", NULL, CV_E_CERT_NOT_CA},
        {"leaf-bad bad-good root", NULL, CV_OK},
        {"leaf-below ica-below ica root", NULL, CV_E_CERT_PATH_LENGTH},
    };
    static const size_t pieces[] = {0, 1, 7, 64};

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct judge j = judge_of(t[i].names, t[i].host);
        cv_err m = by_memory(&j);
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            j.piece = pieces[k];
            cv_err e = by_stream(&j);
            if (e != t[i].want || m != t[i].want)
                fail_msg("%s, by %zu: %s, the memory driver says %s, expected %s", t[i].names, j.piece,
                         cv_err_name(e), cv_err_name(m), cv_err_name(t[i].want));
        }
    }
}

static void refuses_what_it_cannot_check(void **state)
{
    (void)state;
    static const struct {
        const char *names;
        cv_err want;
    } t[] = {
        {"leaf-bad bad-constraints root", CV_E_CERT_NAME_CONSTRAINT},
        {"leaf-policy ica-explicit root", CV_E_CERT_POLICY},
        {"leaf-pss root-rsa", CV_E_CERT_SIGNATURE_ALGORITHM},
        {"leaf-ed25519 root-ed25519", CV_E_CERT_SIGNATURE_ALGORITHM},
        {"leaf-of-root-v1 root-v1", CV_E_CERT_UNTRUSTED},
        {"leaf-p521 root", CV_E_CERT_UNTRUSTED},
    };

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct judge j = judge_of(t[i].names, NULL);
        cv_err e = by_stream(&j);
        if (e != t[i].want)
            fail_msg("%s: %s, expected %s", t[i].names, cv_err_name(e), cv_err_name(t[i].want));
    }
}

static void needs_every_byte(void **state)
{
    (void)state;
    struct judge whole = judge_of("leaf ica root", "example.com");

    for (size_t i = 0; i < whole.n; i++) {
        for (size_t len = 0; len < whole.chain[i].len; len++) {
            struct cv_anchor anchor;
            struct cv_host host;
            struct cv_verdict verdict;
            struct cv_stream *s = stream_new(&whole, &anchor, &host);
            /* less than was said */
            for (size_t k = 0; k < i; k++) feed(s, whole.chain[k], 0);
            cv_stream_begin(s, whole.chain[i].len);
            cv_stream_bytes(s, cv_bytes(whole.chain[i].p, len));
            assert_int_not_equal(cv_stream_finish(s, &verdict), CV_OK);
            free(s);
            /* a certificate that ends early */
            struct judge cut = whole;
            cut.chain[i].len = len;
            if (len > 0) assert_int_not_equal(by_stream(&cut), CV_OK);
        }
    }
    struct judge more = whole;
    uint8_t *longer = calloc(1, whole.chain[0].len + 1);
    assert_non_null(longer);
    memcpy(longer, whole.chain[0].p, whole.chain[0].len);
    more.chain[0] = cv_bytes(longer, whole.chain[0].len + 1);
    assert_int_equal(by_stream(&more), CV_E_CERT_DER);
    free(longer);
}

/* Behind a header whose length is of two bytes. */
static void put(struct cv_builder *b, uint8_t tag, const void *p, size_t len)
{
    cv_build_u8(b, tag);
    if (len >= 0x80) cv_build_u8(b, len >= 0x100 ? 0x82 : 0x81);
    if (len >= 0x100) cv_build_u8(b, (uint8_t)(len >> 8));
    cv_build_u8(b, (uint8_t)len);
    cv_build_bytes(b, p, len);
}

/* The certificate `old` again, with so many alternative names, and the one that counts as the last. */
static struct cv_bytes with_names(const struct cv_cert *old, unsigned n_names)
{
    static uint8_t parts[4][65536], der[65536];
    static const uint8_t id_san[] = {0x55, 0x1d, 17};
    struct cv_bytes tbs = old->tbs, content, extensions = cv_bytes(NULL, 0), head;
    struct cv_builder b[4], out;

    for (size_t i = 0; i < 4; i++) cv_build_init(&b[i], parts[i], sizeof parts[i]);
    for (unsigned i = 0; i < n_names; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "host-%u.example.com", i);
        put(&b[0], 0x82, name, (size_t)len);
    }
    put(&b[0], 0x82, "example.com", 11);
    put(&b[1], CV_DER_SEQUENCE, b[0].p, b[0].len); /* GeneralNames */
    b[0].len = 0;
    put(&b[0], CV_DER_OID, id_san, sizeof id_san);
    put(&b[0], CV_DER_OCTET_STRING, b[1].p, b[1].len);
    put(&b[2], CV_DER_SEQUENCE, b[0].p, b[0].len); /* Extension */
    b[1].len = b[0].len = 0;
    put(&b[1], CV_DER_SEQUENCE, b[2].p, b[2].len);
    put(&b[0], 0xa3, b[1].p, b[1].len);
    /* everything before the old extensions */
    assert_int_equal(cv_der_read(&tbs, CV_DER_SEQUENCE, &content), CV_OK);
    head = content;
    while (content.len > 0) {
        uint8_t tag;
        extensions = content;
        assert_int_equal(cv_der_any(&content, &tag, &tbs), CV_OK);
        if (tag == 0xa3) break;
    }
    head.len -= extensions.len;
    cv_build_bytes(&b[3], head.p, head.len);
    cv_build_bytes(&b[3], b[0].p, b[0].len);
    b[1].len = b[2].len = 0;
    put(&b[1], CV_DER_SEQUENCE, b[3].p, b[3].len);
    cv_build_bytes(&b[1], old->sig_alg.p, old->sig_alg.len);
    b[2].p[0] = 0;
    memcpy(b[2].p + 1, old->signature.p, old->signature.len);
    put(&b[1], CV_DER_BIT_STRING, b[2].p, old->signature.len + 1);
    cv_build_init(&out, der, sizeof der);
    put(&out, CV_DER_SEQUENCE, b[1].p, b[1].len);
    assert_int_equal(cv_build_end(&out), CV_OK);
    return cv_bytes(der, out.len);
}

static cv_err accept_any(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    (void)key, (void)hash, (void)m, (void)sig;
    return CV_OK;
}

/* Changes every byte of a chain in several ways, and lets every signature verify, so that the grammar alone
 * decides: nothing passes that the memory driver refuses, however the bytes come. */
static void check_changes(const char *names, const char *host)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xff};
    struct judge j = judge_of(names, host);
    struct cv_sig_scheme schemes[32];
    size_t n_both = 0, n_memory = 0;

    assert_true(pki_n_schemes <= sizeof schemes / sizeof schemes[0]);
    memcpy(schemes, pki_schemes, pki_n_schemes * sizeof schemes[0]);
    for (size_t i = 0; i < pki_n_schemes; i++) schemes[i].verify = accept_any;
    j.schemes = schemes;
    for (size_t i = 0; i <= j.n; i++) {
        struct cv_bytes *changed = i < j.n ? &j.chain[i] : &j.root;
        struct cv_bytes old = *changed;
        uint8_t *der = malloc(old.len);
        assert_non_null(der);
        memcpy(der, old.p, old.len);
        *changed = cv_bytes(der, old.len);
        for (size_t at = 0; at < old.len; at++) {
            for (size_t k = 0; k < sizeof changes; k++) {
                der[at] = old.p[at] ^ changes[k];
                cv_err m = by_memory(&j), e;
                j.piece = 0;
                e = by_stream(&j);
                j.piece = 1;
                cv_err e_by_byte = by_stream(&j);
                if ((e == CV_OK && m != CV_OK) || e != e_by_byte)
                    fail_msg(
                        "%s: certificate %zu, byte %zu ^ %02x: %s, by bytes %s, the memory driver says %s",
                        names, i, at, changes[k], cv_err_name(e), cv_err_name(e_by_byte), cv_err_name(m));
                n_memory += m == CV_OK;
                n_both += e == CV_OK;
            }
            der[at] = old.p[at];
        }
        free(der);
        *changed = old;
    }
    /* what is refused in spite of the memory driver: names that fold to the same */
    assert_true(n_both > 500 && n_memory - n_both < n_both / 4);
}

static void accepts_no_change_that_the_memory_driver_refuses(void **state)
{
    (void)state;
    check_changes("leaf ica root", "example.com");
    check_changes("leaf-rsa root-rsa", NULL);
}

static void matches_one_of_a_thousand_names(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1, 100};
    struct judge j = judge_of("leaf ica root", "example.com");
    struct cv_cert leaf = pki_cert("leaf");
    struct cv_sig_scheme schemes[32];

    assert_true(pki_n_schemes <= sizeof schemes / sizeof schemes[0]);
    memcpy(schemes, pki_schemes, pki_n_schemes * sizeof schemes[0]);
    for (size_t i = 0; i < pki_n_schemes; i++) schemes[i].verify = accept_any;
    j.schemes = schemes;
    j.chain[0] = with_names(&leaf, 1000);
    assert_true(j.chain[0].len > 16384);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        j.piece = pieces[i];
        assert_int_equal(by_stream(&j), CV_OK);
    }
    assert_int_equal(by_memory(&j), CV_OK);
    j.host = "host-1000.example.com";
    assert_int_equal(by_stream(&j), CV_E_CERT_NAME_MISMATCH);
    j.host = "host-999.example.com";
    assert_int_equal(by_stream(&j), CV_OK);

    /* but there is an end */
    struct cv_anchor anchor;
    struct cv_host host;
    struct cv_verdict verdict;
    struct cv_stream *s = stream_new(&j, &anchor, &host);
    cv_stream_begin(s, 65536);
    assert_int_equal(cv_stream_finish(s, &verdict), CV_E_CERT_TOO_COMPLEX);
    free(s);
}

static void reads_a_key_that_somebody_else_judges(void **state)
{
    (void)state;
    struct judge j = judge_of("self-signed root", "example.com");
    struct cv_anchor anchor;
    struct cv_host host;
    struct cv_verdict verdict;
    struct cv_cert leaf = pki_cert("self-signed");

    j.only_key = true;
    struct cv_stream *s = stream_new(&j, &anchor, &host);
    feed(s, j.chain[0], 7);
    assert_int_equal(cv_stream_finish(s, &verdict), CV_OK);
    assert_int_equal(s->key.type, leaf.key.type);
    assert_true(cv_bytes_equal(s->key.point, leaf.key.point));
    assert_true(s->leaf_not_after == leaf.not_after);
    free(s);
}

static void keeps_the_leaf_s_key_and_the_earliest_end(void **state)
{
    (void)state;
    static const char *const chains[] = {"leaf ica root", "leaf-rsa root-rsa", "leaf-p384 root-p384"};

    for (size_t i = 0; i < 3; i++) {
        struct judge j = judge_of(chains[i], NULL);
        struct cv_anchor anchor;
        struct cv_host host;
        struct cv_verdict verdict;
        struct cv_cert leaf, root;
        struct cv_stream *s = stream_new(&j, &anchor, &host);
        for (size_t k = 0; k < j.n; k++) feed(s, j.chain[k], 13);
        assert_int_equal(cv_stream_finish(s, &verdict), CV_OK);
        assert_int_equal(cv_cert_parse(&leaf, j.chain[0]), CV_OK);
        assert_int_equal(s->key.type, leaf.key.type);
        assert_true(cv_bytes_equal(s->key.point, leaf.key.point) && cv_bytes_equal(s->key.n, leaf.key.n) &&
                    cv_bytes_equal(s->key.e, leaf.key.e));
        assert_int_equal(cv_cert_parse(&root, j.root), CV_OK);
        assert_true(s->not_after <= leaf.not_after && s->not_after <= root.not_after);
        /* the anchor's key is where the caller has it */
        assert_true(cv_bytes_equal(anchor.key.point, root.key.point) &&
                    anchor.key.point.p == root.key.point.p);
        assert_true(cv_bytes_equal(anchor.key.n, root.key.n) && anchor.key.n.p == root.key.n.p);
        free(s);
    }
}

/* An engine with one curve holds no more than this. */
static void is_small(void **state)
{
    (void)state;
    const struct cv_sig_scheme p256 = {.key = CV_KEY_P256, .family = CV_SIG_ECDSA, .hash = &cv_sha256};
    assert_true(cv_stream_len(&p256, 1) <= (sizeof(void *) == 4 ? 1408 : 1664));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_verdict_of_the_memory_driver),
        cmocka_unit_test(refuses_what_it_cannot_check),
        cmocka_unit_test(needs_every_byte),
        cmocka_unit_test(accepts_no_change_that_the_memory_driver_refuses),
        cmocka_unit_test(matches_one_of_a_thousand_names),
        cmocka_unit_test(reads_a_key_that_somebody_else_judges),
        cmocka_unit_test(keeps_the_leaf_s_key_and_the_earliest_end),
        cmocka_unit_test(is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
