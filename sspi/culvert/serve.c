/* See serve.h. */
#include "sspi/culvert/serve.h"

#include "sspi/culvert/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 1 << 14, HEAD_MAX = 1 << 14, PAGE_MAX = 2048 };

static SECURITY_STATUS reverse_line(struct cv_link *l, BYTE *line, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        BYTE c = line[i];
        line[i] = line[len - 1 - i];
        line[len - 1 - i] = c;
    }
    return cv_link_encrypt(l, line, len);
}

/* Whole lines, each turned round before its line feed; a longer one in pieces. */
static SECURITY_STATUS reverse(struct cv_request *r, struct cv_link *l, bool end)
{
    SECURITY_STATUS status = SEC_E_OK;
    while (status == SEC_E_OK && cv_bytebuf_left(&r->in) > 0) {
        BYTE *p = r->in.p + r->in.at;
        size_t left = cv_bytebuf_left(&r->in);
        BYTE *feed = memchr(p, '\n', left);
        if (feed == NULL && left < LINE_MAX_LEN && !end) break;
        size_t len = feed ? (size_t)(feed - p) : left;
        status = reverse_line(l, p, len);
        if (status == SEC_E_OK && feed != NULL) status = cv_link_encrypt(l, "\n", 1);
        cv_bytebuf_drop(&r->in, len + (feed != NULL));
    }
    return status;
}

/* The status page: what this connection negotiated, as HTML. */
static size_t build_page(struct cv_link *l, char *out, size_t cap)
{
    SecPkgContext_CipherInfo cipher = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    SecPkgContext_SessionInfo session = {0};
    SecPkgContext_ApplicationProtocol alpn = {0};
    CulvertContext_Handshake handshake = {0};
    char suite[SZ_ALG_MAX_SIZE] = "";
    (void)QueryContextAttributesA(&l->context, SECPKG_ATTR_CIPHER_INFO, &cipher);
    (void)QueryContextAttributesA(&l->context, SECPKG_ATTR_SESSION_INFO, &session);
    (void)QueryContextAttributesA(&l->context, SECPKG_ATTR_APPLICATION_PROTOCOL, &alpn);
    (void)QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_HANDSHAKE, &handshake);
    for (size_t i = 0; cipher.szCipherSuite[i] != 0 && i + 1 < sizeof suite; i++)
        suite[i] = (char)cipher.szCipherSuite[i];
    bool agreed = alpn.ProtoNegoStatus == SecApplicationProtocolNegotiationStatus_Success;
    int n = snprintf(
        out, cap,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>culvert</title></head>\n"
        "<body><h1>culvert server</h1>\n<table>\n"
        "<tr><th>Protocol</th><td>TLS 1.%d</td></tr>\n"
        "<tr><th>Cipher suite</th><td>%s</td></tr>\n"
        "<tr><th>Key exchange</th><td>%s</td></tr>\n"
        "<tr><th>Signature</th><td>%s</td></tr>\n"
        "<tr><th>ALPN</th><td>%.*s</td></tr>\n"
        "<tr><th>Session</th><td>%s</td></tr>\n</table></body></html>\n",
        (int)(cipher.dwProtocol & 0xff) - 1, suite, handshake.pszGroup ? handshake.pszGroup : "-",
        handshake.pszOwnScheme ? handshake.pszOwnScheme : "-", agreed ? (int)alpn.ProtocolIdSize : 4,
        agreed ? (const char *)alpn.ProtocolId : "none",
        session.dwFlags & SSL_SESSION_RECONNECT ? "resumed" : "new");
    return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

/* Head and body go out together, in one record. */
static SECURITY_STATUS respond(struct cv_link *l, int code, const char *reason, const char *body,
                               size_t body_len, bool head, bool close)
{
    char text[512 + PAGE_MAX];
    int n = snprintf(text, 512,
                     "HTTP/1.1 %d %s\r\nServer: culvert/%s\r\nContent-Type: text/html; charset=utf-8\r\n"
                     "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: %s\r\n\r\n",
                     code, reason, CULVERT_VERSION, body_len, close ? "close" : "keep-alive");
    if (n < 0 || n >= 512 || body_len > PAGE_MAX) return SEC_E_INTERNAL_ERROR;
    if (!head) memcpy(text + n, body, body_len);
    return cv_link_encrypt(l, text, (size_t)n + (head ? 0 : body_len));
}

