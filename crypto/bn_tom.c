#include "crypto/bn_tom.h"
#include "crypto/base/secret.h"

#include <stdalign.h>
#include <string.h>
#include <tommath.h>

/* In front of what libtommath is given, whose length it does not tell when it frees. */
struct block {
    alignas(max_align_t) struct block *next;
    struct block *before;
    size_t len;
};

/* Of the call that this thread is in; see the header for why it is here. The blocks are a ring:
 * libtommath 1.2 loses a number when an allocation fails in its Lucas test, and what it leaves is freed at
 * the end. */
static _Thread_local struct {
    const struct cv_bn_memory *mem; /* NULL: in no call */
    struct block blocks;
} scope;

/* What the makefile has libtommath call. */
void *cv_bn_tom_malloc(size_t len);
void *cv_bn_tom_calloc(size_t n, size_t len);
void *cv_bn_tom_realloc(void *p, size_t len);
void cv_bn_tom_free(void *p);

void *cv_bn_tom_malloc(size_t len)
{
    struct block *b, *first = &scope.blocks;
    if (scope.mem == NULL || len > SIZE_MAX - sizeof *b) return NULL;
    b = scope.mem->alloc(scope.mem->ctx, sizeof *b + len);
    if (b == NULL) return NULL;
    *b = (struct block){.next = first->next, .before = first, .len = len};
    b->next->before = b;
    first->next = b;
    return b + 1;
}

void *cv_bn_tom_calloc(size_t n, size_t len)
{
    if (len != 0 && n > SIZE_MAX / len) return NULL;
    void *p = cv_bn_tom_malloc(n * len);
    if (p != NULL) memset(p, 0, n * len);
    return p;
}

void cv_bn_tom_free(void *p)
{
    if (p == NULL) return;
    struct block *b = (struct block *)p - 1;
    b->before->next = b->next;
    b->next->before = b->before;
    scope.mem->free(scope.mem->ctx, b, sizeof *b + b->len);
}

void *cv_bn_tom_realloc(void *p, size_t len)
{
    void *larger = cv_bn_tom_malloc(len);
    if (larger == NULL || p == NULL) return larger;
    size_t old_len = ((struct block *)p - 1)->len;
    memcpy(larger, p, old_len < len ? old_len : len);
    cv_bn_tom_free(p);
    return larger;
}

static cv_err error_of(mp_err e)
{
    switch (e) {
    case MP_OKAY:
        return CV_OK;
    case MP_MEM:
        return CV_E_NO_MEMORY;
    case MP_VAL:
        return CV_E_INVALID_ARGUMENT;
    case MP_BUF:
        return CV_E_BUFFER_TOO_SMALL;
    default:
        return CV_E_INTERNAL;
    }
}

/* The numbers of one call. */
enum { NUMBERS_MAX = 8 };

struct numbers {
    mp_int v[NUMBERS_MAX];
    size_t n;
};

static cv_err begin(struct numbers *x, const struct cv_bn_memory *mem, size_t n)
{
    scope.mem = mem;
    scope.blocks.next = scope.blocks.before = &scope.blocks;
    for (x->n = 0; x->n < n; x->n++) {
        cv_err e = error_of(mp_init(&x->v[x->n]));
        if (e != CV_OK) return e;
    }
    return CV_OK;
}

static cv_err end(struct numbers *x, cv_err e)
{
    while (x->n > 0) mp_clear(&x->v[--x->n]);
    while (scope.blocks.next != &scope.blocks) cv_bn_tom_free(scope.blocks.next + 1);
    scope.mem = NULL;
    return e;
}

static cv_err load(mp_int *r, struct cv_bytes in)
{
    return error_of(mp_from_ubin(r, in.p, in.len));
}

static cv_err store(uint8_t *out, size_t out_len, const mp_int *a)
{
    size_t len = mp_ubin_size(a), written;
    if (len > out_len) return CV_E_BUFFER_TOO_SMALL;
    memset(out, 0, out_len);
    return error_of(mp_to_ubin(a, out + out_len - len, len, &written));
}

typedef mp_err modular_fn(const mp_int *a, const mp_int *b, const mp_int *m, mp_int *r);

static cv_err modular(const struct cv_bn_memory *mem, modular_fn *op, uint8_t *out, size_t out_len,
                      struct cv_bytes a, struct cv_bytes b, struct cv_bytes m)
{
    struct numbers x;
    cv_err e = begin(&x, mem, 4);
    if (e == CV_OK) e = load(&x.v[0], a);
    if (e == CV_OK) e = load(&x.v[1], b);
    if (e == CV_OK) e = load(&x.v[2], m);
    if (e == CV_OK && mp_iszero(&x.v[2])) e = CV_E_INVALID_ARGUMENT;
    if (e == CV_OK) e = error_of(op(&x.v[0], &x.v[1], &x.v[2], &x.v[3]));
    if (e == CV_OK) e = store(out, out_len, &x.v[3]);
    return end(&x, e);
}

