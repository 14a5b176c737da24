/* Looking for certificates and CRLs in stores. */
#include "sspi/certificate.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "sspi/unicode.h"

#include <string.h>

enum { TEXT_MAX = 1024 };

/* What is looked for. */
struct wanted {
    DWORD type, flags;
    const void *para;
};

static struct cv_bytes bytes_of(const CRYPT_DATA_BLOB *blob)
{
    return cv_bytes(blob->pbData, blob->cbData);
}

static bool property_is(const struct cv_cert_object *o, DWORD id, const CRYPT_HASH_BLOB *blob)
{
    uint8_t value[CV_HASH_MAX];
    size_t len = cv_cert_computed_property(value, o, id);
    return len > 0 && cv_bytes_equal(cv_bytes(value, len), bytes_of(blob));
}

/* Whether the name, written as its values alone, contains a text; ASCII case is folded, as Windows does. */
static bool name_contains(const CERT_NAME_BLOB *name, const char *text, size_t text_len)
{
    char written[TEXT_MAX];
    DWORD n = CertNameToStrA(X509_ASN_ENCODING, (PCERT_NAME_BLOB)(uintptr_t)name, CERT_SIMPLE_NAME_STR,
                             written, sizeof written);
    for (size_t at = 0; at + text_len < n; at++) {
        char end = written[at + text_len];
        written[at + text_len] = '\0';
        bool same = cv_ascii_is(written + at, text);
        written[at + text_len] = end;
        if (same) return true;
    }
    return false;
}

static bool name_has_text(const CERT_NAME_BLOB *name, const void *text, bool wide)
{
    char utf8[TEXT_MAX];
    size_t len;
    if (!wide) return name_contains(name, text, strlen(text));
    return cv_utf8_from_wide(utf8, sizeof utf8, &len, text, cv_wide_len(text)) == CV_OK &&
           name_contains(name, utf8, len);
}

static bool usages_match(const struct cv_cert_object *o, DWORD flags, const CERT_ENHKEY_USAGE *want)
{
    DWORD n = 0;
    PCERT_EXTENSION x = CertFindExtension(szOID_ENHANCED_KEY_USAGE, o->info.cExtension, o->info.rgExtension);
    if (x == NULL)
        return (flags & (CERT_FIND_OPTIONAL_ENHKEY_USAGE_FLAG | CERT_FIND_NO_ENHKEY_USAGE_FLAG)) != 0;
    if ((flags & CERT_FIND_NO_ENHKEY_USAGE_FLAG) != 0) return false;
    if (want == NULL || want->cUsageIdentifier == 0) return true;
    for (DWORD i = 0; i < want->cUsageIdentifier; i++)
        n += cv_usage_listed(cv_bytes(x->Value.pbData, x->Value.cbData), want->rgpszUsageIdentifier[i]);
    return (flags & CERT_FIND_OR_ENHKEY_USAGE_FLAG) != 0 ? n > 0 : n == want->cUsageIdentifier;
}

static bool key_is(const struct cv_cert_object *o, const CERT_PUBLIC_KEY_INFO *key)
{
    const CERT_PUBLIC_KEY_INFO *own = &o->info.SubjectPublicKeyInfo;
    return strcmp(own->Algorithm.pszObjId, key->Algorithm.pszObjId) == 0 &&
           cv_bytes_equal(cv_bytes(own->PublicKey.pbData, own->PublicKey.cbData),
                          cv_bytes(key->PublicKey.pbData, key->PublicKey.cbData));
}

/* Under the lock of the store. */
static bool matches(const struct cv_cert_object *o, const struct wanted *w)
{
    const CERT_CONTEXT *other = w->para;
    switch (w->type) {
    case CERT_FIND_ANY:
        return true;
    case CERT_FIND_HAS_PRIVATE_KEY:
        return cv_cert_has_key(o);
    case CERT_FIND_SHA1_HASH:
        return property_is(o, CERT_SHA1_HASH_PROP_ID, w->para);
    case CERT_FIND_KEY_IDENTIFIER:
        return property_is(o, CERT_KEY_IDENTIFIER_PROP_ID, w->para);
    case CERT_FIND_PROPERTY:
        return cv_cert_property(o, *(const DWORD *)w->para) != NULL;
    case CERT_FIND_PUBLIC_KEY:
        return key_is(o, w->para);
    case CERT_FIND_SUBJECT_NAME:
        return cv_bytes_equal(o->cert.subject, bytes_of(w->para));
    case CERT_FIND_ISSUER_NAME:
        return cv_bytes_equal(o->cert.issuer, bytes_of(w->para));
    case CERT_FIND_SUBJECT_STR_A:
    case CERT_FIND_SUBJECT_STR_W:
        return name_has_text(&o->info.Subject, w->para, w->type == CERT_FIND_SUBJECT_STR_W);
    case CERT_FIND_ISSUER_STR_A:
    case CERT_FIND_ISSUER_STR_W:
        return name_has_text(&o->info.Issuer, w->para, w->type == CERT_FIND_ISSUER_STR_W);
    case CERT_FIND_ENHKEY_USAGE:
        return usages_match(o, w->flags, w->para);
    case CERT_FIND_SUBJECT_CERT:
        return CertCompareCertificate(X509_ASN_ENCODING, (PCERT_INFO)(uintptr_t)&o->info,
                                      (PCERT_INFO)(uintptr_t)w->para);
    case CERT_FIND_ISSUER_OF:
        return cv_bytes_equal(o->cert.subject, bytes_of(&other->pCertInfo->Issuer));
    default: /* CERT_FIND_EXISTING */
        return cv_bytes_equal(o->cert.der, cv_bytes(other->pbCertEncoded, other->cbCertEncoded));
    }
}

