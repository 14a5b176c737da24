/* CertGetCertificateChain: the validator decides; what is wrong with which certificate becomes trust bits. */
#include "sspi/chain.h"

#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "x509/assess.h"
#include "x509/revocation.h"

#include <string.h>

enum { CANDIDATES_MAX = 4096, CRLS_MAX = 256 };

/* What a chain may be built from, while it is built. */
struct pool {
    struct cv_cert *certs; /* parsed, beside the contexts that they are of */
    PCCERT_CONTEXT *contexts;
    size_t n_certs, cap;
    struct cv_crl *crls;
    PCCRL_CONTEXT *crl_contexts;
    size_t n_crls, crl_cap;
    struct cv_roots *roots; /* a reference */
    HCERTSTORE system;      /* CA; NULL: not needed */
};

/* A chain as handed out; one allocation. */
struct chain {
    CERT_CHAIN_CONTEXT ctx; /* first */
    CERT_SIMPLE_CHAIN simple, *chains[1];
    CERT_CHAIN_ELEMENT elements[CV_PATH_MAX], *element_list[CV_PATH_MAX];
    CERT_REVOCATION_INFO revocation[CV_PATH_MAX];
    _Atomic uint32_t refs;
};

static struct chain *chain_of(PCCERT_CHAIN_CONTEXT ctx)
{
    /* As cv_cert_of: only ours has its list of chains there. */
    struct chain *c = (struct chain *)(uintptr_t)ctx;
    return ctx != NULL && ctx->rgpChain == c->chains ? c : NULL;
}

/* --- the pool --- */

/* The stores that count: the caller's, the certificate's own, and the engine's, which of the host's engines
 * is the system store CA. NULL where there is none. */
static struct cv_store *store_at(size_t i, const struct cv_cert_object *leaf, HCERTSTORE additional,
                                 const struct cv_chain_engine *engine, HCERTSTORE system)
{
    if (i == 0) return cv_store_of(additional);
    if (i == 1) return leaf->store == cv_store_of(additional) ? NULL : leaf->store;
    return engine == NULL ? cv_store_of(system) : engine->stores[i - 2];
}

static void count(struct pool *p, struct cv_store *s)
{
    for (struct cv_store *leaf = cv_store_leaf(s, NULL); leaf != NULL; leaf = cv_store_leaf(s, leaf)) {
        cv_store_lock(leaf);
        for (const struct cv_cert_object *o = leaf->first; o != NULL; o = o->next) p->cap += !o->removed;
        for (const struct cv_crl_object *o = leaf->first_crl; o != NULL; o = o->next)
            p->crl_cap += !o->removed;
        cv_store_unlock(leaf);
    }
}

static void collect(struct pool *p, struct cv_store *s)
{
    PCCERT_CONTEXT cert = NULL;
    PCCRL_CONTEXT crl = NULL;
    while (p->n_certs < p->cap && (cert = CertEnumCertificatesInStore(s, cert)) != NULL) {
        p->certs[p->n_certs] = cv_cert_of(cert)->cert;
        p->contexts[p->n_certs++] = CertDuplicateCertificateContext(cert);
    }
    CertFreeCertificateContext(cert);
    while (p->n_crls < p->crl_cap && (crl = CertEnumCRLsInStore(s, crl)) != NULL) {
        p->crls[p->n_crls] = cv_crl_of(crl)->crl;
        p->crl_contexts[p->n_crls++] = CertDuplicateCRLContext(crl);
    }
    CertFreeCRLContext(crl);
}

static void pool_free(struct pool *p)
{
    for (size_t i = 0; i < p->n_certs; i++) CertFreeCertificateContext(p->contexts[i]);
    for (size_t i = 0; i < p->n_crls; i++) CertFreeCRLContext(p->crl_contexts[i]);
    cv_free(p->certs, p->cap * sizeof *p->certs);
    cv_free(p->contexts, p->cap * sizeof *p->contexts);
    cv_free(p->crls, p->crl_cap * sizeof *p->crls);
    cv_free(p->crl_contexts, p->crl_cap * sizeof *p->crl_contexts);
    cv_roots_release(cv_library()->port, p->roots);
    CertCloseStore(p->system, 0);
}

