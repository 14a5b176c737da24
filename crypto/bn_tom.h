/* Big integers by libtommath, for public numbers and off the hot path: primality and group checks, decimal
 * printing, RSA keys for tests, and as the oracle in tests of our own arithmetic (mont.h).
 *
 * Variable time throughout: nothing here may see a secret that guards anything. Neither the library nor
 * firmware links this; the `culvert` command and the tests do. Numbers are big-endian bytes of any length,
 * results are padded with zeros to the length asked for.
 *
 * libtommath allocates by macros of its own build, which nobody can replace in a distribution's library. But
 * its static archive calls malloc, calloc, realloc and free by name, and the makefile renames these symbols
 * in a copy of it (objcopy) to those that bn_tom.c defines. So all its memory comes from struct cv_bn_memory,
 * and a failure to allocate reaches every place in it. It hands no context to its allocator: between entering
 * and leaving a function here, a thread-local variable of bn_tom.c says whose memory it is. */
#ifndef CV_BN_TOM_H
#define CV_BN_TOM_H

#include "crypto/rng.h"
#include "crypto/sig.h"

/* alloc may return NULL; memory is aligned for any type. free: len is what alloc was given. */
struct cv_bn_memory {
    void *(*alloc)(void *ctx, size_t len);
    void (*free)(void *ctx, void *p, size_t len);
    void *ctx;
};

/* All functions: CV_E_NO_MEMORY; CV_E_INVALID_ARGUMENT: a modulus of zero, a number that has no inverse;
 * CV_E_BUFFER_TOO_SMALL: the result is longer than out_len. */

/* a b mod m, a^b mod m, 1 / a mod m. */
cv_err cv_bn_mulmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes b, struct cv_bytes m);
cv_err cv_bn_powmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes b, struct cv_bytes m);
cv_err cv_bn_invmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes m);

/* The Baillie-PSW test (bases 2 and 3, then a strong Lucas test), and n_rounds of Miller and Rabin's with
 * random bases, for numbers that somebody may have chosen: each lets a composite pass once in four times. rng
 * may be NULL if n_rounds is 0. */
cv_err cv_bn_is_prime(const struct cv_bn_memory *mem, bool *prime, struct cv_bytes n, unsigned n_rounds,
                      const struct cv_rng *rng);

/* p and (p - 1) / 2 are primes, and 1 < g < p - 1: a Diffie-Hellman group without small subgroups. */
cv_err cv_bn_is_safe_group(const struct cv_bn_memory *mem, bool *safe, struct cv_bytes p, struct cv_bytes g);

/* Decimal digits and a zero behind them. */
cv_err cv_bn_to_decimal(const struct cv_bn_memory *mem, char *out, size_t cap, struct cv_bytes n);

/* A random prime of exactly 8 * len bits whose two topmost bits are set; p - 1 has no factor in common with
 * e. */
cv_err cv_bn_find_prime(const struct cv_bn_memory *mem, uint8_t *out, size_t len, uint32_t e,
                        const struct cv_rng *rng);

/* An RSA key with e = 65537, for tests: made in variable time. Its numbers lie in `bytes`; the struct is not
 * to be copied. bits: a multiple of 16, from 1024 to CV_RSA_BITS_MAX. CV_E_BAD_MODULUS otherwise. */
struct cv_bn_rsa {
    struct cv_private_key key;
    uint8_t bytes[9 * (CV_RSA_BITS_MAX / 8) / 2 + 3];
};
cv_err cv_bn_make_rsa(const struct cv_bn_memory *mem, struct cv_bn_rsa *rsa, unsigned bits,
                      const struct cv_rng *rng);

#endif
