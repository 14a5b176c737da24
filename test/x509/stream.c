/* `suite stream FILE EXCEPTIONS`: chains of x509-limbo's JSON judged by both drivers. The stream driver may
 * accept nothing that the memory driver refuses, and its verdict is one whatever the pieces are; what it
 * refuses although the memory driver accepts it is listed, each with its reason. */
#include "test/x509/limbo.h"

#include "x509/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void feed(struct cv_stream *s, struct cv_bytes der, size_t piece)
{
    struct cv_bytes part;

    cv_stream_begin(s, der.len);
    while (der.len > 0) {
        size_t n = piece != 0 && piece < der.len ? piece : der.len;
        uint8_t *copy = malloc(n); /* nothing of it may be looked at later */
        if (!copy || cv_read_bytes(&der, n, &part) != CV_OK) abort();
        memcpy(copy, part.p, n);
        cv_stream_bytes(s, cv_bytes(copy, n));
        free(copy);
    }
}

/* The chain as a server would send it: the leaf, and the others in the order in which they are listed. */
static cv_err judge(const struct cv_stream_params *params, struct cv_bytes leaf,
                    const struct limbo_ders *others, size_t piece)
{
    struct cv_stream *s = malloc(cv_stream_len(params->schemes, params->n_schemes));
    struct cv_verdict verdict;

    if (!s) abort();
    cv_stream_init(s, params);
    feed(s, leaf, piece);
    for (size_t i = 0; i < others->n; i++) feed(s, others->list[i], piece);
    cv_err e = cv_stream_finish(s, &verdict);
    free(s);
    return e;
}

/* What a stream cannot check, whatever the case; and how often that was so. */
static struct {
    cv_err cause;
    const char *reason;
    unsigned n;
} limits[] = {
    {CV_E_CERT_NAME_CONSTRAINT, "name constraints are not evaluated", 0},
    {CV_E_CERT_POLICY, "policy constraints and mappings are not evaluated", 0},
    {CV_E_CERT_TOO_COMPLEX, "longer than the room for it", 0},
};
enum { N_LIMITS = sizeof limits / sizeof limits[0] };

static bool is_limit(cv_err cause)
{
    for (size_t i = 0; i < N_LIMITS; i++) {
        if (limits[i].cause != cause) continue;
        limits[i].n++;
        return true;
    }
    return false;
}

static struct cv_bytes host_bytes(const struct cv_host *h, int kind)
{
    return h && (int)h->kind == kind ? cv_bytes(h->value, h->len) : cv_bytes(NULL, 0);
}

static void run_case(struct suite *s, const char *id, const struct cv_path_params *p, cv_err by_memory,
                     struct cv_bytes leaf, const struct limbo_ders *others, const struct limbo_ders *roots)
{
    static const size_t pieces[] = {0, 1, 7, 64};
    struct cv_anchor *anchors = calloc(roots->n + 1, sizeof *anchors);
    struct cv_stream_params params = {
        .anchors = anchors,
        .schemes = p->schemes,
        .n_schemes = p->n_schemes,
        .sha256 = s->algorithms.sha256,
        .now = p->now,
        .purpose = p->purpose,
        .key_usage = p->key_usage,
        .max_intermediates = p->max_intermediates,
        .check_name = p->host != NULL,
        .dns = host_bytes(p->host, CV_HOST_DNS),
        .ip = host_bytes(p->host, CV_HOST_IP),
    };
    char what[128];
    cv_err first = CV_OK, bad_root = CV_OK;

    if (!anchors) abort();
    for (size_t i = 0; i < roots->n; i++) {
        cv_err e = cv_anchor_read(&anchors[params.n_anchors], roots->list[i], s->algorithms.sha256);
        if (e == CV_OK)
            params.n_anchors++;
        else
            bad_root = e;
    }
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        cv_err e = judge(&params, leaf, others, pieces[i]);
        if (i == 0) first = e;
        if (e == first) continue;
        printf("%s: FAIL: in one piece %s, by %zu bytes %s\n", id, cv_err_name(first), pieces[i],
               cv_err_name(e));
        s->n_failed++;
    }
    if (first == CV_OK && by_memory != CV_OK) {
        printf("%s: FAIL: accepted, and refused by the memory driver: %s\n", id, cv_err_name(by_memory));
        s->n_failed++;
    }
    cv_err cause = params.n_anchors == 0 && bad_root != CV_OK ? bad_root : first;
    bool same = by_memory != CV_OK || first == CV_OK;
    if (!same && is_limit(cause)) {
        s->n_skipped++;
    } else {
        snprintf(what, sizeof what, "%s, accepted by the memory driver", cv_err_name(cause));
        suite_count(s, id, same, what);
    }
    free(anchors);
}

bool suite_stream(struct suite *s, const char *file)
{
    bool was_read = limbo_each(s, file, run_case);

    for (size_t i = 0; i < N_LIMITS; i++)
        if (limits[i].n > 0) printf("%u left out: %s\n", limits[i].n, limits[i].reason);
    return was_read;
}
