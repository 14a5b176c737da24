/* `culvert CHAIN ROOTS`: see rate.h. */
#include "crypto/cpu.h"
#include "test/x509/bench/rate.h"
#include "tls/suite.h"
#include "x509/path.h"
#include "x509/pem.h"

enum { FILE_MAX = 1 << 20, ROOTS_MAX = 512 };

struct job {
    struct cv_bytes chain[4];
    size_t n_chain;
    struct cv_trust_store trust;
    struct cv_algorithms algorithms;
    struct cv_host host;
};

/* The blocks of a PEM file as DER, in memory that stays. */
static size_t read_pem(struct cv_bytes *out, size_t max, const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *text = malloc(FILE_MAX);
    if (f == NULL || text == NULL) {
        perror(path);
        exit(1);
    }
    struct cv_bytes in = cv_bytes(text, fread(text, 1, FILE_MAX, f)), label, body;
    size_t n = 0;
    fclose(f);
    while (n < max && cv_pem_next(&in, &label, &body) == CV_OK) {
        size_t len;
        uint8_t *der = text + (body.p - text);
        if (cv_base64_decode(der, body.len, &len, body) == CV_OK) out[n++] = cv_bytes(der, len);
    }
    return n;
}

static bool once(void *arg)
{
    const struct job *j = arg;
    struct cv_cert certs[4];
    struct cv_path path;
    struct cv_verdict verdict;
    for (size_t i = 0; i < j->n_chain; i++)
        if (cv_cert_parse(&certs[i], j->chain[i]) != CV_OK) return false;
    const struct cv_path_params params = {
        .trust = &j->trust,
        .schemes = j->algorithms.cert_schemes,
        .n_schemes = j->algorithms.n_cert_schemes,
        .now = (int64_t)time(NULL),
        .purpose = CV_PURPOSE_SERVER,
        .key_usage = CV_KU_DIGITAL_SIGNATURE,
        .host = &j->host,
    };
    return cv_path_validate(&path, &verdict, &certs[0], certs + 1, j->n_chain - 1, &params) == CV_OK;
}

int main(int argc, char **argv)
{
    static struct cv_bytes roots[ROOTS_MAX];
    static struct cv_cert anchors[ROOTS_MAX];
    static struct job j;
    size_t n = 0;
    if (argc != 3) return 2;
    j.n_chain = read_pem(j.chain, 4, argv[1]);
    size_t n_roots = read_pem(roots, ROOTS_MAX, argv[2]);
    for (size_t i = 0; i < n_roots; i++)
        if (cv_cert_parse(&anchors[n], roots[i]) == CV_OK) n++;
    cv_trust_sort(anchors, n);
    j.trust = (struct cv_trust_store){anchors, n};
    cv_algorithms_select(&j.algorithms, cv_cpu_detect());
    if (cv_host_parse(&j.host, "server.example", 14) != CV_OK) return 1;
    rate_run("culvert", once, &j);
    return 0;
}
