/* Chains: what CertGetCertificateChain says of each certificate, and what the policies make of it. */
#include "wincrypt_fixture.h"

#include "pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wininet.h>
#include <cmocka.h>

static const int64_t NOW = 1893456000; /* 2030-01-01 */

#define TEST(name) cmocka_unit_test_setup_teardown(name, wincrypt_set_up, wincrypt_tear_down)

/* Names are of chains.pem and revocation.pem. */
struct test {
    const char *leaf, *others, *roots, *crls;
    DWORD flags; /* CERT_CHAIN_… */
    const char *usage;
    DWORD chain;       /* errors of the whole */
    DWORD elements[4]; /* errors of each */
    DWORD n;           /* how many there are */
};

static HCERTCHAINENGINE engine_with(const char *roots, DWORD flags)
{
    HCERTSTORE s = wincrypt_store(roots);
    HCERTCHAINENGINE engine = NULL;
    CERT_CHAIN_ENGINE_CONFIG config = {
        .cbSize = sizeof config, .hExclusiveRoot = s, .dwExclusiveFlags = flags};
    if (s == NULL) return NULL;
    CertCreateCertificateChainEngine(&config, &engine);
    CertCloseStore(s, 0);
    return engine;
}

static void add_crls(HCERTSTORE s, const char *names)
{
    char name[64];
    int used;
    while (names != NULL && sscanf(names, "%63s%n", name, &used) == 1) {
        struct cv_bytes der = pki_der("revocation.pem", name);
        PCCRL_CONTEXT crl = CertCreateCRLContext(X509_ASN_ENCODING, der.p, (DWORD)der.len);
        assert_non_null(crl);
        assert_true(CertAddCRLContextToStore(s, crl, CERT_STORE_ADD_ALWAYS, NULL));
        CertFreeCRLContext(crl);
        names += used;
    }
}

/* The chain of a test; NULL without memory. */
static PCCERT_CHAIN_CONTEXT chain_of(const struct test *t)
{
    LPSTR usage = (LPSTR)(uintptr_t)t->usage;
    CERT_CHAIN_PARA para = {
        .cbSize = sizeof para,
        .RequestedUsage = {.Usage = {t->usage == NULL ? 0 : 1, &usage}},
    };
    PCCERT_CHAIN_CONTEXT chain = NULL;
    wincrypt_port.now = NOW;
    PCCERT_CONTEXT leaf = wincrypt_cert(t->leaf);
    HCERTSTORE s = leaf == NULL ? NULL : wincrypt_store(t->others);
    HCERTCHAINENGINE engine = s == NULL ? NULL : engine_with(t->roots, 0);
    if (engine != NULL) {
        add_crls(s, t->crls);
        CertGetCertificateChain(engine, leaf, NULL, s, &para, t->flags, NULL, &chain);
    }
    DWORD error = GetLastError();
    CertFreeCertificateChainEngine(engine);
    CertCloseStore(s, 0);
    CertFreeCertificateContext(leaf);
    SetLastError(error);
    return chain;
}

static void check(const struct test *t)
{
    PCCERT_CHAIN_CONTEXT c = chain_of(t);
    assert_non_null(c);
    assert_int_equal(c->cChain, 1);
    const CERT_SIMPLE_CHAIN *s = c->rgpChain[0];
    bool ok = c->TrustStatus.dwErrorStatus == t->chain && s->TrustStatus.dwErrorStatus == t->chain &&
              s->cElement == t->n;
    for (DWORD i = 0; i < s->cElement && i < 4; i++)
        ok = ok && s->rgpElement[i]->TrustStatus.dwErrorStatus == t->elements[i];
    if (!ok) {
        print_error("%s, %s: %#x with %u:", t->leaf, t->others, c->TrustStatus.dwErrorStatus, s->cElement);
        for (DWORD i = 0; i < s->cElement; i++)
            print_error(" %#x", s->rgpElement[i]->TrustStatus.dwErrorStatus);
        fail_msg(" instead of %#x", t->chain);
    }
    CertFreeCertificateChain(c);
}