static bool is_known(const struct wanted *w)
{
    static const DWORD types[] = {
        CERT_FIND_SHA1_HASH,    CERT_FIND_KEY_IDENTIFIER, CERT_FIND_PROPERTY,      CERT_FIND_PUBLIC_KEY,
        CERT_FIND_SUBJECT_NAME, CERT_FIND_ISSUER_NAME,    CERT_FIND_SUBJECT_STR_A, CERT_FIND_SUBJECT_STR_W,
        CERT_FIND_ISSUER_STR_A, CERT_FIND_ISSUER_STR_W,   CERT_FIND_SUBJECT_CERT,  CERT_FIND_ISSUER_OF,
        CERT_FIND_EXISTING,
    };
    if (w->type == CERT_FIND_ANY || w->type == CERT_FIND_HAS_PRIVATE_KEY || w->type == CERT_FIND_ENHKEY_USAGE)
        return true; /* without a parameter */
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i] == w->type) return w->para != NULL;
    return false;
}

/* The first match in one store behind prev, with one more reference. */
static struct cv_cert_object *find_in(struct cv_store *s, const struct cv_cert_object *prev,
                                      const struct wanted *w)
{
    cv_store_lock(s);
    struct cv_cert_object *o = prev == NULL ? s->first : prev->next;
    while (o != NULL && (o->removed || !matches(o, w))) o = o->next;
    if (o != NULL) atomic_fetch_add(&s->refs, 1);
    cv_store_unlock(s);
    return o;
}

/* The store that a search goes on in behind an object that lies in `at`, or begins in; NULL if `at` is not of
 * s. With a reference. */
static struct cv_store *start_at(struct cv_store *s, const struct cv_store *at)
{
    struct cv_store *leaf = cv_store_leaf(s, NULL);
    while (at != NULL && leaf != NULL && leaf != at) leaf = cv_store_leaf(s, leaf);
    return leaf;
}

PCCERT_CONTEXT WINAPI CertFindCertificateInStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType,
                                                 DWORD dwFindFlags, DWORD dwFindType, const void *pvFindPara,
                                                 PCCERT_CONTEXT pPrevCertContext)
{
    (void)dwCertEncodingType;
    struct cv_store *s = cv_store_of(hCertStore), *leaf = NULL;
    const struct cv_cert_object *prev = cv_cert_of(pPrevCertContext);
    const struct wanted w = {.type = dwFindType, .flags = dwFindFlags, .para = pvFindPara};
    struct cv_cert_object *o = NULL;
    bool ok = s != NULL && is_known(&w) && (prev == NULL || prev->store != NULL);
    if (ok) leaf = start_at(s, prev == NULL ? NULL : prev->store);
    if (ok && prev != NULL && leaf == NULL) ok = false;
    for (; leaf != NULL && o == NULL; prev = NULL) {
        o = find_in(leaf, prev, &w);
        leaf = cv_store_leaf(s, leaf);
    }
    cv_store_release(leaf);
    CertFreeCertificateContext(pPrevCertContext);
    if (o == NULL) SetLastError(ok ? (DWORD)CRYPT_E_NOT_FOUND : (DWORD)E_INVALIDARG);
    return o == NULL ? NULL : &o->ctx;
}

PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext)
{
    return CertFindCertificateInStore(hCertStore, X509_ASN_ENCODING, 0, CERT_FIND_ANY, NULL,
                                      pPrevCertContext);
}

PCCRL_CONTEXT WINAPI CertEnumCRLsInStore(HCERTSTORE hCertStore, PCCRL_CONTEXT pPrevCrlContext)
{
    struct cv_store *s = cv_store_of(hCertStore), *leaf = NULL;
    const struct cv_crl_object *prev = cv_crl_of(pPrevCrlContext);
    struct cv_crl_object *o = NULL;
    bool ok = s != NULL && (prev == NULL || prev->store != NULL);
    if (ok) leaf = start_at(s, prev == NULL ? NULL : prev->store);
    for (; leaf != NULL && o == NULL; prev = NULL) {
        cv_store_lock(leaf);
        o = prev == NULL ? leaf->first_crl : prev->next;
        while (o != NULL && o->removed) o = o->next;
        if (o != NULL) atomic_fetch_add(&leaf->refs, 1);
        cv_store_unlock(leaf);
        leaf = cv_store_leaf(s, leaf);
    }
    cv_store_release(leaf);
    CertFreeCRLContext(pPrevCrlContext);
    if (o == NULL) SetLastError(ok ? (DWORD)CRYPT_E_NOT_FOUND : (DWORD)E_INVALIDARG);
    return o == NULL ? NULL : &o->ctx;
}
