/* Reads NIST's .rsp and .txt files (CAVP): paragraphs of `name = value`, sections in brackets.
 *
 * What a paragraph is shows in its names. A value stays until it is set again, since parameters and keys
 * stand once above the cases that share them. */
#include "sspi/culvert/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 48 };

struct value {
    char name[24];
    const char *p; /* into the text */
    size_t len;
    unsigned paragraph; /* that set it */
};

struct rsp {
    struct cv_vector_sink *sink;
    struct value values[VALUES_MAX];
    size_t n_values;
    unsigned paragraph, n_cases;
    bool fail; /* a line FAIL in this paragraph */
    bool pss;
    char hash[24]; /* from the comments above, or from the section */
    char curve[16];
    struct cv_bytes seed; /* of the next Monte Carlo step */
};

static const struct value *find(const struct rsp *r, const char *name)
{
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].name, name) == 0) return &r->values[i];
    return NULL;
}

static bool here(const struct rsp *r, const char *name)
{
    const struct value *v = find(r, name);
    return v != NULL && v->paragraph == r->paragraph;
}

static size_t number(const struct rsp *r, const char *name)
{
    const struct value *v = find(r, name);
    return v ? (size_t)strtoul(v->p, NULL, 10) : 0;
}

static void set(struct rsp *r, const char *name, size_t name_len, const char *p, size_t len)
{
    size_t i = 0;
    while (i < r->n_values &&
           (strlen(r->values[i].name) != name_len || memcmp(r->values[i].name, name, name_len) != 0))
        i++;
    if (i == VALUES_MAX || name_len >= sizeof r->values[i].name) return;
    if (i == r->n_values) r->n_values++;
    memcpy(r->values[i].name, name, name_len);
    r->values[i].name[name_len] = 0;
    r->values[i].p = p;
    r->values[i].len = len;
    r->values[i].paragraph = r->paragraph;
}

static bool take(const struct rsp *r, struct cv_vector *v, enum cv_vector_field field, const char *name)
{
    const struct value *x = find(r, name);
    return x == NULL || cv_vector_unhex(&v->f[field], x->p, x->len);
}

/* Hash files pad an empty message to "00": the length in bits counts. */
static bool read_hash(struct rsp *r, struct cv_vector *v)
{
    v->op = VECTOR_HASH;
    bool ok = take(r, v, FIELD_MSG, "Msg") && take(r, v, FIELD_DIGEST, "MD") && number(r, "Len") % 8 == 0;
    if (ok && v->f[FIELD_MSG].len >= number(r, "Len") / 8) v->f[FIELD_MSG].len = number(r, "Len") / 8;
    return ok;
}

static bool read_monte(struct rsp *r, struct cv_vector *v)
{
    const struct value *md = find(r, "MD");
    v->op = VECTOR_MONTE;
    v->f[FIELD_MSG] = r->seed;
    r->seed = cv_bytes(NULL, 0);
    if (v->f[FIELD_MSG].p == NULL && !take(r, v, FIELD_MSG, "Seed")) return false;
    return take(r, v, FIELD_DIGEST, "MD") && cv_vector_unhex(&r->seed, md->p, md->len);
}

static bool read_hmac(struct rsp *r, struct cv_vector *v)
{
    static const struct {
        size_t len;
        const char *hash;
    } by_length[] = {{20, "SHA-1"}, {28, "SHA-224"}, {32, "SHA-256"}, {48, "SHA-384"}, {64, "SHA-512"}};
    v->op = VECTOR_MAC;
    v->alg = "HMAC";
    for (size_t i = 0; i < sizeof by_length / sizeof *by_length; i++)
        if (by_length[i].len == number(r, "L")) v->hash = by_length[i].hash;
    return take(r, v, FIELD_KEY, "Key") && take(r, v, FIELD_MSG, "Msg") && take(r, v, FIELD_TAG, "Mac");
}

static bool read_gcm(struct rsp *r, struct cv_vector *v)
{
    v->op = VECTOR_AEAD;
    v->alg = "AES-GCM";
    v->valid = !r->fail;
    return take(r, v, FIELD_KEY, "Key") && take(r, v, FIELD_NONCE, "IV") && take(r, v, FIELD_AAD, "AAD") &&
           take(r, v, FIELD_CT, "CT") && take(r, v, FIELD_TAG, "Tag") &&
           (r->fail || take(r, v, FIELD_MSG, "PT"));
}

static bool read_cbc(struct rsp *r, struct cv_vector *v)
{
    v->op = VECTOR_CBC;
    v->alg = "AES-CBC";
    return take(r, v, FIELD_KEY, "KEY") && take(r, v, FIELD_NONCE, "IV") &&
           take(r, v, FIELD_MSG, "PLAINTEXT") && take(r, v, FIELD_CT, "CIPHERTEXT");
}

