/* Distribution points: which lists are for which certificates. */
#include "x509/crl.h"
#include "x509/der.h"
#include "x509/dn.h"
#include "x509/grammar.h"
#include "x509/validate.h"

enum { FULL_NAME = CV_DER_CONTEXT_CON | 0, RELATIVE_NAME = CV_DER_CONTEXT_CON | 1 };

cv_err cv_point_name_check(struct cv_bytes point)
{
    struct cv_bytes v;
    struct cv_attribute a;
    uint8_t tag;
    cv_err e = cv_der_any(&point, &tag, &v);

    if (e != CV_OK || (e = cv_der_end(point)) != CV_OK) return e;
    if (v.len == 0) return CV_E_CERT_SYNTAX;
    if (tag == FULL_NAME) return cv_general_names_check(v);
    if (tag != RELATIVE_NAME) return CV_E_CERT_SYNTAX;
    do {
        if ((e = cv_attribute_read(&v, &a)) != CV_OK) return e;
    } while (v.len > 0);
    return CV_OK;
}

cv_err cv_reasons_read(struct cv_bytes bits, uint16_t *reasons)
{
    struct cv_bytes bytes;
    uint8_t n_unused, byte;
    cv_err e = cv_der_bit_string_content(bits, &bytes, &n_unused);

    *reasons = 0;
    for (unsigned at = 0; e == CV_OK && bytes.len > 0; at += 8) {
        e = cv_read_u8(&bytes, &byte) == CV_OK ? CV_OK : CV_E_CERT_DER;
        for (unsigned i = 0; i < 8 && at + i < 16; i++)
            if (byte >> (7 - i) & 1) *reasons |= (uint16_t)(1u << (at + i));
    }
    *reasons &= CV_REASONS_ALL;
    return e;
}

/* A DistributionPointName being walked: names one at a time, a relative one as base and RDN. */
struct names {
    struct cv_bytes rest; /* of GeneralNames */
    struct cv_bytes base, rdn;
    bool has_relative;
};

struct point_name {
    uint8_t tag;
    struct cv_bytes value, rdn; /* directoryName: a Name, and an RDN behind it if p is not NULL */
};

/* point has p NULL: the name `base` alone. */
static struct names names_of(struct cv_bytes point, struct cv_bytes base)
{
    struct names n = {.base = base, .has_relative = true};
    struct cv_bytes v;
    uint8_t tag;

    if (!point.p || cv_der_any(&point, &tag, &v) != CV_OK) return n;
    if (tag == RELATIVE_NAME)
        n.rdn = v;
    else
        n = (struct names){.rest = v};
    return n;
}

static bool next_name(struct names *n, struct point_name *name)
{
    *name = (struct point_name){.tag = CV_DER_CONTEXT_CON | 4, .value = n->base, .rdn = n->rdn};
    if (n->has_relative) {
        n->has_relative = false;
        return true;
    }
    name->rdn = cv_bytes(NULL, 0);
    return n->rest.len > 0 && cv_der_any(&n->rest, &name->tag, &name->value) == CV_OK;
}

static bool same_name(const struct point_name *a, const struct point_name *b)
{
    if (a->tag != b->tag) return false;
    if (a->tag == (CV_DER_CONTEXT_CON | 4)) return cv_name_equal_below(a->value, a->rdn, b->value, b->rdn);
    return cv_bytes_equal(a->value, b->value);
}

/* Whether the two have a name in common. */
static bool names_meet(struct names a, struct names all_b, uint32_t *budget)
{
    struct point_name x, y;

    while (next_name(&a, &x)) {
        struct names b = all_b;
        while (next_name(&b, &y)) {
            if (cv_budget_spend(budget, 1 + (x.value.len + y.value.len) / 64) != CV_OK) return false;
            if (same_name(&x, &y)) return true;
        }
    }
    return false;
}

/* DistributionPoint, RFC 5280 4.2.1.13; views with p NULL are absent. */
struct point {
    struct cv_bytes name, crl_issuer;
    uint16_t reasons;
};

static cv_err read_point(struct cv_bytes *points, struct point *p)
{
    struct cv_bytes seq, reasons;
    cv_err e = cv_der_read(points, CV_DER_SEQUENCE, &seq);

    p->reasons = CV_REASONS_ALL;
    if (e != CV_OK || (e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &p->name)) != CV_OK) return e;
    if (p->name.p && (e = cv_point_name_check(p->name)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT | 1, &reasons)) != CV_OK) return e;
    if (reasons.p && (e = cv_reasons_read(reasons, &p->reasons)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 2, &p->crl_issuer)) != CV_OK) return e;
    if (p->crl_issuer.p && (p->crl_issuer.len == 0 || (e = cv_general_names_check(p->crl_issuer)) != CV_OK))
        return CV_E_CERT_SYNTAX;
    return cv_der_end(seq);
}

/* RFC 5280 6.3.3 (b)(1), (b)(2)(i): the list comes from whom the point names, and is the one it names. */
static bool point_fits(const struct cv_crl *c, const struct cv_cert *cert, const struct point *p,
                       uint32_t *budget)
{
    struct names list = names_of(cv_bytes(NULL, 0), c->issuer);
    struct cv_bytes base = cert->issuer; /* of a name relative to the issuer of the list */

    if (p->crl_issuer.p) {
        struct names issuers = {.rest = p->crl_issuer};
        if (!c->is_indirect || !names_meet(issuers, list, budget)) return false;
        base = c->issuer;
    } else if (!cv_name_equal(c->issuer, cert->issuer)) {
        return false;
    }
    if (!c->point.p) return true;
    list = names_of(c->point, c->issuer);
    if (!p->name.p && p->crl_issuer.p) return names_meet((struct names){.rest = p->crl_issuer}, list, budget);
    return names_meet(names_of(p->name, base), list, budget);
}

uint16_t cv_crl_scope(const struct cv_crl *c, const struct cv_cert *cert, uint32_t *budget)
{
    struct cv_bytes points = cert->crl_points;
    struct point p;
    uint16_t reasons = 0;

    /* RFC 5280 6.3.3 (b)(2)(ii) to (iv) */
    if ((c->only_users && cert->is_ca) || (c->only_cas && !cert->is_ca) || c->only_attributes) return 0;
    while (points.len > 0 && read_point(&points, &p) == CV_OK)
        if (point_fits(c, cert, &p, budget)) reasons |= p.reasons & c->reasons;
    p = (struct point){.reasons = CV_REASONS_ALL};
    if (point_fits(c, cert, &p, budget)) reasons |= c->reasons;
    return reasons;
}
