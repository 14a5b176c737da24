/* One context used by two threads at once, as Schannel allows: one encrypts while the other decrypts and
 * hands handshake records to ISC or ASC. Contexts of one credential on many threads. Meant to be run under
 * ThreadSanitizer, too. */
#include "sspi_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N_MESSAGES = 400, MESSAGE_LEN = 700, UPDATE_EVERY = 23, WINDOW = 20, STREAM_CAP = 1 << 20 };

/* Bytes on their way in one direction. */
struct stream {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    uint8_t bytes[STREAM_CAP];
    size_t len, taken;
};

struct side {
    struct sspi_end *end;
    struct stream *in, *out;
    atomic_int n_renegotiate, n_received;
};

static struct sspi_pair pair;
static struct stream to_server = {.mutex = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
static struct stream to_client = {.mutex = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void check(bool ok, const char *what)
{
    if (ok) return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

static void put(struct stream *s, const uint8_t *p, size_t len)
{
    pthread_mutex_lock(&s->mutex);
    check(s->len + len <= STREAM_CAP, "stream is full");
    memcpy(s->bytes + s->len, p, len);
    s->len += len;
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->mutex);
}

/* Waits for bytes and copies all that there are behind what the reader has. */
static size_t get(struct stream *s, uint8_t *p, size_t cap)
{
    pthread_mutex_lock(&s->mutex);
    while (s->len == s->taken) pthread_cond_wait(&s->more, &s->mutex);
    size_t n = s->len - s->taken;
    if (n > cap) n = cap;
    memcpy(p, s->bytes + s->taken, n);
    s->taken += n;
    pthread_mutex_unlock(&s->mutex);
    return n;
}

static SECURITY_STATUS call(struct sspi_end *e, uint8_t *token, size_t len, size_t *extra)
{
    SecBuffer in[2] = {{(ULONG)len, SECBUFFER_TOKEN, token}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer out = {4096, SECBUFFER_TOKEN, NULL};
    SecBufferDesc in_desc = {0, 2, in}, out_desc = {0, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status = e->server
                                 ? AcceptSecurityContext(&e->cred, &e->ctx, token != NULL ? &in_desc : NULL,
                                                         e->req, 0, NULL, &out_desc, &attributes, NULL)
                                 : InitializeSecurityContextA(&e->cred, &e->ctx, e->target, e->req, 0, 0,
                                                              token != NULL ? &in_desc : NULL, 0, NULL,
                                                              &out_desc, &attributes, NULL);
    check(out.cbBuffer == 0, "nothing is to be sent by ISC or ASC");
    if (extra != NULL) *extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
    return status;
}

static void *sender(void *arg)
{
    struct side *s = arg;
    uint8_t record[5 + MESSAGE_LEN + 44];
    for (int i = 0; i < N_MESSAGES; i++) {
        size_t len = (size_t)(i * 37 % MESSAGE_LEN);
        for (size_t k = 0; k < len; k++) record[5 + k] = (uint8_t)((size_t)i + k);
        /* Not far ahead of what comes back, so that key updates fall between messages. */
        while (i > atomic_load(&s->n_received) + WINDOW) sched_yield();
        SecBuffer b[3] = {{5, SECBUFFER_STREAM_HEADER, record},
                          {(ULONG)len, SECBUFFER_DATA, record + 5},
                          {44, SECBUFFER_STREAM_TRAILER, record + 5 + len}};
        SecBufferDesc desc = {0, 3, b};
        check(EncryptMessage(&s->end->ctx, 0, &desc, 0) == SEC_E_OK, "EncryptMessage");
        put(s->out, record, (size_t)b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer);
    }
    return NULL;
}

static void *receiver(void *arg)
{
    struct side *s = arg;
    static _Thread_local uint8_t in[1 << 16];
    size_t in_len = 0;
    for (int i = 0; i < N_MESSAGES;) {
        SecBuffer b[4] = {{(ULONG)in_len, SECBUFFER_DATA, in}, {0, 0, NULL}, {0, 0, NULL}, {0, 0, NULL}};
        SecBufferDesc desc = {0, 4, b};
        SECURITY_STATUS status = DecryptMessage(&s->end->ctx, &desc, 0, NULL);
        if (status == SEC_E_INCOMPLETE_MESSAGE) {
            in_len += get(s->in, in + in_len, sizeof in - in_len);
            continue;
        }
        size_t left = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
        if (status == SEC_I_RENEGOTIATE) {
            atomic_fetch_add(&s->n_renegotiate, 1);
            check(call(s->end, in + in_len - left, left, &left) == SEC_E_OK,
                  "the answer to SEC_I_RENEGOTIATE");
        } else {
            check(status == SEC_E_OK, "DecryptMessage");
            check(b[1].cbBuffer == (ULONG)(i * 37 % MESSAGE_LEN), "length");
            for (size_t k = 0; k < b[1].cbBuffer; k++)
                check(((uint8_t *)b[1].pvBuffer)[k] == (uint8_t)((size_t)i + k), "content");
            atomic_store(&s->n_received, ++i);
            /* This thread has ISC and ASC for itself: it asks both sides to update their keys. */
            if (s->end->server && i % UPDATE_EVERY == 0)
                check(call(s->end, NULL, 0, NULL) == SEC_E_OK, "re-authentication");
        }
        memmove(in, in + in_len - left, left);
        in_len = left;
    }
    return NULL;
}

static void *asker(void *arg)
{
    struct side *s = arg;
    for (int i = 0; i < N_MESSAGES; i++) {
        SecPkgContext_StreamSizes sizes;
        SecPkgContext_ConnectionInfo info;
        check(QueryContextAttributesA(&s->end->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes) == SEC_E_OK, "sizes");
        check(QueryContextAttributesA(&s->end->ctx, SECPKG_ATTR_CONNECTION_INFO, &info) == SEC_E_OK, "info");
    }
    return NULL;
}

/* A pair on the host's port, connected, without tickets. */
static void connect_on_host(void)
{
    sspi_open(&pair, "p256");
    sspi_give_up(&pair); /* the test's port is for one thread */
    pair.server.cert = sspi_cert("server-p256");
    pair.client.roots = sspi_roots();
    pair.server.lifespan = 0xffffffff;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
}

static void free_on_host(void)
{
    assert_int_equal(DeleteSecurityContext(&pair.server.ctx), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&pair.client.cred), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&pair.server.cred), SEC_E_OK);
    CertFreeCertificateContext(pair.server.cert);
    CertCloseStore(pair.client.roots, 0);
    assert_true(CulvertSetPort(NULL)); /* nothing is left */
}

static void *encrypt_until_deleted(void *arg)
{
    struct sspi_end *e = arg;
    CtxtHandle ctx = e->ctx;
    uint8_t record[5 + 100 + 44];
    SECURITY_STATUS status;
    do {
        SecBuffer b[3] = {{5, SECBUFFER_STREAM_HEADER, record},
                          {100, SECBUFFER_DATA, record + 5},
                          {44, SECBUFFER_STREAM_TRAILER, record + 105}};
        SecBufferDesc desc = {0, 3, b};
        status = EncryptMessage(&ctx, 0, &desc, 0);
    } while (status == SEC_E_OK);
    check(status == SEC_E_INVALID_HANDLE, "EncryptMessage on a deleted context");
    return NULL;
}

static void attack_43_delete_beside_encrypt(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        pthread_t t[2];
        connect_on_host();
        assert_false(CulvertSetPort(NULL)); /* not while there are handles */
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&t[i], NULL, encrypt_until_deleted, &pair.client), 0);
        for (int i = 0; i < 100 * round; i++) sched_yield();
        assert_int_equal(DeleteSecurityContext(&pair.client.ctx), SEC_E_OK);
        for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
        free_on_host();
    }
}

