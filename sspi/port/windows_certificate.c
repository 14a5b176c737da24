/* Certificates of the façade on Windows: contexts and stores are crypt32's, which programs free by crypt32.
 */
#include "sspi/capi.h"
#include "sspi/host_certificate.h"
#include "sspi/identity.h"
#include "sspi/library.h"

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

/* Keys stay in their provider: what signs with them there is not written yet. */
cv_err cv_identity_init(struct cv_identity *id, struct cv_identity_memory *memory, PCCERT_CONTEXT leaf,
                        bool with_root)
{
    (void)id;
    (void)memory;
    (void)leaf;
    (void)with_root;
    return CV_E_KEY_SYNTAX;
}

/* There are no containers of ours. */
void cv_containers_free(const struct cv_port *port, struct cv_container *first)
{
    (void)port;
    (void)first;
}
