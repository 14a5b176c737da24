/* `peers openssl FILE`, `peers gnutls FILE`: the verdict of another library on each chain of a file of
 * test/x509/mutate.py, a line each: "ok" or why not. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CERTS_MAX = 16 };

struct chain {
    const unsigned char *p[CERTS_MAX];
    size_t len[CERTS_MAX];
    size_t n; /* leaf first, trusted root last */
};

static time_t now;

static time_t told_time(time_t *out)
{
    if (out) *out = now;
    return now;
}

static void print_word(const char *text)
{
    for (; *text && *text != ';'; text++) putchar(*text == ' ' ? '_' : *text);
    putchar('\n');
}

static void by_openssl(const struct chain *c)
{
    X509 *certs[CERTS_MAX] = {NULL};
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    const char *why = NULL;

    for (size_t i = 0; i < c->n; i++) {
        const unsigned char *p = c->p[i];
        certs[i] = d2i_X509(NULL, &p, (long)c->len[i]);
        if (certs[i] && p != c->p[i] + c->len[i]) {
            X509_free(certs[i]);
            certs[i] = NULL;
        }
    }
    if (!certs[0]) why = "leaf not read";
    if (certs[c->n - 1]) X509_STORE_add_cert(store, certs[c->n - 1]);
    for (size_t i = 1; i + 1 < c->n; i++)
        if (certs[i]) sk_X509_push(between, certs[i]);
    if (!why) {
        X509_STORE_CTX_init(ctx, store, certs[0], between);
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set_auth_level(param, 2);
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                                   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(param, "server.example", 0);
        X509_VERIFY_PARAM_set_time(param, now);
        if (X509_verify_cert(ctx) != 1) why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    }
    print_word(why ? why : "ok");
    sk_X509_free(between);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    for (size_t i = 0; i < c->n; i++) X509_free(certs[i]);
}

static const char *gnutls_verdict(gnutls_x509_crt_t *list, unsigned n, gnutls_x509_crt_t root)
{
    static gnutls_datum_t text;
    gnutls_typed_vdata_st data[] = {
        {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)(uintptr_t) "server.example"},
        {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
    };
    gnutls_x509_trust_list_t trust;
    unsigned status = 0;

    gnutls_free(text.data);
    text.data = NULL;
    gnutls_x509_trust_list_init(&trust, 0);
    if (root) gnutls_x509_trust_list_add_cas(trust, &root, 1, 0);
    int e = gnutls_x509_trust_list_verify_crt2(trust, list, n, data, 2, 0, &status, NULL);
    gnutls_x509_trust_list_deinit(trust, 0);
    if (e < 0) return gnutls_strerror_name(e);
    if (status == 0) return "ok";
    if (status == (GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND)) return "signer not found";
    static char bits[32];
    snprintf(bits, sizeof bits, "status %x", status);
    return bits;
}

static void by_gnutls(const struct chain *c)
{
    gnutls_x509_crt_t certs[CERTS_MAX] = {NULL}, list[CERTS_MAX];
    unsigned n = 0;

    for (size_t i = 0; i < c->n; i++) {
        const gnutls_datum_t der = {(unsigned char *)(uintptr_t)c->p[i], (unsigned)c->len[i]};
        gnutls_x509_crt_init(&certs[i]);
        if (gnutls_x509_crt_import(certs[i], &der, GNUTLS_X509_FMT_DER) == 0) continue;
        gnutls_x509_crt_deinit(certs[i]);
        certs[i] = NULL;
    }
    for (size_t i = 0; i + 1 < c->n; i++)
        if (certs[i]) list[n++] = certs[i];
    print_word(certs[0] ? gnutls_verdict(list, n, certs[c->n - 1]) : "leaf not read");
    for (size_t i = 0; i < c->n; i++)
        if (certs[i]) gnutls_x509_crt_deinit(certs[i]);
}

static size_t number(const unsigned char *p, unsigned n)
{
    size_t v = 0;

    while (n--) v = v << 8 | *p++;
    return v;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 3 ? fopen(argv[2], "rb") : NULL;

    if (!f || fseek(f, 0, SEEK_END) != 0) return 2;
    size_t len = (size_t)ftell(f), at = 8;
    unsigned char *all = malloc(len);
    rewind(f);
    if (!all || fread(all, 1, len, f) != len || len < 8) return 2;
    fclose(f);
    now = (time_t)number(all, 8);
    gnutls_global_set_time_function(told_time);
    while (at < len) {
        struct chain c = {.n = all[at++]};
        for (size_t i = 0; i < c.n; i++) {
            c.len[i] = number(all + at, 3);
            c.p[i] = all + at + 3;
            at += 3 + c.len[i];
        }
        if (strcmp(argv[1], "openssl") == 0)
            by_openssl(&c);
        else
            by_gnutls(&c);
    }
    free(all);
    return 0;
}
