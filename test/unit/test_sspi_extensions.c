/* Extensions that a credential turns on, through the façade; and the host's libraries for compression. */
#include "sspi/port/host.h"
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static SECURITY_STATUS set(struct sspi_end *e, ULONG attribute, void *value, ULONG size)
{
    return SetCredentialsAttributesA(&e->cred, attribute, value, size);
}

#define SET(end, attribute, value) set(&pair.end, SECPKG_ATTR_CULVERT_##attribute, &(value), sizeof(value))

static void acquire(const char *kind)
{
    sspi_open(&pair, kind);
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
}

static CulvertContext_Extensions agreed(struct sspi_end *e)
{
    CulvertContext_Extensions x;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_CULVERT_AGREED, &x), SEC_E_OK);
    return x;
}

static ULONG max_message(struct sspi_end *e)
{
    SecPkgContext_StreamSizes sizes;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
    return sizes.cbMaximumMessage;
}

static int give_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

/* --- sizes --- */

static void limits_show_in_stream_sizes(void **state)
{
    (void)state;
    static uint8_t data[600];
    acquire("p256");
    CulvertCredential_Extensions client = {.fGrease = 1, .cbRecordLimit = 500, .cbHelloPadding = 3000},
                                 server = {.cbRecordLimit = 1000, .cbRecordPadding = 100};
    assert_int_equal(SET(client, EXTENSIONS, client), SEC_E_OK);
    assert_int_equal(SET(server, EXTENSIONS, server), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(max_message(&pair.server), 500);
    assert_int_equal(max_message(&pair.client), 1000);
    assert_int_equal(agreed(&pair.client).cbSendLimit, 1000);
    assert_int_equal(agreed(&pair.client).cbReceiveLimit, 500);
    sspi_exchange(&pair.client, &pair.server, "short");
    sspi_exchange(&pair.server, &pair.client, "and padded");
    assert_int_equal(sspi_send(&pair.client, &pair.server, data, 600), SEC_E_OK);
    assert_int_not_equal(sspi_send(&pair.server, &pair.client, data, 600), SEC_E_OK);
    sspi_close(&pair);
}

static void defaults_agree_on_the_most(void **state)
{
    (void)state;
    acquire("p256");
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    CulvertContext_Extensions x = agreed(&pair.client);
    assert_int_equal(x.cbSendLimit, 16384);
    assert_int_equal(x.cbReceiveLimit, 16384);
    assert_int_equal(x.wOwnCompression | x.wPeerCompression, 0);
    assert_int_equal(x.fOwnRawKey | x.fPeerRawKey, 0);
    sspi_close(&pair);
}

static void sizes_that_are_none(void **state)
{
    (void)state;
    CulvertCredential_Extensions bad[] = {
        {.cbRecordLimit = 63},  {.cbRecordLimit = 16385},   {.cbMaxFragment = 511},
        {.cbMaxFragment = 513}, {.cbRecordPadding = 16385}, {.cbHelloPadding = 16385},
    };
    acquire("p256");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(SET(client, EXTENSIONS, bad[i]), SEC_E_INVALID_TOKEN);
    assert_int_equal(set(&pair.client, SECPKG_ATTR_CULVERT_EXTENSIONS, &bad[0], sizeof bad[0] - 1),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(set(&pair.client, SECPKG_ATTR_CULVERT_EXTENSIONS, NULL, 100), SEC_E_INVALID_TOKEN);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    CulvertCredential_Extensions good = {.fGrease = 1};
    assert_int_equal(SET(client, EXTENSIONS, good), SEC_E_UNSUPPORTED_FUNCTION); /* there is a context */
    sspi_close(&pair);
}

/* --- compression --- */

static bool host_has(uint16_t id)
{
    struct cv_cert_compression c;
    if (cv_host_compression_open(&c, id) != CV_OK) return false;
    cv_host_compression_close(&c);
    return true;
}

static void certificates_are_compressed(void **state)
{
    (void)state;
    for (USHORT id = 1; id <= 3; id++) {
        USHORT numbers[] = {id};
        CulvertCredential_List list = {1, numbers};
        USHORT want = host_has(id) ? id : 0;
        acquire("rsa");
        pair.server.req |= ASC_REQ_MUTUAL_AUTH;
        pair.client.cert = sspi_cert("client-p256");
        FreeCredentialsHandle(&pair.client.cred);
        assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
        assert_int_equal(SET(client, CERT_COMPRESSION, list), SEC_E_OK);
        assert_int_equal(SET(server, CERT_COMPRESSION, list), SEC_E_OK);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_int_equal(agreed(&pair.client).wPeerCompression, want);
        assert_int_equal(agreed(&pair.server).wOwnCompression, want);
        assert_int_equal(agreed(&pair.server).wPeerCompression, want);
        sspi_exchange(&pair.client, &pair.server, "compressed");
        sspi_close(&pair);
    }
    assert_true(host_has(1)); /* zlib is everywhere */
}

static void compressions_that_are_none(void **state)
{
    (void)state;
    USHORT unknown[] = {1, 4}, twice[] = {1, 1}, four[] = {1, 2, 3, 4}, one[] = {1};
    CulvertCredential_List lists[] = {{2, unknown}, {2, twice}}, too_many = {4, four}, null = {1, NULL},
                           good = {1, one}, none = {0, NULL};
    acquire("p256");
    assert_int_equal(SET(client, CERT_COMPRESSION, good), SEC_E_OK);
    assert_int_equal(SET(client, CERT_COMPRESSION, lists[0]), SEC_E_ALGORITHM_MISMATCH);
    assert_int_equal(SET(client, CERT_COMPRESSION, lists[1]), SEC_E_ALGORITHM_MISMATCH);
    assert_int_equal(SET(client, CERT_COMPRESSION, too_many), SEC_E_INVALID_TOKEN);
    assert_int_equal(SET(client, CERT_COMPRESSION, null), SEC_E_INVALID_TOKEN);
    assert_int_equal(SET(client, CERT_COMPRESSION, none), SEC_E_OK);
    assert_int_equal(SET(server, CERT_COMPRESSION, good), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(agreed(&pair.client).wPeerCompression, 0);
    sspi_close(&pair);
}

/* What comes out has exactly the length that was said, and all that goes in is used. */
static void libraries_keep_to_bounds(void **state)
{
    (void)state;
    enum { LEN = 1 << 20 };
    uint8_t *zeros = calloc(1, LEN), *out = malloc(LEN), packed[8192];
    for (uint16_t id = 0; id <= 4; id++) {
        struct cv_cert_compression c;
        cv_err e = cv_host_compression_open(&c, id);
        if (id == 0 || id == 4) assert_int_equal(e, CV_E_INVALID_ARGUMENT);
        if (e != CV_OK) continue;
        size_t len = 10;
        assert_int_equal(c.compress(&c, packed, &len, cv_bytes(zeros, LEN)), CV_E_BUFFER_TOO_SMALL);
        len = sizeof packed - 1;
        assert_int_equal(c.compress(&c, packed, &len, cv_bytes(zeros, LEN)), CV_OK);
        assert_in_range(len, 1, sizeof packed - 1);
        memset(out, 0xa5, LEN);
        assert_int_equal(c.decompress(&c, out, LEN, cv_bytes(packed, len)), CV_OK);
        assert_memory_equal(out, zeros, LEN);
        static const size_t wrong[] = {1, 100, 65535, LEN - 1};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            memset(out, 0xa5, LEN);
            assert_int_equal(c.decompress(&c, out, wrong[i], cv_bytes(packed, len)), CV_E_CERT_COMPRESSION);
            for (size_t k = wrong[i]; k < wrong[i] + 64 && k < LEN; k++) assert_int_equal(out[k], 0xa5);
        }
        assert_int_equal(c.decompress(&c, out, LEN, cv_bytes(packed, len - 1)), CV_E_CERT_COMPRESSION);
        packed[len] = 0;
        assert_int_equal(c.decompress(&c, out, LEN, cv_bytes(packed, len + 1)), CV_E_CERT_COMPRESSION);
        packed[0] ^= 0x55;
        assert_int_equal(c.decompress(&c, out, LEN, cv_bytes(packed, len)), CV_E_CERT_COMPRESSION);
        cv_host_compression_close(&c);
    }
    free(zeros);
    free(out);
}

/* What was compressed before comes out as it did, whatever came in between. */
static void libraries_remember(void **state)
{
    (void)state;
    uint8_t in[600], out[2000], first[7][2000];
    size_t first_len[7];
    for (uint16_t id = 1; id <= 3; id++) {
        struct cv_cert_compression c;
        if (cv_host_compression_open(&c, id) != CV_OK) continue;
        for (size_t round = 0; round < 3; round++) {
            for (size_t i = 0; i < 7; i++) { /* more than are kept */
                size_t len = sizeof out, n = 500 + 10 * i;
                for (size_t k = 0; k < n; k++) in[k] = (uint8_t)(k % (i + 2));
                assert_int_equal(c.compress(&c, out, &len, cv_bytes(in, n)), CV_OK);
                if (round == 0) memcpy(first[i], out, first_len[i] = len);
                assert_int_equal(len, first_len[i]);
                assert_memory_equal(out, first[i], len);
                size_t tight = 1; /* too little for what is kept, too */
                assert_int_equal(c.compress(&c, out, &tight, cv_bytes(in, n)), CV_E_BUFFER_TOO_SMALL);
                assert_int_equal(c.decompress(&c, out, n, cv_bytes(first[i], first_len[i])), CV_OK);
                assert_memory_equal(out, in, n);
            }
        }
        cv_host_compression_close(&c);
    }
}

/* --- raw keys --- */

/* The SubjectPublicKeyInfo of our certificate, as the peer sees it. */
static CulvertContext_Bytes key_of_peer(struct sspi_end *e)
{
    CulvertContext_Bytes key;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_CULVERT_PEER_KEY, &key), SEC_E_OK);
    return key;
}

