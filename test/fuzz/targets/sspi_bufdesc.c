/* Descriptors of any shape, on every function that takes one: no memory, no size, up to eight buffers,
 * unknown types and attribute bits. A buffer that has memory has as much as it says. */
#include "test/fuzz/pair.h"

#include <stdlib.h>
#include <string.h>

enum { N_BUFFERS_MAX = 8, CALLS_MAX = 24 };

struct shape {
    SecBufferDesc desc;
    SecBuffer buffers[N_BUFFERS_MAX];
    uint8_t *memory[N_BUFFERS_MAX]; /* ours: freed at the end, whatever the buffers say then */
    uint8_t *before[N_BUFFERS_MAX]; /* copies */
    size_t len[N_BUFFERS_MAX];
    PSecBufferDesc arg;
};

static ULONG read_type(struct cv_bytes *in)
{
    uint8_t b = fuzz_u8(in);
    if (b == 0xff) return fuzz_u32(in);
    return (ULONG)(b & 31) | (ULONG)(b & 0x40 ? SECBUFFER_READONLY : 0u) |
           (ULONG)(b & 0x80 ? SECBUFFER_READONLY_WITH_CHECKSUM : 0u);
}

static void read_buffer(struct shape *s, size_t i, struct cv_bytes *in, const struct fuzz_side *side)
{
    SecBuffer *b = &s->buffers[i];
    uint8_t form = fuzz_u8(in);
    struct cv_bytes content = {NULL, 0};
    b->BufferType = read_type(in);
    switch (form & 7) {
    case 0: /* neither memory nor size */
        return;
    case 1: /* a size only */
        b->cbBuffer = fuzz_u8(in);
        return;
    case 2: /* memory without size */
        break;
    case 3: /* room */
        s->len[i] = (size_t)fuzz_u8(in) * 8;
        break;
    case 4: /* what the peer sent last */
        if (side->peer->n_wire > 0) content = cv_bytes(side->peer->wire[0].p, side->peer->wire[0].len);
        s->len[i] = content.len;
        break;
    default:
        content = fuzz_take(in, fuzz_u8(in));
        s->len[i] = content.len;
    }
    s->memory[i] = malloc(s->len[i] + 1);
    s->before[i] = malloc(s->len[i] + 1);
    FUZZ_CHECK(s->memory[i] != NULL && s->before[i] != NULL);
    /* At the end of the allocation but one: a zero-sized buffer has an address, too. */
    memset(s->memory[i], 0, s->len[i] + 1);
    if (content.len > 0) memcpy(s->memory[i], content.p, content.len);
    s->memory[i] = realloc(s->memory[i], s->len[i] > 0 ? s->len[i] : 1);
    FUZZ_CHECK(s->memory[i] != NULL);
    memcpy(s->before[i], s->memory[i], s->len[i]);
    b->pvBuffer = s->memory[i];
    b->cbBuffer = (ULONG)s->len[i];
}

static void shape_read(struct shape *s, struct cv_bytes *in, const struct fuzz_side *side)
{
    memset(s, 0, sizeof *s);
    uint8_t head = fuzz_u8(in);
    s->desc = (SecBufferDesc){head >> 6, head & 15, s->buffers};
    s->arg = &s->desc;
    if (s->desc.cBuffers == 9) s->arg = NULL;
    if (s->desc.cBuffers > N_BUFFERS_MAX) {
        s->desc.cBuffers = 2;
        s->desc.pBuffers = NULL;
        return;
    }
    for (ULONG i = 0; i < s->desc.cBuffers; i++) read_buffer(s, i, in, side);
}

static bool is_ours(const struct shape *s, const void *p)
{
    for (size_t i = 0; i < N_BUFFERS_MAX; i++) {
        uintptr_t from = (uintptr_t)s->memory[i], at = (uintptr_t)p;
        if (s->memory[i] != NULL && at >= from && at <= from + s->len[i]) return true;
    }
    return false;
}

/* Content as it was. */
static void check_unwritten(const struct shape *s)
{
    for (size_t i = 0; i < N_BUFFERS_MAX; i++)
        if (s->memory[i] != NULL) FUZZ_CHECK(memcmp(s->memory[i], s->before[i], s->len[i]) == 0);
}

/* Every buffer still points to nothing, into the caller's memory, or to the library's, which is given back.
 */
