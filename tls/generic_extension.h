/* Extensions that the application carries itself: what it sends stands in our hello or in our answer to the
 * client's, and what it subscribed to is shown to it when it comes. Reached through config->generic alone.
 *
 * Messages are ClientHello, and as answers EncryptedExtensions (TLS 1.3) and ServerHello (TLS 1.2); a server
 * that does not know the version yet may give an answer for either. An answer goes to clients that sent the
 * same extension alone, and one that we did not ask for is refused (RFC 9846 4.3). Renegotiations carry none.
 */
#ifndef CV_TLS_GENERIC_EXTENSION_H
#define CV_TLS_GENERIC_EXTENSION_H

#include "tls/conn.h"
#include "tls/messages.h"

enum { CV_GENERIC_SENT_MAX = 4, CV_GENERIC_SUBSCRIBED_MAX = 2, CV_GENERIC_BODY_MAX = 8192 };

struct cv_generic_extension {
    uint16_t type;        /* IANA's number */
    uint16_t msg;         /* enum cv_msg */
    struct cv_bytes body; /* empty in a subscription */
};

struct cv_generic_wishes {
    struct cv_generic_extension sent[CV_GENERIC_SENT_MAX], subscribed[CV_GENERIC_SUBSCRIBED_MAX];
    size_t n_sent, n_subscribed;
};

/* Takes over, by copy, what the application wants; before the first cv_conn_step or between two. One that it
 * named before is replaced. What comes too late, since its message is sent or the handshake is over, is
 * without effect. CV_E_INVALID_ARGUMENT, and nothing is taken: an extension of the engine's own or of RFC
 * 8701, one that stands twice, a message that carries none, more than there is room for, or too long a body.
 * CV_E_NO_MEMORY. */
cv_err cv_generic_want(struct cv_conn *c, const struct cv_generic_wishes *wishes);

/* After CV_WANT_EXTENSION: the extension, with the 4 bytes of its header. Until the next cv_conn_step. */
struct cv_bytes cv_generic_received(const struct cv_conn *c);

/* The extensions that were negotiated, those of the server's answers: their number, and IANA's numbers, cap at
 * the most. */
enum { CV_GENERIC_NEGOTIATED_MAX = 34 };
size_t cv_generic_negotiated(const struct cv_conn *c, uint16_t *out, size_t cap);

/* For config->generic. */
extern const struct cv_generic_support cv_generic_extensions;

#endif
