/* One call of ISC or ASC on a context: what is due, in which order, and what becomes of input and output.
 * The seam of design, section 5; the same for both roles. */
#include "sspi/impersonate.h"
#include "sspi/status.h"

#include <string.h>

static struct cv_bytes rest_of(const struct cv_call *k)
{
    return cv_bytes(k->in.token.len > k->used ? k->in.token.p + k->used : NULL, k->in.token.len - k->used);
}

/* --- what was consumed before --- */

static void digest_of(const struct cv_context *cx, struct cv_bytes bytes, uint8_t digest[32])
{
    cv_hash_digest(cx->cred->algorithms.sha256, digest, bytes.p, bytes.len);
}

/* Bytes in front of the token that a suspended call consumed already. */
static size_t repeated_len(const struct cv_call *k)
{
    const struct cv_context_extras *x = k->cx->extras;
    uint8_t digest[32];
    if (x == NULL || x->suspension.len == 0 || k->in.token.len < x->suspension.len) return 0;
    digest_of(k->cx, cv_bytes(k->in.token.p, x->suspension.len), digest);
    bool same =
        cv_bytes_equal(cv_bytes(digest, sizeof digest), cv_bytes(x->suspension.digest, sizeof digest));
    return same ? x->suspension.len : 0;
}

static SECURITY_STATUS remember_consumed(struct cv_call *k)
{
    if (k->used == 0) return SEC_E_OK;
    struct cv_context_extras *x = cv_context_extras(k->cx);
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    x->suspension.len = k->used;
    digest_of(k->cx, cv_bytes(k->in.token.p, k->used), x->suspension.digest);
    return SEC_E_OK;
}

static void forget_consumed(struct cv_context *cx)
{
    if (cx->extras != NULL) cx->extras->suspension.len = 0;
}

/* --- output --- */

/* Nothing is told beside the token. */
static void no_side_output(const struct cv_call *k)
{
    cv_output_alert(&k->out, false, 0, 0);
    (void)cv_output_extension(&k->out, cv_bytes(NULL, 0));
}

/* Says in a spare buffer how many bytes at the end of the input are left. */
static SECURITY_STATUS report_extra(struct cv_call *k, SECURITY_STATUS status)
{
    size_t left = k->in.token.len - k->used;
    if (left == 0) return status;
    SecBuffer *b = k->in.spare != NULL ? k->in.spare : k->out.extra;
    if (b == NULL) {
        /* What was consumed is gone and the caller cannot be told: this context cannot go on. */
        k->cx->broken = SEC_E_INVALID_TOKEN;
        return SEC_E_INVALID_TOKEN;
    }
    cv_buffer_retype(b, SECBUFFER_EXTRA);
    b->cbBuffer = (ULONG)left;
    return status;
}

static SECURITY_STATUS suspend(struct cv_call *k, SECURITY_STATUS status)
{
    SECURITY_STATUS remembered = remember_consumed(k);
    if (remembered == SEC_E_OK) return report_extra(k, status);
    k->cx->broken = remembered;
    return remembered;
}

/* Torture: zeros in the token's place, until CompleteAuthToken puts it there. */
static SECURITY_STATUS withhold(struct cv_call *k, SECURITY_STATUS status, size_t len)
{
    const struct cv_port *port = cv_library()->port;
    uint8_t *zeros = port->alloc(port->ctx, len);
    cv_err e = zeros == NULL ? CV_E_NO_MEMORY : cv_output_token(&k->out, cv_bytes(zeros, len));
    port->free(port->ctx, zeros, len);
    if (e != CV_OK) {
        k->cx->undelivered = true;
        return suspend(k, cv_status_for(e));
    }
    no_side_output(k);
    cv_torture_withhold(k->cx);
    forget_consumed(k->cx);
    return report_extra(k, status == SEC_E_OK ? SEC_I_COMPLETE_NEEDED : SEC_I_COMPLETE_AND_CONTINUE);
}

