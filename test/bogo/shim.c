/* The shim: one process a test. It dials the runner once for each connection, does the handshake through SSPI
 * and sends back what it receives, each byte inverted. Flags and protocol: BoringSSL's ssl/test/PORTING.md.
 */
#include "shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

bool say(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vfprintf(stderr, text, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

bool say_failure(const CulvertContext_Failure *f)
{
    if (f->pszAlert == NULL) return say("%s: %s (0x%08x)", f->pszCause, f->pszReason, (unsigned)f->lStatus);
    return say("%s %s %s: %s (0x%08x)", f->pszCause, f->fReceived ? "received" : "sent", f->pszAlert,
               f->pszReason, (unsigned)f->lStatus);
}

BYTE *read_file(const char *name, DWORD *len)
{
    FILE *f = fopen(name, "rb");
    if (f == NULL) {
        say("%s: %s", name, strerror(errno));
        return NULL;
    }
    struct cv_bytebuf b = {NULL, 0, 0, 0};
    size_t n = 0;
    do {
        b.len += n;
        BYTE *room = cv_bytebuf_room(&b, 1 << 14);
        n = room == NULL ? 0 : fread(room, 1, 1 << 14, f);
    } while (n > 0);
    fclose(f);
    *len = (DWORD)b.len;
    return b.p;
}

/* The library's clocks: the shim is linked with --wrap for both. */
static time_t clock_ahead;
time_t __real_time(time_t *t);
time_t __wrap_time(time_t *t);
time_t __wrap_time(time_t *t)
{
    (void)t; /* NULL */
    return __real_time(NULL) + clock_ahead;
}

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    int result = __real_clock_gettime(id, t);
    t->tv_sec += clock_ahead;
    return result;
}

/* --- the socket --- */

static int dial(const struct config *config)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)config->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)config->port)};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    int fd = socket(config->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), one = 1;
    int failed = config->ipv6 ? connect(fd, (struct sockaddr *)&v6, sizeof v6)
                              : connect(fd, (struct sockaddr *)&v4, sizeof v4);
    if (fd < 0 || failed) {
        say("connect: %s", strerror(errno));
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static bool send_all(int fd, const BYTE *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
        if (n <= 0) return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* What waits to be sent. That the runner has gone already is for the next read to find out. */
static void flush(int fd, struct cv_link *link)
{
    if (send_all(fd, link->out.p + link->out.at, cv_bytebuf_left(&link->out)))
        cv_bytebuf_drop(&link->out, cv_bytebuf_left(&link->out));
}

/* More input; byte by byte with -async, so that every token is cut everywhere. 0: the runner has closed. */
static size_t fill(int fd, struct cv_link *link, const struct config *config)
{
    size_t want = config->async ? 1 : 1 << 14;
    BYTE *room = cv_bytebuf_room(&link->in, want);
    ssize_t n = room != NULL ? recv(fd, room, want, 0) : 0;
    if (n <= 0) return 0;
    link->in.len += (size_t)n;
    return (size_t)n;
}

/* The runner is to have read everything before its connection goes. */
static void hang_up(int fd)
{
    BYTE rest[1024];
    shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof rest, 0) > 0) {
    }
    close(fd);
}

/* --- one connection --- */

struct exchange {
    const struct config *config;
    const struct config *retry; /* holds after the server has refused our early data */
    const struct credential *credential;
    struct cv_link link;
    int fd;
    bool is_resume;
    struct cv_bytebuf echo; /* received, inverted, and not yet sent back */
};

static bool write_data(struct exchange *x, const void *p, size_t len)
{
    if (cv_link_encrypt(&x->link, p, len) != SEC_E_OK) return say_failure(&x->link.failure);
    flush(x->fd, &x->link);
    return true;
}

