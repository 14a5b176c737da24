/* Reads our own format, which vectors/README.md describes: `[operation algorithm]` and paragraphs of
 * `name = value`. */
#include "sspi/culvert/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool cv_vector_unhex(struct cv_bytes *out, const char *hex, size_t hex_len)
{
    /* numbers come with an odd count of digits, too */
    uint8_t *p = calloc(1, hex_len / 2 + 1);
    size_t n = 0;
    if (p == NULL) return false;
    for (size_t i = 0, odd = hex_len % 2; i < hex_len; i++) {
        int d = hex_digit(hex[i]);
        if (d < 0) {
            free(p);
            return false;
        }
        p[n] = (uint8_t)(p[n] << 4 | d);
        n += (i + odd) % 2;
    }
    free((uint8_t *)(uintptr_t)out->p);
    *out = cv_bytes(p, n);
    return true;
}

static const char *const field_names[N_FIELDS] = {
    [FIELD_KEY] = "key",       [FIELD_NONCE] = "nonce",
    [FIELD_AAD] = "aad",       [FIELD_MSG] = "msg",
    [FIELD_CT] = "ct",         [FIELD_TAG] = "tag",
    [FIELD_DIGEST] = "digest", [FIELD_IKM] = "ikm",
    [FIELD_SALT] = "salt",     [FIELD_INFO] = "info",
    [FIELD_OKM] = "okm",       [FIELD_PRIVATE] = "private",
    [FIELD_PUBLIC] = "public", [FIELD_SHARED] = "shared",
    [FIELD_SIG] = "sig",       [FIELD_N] = "n",
    [FIELD_E] = "e",           [FIELD_POINT] = "point",
    [FIELD_SEED] = "seed",     [FIELD_CONTEXT] = "context",
    [FIELD_RANDOM] = "random", [FIELD_MU] = "mu",
};

static const char *const op_names[] = {
    [VECTOR_AEAD] = "aead",     [VECTOR_CBC] = "cbc",       [VECTOR_HASH] = "hash",
    [VECTOR_MAC] = "hmac",      [VECTOR_HKDF] = "hkdf",     [VECTOR_DH] = "dh",
    [VECTOR_VERIFY] = "verify", [VECTOR_SIGN] = "sign",     [VECTOR_XOF] = "xof",
    [VECTOR_MONTE] = "monte",   [VECTOR_KEYGEN] = "keygen", [VECTOR_ENCAPS] = "encaps",
    [VECTOR_DECAPS] = "decaps", [VECTOR_PRIME] = "prime",
};

struct section {
    enum cv_vector_op op;
    char words[3][32]; /* behind the operation */
};

static bool read_section(struct section *s, const char *line)
{
    char op[16] = "";
    memset(s, 0, sizeof *s);
    if (sscanf(line, "[%15[a-z] %31[^] ] %31[^] ] %31[^] ]", op, s->words[0], s->words[1], s->words[2]) < 2)
        return false;
    for (size_t i = 1; i < sizeof op_names / sizeof *op_names; i++)
        if (strcmp(op_names[i], op) == 0) s->op = (enum cv_vector_op)i;
    return s->op != VECTOR_NONE;
}

/* A fresh case of a section: which word means what depends on the operation. */
static void begin(struct cv_vector *v, const struct section *s, unsigned id)
{
    memset(v, 0, sizeof *v);
    snprintf(v->id, sizeof v->id, "%u", id);
    v->op = s->op;
    v->valid = true;
    v->alg = s->words[0];
    v->hash = s->words[0];
    v->curve = s->words[0];
    if (s->op == VECTOR_VERIFY || s->op == VECTOR_SIGN) {
        v->curve = s->words[1];
        v->hash = v->mgf_hash = s->words[2][0] ? s->words[2] : NULL;
    }
}

/* One `name = value`. */
static bool read_value(struct cv_vector *v, const char *line, size_t len)
{
    char name[16], word[16];
    int at = 0;
    if (sscanf(line, "%15[a-z_0-9] = %n", name, &at) != 1 || at == 0) return false;
    const char *value = line + at;
    size_t value_len = (size_t)at < len ? len - (size_t)at : 0; /* "aad =" reaches into the next line */
    for (int i = 0; i < N_FIELDS; i++)
        if (strcmp(field_names[i], name) == 0) return cv_vector_unhex(&v->f[i], value, value_len);
    if (strcmp(name, "len") == 0) return sscanf(value, "%zu", &v->out_len) == 1;
    if (strcmp(name, "result") != 0 || sscanf(value, "%15s", word) != 1) return false;
    v->valid = strcmp(word, "valid") == 0;
    return v->valid || strcmp(word, "invalid") == 0;
}

static void finish(struct cv_vector_sink *sink, struct cv_vector *v)
{
    sink->put(sink, v);
    for (int i = 0; i < N_FIELDS; i++) free((uint8_t *)(uintptr_t)v->f[i].p);
    memset(v, 0, sizeof *v);
}

bool cv_vectors_read_text(struct cv_vector_sink *sink, const char *text, const char **why)
{
    struct section section = {.op = VECTOR_NONE};
    struct cv_vector v = {.op = VECTOR_NONE};
    unsigned n = 0;
    bool open = false;
    text += strcspn(text, "\n"); /* the first line names the format */
    for (const char *end; *text != 0; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        size_t len = (size_t)(end - text);
        if (*text == '#') continue;
        if (open && (len == 0 || *text == '[')) {
            finish(sink, &v);
            open = false;
        }
        if (len == 0) continue;
        if (*text == '[') {
            *why = "has a section that we do not know";
            if (!read_section(&section, text)) return false;
            continue;
        }
        if (!open) begin(&v, &section, ++n);
        open = true;
        *why = "has a line that is no `name = value`";
        if (section.op == VECTOR_NONE || !read_value(&v, text, len)) return false;
    }
    if (open) finish(sink, &v);
    *why = NULL;
    return true;
}
