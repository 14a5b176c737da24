/* InitializeSecurityContext and what follows it, whatever the server sends. Input: setup.h. */
#include "test/fuzz/sspi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_setup setup;
    if (fuzz_setup_read(&setup, cv_bytes(data, size))) fuzz_app_run(&setup, false);
    return 0;
}
