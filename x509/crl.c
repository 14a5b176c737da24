#include "x509/crl.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/grammar.h"
#include "x509/name.h"
#include "x509/oid.h"

enum { CRL_NUMBER_LEN_MAX = 20 }; /* RFC 5280 5.2.3 */

/* Extensions of lists and of entries, by the last byte of 2.5.29.n. */
enum {
    ID_CRL_NUMBER = 20,
    ID_REASON = 21,
    ID_INVALIDITY_DATE = 24,
    ID_DELTA = 27,
    ID_ISSUING_POINT = 28,
    ID_CERT_ISSUER = 29,
    ID_AKI = 35,
};

/* The n of 2.5.29.n; -1 for all else. */
static int id_ce(struct cv_bytes oid)
{
    uint8_t head[2], n;

    if (oid.len != 3 || cv_read_copy(&oid, head, 2) != CV_OK || cv_read_u8(&oid, &n) != CV_OK) return -1;
    return head[0] == 0x55 && head[1] == 0x1d ? n : -1;
}

static cv_err read_number(struct cv_bytes value)
{
    struct cv_bytes n;
    cv_err e = cv_der_uint(&value, &n);

    if (e != CV_OK || (e = cv_der_end(value)) != CV_OK) return e;
    return n.len <= CRL_NUMBER_LEN_MAX ? CV_OK : CV_E_CERT_SYNTAX;
}

/* [n] IMPLICIT BOOLEAN DEFAULT FALSE: what is there is TRUE (X.690 11.5). */
static cv_err read_flag(struct cv_bytes *in, uint8_t n, bool *flag)
{
    struct cv_bytes v;
    uint8_t byte = 0;
    cv_err e = cv_der_optional(in, (uint8_t)(CV_DER_CONTEXT | n), &v);

    if (e != CV_OK) return e;
    *flag = v.p != NULL;
    return !*flag || (v.len == 1 && cv_read_u8(&v, &byte) == CV_OK && byte == 0xff) ? CV_OK : CV_E_CERT_DER;
}

/* RFC 5280 5.2.5 */
static cv_err read_issuing_point(struct cv_crl *c, struct cv_bytes value)
{
    struct cv_bytes seq, reasons;
    cv_err e = cv_der_read(&value, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_end(value)) != CV_OK) return e;
    if (seq.len == 0) return CV_E_CERT_SYNTAX;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT_CON | 0, &c->point)) != CV_OK) return e;
    if (c->point.p && (e = cv_point_name_check(c->point)) != CV_OK) return e;
    if ((e = read_flag(&seq, 1, &c->only_users)) != CV_OK) return e;
    if ((e = read_flag(&seq, 2, &c->only_cas)) != CV_OK) return e;
    if ((e = cv_der_optional(&seq, CV_DER_CONTEXT | 3, &reasons)) != CV_OK) return e;
    if (reasons.p && (e = cv_reasons_read(reasons, &c->reasons)) != CV_OK) return e;
    if ((e = read_flag(&seq, 4, &c->is_indirect)) != CV_OK) return e;
    if ((e = read_flag(&seq, 5, &c->only_attributes)) != CV_OK) return e;
    if (c->only_users + c->only_cas + c->only_attributes > 1) return CV_E_CERT_SYNTAX;
    return cv_der_end(seq);
}

static cv_err take_extension(struct cv_crl *c, struct cv_bytes extension, uint64_t *seen)
{
    struct cv_bytes oid, value;
    bool critical, explicit_default, names_issuer;
    cv_err e = cv_extension_read(extension, &oid, &critical, &explicit_default, &value);

    if (e != CV_OK) return e;
    int id = id_ce(oid);
    if (id >= 0 && id < 64) {
        if (*seen >> id & 1) return CV_E_CERT_SYNTAX;
        *seen |= (uint64_t)1 << id;
    }
    if ((id == ID_AKI || id == ID_CRL_NUMBER || id == ID_ISSUING_POINT) && (e = cv_der_check(value)) != CV_OK)
        return e;
    switch (id) {
    case ID_AKI:
        return cv_aki_read(value, &c->aki, &names_issuer);
    case ID_CRL_NUMBER:
        c->deviations &= ~(uint32_t)CV_CRL_DEV_NO_NUMBER;
        return read_number(value);
    case ID_ISSUING_POINT:
        return read_issuing_point(c, value);
    case ID_DELTA:
        c->is_delta = true;
        return CV_OK;
    default:
        c->unknown_critical |= critical;
        return CV_OK;
    }
}

