/* The bulk path: no allocation, no copy, data where it lies. The Makefile puts the counters below in the
 * place of memcpy and memmove. */
#include "sspi_fixture.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum {
    HEADER_LEN = 5,
    ROOM = 64,
    DATA_LEN = 16384,
    N_RECORDS = 1000,
    BLOCK_MAX = 64,    /* ciphers may move blocks: under sanitizers those copies are calls, too */
    COPIED_MAX = 1024, /* and a record's end; far from the data's length */
};

/* Bytes, by calls of the C library for more than a block. The compiler believes that memcpy changes nothing
 * else. */
static volatile size_t copied;

void *__real_memcpy(void *dst, const void *src, size_t len);
void *__real_memmove(void *dst, const void *src, size_t len);
void *__wrap_memcpy(void *dst, const void *src, size_t len);
void *__wrap_memmove(void *dst, const void *src, size_t len);

void *__wrap_memcpy(void *dst, const void *src, size_t len)
{
    if (len > BLOCK_MAX) copied += len;
    return __real_memcpy(dst, src, len);
}

void *__wrap_memmove(void *dst, const void *src, size_t len)
{
    if (len > BLOCK_MAX) copied += len;
    return __real_memmove(dst, src, len);
}

static uint8_t wire[HEADER_LEN + DATA_LEN + ROOM];

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static void fill(void)
{
    for (size_t i = 0; i < DATA_LEN; i++) wire[HEADER_LEN + i] = pattern(i);
}

/* Whatever was sealed in place has been opened in place. */
static void check_data(void)
{
    for (size_t i = 0; i < DATA_LEN; i++)
        if (wire[HEADER_LEN + i] != pattern(i)) fail_msg("byte %zu is wrong", i);
}

/* A long copy must be seen, or the other tests prove nothing. */
static void copies_are_counted(void **state)
{
    (void)state;
    uint8_t to[DATA_LEN];
    volatile size_t len = DATA_LEN;
    copied = 0;
    memcpy(to, wire, len);
    memmove(to + 1, to, len - 1);
    assert_int_equal(copied, 2 * DATA_LEN - 1);
    assert_memory_equal(to + 1, wire, DATA_LEN - 1);
}

static void engine_works_in_place(void **state)
{
    (void)state;
    static struct pair p;
    pair_init(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    pair_send(&p.server, &p.client, "tickets are taken before");
    for (size_t i = 0; i < p.server.algorithms.n_suites; i++) {
        const struct cv_suite *suite = &p.server.algorithms.suites[i];
        if (suite->tls12) continue; /* the same path with another header */
        pair_close(&p);
        p.server.config.suites = suite;
        p.server.config.n_suites = 1;
        assert_int_equal(pair_connect(&p), CV_OK);
        size_t n_allocs = p.server.port.n_allocs + p.client.port.n_allocs;
        fill();
        for (unsigned n = 0; n < N_RECORDS; n++) {
            struct cv_opened o;
            size_t trailer_len = ROOM, missing, record_len;
            uint8_t *data = wire + HEADER_LEN;
            copied = 0;
            assert_int_equal(cv_conn_seal(p.server.conn, wire, data, DATA_LEN, data + DATA_LEN, &trailer_len),
                             CV_OK);
            record_len = HEADER_LEN + DATA_LEN + trailer_len;
            assert_int_equal(trailer_len, 1 + suite->aead->tag_len);
            assert_int_equal(cv_conn_open(p.client.conn, wire, record_len, &o, &missing), CV_OK);
            if (copied > COPIED_MAX) fail_msg("%s: %zu bytes were copied", suite->name, copied);
            assert_int_equal(o.kind, CV_OPENED_DATA);
            assert_int_equal(o.rec_len, record_len);
            assert_int_equal(o.offset, HEADER_LEN);
            assert_int_equal(o.len, DATA_LEN);
        }
        check_data();
        assert_int_equal(p.server.port.n_allocs + p.client.port.n_allocs, n_allocs);
    }
    pair_free(&p);
}

static void facade_works_in_place(void **state)
{
    (void)state;
    static struct sspi_pair p;
    SecPkgContext_StreamSizes sizes;
    sspi_open(&p, "p256");
    assert_int_equal(sspi_connect(&p), SEC_E_OK);
    sspi_exchange(&p.server, &p.client, "tickets are taken before");
    assert_int_equal(QueryContextAttributesA(&p.server.ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
    assert_int_equal(sizes.cbHeader, HEADER_LEN);
    assert_true(sizes.cbTrailer <= ROOM);
    assert_int_equal(sizes.cbMaximumMessage, DATA_LEN);
    size_t n_allocs = p.port.n_allocs;
    fill();
    for (unsigned n = 0; n < N_RECORDS; n++) {
        uint8_t *data = wire + HEADER_LEN;
        SecBuffer b[4] = {
            {HEADER_LEN, SECBUFFER_STREAM_HEADER, wire},
            {DATA_LEN, SECBUFFER_DATA, data},
            {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, data + DATA_LEN},
            {0, SECBUFFER_EMPTY, NULL},
        };
        SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
        copied = 0;
        assert_int_equal(EncryptMessage(&p.server.ctx, 0, &desc, 0), SEC_E_OK);
        assert_ptr_equal(b[1].pvBuffer, data);
        assert_int_equal(b[1].cbBuffer, DATA_LEN);
        ULONG record_len = HEADER_LEN + DATA_LEN + b[2].cbBuffer;
        b[0] = (SecBuffer){record_len, SECBUFFER_DATA, wire};
        for (int i = 1; i < 4; i++) b[i] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
        assert_int_equal(DecryptMessage(&p.client.ctx, &desc, 0, NULL), SEC_E_OK);
        if (copied > COPIED_MAX) fail_msg("%zu bytes were copied", copied);
        assert_int_equal(b[1].BufferType, SECBUFFER_DATA);
        assert_ptr_equal(b[1].pvBuffer, data);
        assert_int_equal(b[1].cbBuffer, DATA_LEN);
        assert_int_equal(b[3].BufferType, SECBUFFER_EMPTY);
    }
    check_data();
    assert_int_equal(p.port.n_allocs, n_allocs);
    sspi_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_counted),
        cmocka_unit_test(engine_works_in_place),
        cmocka_unit_test(facade_works_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
