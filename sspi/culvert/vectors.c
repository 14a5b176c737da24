/* `culvert vectors [-v] FILE…`: runs files of test vectors and says how each went. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/vector.h"

#include "crypto/cpu.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { REASONS_MAX = 64 };

struct reason {
    char text[64];
    unsigned n;
};

struct report {
    struct cv_vector_sink sink;
    const char *file;
    bool verbose;
    uint32_t cpu;
    unsigned long n[3]; /* by verdict, of this file */
    size_t n_reasons;
    struct reason reasons[REASONS_MAX]; /* of refusing */
};

static struct report *report_of(struct cv_vector_sink *s)
{
    return (struct report *)((char *)s - offsetof(struct report, sink));
}

static void count_reason(struct report *r, const char *why)
{
    size_t i = 0;
    while (i < r->n_reasons && strncmp(r->reasons[i].text, why, sizeof r->reasons[i].text - 1) != 0) i++;
    if (i == REASONS_MAX) i--;
    if (i == r->n_reasons) {
        r->n_reasons++;
        snprintf(r->reasons[i].text, sizeof r->reasons[i].text, "%.*s", (int)sizeof r->reasons[i].text - 1,
                 why);
        r->reasons[i].n = 0;
    }
    r->reasons[i].n++;
}

static void broken(struct cv_vector_sink *s, const char *id, const char *why)
{
    struct report *r = report_of(s);
    r->n[VERDICT_FAIL]++;
    printf("%s %s: FAIL: %s\n", r->file, id, why);
}

static void put(struct cv_vector_sink *s, const struct cv_vector *v)
{
    struct report *r = report_of(s);
    struct cv_verdict verdict;
    cv_vector_check(&verdict, v, r->cpu);
    r->n[verdict.is]++;
    if (verdict.is == VERDICT_REFUSED) count_reason(r, verdict.why);
    if (verdict.is == VERDICT_FAIL)
        printf("%s %s: FAIL: %s\n", r->file, v->id, verdict.why);
    else if (!r->verbose)
        return;
    else if (verdict.is == VERDICT_REFUSED)
        printf("%s %s: refused: %s\n", r->file, v->id, verdict.why);
    else
        printf("%s %s: pass (%u)\n", r->file, v->id, verdict.n_implementations);
}

/* The whole file, unpacked if it is gzip's, with a zero behind it. NULL: it cannot be read. */
static char *read_file(const char *name, size_t *len)
{
    gzFile in = gzopen(name, "rb");
    size_t cap = 1 << 16;
    char *text = malloc(cap);
    int n = -1;
    *len = 0;
    while (in != NULL && text != NULL && (n = gzread(in, text + *len, (unsigned)(cap - *len - 1))) > 0) {
        *len += (size_t)n;
        if (*len + 1 < cap) continue;
        char *more = realloc(text, cap *= 2);
        if (more == NULL) free(text);
        text = more;
    }
    if (in != NULL && gzclose(in) != Z_OK) n = -1;
    if (text != NULL && n == 0) {
        text[*len] = 0;
        return text;
    }
    free(text);
    return NULL;
}

static bool read_vectors(struct report *r, const char *text, size_t len, const char **why)
{
    const char *first = text + strspn(text, " \t\r\n");
    if (*first == '{') return cv_vectors_read_json(&r->sink, text, len, why);
    if (strncmp(first, "culvert vectors", 15) == 0) return cv_vectors_read_text(&r->sink, text, why);
    return cv_vectors_read_rsp(&r->sink, text, why);
}

static void print_report(const struct report *r)
{
    printf("%s: passed %lu, failed %lu, refused %lu", r->file, r->n[VERDICT_PASS], r->n[VERDICT_FAIL],
           r->n[VERDICT_REFUSED]);
    for (size_t i = 0; i < r->n_reasons; i++)
        printf("%s%s: %u", i == 0 ? " (" : ", ", r->reasons[i].text, r->reasons[i].n);
    puts(r->n_reasons == 0 ? "" : ")");
}

/* false: the file cannot be read at all. */
static bool run_file(struct report *r, unsigned long totals[3])
{
    size_t len;
    const char *why = NULL, *slash = strrchr(r->file, '/');
    char *text = read_file(r->file, &len);
    if (text == NULL) {
        fprintf(stderr, "culvert vectors: cannot read %s\n", r->file);
        return false;
    }
    if (slash != NULL) r->file = slash + 1;
    memset(r->n, 0, sizeof r->n);
    r->n_reasons = 0;
    if (!read_vectors(r, text, len, &why))
        broken(&r->sink, "file", why);
    else if (r->n[0] + r->n[1] + r->n[2] == 0)
        broken(&r->sink, "file", "holds no vector that we know how to read");
    print_report(r);
    for (int i = 0; i < 3; i++) totals[i] += r->n[i];
    free(text);
    return true;
}

int cv_command_vectors(int argc, char **argv)
{
    static const struct option options[] = {
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const char usage[] = "usage: culvert vectors [-v] FILE...\n"
                                "Runs Wycheproof's JSON, NIST's .rsp and our own text files, also gzipped.\n"
                                "  -v, --verbose  a verdict for each case\n"
                                "CULVERT_CPU=portable or =-aes,-avx512,... leaves implementations out.\n";
    struct report r = {.sink = {put, broken}};
    unsigned long totals[3] = {0, 0, 0};
    int c, status = 0;

    while ((c = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (c != 'v') {
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
        r.verbose = true;
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    r.cpu = cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU"));
    for (int i = optind; i < argc; i++) {
        r.file = argv[i];
        if (!run_file(&r, totals)) status = EXIT_USAGE;
    }
    printf("%d files: passed %lu, failed %lu, refused %lu\n", argc - optind, totals[VERDICT_PASS],
           totals[VERDICT_FAIL], totals[VERDICT_REFUSED]);
    if (totals[VERDICT_FAIL] > 0) return EXIT_TLS;
    return status;
}