/* ISC or ASC without input; its token goes to the runner. */
static bool call_without_input(struct exchange *x)
{
    SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc out_desc = {SECBUFFER_VERSION, 1, &out};
    CtxtHandle *ctx = &x->link.context;
    ULONG attributes;
    SECURITY_STATUS status =
        x->config->server
            ? AcceptSecurityContext(NULL, ctx, NULL, x->link.requests, 0, ctx, &out_desc, &attributes, NULL)
            : InitializeSecurityContextA(NULL, ctx, NULL, x->link.requests, 0, 0, NULL, 0, ctx, &out_desc,
                                         &attributes, NULL);
    if (status < 0) return say("a call without input: 0x%08x", (unsigned)status);
    flush(x->fd, &x->link);
    send_all(x->fd, out.pvBuffer, out.cbBuffer);
    FreeContextBuffer(out.pvBuffer);
    return true;
}

/* ApplyControlToken, and the call that carries it out. */
static bool control(struct exchange *x, const void *token, size_t len)
{
    SecBuffer b = {(ULONG)len, SECBUFFER_TOKEN, (void *)(uintptr_t)token};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    SECURITY_STATUS status = ApplyControlToken(&x->link.context, &desc);
    return status == SEC_E_OK ? call_without_input(x) : say("ApplyControlToken: 0x%08x", (unsigned)status);
}

/* A fatal alert of the application's. */
static bool send_alert(struct exchange *x, DWORD number)
{
    SCHANNEL_ALERT_TOKEN alert = {SCHANNEL_ALERT, TLS1_ALERT_FATAL, number};
    return control(x, &alert, sizeof alert);
}

/* Where the library validates nothing it is the application that judges the peer's certificate. */
static bool refuses_peer(const struct exchange *x)
{
    const struct config *c = x->config;
    bool judges = c->verify_peer || c->require_any_client_certificate || c->accepted_peer_types.n > 0;
    return c->verify_fail && judges && (!x->is_resume || c->reverify_on_resume);
}

static void take_data(void *ctx, const BYTE *data, size_t len)
{
    struct exchange *x = ctx;
    BYTE *room = cv_bytebuf_room(&x->echo, len);
    if (room == NULL) return;
    for (size_t i = 0; i < len; i++) room[i] = data[i] ^ 0xff;
    x->echo.len += len;
}

/* Before the client's Finished. */
static bool answer_early_data(struct exchange *x)
{
    if (cv_link_take_early(&x->link, take_data, x) != SEC_E_OK) return say_failure(&x->link.failure);
    size_t len = cv_bytebuf_left(&x->echo);
    if (len > 0 && !write_data(x, x->echo.p + x->echo.at, len)) return false;
    cv_bytebuf_drop(&x->echo, len);
    return true;
}

static bool handshake(struct exchange *x)
{
    SECURITY_STATUS status;
    for (;;) {
        status = cv_link_handshake(&x->link);
        if (status != SEC_I_CONTINUE_NEEDED && status != SEC_I_ASYNC_CALL_PENDING) break;
        flush(x->fd, &x->link);
        if (status == SEC_I_ASYNC_CALL_PENDING) continue; /* the answer comes with the next question */
        if (!answer_early_data(x)) return false;
        if (fill(x->fd, &x->link, x->config) == 0)
            return say("the peer closed the connection in the handshake");
    }
    return status == SEC_E_OK ? true : say_failure(&x->link.failure);
}

static bool echo(struct exchange *x)
{
    for (;;) {
        /* a call on an established context without input is a KeyUpdate with the next data */
        if (x->config->key_update_before_read && !call_without_input(x)) return false;
        SECURITY_STATUS status = cv_link_decrypt(&x->link, take_data, x);
        size_t len = cv_bytebuf_left(&x->echo);
        if (len > 0 && x->link.closed) return say("application data after our close_notify");
        if (len > 0 && x->config->key_update && !call_without_input(x)) return false;
        if (len > 0 && !write_data(x, x->echo.p + x->echo.at, len)) return false;
        cv_bytebuf_drop(&x->echo, len);
        flush(x->fd, &x->link);
        if (status == SEC_I_CONTEXT_EXPIRED) return true;
        if (status == SEC_I_ASYNC_CALL_PENDING) continue;
        if (status != SEC_E_INCOMPLETE_MESSAGE) return say_failure(&x->link.failure);
        if (fill(x->fd, &x->link, x->config) == 0)
            return !x->config->check_close_notify || say("the peer closed without close_notify");
    }
}

