/* `suite limbo FILE EXCEPTIONS`, `suite stream FILE EXCEPTIONS`, `suite pkits FILE EXCEPTIONS FOLDER`, `suite judge CHAINS`: runs a public
 * suite of certification paths. Exit code 0: every case came out as the suite says, but for the listed
 * exceptions; 1: some did not; 2: something cannot be read. */
#include "test/x509/suite.h"

#include "crypto/cpu.h"
#include "x509/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

char *suite_read_file(const char *name, size_t *len)
{
    gzFile in = gzopen(name, "rb");
    size_t cap = 1 << 20;
    char *text = malloc(cap);
    int n = -1;

    *len = 0;
    while (in && text && (n = gzread(in, text + *len, (unsigned)(cap - *len - 1))) > 0) {
        *len += (size_t)n;
        if (*len + 1 < cap) continue;
        char *more = realloc(text, cap *= 2);
        if (!more) free(text);
        text = more;
    }
    if (in && gzclose(in) != Z_OK) n = -1;
    if (text && n == 0) {
        text[*len] = 0;
        return text;
    }
    free(text);
    return NULL;
}

json_t *suite_read_json(const char *name)
{
    json_error_t error;
    size_t len;
    char *text = suite_read_file(name, &len);

    if (!text) {
        fprintf(stderr, "suite: %s cannot be read\n", name);
        return NULL;
    }
    json_t *root = json_loadb(text, len, 0, &error);
    if (!root) fprintf(stderr, "suite: %s: line %d: %s\n", name, error.line, error.text);
    free(text);
    return root;
}

struct cv_bytes suite_pem(const char *text)
{
    struct cv_bytes in = cv_bytes((const uint8_t *)text, strlen(text)), label, body;
    size_t len;

    if (cv_pem_next(&in, &label, &body) != CV_OK) return cv_bytes(NULL, 0);
    uint8_t *der = malloc(body.len + 1);
    if (!der || cv_base64_decode(der, body.len, &len, body) != CV_OK) {
        free(der);
        return cv_bytes(NULL, 0);
    }
    return cv_bytes(der, len);
}

const char *suite_exception(const struct suite *s, const char *id, size_t *len)
{
    size_t n = strlen(id);

    for (const char *line = s->exceptions.text; line && *line;) {
        size_t line_len = strcspn(line, "\n");
        if (line_len > n + 2 && strncmp(line, id, n) == 0 && strncmp(line + n, ": ", 2) == 0) {
            *len = line_len - n - 2;
            return line + n + 2;
        }
        line += line_len + (line[line_len] == '\n');
    }
    return NULL;
}

void suite_count(struct suite *s, const char *id, bool as_expected, const char *what)
{
    size_t len;
    const char *reason = suite_exception(s, id, &len);

    if (reason && !as_expected) {
        s->n_skipped++;
        printf("%s: left out: %.*s\n", id, (int)len, reason);
    } else if (reason) {
        s->n_failed++;
        printf("%s: FAIL: it is listed as an exception, but came out as expected\n", id);
    } else if (as_expected) {
        s->n_passed++;
    } else {
        s->n_failed++;
        printf("%s: FAIL: %s\n", id, what);
    }
}

static int usage(void)
{
    fputs("usage: suite limbo FILE EXCEPTIONS\n       suite stream FILE EXCEPTIONS\n       suite pkits FILE EXCEPTIONS FOLDER\n       suite judge "
          "CHAINS\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct suite s = {.n_passed = 0};
    size_t len;
    bool was_read;

    if (argc < 3) return usage();
    cv_algorithms_select(&s.algorithms, cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU")));
    if (strcmp(argv[1], "judge") == 0) return suite_judge(&s, argv[2]) ? 0 : 2;
    if (argc < 4) return usage();
    s.exceptions.text = suite_read_file(argv[3], &len);
    if (!s.exceptions.text) {
        fprintf(stderr, "suite: %s cannot be read\n", argv[3]);
        return 2;
    }
    if (strcmp(argv[1], "limbo") == 0 && argc == 4)
        was_read = suite_limbo(&s, argv[2]);
    else if (strcmp(argv[1], "stream") == 0 && argc == 4)
        was_read = suite_stream(&s, argv[2]);
    else if (strcmp(argv[1], "pkits") == 0 && argc == 5)
        was_read = suite_pkits(&s, argv[2], argv[4]);
    else
        return usage();
    free(s.exceptions.text);
    if (!was_read) return 2;
    printf("%u passed, %u failed, %u skipped\n", s.n_passed, s.n_failed, s.n_skipped);
    return s.n_failed > 0;
}