enum {
    TIME = CERT_TRUST_IS_NOT_TIME_VALID,
    SIGNATURE = CERT_TRUST_IS_NOT_SIGNATURE_VALID,
    USAGE = CERT_TRUST_IS_NOT_VALID_FOR_USAGE,
    UNTRUSTED = CERT_TRUST_IS_UNTRUSTED_ROOT,
    PARTIAL = CERT_TRUST_IS_PARTIAL_CHAIN,
    BASIC = CERT_TRUST_INVALID_BASIC_CONSTRAINTS,
    NAMES = CERT_TRUST_INVALID_NAME_CONSTRAINTS,
    CRITICAL = CERT_TRUST_HAS_NOT_SUPPORTED_CRITICAL_EXT,
    POLICY = CERT_TRUST_INVALID_POLICY_CONSTRAINTS,
    WEAK = CERT_TRUST_HAS_WEAK_SIGNATURE,
    REVOKED = CERT_TRUST_IS_REVOKED,
    UNKNOWN = CERT_TRUST_REVOCATION_STATUS_UNKNOWN, /* offline, too, where the certificate names a place */
    END = CERT_CHAIN_REVOCATION_CHECK_END_CERT,
    NO_ROOT = CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT,
    CHAIN = CERT_CHAIN_REVOCATION_CHECK_CHAIN,
};

static void trust_bits_of_each_element(void **state)
{
    (void)state;
    static const struct test tests[] = {
        {.leaf = "leaf", .others = "ica", .roots = "root", .n = 3},
        {.leaf = "leaf", .others = "ica root", .roots = "root", .n = 3},
        {.leaf = "leaf", .others = "ica", .roots = "root", .usage = szOID_PKIX_KP_SERVER_AUTH, .n = 3},
        {"leaf", "ica root", NULL, NULL, 0, NULL, UNTRUSTED, {0, 0, UNTRUSTED}, 3},
        {"leaf", "ica", NULL, NULL, 0, NULL, PARTIAL, {0}, 2},
        {"leaf", NULL, "root", NULL, 0, NULL, PARTIAL, {0}, 1},
        {"self-signed", NULL, "root", NULL, 0, NULL, UNTRUSTED, {UNTRUSTED}, 1},
        {.leaf = "self-signed", .roots = "self-signed", .n = 1},
        {"leaf-expired", "ica", "root", NULL, 0, NULL, TIME, {TIME}, 3},
        {"leaf-future", "ica", "root", NULL, 0, NULL, TIME, {TIME}, 3},
        {"leaf-expired", "ica root", NULL, NULL, 0, NULL, TIME | UNTRUSTED, {TIME, 0, UNTRUSTED}, 3},
        {"leaf-of-expired-root", NULL, "root-expired", NULL, 0, NULL, TIME, {0, TIME}, 2},
        {"leaf-client", "ica", "root", NULL, 0, szOID_PKIX_KP_SERVER_AUTH, USAGE, {USAGE}, 3},
        {.leaf = "leaf-client", .others = "ica", .roots = "root", .n = 3},
        {.leaf = "leaf-client", .others = "ica", .roots = "root", .usage = szOID_PKIX_KP_CLIENT_AUTH, .n = 3},
        {"leaf-client", "ica", "root", NULL, 0, "1.2.3.4", USAGE, {USAGE}, 3},
        {.leaf = "leaf-no-eku", .others = "ica", .roots = "root", .usage = "1.2.3.4", .n = 3},
        {"leaf-critical", "ica", "root", NULL, 0, NULL, CRITICAL, {CRITICAL}, 3},
        {"leaf-weak", "ica", "root", NULL, 0, NULL, WEAK, {WEAK}, 3},
        /* signed with a key that its identifier names, and that the CA of this name does not have */
        {"leaf-wrong-key", "ica", "root", NULL, 0, NULL, SIGNATURE | PARTIAL, {SIGNATURE}, 1},
        {"leaf-bad", "bad-not-ca", "root", NULL, 0, NULL, BASIC, {0, BASIC}, 3},
        {"leaf-bad", "bad-no-bc", "root", NULL, 0, NULL, BASIC, {0, BASIC}, 3},
        {"leaf-bad", "bad-no-cert-sign", "root", NULL, 0, NULL, USAGE, {0, USAGE}, 3},
        {"leaf-bad", "bad-expired", "root", NULL, 0, NULL, TIME, {0, TIME}, 3},
        {"leaf-bad", "bad-eku", "root", NULL, 0, szOID_PKIX_KP_SERVER_AUTH, USAGE, {0, USAGE}, 3},
        {"leaf-bad", "bad-critical", "root", NULL, 0, NULL, CRITICAL, {0, CRITICAL}, 3},
        {"leaf-bad", "bad-constraints", "root", NULL, 0, NULL, NAMES, {NAMES}, 3},
        {"leaf-bad", "bad-policy", "root", NULL, 0, NULL, POLICY, {POLICY}, 3},
        /* a good one among them is found */
        {.leaf = "leaf-bad",
         .others = "bad-not-ca bad-expired bad-good bad-critical",
         .roots = "root",
         .n = 3},
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) check(&tests[i]);
}