SECURITY_STATUS cv_call_complete(struct cv_context *cx, const SecBufferDesc *desc)
{
    if (!cv_torture_withholds(cx)) return SEC_E_OK;
    struct cv_bytes bytes = cv_conn_output(cx->conn);
    SecBuffer *token = cv_desc_find(desc, SECBUFFER_TOKEN);
    if (token == NULL || token->pvBuffer == NULL || token->cbBuffer != bytes.len) return SEC_E_INVALID_TOKEN;
    memcpy(token->pvBuffer, bytes.p, bytes.len);
    cv_conn_output_drop(cx->conn, bytes.len);
    cx->extras->torture.withheld = false;
    return SEC_E_OK;
}

/* Hands out what is to be sent, then says what is left of the input. */
static SECURITY_STATUS finish(struct cv_call *k, SECURITY_STATUS status)
{
    struct cv_context *cx = k->cx;
    struct cv_bytes bytes = cv_conn_output(cx->conn);
    size_t room = k->out.token->cbBuffer;
    if (room > 1 && cv_torture_sending(cx, CULVERT_TORTURE_PIECES)) room = 1;
    bool pieces = k->fragment && !k->out.allocate && bytes.len > room;
    if (pieces) bytes.len = room;
    if (!pieces && bytes.len > 0 && (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) &&
        cv_torture_sending(cx, CULVERT_TORTURE_COMPLETE))
        return withhold(k, status, bytes.len);
    cv_err e = cv_output_token(&k->out, bytes);
    if (e != CV_OK) {
        cx->undelivered = true;
        return suspend(k, cv_status_for(e));
    }
    cv_conn_output_drop(cx->conn, bytes.len);
    no_side_output(k);
    if (pieces) {
        cx->undelivered = true;
        return suspend(k, SEC_I_MESSAGE_FRAGMENT);
    }
    forget_consumed(cx);
    return report_extra(k, status);
}

/* The connection is dead. The alert goes out once, to who asked for it. */
static SECURITY_STATUS fail(struct cv_call *k, cv_err e)
{
    struct cv_conn *conn = k->cx->conn;
    struct cv_conn_info info;
    cv_conn_info(conn, &info);
    SECURITY_STATUS status = cv_status_of_conn(e, conn);
    if (e == CV_E_CLOSED && info.closed_by_peer) status = SEC_I_CONTEXT_EXPIRED;
    /* Without memory nothing is written: the alert waits for a better moment. */
    if (e == CV_E_NO_MEMORY) return cv_fail(status, e, conn);
    struct cv_bytes bytes = cv_conn_output(conn);
    (void)cv_output_extension(&k->out, cv_bytes(NULL, 0));
    cv_output_alert(&k->out, bytes.len > 0 && info.alert_sent >= 0, 2, (uint8_t)info.alert_sent);
    if (!k->extended_error) {
        cv_conn_output_drop(conn, bytes.len);
        bytes.len = 0;
    }
    if (cv_output_token(&k->out, bytes) == CV_OK) cv_conn_output_drop(conn, bytes.len);
    return cv_fail(status, e, conn);
}

/* What was asked for cannot be done; the connection lives on, and nothing is to be sent. */
static SECURITY_STATUS refuse(struct cv_call *k, cv_err e)
{
    if (cv_output_token(&k->out, cv_bytes(NULL, 0)) != CV_OK) return SEC_E_INTERNAL_ERROR;
    no_side_output(k);
    return cv_fail(cv_status_for(e), e, k->cx->conn);
}

static SECURITY_STATUS incomplete(struct cv_call *k, size_t missing)
{
    if (k->in.spare != NULL && !cv_torture_receiving(k->cx, CULVERT_TORTURE_HINTS)) {
        if (cv_torture_receiving(k->cx, CULVERT_TORTURE_HINTS)) missing = 1;
        cv_buffer_retype(k->in.spare, SECBUFFER_MISSING);
        k->in.spare->cbBuffer = (ULONG)missing;
    }
    return SEC_E_INCOMPLETE_MESSAGE;
}

