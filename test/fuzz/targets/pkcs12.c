/* A PKCS#12 file behind a byte: 0, and the password is "secret"; otherwise what follows is an
 * AuthenticatedSafe as if the MAC over it had been right. */
#include "test/fuzz/fuzz.h"
#include "x509/pbe_kdf.h"

#include <stdlib.h>
#include <string.h>

enum { WORK = 4000 };

static bool is_view(struct cv_bytes v, struct cv_bytes file, struct cv_bytes memory)
{
    return fuzz_within(v, file) || fuzz_within(v, memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t password[] = {'s', 'e', 'c', 'r', 'e', 't'};
    struct cv_bytes in = cv_bytes(data, size), secret = cv_bytes(password, sizeof password);
    uint8_t is_safe = fuzz_u8(&in);
    size_t memory_len = cv_pkcs12_memory_len(in.len);
    uint8_t *memory = malloc(memory_len ? memory_len : 1);
    struct cv_pkcs12 p = {
        .safes = in, .password = secret, .memory = memory, .memory_len = memory_len, .work = WORK};
    struct cv_bag bag;
    cv_err e = CV_OK;

    FUZZ_CHECK(memory != NULL);
    if (is_safe == 0) e = cv_pkcs12_open_within(&p, memory, memory_len, in, secret, WORK);
    while (e == CV_OK && (e = cv_pkcs12_next(&p, &bag)) == CV_OK) {
        struct cv_bytes all = cv_bytes(memory, memory_len);
        FUZZ_CHECK(is_view(bag.der, in, all) && is_view(bag.friendly_name, in, all));
        FUZZ_CHECK(is_view(bag.local_key_id, in, all) && is_view(bag.provider, in, all));
        FUZZ_CHECK(p.memory + p.memory_len == memory + memory_len);
    }
    FUZZ_CHECK(e != CV_E_BUFFER_TOO_SMALL && e != CV_E_INVALID_ARGUMENT);
    free(memory);
    return 0;
}
