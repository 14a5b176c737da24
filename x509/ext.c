#include "x509/der.h"
#include "x509/grammar.h"
#include "x509/name.h"
#include "x509/oid.h"

/* Each reader gets the value of the extension: one whole element that passed cv_der_check. */
typedef cv_err extension_fn(struct cv_cert *c, struct cv_bytes value);

/* RFC 5280 4.2.1.9 */
static cv_err read_basic_constraints(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes seq;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK) return e;
    if (cv_der_next_is(seq, CV_DER_BOOLEAN)) {
        if ((e = cv_der_bool(&seq, &c->is_ca)) != CV_OK) return e;
        if (!c->is_ca) c->deviations |= CV_DEV_EXPLICIT_DEFAULT;
    }
    if (seq.len > 0) {
        if ((e = cv_der_uint32(&seq, &c->path_len)) != CV_OK) return e;
        c->has_path_len = true;
        if (!c->is_ca) c->deviations |= CV_DEV_PATH_LEN_NOT_CA;
    }
    c->has_basic_constraints = true;
    return cv_der_end(seq);
}

/* RFC 5280 4.2.1.3 */
static cv_err read_key_usage(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes bits;
    uint8_t n_unused;
    cv_err e = cv_der_bit_string(&value, &bits, &n_unused);

    if (e != CV_OK) return e;
    for (unsigned i = 0; i < 9 && i / 8 < bits.len; i++)
        if (bits.p[i / 8] >> (7 - i % 8) & 1) c->key_usage |= (uint16_t)(1u << i);
    /* X.690 11.2.2: the last bit given is set */
    if (bits.len == 0 || !(bits.p[bits.len - 1] >> n_unused & 1)) c->deviations |= CV_DEV_KEY_USAGE_FORM;
    c->has_key_usage = true;
    return CV_OK;
}

/* RFC 5280 4.2.1.12 */
static cv_err read_eku(struct cv_cert *c, struct cv_bytes value)
{
    static const struct {
        struct cv_oid oid;
        uint8_t bit;
    } purposes[] = {
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 1}}, CV_EKU_SERVER_AUTH},
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 2}}, CV_EKU_CLIENT_AUTH},
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 3}}, CV_EKU_CODE_SIGNING},
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 4}}, CV_EKU_EMAIL_PROTECTION},
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 8}}, CV_EKU_TIME_STAMPING},
        {{8, {0x2b, 6, 1, 5, 5, 7, 3, 9}}, CV_EKU_OCSP_SIGNING},
        {{4, {0x55, 0x1d, 0x25, 0}}, CV_EKU_ANY},
    };
    struct cv_bytes seq, oid;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK) return e;
    do {
        uint8_t bit = CV_EKU_OTHER;
        if ((e = cv_der_read(&seq, CV_DER_OID, &oid)) != CV_OK) return e;
        for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
            if (cv_oid_is(oid, &purposes[i].oid)) bit = purposes[i].bit;
        c->eku |= bit;
    } while (seq.len > 0);
    c->has_eku = true;
    return CV_OK;
}

static bool is_ia5(struct cv_bytes s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] >= 0x80) return false;
    return true;
}

static cv_err check_general_name(uint8_t tag, struct cv_bytes v)
{
    struct cv_bytes oid, content;
    cv_err e;

    switch (tag) {
    case CV_DER_CONTEXT_CON | 0: /* otherName: type-id, [0] EXPLICIT value */
        if ((e = cv_der_read(&v, CV_DER_OID, &oid)) != CV_OK) return e;
        if ((e = cv_der_read(&v, CV_DER_CONTEXT_CON | 0, &content)) != CV_OK) return e;
        return cv_der_end(v);
    case CV_DER_CONTEXT | 1: /* rfc822Name */
    case CV_DER_CONTEXT | 2: /* dNSName */
    case CV_DER_CONTEXT | 6: /* uniformResourceIdentifier */
        return is_ia5(v) ? CV_OK : CV_E_CERT_SYNTAX;
    case CV_DER_CONTEXT_CON | 4: /* directoryName: EXPLICIT, as Name is a CHOICE */
        return cv_name_check(v);
    case CV_DER_CONTEXT | 7: /* iPAddress */
        return v.len == 4 || v.len == 16 ? CV_OK : CV_E_CERT_SYNTAX;
    case CV_DER_CONTEXT_CON | 3: /* x400Address */
    case CV_DER_CONTEXT_CON | 5: /* ediPartyName */
    case CV_DER_CONTEXT | 8:     /* registeredID */
        return CV_OK;
    default:
        return CV_E_CERT_SYNTAX;
    }
}