static cv_err pool_fill(struct pool *p, const struct cv_cert_object *leaf, HCERTSTORE additional,
                        const struct cv_chain_engine *engine)
{
    size_t n_stores = 2 + (engine == NULL ? 1 : engine->n_stores);
    struct cv_store *s;
    if (engine == NULL) p->system = CertOpenSystemStoreA(0, "CA");
    for (size_t i = 0; i < n_stores; i++)
        if ((s = store_at(i, leaf, additional, engine, p->system)) != NULL) count(p, s);
    p->cap = p->cap < CANDIDATES_MAX ? p->cap + 1 : CANDIDATES_MAX; /* never 0 bytes */
    p->crl_cap = p->crl_cap < CRLS_MAX ? p->crl_cap + 1 : CRLS_MAX;
    p->certs = cv_alloc(p->cap * sizeof *p->certs);
    p->contexts = cv_alloc(p->cap * sizeof *p->contexts);
    p->crls = cv_alloc(p->crl_cap * sizeof *p->crls);
    p->crl_contexts = cv_alloc(p->crl_cap * sizeof *p->crl_contexts);
    if (p->certs == NULL || p->contexts == NULL || p->crls == NULL || p->crl_contexts == NULL)
        return CV_E_NO_MEMORY;
    for (size_t i = 0; i < n_stores; i++)
        if ((s = store_at(i, leaf, additional, engine, p->system)) != NULL) collect(p, s);
    if (engine != NULL && engine->roots != NULL) {
        atomic_fetch_add(&engine->roots->refs, 1);
        p->roots = engine->roots;
        return CV_OK;
    }
    /* A host without roots trusts nothing; chains are built all the same. */
    cv_err e = cv_library_roots(cv_library(), &p->roots);
    return e == CV_E_NO_MEMORY ? e : CV_OK;
}

/* --- usages --- */

/* Whether a certificate may be used for a purpose, by its extension (RFC 5280 4.2.1.12). */
static bool allows(const CERT_INFO *info, LPCSTR usage)
{
    PCERT_EXTENSION x = CertFindExtension(szOID_ENHANCED_KEY_USAGE, info->cExtension, info->rgExtension);
    if (x == NULL) return true;
    struct cv_bytes usages = cv_bytes(x->Value.pbData, x->Value.cbData);
    return cv_usage_listed(usages, usage) || cv_usage_listed(usages, szOID_ANY_ENHANCED_KEY_USAGE);
}

/* Whether the first n certificates of the chain allow what is asked for. */
static bool usage_holds(const struct chain *c, DWORD n, const CERT_USAGE_MATCH *want)
{
    const CERT_ENHKEY_USAGE *list = &want->Usage;
    DWORD n_hold = 0;
    if (list->cUsageIdentifier == 0) return true;
    for (DWORD k = 0; k < list->cUsageIdentifier; k++) {
        bool holds = true;
        for (DWORD i = 0; i < n && holds; i++)
            holds = allows(c->elements[i].pCertContext->pCertInfo, list->rgpszUsageIdentifier[k]);
        n_hold += holds;
    }
    return want->dwType == USAGE_MATCH_TYPE_OR ? n_hold > 0 : n_hold == list->cUsageIdentifier;
}