static void shape_free(struct shape *s)
{
    for (size_t i = 0; i < N_BUFFERS_MAX && s->desc.pBuffers != NULL; i++) {
        void *p = s->buffers[i].pvBuffer;
        if (p != NULL && !is_ours(s, p)) FUZZ_CHECK(FreeContextBuffer(p) == SEC_E_OK);
    }
    for (size_t i = 0; i < N_BUFFERS_MAX; i++) {
        free(s->memory[i]);
        free(s->before[i]);
    }
}

static SECURITY_STATUS token_call(struct fuzz_side *side, bool first, uint8_t flags, struct shape *in,
                                  struct shape *out)
{
    static char target[] = "server.example";
    struct fuzz_app *app = &side->app;
    CtxtHandle made = {0, 0};
    ULONG req = app->req, attributes;
    if (flags & 1) req |= ISC_REQ_ALLOCATE_MEMORY;
    if (flags & 2) req |= app->server ? (ULONG)ASC_REQ_FRAGMENT_TO_FIT : (ULONG)ISC_REQ_FRAGMENT_TO_FIT;
    if (flags & 4) req ^= app->server ? (ULONG)ASC_REQ_EXTENDED_ERROR : (ULONG)ISC_REQ_EXTENDED_ERROR;
    if (flags & 8 && app->server) req |= ASC_REQ_MUTUAL_AUTH;
    CtxtHandle *ctx = first ? NULL : &app->ctx, *new_ctx = first ? &made : NULL;
    SECURITY_STATUS status =
        app->server ? AcceptSecurityContext(&app->creds->server[1], ctx, in->arg, req, 0, new_ctx, out->arg,
                                            &attributes, NULL)
                    : InitializeSecurityContextA(&app->creds->client, ctx, target, req, 0, 0, in->arg, 0,
                                                 new_ctx, out->arg, &attributes, NULL);
    check_unwritten(in);
    if (made.dwLower != 0 || made.dwUpper != 0) FUZZ_CHECK(DeleteSecurityContext(&made) == SEC_E_OK);
    return status;
}

static void one_call(struct fuzz_side *side, uint8_t op, struct cv_bytes *in)
{
    struct shape first, second;
    SECURITY_STATUS status;
    ULONG qop = 0;
    uint8_t flags = fuzz_u8(in);
    shape_read(&first, in, side);
    shape_read(&second, in, side);
    CtxtHandle *ctx = &side->app.ctx;
    switch (op) {
    case 0:
    case 1:
        status = token_call(side, op == 0, flags, &first, &second);
        break;
    case 2:
        status = EncryptMessage(ctx, flags == 0xff, first.arg, 0);
        if (status != SEC_E_OK) check_unwritten(&first);
        break;
    case 3:
        status = DecryptMessage(ctx, first.arg, 0, flags & 1 ? &qop : NULL);
        if (status == SEC_E_INCOMPLETE_MESSAGE) check_unwritten(&first);
        break;
    case 4:
        status = ApplyControlToken(ctx, first.arg);
        if (status == SEC_E_INTERNAL_ERROR) status = SEC_E_INVALID_TOKEN; /* documented for NULL */
        check_unwritten(&first);
        break;
    case 5:
        status = CompleteAuthToken(ctx, first.arg);
        check_unwritten(&first);
        break;
    case 6:
        status = MakeSignature(ctx, 0, first.arg, 0);
        check_unwritten(&first);
        break;
    default:
        status = VerifySignature(ctx, first.arg, 0, &qop);
        check_unwritten(&first);
        break;
    }
    fuzz_check_status(status);
    shape_free(&first);
    shape_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes in = cv_bytes(data, size);
    struct fuzz_setup setup = {.seed = 0};
    struct fuzz_pair p;
    if (size == 0) return 0;
    uint8_t choices = fuzz_u8(&in);
    fuzz_library_begin();
    fuzz_pair_open(&p, &setup, &setup);
    if (choices & 1)
        fuzz_pair_connect(&p);
    else
        fuzz_side_deliver(&p.client, cv_bytes(NULL, 0));
    if (choices & 2) fuzz_side_control(&p.server, SCHANNEL_RENEGOTIATE);
    fuzz_side_send(&p.client, 20);
    fuzz_side_send(&p.server, 20);
    for (unsigned i = 0; i < CALLS_MAX && in.len > 0; i++) {
        uint8_t op = fuzz_u8(&in);
        one_call(op & 0x80 ? &p.server : &p.client, op & 7, &in);
    }
    fuzz_pair_close(&p);
    fuzz_library_end();
    return 0;
}
