/* InitializeSecurityContext, AcceptSecurityContext, DeleteSecurityContext: the frame around a call. */
#include "sspi/context.h"

#include "crypto/base/secret.h"
#include "sspi/attributes.h"
#include "sspi/certificate.h"
#include "sspi/impersonate.h"
#include "sspi/status.h"
#include "sspi/unicode.h"

#include <string.h>

enum {
    TARGET_MAX = 1024, /* bytes of a target name in UTF-8 */

    /* Always returned, as Windows does; the rest is returned as it was asked for (section 0, rule 1). */
    ISC_ALWAYS = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_CONFIDENTIALITY | ISC_RET_STREAM,
    ISC_ECHOED = ISC_REQ_MUTUAL_AUTH | ISC_REQ_USE_SUPPLIED_CREDS | ISC_REQ_ALLOCATE_MEMORY |
                 ISC_REQ_CONNECTION | ISC_REQ_EXTENDED_ERROR | ISC_REQ_INTEGRITY |
                 ISC_REQ_MANUAL_CRED_VALIDATION | ISC_REQ_FRAGMENT_TO_FIT,
    ISC_INVALID = ISC_REQ_DELEGATE | ISC_REQ_PROMPT_FOR_CREDS,
    ASC_ALWAYS = ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT | ASC_RET_CONFIDENTIALITY | ASC_RET_STREAM,
    ASC_ECHOED = ASC_REQ_MUTUAL_AUTH | ASC_REQ_SESSION_TICKET | ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONNECTION |
                 ASC_REQ_EXTENDED_ERROR | ASC_REQ_FRAGMENT_TO_FIT,
    ASC_INVALID = ASC_REQ_DELEGATE,

    REVOCATION_CHECKS = SCH_CRED_REVOCATION_CHECK_END_CERT | SCH_CRED_REVOCATION_CHECK_CHAIN |
                        SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT,
};

/* --- the object --- */

struct cv_context *cv_context_new(struct cv_credential *cred, bool server)
{
    const struct cv_port *port = cv_library()->port;
    struct cv_context *cx = cv_alloc(sizeof *cx);
    if (cx == NULL) return NULL;
    cx->lock = port->lock_new(port->ctx);
    if (cx->lock == NULL) {
        cv_free(cx, sizeof *cx);
        return NULL;
    }
    cv_credential_retain(cred);
    cx->cred = cred;
    cx->server = server;
    return cx;
}

void cv_context_free(struct cv_context *cx)
{
    const struct cv_port *port = cv_library()->port;
    cv_conn_free(cx->conn);
    cv_account_release(cx);
    if (cx->extras != NULL) {
        cv_context_drop_app_data(cx->extras);
        cv_wipe(cx->extras, sizeof *cx->extras);
        cv_free(cx->extras, sizeof *cx->extras);
    }
    cv_credential_release(cx->answer);
    cv_credential_release(cx->cred);
    port->lock_free(port->ctx, cx->lock);
    cv_free(cx, sizeof *cx);
}

void cv_context_drop_app_data(struct cv_context_extras *x)
{
    if (x->app_data == NULL) return;
    cv_wipe(x->app_data, x->app_data_len);
    cv_free(x->app_data, x->app_data_len);
    x->app_data = NULL;
}

struct cv_context_extras *cv_context_extras(struct cv_context *cx)
{
    if (cx->extras == NULL) cx->extras = cv_alloc(sizeof *cx->extras);
    return cx->extras;
}

bool cv_context_may_send(const struct cv_context *cx)
{
    struct cv_conn_info info;
    if (cx->established) return true;
    if (!cx->server || cx->conn == NULL) return false;
    cv_conn_info(cx->conn, &info);
    return info.reads_early;
}

struct cv_context *cv_context_pin(const CtxtHandle *handle, SecHandle *copy)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || handle == NULL) return NULL;
    *copy = *handle;
    return cv_handle_pin(&lib->handles, CV_HANDLE_CONTEXT, copy);
}

void cv_context_unpin(const SecHandle *copy)
{
    cv_handle_unpin(&cv_library()->handles, copy);
}

SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle phContext)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || !cv_handle_close(&lib->handles, CV_HANDLE_CONTEXT, phContext))
        return SEC_E_INVALID_HANDLE;
    return SEC_E_OK;
}

/* --- making one --- */

/* How the peer is judged, as a digest: a session is used only under the policy that it was made under. */
static void policy_digest(const struct cv_credential *c, bool validate, bool check_name, uint8_t digest[32])
{
    const DWORD mask =
        REVOCATION_CHECKS | SCH_CRED_IGNORE_NO_REVOCATION_CHECK | SCH_CRED_IGNORE_REVOCATION_OFFLINE;
    const uint8_t policy[] = {validate, check_name, (uint8_t)((c->flags & mask) >> 8)};
    cv_hash_digest(c->algorithms.sha256, digest, policy, sizeof policy);
}