/* The purpose that the validator itself is to look for among the chains that there may be. */
static enum cv_purpose purpose_of(const CERT_USAGE_MATCH *want)
{
    const CERT_ENHKEY_USAGE *list = &want->Usage;
    if (list->cUsageIdentifier == 0 || (list->cUsageIdentifier > 1 && want->dwType == USAGE_MATCH_TYPE_OR))
        return CV_PURPOSE_ANY;
    for (DWORD i = 0; i < list->cUsageIdentifier; i++) {
        if (strcmp(list->rgpszUsageIdentifier[i], szOID_PKIX_KP_SERVER_AUTH) == 0) return CV_PURPOSE_SERVER;
        if (strcmp(list->rgpszUsageIdentifier[i], szOID_PKIX_KP_CLIENT_AUTH) == 0) return CV_PURPOSE_CLIENT;
    }
    return CV_PURPOSE_ANY;
}

/* --- the chain --- */

/* Faults of a certificate as CERT_TRUST_… */
static DWORD errors_of(uint32_t faults)
{
    static const struct {
        uint32_t fault;
        DWORD error;
    } map[] = {
        {CV_FAULT_TIME, CERT_TRUST_IS_NOT_TIME_VALID},
        {CV_FAULT_SIGNATURE | CV_FAULT_KEY, CERT_TRUST_IS_NOT_SIGNATURE_VALID},
        {CV_FAULT_WEAK, CERT_TRUST_HAS_WEAK_SIGNATURE},
        {CV_FAULT_USAGE, CERT_TRUST_IS_NOT_VALID_FOR_USAGE},
        {CV_FAULT_NOT_CA, CERT_TRUST_INVALID_BASIC_CONSTRAINTS},
        {CV_FAULT_NAME_CONSTRAINT, CERT_TRUST_INVALID_NAME_CONSTRAINTS},
        {CV_FAULT_CRITICAL, CERT_TRUST_HAS_NOT_SUPPORTED_CRITICAL_EXT},
        {CV_FAULT_FORM, CERT_TRUST_INVALID_EXTENSION},
        {CV_FAULT_POLICY, CERT_TRUST_INVALID_POLICY_CONSTRAINTS},
        {CV_FAULT_REVOKED, CERT_TRUST_IS_REVOKED},
        {CV_FAULT_STATUS_UNKNOWN, CERT_TRUST_REVOCATION_STATUS_UNKNOWN},
        {CV_FAULT_OFFLINE, CERT_TRUST_IS_OFFLINE_REVOCATION},
        {CV_FAULT_UNTRUSTED_ROOT, CERT_TRUST_IS_UNTRUSTED_ROOT},
    };
    DWORD errors = 0;
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if ((faults & map[i].fault) != 0) errors |= map[i].error;
    return errors;
}

/* How a certificate was found to be issued by the next. */
static DWORD info_of(const struct cv_path *path, size_t i)
{
    const struct cv_cert *c = path->certs[i];
    if (i + 1 == path->n_certs)
        return c->self_issued ? CERT_TRUST_IS_SELF_SIGNED | CERT_TRUST_HAS_PREFERRED_ISSUER : 0;
    const struct cv_cert *issuer = path->certs[i + 1];
    bool by_key = c->aki.p != NULL && issuer->ski.p != NULL && cv_bytes_equal(c->aki, issuer->ski);
    return (by_key ? CERT_TRUST_HAS_KEY_MATCH_ISSUER : CERT_TRUST_HAS_NAME_MATCH_ISSUER) |
           CERT_TRUST_HAS_PREFERRED_ISSUER;
}

/* The context of a certificate of the path: the one that it came from, or, for an anchor, a new one. */
static PCCERT_CONTEXT context_of(const struct pool *p, const struct cv_cert *cert)
{
    struct cv_cert_object *o;
    for (size_t i = 0; i < p->n_certs; i++)
        if (cert == &p->certs[i] || cv_bytes_equal(cert->der, p->certs[i].der))
            return CertDuplicateCertificateContext(p->contexts[i]);
    return cv_cert_object_new(&o, cert->der) == CV_OK ? &o->ctx : NULL;
}