cv_err cv_bn_mulmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes b, struct cv_bytes m)
{
    return modular(mem, mp_mulmod, out, out_len, a, b, m);
}

cv_err cv_bn_powmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes b, struct cv_bytes m)
{
    return modular(mem, mp_exptmod, out, out_len, a, b, m);
}

cv_err cv_bn_invmod(const struct cv_bn_memory *mem, uint8_t *out, size_t out_len, struct cv_bytes a,
                    struct cv_bytes m)
{
    struct numbers x;
    cv_err e = begin(&x, mem, 3);
    if (e == CV_OK) e = load(&x.v[0], a);
    if (e == CV_OK) e = load(&x.v[1], m);
    if (e == CV_OK) e = error_of(mp_invmod(&x.v[0], &x.v[1], &x.v[2]));
    if (e == CV_OK) e = store(out, out_len, &x.v[2]);
    return end(&x, e);
}

/* The test that needs no random numbers. */
static cv_err passes_bpsw(bool *prime, const mp_int *n)
{
    mp_bool result = MP_NO;
    cv_err e = error_of(mp_prime_is_prime(n, 0, &result));
    *prime = result == MP_YES;
    return e;
}

/* A random base in 2 … n - 2, for n above 4; t is scratch. */
static cv_err random_base(mp_int *r, mp_int *t, const mp_int *n, const struct cv_rng *rng)
{
    uint8_t bytes[64]; /* of a larger n only some bases are ever taken: as good as any */
    cv_err e = cv_random(rng, bytes, sizeof bytes);
    if (e == CV_OK) e = load(r, cv_bytes(bytes, sizeof bytes));
    if (e == CV_OK) e = error_of(mp_sub_d(n, 3, t));
    if (e == CV_OK) e = error_of(mp_mod(r, t, r));
    if (e == CV_OK) e = error_of(mp_add_d(r, 2, r));
    return e;
}

cv_err cv_bn_is_prime(const struct cv_bn_memory *mem, bool *prime, struct cv_bytes n, unsigned n_rounds,
                      const struct cv_rng *rng)
{
    struct numbers x;
    *prime = false;
    cv_err e = begin(&x, mem, 3);
    if (e == CV_OK) e = load(&x.v[0], n);
    if (e == CV_OK) e = passes_bpsw(prime, &x.v[0]);
    for (; e == CV_OK && *prime && n_rounds > 0 && mp_cmp_d(&x.v[0], 4) == MP_GT; n_rounds--) {
        mp_bool result = MP_NO;
        e = random_base(&x.v[1], &x.v[2], &x.v[0], rng);
        if (e == CV_OK) e = error_of(mp_prime_miller_rabin(&x.v[0], &x.v[1], &result));
        *prime = result == MP_YES;
    }
    return end(&x, e);
}

cv_err cv_bn_is_safe_group(const struct cv_bn_memory *mem, bool *safe, struct cv_bytes p, struct cv_bytes g)
{
    struct numbers x;
    *safe = false;
    cv_err e = begin(&x, mem, 3);
    if (e == CV_OK) e = load(&x.v[0], p);
    if (e == CV_OK) e = load(&x.v[1], g);
    if (e != CV_OK || mp_cmp_d(&x.v[0], 4) != MP_GT || mp_iseven(&x.v[0])) return end(&x, e);
    e = error_of(mp_sub_d(&x.v[0], 1, &x.v[2]));
    if (e != CV_OK || mp_cmp_d(&x.v[1], 1) != MP_GT || mp_cmp(&x.v[1], &x.v[2]) != MP_LT) return end(&x, e);
    e = error_of(mp_div_2(&x.v[2], &x.v[2]));
    if (e == CV_OK) e = passes_bpsw(safe, &x.v[0]);
    if (e == CV_OK && *safe) e = passes_bpsw(safe, &x.v[2]);
    return end(&x, e);
}

cv_err cv_bn_to_decimal(const struct cv_bn_memory *mem, char *out, size_t cap, struct cv_bytes n)
{
    struct numbers x;
    int len = 0; /* with the zero behind */
    cv_err e = begin(&x, mem, 1);
    if (e == CV_OK) e = load(&x.v[0], n);
    if (e == CV_OK) e = error_of(mp_radix_size(&x.v[0], 10, &len));
    if (e == CV_OK && (size_t)len > cap) e = CV_E_BUFFER_TOO_SMALL;
    if (e == CV_OK) e = error_of(mp_to_radix(&x.v[0], out, cap, NULL, 10));
    return end(&x, e);
}

