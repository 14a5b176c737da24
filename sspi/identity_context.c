/* An identity from a certificate context of ours. */
#include "sspi/identity.h"

#include "sspi/certificate.h"

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