static void revocation(void **state)
{
    (void)state;
    static const struct test tests[] = {
        {"leaf", "ica", "root", NULL, END, NULL, UNKNOWN, {UNKNOWN}, 3},
        {"leaf", "ica", "root", NULL, NO_ROOT, NULL, UNKNOWN, {UNKNOWN, UNKNOWN}, 3},
        {.leaf = "leaf", .others = "ica", .roots = "root", .crls = "ica-none", .flags = END, .n = 3},
        {"leaf", "ica", "root", "ica-none", NO_ROOT, NULL, UNKNOWN, {0, UNKNOWN}, 3},
        {.leaf = "leaf",
         .others = "ica",
         .roots = "root",
         .crls = "ica-none root-none",
         .flags = CHAIN,
         .n = 3},
        {"leaf", "ica", "root", "ica-leaf root-none", NO_ROOT, NULL, REVOKED, {REVOKED}, 3},
        {"leaf", "ica", "root", "ica-none root-ica", NO_ROOT, NULL, REVOKED, {0, REVOKED}, 3},
        {.leaf = "leaf", .others = "ica", .roots = "root", .crls = "ica-leaf", .n = 3}, /* not asked for */
        {"leaf",
         "ica root",
         NULL,
         "ica-none",
         END,
         NULL,
         UNTRUSTED | UNKNOWN,
         {UNKNOWN, UNKNOWN, UNTRUSTED},
         3},
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) check(&tests[i]);
}

static void what_a_chain_tells(void **state)
{
    (void)state;
    static const struct test t = {
        .leaf = "leaf", .others = "ica", .roots = "root", .crls = "ica-leaf", .flags = END};
    PCCERT_CHAIN_CONTEXT c = chain_of(&t), twice = CertDuplicateCertificateChain(c);
    const CERT_SIMPLE_CHAIN *s = c->rgpChain[0];
    assert_ptr_equal(twice, c);
    assert_int_equal(c->cbSize, sizeof *c);
    assert_int_equal(c->dwCreateFlags, END);
    assert_int_equal(s->rgpElement[0]->pRevocationInfo->dwRevocationResult, (DWORD)CRYPT_E_REVOKED);
    assert_null(s->rgpElement[2]->pRevocationInfo);
    assert_true(s->rgpElement[0]->TrustStatus.dwInfoStatus & CERT_TRUST_HAS_KEY_MATCH_ISSUER);
    assert_true(s->rgpElement[2]->TrustStatus.dwInfoStatus & CERT_TRUST_IS_SELF_SIGNED);
    CertFreeCertificateChain(twice);
    assert_int_equal(s->rgpElement[2]->pCertContext->pbCertEncoded[0], 0x30);
    CertFreeCertificateChain(c);
    CertFreeCertificateChain(NULL);
    assert_null(CertDuplicateCertificateChain(NULL));
}