static void raw_keys_in_place_of_certificates(void **state)
{
    (void)state;
    PCCERT_CONTEXT cert;
    acquire("p256");
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    CulvertContext_Bytes key = key_of_peer(&pair.client);
    sspi_drop(&pair);
    FreeCredentialsHandle(&pair.client.cred);
    FreeCredentialsHandle(&pair.server.cred);
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);

    BYTE wrong[] = {0x30, 0x00};
    CRYPT_DATA_BLOB pins[] = {{sizeof wrong, wrong}, {key.cbBytes, key.pbBytes}};
    CulvertCredential_RawKeys own = {.fOwn = 1},
                              always = {.dwPeer = CULVERT_RAW_KEY_ALWAYS, .cKeys = 2, .rgKeys = pins};
    assert_int_equal(SET(server, RAW_KEYS, own), SEC_E_OK);
    assert_int_equal(SET(client, RAW_KEYS, always), SEC_E_OK);
    pair.client.target = (char *)(uintptr_t) "whatever.example"; /* a pin has no name */
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_true(agreed(&pair.client).fPeerRawKey && agreed(&pair.server).fOwnRawKey);
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert),
                     SEC_E_NO_CREDENTIALS);
    SecPkgContext_Bindings bindings;
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &bindings),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(QueryContextAttributesA(&pair.server.ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &bindings),
                     SEC_E_UNSUPPORTED_FUNCTION);
    CulvertContext_Bytes again = key_of_peer(&pair.client);
    assert_int_equal(again.cbBytes, key.cbBytes);
    assert_memory_equal(again.pbBytes, key.pbBytes, key.cbBytes);
    FreeContextBuffer(again.pbBytes);
    sspi_exchange(&pair.client, &pair.server, "raw");
    sspi_drop(&pair);

    FreeCredentialsHandle(&pair.client.cred); /* only the wrong one is pinned */
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    always.cKeys = 1;
    assert_int_equal(SET(client, RAW_KEYS, always), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_UNTRUSTED_ROOT);
    FreeContextBuffer(key.pbBytes);
    sspi_close(&pair);
}