/* --- the duties --- */

static SECURITY_STATUS running_status(const struct cv_call *k)
{
    struct cv_conn_info info;
    cv_conn_info(k->cx->conn, &info);
    if (info.reads_early) return SEC_I_CONTINUE_NEEDED_MESSAGE_OK;
    if (!k->cx->established) return SEC_I_CONTINUE_NEEDED;
    return info.closed_by_peer ? SEC_I_CONTEXT_EXPIRED : SEC_E_OK;
}

/* No account for this client: it is told, and the context is of no more use (row I22). */
static SECURITY_STATUS deny(struct cv_call *k)
{
    enum { FATAL = 2, ACCESS_DENIED = 49 };
    struct cv_context *cx = k->cx;
    cv_err e = cv_conn_alert(cx->conn, FATAL, ACCESS_DENIED);
    cx->established = false;
    cx->broken = SEC_E_LOGON_DENIED;
    if (e == CV_OK) (void)fail(k, CV_E_CLOSED);
    return cv_fail(SEC_E_LOGON_DENIED, CV_E_OPERATION, cx->conn);
}

/* SEC_I_GENERIC_EXTENSION_RECEIVED, once the caller has a buffer for it. */
static SECURITY_STATUS show_extension(struct cv_call *k)
{
    (void)cv_output_token(&k->out, cv_bytes(NULL, 0));
    cv_output_alert(&k->out, false, 0, 0);
    cv_err e = cv_output_extension(&k->out, cv_generic_received(k->cx->conn));
    k->cx->shows_extension = e != CV_OK;
    if (e == CV_E_BUFFER_TOO_SMALL) return suspend(k, cv_fail(SEC_E_EXT_BUFFER_TOO_SMALL, e, k->cx->conn));
    return suspend(k, cv_status_for(e == CV_OK ? CV_WANT_EXTENSION : e));
}

static SECURITY_STATUS step(struct cv_call *k, struct cv_bytes in)
{
    struct cv_context *cx = k->cx;
    struct cv_step s;
    cv_err e = cv_conn_step(cx->conn, in, &s);
    if (e == CV_WANT_CREDENTIAL && k->use_supplied) {
        /* The caller wants no question: on without a certificate (row I9). */
        size_t consumed = s.consumed;
        cv_conn_set_credential(cx->conn, NULL);
        e = cv_conn_step(cx->conn, cv_bytes(in.p == NULL ? NULL : in.p + consumed, in.len - consumed), &s);
        s.consumed += consumed;
    }
    k->used += s.consumed;
    cx->established = s.established;
    switch (e) {
    case CV_WANT_INPUT:
        if (k->used == 0) return incomplete(k, s.missing);
        return finish(k, running_status(k));
    case CV_OK:
        if (cv_account_map(cx) != SEC_E_OK) return deny(k);
        return finish(k, s.refused ? SEC_I_NO_RENEGOTIATION : running_status(k));
    default:
        if (!cv_is_want(e)) return fail(k, e);
        cx->suspended = e == CV_WANT_CREDENTIAL;
        cx->pending = true;
        if (e == CV_WANT_EXTENSION) return show_extension(k);
        (void)cv_output_token(&k->out, cv_bytes(NULL, 0)); /* what there is goes out with the answer */
        no_side_output(k);
        return suspend(k, cv_status_for(e));
    }
}

/* Row I24. After a server's HelloRequest the connection goes on until the client begins. */
static SECURITY_STATUS re_authenticate(struct cv_call *k)
{
    struct cv_context *cx = k->cx;
    struct cv_conn_info info;
    enum cv_client_auth how = cx->cred->auth_optional ? CV_AUTH_REQUEST : CV_AUTH_REQUIRE;
    cv_err e;
    cv_conn_info(cx->conn, &info);
    if (info.version == CV_TLS12)
        e = cv_conn_renegotiate(cx->conn, cx->server && k->mutual_auth ? how : CV_AUTH_NONE);
    else if (cx->server && k->mutual_auth)
        e = cv_conn_request_auth(cx->conn, how);
    else
        e = cv_conn_update_keys(cx->conn, true);
    cv_conn_info(cx->conn, &info);
    cx->established = !info.renegotiating;
    if (e != CV_OK) return info.error != CV_OK ? fail(k, e) : refuse(k, e);
    return finish(k, running_status(k));
}

