/* RFC 8701: numbers that stand for nothing, so that servers do not forget to pass over what they do not
 * know. */
#include "tls/features.h"
#include "tls/state.h"

/* Places of their own numbers; the two extensions must not be the same. */
static const uint8_t seeds[] = {
    [CV_GREASE_SUITE] = 0,   [CV_GREASE_GROUP] = 1, [CV_GREASE_SHARE] = 1,    [CV_GREASE_SCHEME] = 2,
    [CV_GREASE_VERSION] = 3, [CV_GREASE_EXT] = 4,   [CV_GREASE_LAST_EXT] = 5,
};

static uint16_t value(const struct cv_hs *hs, enum cv_grease which)
{
    unsigned n = hs->grease[seeds[which]] & 15;
    if (which == CV_GREASE_LAST_EXT && n == (hs->grease[seeds[CV_GREASE_EXT]] & 15u)) n ^= 1;
    return (uint16_t)(0x0a0a + 0x1010 * n);
}

void cv_grease(const struct cv_conn *c, struct cv_builder *b, enum cv_grease which)
{
    static const uint8_t behind_len[] = {
        [CV_GREASE_SHARE] = 1,
        [CV_GREASE_LAST_EXT] = 1,
    };
    cv_build_u16(b, value(c->hs, which));
    if (which < CV_GREASE_SHARE) return;
    cv_build_u16(b, behind_len[which]);
    cv_build_zeros(b, behind_len[which]);
}
