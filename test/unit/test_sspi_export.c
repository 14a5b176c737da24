/* ExportSecurityContext and ImportSecurityContext: in one process, into another, and what is refused. */
#include "sspi/context.h"
#include "sspi_fixture.h"
#include "tls/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

static const BYTE key[32] = {1, 2, 3, 4}, other_key[32] = {4, 3, 2, 1};

static int give_up(void **state)
{
    (void)state;
    test_port_fail_at(&pair.port, 0);
    sspi_give_up(&pair);
    return 0;
}

/* A connection under one suite, 0: the first, and room in both halves for what was sent before the handshake
 * ended: tickets are read. */
static void connect_with(const char *kind, USHORT suite, bool tls12)
{
    TLS_PARAMETERS params = {.grbitDisabledProtocols = tls12 ? SP_PROT_TLS1_3 : SP_PROT_TLS1_2};
    sspi_open(&pair, kind);
    client->params = server->params = &params;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    client->params = server->params = NULL;
    if (suite != 0) {
        CulvertCredential_List list = {1, &suite};
        CulvertCredential_Tls12 options = {CULVERT_TLS12_CBC_WITHOUT_ETM};
        struct sspi_end *ends[] = {client, server};
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(SetCredentialsAttributesA(&ends[i]->cred, SECPKG_ATTR_CULVERT_CIPHER_SUITES,
                                                       &list, sizeof list),
                             SEC_E_OK);
            assert_int_equal(SetCredentialsAttributesA(&ends[i]->cred, SECPKG_ATTR_CULVERT_TLS12, &options,
                                                       sizeof options),
                             SEC_E_OK);
        }
    }
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_exchange(server, client, "tickets stand before this");
    sspi_exchange(client, server, "hello");
    assert_true(CulvertSetExportKey(key, sizeof key));
}

static SecBuffer export(struct sspi_end *e, ULONG flags)
{
    SecBuffer packed = {0, SECBUFFER_EMPTY, NULL};
    void *token = &packed;
    assert_int_equal(ExportSecurityContext(&e->ctx, flags, &packed, &token), SEC_E_OK);
    assert_null(token);
    assert_int_equal(packed.BufferType, SECBUFFER_TOKEN);
    return packed;
}

static SECURITY_STATUS import(SecBuffer *packed, CtxtHandle *out)
{
    return ImportSecurityContextA((SEC_CHAR *)(uintptr_t)UNISP_NAME_A, packed, NULL, out);
}

/* Moves a side's context out and in again. */
static void move(struct sspi_end *e)
{
    SecBuffer packed = export(e, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
    assert_int_equal(DeleteSecurityContext(&e->ctx), SEC_E_INVALID_HANDLE);
    e->has_ctx = false;
    assert_int_equal(import(&packed, &e->ctx), SEC_E_OK);
    e->has_ctx = true;
    assert_int_equal(FreeContextBuffer(packed.pvBuffer), SEC_E_OK);
}

static void every_suite_goes_on(void **state)
{
    (void)state;
    static const struct {
        USHORT suite;
        const char *kind;
        bool tls12;
    } cases[] = {
        {0x1301, "p256", false}, {0x1302, "rsa", false}, {0x1303, "ed25519", false}, {0x1304, "p256", false},
        {0x1305, "p256", false}, {0xc02b, "p256", true}, {0xc02c, "p256", true},     {0xcca9, "p256", true},
        {0xc02f, "rsa", true},   {0xc0ac, "p256", true}, {0xc027, "rsa", true},      {0xc009, "p256", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        connect_with(cases[i].kind, cases[i].suite, cases[i].tls12);
        move(client);
        sspi_exchange(client, server, "moved");
        sspi_exchange(server, client, "to who moved");
        move(server);
        sspi_exchange(server, client, "both moved");
        move(client); /* and once more */
        sspi_exchange(client, server, "again");
        sspi_exchange(server, client, "and back");
        assert_int_equal(sspi_shutdown(client, server), SEC_E_OK);
        SecBuffer b[4];
        assert_int_equal(sspi_decrypt(server, b), SEC_I_CONTEXT_EXPIRED);
        assert_true(CulvertSetExportKey(NULL, 0));
        sspi_close(&pair);
    }
}

/* What could be asked before can be asked after, but for our own certificate. */
static void attributes_stay(void **state)
{
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        static const ULONG same[] = {SECPKG_ATTR_CONNECTION_INFO, SECPKG_ATTR_STREAM_SIZES,
                                     SECPKG_ATTR_FLAGS,           SECPKG_ATTR_APPLICATION_PROTOCOL,
                                     SECPKG_ATTR_SESSION_INFO,    SECPKG_ATTR_LIFESPAN};
        uint8_t before[6][512] = {{0}}, after[512];
        connect_with("p256", 0, tls12);
        SecPkgContext_Bindings exporter, again;
        SecPkgContext_KeyingMaterial_Inproc keying = {
            .cbLabel = 8, .pszLabel = (LPSTR)(uintptr_t) "EXPORTER", .cbKeyingMaterial = 32};
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &keying),
                         0);
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &exporter), 0);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(QueryContextAttributesA(&client->ctx, same[i], before[i]), SEC_E_OK);
        move(client);
        for (size_t i = 0; i < 6; i++) {
            memset(after, 0, sizeof after);
            assert_int_equal(QueryContextAttributesA(&client->ctx, same[i], after), SEC_E_OK);
            assert_memory_equal(before[i], after, sizeof after);
        }
        BYTE *material = keying.pbKeyingMaterial;
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &keying),
                         0);
        assert_memory_equal(material, keying.pbKeyingMaterial, 32);
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &again), 0);
        assert_int_equal(exporter.BindingsLength, again.BindingsLength);
        assert_memory_equal(exporter.Bindings, again.Bindings, again.BindingsLength);
        PCCERT_CONTEXT cert;
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert), 0);
        CertFreeCertificateContext(cert);
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_LOCAL_CERT_CONTEXT, &cert),
                         SEC_E_NO_CREDENTIALS);
        FreeContextBuffer(material);
        FreeContextBuffer(keying.pbKeyingMaterial);
        FreeContextBuffer(exporter.Bindings);
        FreeContextBuffer(again.Bindings);
        assert_true(CulvertSetExportKey(NULL, 0));
        sspi_close(&pair);
    }
}