/* The element of the leaf is the caller's context, those of issuers are the store's. */
static void elements_are_the_contexts_that_were_given(void **state)
{
    (void)state;
    HCERTSTORE s = wincrypt_store("ica leaf");
    PCCERT_CONTEXT ica = CertEnumCertificatesInStore(s, NULL);
    PCCERT_CONTEXT leaf = CertEnumCertificatesInStore(s, CertDuplicateCertificateContext(ica));
    PCCERT_CHAIN_CONTEXT c;
    HCERTCHAINENGINE engine = engine_with("root", 0);
    FILETIME then = {0, 30000000}; /* in 2009 */
    /* the issuer is found in the leaf's own store */
    assert_true(CertGetCertificateChain(engine, leaf, &then, NULL, NULL, 0, NULL, &c));
    assert_ptr_equal(c->rgpChain[0]->rgpElement[0]->pCertContext, leaf);
    assert_ptr_equal(c->rgpChain[0]->rgpElement[1]->pCertContext, ica);
    assert_int_equal(c->TrustStatus.dwErrorStatus, TIME);
    CertFreeCertificateContext(leaf);
    CertFreeCertificateContext(ica);
    CertCloseStore(s, 0);
    CertFreeCertificateChainEngine(engine);
    assert_int_equal(c->rgpChain[0]->rgpElement[1]->pCertContext->pbCertEncoded[0], 0x30); /* still there */
    CertFreeCertificateChain(c);
}

static void requested_usages(void **state)
{
    (void)state;
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf-client");
    HCERTSTORE s = wincrypt_store("ica");
    HCERTCHAINENGINE engine = engine_with("root", 0);
    LPSTR both[] = {(LPSTR)(uintptr_t)szOID_PKIX_KP_SERVER_AUTH, (LPSTR)(uintptr_t)szOID_PKIX_KP_CLIENT_AUTH};
    wincrypt_port.now = NOW;
    for (DWORD type = USAGE_MATCH_TYPE_AND; type <= USAGE_MATCH_TYPE_OR; type++) {
        for (DWORD n = 0; n <= 2; n++) {
            CERT_CHAIN_PARA para = {.cbSize = sizeof para, .RequestedUsage = {type, {n, both}}};
            PCCERT_CHAIN_CONTEXT c;
            assert_true(CertGetCertificateChain(engine, leaf, NULL, s, &para, 0, NULL, &c));
            bool good = n == 0 || (n == 2 && type == USAGE_MATCH_TYPE_OR);
            assert_int_equal(c->TrustStatus.dwErrorStatus, good ? 0 : USAGE);
            CertFreeCertificateChain(c);
        }
    }
    CertFreeCertificateChainEngine(engine);
    CertCloseStore(s, 0);
    CertFreeCertificateContext(leaf);
}