static SECURITY_STATUS run_control(struct cv_call *k)
{
    struct cv_context *cx = k->cx;
    uint8_t control = cx->control;
    cv_err e;
    cx->control = CV_CONTROL_NONE;
    if (control == CV_CONTROL_RENEGOTIATE) return re_authenticate(k);
    k->used = k->in.token.len; /* whatever the caller passes along is not looked at */
    if (control == CV_CONTROL_CLOSE) {
        cx->closed = true;
        e = cv_conn_close(cx->conn);
        if (e == CV_E_CLOSED) e = CV_OK; /* once is enough */
    } else {
        e = cv_conn_alert(cx->conn, cx->alert_level, cx->alert_description);
    }
    return e == CV_OK ? finish(k, SEC_E_OK) : refuse(k, e);
}

static struct cv_bytes first_record(struct cv_bytes in)
{
    struct cv_bytes rest = in, body;
    if (cv_read_bytes(&rest, 3, &body) != CV_OK || cv_read_vec16(&rest, &body) != CV_OK) return in;
    return cv_bytes(in.p, in.len - rest.len);
}

/* The caller's answer to SEC_I_INCOMPLETE_CREDENTIALS: another credential, or the same one again. */
static void answer_credential(struct cv_call *k)
{
    struct cv_context *cx = k->cx;
    const struct cv_identity *identity = NULL;
    cx->suspended = false;
    if (k->cred != NULL && k->cred != cx->cred && k->cred->n_identities > 0) {
        cv_credential_retain(k->cred);
        cv_credential_release(cx->answer);
        cx->answer = k->cred;
        identity = &cx->answer->identities[0];
    }
    cv_conn_set_credential(cx->conn, identity);
}

SECURITY_STATUS cv_call_proceed(struct cv_call *k)
{
    struct cv_context *cx = k->cx;
    struct cv_conn_info info;
    if (cx->broken != SEC_E_OK) return cx->broken;
    if (cv_torture_withholds(cx)) return SEC_E_OUT_OF_SEQUENCE;
    cv_conn_info(cx->conn, &info);
    bool own_alert_waits = cx->undelivered && info.error == CV_E_CLOSED;
    if (info.error != CV_OK && !own_alert_waits) {
        struct cv_step s;
        return fail(k, cv_conn_step(cx->conn, cv_bytes(NULL, 0), &s));
    }

    k->used = repeated_len(k);
    size_t marked_len, before = k->used;
    while ((marked_len = cv_marker_find(cx, rest_of(k))) > 0) k->used += marked_len;
    bool marked = k->used > before;

    if (cx->undelivered) {
        cx->undelivered = false;
        return finish(k, running_status(k));
    }
    if (cx->control != CV_CONTROL_NONE) return run_control(k);
    if (cx->shows_extension) return show_extension(k);
    if (cx->pending) {
        cx->pending = false;
        if (cx->suspended) answer_credential(k);
        return step(k, rest_of(k));
    }
    if (!cx->established) cx->ack_due = cx->stored = false; /* the end of early data came back */
    bool request_waits = cx->stored && k->in.token.len == 0;
    if (cx->established && (cx->ack_due || marked || request_waits)) {
        cx->ack_due = cx->stored = false;
        return step(k, cv_bytes(NULL, 0));
    }
    if (k->in.token.len == 0) {
        if (cx->closed) return incomplete(k, CV_RECORD_HEADER_LEN);
        if (cx->established) return re_authenticate(k);
    }
    return step(k, cv_torture_receiving(cx, CULVERT_TORTURE_RECORDS) ? first_record(rest_of(k)) : rest_of(k));
}
