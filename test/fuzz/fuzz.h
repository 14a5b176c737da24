/* What the fuzz targets share: reading the input, memory of exact size, checks, dice. */
#ifndef CV_TEST_FUZZ_H
#define CV_TEST_FUZZ_H

#include "crypto/base/bytes.h"

/* Each file of test/fuzz/targets defines it. No I/O, no clock, no threads, nothing kept between calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts with the condition's text unless it holds. */
#define FUZZ_CHECK(cond) fuzz_check((cond), __FILE__, __LINE__, #cond)
void fuzz_check(bool holds, const char *file, int line, const char *what);

/* Take from the front; what the input lacks reads as zeros. */
uint8_t fuzz_u8(struct cv_bytes *in);
uint16_t fuzz_u16(struct cv_bytes *in);
uint32_t fuzz_u32(struct cv_bytes *in);
struct cv_bytes fuzz_take(struct cv_bytes *in, size_t len); /* as much as there is */

/* A copy in memory of exactly its length, so that a step beyond is noticed; the caller frees it. Never NULL.
 */
uint8_t *fuzz_copy(struct cv_bytes bytes);

/* True if the view is absent, or lies inside `whole`. */
bool fuzz_within(struct cv_bytes view, struct cv_bytes whole);

/* Choices that follow from a seed. */
struct fuzz_dice {
    uint64_t state;
};
/* From 0 to n - 1. */
uint32_t fuzz_roll(struct fuzz_dice *d, uint32_t n);

#endif