static void engines(void **state)
{
    (void)state;
    HCERTSTORE ica = wincrypt_store("ica");
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf");
    HCERTCHAINENGINE engine;
    PCCERT_CHAIN_CONTEXT c;
    CERT_CHAIN_ENGINE_CONFIG config = {.cbSize = sizeof config, .hExclusiveRoot = ica};
    wincrypt_port.now = NOW;
    /* An intermediate alone is trusted only if the flag says so. */
    assert_true(CertCreateCertificateChainEngine(&config, &engine));
    assert_true(CertGetCertificateChain(engine, leaf, NULL, NULL, NULL, 0, NULL, &c));
    assert_int_equal(c->TrustStatus.dwErrorStatus, PARTIAL);
    CertFreeCertificateChain(c);
    CertFreeCertificateChainEngine(engine);
    config.dwExclusiveFlags = CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG;
    assert_true(CertCreateCertificateChainEngine(&config, &engine));
    assert_true(CertGetCertificateChain(engine, leaf, NULL, NULL, NULL, 0, NULL, &c));
    assert_int_equal(c->TrustStatus.dwErrorStatus, 0);
    assert_int_equal(c->rgpChain[0]->cElement, 2);
    CertFreeCertificateChain(c);
    CertFreeCertificateChainEngine(engine);
    /* The sizes of Vista, 7 and 8; the older ones have no exclusive roots, or no flags. */
    static const DWORD sizes[] = {0, 63, 64, 72, 79, 80, 87, 88, 96};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && sizeof(void *) == 8; i++) {
        config.cbSize = sizes[i];
        bool good = sizes[i] == 64 || sizes[i] == 80 || sizes[i] == 88;
        assert_int_equal(CertCreateCertificateChainEngine(&config, &engine), good);
        if (good)
            CertFreeCertificateChainEngine(engine);
        else
            assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    }
    /* Restricted roots, additional stores, and what is no store. */
    HCERTSTORE root = wincrypt_store("root");
    config = (CERT_CHAIN_ENGINE_CONFIG){
        .cbSize = sizeof config, .hRestrictedRoot = root, .cAdditionalStore = 1, .rghAdditionalStore = &ica};
    assert_true(CertCreateCertificateChainEngine(&config, &engine));
    CertCloseStore(root, 0);
    CertCloseStore(ica, 0);
    assert_true(CertGetCertificateChain(engine, leaf, NULL, NULL, NULL, 0, NULL, &c));
    assert_int_equal(c->TrustStatus.dwErrorStatus, 0);
    CertFreeCertificateChain(c);
    CertFreeCertificateChainEngine(engine);
    assert_false(CertGetCertificateChain(engine, leaf, NULL, NULL, NULL, 0, NULL, &c)); /* stale */
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    uint32_t no_store = 0;
    config.hRestrictedRoot = &no_store;
    assert_false(CertCreateCertificateChainEngine(&config, &engine));
    assert_false(CertGetCertificateChain(NULL, NULL, NULL, NULL, NULL, 0, NULL, &c));
    CERT_CHAIN_PARA para = {.cbSize = 4};
    assert_false(CertGetCertificateChain(NULL, leaf, NULL, NULL, &para, 0, NULL, &c));
    CertFreeCertificateContext(leaf);
}

/* The host's roots are the default. */
static void the_hosts_roots(void **state)
{
    (void)state;
    char pem[8192];
    FILE *f = fopen("test/pki/tls/server-p256.pem", "rb");
    size_t len = fread(pem, 1, sizeof pem, f);
    fclose(f);
    HCERTSTORE s = CulvertStoreFromPem(pem, (DWORD)len);
    PCCERT_CONTEXT leaf = CertEnumCertificatesInStore(s, NULL);
    PCCERT_CHAIN_CONTEXT c;
    setenv("SSL_CERT_FILE", "test/pki/tls/root.pem", 1);
    assert_true(CertGetCertificateChain(HCCE_LOCAL_MACHINE, leaf, NULL, NULL, NULL, 0, NULL, &c));
    assert_int_equal(c->TrustStatus.dwErrorStatus, 0);
    CertFreeCertificateChain(c);
    CertFreeCertificateContext(leaf);
    CertCloseStore(s, 0);
    /* Where they cannot be read nothing is trusted. */
    assert_true(CulvertSetPort(&wincrypt_port.port));
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    s = CulvertStoreFromPem(pem, (DWORD)len);
    leaf = CertEnumCertificatesInStore(s, NULL);
    assert_true(CertGetCertificateChain(HCCE_CURRENT_USER, leaf, NULL, NULL, NULL, 0, NULL, &c));
    assert_int_equal(c->TrustStatus.dwErrorStatus, PARTIAL);
    CertFreeCertificateChain(c);
    unsetenv("SSL_CERT_FILE");
    CertFreeCertificateContext(leaf);
    CertCloseStore(s, 0);
}

/* CRLs and intermediates of the machine, for its own engines. */
static void the_hosts_authorities(void **state)
{
    (void)state;
    setenv("CULVERT_CA_STORE", "test/pki/tls/root.pem", 1);
    HCERTSTORE s = CertOpenSystemStoreA(0, "CA");
    PCCERT_CONTEXT c = CertEnumCertificatesInStore(s, NULL), leaf = wincrypt_cert("leaf");
    PCCERT_CHAIN_CONTEXT chain;
    assert_non_null(c);
    CertFreeCertificateContext(c);
    CertCloseStore(s, 0);
    setenv("CULVERT_CA_STORE", "/nonexistent", 1);
    assert_null(CertOpenSystemStoreA(0, "CA"));
    assert_true(CertGetCertificateChain(NULL, leaf, NULL, NULL, NULL, 0, NULL, &chain)); /* all the same */
    CertFreeCertificateChain(chain);
    CertFreeCertificateContext(leaf);
    unsetenv("CULVERT_CA_STORE");
}

