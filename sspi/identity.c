#include "sspi/identity.h"

#include "sspi/certificate.h"

#include <string.h>
#include "sspi/library.h"

static bool is_self_issued(const struct cv_cert *c)
{
    return cv_name_equal(c->issuer, c->subject);
}

/* The issuer of c in the store of `leaf`: by name, and by key identifier where both have one. */
static const struct cv_cert *find_issuer(const struct cv_cert_object *leaf, const struct cv_cert *c)
{
    for (const struct cv_cert_object *o = leaf->store->first; o != NULL; o = o->next) {
        const struct cv_cert *i = &o->cert;
        if (o->removed || i == c || !cv_name_equal(i->subject, c->issuer)) continue;
        if (c->aki.p != NULL && i->ski.p != NULL && !cv_bytes_equal(c->aki, i->ski)) continue;
        return i;
    }
    return NULL;
}

static size_t build_chain(struct cv_bytes chain[CV_PATH_MAX], const struct cv_cert_object *leaf,
                          bool with_root)
{
    const struct cv_cert *c = &leaf->cert;
    size_t n = 0;
    chain[n++] = c->der;
    if (leaf->store == NULL) return n;
    cv_cert_lock(leaf);
    while (n < CV_PATH_MAX && !is_self_issued(c)) {
        c = find_issuer(leaf, c);
        if (c == NULL || (is_self_issued(c) && !with_root)) break;
        chain[n++] = c->der;
    }
    cv_cert_unlock(leaf);
    return n;
}

cv_err cv_identity_init(struct cv_identity *id, struct cv_identity_memory *memory, PCCERT_CONTEXT leaf,
                        bool with_root)
{
    const struct cv_cert_object *o = cv_cert_of(leaf);
    if (o == NULL) return CV_E_CERT_SYNTAX;
    if (!cv_cert_has_key(o)) return CV_E_NO_CERTIFICATE;
    *memory = (struct cv_identity_memory){.key = cv_cert_key_share(o)};
    if (memory->key == NULL) return CV_E_KEY_SYNTAX;
    memory->leaf = CertDuplicateCertificateContext(leaf);
    *id = (struct cv_identity){
        .chain = memory->chain,
        .n_chain = build_chain(memory->chain, o, with_root),
        .leaf = o->cert,
        .key = memory->key->key,
        .signer = memory->key->application.pfnSign != NULL ? &memory->key->signer : NULL,
    };
    return CV_OK;
}

cv_err cv_identity_restrict(struct cv_identity *id, struct cv_identity_memory *memory,
                            const uint16_t *schemes, size_t n_schemes, uint32_t cpu)
{
    if (n_schemes == 0 || n_schemes > CV_SCHEMES_MAX) return CV_E_UNSUPPORTED;
    struct cv_sig_scheme *list = cv_alloc(n_schemes * sizeof *list);
    if (list == NULL) return CV_E_NO_MEMORY;
    for (size_t i = 0; i < n_schemes; i++) {
        if (cv_scheme_find(&list[i], schemes[i], cpu)) continue;
        cv_free(list, n_schemes * sizeof *list);
        return CV_E_UNSUPPORTED;
    }
    if (memory->schemes != NULL) cv_free(memory->schemes, memory->n_schemes * sizeof *list);
    id->schemes = memory->schemes = list;
    id->n_schemes = memory->n_schemes = n_schemes;
    return CV_OK;
}

/* Replaces a copy that an identity keeps by one of these bytes, or by none. */
static cv_err keep(uint8_t **copy, size_t *copy_len, struct cv_bytes *view, struct cv_bytes bytes)
{
    if (*copy != NULL) cv_free(*copy, *copy_len);
    *copy = NULL;
    *view = cv_bytes(NULL, 0);
    if (bytes.len == 0) return CV_OK;
    if ((*copy = cv_alloc(bytes.len)) == NULL) return CV_E_NO_MEMORY;
    *copy_len = bytes.len;
    memcpy(*copy, bytes.p, bytes.len);
    *view = cv_bytes(*copy, bytes.len);
    return CV_OK;
}

cv_err cv_identity_staple(struct cv_identity *id, struct cv_identity_memory *memory, struct cv_bytes response)
{
    return keep(&memory->staple, &memory->staple_len, &id->staple, response);
}

cv_err cv_identity_timestamps(struct cv_identity *id, struct cv_identity_memory *memory, struct cv_bytes list)
{
    return keep(&memory->timestamps, &memory->timestamps_len, &id->scts, list);
}

void cv_identity_release(struct cv_identity *id, struct cv_identity_memory *memory)
{
    (void)cv_identity_staple(id, memory, cv_bytes(NULL, 0));
    (void)cv_identity_timestamps(id, memory, cv_bytes(NULL, 0));
    cv_cert_key_release(memory->key);
    CertFreeCertificateContext(memory->leaf);
    if (memory->schemes != NULL) cv_free(memory->schemes, memory->n_schemes * sizeof *memory->schemes);
    *id = (struct cv_identity){0};
    *memory = (struct cv_identity_memory){0};
}
