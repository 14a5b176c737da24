/* The body of a ServerHello or HelloRetryRequest, behind four bytes that say what was asked. */
#include "test/fuzz/fuzz.h"
#include "tls/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes body = cv_bytes(data, size);
    struct cv_server_hello sh;
    uint32_t asked = fuzz_u32(&body);
    if (cv_server_hello_parse(&sh, body, asked) != CV_OK) return 0;
    FUZZ_CHECK(fuzz_within(sh.random, body) && sh.random.len == 32);
    FUZZ_CHECK(fuzz_within(sh.session_id, body) && sh.session_id.len <= 32);
    FUZZ_CHECK(fuzz_within(sh.share, body) && fuzz_within(sh.cookie, body));
    FUZZ_CHECK(sh.is_retry == cv_bytes_equal(sh.random, cv_bytes(cv_hello_retry_random, 32)));
    FUZZ_CHECK(sh.is_tls13 || sh.version == sh.legacy_version);
    for (size_t i = 0; i < CV_EXT_COUNT; i++) FUZZ_CHECK(fuzz_within(sh.ext.body[i], body));
    return 0;
}