/* SP 800-38C: the tag stands behind the ciphertext. */
static bool read_ccm(struct rsp *r, struct cv_vector *v)
{
    const struct value *ct = find(r, "CT");
    size_t tag_len = 2 * number(r, "Tlen");
    v->op = VECTOR_AEAD;
    v->alg = "AES-CCM";
    if (ct->len < tag_len) return false;
    return take(r, v, FIELD_KEY, "Key") && take(r, v, FIELD_NONCE, "Nonce") &&
           take(r, v, FIELD_AAD, "Adata") && take(r, v, FIELD_MSG, "Payload") &&
           cv_vector_unhex(&v->f[FIELD_CT], ct->p, ct->len - tag_len) &&
           cv_vector_unhex(&v->f[FIELD_TAG], ct->p + ct->len - tag_len, tag_len);
}

/* RFCs 2202 and 4231, as OpenSSL's tests write them. */
static bool read_rfc_hmac(struct rsp *r, struct cv_vector *v)
{
    v->op = VECTOR_MAC;
    v->alg = "HMAC";
    return take(r, v, FIELD_KEY, "Key") && take(r, v, FIELD_MSG, "Msg") && take(r, v, FIELD_TAG, "MD");
}

/* Output of any length. ShortMsg and LongMsg give the message's length in bits, which counts. */
static bool read_shake(struct rsp *r, struct cv_vector *v)
{
    v->op = VECTOR_XOF;
    v->alg = r->hash;
    bool ok = take(r, v, FIELD_MSG, "Msg") && take(r, v, FIELD_DIGEST, "Output");
    if (ok && here(r, "Len") && v->f[FIELD_MSG].len >= number(r, "Len") / 8)
        v->f[FIELD_MSG].len = number(r, "Len") / 8;
    return ok;
}

static void set_result(struct rsp *r, struct cv_vector *v)
{
    const struct value *result = find(r, "Result");
    v->valid = result == NULL || result->paragraph != r->paragraph || *result->p == 'P';
}

/* Two numbers of any length side by side, each padded to half of `len` bytes. */
static bool side_by_side(const struct rsp *r, struct cv_bytes *out, const char *a, const char *b, size_t half,
                         bool point)
{
    struct cv_bytes n[2] = {{NULL, 0}, {NULL, 0}};
    const struct value *values[2] = {find(r, a), find(r, b)};
    uint8_t *p = calloc(1, 2 * half + 1);
    bool ok = p != NULL;
    for (int i = 0; i < 2; i++) {
        ok = ok && cv_vector_unhex(&n[i], values[i]->p, values[i]->len);
        const uint8_t *from = n[i].p;
        while (ok && n[i].len > half && *from == 0) from++, n[i].len--;
        ok = ok && n[i].len <= half;
        if (ok) memcpy(p + point + (size_t)(i + 1) * half - n[i].len, from, n[i].len);
        free((uint8_t *)(uintptr_t)n[i].p);
    }
    if (ok && point) *p = 4;
    *out = cv_bytes(p, 2 * half + point);
    return ok;
}

/* The curve that the section names, and the bytes of its numbers. false: none of ours, and v says so. */
static bool set_curve(const struct rsp *r, struct cv_vector *v, size_t *len)
{
    static const struct {
        const char *name, *set; /* the parameter set's letters in key agreement: SP 800-56A */
        size_t len;
    } curves[] = {{"P-256", "EC", 32}, {"P-384", "ED", 48}, {"P-521", "EE", 66}};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (strcmp(curves[i].name, r->curve) != 0 && strcmp(curves[i].set, r->curve) != 0) continue;
        v->curve = curves[i].name;
        *len = curves[i].len;
        return true;
    }
    v->op = VECTOR_NONE;
    v->alg = r->curve[0] == 'P' || r->curve[0] == 'E' ? "curves below P-256" : "binary curves";
    return false;
}

static bool read_ecdsa(struct rsp *r, struct cv_vector *v)
{
    size_t len;
    v->op = VECTOR_VERIFY;
    v->alg = "ECDSA";
    v->p1363 = true;
    set_result(r, v);
    if (!set_curve(r, v, &len)) return true;
    /* r or s longer than the curve: no signature of that form */
    if (!side_by_side(r, &v->f[FIELD_SIG], "R", "S", len, false)) return false;
    return side_by_side(r, &v->f[FIELD_POINT], "Qx", "Qy", len, true) && take(r, v, FIELD_MSG, "Msg");
}

/* SP 800-56A 5.7.1.2: the secret that our scalar and the other's point have in common. Results say what was
 * done: 1 and 2 spoil the point, which must be refused; later ones the secret, or our own key beside it. */
