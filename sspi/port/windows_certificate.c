/* Certificates of the façade on Windows: contexts and stores are crypt32's, which programs free by crypt32.
 */
#include "crypto/cpu.h"
#include "sspi/capi.h"
#include "sspi/host_certificate.h"
#include "sspi/identity.h"
#include "sspi/library.h"
#include "sspi/port/windows_key.h"

#include <string.h>

cv_err cv_context_from_chain(PCCERT_CONTEXT *out, struct cv_bytes certs)
{
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    struct cv_bytes der;
    *out = NULL;
    if (s == NULL) return CV_E_NO_MEMORY;
    while (cv_read_vec24(&certs, &der) == CV_OK)
        CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, der.p, (DWORD)der.len, CERT_STORE_ADD_ALWAYS,
                                         *out == NULL ? out : NULL);
    CertCloseStore(s, 0); /* the context keeps it */
    return *out != NULL ? CV_OK : CV_E_CERT_DER;
}

cv_err cv_context_store_export(HCERTSTORE store, uint8_t **out, size_t *len)
{
    PCCERT_CONTEXT c = NULL;
    size_t total = 0;
    struct cv_builder b;
    while ((c = CertEnumCertificatesInStore(store, c)) != NULL) total += 3 + c->cbCertEncoded;
    uint8_t *p = cv_alloc(total + 1);
    if (p == NULL) return CV_E_NO_MEMORY;
    cv_build_init(&b, p, total);
    while ((c = CertEnumCertificatesInStore(store, c)) != NULL) {
        if (b.len + 3 + c->cbCertEncoded > total) continue; /* came in between */
        cv_build_u24(&b, c->cbCertEncoded);
        cv_build_bytes(&b, c->pbCertEncoded, c->cbCertEncoded);
    }
    *out = p;
    *len = total + 1;
    return CV_OK;
}

/* --- identities --- */

/* The issuer of c in its store; takes over c. */
static PCCERT_CONTEXT issuer_of(PCCERT_CONTEXT c, HCERTSTORE store)
{
    PCCERT_CONTEXT issuer = NULL;
    if (store != NULL)
        issuer = CertFindCertificateInStore(store, X509_ASN_ENCODING, 0, CERT_FIND_SUBJECT_NAME,
                                            &c->pCertInfo->Issuer, NULL);
    CertFreeCertificateContext(c);
    return issuer;
}

static bool is_self_issued(PCCERT_CONTEXT c)
{
    return CertCompareCertificateName(X509_ASN_ENCODING, (PCERT_NAME_BLOB)&c->pCertInfo->Subject,
                                      (PCERT_NAME_BLOB)&c->pCertInfo->Issuer);
}

/* The chain as far as the leaf's store has it, as copies, since what a program takes out of a store is gone;
 * with `copies` NULL only its length. A root comes with it only if with_root, or if it is the leaf. */
static size_t copy_chain(struct cv_bytes chain[CV_PATH_MAX], size_t *n_chain, uint8_t *copies, size_t cap,
                         PCCERT_CONTEXT leaf, bool with_root)
{
    size_t len = 0, n = 0;
    PCCERT_CONTEXT c = CertDuplicateCertificateContext(leaf);
    while (c != NULL && n < CV_PATH_MAX && (n == 0 || with_root || !is_self_issued(c))) {
        if (copies != NULL && c->cbCertEncoded > cap - len) break; /* came in between */
        if (copies != NULL) {
            memcpy(copies + len, c->pbCertEncoded, c->cbCertEncoded);
            chain[n] = cv_bytes(copies + len, c->cbCertEncoded);
        }
        len += c->cbCertEncoded;
        n++;
        if (is_self_issued(c)) break;
        c = issuer_of(c, leaf->hCertStore);
    }
    if (c != NULL) CertFreeCertificateContext(c);
    *n_chain = n;
    return len;
}

/* Opens the key, for which the chain was copied already. */
static cv_err open_key(struct cv_identity *id, struct cv_identity_memory *memory)
{
    static const uint16_t pkcs1[] = {0x0401, 0x0501, 0x0601};
    struct cv_cert_key *key = memory->key;
    bool only_pkcs1;
    cv_err e = cv_cert_parse(&id->leaf, memory->chain[0]);
    if (e != CV_OK) return CV_E_CERT_SYNTAX;
    if ((e = cv_windows_key_open(&key->signer, &only_pkcs1, memory->leaf)) != CV_OK) return e;
    key->close = cv_windows_key_close;
    key->key.type = id->leaf.key.type;
    id->key = key->key;
    id->signer = &key->signer;
    return only_pkcs1
               ? cv_identity_restrict(id, memory, pkcs1, sizeof pkcs1 / sizeof pkcs1[0], cv_cpu_detect())
               : CV_OK;
}

cv_err cv_identity_init(struct cv_identity *id, struct cv_identity_memory *memory, PCCERT_CONTEXT leaf,
                        bool with_root)
{
    size_t n_chain, len = leaf == NULL ? 0 : copy_chain(NULL, &n_chain, NULL, 0, leaf, with_root);
    if (len == 0) return CV_E_CERT_SYNTAX;
    *id = (struct cv_identity){0};
    *memory = (struct cv_identity_memory){.key = cv_cert_key_new(len)};
    if (memory->key == NULL) return CV_E_NO_MEMORY;
    memory->leaf = CertDuplicateCertificateContext(leaf);
    (void)copy_chain(memory->chain, &id->n_chain, memory->key->der, len, leaf, with_root);
    id->chain = memory->chain;
    cv_err e = open_key(id, memory);
    if (e != CV_OK) cv_identity_release(id, memory);
    return e;
}

/* There are no containers of ours. */
void cv_containers_free(const struct cv_port *port, struct cv_container *first)
{
    (void)port;
    (void)first;
}