static void raw_keys_that_are_none(void **state)
{
    (void)state;
    BYTE byte = 0;
    ULONG none = 0; /* the client has no certificate */
    CRYPT_DATA_BLOB empty = {0, &byte}, null = {1, NULL}, huge = {65537, &byte};
    CulvertCredential_RawKeys bad[] = {
        {.dwPeer = 4},
        {.cOnlyRaw = 1},
        {.cOnlyRaw = 1, .rgiOnlyRaw = &none},
        {.cKeys = 1},
        {.cKeys = 1, .rgKeys = &empty},
        {.cKeys = 1, .rgKeys = &null},
        {.cKeys = 1, .rgKeys = &huge},
        {.cKeys = 5000, .rgKeys = &huge},
    };
    acquire("p256");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(SET(client, RAW_KEYS, bad[i]), SEC_E_INVALID_TOKEN);
    sspi_close(&pair);
}

static void memory_that_is_not_there(void **state)
{
    (void)state;
    static const BYTE stamps[] = {0, 3, 0, 1, 'x'};
    BYTE key[] = {0x30, 0x00};
    CRYPT_DATA_BLOB pins[] = {{sizeof key, key}, {sizeof key, key}};
    CulvertCredential_RawKeys one = {.dwPeer = CULVERT_RAW_KEY_NEVER, .cKeys = 1, .rgKeys = pins},
                              two = {.dwPeer = CULVERT_RAW_KEY_ALWAYS, .cKeys = 2, .rgKeys = pins},
                              none = {0};
    CulvertCredential_Timestamps list = {0, sizeof stamps, stamps};
    acquire("p256");
    assert_int_equal(SET(client, RAW_KEYS, one), SEC_E_OK);
    test_port_fail_at(&pair.port, 1);
    assert_int_equal(SET(client, RAW_KEYS, two), SEC_E_INSUFFICIENT_MEMORY);
    test_port_fail_at(&pair.port, 1);
    assert_int_equal(SET(server, TIMESTAMPS, list), SEC_E_INSUFFICIENT_MEMORY);
    test_port_fail_at(&pair.port, 0);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK); /* as it was: certificates */
    assert_int_equal(agreed(&pair.client).fPeerRawKey, 0);
    sspi_drop(&pair);
    FreeCredentialsHandle(&pair.client.cred);
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(SET(client, RAW_KEYS, two), SEC_E_OK);
    assert_int_equal(SET(client, RAW_KEYS, none), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);
}