/* The value of a header field in the head of a request, or NULL; it ends at the line's end. */
static const char *header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
            return line + 3 + len + strspn(line + 3 + len, " \t");
    return NULL;
}

static bool header_is(const char *head, const char *name, const char *value)
{
    const char *v = header(head, name);
    return v != NULL && strncasecmp(v, value, strlen(value)) == 0;
}

/* One request head, its last line being empty. RFC 9112. */
static SECURITY_STATUS answer(struct cv_request *r, struct cv_link *l, const char *head)
{
    char method[16], path[1024], version[16], page[PAGE_MAX];
    static const char not_found[] = "<h1>404</h1>\n", not_allowed[] = "<h1>405</h1>\n",
                      bad[] = "<h1>400</h1>\n";
    if (sscanf(head, "%15s %1023s %15[^\r]", method, path, version) != 3 ||
        strncmp(version, "HTTP/1.", 7) != 0) {
        r->done = true;
        return respond(l, 400, "Bad Request", bad, sizeof bad - 1, false, true);
    }
    bool is_head = strcmp(method, "HEAD") == 0;
    bool old = strcmp(version, "HTTP/1.0") == 0;
    r->done = header_is(head, "connection", "close") || (old && !header_is(head, "connection", "keep-alive"));
    if (!is_head && strcmp(method, "GET") != 0) {
        r->done = true; /* a body may follow, and we do not read it */
        return respond(l, 405, "Method Not Allowed", not_allowed, sizeof not_allowed - 1, false, true);
    }
    if (strcmp(path, "/") != 0)
        return respond(l, 404, "Not Found", not_found, sizeof not_found - 1, is_head, r->done);
    return respond(l, 200, "OK", page, build_page(l, page, sizeof page), is_head, r->done);
}

static SECURITY_STATUS www(struct cv_request *r, struct cv_link *l)
{
    SECURITY_STATUS status = SEC_E_OK;
    while (status == SEC_E_OK && !r->done) {
        BYTE *room = cv_bytebuf_room(&r->in, 1);
        if (room == NULL) return SEC_E_INSUFFICIENT_MEMORY;
        *room = 0; /* so that string functions stop */
        char *head = (char *)r->in.p + r->in.at, *end = strstr(head, "\r\n\r\n");
        if (end == NULL) {
            if (cv_bytebuf_left(&r->in) <= HEAD_MAX) break;
            r->done = true;
            return respond(l, 431, "Request Header Fields Too Large", "", 0, false, true);
        }
        end[2] = 0;
        status = answer(r, l, head);
        cv_bytebuf_drop(&r->in, (size_t)(end + 4 - head));
    }
    return status;
}

static SECURITY_STATUS keep(struct cv_request *r, const BYTE *data, size_t len)
{
    BYTE *room = cv_bytebuf_room(&r->in, len + 1);
    if (room == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(room, data, len);
    r->in.len += len;
    return SEC_E_OK;
}

static SECURITY_STATUS print(const BYTE *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0) break; /* nobody reads it */
        data += n, len -= (size_t)n;
    }
    return SEC_E_OK;
}

SECURITY_STATUS cv_serve_data(struct cv_request *r, struct cv_link *l, const BYTE *data, size_t len)
{
    SECURITY_STATUS status;
    if (r->done) return SEC_E_OK;
    switch (r->service) {
    case SERVICE_ECHO:
        return cv_link_encrypt(l, data, len);
    case SERVICE_REVERSE:
        status = keep(r, data, len);
        return status == SEC_E_OK ? reverse(r, l, false) : status;
    case SERVICE_WWW:
        status = keep(r, data, len);
        return status == SEC_E_OK ? www(r, l) : status;
    case SERVICE_PRINT:
        break;
    }
    return print(data, len);
}

SECURITY_STATUS cv_serve_end(struct cv_request *r, struct cv_link *l)
{
    r->done = true;
    SECURITY_STATUS status = r->service == SERVICE_REVERSE ? reverse(r, l, true) : SEC_E_OK;
    /* TLS 1.2 has no half-closed connections: nothing may follow the other side's close_notify (RFC
     * 5246 7.2.1) */
    return status == SEC_E_CONTEXT_EXPIRED ? SEC_E_OK : status;
}
