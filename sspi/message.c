/* EncryptMessage and DecryptMessage: one record a call, in the caller's memory. */
#include "sspi/context.h"
#include "sspi/status.h"

/* --- encrypting --- */

/* The parts of a message: HEADER, DATA and TRAILER, or TOKEN, DATA, TOKEN. */
struct parts {
    SecBuffer *header, *data, *trailer;
};

static SECURITY_STATUS find_parts(struct parts *p, const SecBufferDesc *desc)
{
    *p = (struct parts){NULL, NULL, NULL};
    if (!cv_desc_valid(desc)) return SEC_E_INVALID_TOKEN;
    for (ULONG i = 0; i < desc->cBuffers; i++) {
        SecBuffer *b = &desc->pBuffers[i];
        ULONG type = cv_buffer_type(b);
        if (type == SECBUFFER_DATA && p->data == NULL)
            p->data = b;
        else if (type == SECBUFFER_STREAM_HEADER || (type == SECBUFFER_TOKEN && p->data == NULL))
            p->header = b;
        else if (type == SECBUFFER_STREAM_TRAILER || type == SECBUFFER_TOKEN)
            p->trailer = b;
        else if (type == SECBUFFER_DATA)
            return SEC_E_INVALID_TOKEN;
    }
    if (p->header == NULL || p->data == NULL || p->trailer == NULL) return SEC_E_INVALID_TOKEN;
    if (p->header->pvBuffer == NULL || p->trailer->pvBuffer == NULL) return SEC_E_INVALID_TOKEN;
    return SEC_E_OK;
}

/* Under the lock: a renegotiation in another thread stops the data. */
static cv_err seal(struct cv_context *cx, const struct parts *p, ULONG *header_len, size_t *trailer_len)
{
    struct cv_stream_sizes sizes;
    if (!cv_context_may_send(cx)) return CV_E_CLOSED;
    if (cv_torture_sending(cx, CULVERT_TORTURE_KEYS)) {
        cv_err e = cv_conn_update_keys(cx->conn, true);
        if (e != CV_OK && e != CV_E_UNSUPPORTED) return e; /* TLS 1.2 has no such thing */
    }
    cv_conn_stream_sizes(cx->conn, &sizes);
    *header_len = sizes.header;
    if (p->header->cbBuffer < sizes.header) return CV_E_BUFFER_TOO_SMALL;
    return cv_conn_seal(cx->conn, p->header->pvBuffer, p->data->pvBuffer, p->data->cbBuffer,
                        p->trailer->pvBuffer, trailer_len);
}

static SECURITY_STATUS encrypt(struct cv_context *cx, const struct parts *p)
{
    size_t trailer_len = p->trailer->cbBuffer;
    ULONG header_len = 0;
    if (cv_torture_withholds(cx)) return SEC_E_OUT_OF_SEQUENCE;
    cv_context_lock(cx);
    cv_err e = seal(cx, p, &header_len, &trailer_len);
    cv_context_unlock(cx);
    switch (e) {
    case CV_OK:
        p->header->cbBuffer = header_len;
        p->trailer->cbBuffer = (ULONG)trailer_len;
        return SEC_E_OK;
    case CV_E_BUFFER_TOO_SMALL:
        return SEC_E_BUFFER_TOO_SMALL;
    case CV_E_INTERNAL:
    case CV_E_SEQUENCE_LIMIT:
        return cv_fail(SEC_E_ENCRYPT_FAILURE, e, NULL);
    default:
        return cv_fail(SEC_E_CONTEXT_EXPIRED, e, NULL); /* not open yet, closed or dead */
    }
}

SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
                                         ULONG MessageSeqNo)
{
    (void)MessageSeqNo;
    struct parts p;
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    SECURITY_STATUS status = fQOP != 0 ? SEC_E_QOP_NOT_SUPPORTED : find_parts(&p, pMessage);
    if (status == SEC_E_OK) status = encrypt(cx, &p);
    cv_context_unpin(&copy);
    return status;
}

/* --- decrypting --- */

enum { N_SLOTS = 4 };

/* The first four buffers that take part: one with the data, the others empty. Results go to them in order. */
struct slots {
    SecBuffer *slot[N_SLOTS];
    SecBuffer *data, *empty; /* where the data came in, and the first empty one */
    uint8_t *in;
    size_t in_len;
};