/* Key updates that were owed and asked for are still made. */
static void key_updates_go_on(void **state)
{
    (void)state;
    connect_with("p256", 0, false);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK); /* a KeyUpdate is due */
    move(client);
    sspi_exchange(client, server, "under the next keys");
    move(server);
    sspi_exchange(server, client, "its answer");
    sspi_exchange(client, server, "and back");
    sspi_close(&pair);
}

/* --- what is refused --- */

static void the_old_context_goes_on_no_more(void **state)
{
    (void)state;
    connect_with("p256", 0, false);
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(&client->ctx, &copy);
    uint8_t secret[32];
    memcpy(secret, cx->conn->tx.half.secret, sizeof secret);
    SecBuffer packed = export(client, 0);
    /* no key is left in it, nor in what was packed */
    for (size_t i = 0; i < sizeof secret; i++) assert_int_equal(cx->conn->tx.half.secret[i], 0);
    for (size_t i = 0; i < sizeof cx->conn->exporter_secret; i++)
        assert_int_equal(cx->conn->exporter_secret[i], 0);
    const uint8_t *state_bytes = cx->conn->tx.half.state;
    for (size_t i = 0; i < cv_suite_state_len(cx->conn->suite); i++) assert_int_equal(state_bytes[i], 0);
    assert_null(memmem(packed.pvBuffer, packed.cbBuffer, secret, 8));
    cv_context_unpin(&copy);

    SecBuffer again, b[4];
    SecPkgContext_ConnectionInfo info;
    assert_int_equal(sspi_send(client, server, "x", 1), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(sspi_send(server, client, "x", 1), SEC_E_OK);
    assert_int_equal(sspi_decrypt(client, b), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(client->out_len, 0);
    assert_int_equal(ExportSecurityContext(&client->ctx, 0, &again, NULL), SEC_E_CONTEXT_EXPIRED);
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&client->ctx), SEC_E_OK);
    assert_int_equal(import(&packed, &client->ctx), SEC_E_OK);
    assert_int_equal(sspi_decrypt(client, b), SEC_E_OK); /* what came meanwhile */
    FreeContextBuffer(packed.pvBuffer);
    sspi_close(&pair);
}

