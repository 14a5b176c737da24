/* `suite judge FILE`: our verdict on each chain of a file of test/x509/mutate.py, a line each. */
#include "test/x509/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERTS_MAX = 16 };

/* As a TLS client judges a server, for server.example. */
static cv_err judge(const struct suite *s, struct cv_bytes *in, int64_t now)
{
    struct cv_cert certs[CERTS_MAX];
    struct cv_bytes ders[CERTS_MAX];
    struct cv_host host;
    struct cv_path path;
    struct cv_verdict verdict;
    uint8_t n;
    size_t n_good = 1;
    cv_err e = cv_read_u8(in, &n);

    if (e != CV_OK || n < 2 || n > CERTS_MAX) abort();
    for (size_t i = 0; i < n; i++)
        if (cv_read_vec24(in, &ders[i]) != CV_OK) abort();
    if ((e = cv_cert_parse(&certs[0], ders[0])) != CV_OK) return e;
    if (certs[0].key.type == CV_KEY_NONE) return CV_E_CERT_KEY;
    for (size_t i = 1; i + 1 < n; i++)
        if (cv_cert_parse(&certs[n_good], ders[i]) == CV_OK) n_good++;
    struct cv_trust_store trust = {.anchors = &certs[n_good]};
    if (cv_cert_parse(&certs[n_good], ders[n - 1]) == CV_OK) trust.n_anchors = 1;
    if ((e = cv_host_parse(&host, "server.example", 14)) != CV_OK) return e;
    const struct cv_path_params params = {
        .trust = &trust,
        .schemes = s->algorithms.cert_schemes,
        .n_schemes = s->algorithms.n_cert_schemes,
        .now = now,
        .purpose = CV_PURPOSE_SERVER,
        .key_usage = CV_KU_DIGITAL_SIGNATURE,
        .host = &host,
    };
    return cv_path_validate(&path, &verdict, &certs[0], certs + 1, n_good - 1, &params);
}

bool suite_judge(const struct suite *s, const char *file)
{
    size_t len;
    char *text = suite_read_file(file, &len);
    struct cv_bytes in = cv_bytes((const uint8_t *)text, len);
    uint64_t now;

    if (!text || cv_read_u64(&in, &now) != CV_OK) return false;
    while (in.len > 0) {
        cv_err e = judge(s, &in, (int64_t)now);
        puts(e == CV_OK ? "ok" : cv_err_name(e));
    }
    free(text);
    return true;
}
