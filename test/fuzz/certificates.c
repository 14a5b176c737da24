#include "test/fuzz/certificates.h"

#include "test/fuzz/pki.h"

#include <stdlib.h>

enum { N_CONTEXTS = 4, N_STORES = 2 };

struct fuzz_certificates {
    PCCERT_CONTEXT contexts[N_CONTEXTS];
    HCERTSTORE stores[N_STORES];
    size_t next; /* the context that gives way */
};

struct fuzz_certificates *fuzz_certificates_new(void)
{
    struct fuzz_certificates *f = calloc(1, sizeof *f);
    FUZZ_CHECK(f != NULL);
    return f;
}

void fuzz_certificates_free(struct fuzz_certificates *f)
{
    for (size_t i = 0; i < N_CONTEXTS; i++) CertFreeCertificateContext(f->contexts[i]);
    for (size_t i = 0; i < N_STORES; i++) CertCloseStore(f->stores[i], 0);
    free(f);
}

void fuzz_certificates_add(struct fuzz_certificates *f, PCCERT_CONTEXT c)
{
    if (c == NULL) return;
    CertFreeCertificateContext(f->contexts[f->next]);
    f->contexts[f->next] = c;
    f->next = (f->next + 1) % N_CONTEXTS;
}

static PCCERT_CONTEXT context(const struct fuzz_certificates *f, struct cv_bytes *in)
{
    return f->contexts[fuzz_u8(in) % N_CONTEXTS];
}

static void open_store(struct fuzz_certificates *f, struct cv_bytes *in)
{
    HCERTSTORE *s = &f->stores[fuzz_u8(in) % N_STORES];
    struct cv_bytes pem = fuzz_pem((enum fuzz_file)(fuzz_u8(in) % FUZZ_N_FILES));
    CertCloseStore(*s, 0);
    *s = fuzz_u8(in) & 1 ? CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL)
                         : CulvertStoreFromPem(pem.p, (DWORD)pem.len);
}

/* Puts one context into a store, or takes it out of its own. */
static void store_call(struct fuzz_certificates *f, struct cv_bytes *in)
{
    PCCERT_CONTEXT c = context(f, in), added = NULL;
    HCERTSTORE s = f->stores[fuzz_u8(in) % N_STORES];
    DWORD disposition = fuzz_u8(in) % 8;
    switch (fuzz_u8(in) % 4) {
    case 0:
        if (c != NULL && CertAddCertificateContextToStore(s, c, disposition, &added))
            fuzz_certificates_add(f, added);
        break;
    case 1:
        if (c != NULL) CertDeleteCertificateFromStore(CertDuplicateCertificateContext(c));
        break;
    case 2: /* as a loop over a store does, that ends early */
        for (DWORD i = 0; i < disposition; i++)
            if ((added = CertEnumCertificatesInStore(s, added)) == NULL) break;
        fuzz_certificates_add(f, added);
        break;
    default:
        fuzz_certificates_add(f, CertFindCertificateInStore(s, X509_ASN_ENCODING, 0,
                                                            c != NULL ? CERT_FIND_EXISTING : CERT_FIND_ANY, c,
                                                            NULL));
        break;
    }
}

/* Under a store's certificates as roots; those of the host are never asked for. */
static void chain_call(const struct fuzz_certificates *f, struct cv_bytes *in)
{
    PCCERT_CONTEXT c = context(f, in);
    CERT_CHAIN_ENGINE_CONFIG config = {.cbSize = sizeof config,
                                       .hExclusiveRoot = f->stores[fuzz_u8(in) % N_STORES]};
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    CERT_CHAIN_POLICY_PARA policy = {.cbSize = sizeof policy, .dwFlags = fuzz_u8(in)};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
    HCERTCHAINENGINE engine;
    PCCERT_CHAIN_CONTEXT chain;
    if (c == NULL || config.hExclusiveRoot == NULL || !CertCreateCertificateChainEngine(&config, &engine))
        return;
    if (CertGetCertificateChain(engine, c, NULL, f->stores[fuzz_u8(in) % N_STORES], &para, 0, NULL, &chain)) {
        PCCERT_CHAIN_CONTEXT copy = CertDuplicateCertificateChain(chain);
        CertFreeCertificateChain(chain);
        CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, copy, &policy, &status);
        CertFreeCertificateChain(copy);
    }
    CertFreeCertificateChainEngine(engine);
}

static void context_call(struct fuzz_certificates *f, struct cv_bytes *in)
{
    PCCERT_CONTEXT c = context(f, in);
    uint8_t how = fuzz_u8(in);
    BYTE out[256];
    DWORD len = how;
    struct cv_bytes bytes = fuzz_take(in, how % 64);
    CRYPT_DATA_BLOB blob = {(DWORD)bytes.len, (BYTE *)(uintptr_t)bytes.p};
    if (c == NULL) return;
    switch (fuzz_u8(in) % 4) {
    case 0:
        CertGetNameStringA(c, fuzz_u8(in) % 9, 0, NULL, (char *)out, len);
        break;
    case 1:
        CertSetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, 0, bytes.len > 0 ? &blob : NULL);
        break;
    case 2:
        CertGetCertificateContextProperty(c, how % 100, out, &len);
        break;
    default:
        fuzz_certificates_add(f, CertDuplicateCertificateContext(c));
        break;
    }
}

void fuzz_certificates_call(struct fuzz_certificates *f, struct cv_bytes *in)
{
    switch (fuzz_u8(in) % 6) {
    case 0:
        open_store(f, in);
        break;
    case 1:
    case 2:
        store_call(f, in);
        break;
    case 3:
        chain_call(f, in);
        break;
    case 4:
        context_call(f, in);
        break;
    default:
        fuzz_certificates_add(f, CertCreateCertificateContext(X509_ASN_ENCODING,
                                                              fuzz_server_identity()->chain[0].p,
                                                              (DWORD)fuzz_server_identity()->chain[0].len));
        break;
    }
}