/* The lower-case target, so that a session is found however the name was written. */
static struct cv_bytes fold_target(uint8_t out[TARGET_MAX], struct cv_bytes target)
{
    for (size_t i = 0; i < target.len; i++) {
        uint8_t ch = target.p[i];
        out[i] = ch >= 'A' && ch <= 'Z' ? (uint8_t)(ch + ('a' - 'A')) : ch;
    }
    return cv_bytes(out, target.len);
}

static SECURITY_STATUS check_validation(const struct cv_credential *c, bool validate)
{
    if (!validate) return SEC_E_OK;
    if (c->roots == NULL) return cv_fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, CV_E_TRUST_STORE, NULL);
    return SEC_E_OK;
}

static SECURITY_STATUS connect_client(struct cv_context *cx, const struct cv_call *k, ULONG req,
                                      struct cv_bytes target)
{
    struct cv_credential *c = cx->cred;
    uint8_t folded[TARGET_MAX];
    bool validate =
        (c->flags & SCH_CRED_MANUAL_CRED_VALIDATION) == 0 && (req & ISC_REQ_MANUAL_CRED_VALIDATION) == 0;
    struct cv_conn_params params = {
        .role = CV_CLIENT,
        .target = target,
        .alpn = k->in.alpn,
        .validate = validate,
        .check_name = validate && (c->flags & SCH_CRED_NO_SERVERNAME_CHECK) == 0,
        .want_credential = true, /* whether the caller is asked is decided when it happens */
        .post_handshake_auth = !k->in.no_post_handshake_auth,
        .early_data = k->in.early_data,
        .resume = c->resume,
    };
    SECURITY_STATUS status = check_validation(c, validate);
    if (status != SEC_E_OK) return status;
    policy_digest(c, validate, params.check_name, params.policy);
    if (c->resume) cv_credential_session_key(c, params.session_key, fold_target(folded, target));
    cv_err e = cv_conn_new(&cx->conn, &c->client, &params);
    return e == CV_OK ? SEC_E_OK : cv_fail(cv_status_for(e), e, NULL);
}

static SECURITY_STATUS connect_server(struct cv_context *cx, const struct cv_call *k)
{
    struct cv_credential *c = cx->cred;
    bool validate = (c->flags & SCH_CRED_AUTO_CRED_VALIDATION) != 0; /* also of one that is asked for later */
    struct cv_conn_params params = {
        .role = CV_SERVER,
        .alpn = k->in.alpn,
        .validate = validate,
        .client_auth = !k->mutual_auth    ? CV_AUTH_NONE
                       : c->auth_optional ? CV_AUTH_REQUEST
                                          : CV_AUTH_REQUIRE,
        .resume = c->resume,
    };
    SECURITY_STATUS status = check_validation(c, validate && k->mutual_auth);
    if (status != SEC_E_OK) return status;
    policy_digest(c, validate, false, params.policy);
    cv_err e = cv_conn_new(&cx->conn, &c->server, &params);
    return e == CV_OK ? SEC_E_OK : cv_fail(cv_status_for(e), e, NULL);
}

/* --- the frame --- */

/* What both functions are told, apart from names and flags. */
struct frame {
    bool server;
    ULONG req;
    struct cv_bytes target;
    PCredHandle cred;
    PCtxtHandle context, new_context;
    PSecBufferDesc input, output;
    ULONG *attributes;
    TimeStamp *expiry;
};

static bool is_progress(SECURITY_STATUS status)
{
    return status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED || status == SEC_I_INCOMPLETE_CREDENTIALS ||
           status == SEC_I_MESSAGE_FRAGMENT || status == SEC_I_ASYNC_CALL_PENDING ||
           status == SEC_I_GENERIC_EXTENSION_RECEIVED || status == SEC_I_CONTINUE_NEEDED_MESSAGE_OK ||
           status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE;
}

static void report(const struct frame *f, struct cv_context *cx, SECURITY_STATUS status)
{
    if (status == SEC_E_INCOMPLETE_MESSAGE) return;
    cx->attributes = f->server ? ASC_ALWAYS | (f->req & ASC_ECHOED) : ISC_ALWAYS | (f->req & ISC_ECHOED);
    if (f->attributes != NULL) *f->attributes = cx->attributes;
    if (f->expiry == NULL || !is_progress(status)) return;
    f->expiry->QuadPart = 0;
    if (!cx->established) return;
    struct cv_conn_info info;
    cv_conn_info(cx->conn, &info);
    *f->expiry = cv_time_stamp(info.chain_not_after);
}