static bool read_ecdh(struct rsp *r, struct cv_vector *v)
{
    const struct value *result = find(r, "Result");
    size_t len;
    v->op = VECTOR_DH;
    v->valid = *result->p == 'P';
    v->differs = !v->valid && result->p[3] != '1' && result->p[3] != '2'; /* "F (1 - CAVS's …" */
    if (!set_curve(r, v, &len)) return true;
    return side_by_side(r, &v->f[FIELD_PUBLIC], "QsCAVSx", "QsCAVSy", len, true) &&
           take(r, v, FIELD_PRIVATE, "dsIUT") && take(r, v, FIELD_SHARED, "Z");
}

static bool read_rsa(struct rsp *r, struct cv_vector *v)
{
    const struct value *hash = find(r, "SHAAlg");
    const char *colon = memchr(hash->p, ':', hash->len); /* "SHA-1" or "PKCS#1RSASigGen:SHA1" */
    const char *from = colon ? colon + 1 : hash->p;
    v->op = VECTOR_VERIFY;
    v->alg = r->pss ? "RSASSA-PSS" : "RSASSA-PKCS1";
    snprintf(r->hash, sizeof r->hash, "%.*s", (int)(hash->p + hash->len - from), from);
    v->hash = v->mgf_hash = r->hash;
    const struct value *salt = find(r, "SaltVal");
    v->out_len = salt && salt->len > 2 ? salt->len / 2 : 0; /* an empty salt is written "00" */
    set_result(r, v);
    return take(r, v, FIELD_N, "n") && take(r, v, FIELD_E, "e") && take(r, v, FIELD_MSG, "Msg") &&
           take(r, v, FIELD_SIG, "S");
}

/* The parameter set that has public keys of this length. */
static const char *set_of(const struct rsp *r, bool signature)
{
    static const struct {
        bool signature;
        size_t public_len;
        const char *name;
    } sets[] = {
        {true, 1312, "ML-DSA-44"},   {true, 1952, "ML-DSA-65"},    {true, 2592, "ML-DSA-87"},
        {false, 1184, "ML-KEM-768"}, {false, 1568, "ML-KEM-1024"},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (sets[i].signature == signature && 2 * sets[i].public_len == find(r, "pk")->len)
            return sets[i].name;
    return NULL;
}

/* The signature stands in front of its message. The same case is put twice: to be signed, and to be verified.
 */
static bool read_mldsa(struct rsp *r, struct cv_vector *v)
{
    v->alg = set_of(r, true);
    v->op = VECTOR_VERIFY;
    bool ok = v->alg != NULL && take(r, v, FIELD_POINT, "pk") && take(r, v, FIELD_MSG, "msg") &&
              take(r, v, FIELD_CONTEXT, "ctx") && take(r, v, FIELD_SIG, "sm") &&
              v->f[FIELD_SIG].len >= v->f[FIELD_MSG].len;
    if (!ok) return false;
    v->f[FIELD_SIG].len -= v->f[FIELD_MSG].len;
    r->sink->put(r->sink, v);
    v->op = VECTOR_SIGN;
    return take(r, v, FIELD_SEED, "xi") && take(r, v, FIELD_PRIVATE, "sk");
}

/* Four cases in one: keys from the seed, encapsulating, an honest ciphertext and one that is rejected. */
static bool read_mlkem(struct rsp *r, struct cv_vector *v)
{
    const struct value *d = find(r, "d"), *z = find(r, "z");
    char seed[129];
    v->alg = set_of(r, false);
    if (v->alg == NULL || d->len != 64 || z->len != 64) return false;
    snprintf(seed, sizeof seed, "%.64s%.64s", d->p, z->p);
    v->op = VECTOR_ENCAPS;
    if (!take(r, v, FIELD_PUBLIC, "pk") || !take(r, v, FIELD_MSG, "msg") || !take(r, v, FIELD_CT, "ct") ||
        !take(r, v, FIELD_SHARED, "ss"))
        return false;
    r->sink->put(r->sink, v);
    v->op = VECTOR_KEYGEN;
    if (!cv_vector_unhex(&v->f[FIELD_SEED], seed, 128) || !take(r, v, FIELD_PRIVATE, "sk")) return false;
    r->sink->put(r->sink, v);
    v->op = VECTOR_DECAPS;
    r->sink->put(r->sink, v);
    return take(r, v, FIELD_CT, "ct_n") && take(r, v, FIELD_SHARED, "ss_n");
}

static bool have(const struct rsp *r, const char *names)
{
    char name[24];
    for (int n = 0; sscanf(names, "%23s%n", name, &n) == 1; names += n)
        if (find(r, name) == NULL) return false;
    return true;
}

static const struct reader {
    const char *last;  /* the paragraph sets it, or it is no case */
    const char *names; /* that are set too */
    bool (*read)(struct rsp *r, struct cv_vector *v);
} readers[] = {
    {"Tag", "Key IV CT", read_gcm},
    {"COUNT", "KEY IV PLAINTEXT CIPHERTEXT", read_cbc},
    {"Mac", "Key Msg L", read_hmac},
    {"R", "Qx Qy Msg S", read_ecdsa},
    {"S", "SHAAlg Msg n e", read_rsa},
    {"CT", "Key Nonce Adata Payload Tlen", read_ccm},
    {"Result", "QsCAVSx QsCAVSy dsIUT Z", read_ecdh},
    {"Output", "Msg", read_shake},
    {"MD", "Key Msg", read_rfc_hmac},
    {"Msg", "Len MD", read_hash},
    {"MD", "COUNT Seed", read_monte},
    {"ctx", "xi pk sk msg sm", read_mldsa},
    {"ss", "z d msg pk sk ct_n ss_n ct", read_mlkem},
};

static void end_paragraph(struct rsp *r)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!here(r, readers[i].last) || !have(r, readers[i].names)) continue;
        struct cv_vector v = {.op = VECTOR_NONE, .hash = r->hash, .valid = true};
        snprintf(v.id, sizeof v.id, "%u", ++r->n_cases);
        if (readers[i].read(r, &v))
            r->sink->put(r->sink, &v);
        else
            r->sink->broken(r->sink, v.id, "cannot be read");
        for (int k = 0; k < N_FIELDS; k++) free((uint8_t *)(uintptr_t)v.f[k].p);
        break;
    }
    r->paragraph++;
    r->fail = false;
}

