/* One library for all inputs: to make it takes longer than most of them. */
#include "sspi/credential.h"
#include "test/fuzz/attributes.h"
#include "test/fuzz/null.h"
#include "test/fuzz/pair.h"
#include "test/fuzz/pki.h"

static struct test_port port;
/* On null.h, on its public-key part, on what is real. */
enum { N_CRYPTOGRAPHIES = 3, N_VERSIONS = 2 };
enum { REAL = N_CRYPTOGRAPHIES - 1, N_CREDENTIALS = N_CRYPTOGRAPHIES * N_VERSIONS * FUZZ_N_VARIANTS };
static struct fuzz_credentials credentials[N_CREDENTIALS];

/* What there is between inputs. */
static size_t n_live, live_bytes;
static uint64_t n_random;

struct test_port *fuzz_library_port(void)
{
    return &port;
}

static struct fuzz_credentials *credentials_of(size_t cryptography, bool tls12, enum fuzz_variant variant)
{
    return &credentials[(cryptography * N_VERSIONS + tls12) * FUZZ_N_VARIANTS + variant];
}

static CredHandle acquire(ULONG use, PCCERT_CONTEXT *cert, HCERTSTORE roots, bool tls12,
                          enum fuzz_variant variant)
{
    static char package[] = UNISP_NAME_A;
    CredHandle h;
    TLS_PARAMETERS no_tls13 = {.grbitDisabledProtocols = SP_PROT_TLS1_3};
    SCH_CREDENTIALS c = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = cert != NULL ? 1 : 0,
        .paCred = cert,
        .hRootStore = roots,
        .cTlsParameters = tls12 ? 1 : 0,
        .pTlsParameters = &no_tls13,
        .dwFlags = use == SECPKG_CRED_INBOUND ? SCH_CRED_AUTO_CRED_VALIDATION : 0,
    };
    CulvertCredential_Tls12 options = {CULVERT_TLS12_RENEGOTIATION};
    FUZZ_CHECK(AcquireCredentialsHandleA(NULL, package, use, NULL, &c, NULL, NULL, &h, NULL) == SEC_E_OK);
    FUZZ_CHECK(SetCredentialsAttributesA(&h, SECPKG_ATTR_CULVERT_TLS12, &options, sizeof options) ==
               SEC_E_OK);
    fuzz_set_variant(&h, use == SECPKG_CRED_INBOUND, variant);
    return h;
}

static PCCERT_CONTEXT load(enum fuzz_file certs, enum fuzz_file key, bool with_signer)
{
    if (with_signer) return fuzz_certificate_with_signer(fuzz_pem(certs));
    struct cv_bytes c = fuzz_pem(certs), k = fuzz_pem(key);
    PCCERT_CONTEXT ctx = CulvertCertificateFromPem(c.p, (DWORD)c.len, k.p, (DWORD)k.len);
    FUZZ_CHECK(ctx != NULL);
    return ctx;
}

static void make_credentials(struct fuzz_credentials *c, bool tls12, enum fuzz_variant variant, bool real)
{
    struct cv_bytes root = fuzz_pem(FUZZ_ROOT);
    bool with_signer = variant == FUZZ_OPERATIONS && !real; /* its signatures verify where all do */
    PCCERT_CONTEXT server = load(FUZZ_SERVER_P256, FUZZ_SERVER_P256_KEY, with_signer);
    PCCERT_CONTEXT client = load(FUZZ_CLIENT_P256, FUZZ_CLIENT_P256_KEY, with_signer);
    HCERTSTORE roots = CulvertStoreFromPem(root.p, (DWORD)root.len);
    FUZZ_CHECK(roots != NULL);
    for (ULONG i = 0; i < 2; i++) {
        CulvertCredential_ClientAuth auth = {.fOptional = i};
        c->server[i] = acquire(SECPKG_CRED_INBOUND, &server, roots, tls12, variant);
        FUZZ_CHECK(SetCredentialsAttributesA(&c->server[i], SECPKG_ATTR_CULVERT_CLIENT_AUTH, &auth,
                                             sizeof auth) == SEC_E_OK);
    }
    c->client = acquire(SECPKG_CRED_OUTBOUND, NULL, roots, tls12, variant);
    c->client_with_cert = acquire(SECPKG_CRED_OUTBOUND, &client, roots, tls12, variant);
    CertFreeCertificateContext(server);
    CertFreeCertificateContext(client);
    CertCloseStore(roots, 0);
}