/* The application's own extensions; a call that cannot have them changes nothing else. */
static SECURITY_STATUS want_extensions(const struct cv_call *k)
{
    cv_err e = cv_generic_want(k->cx->conn, &k->in.generic);
    SECURITY_STATUS status = e == CV_E_INVALID_ARGUMENT ? SEC_E_INVALID_PARAMETER : cv_status_for(e);
    return e == CV_OK ? SEC_E_OK : cv_fail(status, e, NULL);
}

static SECURITY_STATUS first_call(const struct frame *f, struct cv_call *k)
{
    struct cv_library *lib = cv_library();
    struct cv_context *cx = cv_context_new(k->cred, f->server);
    SecHandle handle;
    if (cx == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    /* The handle comes first, so that a want of memory is noticed before anything is handed out. */
    if (cv_handle_new(&lib->handles, CV_HANDLE_CONTEXT, cx, &handle) != CV_OK) {
        cv_context_free(cx);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    k->cx = cx;
    if (!f->server) k->in.token = cv_bytes(NULL, 0); /* a client begins */
    SECURITY_STATUS status = f->server ? connect_server(cx, k) : connect_client(cx, k, f->req, f->target);
    if (status == SEC_E_OK) status = want_extensions(k);
    if (status == SEC_E_OK) status = cv_torture_begin(cx);
    if (status == SEC_E_OK) {
        status = cv_call_proceed(k);
        report(f, cx, status);
    }
    if (is_progress(status))
        *f->new_context = handle;
    else
        cv_handle_close(&lib->handles, CV_HANDLE_CONTEXT, &handle);
    return status;
}

static bool has_bindings(struct cv_context *cx, struct cv_bytes given)
{
    SecPkgContext_Bindings own;
    if (cv_endpoint_bindings(cx, &own) != SEC_E_OK) return false;
    bool same = cv_bytes_equal(cv_bytes((const uint8_t *)own.Bindings, own.BindingsLength), given);
    FreeContextBuffer(own.Bindings);
    return same;
}

/* Bindings that a caller brings must be those of its own context (row A10). */
static SECURITY_STATUS check_bindings(const struct cv_call *k)
{
    struct cv_bytes given = cv_bytes((const uint8_t *)k->in.bindings, k->in.bindings_len);
    bool absent = k->in.bindings == NULL, matched = !absent && has_bindings(k->cx, given);
    cv_output_bindings(&k->out, absent    ? SEC_CHANNEL_BINDINGS_RESULT_ABSENT
                                : matched ? SEC_CHANNEL_BINDINGS_RESULT_VALID_MATCHED
                                          : SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISMATCH);
    return absent || matched ? SEC_E_OK : SEC_E_BAD_BINDINGS;
}

static SECURITY_STATUS later_call(const struct frame *f, struct cv_call *k)
{
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(f->context, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    k->cx = cx;
    SECURITY_STATUS status = SEC_E_INVALID_HANDLE;
    if (cx->server == f->server) {
        cv_context_lock(cx);
        status = check_bindings(k);
        if (status == SEC_E_OK) status = want_extensions(k);
        if (status == SEC_E_OK) status = cv_call_proceed(k);
        report(f, cx, status);
        cv_context_unlock(cx);
    }
    if (is_progress(status) && f->new_context != NULL) *f->new_context = copy;
    cv_context_unpin(&copy);
    return status;
}

/* The credential for a call: demanded by a first one, only looked at by others. */
static SECURITY_STATUS pin_credential(const struct frame *f, struct cv_call *k, SecHandle *copy)
{
    struct cv_library *lib = cv_library();
    bool first = f->context == NULL;
    if (lib == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (f->cred == NULL) return first ? SEC_E_INVALID_HANDLE : SEC_E_OK;
    *copy = *f->cred;
    k->cred = cv_handle_pin(&lib->handles, CV_HANDLE_CREDENTIAL, copy);
    if (k->cred == NULL) return first ? SEC_E_INVALID_HANDLE : SEC_E_OK;
    ULONG needed = f->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
    if ((k->cred->use & needed) != 0) return SEC_E_OK;
    cv_handle_unpin(&lib->handles, copy);
    k->cred = NULL;
    return !first ? SEC_E_OK : f->server ? SEC_E_NO_CREDENTIALS : SEC_E_INVALID_HANDLE;
}

static SECURITY_STATUS run(const struct frame *f)
{
    struct cv_call k = {
        .extended_error = (f->req & (f->server ? ASC_REQ_EXTENDED_ERROR : ISC_REQ_EXTENDED_ERROR)) != 0,
        .fragment = (f->req & (f->server ? ASC_REQ_FRAGMENT_TO_FIT : ISC_REQ_FRAGMENT_TO_FIT)) != 0,
        .mutual_auth = (f->req & ASC_REQ_MUTUAL_AUTH) != 0,
        .use_supplied = !f->server && (f->req & ISC_REQ_USE_SUPPLIED_CREDS) != 0,
    };
    bool first = f->context == NULL;
    SecHandle copy;
    SECURITY_STATUS status = cv_output_read(&k.out, f->output, (f->req & ISC_REQ_ALLOCATE_MEMORY) != 0);
    if (status != SEC_E_OK) return status;
    if ((f->req & (f->server ? ASC_INVALID : ISC_INVALID)) != 0) return SEC_E_UNSUPPORTED_FUNCTION;
    if ((f->req & ISC_REQ_DATAGRAM) != 0) return SEC_E_ALGORITHM_MISMATCH;
    if ((status = cv_input_read(&k.in, f->input, first)) != SEC_E_OK) return status;
    if (first && f->new_context == NULL) return SEC_E_INVALID_HANDLE;
    if ((status = pin_credential(f, &k, &copy)) != SEC_E_OK) return status;
    status = first ? first_call(f, &k) : later_call(f, &k);
    if (k.cred != NULL) cv_handle_unpin(&cv_library()->handles, &copy);
    return status;
}

_Static_assert((int)ISC_REQ_ALLOCATE_MEMORY == (int)ASC_REQ_ALLOCATE_MEMORY, "one flag for both");
_Static_assert((int)ISC_REQ_DATAGRAM == (int)ASC_REQ_DATAGRAM, "one flag for both");

static SECURITY_STATUS initialize(struct frame *f, const char *target, size_t target_len)
{
    if (target_len > TARGET_MAX) return SEC_E_TARGET_UNKNOWN;
    f->target = cv_bytes((const uint8_t *)target, target_len);
    return run(f);
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(PCredHandle phCredential, PCtxtHandle phContext,
                                                     SEC_CHAR *pszTargetName, ULONG fContextReq,
                                                     ULONG Reserved1, ULONG TargetDataRep,
                                                     PSecBufferDesc pInput, ULONG Reserved2,
                                                     PCtxtHandle phNewContext, PSecBufferDesc pOutput,
                                                     ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
    (void)Reserved1;
    (void)TargetDataRep;
    (void)Reserved2;
    struct frame f = {false,        fContextReq, {NULL, 0}, phCredential,  phContext,
                      phNewContext, pInput,      pOutput,   pfContextAttr, ptsExpiry};
    return initialize(&f, pszTargetName, pszTargetName == NULL ? 0 : strlen(pszTargetName));
}

SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext,
                                                     SEC_WCHAR *pszTargetName, ULONG fContextReq,
                                                     ULONG Reserved1, ULONG TargetDataRep,
                                                     PSecBufferDesc pInput, ULONG Reserved2,
                                                     PCtxtHandle phNewContext, PSecBufferDesc pOutput,
                                                     ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
    (void)Reserved1;
    (void)TargetDataRep;
    (void)Reserved2;
    char target[TARGET_MAX + 1];
    size_t len = 0;
    struct frame f = {false,        fContextReq, {NULL, 0}, phCredential,  phContext,
                      phNewContext, pInput,      pOutput,   pfContextAttr, ptsExpiry};
    if (pszTargetName != NULL &&
        cv_utf8_from_wide(target, sizeof target, &len, pszTargetName, cv_wide_len(pszTargetName)) != CV_OK)
        return SEC_E_TARGET_UNKNOWN;
    return initialize(&f, pszTargetName == NULL ? NULL : target, len);
}

SECURITY_STATUS SEC_ENTRY AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext,
                                                PSecBufferDesc pInput, ULONG fContextReq, ULONG TargetDataRep,
                                                PCtxtHandle phNewContext, PSecBufferDesc pOutput,
                                                ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
    (void)TargetDataRep;
    struct frame f = {true,         fContextReq, {NULL, 0}, phCredential,  phContext,
                      phNewContext, pInput,      pOutput,   pfContextAttr, ptsExpiry};
    return run(&f);
}

/* TLS tokens are complete when they are handed out; only the torture schedule withholds one (row I19). */
SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken)
{
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    cv_context_lock(cx);
    SECURITY_STATUS status = cv_call_complete(cx, pToken);
    cv_context_unlock(cx);
    cv_context_unpin(&copy);
    return status;
}