static bool export_keys(struct exchange *x)
{
    const struct config *c = x->config;
    SecPkgContext_KeyingMaterial_Inproc io = {
        .cbLabel = (WORD)strlen(c->export_label),
        .pszLabel = (LPSTR)(uintptr_t)c->export_label,
        .cbContextValue = c->use_export_context ? (WORD)strlen(c->export_context) : 0,
        .pbContextValue = c->use_export_context ? (PBYTE)(uintptr_t)c->export_context : NULL,
        .cbKeyingMaterial = (DWORD)c->export_keying_material,
    };
    SECURITY_STATUS status =
        QueryContextAttributesA(&x->link.context, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &io);
    if (status != SEC_E_OK) return say("SECPKG_ATTR_KEYING_MATERIAL_INPROC: 0x%08x", (unsigned)status);
    bool ok = write_data(x, io.pbKeyingMaterial, io.cbKeyingMaterial);
    FreeContextBuffer(io.pbKeyingMaterial);
    return ok;
}

/* Length, then what we read with, then what we write with. */
static bool send_traffic_secrets(struct exchange *x)
{
    int own = x->config->server ? 1 : 0;
    size_t len = x->credential->traffic[own].len;
    BYTE prefix[2] = {(BYTE)len, (BYTE)(len >> 8)};
    return write_data(x, prefix, 2) && write_data(x, x->credential->traffic[1 - own].secret, len) &&
           write_data(x, x->credential->traffic[own].secret, len);
}

static bool send_tls_unique(struct exchange *x)
{
    static const char prefix[] = "tls-unique:";
    SecPkgContext_Bindings b;
    SECURITY_STATUS status = QueryContextAttributesA(&x->link.context, SECPKG_ATTR_UNIQUE_BINDINGS, &b);
    if (status != SEC_E_OK) return say("SECPKG_ATTR_UNIQUE_BINDINGS: 0x%08x", (unsigned)status);
    const BYTE *data = (BYTE *)b.Bindings + b.Bindings->dwApplicationDataOffset + sizeof prefix - 1;
    bool ok = write_data(x, data, b.Bindings->cbApplicationDataLength - (sizeof prefix - 1));
    FreeContextBuffer(b.Bindings);
    return ok;
}

static bool close_down(struct exchange *x)
{
    if (!x->config->check_close_notify) return true;
    if (cv_link_close(&x->link) != SEC_E_OK) return say_failure(&x->link.failure);
    flush(x->fd, &x->link);
    return !x->config->shim_shuts_down || x->link.closed_by_peer || echo(x);
}

/* What we send before we read, from malloc. */
static char *first_write(const struct config *c)
{
    const char *text = c->shim_initial_write != NULL ? c->shim_initial_write : "hello";
    size_t len = strlen(text),
           n = c->repeat_shim_initial_write > 0 ? (size_t)c->repeat_shim_initial_write : 1;
    char *all = malloc(n * len + 1);
    for (size_t i = 0; i < n && all != NULL; i++) memcpy(all + i * len, text, len + 1);
    return all;
}

static bool exchange(struct exchange *x)
{
    const struct config *c = x->config;
    if (!handshake(x)) return false;
    if (c->expect_reject_early_data && !c->server && x->is_resume) c = x->config = x->retry;
    if (refuses_peer(x)) {
        send_alert(x, c->use_custom_verify_callback ? TLS1_ALERT_CERTIFICATE_UNKNOWN
                                                    : TLS1_ALERT_HANDSHAKE_FAILURE);
        return say("the application refuses the peer's certificate");
    }
    if (c->fail_ocsp_callback && !c->server) {
        send_alert(x, 113); /* bad_certificate_status_response */
        return say("the application refuses the stapled answer");
    }
    flush(x->fd, &x->link);
    if (!check_handshake(c, x->credential, &x->link, x->is_resume)) return false;
    bool early_sent = c->enable_early_data && cv_link_early_taken(&x->link);
    if (c->handshake_never_done) return say("the handshake was done");
    if (c->export_keying_material > 0 && !export_keys(x)) return false;
    if (c->export_traffic_secrets && !send_traffic_secrets(x)) return false;
    if (c->tls_unique && !send_tls_unique(x)) return false;
    if (c->send_alert) return send_alert(x, TLS1_ALERT_DECOMPRESSION_FAIL);
    if (c->shim_writes_first && !early_sent) {
        char *first = first_write(c);
        bool ok = first != NULL && write_data(x, first, strlen(first));
        free(first);
        if (!ok) return false;
    }
    if (!c->shim_shuts_down && !echo(x)) return false;
    return close_down(x);
}

