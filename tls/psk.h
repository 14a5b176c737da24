/* Pre-shared keys from elsewhere than a ticket (RFC 9846 section 4.3.11), and those that are imported (RFC
 * 9258): what an application configures, and how it becomes what a handshake offers or takes. */
#ifndef CV_TLS_PSK_H
#define CV_TLS_PSK_H

#include "crypto/base/bytes.h"
#include "crypto/hash.h"

enum { CV_PSK_SECRET_MAX = 64, CV_PSK_IDENTITY_MAX = 1024, CV_OFFERS_MAX = 8 };

struct cv_psk {
    struct cv_bytes identity; /* 1 to CV_PSK_IDENTITY_MAX bytes, sent in the clear */
    struct cv_bytes secret;   /* 16 to CV_PSK_SECRET_MAX random bytes: no password */
    enum cv_hash_id hash;     /* that it is used with; CV_HASH_NONE: SHA-256 */
    bool import;              /* RFC 9258: a key of its own for each hash and protocol */
    struct cv_bytes context;  /* with import: what both sides know of the key's use; may be empty */
};

struct cv_conn;
struct cv_session;

/* False: such a key cannot be used. */
bool cv_psk_is_valid(const struct cv_psk *psk);

/* Client: the keys of the configuration into hs->psks, as sessions that can be offered. At most CV_OFFERS_MAX
 * - 1. */
cv_err cv_psks_prepare(struct cv_conn *c);
/* Client: what the ClientHello offers, in its order: a ticket's session first, then keys, each with a hash
 * that serves. Returns how many. */
size_t cv_psks_offered(const struct cv_conn *c, struct cv_session *out[CV_OFFERS_MAX]);
/* Server: the key with this identity as a session. CV_E_BAD_PSK if there is none; CV_E_NO_MEMORY. */
cv_err cv_psk_find(struct cv_conn *c, struct cv_session **out, struct cv_bytes identity);
/* The hash with this number among the suites of TLS 1.3; NULL if none has it. */
struct cv_config;
const struct cv_hash *cv_config_hash(const struct cv_config *config, enum cv_hash_id id);

#endif
