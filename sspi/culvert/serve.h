/* What a server answers: the pages of --www, and --echo and --reverse. */
#ifndef CULVERT_SERVE_H
#define CULVERT_SERVE_H

#include "sspi/culvert/link.h"

enum cv_service { SERVICE_PRINT, SERVICE_WWW, SERVICE_ECHO, SERVICE_REVERSE };

/* What one connection has sent and is not answered yet. */
struct cv_request {
    enum cv_service service;
    struct cv_bytebuf in;
    bool done; /* no more will be answered: close */
};

/* Data came: answers into the link what can be answered. */
SECURITY_STATUS cv_serve_data(struct cv_request *r, struct cv_link *l, const BYTE *data, size_t len);

/* The other side sends no more. */
SECURITY_STATUS cv_serve_end(struct cv_request *r, struct cv_link *l);

#endif