static bool send_shim_id(int fd, const char *text)
{
    uint64_t id = text != NULL ? strtoull(text, NULL, 10) : 0;
    BYTE bytes[8];
    for (unsigned i = 0; i < 8; i++) bytes[i] = (BYTE)(id >> 8 * i);
    return send_all(fd, bytes, sizeof bytes) ? true : say("the runner does not take the shim's number");
}

static bool connection(const struct config *config, const struct config *retry, struct credential *credential,
                       struct store *store, bool is_resume)
{
    store->n_put = 0;
    store->async = config->async;
    store->no_ticket = config->no_ticket;
    store->skip_ticket = config->skip_ticket;
    struct exchange x = {.config = config,
                         .retry = retry,
                         .credential = credential,
                         .is_resume = is_resume,
                         .fd = dial(config)};
    if (x.fd < 0 || !send_shim_id(x.fd, config->shim_id)) return false;
    bool validates = config_validates(config);
    bool has_early = config->enable_early_data && !config->server && is_resume && config->shim_writes_first;
    char *early = has_early ? first_write(config) : NULL;
    x.link = (struct cv_link){
        .credential = &credential->handle,
        .server = config->server,
        .target = config->host_name,
        .alpn = credential->alpn,
        .alpn_len = credential->alpn_len,
        .early = (const BYTE *)early,
        .early_len = early != NULL ? (ULONG)strlen(early) : 0,
    };
    if (config->server) {
        x.link.requests = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;
        if (config->verify_peer || config->require_any_client_certificate)
            x.link.requests |= ASC_REQ_MUTUAL_AUTH;
    } else {
        x.link.requests = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR;
        if (!validates) x.link.requests |= ISC_REQ_MANUAL_CRED_VALIDATION;
    }
    bool ok = exchange(&x) && check_sessions(x.config, store, &x.link, is_resume);
    flush(x.fd, &x.link);
    cv_link_free(&x.link);
    free(early);
    free(x.echo.p);
    hang_up(x.fd);
    return ok;
}

int main(int argc, char **argv)
{
    static struct config initial, resume, retry;
    static struct store store;
    struct credential first, second, *then = &first;
    bool unimplemented = false;
    signal(SIGPIPE, SIG_IGN);
    const char *unknown = config_parse(&initial, &resume, &retry, argc, argv);
    if (initial.is_handshaker_supported) {
        puts("No");
        return 0;
    }
    if (unknown != NULL) {
        say("not supported: %s", unknown);
        return EXIT_UNIMPLEMENTED;
    }
    bool same = config_same_credential(&initial, &resume);
    initial.own_tickets = resume.own_tickets = initial.use_ticket_callback || initial.no_ticket || !same;
    if (!credential_open(&first, &initial, &store, &unimplemented) ||
        (!same && !credential_open(then = &second, &resume, &store, &unimplemented)))
        return unimplemented ? EXIT_UNIMPLEMENTED : EXIT_FAILED;
    bool ok = connection(&initial, &retry, &first, &store, false);
    for (int i = 0; ok && i < initial.resume_count; i++) {
        clock_ahead += (i == 0 ? &initial : &resume)->resumption_delay;
        ok = connection(&resume, &retry, then, &store, true);
    }
    credential_close(&first);
    if (!same) credential_close(&second);
    store_free(&store);
    return ok ? 0 : EXIT_FAILED;
}
