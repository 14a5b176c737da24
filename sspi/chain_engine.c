/* Chain engines: what is trusted, and where issuers are looked for. */
#include "sspi/chain.h"

#include "sspi/library.h"

enum {
    /* The struct grew twice: Windows 7 added the exclusive stores, Windows 8 the flags for them. */
    SIZE_VISTA = offsetof(CERT_CHAIN_ENGINE_CONFIG, hExclusiveRoot),
    SIZE_7 = offsetof(CERT_CHAIN_ENGINE_CONFIG, dwExclusiveFlags),
    SIZE_8 = sizeof(CERT_CHAIN_ENGINE_CONFIG),
};

struct cv_chain_engine *cv_chain_engine_of(HCERTCHAINENGINE h, bool *ok)
{
    if (h == HCCE_CURRENT_USER || h == HCCE_LOCAL_MACHINE) {
        *ok = true;
        return NULL;
    }
    struct cv_chain_engine *engine = cv_capi_find(CV_CAPI_CHAIN_ENGINE, (ULONG_PTR)h);
    *ok = engine != NULL;
    return engine;
}

/* Takes out of a list of certificates, each behind its 24-bit length, those that are not self-issued; returns
 * the length that is left. */
static size_t keep_roots(uint8_t *certs, size_t len)
{
    struct cv_bytes in = cv_bytes(certs, len), der;
    struct cv_builder b;
    cv_build_init(&b, certs, len); /* what is written is never in front of what is read */
    while (cv_read_vec24(&in, &der) == CV_OK) {
        struct cv_cert cert;
        if (cv_cert_parse(&cert, der) != CV_OK || !cert.self_issued) continue;
        uint8_t *to = certs + b.len + 3;
        cv_build_u24(&b, (uint32_t)der.len);
        memmove(to, der.p, der.len);
        (void)cv_build_space(&b, der.len);
    }
    return b.len;
}

static cv_err set_roots(struct cv_chain_engine *engine, HCERTSTORE store, bool any_ca)
{
    struct cv_store *s = cv_store_of(store);
    uint8_t *certs;
    size_t size;
    if (s == NULL) return CV_E_INVALID_ARGUMENT;
    cv_err e = cv_store_export(s, &certs, &size);
    if (e != CV_OK) return e;
    size_t len = any_ca ? size - 1 : keep_roots(certs, size - 1);
    e = cv_roots_new(&engine->roots, cv_library()->port, cv_bytes(certs, len));
    cv_free(certs, size);
    return e;
}

static cv_err add_store(struct cv_chain_engine *engine, HCERTSTORE store)
{
    struct cv_store *s = cv_store_of(store);
    if (store == NULL) return CV_OK;
    if (s == NULL || engine->n_stores == CV_ENGINE_STORES_MAX) return CV_E_INVALID_ARGUMENT;
    atomic_fetch_add(&s->refs, 1);
    engine->stores[engine->n_stores++] = s;
    return CV_OK;
}

static cv_err configure(struct cv_chain_engine *engine, const CERT_CHAIN_ENGINE_CONFIG *c)
{
    cv_err e = CV_OK;
    bool any_ca = c->cbSize >= SIZE_8 && (c->dwExclusiveFlags & CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG) != 0;
    HCERTSTORE exclusive = c->cbSize >= SIZE_7 ? c->hExclusiveRoot : NULL;
    if (exclusive != NULL) {
        e = set_roots(engine, exclusive, any_ca);
        if (e == CV_OK) e = add_store(engine, exclusive); /* it may have intermediates, too */
    } else if (c->hRestrictedRoot != NULL) {
        /* A subset of the host's roots: whoever restricts them vouches for that. */
        e = set_roots(engine, c->hRestrictedRoot, false);
    }
    if (e == CV_OK) e = add_store(engine, c->hRestrictedOther);
    for (DWORD i = 0; i < c->cAdditionalStore && e == CV_OK; i++)
        e = add_store(engine, c->rghAdditionalStore[i]);
    return e;
}

static void engine_free(struct cv_chain_engine *engine)
{
    for (size_t i = 0; i < engine->n_stores; i++) cv_store_release(engine->stores[i]);
    cv_roots_release(cv_library()->port, engine->roots);
    cv_capi_delete(engine);
}

BOOL WINAPI CertCreateCertificateChainEngine(PCERT_CHAIN_ENGINE_CONFIG pConfig,
                                             HCERTCHAINENGINE *phChainEngine)
{
    if (pConfig == NULL || phChainEngine == NULL ||
        (pConfig->cbSize != SIZE_VISTA && pConfig->cbSize != SIZE_7 && pConfig->cbSize != SIZE_8) ||
        (pConfig->cAdditionalStore > 0 && pConfig->rghAdditionalStore == NULL)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    struct cv_chain_engine *engine = cv_capi_new(CV_CAPI_CHAIN_ENGINE, sizeof *engine);
    if (engine == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    cv_err e = configure(engine, pConfig);
    if (e != CV_OK) {
        engine_free(engine);
        SetLastError(e == CV_E_INVALID_ARGUMENT ? (DWORD)E_INVALIDARG : cv_last_error_for(e));
        return FALSE;
    }
    *phChainEngine = engine;
    return TRUE;
}

VOID WINAPI CertFreeCertificateChainEngine(HCERTCHAINENGINE hChainEngine)
{
    bool ok;
    struct cv_chain_engine *engine = cv_chain_engine_of(hChainEngine, &ok);
    if (engine != NULL) engine_free(engine);
}