/* Half of all candidates are even, so those are not tried; of those that are, about one in 350 is prime with
 * 1024 bits. */
static cv_err find_prime(mp_int *r, mp_int *t, size_t len, uint32_t e, const struct cv_rng *rng)
{
    uint8_t bytes[CV_RSA_BITS_MAX / 16];
    for (;;) {
        bool prime = false;
        mp_digit rest;
        cv_err err = cv_random(rng, bytes, len);
        bytes[0] |= 0xc0;
        bytes[len - 1] |= 1;
        if (err == CV_OK) err = load(r, cv_bytes(bytes, len));
        if (err == CV_OK) err = error_of(mp_sub_d(r, 1, t));
        if (err == CV_OK) err = error_of(mp_mod_d(t, e, &rest));
        if (err == CV_OK && rest != 0) err = passes_bpsw(&prime, r);
        if (err != CV_OK || prime) {
            cv_wipe(bytes, sizeof bytes);
            return err;
        }
    }
}

cv_err cv_bn_find_prime(const struct cv_bn_memory *mem, uint8_t *out, size_t len, uint32_t e,
                        const struct cv_rng *rng)
{
    struct numbers x;
    if (len < 2 || len > CV_RSA_BITS_MAX / 16) return CV_E_INVALID_ARGUMENT;
    cv_err err = begin(&x, mem, 2);
    if (err == CV_OK) err = find_prime(&x.v[0], &x.v[1], len, e, rng);
    if (err == CV_OK) err = store(out, len, &x.v[0]);
    return end(&x, err);
}

enum { N, D, P, Q, DP, DQ, QINV, T, E = 65537 };

/* From two primes the other numbers; p is the larger one. RFC 8017 section 3.2. */
static cv_err complete_key(struct numbers *x)
{
    mp_int *v = x->v;
    if (mp_cmp(&v[P], &v[Q]) == MP_LT) mp_exch(&v[P], &v[Q]);
    if (mp_cmp(&v[P], &v[Q]) == MP_EQ) return CV_E_RNG;
    mp_set_u32(&v[T], E);
    mp_err e = mp_mul(&v[P], &v[Q], &v[N]);
    if (e == MP_OKAY) e = mp_invmod(&v[Q], &v[P], &v[QINV]);
    if (e == MP_OKAY) e = mp_sub_d(&v[P], 1, &v[DP]);
    if (e == MP_OKAY) e = mp_sub_d(&v[Q], 1, &v[DQ]);
    if (e == MP_OKAY) e = mp_lcm(&v[DP], &v[DQ], &v[D]);
    if (e == MP_OKAY) e = mp_invmod(&v[T], &v[D], &v[D]);
    if (e == MP_OKAY) e = mp_mod(&v[D], &v[DP], &v[DP]);
    if (e == MP_OKAY) e = mp_mod(&v[D], &v[DQ], &v[DQ]);
    return error_of(e);
}

static cv_err store_key(struct cv_bn_rsa *rsa, const struct numbers *x)
{
    static const uint8_t e[] = {1, 0, 1};
    struct cv_private_key *key = &rsa->key;
    struct cv_bytes *const parts[] = {[N] = &key->n,   [D] = &key->d,   [P] = &key->p,      [Q] = &key->q,
                                      [DP] = &key->dp, [DQ] = &key->dq, [QINV] = &key->qinv};
    uint8_t *p = rsa->bytes;
    *key = (struct cv_private_key){.type = CV_KEY_RSA, .e = cv_bytes(p, sizeof e)};
    memcpy(p, e, sizeof e);
    p += sizeof e;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t len = mp_ubin_size(&x->v[i]);
        cv_err err = store(p, len, &x->v[i]);
        if (err != CV_OK) return err;
        *parts[i] = cv_bytes(p, len);
        p += len;
    }
    return CV_OK;
}

cv_err cv_bn_make_rsa(const struct cv_bn_memory *mem, struct cv_bn_rsa *rsa, unsigned bits,
                      const struct cv_rng *rng)
{
    struct numbers x;
    if (bits < 1024 || bits > CV_RSA_BITS_MAX || bits % 16 != 0) return CV_E_BAD_MODULUS;
    cv_err e = begin(&x, mem, NUMBERS_MAX);
    if (e == CV_OK) e = find_prime(&x.v[P], &x.v[T], bits / 16, E, rng);
    if (e == CV_OK) e = find_prime(&x.v[Q], &x.v[T], bits / 16, E, rng);
    if (e == CV_OK) e = complete_key(&x);
    if (e == CV_OK) e = store_key(rsa, &x);
    return end(&x, e);
}