static DWORD revocation_result(uint32_t faults)
{
    if ((faults & CV_FAULT_REVOKED) != 0) return (DWORD)CRYPT_E_REVOKED;
    if ((faults & CV_FAULT_OFFLINE) != 0) return (DWORD)CRYPT_E_REVOCATION_OFFLINE;
    return (faults & CV_FAULT_STATUS_UNKNOWN) != 0 ? (DWORD)CRYPT_E_NO_REVOCATION_CHECK : 0;
}

static cv_err fill_elements(struct chain *c, const struct pool *p, PCCERT_CONTEXT leaf,
                            const struct cv_path *path, const uint32_t faults[CV_PATH_MAX], bool revocation)
{
    for (size_t i = 0; i < path->n_certs; i++) {
        CERT_CHAIN_ELEMENT *e = &c->elements[i];
        *e = (CERT_CHAIN_ELEMENT){
            .cbSize = sizeof *e,
            .pCertContext = i == 0 ? CertDuplicateCertificateContext(leaf) : context_of(p, path->certs[i]),
            .TrustStatus = {errors_of(faults[i]), info_of(path, i)},
        };
        if (e->pCertContext == NULL) return CV_E_NO_MEMORY;
        c->element_list[i] = e;
        c->simple.cElement++;
        if (revocation && i + 1 < path->n_certs) {
            c->revocation[i] = (CERT_REVOCATION_INFO){.cbSize = sizeof c->revocation[i],
                                                      .dwRevocationResult = revocation_result(faults[i])};
            e->pRevocationInfo = &c->revocation[i];
        }
    }
    return CV_OK;
}

/* The status of the whole: what is wrong with any certificate, and what is wrong with none alone. */
static void sum_up(struct chain *c, const uint32_t faults[CV_PATH_MAX], const CERT_USAGE_MATCH *want)
{
    DWORD n = c->simple.cElement;
    CERT_TRUST_STATUS *sum = &c->simple.TrustStatus;
    if (!usage_holds(c, n, want)) {
        /* The one to blame is the first that does not allow it. */
        DWORD at = 0;
        while (at + 1 < n && usage_holds(c, at + 1, want)) at++;
        c->elements[at].TrustStatus.dwErrorStatus |= CERT_TRUST_IS_NOT_VALID_FOR_USAGE;
    }
    for (DWORD i = 0; i < n; i++) {
        sum->dwErrorStatus |= c->elements[i].TrustStatus.dwErrorStatus;
        if ((faults[i] & (CV_FAULT_PARTIAL | CV_FAULT_OTHER)) != 0)
            sum->dwErrorStatus |= CERT_TRUST_IS_PARTIAL_CHAIN;
    }
    sum->dwInfoStatus = CERT_TRUST_HAS_PREFERRED_ISSUER;
    c->ctx.TrustStatus = *sum;
}

static void chain_free(struct chain *c)
{
    for (DWORD i = 0; i < c->simple.cElement; i++) CertFreeCertificateContext(c->elements[i].pCertContext);
    atomic_fetch_sub(&cv_library()->n_objects, 1);
    cv_free(c, sizeof *c);
}

static struct chain *chain_new(DWORD flags)
{
    struct chain *c = cv_alloc(sizeof *c);
    if (c == NULL) return NULL;
    atomic_fetch_add(&cv_library()->n_objects, 1);
    atomic_init(&c->refs, 1);
    c->chains[0] = &c->simple;
    c->simple.cbSize = sizeof c->simple;
    c->simple.rgpElement = c->element_list;
    c->ctx = (CERT_CHAIN_CONTEXT){
        .cbSize = sizeof c->ctx, .cChain = 1, .rgpChain = c->chains, .dwCreateFlags = flags};
    return c;
}

static const DWORD revocation_flags = CERT_CHAIN_REVOCATION_CHECK_END_CERT |
                                      CERT_CHAIN_REVOCATION_CHECK_CHAIN |
                                      CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT;

