/* Revocation through SSPI: flags, stapling, the callback, statuses. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_LEN_MAX = 4096 };

struct file {
    BYTE p[FILE_LEN_MAX];
    ULONG len;
};

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static void read_file(struct file *f, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "test/pki/status/%s", name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail_msg("cannot open %s (run from the top folder)", path);
    f->len = (ULONG)fread(f->p, 1, sizeof f->p, in);
    (void)fclose(in);
}

/* A pair whose server has a certificate of test/pki/status. */
static void open_with(const char *stem, DWORD flags)
{
    struct file cert, key, root;
    char name[64];
    sspi_open(&pair, "p256");
    pair.port.now = 1893456000; /* 2030-01-01: behind the time at which the answers were made */
    CertFreeCertificateContext(server->cert);
    CertCloseStore(client->roots, 0);
    (void)snprintf(name, sizeof name, "%s.pem", stem);
    read_file(&cert, name);
    (void)snprintf(name, sizeof name, "%s.key", stem);
    read_file(&key, name);
    read_file(&root, "root.pem");
    server->cert = CulvertCertificateFromPem(cert.p, cert.len, key.p, key.len);
    client->roots = CulvertStoreFromPem(root.p, root.len);
    assert_true(server->cert != NULL && client->roots != NULL);
    client->cred_flags = flags;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
}

static SECURITY_STATUS set_staple(const char *name)
{
    struct file f;
    read_file(&f, name);
    CulvertCredential_Staple s = {0, f.len, f.p};
    return SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_STAPLE, &s, sizeof s);
}

struct source {
    const char *ocsp, *crl;
    struct file answer;
    unsigned n_asked, n_given;
};

static BOOL fetch(void *ctx, const CulvertRevocation_Query *q, const BYTE **answer, ULONG *len)
{
    static const char url[] = "http://status.example/server.crl";
    struct source *s = ctx;
    const char *name = q->ulKind == CULVERT_REVOCATION_OCSP ? s->ocsp : s->crl;
    s->n_asked++;
    assert_true(q->cbCertificate > 100 && q->cbIssuer > 100 && q->pbCertificate[0] == 0x30);
    if (q->ulKind == CULVERT_REVOCATION_CRL) {
        assert_int_equal(q->cbUrl, sizeof url - 1);
        assert_memory_equal(q->pcUrl, url, q->cbUrl);
        assert_int_equal(q->cbRequest, 0);
    } else {
        assert_true(q->cbRequest > 60 && q->pbRequest[0] == 0x30);
    }
    if (name == NULL) return FALSE;
    read_file(&s->answer, name);
    *answer = s->answer.p;
    *len = s->answer.len;
    s->n_given++;
    return TRUE;
}

static void give_back(void *ctx, const BYTE *answer, ULONG len)
{
    struct source *s = ctx;
    assert_true(answer == s->answer.p && len == s->answer.len);
    s->n_given--;
}

static void use_source(struct source *s)
{
    CulvertCredential_Revocation r = {fetch, give_back, s};
    assert_int_equal(SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_CULVERT_REVOCATION, &r, sizeof r),
                     SEC_E_OK);
}

static void flags_decide_what_is_no_obstacle(void **state)
{
    (void)state;
    static const struct {
        const char *stem;
        DWORD flags;
        LONG want;
    } rows[] = {
        {"server", 0, SEC_E_OK},
        {"server", SCH_CRED_REVOCATION_CHECK_END_CERT, CRYPT_E_REVOCATION_OFFLINE},
        {"server", SCH_CRED_REVOCATION_CHECK_CHAIN, CRYPT_E_REVOCATION_OFFLINE},
        {"server", SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT, CRYPT_E_REVOCATION_OFFLINE},
        {"server", SCH_CRED_REVOCATION_CHECK_CHAIN | SCH_CRED_IGNORE_REVOCATION_OFFLINE, SEC_E_OK},
        {"server", SCH_CRED_REVOCATION_CHECK_CHAIN | SCH_CRED_IGNORE_NO_REVOCATION_CHECK,
         CRYPT_E_REVOCATION_OFFLINE},
        {"silent", SCH_CRED_REVOCATION_CHECK_END_CERT, CRYPT_E_NO_REVOCATION_CHECK},
        {"silent", SCH_CRED_REVOCATION_CHECK_END_CERT | SCH_CRED_IGNORE_NO_REVOCATION_CHECK, SEC_E_OK},
        {"silent", SCH_CRED_REVOCATION_CHECK_END_CERT | SCH_CRED_IGNORE_REVOCATION_OFFLINE,
         CRYPT_E_NO_REVOCATION_CHECK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_with(rows[i].stem, rows[i].flags);
        SECURITY_STATUS got = sspi_connect(&pair);
        if (got != rows[i].want) fail_msg("row %zu: %lx", i, (unsigned long)got);
        sspi_close(&pair);
    }
}

static void a_staple_goes_through_both_credentials(void **state)
{
    (void)state;
    CulvertContext_StapledResponse r;
    struct file good;
    read_file(&good, "must-good.ocsp");
    open_with("must", SCH_CRED_REVOCATION_CHECK_END_CERT);
    assert_int_equal(sspi_connect(&pair), (SECURITY_STATUS)CRYPT_E_NO_REVOCATION_CHECK);
    sspi_close(&pair);

    open_with("must", SCH_CRED_REVOCATION_CHECK_END_CERT);
    assert_int_equal(set_staple("must-good.ocsp"), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_CULVERT_STAPLED_RESPONSE, &r),
                     SEC_E_OK);
    assert_int_equal(r.cbResponse, good.len);
    assert_memory_equal(r.pbResponse, good.p, good.len);
    assert_int_equal(FreeContextBuffer(r.pbResponse), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_CULVERT_STAPLED_RESPONSE, &r),
                     (SECURITY_STATUS)SEC_E_NO_CREDENTIALS);
    /* contexts read it without a lock */
    assert_int_equal(set_staple("must-good.ocsp"), (SECURITY_STATUS)SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);

    open_with("must", 0);
    assert_int_equal(set_staple("must-revoked.ocsp"), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), (SECURITY_STATUS)CRYPT_E_REVOKED);
    sspi_close(&pair);
}

