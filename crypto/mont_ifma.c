/* Powers with AVX-512 IFMA, whose multiply-and-add takes digits of 52 bits, eight a register. Products are
 * "almost Montgomery": with R = 2^(52 digits) above 4n, factors below 2n give a result below 2n, which is
 * only reduced at the end. S. Gueron and V. Krasnov, "Software Implementation of Modular Exponentiation,
 * Using Advanced Vector Instructions Architectures" (2012). */
#include "crypto/mont.h"

#if defined(__x86_64__)

#include "crypto/base/secret.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi2,avx512f,avx512ifma")))
#define INLINE __attribute__((always_inline)) static inline
/* gcc unrolls the short loops on request only, clang by itself, unless it is asked for more rounds than there
 * are. */
#if defined(__clang__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 10")
#endif

typedef __m512i vec;

enum {
    LANES = 8,
    DIGIT_BITS = 52,
    WINDOW = 5,
    N_ENTRIES = 1 << WINDOW,
    PAIR_LIMBS_MAX = 2048 / CV_LIMB_BITS,
    SINGLE_LIMBS_MAX = 4096 / CV_LIMB_BITS,
    NUMBER_VECTORS = 10, /* two numbers of 2048 bits, or one of 4096 */
};

/* One number, or two side by side, in digits, eight a vector; unused lanes are zero. */
struct number {
    _Alignas(64) uint64_t digit[NUMBER_VECTORS * LANES];
};

struct moduli {
    struct number n;
    uint64_t n0[2]; /* -1 / n modulo 2^52 */
};

#define DIGIT_MASK ((UINT64_C(1) << DIGIT_BITS) - 1)

typedef void product_fn(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b);

struct shape {
    size_t n_limbs; /* of each modulus */
    size_t n_vectors, n_digits;
    product_fn *product;
};

/* Moves digits a lane down, towards the least significant; `above` follows at the top. */
TARGET INLINE vec lane_down(vec above, vec v)
{
    return _mm512_alignr_epi64(above, v, 1);
}

/* Brings digits, whose lanes hold up to 64 bits, to 52 bits. The carries of a register run through runs of
 * full digits by an addition of their masks. */
TARGET INLINE void normalise(uint64_t *r, vec *t, size_t n_vectors)
{
    const vec full = _mm512_set1_epi64((long long)DIGIT_MASK);
    vec carry = _mm512_setzero_si512();
    uint32_t carry_in = 0;
    UNROLL for (size_t j = 0; j < n_vectors; j++)
    {
        vec over = _mm512_srli_epi64(t[j], DIGIT_BITS);
        vec v = _mm512_add_epi64(_mm512_and_si512(t[j], full), _mm512_alignr_epi64(over, carry, LANES - 1));
        carry = over;
        uint32_t beyond = _mm512_cmpgt_epu64_mask(v, full), just_full = _mm512_cmpeq_epu64_mask(v, full);
        uint32_t sum = (beyond << 1 | carry_in) + just_full;
        v = _mm512_mask_sub_epi64(v, (__mmask8)(sum ^ just_full), v, _mm512_set1_epi64(-1));
        carry_in = sum >> LANES;
        _mm512_store_si512(r + j * LANES, _mm512_and_si512(v, full));
    }
}

/* r = a b / R modulo each modulus, almost. A round adds a * b[i] and the multiple of n that clears the lowest
 * digit, and drops that digit. What the next multiple waits for is kept short: the upper halves gather in
 * `high` first. */
TARGET INLINE void product(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b,
                           size_t n_moduli, size_t n_vectors, size_t n_digits)
{
    const vec zero = _mm512_setzero_si512();
    vec t[2][NUMBER_VECTORS];
    for (size_t k = 0; k < n_moduli; k++)
        for (size_t j = 0; j < n_vectors; j++) t[k][j] = zero;
    for (size_t i = 0; i < n_digits; i++) {
        UNROLL for (size_t k = 0; k < n_moduli; k++)
        {
            const uint64_t *n = m->n.digit + k * n_vectors * LANES, *ak = a + k * n_vectors * LANES;
            const vec digit = _mm512_set1_epi64((long long)b[k * n_vectors * LANES + i]);
            const vec n0 = _mm512_set1_epi64((long long)m->n0[k]);
            vec *tk = t[k];
            tk[0] = _mm512_madd52lo_epu64(tk[0], digit, _mm512_load_si512(ak));
            vec q = _mm512_madd52lo_epu64(zero, _mm512_broadcastq_epi64(_mm512_castsi512_si128(tk[0])), n0);
            UNROLL for (size_t j = 1; j < n_vectors; j++) tk[j] =
                _mm512_madd52lo_epu64(tk[j], digit, _mm512_load_si512(ak + j * LANES));
            vec high = _mm512_madd52hi_epu64(zero, digit, _mm512_load_si512(ak));
            high = _mm512_madd52hi_epu64(high, q, _mm512_load_si512(n));
            UNROLL for (size_t j = 0; j < n_vectors; j++) tk[j] =
                _mm512_madd52lo_epu64(tk[j], q, _mm512_load_si512(n + j * LANES));
            high = _mm512_add_epi64(high, _mm512_maskz_srli_epi64(1, tk[0], DIGIT_BITS));
            UNROLL for (size_t j = 0; j < n_vectors; j++) tk[j] =
                lane_down(j + 1 < n_vectors ? tk[j + 1] : zero, tk[j]);
            tk[0] = _mm512_add_epi64(tk[0], high);
            UNROLL for (size_t j = 1; j < n_vectors; j++)
            {
                tk[j] = _mm512_madd52hi_epu64(tk[j], digit, _mm512_load_si512(ak + j * LANES));
                tk[j] = _mm512_madd52hi_epu64(tk[j], q, _mm512_load_si512(n + j * LANES));
            }
        }
    }
    UNROLL for (size_t k = 0; k < n_moduli; k++) normalise(r + k * n_vectors * LANES, t[k], n_vectors);
}

