#include "test/fuzz/setup.h"

bool fuzz_setup_read(struct fuzz_setup *out, struct cv_bytes in)
{
    struct cv_bytes skipped;
    uint16_t tag;
    *out = (struct fuzz_setup){.seed = 0};
    while (cv_read_u16(&in, &tag) == CV_OK) {
        switch (tag) {
        case FUZZ_TAG_DATA:
            out->data = in;
            return true;
        case FUZZ_TAG_SESSION:
            if (cv_read_vec24(&in, &out->ticket) != CV_OK) return false;
            out->session = true;
            break;
        case FUZZ_TAG_CLIENT_AUTH:
            out->client_auth = true;
            break;
        case FUZZ_TAG_HINTS:
            if (cv_read_vec24(&in, &skipped) != CV_OK) return false;
            break;
        case FUZZ_TAG_CHOICES:
            if (cv_read_u16(&in, &out->choices) != CV_OK || cv_read_u8(&in, &out->seed) != CV_OK)
                return false;
            break;
        default:
            return false;
        }
    }
    return false;
}
