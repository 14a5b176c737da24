#include "x509/der.h"
#include "x509/dn.h"
#include "x509/host.h"
#include "x509/oid.h"
#include "x509/validate.h"

/* RFC 5280 4.2: these extensions are never critical. */
static const uint32_t never_critical =
    CV_EXT_SKI | CV_EXT_AKI | CV_EXT_AIA | CV_EXT_SIA | CV_EXT_FRESHEST_CRL | CV_EXT_DIRECTORY_ATTRIBUTES;
/* … and these always, in certificates of CAs */
static const uint32_t always_critical =
    CV_EXT_BASIC_CONSTRAINTS | CV_EXT_NAME_CONSTRAINTS | CV_EXT_POLICY_CONSTRAINTS | CV_EXT_INHIBIT_ANY;

static bool has_empty_subject(const struct cv_cert *c)
{
    return c->subject.len == 2;
}

static cv_err check_rfc5280(const struct cv_cert *c, enum cv_role role)
{
    uint32_t tolerated = CV_DEV_AKI_NAMES_ISSUER; /* allowed, if not much used */

    /* 6.1.1 (d): an anchor is a name and a key; no path leads on from it, and old roots have the serial 0 */
    if (role == CV_ROLE_ANCHOR) tolerated |= CV_DEV_SERIAL_ZERO;
    if (c->deviations & ~tolerated) return CV_E_CERT_SYNTAX;
    if (c->version != 3) return CV_E_CERT_SYNTAX; /* 4.1.2.1: extensions are needed */
    if (c->critical & never_critical) return CV_E_CERT_SYNTAX;
    /* 4.2.1.1: all certificates of a path say who signed them */
    if (!c->aki.p && role != CV_ROLE_ANCHOR) return CV_E_CERT_SYNTAX;
    if (c->is_ca) {
        if (c->present & ~c->critical & always_critical) return CV_E_CERT_SYNTAX;
        if (!c->ski.p) return CV_E_CERT_SYNTAX;            /* 4.2.1.2 */
        if (has_empty_subject(c)) return CV_E_CERT_SYNTAX; /* 4.1.2.6 */
    } else {
        if (c->name_constraints.p) return CV_E_CERT_SYNTAX;                 /* 4.2.1.10: CAs only */
        if (c->key_usage & CV_KU_KEY_CERT_SIGN) return CV_E_CERT_KEY_USAGE; /* 4.2.1.9 */
        /* 4.2.1.6 */
        if (has_empty_subject(c) && !(c->critical & CV_EXT_SAN)) return CV_E_CERT_SYNTAX;
    }
    return CV_OK;
}

static size_t put_decimal(char *out, unsigned v)
{
    size_t n = 0;

    if (v >= 100) out[n++] = (char)('0' + v / 100);
    if (v >= 10) out[n++] = (char)('0' + v / 10 % 10);
    out[n++] = (char)('0' + v % 10);
    return n;
}

static size_t put_ipv4(char *out, const uint8_t ip[4])
{
    size_t n = 0;

    for (size_t i = 0; i < 4; i++) {
        if (i > 0) out[n++] = '.';
        n += put_decimal(out + n, ip[i]);
    }
    return n;
}

/* RFC 5952 4: lower case, no leading zeros, the first of the longest runs of zero groups as "::". */
static size_t put_ipv6(char *out, const uint8_t ip[16])
{
    size_t n = 0, gap = 8, gap_len = 1;

    for (size_t i = 0, run = 0; i < 8; i++) {
        run = ip[2 * i] | ip[2 * i + 1] ? 0 : run + 1;
        if (run <= gap_len) continue;
        gap = i + 1 - run;
        gap_len = run;
    }
    for (size_t i = 0; i < 8; i++) {
        unsigned group = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
        if (i == gap) {
            out[n++] = ':';
            i += gap_len - 1;
            if (i == 7) out[n++] = ':';
            continue;
        }
        if (i > 0) out[n++] = ':';
        for (int shift = 12; shift >= 0; shift -= 4)
            if (shift == 0 || group >> shift) out[n++] = "0123456789abcdef"[group >> shift & 15];
    }
    return n;
}

/* Whether an alternative name, written out, is just this text; or a wildcard right below it, as CAs put the
 * domain itself there. */
static bool san_has_text(const struct cv_cert *c, struct cv_bytes text)
{
    struct cv_bytes names = c->san, v;
    char ip[40];
    uint8_t tag;

    while (names.len > 0 && cv_der_any(&names, &tag, &v) == CV_OK) {
        if (tag == (CV_DER_CONTEXT | 7)) {
            size_t len = v.len == 4 ? put_ipv4(ip, v.p) : put_ipv6(ip, v.p);
            v = cv_bytes((const uint8_t *)ip, len);
        } else if (tag != (CV_DER_CONTEXT | 2)) {
            continue;
        }
        if (cv_bytes_equal(v, text)) return true;
        if (v.len > 2 && v.p[0] == '*' && cv_bytes_equal(cv_dns_parent(v), text)) return true;
    }
    return false;
}

/* Baseline Requirements 7.1.4.3: a common name repeats an alternative name, character for character. */
static bool common_names_repeat_san(const struct cv_cert *c)
{
    static const struct cv_oid common_name = {3, {0x55, 0x04, 0x03}};
    struct cv_bytes subject = c->subject, rdns, rdn;
    struct cv_attribute a;

    if (cv_der_read(&subject, CV_DER_SEQUENCE, &rdns) != CV_OK) return false;
    while (cv_der_read(&rdns, CV_DER_SET, &rdn) == CV_OK)
        while (rdn.len > 0 && cv_attribute_read(&rdn, &a) == CV_OK)
            if (cv_oid_is(a.type, &common_name) && !san_has_text(c, a.value)) return false;
    return true;
}

/* Baseline Requirements for TLS Server Certificates, 7.1.2 */
static cv_err check_webpki(const struct cv_cert *c, enum cv_role role, enum cv_purpose purpose)
{
    if (c->deviations & CV_DEV_AKI_NAMES_ISSUER) return CV_E_CERT_SYNTAX;
    if (c->key.type == CV_KEY_RSA && (c->key.n.p[0] & 0x80) == 0)
        return CV_E_CERT_KEY; /* 6.1.5: whole bytes */
    if (role == CV_ROLE_ANCHOR && c->aki.p && c->self_issued && !cv_bytes_equal(c->aki, c->ski))
        return CV_E_CERT_SYNTAX;
    if (role != CV_ROLE_LEAF) return CV_OK;
    if (c->is_ca || !c->san.p) return CV_E_CERT_SYNTAX;
    if (purpose == CV_PURPOSE_ANY) return CV_OK;
    if (!c->has_eku || (c->eku & CV_EKU_ANY)) return CV_E_CERT_EXTENDED_KEY_USAGE;
    if (purpose == CV_PURPOSE_SERVER && !common_names_repeat_san(c)) return CV_E_CERT_SYNTAX;
    return c->critical & CV_EXT_EKU ? CV_E_CERT_SYNTAX : CV_OK;
}

cv_err cv_profile_check(const struct cv_cert *cert, enum cv_role role, const struct cv_path_params *params)
{
    cv_err e = CV_OK;

    if (params->profile >= CV_PROFILE_RFC5280) e = check_rfc5280(cert, role);
    if (e == CV_OK && params->profile == CV_PROFILE_WEBPKI) e = check_webpki(cert, role, params->purpose);
    return e;
}