/* crlExtensions, or crlEntryExtensions with the header taken off. */
static cv_err take_extensions(struct cv_crl *c, struct cv_bytes in)
{
    struct cv_bytes seq, extension;
    uint64_t seen = 0;
    cv_err e = cv_der_read(&in, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_end(in)) != CV_OK) return e;
    do {
        if ((e = cv_der_read(&seq, CV_DER_SEQUENCE, &extension)) != CV_OK) return e;
        if ((e = take_extension(c, extension, &seen)) != CV_OK) return e;
    } while (seq.len > 0);
    return CV_OK;
}

struct entry {
    struct cv_bytes serial; /* content of the INTEGER */
    struct cv_bytes issuer; /* GeneralNames of certificateIssuer; p NULL if absent */
    bool unknown_critical;
};

static cv_err read_entry_extension(struct entry *entry, struct cv_bytes extension, uint64_t *seen)
{
    struct cv_bytes oid, value, v;
    bool critical, explicit_default;
    uint8_t reason;
    cv_err e = cv_extension_read(extension, &oid, &critical, &explicit_default, &value);

    if (e != CV_OK) return e;
    int id = id_ce(oid);
    if (id >= 0 && id < 64) {
        if (*seen >> id & 1) return CV_E_CERT_SYNTAX;
        *seen |= (uint64_t)1 << id;
    }
    switch (id) {
    case ID_CERT_ISSUER:
        if ((e = cv_der_check(value)) != CV_OK ||
            (e = cv_der_read(&value, CV_DER_SEQUENCE, &entry->issuer)) != CV_OK)
            return e;
        return entry->issuer.len > 0 ? cv_general_names_check(entry->issuer) : CV_E_CERT_SYNTAX;
    case ID_REASON:
        /* RFC 5280 5.3.1: any of them means revoked, as a list that is no delta has no removeFromCRL */
        if ((e = cv_der_read(&value, CV_DER_ENUMERATED, &v)) != CV_OK || (e = cv_der_end(value)) != CV_OK)
            return e;
        return v.len == 1 && cv_read_u8(&v, &reason) == CV_OK && reason <= 10 && reason != 7
                   ? CV_OK
                   : CV_E_CERT_SYNTAX;
    default:
        entry->unknown_critical |= critical && id != ID_INVALIDITY_DATE;
        return CV_OK;
    }
}

static cv_err read_entry(struct cv_bytes *entries, struct entry *entry)
{
    struct cv_bytes seq, extensions, extension;
    int64_t when;
    bool proper;
    uint64_t seen = 0;
    cv_err e = cv_der_read(entries, CV_DER_SEQUENCE, &seq);

    *entry = (struct entry){.unknown_critical = false};
    if (e != CV_OK || (e = cv_der_read(&seq, CV_DER_INTEGER, &entry->serial)) != CV_OK) return e;
    if (entry->serial.len == 0) return CV_E_CERT_DER;
    if ((e = cv_der_time(&seq, &when, &proper)) != CV_OK) return e;
    if (seq.len == 0) return CV_OK;
    if ((e = cv_der_read(&seq, CV_DER_SEQUENCE, &extensions)) != CV_OK) return e;
    if (extensions.len == 0) return CV_E_CERT_SYNTAX;
    while (extensions.len > 0) {
        if ((e = cv_der_read(&extensions, CV_DER_SEQUENCE, &extension)) != CV_OK) return e;
        if ((e = read_entry_extension(entry, extension, &seen)) != CV_OK) return e;
    }
    return cv_der_end(seq);
}

static cv_err check_entries(struct cv_crl *c)
{
    struct cv_bytes in = c->entries;
    struct entry entry;

    while (in.len > 0) {
        cv_err e = read_entry(&in, &entry);
        if (e != CV_OK) return e;
        /* RFC 5280 5.3: then the list tells nothing about any certificate */
        c->unknown_critical |= entry.unknown_critical;
        if (entry.issuer.p && !c->is_indirect) return CV_E_CERT_SYNTAX; /* 5.3.3 */
    }
    return CV_OK;
}

static cv_err read_version(struct cv_crl *c, struct cv_bytes *tbs)
{
    uint32_t version;

    c->deviations = CV_CRL_DEV_NO_NUMBER;
    if (!cv_der_next_is(*tbs, CV_DER_INTEGER)) {
        c->deviations |= CV_CRL_DEV_VERSION_1;
        return CV_OK;
    }
    cv_err e = cv_der_uint32(tbs, &version);
    return e != CV_OK ? e : version == 1 ? CV_OK : CV_E_CERT_SYNTAX; /* RFC 5280 5.1.2.1: v2 */
}