static SECURITY_STATUS find_slots(struct slots *s, const SecBufferDesc *desc)
{
    size_t n = 0, n_empty = 0;
    *s = (struct slots){.in = NULL};
    if (!cv_desc_valid(desc)) return SEC_E_INVALID_TOKEN;
    for (ULONG i = 0; i < desc->cBuffers; i++) {
        SecBuffer *b = &desc->pBuffers[i];
        ULONG type = cv_buffer_type(b);
        if (type == SECBUFFER_DATA) {
            if (s->data != NULL) return SEC_E_INVALID_TOKEN;
            s->data = b;
        } else if (type == SECBUFFER_EMPTY) {
            if (n_empty++ == 0) s->empty = b;
            if (n_empty > N_SLOTS - 1) continue;
        } else {
            continue;
        }
        s->slot[n++] = b;
    }
    if (s->data == NULL || n_empty < N_SLOTS - 1) return SEC_E_INVALID_TOKEN;
    s->in = s->data->pvBuffer;
    s->in_len = s->data->cbBuffer;
    return SEC_E_OK;
}

static void put(SecBuffer *b, ULONG type, uint8_t *p, size_t len)
{
    cv_buffer_retype(b, type);
    b->pvBuffer = p;
    b->cbBuffer = (ULONG)len;
}

static void put_extra(const struct slots *s, size_t from)
{
    if (from < s->in_len)
        put(s->slot[3], SECBUFFER_EXTRA, s->in + from, s->in_len - from);
    else
        put(s->slot[3], SECBUFFER_EMPTY, NULL, 0);
}

/* Header, data and trailer of the first rec_len bytes. */
static void put_record(const struct slots *s, size_t rec_len, size_t offset, size_t len)
{
    put(s->slot[0], SECBUFFER_STREAM_HEADER, s->in, offset);
    put(s->slot[1], SECBUFFER_DATA, s->in + offset, len);
    put(s->slot[2], SECBUFFER_STREAM_TRAILER, s->in + offset + len, rec_len - offset - len);
}

static SECURITY_STATUS put_missing(const struct slots *s, size_t missing)
{
    SecBuffer *first = s->slot[0];
    cv_buffer_retype(first, SECBUFFER_MISSING);
    first->cbBuffer = (ULONG)missing;
    cv_buffer_retype(s->empty, SECBUFFER_MISSING);
    s->empty->cbBuffer = (ULONG)missing;
    return SEC_E_INCOMPLETE_MESSAGE;
}

/* A handshake record: the caller is sent to ISC or ASC with it. */
static SECURITY_STATUS put_renegotiate(struct cv_context *cx, const struct slots *s, size_t rec_len)
{
    cx->ack_due = true;
    put_record(s, rec_len, CV_RECORD_HEADER_LEN, 0);
    put_extra(s, 0);
    return SEC_I_RENEGOTIATE;
}

/* A record that was marked comes again, from a caller that merely loops. */
static SECURITY_STATUS skip_marked(struct cv_context *cx, const struct slots *s, size_t rec_len)
{
    if (cx->stored) {
        if (cx->n_repeats++ < CV_MARKED_REPEATS) return put_renegotiate(cx, s, rec_len);
        cx->broken = SEC_E_ILLEGAL_MESSAGE;
        return cx->broken;
    }
    put_record(s, rec_len, CV_RECORD_HEADER_LEN, 0);
    put_extra(s, rec_len);
    return SEC_E_OK;
}

/* TLS 1.2: what a client is asked for. Its record is not marked, and EXTRA is what follows it, as on Windows
 * (design 5.3). */
static bool is_hello_request(const struct cv_context *cx)
{
    struct cv_conn_info info;
    cv_conn_info(cx->conn, &info);
    return !cx->server && info.version == CV_TLS12;
}

static SECURITY_STATUS put_hello_request(struct cv_context *cx, const struct slots *s,
                                         const struct cv_opened *o)
{
    cx->ack_due = cx->stored = true;
    put_record(s, o->rec_len, o->offset, 0);
    put_extra(s, o->rec_len);
    return SEC_I_RENEGOTIATE;
}

