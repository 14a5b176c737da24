/* CertGetNameString: one name of a certificate, chosen by kind. */
#include "sspi/certificate.h"
#include "sspi/certificate_name.h"
#include "sspi/struct_fill.h"
#include "sspi/text_out.h"
#include "sspi/unicode.h"

#include <string.h>

enum {
    /* GeneralName's tags (RFC 5280 4.2.1.6) */
    TAG_OTHER = CV_DER_CONTEXT_CON | 0,
    TAG_MAIL = CV_DER_CONTEXT | 1,
    TAG_DNS = CV_DER_CONTEXT | 2,
    TAG_URL = CV_DER_CONTEXT | 6,
};

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"

/* Where names are looked for: the subject's or the issuer's. */
struct source {
    struct cv_bytes name; /* a Name with its header */
    struct cv_bytes alt;  /* content of GeneralNames; may be empty */
};

bool cv_name_attribute(struct cv_attribute *out, struct cv_bytes name, const char *oid)
{
    struct cv_bytes rdns, rdn;
    char text[128];
    if (cv_name_check(name) != CV_OK || cv_der_read(&name, CV_DER_SEQUENCE, &rdns) != CV_OK) return false;
    while (rdns.len > 0 && cv_der_read(&rdns, CV_DER_SET, &rdn) == CV_OK) {
        while (rdn.len > 0 && cv_attribute_read(&rdn, out) == CV_OK) {
            if (cv_oid_text(NULL, out->type) > sizeof text) continue;
            cv_oid_text(text, out->type);
            if (strcmp(text, oid) == 0) return true;
        }
    }
    return false;
}

static void put_string(struct cv_text *t, struct cv_bytes in, uint8_t tag)
{
    while (in.len > 0) cv_text_put(t, cv_string_next(&in, tag));
}

static bool put_attribute(struct cv_text *t, const struct source *from, const char *oid)
{
    struct cv_attribute a;
    if (!cv_name_attribute(&a, from->name, oid) || !cv_string_tag(a.tag)) return false;
    put_string(t, a.value, a.tag);
    return true;
}

/* A user principal name: [0] otherName with a UTF8String in it. */
static bool put_upn(struct cv_text *t, struct cv_bytes other)
{
    struct cv_bytes oid, value, text;
    char written[128];
    if (cv_der_read(&other, CV_DER_OID, &oid) != CV_OK || cv_oid_text(NULL, oid) > sizeof written)
        return false;
    cv_oid_text(written, oid);
    if (strcmp(written, OID_UPN) != 0 || cv_der_read(&other, CV_DER_CONTEXT_CON | 0, &value) != CV_OK ||
        cv_der_read(&value, CV_DER_UTF8, &text) != CV_OK)
        return false;
    put_string(t, text, CV_DER_UTF8);
    return true;
}

/* The first alternative name of a kind; with `all` each of them, and a terminator between. */
static bool put_alt(struct cv_text *t, const struct source *from, uint8_t wanted, bool all)
{
    struct cv_bytes names = from->alt, content;
    uint8_t tag;
    bool found = false;
    while (names.len > 0 && (all || !found) && cv_der_any(&names, &tag, &content) == CV_OK) {
        if (tag != wanted) continue;
        if (tag == TAG_OTHER) {
            found = put_upn(t, content);
            continue;
        }
        put_string(t, content, CV_DER_IA5);
        if (all) cv_text_put(t, 0);
        found = true;
    }
    return found;
}

/* What a person would call it. */
static bool put_display(struct cv_text *t, const struct source *from)
{
    static const char *const oids[] = {szOID_COMMON_NAME, szOID_ORGANIZATIONAL_UNIT_NAME,
                                       szOID_ORGANIZATION_NAME, szOID_RSA_emailAddr};
    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
        if (put_attribute(t, from, oids[i])) return true;
    return put_alt(t, from, TAG_MAIL, false) || put_alt(t, from, TAG_DNS, false);
}

static bool put_friendly(struct cv_text *t, const struct cv_cert_object *o, const struct source *from)
{
    cv_cert_lock(o);
    const struct cv_cert_property *p = cv_cert_property(o, CERT_FRIENDLY_NAME_PROP_ID);
    for (size_t at = 0; p != NULL && at + sizeof(WCHAR) <= p->len; at += sizeof(WCHAR)) {
        WCHAR unit;
        memcpy(&unit, p->data + at, sizeof unit);
        if (unit == 0) break;
        cv_text_put(t, unit);
    }
    cv_cert_unlock(o);
    return p != NULL || put_display(t, from);
}

