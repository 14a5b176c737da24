/* The FFDHE groups of TLS (RFC 7919) with AVX2. */
#include "crypto/ffdhe.h"

#if defined(__x86_64__)

const struct cv_group cv_group_ffdhe2048_avx2 = CV_FFDHE_GROUP(0x0100, 2048, 32, &cv_mont_avx2);
const struct cv_group cv_group_ffdhe3072_avx2 = CV_FFDHE_GROUP(0x0101, 3072, 40, &cv_mont_avx2);
const struct cv_group cv_group_ffdhe4096_avx2 = CV_FFDHE_GROUP(0x0102, 4096, 48, &cv_mont_avx2);

#endif
