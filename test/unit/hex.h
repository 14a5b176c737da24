/* Test vectors in hexadecimal. */
#ifndef TEST_UNIT_HEX_H
#define TEST_UNIT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes the bytes that `hex` spells (spaces and line ends between bytes are skipped) and returns how many.
 * Aborts on anything else and where they do not fit in cap. */
size_t unhex(uint8_t *out, size_t cap, const char *hex);

#endif