/* A server that asks for a client's certificate and its OCSPResponse; the client has both. */
static void open_mutual(const char *staple, ULONG asks)
{
    struct file cert, key, root, response;
    CulvertCredential_AskStaple ask = {asks};
    open_with("server", 0);
    FreeCredentialsHandle(&client->cred);
    FreeCredentialsHandle(&server->cred);
    read_file(&cert, "must-client.pem");
    read_file(&key, "must-client.key");
    read_file(&root, "root.pem");
    read_file(&response, staple);
    client->cert = CulvertCertificateFromPem(cert.p, cert.len, key.p, key.len);
    server->roots = CulvertStoreFromPem(root.p, root.len);
    assert_true(client->cert != NULL && server->roots != NULL);
    server->cred_flags = SCH_CRED_AUTO_CRED_VALIDATION | SCH_CRED_REVOCATION_CHECK_END_CERT;
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    CulvertCredential_Staple s = {0, response.len, response.p};
    assert_int_equal(SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_CULVERT_STAPLE, &s, sizeof s),
                     SEC_E_OK);
    assert_int_equal(
        SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_ASK_STAPLE, &ask, sizeof ask), SEC_E_OK);
}

static void clients_staple_where_servers_ask(void **state)
{
    (void)state;
    CulvertContext_StapledResponse r;
    CulvertCredential_AskStaple ask = {1};
    open_mutual("must-client-good.ocsp", 1);
    assert_int_equal(SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_ASK_STAPLE, &ask, 0),
                     (SECURITY_STATUS)SEC_E_INVALID_TOKEN);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_CULVERT_STAPLED_RESPONSE, &r),
                     SEC_E_OK);
    assert_true(r.cbResponse > 100 && r.pbResponse[0] == 0x30);
    assert_int_equal(FreeContextBuffer(r.pbResponse), SEC_E_OK);
    assert_int_equal(
        SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_ASK_STAPLE, &ask, sizeof ask),
        (SECURITY_STATUS)SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
    open_mutual("must-client-revoked.ocsp", 1);
    assert_int_equal(sspi_connect(&pair), (SECURITY_STATUS)CRYPT_E_REVOKED);
    sspi_close(&pair);
    open_mutual("must-client-good.ocsp", 0);
    assert_int_equal(sspi_connect(&pair), (SECURITY_STATUS)CRYPT_E_REVOCATION_OFFLINE);
    sspi_close(&pair);
}

static void staples_that_cannot_be_are_refused(void **state)
{
    (void)state;
    BYTE byte = 0;
    CulvertCredential_Staple s[] = {{1, 1, &byte}, {0, 65532, &byte}, {0, 1, NULL}};
    open_with("server", 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_STAPLE, &s[i], sizeof s[i]),
            (SECURITY_STATUS)SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_STAPLE, NULL, 0),
                     (SECURITY_STATUS)SEC_E_INVALID_TOKEN);
    assert_int_equal(set_staple("server-good.ocsp"), SEC_E_OK);
    s[0] = (CulvertCredential_Staple){0, 0, NULL};
    assert_int_equal(SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_STAPLE, s, sizeof s[0]),
                     SEC_E_OK);
    sspi_close(&pair);
}

static void the_callback_is_asked(void **state)
{
    (void)state;
    struct source good = {.ocsp = "server-good.ocsp"}, list = {.crl = "ica.crl"}, none = {.n_asked = 0};
    struct source revoked = {.crl = "ica-server.crl"};
    const struct {
        struct source *source;
        LONG want;
        unsigned n_asked;
    } rows[] = {
        {&good, SEC_E_OK, 1},
        {&list, SEC_E_OK, 2},
        {&none, CRYPT_E_REVOCATION_OFFLINE, 2},
        {&revoked, CRYPT_E_REVOKED, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_with("server", SCH_CRED_REVOCATION_CHECK_END_CERT);
        use_source(rows[i].source);
        assert_int_equal(sspi_connect(&pair), rows[i].want);
        assert_int_equal(rows[i].source->n_asked, rows[i].n_asked);
        assert_int_equal(rows[i].source->n_given, 0);
        sspi_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(flags_decide_what_is_no_obstacle, clean_up),
        cmocka_unit_test_teardown(a_staple_goes_through_both_credentials, clean_up),
        cmocka_unit_test_teardown(clients_staple_where_servers_ask, clean_up),
        cmocka_unit_test_teardown(staples_that_cannot_be_are_refused, clean_up),
        cmocka_unit_test_teardown(the_callback_is_asked, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
