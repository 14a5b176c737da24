/* See net.h. */
#include "sspi/culvert/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool cv_address_parse(struct cv_address *a, const char *text, bool needs_host)
{
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t host_len = colon ? (size_t)(colon - text) : 0;
    if (host_len >= 2 && text[0] == '[' && text[host_len - 1] == ']') text++, host_len -= 2;
    size_t port_len = strlen(port);
    if (port_len == 0 || port_len >= sizeof a->port || host_len >= sizeof a->host) return false;
    if (strspn(port, "0123456789") != port_len || (needs_host && host_len == 0)) return false;
    memcpy(a->host, text, host_len);
    a->host[host_len] = 0;
    memcpy(a->port, port, port_len + 1);
    return true;
}

void cv_net_unblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0) (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* Tries the addresses of a name in turn. */
static int open_first(const struct cv_address *a, bool passive, const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0}, *list;
    int fd = -1, e = getaddrinfo(a->host[0] ? a->host : NULL, a->port, &hints, &list);
    static const int one = 1;
    if (e != 0) {
        *why = gai_strerror(e);
        return -1;
    }
    for (const struct addrinfo *i = list; i != NULL && fd < 0; i = i->ai_next) {
        fd = socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol);
        if (fd < 0) continue;
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if ((passive ? bind(fd, i->ai_addr, i->ai_addrlen) || listen(fd, 128)
                     : connect(fd, i->ai_addr, i->ai_addrlen)) == 0)
            break;
        *why = strerror(errno);
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd >= 0) cv_net_unblock(fd);
    return fd;
}

/* Records are written whole: waiting for more would only delay them. */
static void no_delay(int fd)
{
    static const int one = 1;
    if (fd >= 0) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int cv_net_connect(const struct cv_address *a, const char **why)
{
    int fd = open_first(a, false, why);
    no_delay(fd);
    return fd;
}

int cv_net_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);
    no_delay(fd);
    return fd;
}

int cv_net_listen(const struct cv_address *a, const char **why)
{
    return open_first(a, true, why);
}

void cv_net_name(int fd, bool peer, char *out, size_t cap)
{
    struct sockaddr_storage s;
    socklen_t len = sizeof s;
    char host[64], port[16];
    struct sockaddr *address = (struct sockaddr *)&s;
    out[0] = 0;
    if ((peer ? getpeername(fd, address, &len) : getsockname(fd, address, &len)) != 0) return;
    if (getnameinfo(address, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    snprintf(out, cap, s.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

enum cv_net_result cv_net_read(int fd, struct cv_bytebuf *in)
{
    enum { CHUNK = 1 << 16 };
    BYTE *room = cv_bytebuf_room(in, CHUNK);
    if (room == NULL) return NET_ERROR;
    ssize_t n = recv(fd, room, CHUNK, 0);
    if (n == 0) return NET_EOF;
    if (n < 0) return errno == EAGAIN || errno == EINTR ? NET_AGAIN : NET_ERROR;
    in->len += (size_t)n;
    return NET_OK;
}

enum cv_net_result cv_net_write(int fd, struct cv_bytebuf *out)
{
    while (cv_bytebuf_left(out) > 0) {
        ssize_t n = send(fd, out->p + out->at, cv_bytebuf_left(out), MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN || errno == EINTR ? NET_AGAIN : NET_ERROR;
        cv_bytebuf_drop(out, (size_t)n);
    }
    return NET_OK;
}