static cv_err build(struct chain *c, const struct pool *p, const struct cv_cert_object *leaf, int64_t now,
                    const CERT_USAGE_MATCH *want, DWORD flags)
{
    const struct cv_algorithms *a = &cv_library()->algorithms;
    const struct cv_revocation revocation = {
        .check = cv_revocation_check,
        .scope = (flags & CERT_CHAIN_REVOCATION_CHECK_CHAIN) != 0 ? CV_REVOCATION_CHAIN
                 : (flags & CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT) != 0
                     ? CV_REVOCATION_CHAIN_EXCLUDE_ROOT
                     : CV_REVOCATION_END_CERT,
        .crls = p->crls,
        .n_crls = p->n_crls,
    };
    const struct cv_path_params params = {
        .trust = p->roots == NULL ? NULL : &p->roots->store,
        .schemes = a->cert_schemes,
        .n_schemes = a->n_cert_schemes,
        .now = now,
        .purpose = purpose_of(want),
        .revocation = (flags & revocation_flags) != 0 ? &revocation : NULL,
    };
    struct cv_path path;
    uint32_t faults[CV_PATH_MAX];
    (void)!cv_path_assess(&path, faults, &leaf->cert, p->certs, p->n_certs, &params);
    cv_err e = fill_elements(c, p, &leaf->ctx, &path, faults, params.revocation != NULL);
    if (e == CV_OK) sum_up(c, faults, want);
    return e;
}

static bool para_is_good(const CERT_CHAIN_PARA *para)
{
    if (para == NULL) return true;
    const CERT_ENHKEY_USAGE *list = &para->RequestedUsage.Usage;
    return para->cbSize >= sizeof *para && para->RequestedUsage.dwType <= USAGE_MATCH_TYPE_OR &&
           (list->cUsageIdentifier == 0 || list->rgpszUsageIdentifier != NULL);
}

BOOL WINAPI CertGetCertificateChain(HCERTCHAINENGINE hChainEngine, PCCERT_CONTEXT pCertContext,
                                    LPFILETIME pTime, HCERTSTORE hAdditionalStore,
                                    PCERT_CHAIN_PARA pChainPara, DWORD dwFlags, LPVOID pvReserved,
                                    PCCERT_CHAIN_CONTEXT *ppChainContext)
{
    static const CERT_USAGE_MATCH any = {0};
    const struct cv_cert_object *leaf = cv_cert_of(pCertContext);
    struct pool pool = {0};
    bool ok;
    (void)pvReserved;
    const struct cv_chain_engine *engine = cv_chain_engine_of(hChainEngine, &ok);
    if (ppChainContext != NULL) *ppChainContext = NULL;
    if (!ok || leaf == NULL || ppChainContext == NULL || !para_is_good(pChainPara)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    const struct cv_port *port = cv_library()->port;
    int64_t now = pTime == NULL ? port->now(port->ctx) : cv_seconds_of(pTime);
    struct chain *c = chain_new(dwFlags);
    cv_err e = c == NULL ? CV_E_NO_MEMORY : pool_fill(&pool, leaf, hAdditionalStore, engine);
    if (e == CV_OK)
        e = build(c, &pool, leaf, now, pChainPara == NULL ? &any : &pChainPara->RequestedUsage, dwFlags);
    pool_free(&pool);
    if (e == CV_OK) {
        *ppChainContext = &c->ctx;
        return TRUE;
    }
    if (c != NULL) chain_free(c);
    SetLastError(cv_last_error_for(e));
    return FALSE;
}

PCCERT_CHAIN_CONTEXT WINAPI CertDuplicateCertificateChain(PCCERT_CHAIN_CONTEXT pChainContext)
{
    struct chain *c = chain_of(pChainContext);
    if (c == NULL) return NULL;
    atomic_fetch_add(&c->refs, 1);
    return pChainContext;
}

VOID WINAPI CertFreeCertificateChain(PCCERT_CHAIN_CONTEXT pChainContext)
{
    struct chain *c = chain_of(pChainContext);
    if (c != NULL && atomic_fetch_sub(&c->refs, 1) == 1) chain_free(c);
}
