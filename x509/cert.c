#include "x509/cert.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/grammar.h"

/* The fields of TBSCertificate in their order; nothing behind the last. */
static cv_err walk_tbs(struct cv_cert_walk *w, struct cv_bytes tbs)
{
    struct cv_bytes whole, content;
    uint8_t tag;

    for (size_t i = 0; i < CV_N_TBS_FIELDS; i++) {
        const struct cv_tbs_field *f = &cv_tbs_fields[i];
        if (f->is_optional && !cv_der_next_is(tbs, f->tag)) continue;
        cv_err e = cv_der_whole(&tbs, f->tag, &whole);
        if (e != CV_OK) return e;
        struct cv_bytes inside = whole;
        if ((e = cv_der_any(&inside, &tag, &content)) != CV_OK) return e;
        if ((e = f->take(w, whole, content)) != CV_OK) return e;
    }
    return cv_der_end(tbs);
}

static cv_err walk_extensions(struct cv_cert_walk *w, struct cv_bytes extensions)
{
    struct cv_bytes extension;

    while (extensions.len > 0) {
        cv_err e = cv_der_read(&extensions, CV_DER_SEQUENCE, &extension);
        if (e != CV_OK || (e = cv_extension_take(w, extension)) != CV_OK) return e;
    }
    return CV_OK;
}

cv_err cv_cert_parse(struct cv_cert *c, struct cv_bytes der)
{
    struct cv_cert_walk w = {.cert = c};
    struct cv_bytes tbs;
    cv_err e = cv_der_check(der);

    if (e != CV_OK) return e;
    *c = (struct cv_cert){.der = der, .version = 1, .inhibit_any = UINT32_MAX};
    if ((e = cv_signed_read(der, &c->tbs, &c->sig_alg, &c->signature)) != CV_OK) return e;

    struct cv_bytes rest = c->tbs;
    if ((e = cv_der_read(&rest, CV_DER_SEQUENCE, &tbs)) != CV_OK) return e;
    if ((e = walk_tbs(&w, tbs)) != CV_OK) return e;
    /* RFC 5280 4.1.1.2: the same algorithm inside as outside */
    if (!cv_bytes_equal(w.inner_sig_alg, c->sig_alg)) return CV_E_CERT_SYNTAX;
    return walk_extensions(&w, c->extensions);
}