static void section_0_10_attack_43_encrypt_beside_decrypt(void **state)
{
    (void)state;
    connect_on_host();
    static struct side client, server;
    client = (struct side){&pair.client, &to_client, &to_server, 0, 0};
    server = (struct side){&pair.server, &to_server, &to_client, 0, 0};
    pthread_t t[5];
    assert_int_equal(pthread_create(&t[0], NULL, sender, &client), 0);
    assert_int_equal(pthread_create(&t[1], NULL, receiver, &client), 0);
    assert_int_equal(pthread_create(&t[2], NULL, sender, &server), 0);
    assert_int_equal(pthread_create(&t[3], NULL, receiver, &server), 0);
    assert_int_equal(pthread_create(&t[4], NULL, asker, &client), 0);
    for (int i = 0; i < 5; i++) pthread_join(t[i], NULL);
    assert_true(atomic_load(&client.n_renegotiate) > 2); /* several may go out as one */

    assert_int_equal(DeleteSecurityContext(&pair.client.ctx), SEC_E_OK);
    free_on_host();
}

/* --- one credential, many threads --- */

enum { N_THREADS = 4, N_CONNECTIONS = 5 };

/* Each thread has a client and a server of its own, under credentials that all share. */
static struct worker {
    struct sspi_pair pair;
    bool tls12;
    int n_resumed;
} workers[N_THREADS];

static CredHandle shared_clients[2], shared_server; /* [1]: TLS 1.2 */
static pthread_barrier_t connected, freed;

static void look_at_the_peer(struct sspi_end *e)
{
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    PCCERT_CONTEXT cert;
    PCCERT_CHAIN_CONTEXT chain;
    check(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert) == SEC_E_OK,
          "certificate");
    check(CertGetCertificateChain(NULL, cert, NULL, pair.client.roots, &para, 0, NULL, &chain), "chain");
    CertFreeCertificateChain(chain);
    CertFreeCertificateContext(cert);
}

