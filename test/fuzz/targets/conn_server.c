/* The engine as server, whatever the client sends, with cryptography that is none: what a client could say
 * that has all the keys. Input: setup.h. */
#include "test/fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_setup setup;
    struct fuzz_engine e = {.conn = NULL};
    if (!fuzz_setup_read(&setup, cv_bytes(data, size))) return 0;
    if (!fuzz_engine_new(&e, CV_SERVER, &setup)) return 0;
    fuzz_engine_drive(&e, &setup);
    fuzz_engine_free(&e);
    return 0;
}