cv_err cv_general_names_check(struct cv_bytes names)
{
    struct cv_bytes v;
    uint8_t tag;

    do {
        cv_err e = cv_der_any(&names, &tag, &v);
        if (e != CV_OK || (e = check_general_name(tag, v)) != CV_OK) return e;
    } while (names.len > 0);
    return CV_OK;
}

static cv_err read_general_names(struct cv_bytes value, struct cv_bytes *names)
{
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, names);

    if (e != CV_OK) return e;
    return names->len > 0 ? cv_general_names_check(*names) : CV_E_CERT_SYNTAX;
}

/* RFC 5280 4.2.1.6 */
static cv_err read_san(struct cv_cert *c, struct cv_bytes value)
{
    return read_general_names(value, &c->san);
}

static cv_err read_issuer_alt_name(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes names;

    (void)c;
    return read_general_names(value, &names);
}

/* RFC 5280 4.2.1.10: address and mask, and the mask that of a prefix (RFC 4632 3.1). */
static cv_err check_network(struct cv_bytes network)
{
    bool ended = false;

    if (network.len != 8 && network.len != 32) return CV_E_CERT_SYNTAX;
    for (size_t i = network.len / 2; i < network.len; i++) {
        uint8_t mask = network.p[i];
        if ((ended && mask != 0) || (uint8_t)(mask | (mask - 1)) != 0xff) return CV_E_CERT_SYNTAX;
        ended = mask != 0xff;
    }
    return CV_OK;
}

/* GeneralSubtrees; what the bases mean is for constraints.c. RFC 5280 4.2.1.10: minimum is 0, thus
 * left out, and maximum is absent. */
static cv_err check_subtrees(struct cv_bytes subtrees)
{
    struct cv_bytes subtree, base;
    uint8_t tag;

    do {
        cv_err e = cv_der_read(&subtrees, CV_DER_SEQUENCE, &subtree);
        if (e != CV_OK || (e = cv_der_any(&subtree, &tag, &base)) != CV_OK) return e;
        /* an address has its mask behind it; all else is as in names */
        e = tag == (CV_DER_CONTEXT | 7) ? check_network(base) : check_general_name(tag, base);
        if (e != CV_OK) return e;
        if ((e = cv_der_end(subtree)) != CV_OK) return e;
    } while (subtrees.len > 0);
    return CV_OK;
}

static cv_err read_name_constraints(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes permitted, excluded;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &c->name_constraints);

    if (e != CV_OK) return e;
    struct cv_bytes in = c->name_constraints;
    if (in.len == 0) return CV_E_CERT_SYNTAX; /* RFC 5280 4.2.1.10: one of them at least */
    if ((e = cv_der_optional(&in, CV_DER_CONTEXT_CON | 0, &permitted)) != CV_OK) return e;
    if (permitted.p && (e = check_subtrees(permitted)) != CV_OK) return e;
    if ((e = cv_der_optional(&in, CV_DER_CONTEXT_CON | 1, &excluded)) != CV_OK) return e;
    if (excluded.p && (e = check_subtrees(excluded)) != CV_OK) return e;
    return cv_der_end(in);
}

/* RFC 5280 4.2.1.2 */
static cv_err read_ski(struct cv_cert *c, struct cv_bytes value)
{
    return cv_der_read(&value, CV_DER_OCTET_STRING, &c->ski);
}

/* RFC 5280 4.2.1.1 */
cv_err cv_aki_read(struct cv_bytes value, struct cv_bytes *key_id, bool *names_issuer)
{
    struct cv_bytes seq, issuer, serial;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT | 0, key_id)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 1, &issuer)) != CV_OK) return e;
    if (issuer.p && (e = cv_general_names_check(issuer)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT | 2, &serial)) != CV_OK) return e;
    *names_issuer = issuer.p || serial.p;
    return cv_der_end(seq);
}

static cv_err read_aki(struct cv_cert *c, struct cv_bytes value)
{
    bool names_issuer;
    cv_err e = cv_aki_read(value, &c->aki, &names_issuer);

    if (e != CV_OK) return e;
    if (!c->aki.p) c->deviations |= CV_DEV_AKI_NO_KEY_ID;
    if (names_issuer) c->deviations |= CV_DEV_AKI_NAMES_ISSUER;
    return CV_OK;
}