/* "SHA-256 ShortMsg", "SHA3-256 Monte", HMAC-SHA256 in the comments; "Pss" of RSA files. */
static void read_comment(struct rsp *r, const char *line, size_t len)
{
    char text[160], name[24];
    snprintf(text, sizeof text, "%.*s", (int)len, line);
    const char *sha = strstr(text, "\"SHA"), *hmac = strstr(text, "HMAC-SHA");
    if (sha != NULL && sscanf(sha + 1, "%23[^ \"]", name) == 1) memcpy(r->hash, name, sizeof name);
    if (hmac != NULL && sscanf(hmac + 5, "%23s", name) == 1) memcpy(r->hash, name, sizeof name);
    if (strstr(text, "PSS") != NULL || strstr(text, "Pss") != NULL) r->pss = true;
}

/* "[L = 32]" is a value; "[P-256,SHA-256]" and "[EC - SHA256]" are a curve and a hash. */
static void read_section(struct rsp *r, const char *line, size_t len)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(len > 2 ? len - 2 : 0), line + 1);
    const char *equals = memchr(line, '=', len);
    if (equals == NULL) {
        if (sscanf(text, "%15[^, ] - %23s", r->curve, r->hash) < 2) /* "EC - SHA256" */
            (void)sscanf(text, "%15[^,],%23s", r->curve, r->hash);
        return;
    }
    size_t name_len = (size_t)(equals - line) - 1;
    while (name_len > 0 && line[name_len] == ' ') name_len--;
    set(r, line + 1, name_len, equals + 1 + strspn(equals + 1, " "), 0);
}

static void read_line(struct rsp *r, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' ')) len--;
    if (len == 0) {
        end_paragraph(r);
        return;
    }
    if (*line == '#')
        read_comment(r, line, len);
    else if (*line == '[')
        read_section(r, line, len);
    else if (len == 4 && memcmp(line, "FAIL", 4) == 0)
        r->fail = true;
    const char *equals = memchr(line, '=', len);
    if (*line == '#' || *line == '[' || equals == NULL) return;
    size_t name_len = (size_t)(equals - line);
    while (name_len > 0 && line[name_len - 1] == ' ') name_len--;
    const char *p = equals + 1;
    while (p < line + len && *p == ' ') p++;
    /* the files of ML-KEM and ML-DSA have no empty lines */
    if (name_len == 5 && memcmp(line, "count", 5) == 0) end_paragraph(r);
    set(r, line, name_len, p, (size_t)(line + len - p));
}

bool cv_vectors_read_rsp(struct cv_vector_sink *sink, const char *text, const char **why)
{
    struct rsp r = {.sink = sink, .paragraph = 1};
    *why = NULL;
    for (const char *end; *text != 0; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        read_line(&r, text, (size_t)(end - text));
    }
    end_paragraph(&r);
    free((uint8_t *)(uintptr_t)r.seed.p);
    return true;
}