TARGET static void pair_1024(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 3, 20);
}

TARGET static void pair_1536(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 4, 30);
}

TARGET static void pair_2048(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 5, 40);
}

TARGET static void single_2048(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 5, 40);
}

TARGET static void single_3072(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 8, 60);
}

TARGET static void single_4096(const struct moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 10, 79);
}

/* R is above 4n: two bits more than the limbs have, at least. */
static const struct shape pairs[] = {{16, 3, 20, pair_1024}, {24, 4, 30, pair_1536}, {32, 5, 40, pair_2048}};
static const struct shape singles[] = {
    {32, 5, 40, single_2048}, {48, 8, 60, single_3072}, {64, 10, 79, single_4096}};

static const struct shape *find_shape(const struct shape *shapes, size_t n_shapes, size_t n_limbs)
{
    for (size_t i = 0; i < n_shapes; i++)
        if (shapes[i].n_limbs == n_limbs) return &shapes[i];
    return NULL;
}

/* From limbs of 64 bits to digits of 52, and back; the bits above the limbs are returned. */
static void to_digits(const struct shape *s, uint64_t *digit, const cv_limb *a)
{
    memset(digit, 0, s->n_vectors * LANES * sizeof *digit);
    for (size_t i = 0; i < s->n_digits; i++) {
        size_t limb = i * DIGIT_BITS / 64, shift = i * DIGIT_BITS % 64;
        uint64_t v = limb < s->n_limbs ? a[limb] >> shift : 0;
        if (shift > 64 - DIGIT_BITS && limb + 1 < s->n_limbs) v |= a[limb + 1] << (64 - shift);
        digit[i] = v & DIGIT_MASK;
    }
}

static cv_limb from_digits(const struct shape *s, cv_limb *r, const uint64_t *digit)
{
    cv_limb2 bits = 0;
    unsigned n_bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < s->n_digits; i++) {
        bits |= (cv_limb2)digit[i] << n_bits;
        n_bits += DIGIT_BITS;
        if (n_bits < 64) continue;
        if (at == s->n_limbs) return (cv_limb)bits;
        r[at++] = (cv_limb)bits;
        bits >>= 64;
        n_bits -= 64;
    }
    return (cv_limb)bits;
}

/* What takes a number from Montgomery form with R of the limbs, or r2 from the limbs', to that of the digits:
 * 2^(2 (bits of digits - bits of limbs)). */
static void set_ratio(const struct shape *s, cv_limb *r)
{
    size_t bit = 2 * (s->n_digits * DIGIT_BITS - s->n_limbs * 64);
    memset(r, 0, s->n_limbs * sizeof *r);
    r[bit / 64] = (cv_limb)1 << bit % 64;
}

static void load_modulus(const struct shape *s, struct moduli *to, size_t which, const struct cv_mont *m)
{
    to_digits(s, to->n.digit + which * s->n_vectors * LANES, m->n);
    to->n0[which] = m->n0 & DIGIT_MASK;
}

static void store_result(const struct shape *s, const struct cv_mont *m, cv_limb *r, const uint64_t *digit)
{
    cv_limb top = from_digits(s, r, digit);
    cv_mont_reduce_once(m, r, top);
}

/* n_vectors vectors of the entry `index`, every entry being read. */
TARGET INLINE void table_read(uint64_t *r, const uint64_t *table, size_t entry_len, size_t n_vectors,
                              uint64_t index)
{
    const vec wanted = _mm512_set1_epi64((long long)cv_ct_barrier64(index));
    for (size_t j = 0; j < n_vectors; j++) {
        vec v = _mm512_setzero_si512();
        for (size_t i = 0; i < N_ENTRIES; i++) {
            __mmask8 hit = _mm512_cmpeq_epi64_mask(wanted, _mm512_set1_epi64((long long)i));
            v = _mm512_mask_mov_epi64(v, hit, _mm512_load_si512(table + i * entry_len + j * LANES));
        }
        _mm512_store_si512(r + j * LANES, v);
    }
}

TARGET static void table_read_pair(const struct shape *s, uint64_t *r, const uint64_t *table,
                                   const struct cv_mont_power p[2], size_t e_limbs, size_t at)
{
    size_t len = s->n_vectors * LANES;
    for (size_t k = 0; k < 2; k++) {
        cv_limb index = cv_mont_exponent_bits(p[k].e, e_limbs, at, WINDOW);
        table_read(r + k * len, table + k * len, 2 * len, s->n_vectors, index);
    }
}