static SECURITY_STATUS report_opened(struct cv_context *cx, const struct slots *s, const struct cv_opened *o)
{
    if (o->kind == CV_OPENED_STORED && is_hello_request(cx)) return put_hello_request(cx, s, o);
    switch (o->kind) {
    case CV_OPENED_ACTED:
    case CV_OPENED_STORED:
        cx->stored = o->kind == CV_OPENED_STORED || cx->stored;
        if (cv_marker_put(cx, s->in, o->rec_len) != CV_OK) {
            cx->broken = SEC_E_INTERNAL_ERROR;
            return cx->broken;
        }
        return put_renegotiate(cx, s, o->rec_len);
    case CV_OPENED_CLOSED:
        put_record(s, o->rec_len, o->offset, 0);
        put_extra(s, cv_torture_receiving(cx, CULVERT_TORTURE_CLOSE) ? o->rec_len - 1 : o->rec_len);
        return SEC_I_CONTEXT_EXPIRED;
    default:
        break;
    }
    cx->ack_due = false;
    cx->n_repeats = 0;
    put_record(s, o->rec_len, o->offset, o->kind == CV_OPENED_DATA ? o->len : 0);
    put_extra(s, o->rec_len);
    return SEC_E_OK;
}

/* May data be decrypted? Or did early data just end, and the caller is to bring its end to ASC? */
static bool has_data(const struct cv_context *cx)
{
    struct cv_conn_info info;
    if (cx->established) return true;
    cv_conn_info(cx->conn, &info);
    return info.reads_early || cx->ack_due;
}

/* Torture: nothing yet, for one of two reasons. */
static SECURITY_STATUS put_delay(struct cv_context *cx, const struct slots *s, ULONG why)
{
    put_record(s, 0, 0, 0);
    put_extra(s, 0);
    if (why == CULVERT_TORTURE_EMPTY) return SEC_E_OK;
    cx->ack_due = true;
    return SEC_I_RENEGOTIATE;
}

static SECURITY_STATUS decrypt(struct cv_context *cx, const struct slots *s, ULONG *qop)
{
    struct cv_opened opened;
    size_t missing;
    if (cx->broken != SEC_E_OK) return cx->broken;
    if (!has_data(cx)) return SEC_E_INVALID_HANDLE;
    size_t marked_len = cv_marker_find(cx, cv_bytes(s->in, s->in_len));
    if (marked_len > 0) return skip_marked(cx, s, marked_len);
    ULONG delay = cx->established && s->in_len >= CV_RECORD_HEADER_LEN ? cv_torture_delay(cx) : 0;
    if (delay != 0) return put_delay(cx, s, delay);
    uint8_t none; /* an empty buffer may have no memory */
    cv_err e = cv_conn_open(cx->conn, s->in != NULL ? s->in : &none, s->in_len, &opened, &missing);
    switch (e) {
    case CV_OK:
        *qop = opened.early ? CULVERT_QOP_EARLY_DATA : 0;
        /* behind early data comes the handshake: whoever merely loops is sent there again */
        if (opened.kind == CV_OPENED_ACTED && !cx->established) opened.kind = CV_OPENED_STORED;
        return report_opened(cx, s, &opened);
    case CV_WANT_INPUT:
        return put_missing(s, missing);
    case CV_E_CLOSED: /* the peer said before that nothing follows */
        put_record(s, s->in_len, 0, 0);
        put_extra(s, s->in_len);
        return SEC_I_CONTEXT_EXPIRED;
    case CV_E_BAD_RECORD_MAC:
        return cv_fail(SEC_E_MESSAGE_ALTERED, e, cx->conn);
    default:
        return cv_fail(cv_status_of_conn(e, cx->conn), e, cx->conn);
    }
}

SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage, ULONG MessageSeqNo,
                                         ULONG *pfQOP)
{
    (void)MessageSeqNo;
    struct slots s;
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    SECURITY_STATUS status = find_slots(&s, pMessage);
    ULONG qop = 0;
    if (status == SEC_E_OK) status = decrypt(cx, &s, &qop);
    if (status == SEC_E_OK && pfQOP != NULL) *pfQOP = qop;
    cv_context_unpin(&copy);
    return status;
}
