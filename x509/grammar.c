#include "x509/grammar.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/key.h"
#include "x509/name.h"

static cv_err take_version(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    uint32_t v;
    cv_err e = cv_der_uint32(&content, &v);

    (void)whole;
    if (e != CV_OK || (e = cv_der_end(content)) != CV_OK) return e;
    if (v > 2) return CV_E_CERT_SYNTAX;
    if (v == 0) w->cert->deviations |= CV_DEV_EXPLICIT_DEFAULT;
    w->cert->version = (uint8_t)(v + 1);
    return CV_OK;
}

static cv_err take_serial(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    struct cv_cert *c = w->cert;
    cv_err e = cv_der_uint(&whole, &c->serial); /* refuses negative ones */

    (void)content;
    if (e != CV_OK) return e;
    if (c->serial.len > 20) return CV_E_CERT_SYNTAX; /* RFC 5280 4.1.2.2 */
    if (c->serial.len == 1 && c->serial.p[0] == 0) c->deviations |= CV_DEV_SERIAL_ZERO;
    return CV_OK;
}

static cv_err take_sig_alg(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    (void)content;
    w->inner_sig_alg = whole;
    return cv_sig_alg_parse(&w->cert->sig, whole);
}

static cv_err take_issuer(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    cv_err e = cv_name_check(whole);

    if (e != CV_OK) return e;
    if (content.len == 0) return CV_E_CERT_SYNTAX; /* RFC 5280 4.1.2.4: not empty */
    w->cert->issuer = whole;
    w->cert->issuer_hash = cv_name_hash(whole);
    return CV_OK;
}

static cv_err take_validity(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    struct cv_cert *c = w->cert;
    bool proper_1, proper_2;
    cv_err e = cv_der_time(&content, &c->not_before, &proper_1);

    (void)whole;
    if (e != CV_OK || (e = cv_der_time(&content, &c->not_after, &proper_2)) != CV_OK) return e;
    if (!proper_1 || !proper_2) c->deviations |= CV_DEV_TIME_FORM;
    return cv_der_end(content);
}

static cv_err take_subject(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    cv_err e = cv_name_check(whole);

    (void)content;
    if (e != CV_OK) return e;
    w->cert->subject = whole;
    w->cert->subject_hash = cv_name_hash(whole);
    w->cert->self_issued = cv_name_equal(w->cert->issuer, whole);
    return CV_OK;
}

static cv_err take_spki(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    (void)content;
    w->cert->spki = whole;
    return cv_public_key_parse(&w->cert->key, whole);
}

static cv_err take_unique_id(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    (void)whole;
    /* RFC 5280 4.1.2.8: versions 2 and 3 only; [n] IMPLICIT BIT STRING */
    return w->cert->version >= 2 && content.len > 0 && content.p[0] < 8 ? CV_OK : CV_E_CERT_SYNTAX;
}

static cv_err take_extensions(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content)
{
    cv_err e = cv_der_read(&content, CV_DER_SEQUENCE, &w->cert->extensions);

    (void)whole;
    if (e != CV_OK || (e = cv_der_end(content)) != CV_OK) return e;
    /* RFC 5280 4.1.2.9: version 3 only; SIZE (1..MAX) */
    return w->cert->version == 3 && w->cert->extensions.len > 0 ? CV_OK : CV_E_CERT_SYNTAX;
}

const struct cv_tbs_field cv_tbs_fields[CV_N_TBS_FIELDS] = {
    {.tag = CV_DER_CONTEXT_CON | 0, .is_optional = true, .take = take_version},
    {.tag = CV_DER_INTEGER, .take = take_serial},
    {.tag = CV_DER_SEQUENCE, .take = take_sig_alg},
    {.tag = CV_DER_SEQUENCE, .take = take_issuer},
    {.tag = CV_DER_SEQUENCE, .take = take_validity},
    {.tag = CV_DER_SEQUENCE, .take = take_subject},
    {.tag = CV_DER_SEQUENCE, .take = take_spki},
    {.tag = CV_DER_CONTEXT | 1, .is_optional = true, .take = take_unique_id},
    {.tag = CV_DER_CONTEXT | 2, .is_optional = true, .take = take_unique_id},
    {.tag = CV_DER_CONTEXT_CON | 3, .is_optional = true, .take = take_extensions},
};
