/* As conn_client, the client as on a board: records are opened as they come, certificates judged as they
 * arrive. Input: setup.h. */
#include "test/fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_setup setup;
    struct fuzz_engine e = {.conn = NULL, .arriving = true};
    if (!fuzz_setup_read(&setup, cv_bytes(data, size))) return 0;
    if (!fuzz_engine_new(&e, CV_CLIENT, &setup)) return 0;
    fuzz_engine_drive(&e, &setup);
    fuzz_engine_free(&e);
    return 0;
}
