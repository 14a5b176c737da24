/* One certificate: parsing, names, keys, and its own signature where it signed itself. */
#include "test/fuzz/fuzz.h"
#include "tls/suite.h"
#include "x509/der.h"
#include "x509/key.h"
#include "x509/name.h"

static void check_views(const struct cv_cert *c)
{
    const struct cv_bytes *views[] = {
        &c->tbs,         &c->serial,
        &c->issuer,      &c->subject,
        &c->spki,        &c->sig_alg,
        &c->signature,   &c->extensions,
        &c->san,         &c->name_constraints,
        &c->ski,         &c->aki,
        &c->policies,    &c->policy_mappings,
        &c->crl_points,  &c->policy_constraints,
        &c->aia,
        &c->key.point,   &c->key.n,
        &c->key.e,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) FUZZ_CHECK(fuzz_within(*views[i], c->der));
    FUZZ_CHECK(c->version >= 1 && c->version <= 3);
    FUZZ_CHECK((c->critical & ~c->present) == 0);
}

static void check_names(const struct cv_cert *c)
{
    static const char *const hosts[] = {"example.com", "a.example.net", "192.0.2.1", "2001:db8::1"};
    struct cv_host host;
    FUZZ_CHECK(cv_name_equal(c->issuer, c->issuer) && cv_name_within(c->subject, c->subject));
    FUZZ_CHECK(cv_name_hash(c->issuer) == c->issuer_hash && cv_name_hash(c->subject) == c->subject_hash);
    bool equal = cv_name_equal(c->issuer, c->subject);
    FUZZ_CHECK(equal == cv_name_equal(c->subject, c->issuer));
    FUZZ_CHECK(equal == (cv_name_within(c->issuer, c->subject) && cv_name_within(c->subject, c->issuer)));
    if (equal) FUZZ_CHECK(c->issuer_hash == c->subject_hash);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t len = 0;
        while (hosts[i][len] != 0) len++;
        FUZZ_CHECK(cv_host_parse(&host, hosts[i], len) == CV_OK);
        if (cv_cert_matches_host(c, &host)) FUZZ_CHECK(c->san.p != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cv_algorithms algorithms;
    struct cv_cert cert;
    struct cv_public_key key;
    if (cv_cert_parse(&cert, cv_bytes(data, size)) != CV_OK) return 0;
    FUZZ_CHECK(cv_der_check(cert.der) == CV_OK);
    check_views(&cert);
    check_names(&cert);
    FUZZ_CHECK(cv_public_key_parse(&key, cert.spki) == CV_OK && key.type == cert.key.type);
    if (algorithms.n_suites == 0) cv_algorithms_select(&algorithms, 0);
    if (cv_name_equal(cert.issuer, cert.subject)) {
        cv_err e =
            cv_cert_check_signature(&cert, &cert.key, algorithms.cert_schemes, algorithms.n_cert_schemes);
        (void)e;
    }
    return 0;
}
