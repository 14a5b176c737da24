/* `peers CHAIN ROOTS`: see rate.h; OpenSSL's and BearSSL's validation. */
#include "rate.h"

#include <bearssl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>

enum { ROOTS_MAX = 512, SECONDS_A_DAY = 86400, DAYS_TO_1970 = 719528 };

struct job {
    unsigned char *der[4];
    int len[4];
    size_t n;
    X509_STORE *store;
    br_x509_trust_anchor anchors[ROOTS_MAX];
    size_t n_anchors;
};

static bool openssl_once(void *arg)
{
    const struct job *j = arg;
    X509 *certs[4];
    STACK_OF(X509) *between = sk_X509_new_null();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    for (size_t i = 0; i < j->n; i++) {
        const unsigned char *p = j->der[i];
        certs[i] = d2i_X509(NULL, &p, j->len[i]);
        if (i > 0) sk_X509_push(between, certs[i]);
    }
    X509_STORE_CTX_init(ctx, j->store, certs[0], between);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set1_host(param, "server.example", 0);
    bool good = X509_verify_cert(ctx) == 1;
    X509_STORE_CTX_free(ctx);
    sk_X509_free(between);
    for (size_t i = 0; i < j->n; i++) X509_free(certs[i]);
    return good;
}

static bool bearssl_once(void *arg)
{
    const struct job *j = arg;
    br_x509_minimal_context ctx;
    time_t now = time(NULL);
    br_x509_minimal_init_full(&ctx, j->anchors, j->n_anchors);
    br_x509_minimal_set_time(&ctx, (uint32_t)(now / SECONDS_A_DAY + DAYS_TO_1970),
                             (uint32_t)(now % SECONDS_A_DAY));
    const br_x509_class **vtable = &ctx.vtable;
    (*vtable)->start_chain(vtable, "server.example");
    for (size_t i = 0; i < j->n; i++) {
        (*vtable)->start_cert(vtable, (uint32_t)j->len[i]);
        (*vtable)->append(vtable, j->der[i], (size_t)j->len[i]);
        (*vtable)->end_cert(vtable);
    }
    return (*vtable)->end_chain(vtable) == 0;
}

static void append_dn(void *ctx, const void *p, size_t len)
{
    br_x500_name *dn = ctx;
    dn->data = realloc(dn->data, dn->len + len);
    memcpy(dn->data + dn->len, p, len);
    dn->len += len;
}

static unsigned char *copy(const void *p, size_t len)
{
    unsigned char *out = malloc(len);
    memcpy(out, p, len);
    return out;
}

static void add_anchor(struct job *j, const unsigned char *der, int len)
{
    br_x509_trust_anchor *a = &j->anchors[j->n_anchors];
    br_x509_decoder_context dc;
    br_x509_decoder_init(&dc, append_dn, &a->dn);
    br_x509_decoder_push(&dc, der, (size_t)len);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&dc);
    if (key == NULL) return;
    a->flags = BR_X509_TA_CA;
    a->pkey = *key;
    if (key->key_type == BR_KEYTYPE_RSA) {
        a->pkey.key.rsa.n = copy(key->key.rsa.n, key->key.rsa.nlen);
        a->pkey.key.rsa.e = copy(key->key.rsa.e, key->key.rsa.elen);
    } else {
        a->pkey.key.ec.q = copy(key->key.ec.q, key->key.ec.qlen);
    }
    j->n_anchors++;
}

int main(int argc, char **argv)
{
    static struct job j;
    FILE *chain = argc == 3 ? fopen(argv[1], "r") : NULL, *roots = argc == 3 ? fopen(argv[2], "r") : NULL;
    X509 *cert;
    if (!chain || !roots) return 2;
    while (j.n < 4 && (cert = PEM_read_X509(chain, NULL, NULL, NULL)) != NULL) {
        j.len[j.n] = i2d_X509(cert, &j.der[j.n]);
        j.n++;
        X509_free(cert);
    }
    j.store = X509_STORE_new();
    while (j.n_anchors < ROOTS_MAX && (cert = PEM_read_X509(roots, NULL, NULL, NULL)) != NULL) {
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        X509_STORE_add_cert(j.store, cert);
        add_anchor(&j, der, len);
        X509_free(cert);
    }
    rate_run("OpenSSL", openssl_once, &j);
    rate_run("BearSSL", bearssl_once, &j);
    return 0;
}