static bool build(void *arg)
{
    PCCERT_CHAIN_CONTEXT c = chain_of(arg);
    CertFreeCertificateChain(c);
    return c != NULL;
}

static void no_memory_for_chains(void **state)
{
    (void)state;
    struct test good = {.leaf = "leaf", .others = "ica", .roots = "root", .usage = szOID_PKIX_KP_SERVER_AUTH};
    struct test bad = {
        .leaf = "leaf-client", .others = "ica root", .usage = szOID_PKIX_KP_SERVER_AUTH, .flags = END};
    wincrypt_allocations_fail(build, &good);
    wincrypt_allocations_fail(build, &bad);
}

/* --- policies --- */

static DWORD policy(LPCSTR which, const struct test *t, DWORD flags, DWORD checks, const WCHAR *name,
                    LONG *at)
{
    PCCERT_CHAIN_CONTEXT c = chain_of(t);
    SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {.cbSize = sizeof ssl,
                                            .dwAuthType = AUTHTYPE_SERVER,
                                            .fdwChecks = checks,
                                            .pwszServerName = (WCHAR *)(uintptr_t)name};
    CERT_CHAIN_POLICY_PARA para = {.cbSize = sizeof para, .dwFlags = flags, .pvExtraPolicyPara = &ssl};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
    assert_true(CertVerifyCertificateChainPolicy(which, c, &para, &status));
    if (at != NULL) *at = status.lElementIndex;
    CertFreeCertificateChain(c);
    return status.dwError;
}