/* --- timestamps --- */

static void timestamps_arrive(void **state)
{
    (void)state;
    static const BYTE list[] = {0, 6, 0, 4, 'a', 'b', 'c', 'd'};
    CulvertContext_Bytes got;
    CulvertCredential_Timestamps stamps = {0, sizeof list, list}, wrong = {1, sizeof list, list},
                                 null = {0, 8, NULL}, long_one = {0, 16385, list};
    CulvertCredential_Extensions ask = {.fTimestamps = 1};
    acquire("p256");
    assert_int_equal(SET(server, TIMESTAMPS, wrong), SEC_E_INVALID_TOKEN);
    assert_int_equal(SET(server, TIMESTAMPS, null), SEC_E_INVALID_TOKEN);
    assert_int_equal(SET(server, TIMESTAMPS, long_one), SEC_E_INVALID_TOKEN);
    assert_int_equal(SET(server, TIMESTAMPS, stamps), SEC_E_OK);
    assert_int_equal(SET(server, TIMESTAMPS, stamps), SEC_E_OK); /* in the first one's place */
    assert_int_equal(SET(client, EXTENSIONS, ask), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS, &got),
                     SEC_E_OK);
    assert_int_equal(got.cbBytes, sizeof list);
    assert_memory_equal(got.pbBytes, list, sizeof list);
    FreeContextBuffer(got.pbBytes);
    assert_int_equal(QueryContextAttributesA(&pair.server.ctx, SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS, &got),
                     SEC_E_NO_CREDENTIALS);
    sspi_close(&pair);
}

#define TEST(f) cmocka_unit_test_teardown(f, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(limits_show_in_stream_sizes), TEST(defaults_agree_on_the_most),
        TEST(sizes_that_are_none),         TEST(certificates_are_compressed),
        TEST(compressions_that_are_none),  TEST(libraries_keep_to_bounds),
        TEST(libraries_remember),          TEST(raw_keys_in_place_of_certificates),
        TEST(raw_keys_that_are_none),      TEST(memory_that_is_not_there),
        TEST(timestamps_arrive),
    };
    return cmocka_run_group_tests_name("sspi_extensions", tests, NULL, NULL);
}