/* A SEQUENCE of at least one SEQUENCE, each of which passes the check; NULL: any does. */
static cv_err read_sequences(struct cv_bytes value, cv_err (*check)(struct cv_bytes item),
                             struct cv_bytes *content)
{
    struct cv_bytes item;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, content);

    if (e != CV_OK) return e;
    struct cv_bytes in = *content;
    do {
        if ((e = cv_der_read(&in, CV_DER_SEQUENCE, &item)) != CV_OK) return e;
        if (check && (e = check(item)) != CV_OK) return e;
    } while (in.len > 0);
    return CV_OK;
}

/* An OID and `least` to `most` elements behind it. */
static cv_err check_oid_and(struct cv_bytes item, unsigned least, unsigned most)
{
    struct cv_bytes v;
    uint8_t tag;
    unsigned n = 0;
    cv_err e = cv_der_read(&item, CV_DER_OID, &v);

    for (; e == CV_OK && item.len > 0; n++) e = cv_der_any(&item, &tag, &v);
    return e != CV_OK ? e : n >= least && n <= most ? CV_OK : CV_E_CERT_SYNTAX;
}

/* RFC 5280 4.2.1.4: policyIdentifier, policyQualifiers OPTIONAL */
static cv_err check_policy(struct cv_bytes item)
{
    return check_oid_and(item, 0, 1);
}

/* Two elements, of which the first is an OID. */
static cv_err check_oid_pair(struct cv_bytes item)
{
    return check_oid_and(item, 1, 1);
}

static cv_err read_policies(struct cv_cert *c, struct cv_bytes value)
{
    return read_sequences(value, check_policy, &c->policies);
}

/* RFC 5280 4.2.1.5: issuerDomainPolicy, subjectDomainPolicy */
static cv_err read_policy_mappings(struct cv_cert *c, struct cv_bytes value)
{
    return read_sequences(value, check_oid_pair, &c->policy_mappings);
}

/* RFC 5280 4.2.1.8: SEQUENCE OF Attribute, type and values */
static cv_err read_directory_attributes(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes attributes;

    /* nothing is done with them, as a critical extension would demand */
    if (c->critical & CV_EXT_DIRECTORY_ATTRIBUTES) c->unknown_critical = true;
    return read_sequences(value, check_oid_pair, &attributes);
}

/* RFC 5280 4.2.1.11 */
static cv_err read_policy_constraints(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes v;
    uint32_t skip;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &c->policy_constraints);

    if (e != CV_OK) return e;
    struct cv_bytes in = c->policy_constraints;
    if (in.len == 0) return CV_E_CERT_SYNTAX;
    for (uint8_t n = 0; n < 2; n++) {
        if ((e = cv_der_optional(&in, (uint8_t)(CV_DER_CONTEXT | n), &v)) != CV_OK) return e;
        if (v.p && (e = cv_der_uint32_content(v, &skip)) != CV_OK) return e;
    }
    return cv_der_end(in);
}

/* RFC 5280 4.2.1.14 */
static cv_err read_inhibit_any(struct cv_cert *c, struct cv_bytes value)
{
    return cv_der_uint32(&value, &c->inhibit_any);
}

/* RFC 5280 4.2.1.13: SEQUENCE OF DistributionPoint, which point.c reads */
static cv_err read_crl_points(struct cv_cert *c, struct cv_bytes value)
{
    return read_sequences(value, NULL, &c->crl_points);
}

static cv_err read_freshest_crl(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes points;

    (void)c;
    return read_sequences(value, NULL, &points);
}

/* RFC 5280 4.2.2: accessMethod, accessLocation GeneralName */
static cv_err check_access(struct cv_bytes item)
{
    struct cv_bytes oid, location;
    uint8_t tag;
    cv_err e = cv_der_read(&item, CV_DER_OID, &oid);

    if (e != CV_OK || (e = cv_der_any(&item, &tag, &location)) != CV_OK) return e;
    if ((e = check_general_name(tag, location)) != CV_OK) return e;
    return cv_der_end(item);
}

static cv_err read_aia(struct cv_cert *c, struct cv_bytes value)
{
    return read_sequences(value, check_access, &c->aia);
}

static cv_err read_sia(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes content;

    (void)c;
    return read_sequences(value, check_access, &content);
}

/* RFC 7633 4.1: SEQUENCE OF INTEGER */
static cv_err read_tls_feature(struct cv_cert *c, struct cv_bytes value)
{
    struct cv_bytes seq;
    uint32_t feature;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &seq);

    while (e == CV_OK && seq.len > 0) {
        e = cv_der_uint32(&seq, &feature);
        if (e == CV_OK && feature == 5) c->must_staple = true; /* status_request */
    }
    return e;
}

