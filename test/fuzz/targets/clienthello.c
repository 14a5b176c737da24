/* The body of a ClientHello. */
#include "test/fuzz/fuzz.h"
#include "tls/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes body = cv_bytes(data, size), share;
    struct cv_client_hello ch;
    if (cv_client_hello_parse(&ch, body) != CV_OK) return 0;
    const struct cv_bytes *views[] = {
        &ch.random,   &ch.session_id, &ch.suites,      &ch.compression,      &ch.host_name,
        &ch.versions, &ch.groups,     &ch.sig_schemes, &ch.cert_sig_schemes, &ch.key_shares,
        &ch.alpn,     &ch.psk_modes,  &ch.cookie,      &ch.psk_identities,   &ch.psk_binders,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) FUZZ_CHECK(fuzz_within(*views[i], body));
    for (size_t i = 0; i < CV_EXT_COUNT; i++) {
        FUZZ_CHECK(fuzz_within(ch.ext.body[i], body));
        FUZZ_CHECK(cv_ext_has(&ch.ext, (enum cv_ext)i) == (ch.ext.body[i].p != NULL));
    }
    FUZZ_CHECK(ch.random.len == 32 && ch.session_id.len <= 32 && ch.binders_len <= body.len);
    FUZZ_CHECK(ch.suites.len % 2 == 0 && ch.versions.len % 2 == 0 && ch.groups.len % 2 == 0);

    /* What was checked to be whole can be walked. */
    uint16_t group;
    while (ch.key_shares.len > 0)
        FUZZ_CHECK(cv_read_u16(&ch.key_shares, &group) == CV_OK &&
                   cv_read_vec16(&ch.key_shares, &share) == CV_OK);
    uint32_t age;
    for (size_t i = 0; i < ch.n_psk; i++) {
        FUZZ_CHECK(cv_read_vec16(&ch.psk_identities, &share) == CV_OK);
        FUZZ_CHECK(cv_read_u32(&ch.psk_identities, &age) == CV_OK);
        FUZZ_CHECK(cv_read_vec8(&ch.psk_binders, &share) == CV_OK && share.len >= 32);
    }
    FUZZ_CHECK(ch.psk_identities.len == 0 && ch.psk_binders.len == 0);
    return 0;
}
