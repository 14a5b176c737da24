#include "pki.h"
#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_MAX = 256 * 1024 };

struct file {
    const char *name;
    char *text;
    size_t len;
};

static const struct file *load(const char *name)
{
    static struct file files[4];
    struct file *f = files;
    char path[128];

    while (f->name && strcmp(f->name, name) != 0) f++;
    if (f->name) return f;
    snprintf(path, sizeof path, "test/pki/%s", name);
    FILE *in = fopen(path, "rb");
    if (!in) fail_msg("%s cannot be read; tests run from the top of the source tree", path);
    f->text = malloc(FILE_MAX);
    assert_non_null(f->text);
    f->len = fread(f->text, 1, FILE_MAX - 1, in);
    f->text[f->len] = 0;
    f->name = name;
    fclose(in);
    return f;
}

/* Memory that stays until the program ends, and stays reachable. */
static uint8_t *keep(size_t len)
{
    static uint8_t *pool;
    static size_t left;

    if (len > left) {
        left = len > 1 << 20 ? len : 1 << 20;
        uint8_t *more = malloc(left + sizeof pool);
        assert_non_null(more);
        memcpy(more, &pool, sizeof pool); /* chains the pools */
        pool = more;
    }
    left -= len;
    return pool + sizeof pool + left;
}

struct cv_bytes pki_der(const char *file, const char *name)
{
    const struct file *f = load(file);
    char line[64];
    size_t len;

    snprintf(line, sizeof line, "\n%s\n-----BEGIN ", name);
    const char *at = strstr(f->text, line);
    if (!at && strncmp(f->text, line + 1, strlen(line + 1)) == 0) at = f->text;
    if (!at) fail_msg("no %s in %s", name, file);
    struct cv_bytes text = cv_bytes((const uint8_t *)at, f->len - (size_t)(at - f->text)), label, body;
    assert_int_equal(cv_pem_next(&text, &label, &body), CV_OK);
    uint8_t *der = keep(body.len);
    assert_int_equal(cv_base64_decode(der, body.len, &len, body), CV_OK);
    return cv_bytes(der, len);
}

struct cv_cert pki_cert(const char *name)
{
    struct cv_cert c;
    cv_err e = cv_cert_parse(&c, pki_der("chains.pem", name));

    if (e != CV_OK) fail_msg("%s: %s", name, cv_err_name(e));
    return c;
}

const struct cv_sig_scheme pki_schemes[] = {
    {.name = "P-256, SHA-256",
     .key = CV_KEY_P256,
     .family = CV_SIG_ECDSA,
     .hash = &cv_sha256,
     .verify = cv_ecdsa_p256_verify},
    {.name = "P-384, SHA-384",
     .key = CV_KEY_P384,
     .family = CV_SIG_ECDSA,
     .hash = &cv_sha384,
     .verify = cv_ecdsa_p384_verify},
    {.name = "RSA, SHA-256",
     .key = CV_KEY_RSA,
     .family = CV_SIG_RSA_PKCS1,
     .hash = &cv_sha256,
     .verify = cv_rsa_pkcs1_verify},
    {.name = "RSA, SHA-384",
     .key = CV_KEY_RSA,
     .family = CV_SIG_RSA_PKCS1,
     .hash = &cv_sha384,
     .verify = cv_rsa_pkcs1_verify},
    {.name = "RSA-PSS, SHA-256",
     .key = CV_KEY_RSA,
     .family = CV_SIG_RSA_PSS,
     .hash = &cv_sha256,
     .verify = cv_rsa_pss_verify},
    {.name = "Ed25519", .key = CV_KEY_ED25519, .family = CV_SIG_EDDSA, .verify = cv_ed25519_verify},
};
const size_t pki_n_schemes = sizeof pki_schemes / sizeof pki_schemes[0];
