/* An established pair, and an attacker on the wire between: records are changed, reordered, cut, repeated,
 * dropped, made up. The first byte chooses: bit 0 real AEADs (then what is read must be what was
 * sent, in order), bits 1 and 2 client certificates, bit 3 output that the library allocates, bit 4 TLS 1.2.
 * Then operations. */
#include "test/fuzz/pair.h"

#include <stdlib.h>

enum { OPS_MAX = 200 };

/* Changes the first record on the wire, one way or another. */
static void tamper(struct fuzz_side *from, uint8_t how, struct cv_bytes *in)
{
    if (from->n_wire == 0) return;
    struct fuzz_record r = fuzz_side_take(from, 0);
    struct cv_bytes whole = cv_bytes(r.p, r.len);
    size_t at = fuzz_u16(in) % r.len;
    switch (how) {
    case 0: /* a bit */
        r.p[at] ^= (uint8_t)(1 << (fuzz_u8(in) & 7));
        fuzz_side_put(from, 0, whole);
        break;
    case 1: /* cut */
        fuzz_side_put(from, 0, fuzz_take(&whole, at));
        break;
    case 2: { /* in two pieces */
        struct cv_bytes head = fuzz_take(&whole, at);
        fuzz_side_put(from, 0, whole);
        fuzz_side_put(from, 0, head);
        break;
    }
    case 3: /* twice */
        fuzz_side_put(from, 0, whole);
        fuzz_side_put(from, 1, whole);
        break;
    case 4: /* later */
        fuzz_side_put(from, 1 + at % FUZZ_WIRE_MAX, whole);
        break;
    default: /* never */
        break;
    }
    free(r.p);
}

/* Everything at once. */
static void deliver_joined(struct fuzz_side *from)
{
    uint8_t *all = NULL;
    size_t len = 0;
    while (from->n_wire > 0) {
        struct fuzz_record r = fuzz_side_take(from, 0);
        all = realloc(all, len + r.len);
        FUZZ_CHECK(all != NULL);
        for (size_t i = 0; i < r.len; i++) all[len++] = r.p[i];
        free(r.p);
    }
    if (len > 0) fuzz_side_deliver(from->peer, cv_bytes(all, len));
    free(all);
}

static void deliver_first(struct fuzz_side *from)
{
    if (from->n_wire == 0) return;
    struct fuzz_record r = fuzz_side_take(from, 0);
    fuzz_side_deliver(from->peer, cv_bytes(r.p, r.len));
    free(r.p);
}

static void operate(struct fuzz_side *from, uint8_t op, struct cv_bytes *in)
{
    switch (op) {
    case 0:
    case 1:
        fuzz_side_send(from, op == 0 ? fuzz_u8(in) : fuzz_u16(in));
        break;
    case 2:
        deliver_first(from);
        break;
    case 3:
        deliver_joined(from);
        break;
    case 4:
        fuzz_side_renegotiate(from);
        break;
    case 5:
        fuzz_side_control(from, SCHANNEL_RENEGOTIATE);
        break;
    case 6:
        fuzz_side_control(from, SCHANNEL_SHUTDOWN);
        break;
    case 7:
        fuzz_side_put(from, 0, fuzz_take(in, fuzz_u8(in)));
        break;
    default:
        tamper(from, (uint8_t)(op - 8), in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes in = cv_bytes(data, size);
    uint8_t choices = fuzz_u8(&in);
    struct fuzz_pair p;
    if (size == 0) return 0;
    uint16_t bits =
        (uint16_t)((choices & 1 ? FUZZ_REAL_RECORDS : 0) | (choices & 4 ? FUZZ_WANT_CREDENTIAL : 0) |
                   (choices & 8 ? FUZZ_SMALL : 0) | (choices & 16 ? FUZZ_TLS12 : 0));
    struct fuzz_setup setup = {.choices = bits, .client_auth = (choices & 2) != 0};
    fuzz_library_begin();
    fuzz_pair_open(&p, &setup, &setup);
    fuzz_pair_connect(&p);
    for (unsigned i = 0; i < OPS_MAX && in.len > 0; i++) {
        uint8_t op = fuzz_u8(&in);
        operate(op & 0x80 ? &p.server : &p.client, (op & 0x7f) % 14, &in);
    }
    fuzz_pair_close(&p);
    fuzz_library_end();
    return 0;
}
