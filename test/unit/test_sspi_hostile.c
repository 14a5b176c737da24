/* What peers and callers should not send: every function with descriptors of any shape, and every byte of a
 * handshake altered. Nothing may crash, leak or be taken for good; meant for the sanitizers above all. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static uint32_t dice = 1;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

/* Buffers of every type, with and without memory, with attribute bits; sizes never beyond the memory. */
static void random_desc(SecBufferDesc *desc, SecBuffer b[8], uint8_t memory[8][64])
{
    static const ULONG sizes[] = {0, 1, 4, 5, 8, 12, 22, 64};
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 64; k++) memory[i][k] = (uint8_t)roll(roll(2) ? 256 : 4);
        if (roll(2)) memcpy(memory[i], "\x17\x03\x03\x00\x20", 5);
        b[i].BufferType = roll(3) == 0 ? roll(32) : roll(8);
        if (roll(8) == 0) b[i].BufferType |= roll(16) << 28;
        b[i].cbBuffer = sizes[roll(8)];
        b[i].pvBuffer = roll(8) == 0 ? NULL : memory[i];
    }
    *desc = (SecBufferDesc){roll(2), roll(9), roll(16) == 0 ? NULL : b};
    if (desc->pBuffers == NULL && roll(2)) desc->cBuffers = 0;
}

/* What was allocated for the caller is the caller's to free. */
static void free_outputs(const SecBufferDesc *desc, uint8_t memory[8][64])
{
    for (ULONG i = 0; desc->pBuffers != NULL && i < desc->cBuffers; i++) {
        void *p = desc->pBuffers[i].pvBuffer;
        if (p != NULL && p != memory[i]) assert_int_equal(FreeContextBuffer(p), SEC_E_OK);
    }
}

static void one_call(struct sspi_end *e, bool established)
{
    SecBufferDesc in, out;
    SecBuffer bi[8], bo[8];
    static uint8_t mi[8][64], mo[8][64];
    static const ULONG reqs[] = {0, 0x4000, 0x100, 0x4100, 0x8000, 0x200000, 0x800000, 0x8100};
    random_desc(&in, bi, mi);
    random_desc(&out, bo, mo);
    SecBufferDesc *pin = roll(8) == 0 ? NULL : &in;
    ULONG attributes, req = e->req ^ reqs[roll(8)];
    CtxtHandle fresh;
    SecInvalidateHandle(&fresh);
    CtxtHandle *old = e->has_ctx && roll(8) != 0 ? &e->ctx : NULL;
    SECURITY_STATUS status = 0;
    switch (roll(established ? 5 : 3)) {
    case 0:
    case 1:
        status = e->server
                     ? AcceptSecurityContext(&e->cred, old, pin, req, 0, &fresh, &out, &attributes, NULL)
                     : InitializeSecurityContextA(&e->cred, old, e->target, req, 0, 0, pin, 0, &fresh, &out,
                                                  &attributes, NULL);
        free_outputs(&out, mo);
        if (old == NULL && SecIsValidHandle(&fresh))
            assert_int_equal(DeleteSecurityContext(&fresh), SEC_E_OK);
        break;
    case 2:
        status = ApplyControlToken(&e->ctx, pin);
        break;
    case 3:
        status = EncryptMessage(&e->ctx, roll(4) == 0 ? roll(4) : 0, pin, 0);
        break;
    default:
        status = DecryptMessage(&e->ctx, pin, 0, NULL);
        break;
    }
    (void)status;
}

static void fuzz_bufdesc_any_shape(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        dice = (uint32_t)round * 77 + 5;
        bool established = round % 2 == 0;
        sspi_open(&pair, "p256");
        if (established) {
            assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        } else {
            assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
            assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
            assert_int_equal(sspi_call(&pair.client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
        }
        for (int i = 0; i < 100; i++) one_call(roll(2) ? &pair.client : &pair.server, established);
        sspi_close(&pair);
    }
}

/* The handshake with one byte of one flight altered. True if both sides say that it succeeded. */
static bool connect_altered(int flight, size_t at, uint8_t mask, size_t *flight_len)
{
    struct sspi_end *c = &pair.client, *s = &pair.server;
    assert_int_equal(sspi_call(c, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    memcpy(s->in, c->out, s->in_len = c->out_len);
    for (int i = 0; i < 3; i++) {
        struct sspi_end *to = i % 2 == 0 ? s : c, *from = i % 2 == 0 ? c : s;
        if (i == flight) {
            *flight_len = to->in_len;
            if (at < to->in_len) to->in[at] ^= mask;
        }
        SECURITY_STATUS status = sspi_turn(to, from);
        if (FAILED(status) || status == SEC_I_CONTEXT_EXPIRED) return false;
    }
    return c->status == SEC_E_OK && s->status == SEC_E_OK;
}

static void an_altered_byte_anywhere_is_noticed(void **state)
{
    (void)state;
    for (int flight = 0; flight < 3; flight++) {
        sspi_open(&pair, "p256");
        assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
        pair.client.lifespan = 0xffffffff;
        assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
        size_t len = 1, n_good = 0;
        for (size_t at = 0; at <= len; at++) { /* the last round alters nothing */
            bool good = connect_altered(flight, at, (uint8_t)(1u << at % 8), &len);
            if (at == len) {
                assert_true(good);
            } else if (good) {
                n_good++;
            }
            sspi_drop(&pair);
        }
        /* Only the outer version of the first record (2 bytes) and of the dummy change_cipher_spec is not
         * looked at. */
        assert_true(n_good <= 6);
        sspi_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(fuzz_bufdesc_any_shape, clean_up),
        cmocka_unit_test_teardown(an_altered_byte_anywhere_is_noticed, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