struct pair_work {
    struct moduli m;
    struct number power, factor, out;
    _Alignas(64) uint64_t table[N_ENTRIES * NUMBER_VECTORS * LANES];
};

/* Fills the table with the powers of the bases, and `out` with what takes results back to the limbs' form. */
static void pair_start(const struct shape *s, struct pair_work *w, const struct cv_mont_power p[2])
{
    size_t len = s->n_vectors * LANES, entry_len = 2 * len;
    uint64_t *table = w->table, *in = w->factor.digit, *base = w->power.digit;
    cv_limb t[PAIR_LIMBS_MAX];
    for (size_t k = 0; k < 2; k++) {
        load_modulus(s, &w->m, k, p[k].m);
        to_digits(s, base + k * len, p[k].a);
        set_ratio(s, t);
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        to_digits(s, in + k * len, t);
        memset(t, 0, s->n_limbs * sizeof *t);
        t[0] = 1;
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        to_digits(s, w->out.digit + k * len, t);
    }
    s->product(&w->m, table, in, w->out.digit); /* 1 */
    s->product(&w->m, table + entry_len, in, base);
    for (size_t i = 2; i < N_ENTRIES; i++) {
        const uint64_t *half = table + i / 2 * entry_len, *before = table + (i - 1) * entry_len;
        if (i % 2 == 0)
            s->product(&w->m, table + i * entry_len, half, half);
        else
            s->product(&w->m, table + i * entry_len, before, table + entry_len);
    }
}

static void exp_pair(const struct cv_mont_power p[2], size_t e_limbs)
{
    const struct shape *s = find_shape(pairs, sizeof pairs / sizeof *pairs, p[0].m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_pair(p, e_limbs);
        return;
    }
    struct pair_work w;
    uint64_t *power = w.power.digit, *factor = w.factor.digit;
    pair_start(s, &w, p);
    size_t at = (e_limbs * CV_LIMB_BITS - 1) / WINDOW * WINDOW;
    table_read_pair(s, power, w.table, p, e_limbs, at);
    while (at > 0) {
        at -= WINDOW;
        for (size_t i = 0; i < WINDOW; i++) s->product(&w.m, power, power, power);
        table_read_pair(s, factor, w.table, p, e_limbs, at);
        s->product(&w.m, power, power, factor);
    }
    s->product(&w.m, power, power, w.out.digit);
    for (size_t k = 0; k < 2; k++) store_result(s, p[k].m, p[k].r, power + k * s->n_vectors * LANES);
    cv_wipe(&w, sizeof w);
}

/* r = a^e in the form of a; in: what takes a to the digits' form. */
static void power_public(const struct shape *s, const struct moduli *mod, const struct cv_mont *m, cv_limb *r,
                         const cv_limb *a, uint64_t e, const struct number *in)
{
    struct number last, base, power;
    int bit = 63;
    while (e >> bit == 0) bit--;
    to_digits(s, last.digit, a);
    s->product(mod, base.digit, last.digit, in->digit);
    power = base;
    while (--bit >= 0) {
        s->product(mod, power.digit, power.digit, power.digit);
        if (bit > 0 && (e >> bit & 1) != 0) s->product(mod, power.digit, power.digit, base.digit);
    }
    s->product(mod, power.digit, power.digit, last.digit); /* e is odd */
    store_result(s, m, r, power.digit);
    cv_wipe(&last, sizeof last);
    cv_wipe(&base, sizeof base);
    cv_wipe(&power, sizeof power);
}

static void exp_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e)
{
    const struct shape *s = find_shape(singles, sizeof singles / sizeof *singles, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_public(m, r, a, e);
        return;
    }
    struct moduli mod;
    struct number in;
    cv_limb t[SINGLE_LIMBS_MAX];
    load_modulus(s, &mod, 0, m);
    set_ratio(s, t);
    cv_mont_from_public(m, t, t);
    to_digits(s, in.digit, t);
    power_public(s, &mod, m, r, a, e, &in);
}

static void exp_plain(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e)
{
    const struct shape *s = find_shape(singles, sizeof singles / sizeof *singles, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_plain(m, r, a, e);
        return;
    }
    struct moduli mod;
    struct number in;
    cv_limb t[SINGLE_LIMBS_MAX] = {0};
    load_modulus(s, &mod, 0, m);
    /* R^2 = (R^(3/2))^2 / R, R being the digits' */
    size_t bit = s->n_digits * DIGIT_BITS / 2 * 3 - s->n_limbs * 64;
    t[bit / 64] = (cv_limb)1 << bit % 64;
    cv_mont_from_public(m, t, t);
    to_digits(s, in.digit, t);
    s->product(&mod, in.digit, in.digit, in.digit);
    power_public(s, &mod, m, r, a, e, &in);
}

const struct cv_mont_powers cv_mont_ifma = {
    .exp_pair = exp_pair, .exp_public = exp_public, .exp_plain = exp_plain};

#endif
