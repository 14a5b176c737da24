/* Building paths: three bytes of choices, then certificates one behind the other, the leaf first. The last
 * ones are anchors. Every signature verifies, so that names and constraints decide; the budget must hold. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/null.h"
#include "test/fuzz/pki.h"
#include "x509/der.h"

enum { N_CERTS_MAX = 24, NOW = 1893456000 /* 2030-01-01, as for test/pki/chains.pem */ };

static size_t read_certs(struct cv_cert *certs, struct cv_bytes in)
{
    struct cv_bytes der;
    size_t n = 0;
    while (n < N_CERTS_MAX && cv_der_whole(&in, CV_DER_SEQUENCE, &der) == CV_OK)
        if (cv_cert_parse(&certs[n], der) == CV_OK) n++;
    return n;
}

static void check_path(const struct cv_path *path, const struct cv_cert *leaf,
                       const struct cv_path_params *params)
{
    const struct cv_trust_store *trust = params->trust;
    FUZZ_CHECK(path->n_certs >= 1 && path->n_certs <= CV_PATH_MAX && path->certs[0] == leaf);
    size_t last = path->n_certs - 1;
    if (last > 0)
        FUZZ_CHECK(path->certs[last] >= trust->anchors &&
                   path->certs[last] < trust->anchors + trust->n_anchors);
    for (size_t i = 0; i < path->n_certs; i++) {
        const struct cv_cert *c = path->certs[i];
        FUZZ_CHECK(!c->unknown_critical && c->not_before <= NOW && NOW <= c->not_after);
        if (i < last) FUZZ_CHECK(cv_name_equal(c->issuer, path->certs[i + 1]->subject));
        if (i > 0 && i < last) {
            FUZZ_CHECK(c->is_ca);
            if (c->has_key_usage) FUZZ_CHECK(c->key_usage & CV_KU_KEY_CERT_SIGN);
        }
    }
    if (params->host != NULL) FUZZ_CHECK(cv_cert_matches_host(leaf, params->host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cv_algorithms algorithms;
    struct cv_cert certs[N_CERTS_MAX + 1];
    struct cv_bytes in = cv_bytes(data, size);
    struct cv_host host;
    struct cv_path path;
    struct cv_verdict verdict;
    uint8_t choices = fuzz_u8(&in), n_anchors = fuzz_u8(&in) % 8, budget = fuzz_u8(&in);
    size_t n = read_certs(certs, in);
    if (n == 0) return 0;
    if (algorithms.n_suites == 0) null_algorithms(&algorithms);

    if (n_anchors >= n) n_anchors = (uint8_t)(n - 1);
    certs[n++] = fuzz_trust()->anchors[0];
    n_anchors++;
    cv_trust_sort(certs + n - n_anchors, n_anchors);
    struct cv_trust_store trust = {.anchors = certs + n - n_anchors, .n_anchors = n_anchors};
    FUZZ_CHECK(cv_host_parse(&host, "server.example", 14) == CV_OK);
    struct cv_path_params params = {
        .trust = &trust,
        .schemes = algorithms.cert_schemes,
        .n_schemes = algorithms.n_cert_schemes,
        .now = NOW,
        .purpose = (enum cv_purpose)((choices & 3) % 3),
        .profile = (enum cv_profile)((choices >> 2 & 3) % 3),
        .key_usage = choices & 16 ? CV_KU_DIGITAL_SIGNATURE : 0,
        .host = choices & 32 ? &host : NULL,
        .min_rsa_bits = choices & 64 ? 1024 : 0,
        .max_intermediates = budget & 7,
        .max_signatures = budget >> 3,
        .max_comparisons = choices & 128 ? 1000 : 0,
    };
    null_n_verified = 0;
    cv_err e = cv_path_validate(&path, &verdict, &certs[0], certs + 1, n - n_anchors - 1, &params);
    FUZZ_CHECK(null_n_verified <= (params.max_signatures != 0 ? params.max_signatures : 100));
    if (e == CV_OK)
        check_path(&path, &certs[0], &params);
    else
        FUZZ_CHECK(verdict.err == e && verdict.depth < CV_PATH_MAX);
    return 0;
}
