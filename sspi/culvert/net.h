/* Sockets for client and server. */
#ifndef CULVERT_NET_H
#define CULVERT_NET_H

#include "sspi/culvert/link.h"

struct cv_address {
    char host[256];
    char port[16];
};

/* "HOST:PORT", "[IPV6]:PORT" or, if host may be missing, "PORT". */
bool cv_address_parse(struct cv_address *a, const char *text, bool needs_host);

/* A socket that does not block, or -1; *why says what went wrong. */
int cv_net_connect(const struct cv_address *a, const char **why);
/* A connection that waits at the listener; -1 and errno. */
int cv_net_accept(int listener);
int cv_net_listen(const struct cv_address *a, const char **why);

/* The numeric address of the other side, or of our own: "127.0.0.1:4433". */
void cv_net_name(int fd, bool peer, char *out, size_t cap);

void cv_net_unblock(int fd);

/* Moves what can be moved without waiting. */
enum cv_net_result { NET_OK, NET_AGAIN, NET_EOF, NET_ERROR };
enum cv_net_result cv_net_read(int fd, struct cv_bytebuf *in);
enum cv_net_result cv_net_write(int fd, struct cv_bytebuf *out);

#endif
