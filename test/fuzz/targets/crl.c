/* Revocation lists and certificates in DER, in any order: the first certificate is the leaf, the last the
 * anchor. Every signature verifies, so that scopes, dates and entries decide. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/null.h"
#include "x509/der.h"
#include "x509/revocation.h"

enum { N_CERTS_MAX = 8, N_CRLS_MAX = 8, NOW = 1893456000 /* 2030-01-01, as for test/pki/revocation.pem */ };

struct input {
    struct cv_cert certs[N_CERTS_MAX];
    struct cv_crl crls[N_CRLS_MAX];
    size_t n_certs, n_crls;
};

static void check_crl(const struct cv_crl *c)
{
    const struct cv_bytes *views[] = {&c->tbs,     &c->sig_alg, &c->signature, &c->issuer,
                                      &c->entries, &c->aki,     &c->point};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) FUZZ_CHECK(fuzz_within(*views[i], c->der));
    FUZZ_CHECK(cv_der_check(c->der) == CV_OK && cv_name_hash(c->issuer) == c->issuer_hash);
    FUZZ_CHECK((c->reasons & ~CV_REASONS_ALL) == 0 && c->only_users + c->only_cas + c->only_attributes <= 1);
}

static void read_input(struct input *in, struct cv_bytes bytes)
{
    struct cv_bytes der;
    in->n_certs = in->n_crls = 0;
    while (cv_der_whole(&bytes, CV_DER_SEQUENCE, &der) == CV_OK) {
        if (in->n_crls < N_CRLS_MAX && cv_crl_parse(&in->crls[in->n_crls], der) == CV_OK)
            check_crl(&in->crls[in->n_crls++]);
        else if (in->n_certs < N_CERTS_MAX && cv_cert_parse(&in->certs[in->n_certs], der) == CV_OK)
            in->n_certs++;
    }
}

/* What is said to be not revoked is so by a list that is for it, and no list for all reasons names it. */
static void check_path(const struct input *in, const struct cv_path *path)
{
    for (size_t i = 0; i + 1 < path->n_certs; i++) {
        const struct cv_cert *cert = path->certs[i];
        uint16_t covered = 0;
        for (size_t k = 0; k < in->n_crls; k++) {
            const struct cv_crl *c = &in->crls[k];
            uint32_t budget = 100000;
            if (!c->is_delta && !c->unknown_critical && c->this_update <= NOW && NOW <= c->next_update)
                covered |= cv_crl_scope(c, cert, &budget);
        }
        FUZZ_CHECK(covered == CV_REASONS_ALL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cv_algorithms algorithms;
    static struct input in;
    struct cv_path path;
    struct cv_verdict verdict;
    read_input(&in, cv_bytes(data, size));
    if (in.n_certs < 2) return 0;
    if (algorithms.n_suites == 0) null_algorithms(&algorithms);

    const struct cv_trust_store trust = {.anchors = &in.certs[in.n_certs - 1], .n_anchors = 1};
    const struct cv_revocation revocation = {.check = cv_revocation_check,
                                             .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT,
                                             .crls = in.crls,
                                             .n_crls = in.n_crls};
    const struct cv_path_params params = {.trust = &trust,
                                          .schemes = algorithms.cert_schemes,
                                          .n_schemes = algorithms.n_cert_schemes,
                                          .now = NOW,
                                          .revocation = &revocation};
    null_n_verified = 0;
    if (cv_path_validate(&path, &verdict, in.certs, in.certs + 1, in.n_certs - 2, &params) == CV_OK)
        check_path(&in, &path);
    FUZZ_CHECK(null_n_verified <= 100);
    return 0;
}
