/* What wincrypt reads from outside, behind a byte that says how: DER of a type that the next byte names,
 * decoded and encoded again; text in base64 or hexadecimal; an object of unknown kind; certificates behind
 * their lengths, the first of which gets a chain, with the last as root. Nothing may be left allocated. */
#include "sspi/library.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/port_test.h"

#include <stdlib.h>
#include <string.h>

static struct test_port port;

/* Memory of exact size, so that a struct that is larger than was counted is noticed. */
static LPVOID WINAPI exact_alloc(SIZE_T n)
{
    return malloc(n != 0 ? n : 1);
}

static void decode(struct cv_bytes in)
{
    static const uint16_t types[] = {2, 3, 5, 7, 8, 12, 14, 15, 19, 20, 25, 36, 43, 44};
    LPCSTR type = (LPCSTR)(uintptr_t)types[fuzz_u8(&in) % (sizeof types / sizeof types[0])];
    CRYPT_DECODE_PARA para = {.cbSize = sizeof para, .pfnAlloc = exact_alloc};
    void *info = NULL;
    DWORD size = 0, len = 0;
    BYTE *der = fuzz_copy(in), *again;
    if (CryptDecodeObjectEx(X509_ASN_ENCODING, type, der, (DWORD)in.len, CRYPT_DECODE_ALLOC_FLAG, &para,
                            &info, &size)) {
        free(der); /* nothing may point into it */
        der = NULL;
        if (CryptEncodeObjectEx(X509_ASN_ENCODING, type, info, CRYPT_ENCODE_ALLOC_FLAG, NULL, &again, &len)) {
            LocalFree(again);
        }
        free(info);
    }
    free(der);
}

static void convert(struct cv_bytes in)
{
    static const DWORD formats[] = {0, 1, 2, 4, 6, 7, 8, 12};
    DWORD format = formats[fuzz_u8(&in) % (sizeof formats / sizeof formats[0])], len = 0, skip;
    char *text = (char *)fuzz_copy(in), *back;
    if (in.len > 0 && CryptStringToBinaryA(text, (DWORD)in.len, format, NULL, &len, &skip, NULL) && len > 0) {
        BYTE *bytes = malloc(len);
        FUZZ_CHECK(bytes != NULL && skip <= in.len && len <= in.len);
        FUZZ_CHECK(CryptStringToBinaryA(text, (DWORD)in.len, format, bytes, &len, NULL, NULL));
        DWORD n = 0;
        FUZZ_CHECK(CryptBinaryToStringA(bytes, len, CRYPT_STRING_BASE64, NULL, &n));
        back = malloc(n);
        FUZZ_CHECK(back != NULL && CryptBinaryToStringA(bytes, len, CRYPT_STRING_BASE64, back, &n));
        free(back);
        free(bytes);
    }
    free(text);
}

static void query(struct cv_bytes in)
{
    CRYPT_DATA_BLOB blob = {(DWORD)in.len, fuzz_copy(in)};
    DWORD content;
    HCERTSTORE s;
    const void *context;
    if (CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &blob, 0xffffffff, CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL,
                         &content, NULL, &s, NULL, &context)) {
        if (content == CERT_QUERY_CONTENT_CRL)
            CertFreeCRLContext(context);
        else
            CertFreeCertificateContext(context);
        CertCloseStore(s, 0);
    }
    free(blob.pbData);
}

static void names_of(PCCERT_CONTEXT c)
{
    char text[64];
    WCHAR wide[64];
    DWORD how = CERT_X500_NAME_STR;
    for (DWORD type = CERT_NAME_EMAIL_TYPE; type <= CERT_NAME_UPN_TYPE; type++) {
        void *para = type == CERT_NAME_RDN_TYPE ? (void *)&how : (void *)(uintptr_t)szOID_ORGANIZATION_NAME;
        DWORD n = CertGetNameStringA(c, type, CERT_NAME_SEARCH_ALL_NAMES_FLAG, para, NULL, 0);
        FUZZ_CHECK(n > 0);
        FUZZ_CHECK(CertGetNameStringA(c, type, 0, para, text, sizeof text) <= sizeof text);
        FUZZ_CHECK(CertGetNameStringW(c, type, CERT_NAME_ISSUER_FLAG, para, wide, 64) <= 64);
    }
}

/* The chain of the first; both policies agree with its status. */
static void chain(struct cv_bytes in)
{
    uint8_t choices = fuzz_u8(&in);
    HCERTSTORE all = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    HCERTSTORE roots = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    PCCERT_CONTEXT leaf = NULL;
    struct cv_bytes der;
    for (int n = 0; n < 12 && cv_read_vec24(&in, &der) == CV_OK; n++)
        CertAddEncodedCertificateToStore(in.len == 0 ? roots : all, X509_ASN_ENCODING, der.p, (DWORD)der.len,
                                         CERT_STORE_ADD_ALWAYS, leaf == NULL ? &leaf : NULL);
    CERT_CHAIN_ENGINE_CONFIG config = {
        .cbSize = sizeof config, .hExclusiveRoot = roots, .dwExclusiveFlags = choices & 1};
    HCERTCHAINENGINE engine = NULL;
    PCCERT_CHAIN_CONTEXT c;
    LPSTR usage = (LPSTR)(uintptr_t)szOID_PKIX_KP_SERVER_AUTH;
    CERT_CHAIN_PARA para = {.cbSize = sizeof para, .RequestedUsage = {.Usage = {choices >> 1 & 1, &usage}}};
    DWORD flags = (choices & 4) != 0 ? CERT_CHAIN_REVOCATION_CHECK_CHAIN : 0;
    if (leaf != NULL) names_of(leaf);
    FUZZ_CHECK(CertCreateCertificateChainEngine(&config, &engine));
    if (leaf != NULL && CertGetCertificateChain(engine, leaf, NULL, all, &para, flags, NULL, &c)) {
        CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
        FUZZ_CHECK(CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_BASE, c, NULL, &status));
        FUZZ_CHECK((status.dwError == 0) == (c->TrustStatus.dwErrorStatus == 0));
        FUZZ_CHECK(c->rgpChain[0]->rgpElement[0]->pCertContext == leaf);
        CertFreeCertificateChain(c);
    }
    CertFreeCertificateChainEngine(engine);
    CertFreeCertificateContext(leaf);
    CertCloseStore(all, 0);
    CertCloseStore(roots, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes in = cv_bytes(data, size);
    if (port.port.alloc == NULL) {
        test_port_init(&port, 3);
        FUZZ_CHECK(CulvertSetPort(&port.port));
        FUZZ_CHECK(cv_library() != NULL);
    }
    size_t live = port.n_live;
    uint32_t objects = atomic_load(&cv_library()->n_objects);
    switch (fuzz_u8(&in) % 4) {
    case 0:
        decode(in);
        break;
    case 1:
        convert(in);
        break;
    case 2:
        query(in);
        break;
    default:
        chain(in);
        break;
    }
    FUZZ_CHECK(port.n_live == live && atomic_load(&cv_library()->n_objects) == objects);
    return 0;
}