static void once_within_a_process(void **state)
{
    (void)state;
    CtxtHandle handle;
    connect_with("p256", 0, false);
    SecBuffer packed = export(client, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
    assert_int_equal(import(&packed, &client->ctx), SEC_E_OK);
    assert_int_equal(import(&packed, &handle), SEC_E_OUT_OF_SEQUENCE);
    /* many others in between, so that the notes grow */
    for (unsigned i = 0; i < 100; i++) move(server);
    assert_int_equal(import(&packed, &handle), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(DeleteSecurityContext(&client->ctx), SEC_E_OK);
    assert_int_equal(import(&packed, &handle), SEC_E_OUT_OF_SEQUENCE);
    client->has_ctx = false;
    FreeContextBuffer(packed.pvBuffer);
    /* and for ten minutes only, wherever */
    packed = export(server, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
    server->has_ctx = false;
    test_port_advance(&pair.port, 600);
    assert_int_equal(import(&packed, &handle), SEC_E_CONTEXT_EXPIRED);
    test_port_advance(&pair.port, -1201);
    assert_int_equal(import(&packed, &handle), SEC_E_CONTEXT_EXPIRED);
    test_port_advance(&pair.port, 1200);
    assert_int_equal(import(&packed, &server->ctx), SEC_E_OK);
    server->has_ctx = true;
    FreeContextBuffer(packed.pvBuffer);
    sspi_close(&pair);
}

static void tampered_truncated_or_for_another_key(void **state)
{
    (void)state;
    CtxtHandle handle;
    connect_with("p256", 0, true);
    SecBuffer packed = export(client, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
    client->has_ctx = false;
    BYTE *p = packed.pvBuffer;
    for (ULONG i = 0; i < packed.cbBuffer; i++) {
        SecBuffer shorter = {i, SECBUFFER_TOKEN, p};
        p[i] ^= 0x10;
        assert_int_equal(import(&packed, &handle), SEC_E_INVALID_TOKEN);
        p[i] ^= 0x10;
        assert_int_equal(import(&shorter, &handle), SEC_E_INVALID_TOKEN);
    }
    assert_true(CulvertSetExportKey(other_key, sizeof other_key));
    assert_int_equal(import(&packed, &handle), SEC_E_INVALID_TOKEN);
    assert_false(CulvertSetExportKey(key, 31));
    assert_false(CulvertSetExportKey(NULL, 32));
    assert_true(CulvertSetExportKey(NULL, 0));
    assert_int_equal(import(&packed, &handle), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ExportSecurityContext(&server->ctx, 0, &packed, NULL), SEC_E_UNSUPPORTED_FUNCTION);
    assert_true(CulvertSetExportKey(key, sizeof key));
    assert_int_equal(ImportSecurityContextA((SEC_CHAR *)(uintptr_t) "Kerberos", &packed, NULL, &handle),
                     SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(import(NULL, &handle), SEC_E_INVALID_PARAMETER);
    assert_int_equal(import(&packed, NULL), SEC_E_INVALID_PARAMETER);
    assert_int_equal(import(&packed, &client->ctx), SEC_E_OK); /* none of all that used it up */
    client->has_ctx = true;
    FreeContextBuffer(packed.pvBuffer);
    sspi_exchange(client, server, "still whole");
    sspi_close(&pair);
}

static void contexts_that_cannot_leave(void **state)
{
    (void)state;
    SecBuffer packed;
    CtxtHandle none = {1, 2};
    sspi_open(&pair, "p256");
    assert_true(CulvertSetExportKey(key, sizeof key));
    assert_int_equal(ExportSecurityContext(&none, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
    assert_int_equal(ExportSecurityContext(NULL, 0, &packed, NULL), SEC_E_INVALID_HANDLE);
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(ExportSecurityContext(&client->ctx, 0, &packed, NULL), SEC_E_OUT_OF_SEQUENCE);
    assert_int_equal(DeleteSecurityContext(&client->ctx), SEC_E_OK);
    client->has_ctx = false;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    /* the beginning of TLS's keys would come twice */
    assert_int_equal(ExportSecurityContext(&client->ctx, SECPKG_CONTEXT_EXPORT_RESET_NEW, &packed, NULL),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ExportSecurityContext(&client->ctx, 0x80, &packed, NULL), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ExportSecurityContext(&client->ctx, 0, NULL, NULL), SEC_E_INVALID_PARAMETER);
    /* a message that has not come as a whole, a certificate that was asked for, an alert to be sent */
    server->req |= ASC_REQ_MUTUAL_AUTH;
    server->cred_flags = 0;
    assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_OK);
    assert_int_equal(ExportSecurityContext(&server->ctx, 0, &packed, NULL), SEC_E_OUT_OF_SEQUENCE);
    DWORD shutdown = SCHANNEL_SHUTDOWN;
    SecBuffer control = {sizeof shutdown, SECBUFFER_TOKEN, &shutdown};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &control};
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
    assert_int_equal(ExportSecurityContext(&client->ctx, 0, &packed, NULL), SEC_E_OUT_OF_SEQUENCE);
    sspi_close(&pair);
}

static void without_memory(void **state)
{
    (void)state;
    size_t n_export = 0, n_import = 0;
    SecBuffer packed;
    connect_with("p256", 0, true);
    for (;; n_export++) {
        test_port_fail_at(&pair.port, n_export + 1);
        SECURITY_STATUS status = ExportSecurityContext(&client->ctx, 0, &packed, NULL);
        test_port_fail_at(&pair.port, 0);
        if (status == SEC_E_OK) break;
        assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
        sspi_exchange(client, server, "as if nothing had been");
    }
    assert_int_equal(DeleteSecurityContext(&client->ctx), SEC_E_OK);
    client->has_ctx = false;
    for (;; n_import++) {
        test_port_fail_at(&pair.port, n_import + 1);
        SECURITY_STATUS status = import(&packed, &client->ctx);
        test_port_fail_at(&pair.port, 0);
        if (status == SEC_E_OK) break;
        assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
    }
    client->has_ctx = true;
    assert_in_range(n_export, 1, 4);
    assert_in_range(n_import, 6, 30);
    FreeContextBuffer(packed.pvBuffer);
    sspi_exchange(client, server, "at last");
    sspi_close(&pair);
}

/* --- another process --- */

static void read_all(int fd, void *p, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, (uint8_t *)p + at, len - at);
        if (n <= 0) _exit(9);
        at += (size_t)n;
    }
}

static void write_all(int fd, const void *p, size_t len)
{
    if (write(fd, p, len) != (ssize_t)len) _exit(8);
}

/* This program anew, as the process that goes on: a packed context, then a record; answers with one. */
static int go_on(void)
{
    static struct sspi_end self, peer;
    static uint8_t packed[1 << 16];
    uint32_t len;
    SecBuffer b[4];
    if (!CulvertSetExportKey(key, sizeof key)) return 2;
    read_all(0, &len, sizeof len);
    if (len > sizeof packed) return 3;
    read_all(0, packed, len);
    SecBuffer token = {len, SECBUFFER_TOKEN, packed};
    if (import(&token, &self.ctx) != SEC_E_OK) return 4;
    read_all(0, &len, sizeof len);
    if (len > sizeof self.in) return 5;
    read_all(0, self.in, self.in_len = len);
    if (sspi_decrypt(&self, b) != SEC_E_OK) return 6;
    if (sspi_send(&self, &peer, b[1].pvBuffer, b[1].cbBuffer) != SEC_E_OK) return 7;
    len = (uint32_t)peer.in_len;
    write_all(1, &len, sizeof len);
    write_all(1, peer.in, peer.in_len);
    return DeleteSecurityContext(&self.ctx) == SEC_E_OK ? 0 : 10;
}

static char program[4096];

static void into_another_process(void **state)
{
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        int to[2], from[2], exit_status;
        uint32_t len;
        SecBuffer b[4];
        connect_with("p256", 0, tls12);
        pair.port.now = time(NULL); /* as there */
        SecBuffer packed = export(server, SECPKG_CONTEXT_EXPORT_DELETE_OLD);
        server->has_ctx = false;
        server->in_len = client->in_len = 0;
        assert_int_equal(sspi_send(client, server, "across", 6), SEC_E_OK);
        assert_int_equal(pipe(to) | pipe(from), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            if (dup2(to[0], 0) < 0 || dup2(from[1], 1) < 0 || close(to[1]) != 0 || close(from[0]) != 0)
                _exit(11);
            execl(program, program, "go-on", (char *)NULL);
            _exit(go_on()); /* under an emulator: what forked goes on itself */
        }
        close(to[0]);
        close(from[1]);
        write_all(to[1], &packed.cbBuffer, sizeof packed.cbBuffer);
        write_all(to[1], packed.pvBuffer, packed.cbBuffer);
        len = (uint32_t)server->in_len;
        write_all(to[1], &len, sizeof len);
        write_all(to[1], server->in, server->in_len);
        read_all(from[0], &len, sizeof len);
        assert_in_range(len, 1, sizeof client->in);
        read_all(from[0], client->in, client->in_len = len);
        assert_int_equal(sspi_decrypt(client, b), SEC_E_OK);
        assert_int_equal(b[1].cbBuffer, 6);
        assert_memory_equal(b[1].pvBuffer, "across", 6);
        close(to[1]);
        close(from[0]);
        assert_int_equal(waitpid(pid, &exit_status, 0), pid);
        assert_int_equal(exit_status, 0);
        FreeContextBuffer(packed.pvBuffer);
        sspi_close(&pair);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "go-on") == 0) return go_on();
    if (realpath(argv[0], program) == NULL) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_suite_goes_on, give_up),
        cmocka_unit_test_teardown(attributes_stay, give_up),
        cmocka_unit_test_teardown(key_updates_go_on, give_up),
        cmocka_unit_test_teardown(the_old_context_goes_on_no_more, give_up),
        cmocka_unit_test_teardown(once_within_a_process, give_up),
        cmocka_unit_test_teardown(tampered_truncated_or_for_another_key, give_up),
        cmocka_unit_test_teardown(contexts_that_cannot_leave, give_up),
        cmocka_unit_test_teardown(without_memory, give_up),
        cmocka_unit_test_teardown(into_another_process, give_up),
    };
    return cmocka_run_group_tests_name("export and import", tests, NULL, NULL);
}
