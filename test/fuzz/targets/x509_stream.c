/* Certificates as they arrive: a byte of choices, one for the pieces, then certificates behind 16-bit
 * lengths, the leaf first and the root last. Every signature verifies, so that the grammar and the rules
 * decide. The pieces make no difference, and nothing passes that the memory driver refuses. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/null.h"
#include "x509/stream.h"

#include <stdlib.h>

enum { N_CERTS_MAX = 12, NOW = 1893456000 /* 2030-01-01, as for test/pki/chains.pem */ };

static cv_err by_stream(const struct cv_stream_params *params, const struct cv_bytes *ders, size_t n,
                        uint32_t dice)
{
    struct cv_stream *s = malloc(cv_stream_len(params->schemes, params->n_schemes));
    struct cv_verdict verdict;
    if (s == NULL) abort();
    cv_stream_init(s, params);
    for (size_t i = 0; i < n; i++) {
        struct cv_bytes der = ders[i];
        cv_stream_begin(s, der.len);
        while (der.len > 0) {
            if (dice != 0) dice = dice * 1664525 + 1013904223;
            struct cv_bytes part = fuzz_take(&der, dice == 0 ? der.len : 1 + (dice >> 24) % 80);
            uint8_t *copy = fuzz_copy(part); /* nothing of it may be looked at later */
            cv_stream_bytes(s, cv_bytes(copy, part.len));
            free(copy);
        }
    }
    cv_err e = cv_stream_finish(s, &verdict);
    FUZZ_CHECK(verdict.err == e && verdict.depth <= CV_PATH_MAX);
    free(s);
    return e;
}

static cv_err by_memory(const struct cv_path_params *params, const struct cv_bytes *ders, size_t n)
{
    struct cv_cert certs[N_CERTS_MAX];
    struct cv_path path;
    struct cv_verdict verdict;
    size_t n_certs = 1;
    cv_err e = cv_cert_parse(&certs[0], ders[0]);
    if (e != CV_OK) return e;
    for (size_t i = 1; i < n; i++)
        if (cv_cert_parse(&certs[n_certs], ders[i]) == CV_OK) n_certs++;
    return cv_path_validate(&path, &verdict, &certs[0], certs + 1, n_certs - 1, params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cv_algorithms algorithms;
    struct cv_bytes in = cv_bytes(data, size), ders[N_CERTS_MAX];
    uint8_t choices = fuzz_u8(&in), dice = fuzz_u8(&in);
    struct cv_anchor anchor;
    struct cv_cert root;
    struct cv_host host;
    size_t n = 0;
    if (algorithms.n_suites == 0) null_public_key_algorithms(&algorithms);
    while (n < N_CERTS_MAX && in.len > 0) {
        ders[n] = fuzz_take(&in, fuzz_u16(&in));
        if (ders[n].len > 0) n++;
    }
    if (n < 2) return 0;
    FUZZ_CHECK(cv_host_parse(&host, "example.com", 11) == CV_OK);
    enum cv_purpose purpose = (enum cv_purpose)((choices & 3) % 3);
    bool check_name = choices & 4;
    n--;
    bool has_anchor = cv_anchor_read(&anchor, ders[n], algorithms.sha256) == CV_OK;
    bool has_root = cv_cert_parse(&root, ders[n]) == CV_OK;
    FUZZ_CHECK(has_root || !has_anchor);
    struct cv_stream_params params = {.anchors = &anchor,
                                      .n_anchors = has_anchor,
                                      .schemes = algorithms.cert_schemes,
                                      .n_schemes = algorithms.n_cert_schemes,
                                      .sha256 = algorithms.sha256,
                                      .now = NOW,
                                      .purpose = purpose,
                                      .key_usage = choices & 8 ? CV_KU_DIGITAL_SIGNATURE : 0,
                                      .max_intermediates = choices >> 5,
                                      .only_key = choices & 16,
                                      .check_name = check_name,
                                      .dns = cv_bytes(host.value, host.len)};
    cv_err e = by_stream(&params, ders, n, 0);
    FUZZ_CHECK(by_stream(&params, ders, n, dice | 0x100u) == e);
    struct cv_trust_store trust = {.anchors = &root, .n_anchors = has_root};
    const struct cv_path_params path_params = {.trust = &trust,
                                               .schemes = params.schemes,
                                               .n_schemes = params.n_schemes,
                                               .now = NOW,
                                               .purpose = purpose,
                                               .key_usage = params.key_usage,
                                               .max_intermediates = params.max_intermediates,
                                               .host = check_name ? &host : NULL};
    if (params.only_key || e != CV_OK) return 0;
    FUZZ_CHECK(by_memory(&path_params, ders, n) == CV_OK);
    return 0;
}
