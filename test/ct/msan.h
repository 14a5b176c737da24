/* Stands in front of every file of the MemorySanitizer build: instructions that it does not know, or of which
 * it knows less than is needed, are told to it.
 *
 *   _mm512_ternarylogic_epi64, _mm_sha1rnds4_epu32, _addcarry_u64, _subborrow_u64
 *       it takes for a use of their operands; the first and the last two are said in other words
 *   AES and SHA rounds, byte shuffles, products of 52 bits
 *       it marks only those bits of the result that stand where a marked bit stood; here one marked bit
 *       marks the whole result */
#ifndef CV_TEST_CT_MSAN_H
#define CV_TEST_CT_MSAN_H

#if defined(__x86_64__)
#include <immintrin.h>
#include <sanitizer/msan_interface.h>

/* The only truth table in use. */
#undef _mm512_ternarylogic_epi64
#define _mm512_ternarylogic_epi64(a, b, c, table)                                                            \
    __extension__({                                                                                          \
        _Static_assert((table) == 0x96, "exclusive or of three");                                            \
        _mm512_xor_si512((a), _mm512_xor_si512((b), (c)));                                                   \
    })

/* Takes the marks off two operands; true if there were any. */
static inline int ct_msan_take(void *a, void *b, unsigned long len)
{
    int secret = __msan_test_shadow(a, len) >= 0 || __msan_test_shadow(b, len) >= 0;
    __msan_unpoison(a, len);
    __msan_unpoison(b, len);
    return secret;
}

#define CT_MSAN_MIX2(type, target_, name)                                                                    \
    __attribute__((target(target_), unused)) static inline type ct_msan##name(type a, type b)                \
    {                                                                                                        \
        int secret = ct_msan_take(&a, &b, sizeof a);                                                         \
        type r = name(a, b);                                                                                 \
        if (secret) __msan_poison(&r, sizeof r);                                                             \
        return r;                                                                                            \
    }

#define CT_MSAN_WIDE "avx512f,avx512bw,vaes"
CT_MSAN_MIX2(__m128i, "aes", _mm_aesenc_si128)
CT_MSAN_MIX2(__m128i, "aes", _mm_aesenclast_si128)
CT_MSAN_MIX2(__m128i, "ssse3", _mm_shuffle_epi8)
CT_MSAN_MIX2(__m512i, CT_MSAN_WIDE, _mm512_aesenc_epi128)
CT_MSAN_MIX2(__m512i, CT_MSAN_WIDE, _mm512_aesenclast_epi128)
CT_MSAN_MIX2(__m512i, CT_MSAN_WIDE, _mm512_shuffle_epi8)
CT_MSAN_MIX2(__m128i, "sha", _mm_sha256msg1_epu32)
CT_MSAN_MIX2(__m128i, "sha", _mm_sha256msg2_epu32)
CT_MSAN_MIX2(__m128i, "sha", _mm_sha1msg1_epu32)
CT_MSAN_MIX2(__m128i, "sha", _mm_sha1msg2_epu32)
CT_MSAN_MIX2(__m128i, "sha", _mm_sha1nexte_epu32)
#define _mm_aesenc_si128 ct_msan_mm_aesenc_si128
#define _mm_aesenclast_si128 ct_msan_mm_aesenclast_si128
#define _mm_shuffle_epi8 ct_msan_mm_shuffle_epi8
#define _mm512_aesenc_epi128 ct_msan_mm512_aesenc_epi128
#define _mm512_aesenclast_epi128 ct_msan_mm512_aesenclast_epi128
#define _mm512_shuffle_epi8 ct_msan_mm512_shuffle_epi8
#define _mm_sha256msg1_epu32 ct_msan_mm_sha256msg1_epu32
#define _mm_sha256msg2_epu32 ct_msan_mm_sha256msg2_epu32
#define _mm_sha1msg1_epu32 ct_msan_mm_sha1msg1_epu32
#define _mm_sha1msg2_epu32 ct_msan_mm_sha1msg2_epu32
#define _mm_sha1nexte_epu32 ct_msan_mm_sha1nexte_epu32

__attribute__((target("sha"), unused)) static inline __m128i ct_msan_sha256rnds2(__m128i a, __m128i b,
                                                                                 __m128i c)
{
    int secret = ct_msan_take(&a, &b, sizeof a) | ct_msan_take(&c, &c, sizeof c);
    __m128i r = _mm_sha256rnds2_epu32(a, b, c);
    if (secret) __msan_poison(&r, sizeof r);
    return r;
}
#define _mm_sha256rnds2_epu32 ct_msan_sha256rnds2

#define CT_MSAN_MADD52(name)                                                                                 \
    __attribute__((target("avx512f,avx512ifma"), unused)) static inline __m512i ct_msan##name(               \
        __m512i a, __m512i b, __m512i c)                                                                     \
    {                                                                                                        \
        int secret = ct_msan_take(&a, &b, sizeof a) | ct_msan_take(&c, &c, sizeof c);                        \
        __m512i r = name(a, b, c);                                                                           \
        if (secret) __msan_poison(&r, sizeof r);                                                             \
        return r;                                                                                            \
    }
CT_MSAN_MADD52(_mm512_madd52lo_epu64)
CT_MSAN_MADD52(_mm512_madd52hi_epu64)
#define _mm512_madd52lo_epu64 ct_msan_mm512_madd52lo_epu64
#define _mm512_madd52hi_epu64 ct_msan_mm512_madd52hi_epu64

__attribute__((target("sha"), unused)) static inline __m128i ct_msan_sha1rnds4(__m128i a, __m128i b,
                                                                               int function)
{
    int secret = ct_msan_take(&a, &b, sizeof a);
    __m128i r = function == 0   ? _mm_sha1rnds4_epu32(a, b, 0)
                : function == 1 ? _mm_sha1rnds4_epu32(a, b, 1)
                : function == 2 ? _mm_sha1rnds4_epu32(a, b, 2)
                                : _mm_sha1rnds4_epu32(a, b, 3);
    if (secret) __msan_poison(&r, sizeof r);
    return r;
}
#undef _mm_sha1rnds4_epu32
#define _mm_sha1rnds4_epu32 ct_msan_sha1rnds4

__extension__ typedef unsigned __int128 ct_msan_wide;

__attribute__((unused)) static inline unsigned char
ct_msan_addcarry(unsigned char carry, unsigned long long a, unsigned long long b, unsigned long long *r)
{
    ct_msan_wide sum = (ct_msan_wide)a + b + carry;
    *r = (unsigned long long)sum;
    return (unsigned char)(sum >> 64);
}
__attribute__((unused)) static inline unsigned char
ct_msan_subborrow(unsigned char borrow, unsigned long long a, unsigned long long b, unsigned long long *r)
{
    ct_msan_wide difference = (ct_msan_wide)a - b - borrow;
    *r = (unsigned long long)difference;
    return (unsigned char)(difference >> 64 & 1);
}
#define _addcarry_u64 ct_msan_addcarry
#define _subborrow_u64 ct_msan_subborrow
#endif

#endif