static void base_policy(void **state)
{
    (void)state;
    static const struct {
        struct test t;
        DWORD flags;
        HRESULT want;
        LONG at;
    } cases[] = {
        {{.leaf = "leaf", .others = "ica", .roots = "root"}, 0, 0, -1},
        {{.leaf = "leaf", .others = "ica root"}, 0, CERT_E_UNTRUSTEDROOT, 2},
        {{.leaf = "leaf", .others = "ica root"}, CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG, 0, -1},
        {{.leaf = "leaf", .others = "ica"}, 0, CERT_E_CHAINING, -1},
        {{.leaf = "leaf", .others = "ica"}, CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG, 0, -1},
        {{.leaf = "leaf-expired", .others = "ica", .roots = "root"}, 0, CERT_E_EXPIRED, 0},
        {{.leaf = "leaf-expired", .others = "ica", .roots = "root"},
         CERT_CHAIN_POLICY_IGNORE_NOT_TIME_VALID_FLAG,
         0,
         -1},
        {{.leaf = "leaf-expired", .others = "ica root"}, 0, CERT_E_UNTRUSTEDROOT, 2}, /* the graver one */
        {{.leaf = "leaf-expired", .others = "ica root"},
         CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG,
         CERT_E_EXPIRED,
         0},
        {{.leaf = "leaf-wrong-key", .others = "ica", .roots = "root"}, 0xffffffff, TRUST_E_CERT_SIGNATURE, 0},
        {{.leaf = "leaf-weak", .others = "ica", .roots = "root"}, 0xffffffff, TRUST_E_CERT_SIGNATURE, 0},
        {{.leaf = "leaf-critical", .others = "ica", .roots = "root"}, 0xffffffff, CERT_E_CRITICAL, 0},
        {{.leaf = "leaf-bad", .others = "bad-not-ca", .roots = "root"}, 0, TRUST_E_BASIC_CONSTRAINTS, 1},
        {{.leaf = "leaf-bad", .others = "bad-not-ca", .roots = "root"},
         CERT_CHAIN_POLICY_IGNORE_INVALID_BASIC_CONSTRAINTS_FLAG,
         0,
         -1},
        {{.leaf = "leaf-bad", .others = "bad-constraints", .roots = "root"}, 0, CERT_E_INVALID_NAME, 0},
        {{.leaf = "leaf-bad", .others = "bad-constraints", .roots = "root"},
         CERT_CHAIN_POLICY_IGNORE_INVALID_NAME_FLAG,
         0,
         -1},
        {{.leaf = "leaf-bad", .others = "bad-policy", .roots = "root"}, 0, CERT_E_INVALID_POLICY, 0},
        {{.leaf = "leaf-bad", .others = "bad-policy", .roots = "root"},
         CERT_CHAIN_POLICY_IGNORE_INVALID_POLICY_FLAG,
         0,
         -1},
        {{.leaf = "leaf-client", .others = "ica", .roots = "root", .usage = szOID_PKIX_KP_SERVER_AUTH},
         0,
         CERT_E_WRONG_USAGE,
         0},
        {{.leaf = "leaf-client", .others = "ica", .roots = "root", .usage = szOID_PKIX_KP_SERVER_AUTH},
         CERT_CHAIN_POLICY_IGNORE_WRONG_USAGE_FLAG,
         0,
         -1},
        {{.leaf = "leaf", .others = "ica", .roots = "root", .crls = "ica-leaf", .flags = END},
         0xffffffff,
         CRYPT_E_REVOKED,
         0},
        {{.leaf = "leaf", .others = "ica", .roots = "root", .flags = NO_ROOT},
         0,
         CRYPT_E_NO_REVOCATION_CHECK,
         0},
        {{.leaf = "leaf", .others = "ica", .roots = "root", .flags = NO_ROOT},
         CERT_CHAIN_POLICY_IGNORE_END_REV_UNKNOWN_FLAG,
         CRYPT_E_NO_REVOCATION_CHECK,
         1},
        {{.leaf = "leaf", .others = "ica", .roots = "root", .flags = NO_ROOT},
         CERT_CHAIN_POLICY_IGNORE_END_REV_UNKNOWN_FLAG | CERT_CHAIN_POLICY_IGNORE_CA_REV_UNKNOWN_FLAG,
         0,
         -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        LONG at;
        DWORD e = policy(CERT_CHAIN_POLICY_BASE, &cases[i].t, cases[i].flags, 0, NULL, &at);
        if (e != (DWORD)cases[i].want || at != cases[i].at) fail_msg("case %zu: %#x at %d", i, e, at);
    }
    struct test t = cases[12].t;
    assert_int_equal(policy(CERT_CHAIN_POLICY_BASIC_CONSTRAINTS, &t, 0, 0, NULL, NULL),
                     (DWORD)TRUST_E_BASIC_CONSTRAINTS);
    t = cases[5].t; /* expired, which that policy does not look at */
    assert_int_equal(policy(CERT_CHAIN_POLICY_BASIC_CONSTRAINTS, &t, 0, 0, NULL, NULL), 0);
    PCCERT_CHAIN_CONTEXT c = chain_of(&t);
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
    assert_false(CertVerifyCertificateChainPolicy((LPCSTR)77, c, NULL, &status));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_false(CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_BASE, NULL, NULL, &status));
    CertFreeCertificateChain(c);
}