static void connect_worker(struct worker *w)
{
    SecPkgContext_SessionInfo info;
    check(sspi_connect(&w->pair) == SEC_E_OK, "handshake");
    sspi_exchange(&w->pair.server, &w->pair.client, "so that the ticket is read");
    sspi_exchange(&w->pair.client, &w->pair.server, "and an answer");
    check(QueryContextAttributesA(&w->pair.client.ctx, SECPKG_ATTR_SESSION_INFO, &info) == SEC_E_OK,
          "session");
    w->n_resumed += (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
    look_at_the_peer(&w->pair.client);
}

static void *many_connections(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < N_CONNECTIONS; i++) {
        connect_worker(w);
        if (i + 1 < N_CONNECTIONS) sspi_drop(&w->pair);
    }
    pthread_barrier_wait(&connected);
    pthread_barrier_wait(&freed);
    sspi_exchange(&w->pair.client, &w->pair.server, "the credentials are gone");
    sspi_drop(&w->pair);
    return NULL;
}

/* What an application may ask and set meanwhile. */
static void *keep_asking(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        SecPkgCred_SupportedProtocols protocols;
        CulvertContext_Bytes keys;
        check(QueryCredentialsAttributesA(&shared_server, SECPKG_ATTR_SUPPORTED_PROTOCOLS, &protocols) ==
                  SEC_E_OK,
              "protocols");
        check(QueryCredentialsAttributesExA(&shared_server, SECPKG_ATTR_CULVERT_TICKET_KEYS, &keys,
                                            sizeof keys) == SEC_E_OK,
              "ticket keys");
        check(SetCredentialsAttributesA(&shared_server, SECPKG_ATTR_CULVERT_TICKET_KEYS, &keys,
                                        sizeof keys) == SEC_E_OK,
              "new ticket keys");
        check(FreeContextBuffer(keys.pbBytes) == SEC_E_OK, "free");
        sched_yield();
    }
    return NULL;
}

static void share_credentials(void)
{
    static TLS_PARAMETERS only12 = {.grbitDisabledProtocols = SP_PROT_TLS1_3};
    sspi_open(&pair, "p256");
    sspi_give_up(&pair); /* the test's port is for one thread */
    pair.server.cert = sspi_cert("server-p256");
    pair.client.roots = sspi_roots();
    for (int i = 0; i < 2; i++) {
        pair.client.params = i == 1 ? &only12 : NULL;
        assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
        shared_clients[i] = pair.client.cred;
    }
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
    shared_server = pair.server.cred;
    for (int i = 0; i < N_THREADS; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.tls12 = i % 2 != 0};
        w->pair.client = pair.client;
        w->pair.server = pair.server;
        w->pair.client.cred = shared_clients[w->tls12];
    }
}

static void section_0_10_one_credential_on_many_threads(void **state)
{
    pthread_t t[N_THREADS], asking;
    int n_resumed[2] = {0, 0};
    (void)state;
    share_credentials();
    assert_int_equal(pthread_barrier_init(&connected, NULL, N_THREADS + 1), 0);
    assert_int_equal(pthread_barrier_init(&freed, NULL, N_THREADS + 1), 0);
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, many_connections, &workers[i]), 0);
    assert_int_equal(pthread_create(&asking, NULL, keep_asking, NULL), 0);
    pthread_join(asking, NULL);
    pthread_barrier_wait(&connected);
    assert_int_equal(FreeCredentialsHandle(&shared_clients[0]), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&shared_clients[1]), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&shared_server), SEC_E_OK);
    pthread_barrier_wait(&freed);
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(t[i], NULL);
        n_resumed[workers[i].tls12] += workers[i].n_resumed;
    }
    assert_true(n_resumed[0] > N_CONNECTIONS && n_resumed[1] > N_CONNECTIONS);
    pthread_barrier_destroy(&connected);
    pthread_barrier_destroy(&freed);
    CertFreeCertificateContext(pair.server.cert);
    CertCloseStore(pair.client.roots, 0);
    assert_true(CulvertSetPort(NULL)); /* nothing is left */
}

static void *first_user(void *arg)
{
    (void)arg;
    SecPkgInfoA *info;
    check(QuerySecurityPackageInfoA((char *)(uintptr_t) "Schannel", &info) == SEC_E_OK, "first use");
    check(FreeContextBuffer(info) == SEC_E_OK, "free");
    return NULL;
}

static void threads_may_be_the_first_together(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        pthread_t t[4];
        assert_true(CulvertSetPort(NULL)); /* the library is not there yet */
        for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&t[i], NULL, first_user, NULL), 0);
        for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    }
    assert_true(CulvertSetPort(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_may_be_the_first_together),
        cmocka_unit_test(attack_43_delete_beside_encrypt),
        cmocka_unit_test(section_0_10_attack_43_encrypt_beside_decrypt),
        cmocka_unit_test(section_0_10_one_credential_on_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