static const struct {
    struct cv_oid oid;
    uint32_t bit;
    extension_fn *read;
} extensions[] = {
    {{3, {0x55, 0x1d, 9}}, CV_EXT_DIRECTORY_ATTRIBUTES, read_directory_attributes},
    {{3, {0x55, 0x1d, 14}}, CV_EXT_SKI, read_ski},
    {{3, {0x55, 0x1d, 15}}, CV_EXT_KEY_USAGE, read_key_usage},
    {{3, {0x55, 0x1d, 17}}, CV_EXT_SAN, read_san},
    {{3, {0x55, 0x1d, 18}}, CV_EXT_ISSUER_ALT_NAME, read_issuer_alt_name},
    {{3, {0x55, 0x1d, 19}}, CV_EXT_BASIC_CONSTRAINTS, read_basic_constraints},
    {{3, {0x55, 0x1d, 30}}, CV_EXT_NAME_CONSTRAINTS, read_name_constraints},
    {{3, {0x55, 0x1d, 31}}, CV_EXT_CRL_POINTS, read_crl_points},
    {{3, {0x55, 0x1d, 32}}, CV_EXT_POLICIES, read_policies},
    {{3, {0x55, 0x1d, 33}}, CV_EXT_POLICY_MAPPINGS, read_policy_mappings},
    {{3, {0x55, 0x1d, 35}}, CV_EXT_AKI, read_aki},
    {{3, {0x55, 0x1d, 36}}, CV_EXT_POLICY_CONSTRAINTS, read_policy_constraints},
    {{3, {0x55, 0x1d, 37}}, CV_EXT_EKU, read_eku},
    {{3, {0x55, 0x1d, 46}}, CV_EXT_FRESHEST_CRL, read_freshest_crl},
    {{3, {0x55, 0x1d, 54}}, CV_EXT_INHIBIT_ANY, read_inhibit_any},
    {{8, {0x2b, 6, 1, 5, 5, 7, 1, 1}}, CV_EXT_AIA, read_aia},
    {{8, {0x2b, 6, 1, 5, 5, 7, 1, 11}}, CV_EXT_SIA, read_sia},
    {{8, {0x2b, 6, 1, 5, 5, 7, 1, 24}}, CV_EXT_TLS_FEATURE, read_tls_feature},
};

/* Two unknown extensions whose OIDs have the same 64-bit hash count as one twice. */
static cv_err remember_unknown(struct cv_cert_walk *w, struct cv_bytes oid, bool critical)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < oid.len; i++) h = (h ^ oid.p[i]) * 0x100000001b3u;
    for (size_t i = 0; i < w->n_unknown; i++)
        if (w->unknown[i] == h) return CV_E_CERT_SYNTAX;
    if (w->n_unknown == CV_UNKNOWN_EXTENSIONS_MAX) return CV_E_CERT_SYNTAX;
    w->unknown[w->n_unknown++] = h;
    if (critical) w->cert->unknown_critical = true;
    return CV_OK;
}

cv_err cv_extension_read(struct cv_bytes extension, struct cv_bytes *oid, bool *critical,
                         bool *explicit_default, struct cv_bytes *value)
{
    cv_err e = cv_der_read(&extension, CV_DER_OID, oid);

    *critical = *explicit_default = false;
    if (e != CV_OK) return e;
    if (cv_der_next_is(extension, CV_DER_BOOLEAN)) {
        if ((e = cv_der_bool(&extension, critical)) != CV_OK) return e;
        *explicit_default = !*critical;
    }
    if ((e = cv_der_read(&extension, CV_DER_OCTET_STRING, value)) != CV_OK) return e;
    return cv_der_end(extension);
}

cv_err cv_extension_take(struct cv_cert_walk *w, struct cv_bytes extension)
{
    struct cv_cert *c = w->cert;
    struct cv_bytes oid, value;
    bool critical, explicit_default;
    cv_err e = cv_extension_read(extension, &oid, &critical, &explicit_default, &value);

    if (e != CV_OK) return e;
    if (explicit_default) c->deviations |= CV_DEV_EXPLICIT_DEFAULT;
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        if (!cv_oid_is(oid, &extensions[i].oid)) continue;
        if (c->present & extensions[i].bit) return CV_E_CERT_SYNTAX; /* RFC 5280 4.2: each once */
        c->present |= extensions[i].bit;
        if (critical) c->critical |= extensions[i].bit;
        if ((e = cv_der_check(value)) != CV_OK) return e;
        return extensions[i].read(c, value);
    }
    return remember_unknown(w, oid, critical);
}