static cv_err read_head(struct cv_crl *c, struct cv_bytes *tbs)
{
    struct cv_bytes inner_alg, content;
    bool proper_1, proper_2;
    cv_err e = read_version(c, tbs);

    if (e != CV_OK || (e = cv_der_whole(tbs, CV_DER_SEQUENCE, &inner_alg)) != CV_OK) return e;
    /* RFC 5280 5.1.1.2: the same algorithm inside as outside */
    if (!cv_bytes_equal(inner_alg, c->sig_alg)) return CV_E_CERT_SYNTAX;
    if ((e = cv_sig_alg_parse(&c->sig, inner_alg)) != CV_OK) return e;
    if ((e = cv_der_whole(tbs, CV_DER_SEQUENCE, &c->issuer)) != CV_OK) return e;
    if ((e = cv_name_check(c->issuer)) != CV_OK) return e;
    struct cv_bytes issuer = c->issuer;
    if ((e = cv_der_read(&issuer, CV_DER_SEQUENCE, &content)) != CV_OK) return e;
    if (content.len == 0) return CV_E_CERT_SYNTAX; /* RFC 5280 5.1.2.3: not empty */
    c->issuer_hash = cv_name_hash(c->issuer);
    if ((e = cv_der_time(tbs, &c->this_update, &proper_1)) != CV_OK) return e;
    if ((e = cv_der_time(tbs, &c->next_update, &proper_2)) != CV_OK) return e; /* 5.1.2.5: required */
    if (!proper_1 || !proper_2) c->deviations |= CV_CRL_DEV_TIME_FORM;
    return CV_OK;
}

cv_err cv_crl_parse(struct cv_crl *c, struct cv_bytes der)
{
    struct cv_bytes tbs, extensions;
    cv_err e = cv_der_check(der);

    if (e != CV_OK) return e;
    *c = (struct cv_crl){.der = der, .reasons = CV_REASONS_ALL};
    if ((e = cv_signed_read(der, &c->tbs, &c->sig_alg, &c->signature)) != CV_OK) return e;

    struct cv_bytes rest = c->tbs;
    if ((e = cv_der_read(&rest, CV_DER_SEQUENCE, &tbs)) != CV_OK) return e;
    if ((e = read_head(c, &tbs)) != CV_OK) return e;
    if ((e = cv_der_optional(&tbs, CV_DER_SEQUENCE, &c->entries)) != CV_OK) return e;
    if (c->entries.p && c->entries.len == 0) return CV_E_CERT_SYNTAX; /* RFC 5280 5.1.2.6: absent then */
    if ((e = cv_der_optional(&tbs, CV_DER_CONTEXT_CON | 0, &extensions)) != CV_OK) return e;
    if (extensions.p) {
        if (c->deviations & CV_CRL_DEV_VERSION_1) return CV_E_CERT_SYNTAX; /* 5.1.2.7 */
        if ((e = take_extensions(c, extensions)) != CV_OK) return e;
    }
    if (!c->aki.p) c->deviations |= CV_CRL_DEV_NO_AKI;
    if ((e = cv_der_end(tbs)) != CV_OK) return e;
    return check_entries(c);
}

static bool names_include(struct cv_bytes names, struct cv_bytes name)
{
    struct cv_bytes v;
    uint8_t tag;

    while (names.len > 0 && cv_der_any(&names, &tag, &v) == CV_OK)
        if (tag == (CV_DER_CONTEXT_CON | 4) && cv_name_equal(v, name)) return true;
    return false;
}

/* Serial numbers of certificates are not negative (cert.c), and stand there without a sign byte. */
static bool serial_is(struct cv_bytes integer, struct cv_bytes serial)
{
    struct cv_bytes whole = integer;
    uint8_t sign;

    if (cv_read_u8(&integer, &sign) != CV_OK || sign >= 0x80) return false;
    return cv_bytes_equal(sign == 0 && integer.len > 0 ? integer : whole, serial);
}

bool cv_crl_lists(const struct cv_crl *c, struct cv_bytes issuer, struct cv_bytes serial)
{
    struct cv_bytes in = c->entries;
    bool is_issuer = cv_name_equal(c->issuer, issuer);
    struct entry entry;

    while (in.len > 0 && read_entry(&in, &entry) == CV_OK) {
        /* RFC 5280 5.3.3: it holds for the entries behind it, too */
        if (entry.issuer.p) is_issuer = names_include(entry.issuer, issuer);
        if (is_issuer && serial_is(entry.serial, serial)) return true;
    }
    return false;
}