static void ssl_policy(void **state)
{
    (void)state;
    static const WCHAR right[] = {'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'c', 'o', 'm', 0};
    static const WCHAR wild[] = {'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'n', 'e', 't', 0};
    static const WCHAR wrong[] = {'b', '.', 'a', '.', 'e', 'x', 'a', 'm',
                                  'p', 'l', 'e', '.', 'n', 'e', 't', 0};
    static const WCHAR broken[] = {'a', ' ', 'b', 0};
    static const struct test good = {.leaf = "leaf", .others = "ica", .roots = "root"};
    static const struct test client = {.leaf = "leaf-client", .others = "ica", .roots = "root"};
    static const struct test expired = {.leaf = "leaf-expired", .others = "ica root"};
    LPCSTR ssl = CERT_CHAIN_POLICY_SSL;
    assert_int_equal(policy(ssl, &good, 0, 0, right, NULL), 0);
    assert_int_equal(policy(ssl, &good, 0, 0, wild, NULL), 0);
    assert_int_equal(policy(ssl, &good, 0, 0, NULL, NULL), 0); /* no name is asked for */
    LONG at;
    assert_int_equal(policy(ssl, &good, 0, 0, wrong, &at), (DWORD)CERT_E_CN_NO_MATCH);
    assert_int_equal(at, 0);
    assert_int_equal(policy(ssl, &good, 0, 0, broken, NULL), (DWORD)CERT_E_CN_NO_MATCH);
    assert_int_equal(policy(ssl, &good, 0, SECURITY_FLAG_IGNORE_CERT_CN_INVALID, wrong, NULL), 0);
    assert_int_equal(policy(ssl, &client, 0, 0, NULL, NULL), (DWORD)CERT_E_WRONG_USAGE);
    assert_int_equal(policy(ssl, &client, 0, SECURITY_FLAG_IGNORE_WRONG_USAGE, NULL, NULL), 0);
    assert_int_equal(policy(ssl, &expired, 0, 0, right, NULL), (DWORD)CERT_E_UNTRUSTEDROOT);
    assert_int_equal(policy(ssl, &expired, 0, SECURITY_FLAG_IGNORE_UNKNOWN_CA, right, NULL),
                     (DWORD)CERT_E_EXPIRED);
    assert_int_equal(policy(ssl, &expired, 0,
                            SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_DATE_INVALID, right,
                            NULL),
                     0);
}

/* --- looking for a chain --- */

static void chains_by_issuer(void **state)
{
    (void)state;
    HCERTSTORE s = wincrypt_store("ica leaf leaf-client self-signed");
    PCCERT_CONTEXT root = wincrypt_cert("root"), leaf = wincrypt_cert("leaf");
    CERT_CHAIN_FIND_BY_ISSUER_PARA para = {
        .cbSize = sizeof para, .cIssuer = 1, .rgIssuer = &root->pCertInfo->Subject};
    PCCERT_CHAIN_CONTEXT c = NULL;
    size_t n = 0;
    wincrypt_port.now = NOW;
    assert_null(CertFindChainInStore(s, X509_ASN_ENCODING, 0, CERT_CHAIN_FIND_BY_ISSUER, &para, NULL));
    DWORD no_key = CERT_CHAIN_FIND_BY_ISSUER_NO_KEY_FLAG; /* none of them has a key */
    while ((c = CertFindChainInStore(s, X509_ASN_ENCODING, no_key, CERT_CHAIN_FIND_BY_ISSUER, &para, c)) !=
           NULL)
        n++;
    assert_int_equal(n, 3); /* not the self-signed one */
    para.pszUsageIdentifier = szOID_PKIX_KP_CLIENT_AUTH;
    c = CertFindChainInStore(s, X509_ASN_ENCODING, no_key, CERT_CHAIN_FIND_BY_ISSUER, &para, NULL);
    assert_non_null(c); /* the CA, which is for any use */
    c = CertFindChainInStore(s, X509_ASN_ENCODING, no_key, CERT_CHAIN_FIND_BY_ISSUER, &para, c);
    assert_non_null(c);
    assert_null(CertFindChainInStore(s, X509_ASN_ENCODING, no_key, CERT_CHAIN_FIND_BY_ISSUER, &para, c));
    assert_null(CertFindChainInStore(s, X509_ASN_ENCODING, no_key, 9, &para, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    CertFreeCertificateContext(leaf);
    CertFreeCertificateContext(root);
    CertCloseStore(s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trust_bits_of_each_element),
        TEST(revocation),
        TEST(what_a_chain_tells),
        TEST(elements_are_the_contexts_that_were_given),
        TEST(requested_usages),
        TEST(engines),
        TEST(the_hosts_roots),
        TEST(the_hosts_authorities),
        TEST(no_memory_for_chains),
        TEST(base_policy),
        TEST(ssl_policy),
        TEST(chains_by_issuer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
