/* The round function of SHA-512, for the files that compute the message schedule each in its own way. FIPS
 * 180-4 sections 4.1.3 and 6.4.2. */
#ifndef CV_SHA512_ROUND_H
#define CV_SHA512_ROUND_H

#include <stdint.h>

static inline uint64_t cv_sha512_ror(uint64_t v, unsigned n)
{
    return v >> n | v << (64 - n);
}

static inline uint64_t cv_sha512_big_sigma0(uint64_t a)
{
    return cv_sha512_ror(a, 28) ^ cv_sha512_ror(a, 34) ^ cv_sha512_ror(a, 39);
}

static inline uint64_t cv_sha512_big_sigma1(uint64_t e)
{
    return cv_sha512_ror(e, 14) ^ cv_sha512_ror(e, 18) ^ cv_sha512_ror(e, 41);
}

/* One round. d and h become the next e and a; the caller renames the others instead of moving them. */
static inline void cv_sha512_round(uint64_t a, uint64_t b, uint64_t c, uint64_t *d, uint64_t e, uint64_t f,
                                   uint64_t g, uint64_t *h, uint64_t kw)
{
    uint64_t t = *h + cv_sha512_big_sigma1(e) + (g ^ (e & (f ^ g))) + kw;
    *d += t;
    *h = t + cv_sha512_big_sigma0(a) + ((a & b) | (c & (a | b)));
}

#endif