static bool put_dns(struct cv_text *t, const struct source *from, bool all)
{
    if (put_alt(t, from, TAG_DNS, all)) return true;
    if (!put_attribute(t, from, szOID_COMMON_NAME)) return false;
    if (all) cv_text_put(t, 0);
    return true;
}

static void put_kind(struct cv_text *t, const struct cv_cert_object *o, const struct source *from, DWORD type,
                     bool all, const void *para)
{
    switch (type) {
    case CERT_NAME_EMAIL_TYPE:
        if (!put_alt(t, from, TAG_MAIL, false)) put_attribute(t, from, szOID_RSA_emailAddr);
        break;
    case CERT_NAME_ATTR_TYPE:
        if (para != NULL) put_attribute(t, from, para);
        break;
    case CERT_NAME_SIMPLE_DISPLAY_TYPE:
        put_display(t, from);
        break;
    case CERT_NAME_FRIENDLY_DISPLAY_TYPE:
        put_friendly(t, o, from);
        break;
    case CERT_NAME_DNS_TYPE:
        put_dns(t, from, all);
        break;
    case CERT_NAME_URL_TYPE:
        put_alt(t, from, TAG_URL, false);
        break;
    case CERT_NAME_UPN_TYPE:
        put_alt(t, from, TAG_OTHER, false);
        break;
    default:
        break;
    }
}

/* Alternative names of the issuer lie in an extension that the validator does not look into. */
static struct cv_bytes issuer_alt(const CERT_INFO *info)
{
    struct cv_bytes in, names;
    PCERT_EXTENSION x = CertFindExtension(szOID_ISSUER_ALT_NAME2, info->cExtension, info->rgExtension);
    if (x == NULL) return cv_bytes(NULL, 0);
    in = cv_bytes(x->Value.pbData, x->Value.cbData);
    return cv_der_read(&in, CV_DER_SEQUENCE, &names) == CV_OK ? names : cv_bytes(NULL, 0);
}

static DWORD get_name(bool is_wide, PCCERT_CONTEXT ctx, DWORD type, DWORD flags, const void *para, void *out,
                      DWORD size)
{
    const struct cv_cert_object *o = cv_cert_of(ctx);
    struct cv_text t = cv_text_cut(is_wide, size == 0 ? NULL : out, size);
    bool of_issuer = (flags & CERT_NAME_ISSUER_FLAG) != 0;
    bool all = type == CERT_NAME_DNS_TYPE && (flags & CERT_NAME_SEARCH_ALL_NAMES_FLAG) != 0;
    if (o != NULL && type == CERT_NAME_RDN_TYPE) {
        CERT_NAME_BLOB name = of_issuer ? o->info.Issuer : o->info.Subject;
        DWORD how = para == NULL ? (DWORD)CERT_SIMPLE_NAME_STR : *(const DWORD *)para;
        return is_wide ? CertNameToStrW(X509_ASN_ENCODING, &name, how, out, size)
                       : CertNameToStrA(X509_ASN_ENCODING, &name, how, out, size);
    }
    if (o != NULL) {
        const struct source from = {.name = of_issuer ? o->cert.issuer : o->cert.subject,
                                    .alt = of_issuer ? issuer_alt(&o->info) : o->cert.san};
        put_kind(&t, o, &from, type, all, para);
    }
    return cv_text_end(&t);
}

DWORD WINAPI CertGetNameStringA(PCCERT_CONTEXT pCertContext, DWORD dwType, DWORD dwFlags, void *pvTypePara,
                                LPSTR pszNameString, DWORD cchNameString)
{
    return get_name(false, pCertContext, dwType, dwFlags, pvTypePara, pszNameString, cchNameString);
}

DWORD WINAPI CertGetNameStringW(PCCERT_CONTEXT pCertContext, DWORD dwType, DWORD dwFlags, void *pvTypePara,
                                LPWSTR pszNameString, DWORD cchNameString)
{
    return get_name(true, pCertContext, dwType, dwFlags, pvTypePara, pszNameString, cchNameString);
}