static void make_all(size_t cryptography)
{
    for (unsigned i = 0; i < N_VERSIONS * FUZZ_N_VARIANTS; i++) {
        bool tls12 = i / FUZZ_N_VARIANTS != 0;
        enum fuzz_variant variant = (enum fuzz_variant)(i % FUZZ_N_VARIANTS);
        make_credentials(credentials_of(cryptography, tls12, variant), tls12, variant, cryptography == REAL);
    }
}

/* What servers keep by session ID lies with the credential. */
static void drop_server_sessions(const CredHandle *handle)
{
    SecHandle copy = *handle;
    struct cv_credential *c = cv_handle_pin(&cv_library()->handles, CV_HANDLE_CREDENTIAL, &copy);
    FUZZ_CHECK(c != NULL);
    if (c->server_sessions != NULL) cv_session_cache_drop(c->server_sessions, NULL, 0);
    cv_handle_unpin(&cv_library()->handles, &copy);
}

static void clean(void)
{
    static const BYTE key[32] = {1};
    cv_exports_wipe(&cv_library()->exports, &port.port); /* what was imported before, too */
    FUZZ_CHECK(CulvertSetExportKey(key, sizeof key));
    cv_session_cache_drop(cv_library()->sessions, NULL, 0);
    for (unsigned i = 0; i < N_CREDENTIALS * 2; i++) drop_server_sessions(&credentials[i / 2].server[i % 2]);
}

/* A server's first ticket makes a key, a first context memory for handles. */
static void warm_up(uint16_t choices)
{
    for (unsigned optional = 0; optional < 2; optional++) {
        struct fuzz_pair p;
        uint16_t bits = (uint16_t)(choices | (optional ? 0 : FUZZ_REQUIRE));
        struct fuzz_setup setup = {.choices = bits};
        fuzz_pair_open(&p, &setup, &setup);
        fuzz_pair_connect(&p);
        fuzz_pair_close(&p);
        clean(); /* early data that another credential refuses looks right on null.h */
        fuzz_attributes_reset();
    }
}

static void make_library(void)
{
    test_port_init(&port, 1);
    FUZZ_CHECK(CulvertSetPort(&port.port));
    make_all(REAL);
    null_public_key_algorithms(&cv_library()->algorithms);
    make_all(1);
    null_algorithms(&cv_library()->algorithms);
    make_all(0);
    static const uint16_t variants[] = {0, FUZZ_EARLY, FUZZ_LATER, FUZZ_RAW_KEYS};
    for (unsigned i = 0; i < N_VERSIONS * FUZZ_N_VARIANTS; i++) {
        uint16_t choices = (uint16_t)(variants[i / N_VERSIONS] | (i % N_VERSIONS == 1 ? FUZZ_TLS12 : 0));
        warm_up(choices);
        warm_up(choices | FUZZ_REAL_RECORDS);
        warm_up(choices | FUZZ_REAL);
    }
    clean();
    n_live = port.n_live;
    live_bytes = port.live_bytes;
    n_random = port.n_random;
}

struct fuzz_credentials *fuzz_credentials(uint16_t choices)
{
    size_t cryptography = choices & FUZZ_REAL ? REAL : choices & FUZZ_REAL_RECORDS ? 1 : 0;
    return credentials_of(cryptography, (choices & FUZZ_TLS12) != 0, fuzz_variant_of(choices));
}

void fuzz_library_begin(void)
{
    if (n_live == 0) make_library();
    fuzz_attributes_reset();
    port.seed = 1;
    port.n_random = n_random;
    port.rng_fails_after = 0;
    test_port_fail_at(&port, 0);
}

void fuzz_library_end(void)
{
    clean();
    FUZZ_CHECK(port.n_live == n_live && port.live_bytes == live_bytes && port.n_held == 0);
}
