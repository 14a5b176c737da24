#include "crypto/x25519.h"

#include "crypto/base/secret.h"
#include "crypto/fe25519_inline.h"
#include "crypto/ge25519.h"
#include "crypto/kex.h"
#include "crypto/sc25519.h"

#include <string.h>

/* (A - 2) / 4 of the curve v^2 = u^3 + A u^2 + u with A = 486662 (RFC 7748 section 4.1) */
enum { A24 = 121665 };

struct ladder {
    struct cv_fe x1, x2, z2, x3, z3;
    struct cv_fe a, b, c, d; /* scratch */
};

/* x2:z2 doubled, x3:z3 the sum of both, x1 their difference. RFC 7748 section 5. */
static void ladder_step(struct ladder *l)
{
    cv_fe_add(&l->a, &l->x2, &l->z2);
    cv_fe_sub_inline(&l->b, &l->x2, &l->z2);
    cv_fe_add(&l->c, &l->x3, &l->z3);
    cv_fe_sub_inline(&l->d, &l->x3, &l->z3);
    cv_fe_mul_inline(&l->d, &l->d, &l->a);
    cv_fe_mul_inline(&l->c, &l->c, &l->b);
    cv_fe_add(&l->x3, &l->d, &l->c);
    cv_fe_sub_inline(&l->z3, &l->d, &l->c);
    cv_fe_sqr_inline(&l->x3, &l->x3);
    cv_fe_sqr_inline(&l->z3, &l->z3);
    cv_fe_mul_inline(&l->z3, &l->z3, &l->x1);
    cv_fe_sqr_inline(&l->a, &l->a);
    cv_fe_sqr_inline(&l->b, &l->b);
    cv_fe_mul_inline(&l->x2, &l->a, &l->b);
    cv_fe_sub_inline(&l->b, &l->a, &l->b);
    cv_fe_mul_small_inline(&l->c, &l->b, A24);
    cv_fe_add(&l->c, &l->c, &l->a);
    cv_fe_mul_inline(&l->z2, &l->b, &l->c);
}

/* RFC 7748 section 5 */
static void clamp(uint8_t k[32])
{
    k[0] &= 0xf8;
    k[31] = (uint8_t)((k[31] & 0x7f) | 0x40);
}

cv_err cv_x25519(uint8_t secret[32], const uint8_t scalar[32], const uint8_t u[32])
{
    struct ladder l;
    uint8_t k[32];
    memcpy(k, scalar, 32);
    clamp(k);

    cv_fe_from_bytes(&l.x1, u); /* RFC 7748 section 5: the top bit is masked, values from p on are accepted */
    l.x2 = cv_fe_one;
    l.z2 = cv_fe_zero;
    l.x3 = l.x1;
    l.z3 = cv_fe_one;
    uint32_t swapped = 0;
    for (int i = 254; i >= 0; i--) {
        uint32_t bit = (uint32_t)k[i / 8] >> i % 8 & 1;
        cv_fe_limb mask = cv_fe_mask(bit ^ swapped);
        cv_fe_swap(mask, &l.x2, &l.x3);
        cv_fe_swap(mask, &l.z2, &l.z3);
        swapped = bit;
        ladder_step(&l);
    }
    /* bit 0 of a clamped scalar is 0: nothing is left to swap */
    cv_fe_invert(&l.z2, &l.z2);
    cv_fe_mul(&l.x2, &l.x2, &l.z2);
    cv_fe_to_bytes(secret, &l.x2);

    uint32_t any = 0;
    for (int i = 0; i < 32; i++) any |= secret[i];
    uint32_t ok = cv_ct_nonzero32(any);
    /* the handshake ends, or does not, before everybody's eyes */
    cv_secret_declassify(&ok, sizeof ok);
    cv_wipe(&l, sizeof l);
    cv_wipe(k, sizeof k);
    cv_wipe_stack(); /* words of the secret and of the scalar */
    return ok ? CV_OK : CV_E_BAD_KEY_SHARE;
}

/* On edwards25519, whose base point has a table; u = (1 + y) / (1 - y), RFC 7748 section 4.1. */
void cv_x25519_share(uint8_t share[32], const uint8_t scalar[32])
{
    struct cv_ge p;
    struct cv_fe top, bottom;
    uint8_t k[64] = {0};
    memcpy(k, scalar, 32);
    clamp(k);
    cv_sc_reduce(k, k);
    cv_ge_base_mul(&p, k);
    cv_fe_add(&top, &p.z, &p.y);
    cv_fe_sub(&bottom, &p.z, &p.y); /* not zero: 8 L, the least clamped multiple of the order, has 256 bits */
    cv_fe_invert(&bottom, &bottom);
    cv_fe_mul(&top, &top, &bottom);
    cv_fe_to_bytes(share, &top);
    cv_wipe(k, sizeof k);
    cv_wipe(&p, sizeof p);
    cv_wipe(&top, sizeof top);
    cv_wipe(&bottom, sizeof bottom);
    cv_wipe_stack(); /* words of the scalar */
}

static cv_err generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng)
{
    (void)g;
    cv_err e = cv_random(rng, private_key, CV_X25519_LEN);
    if (e != CV_OK) return e;
    cv_secret_mark(private_key, CV_X25519_LEN);
    cv_x25519_share(share, private_key);
    cv_secret_declassify(share, CV_X25519_LEN); /* goes on the wire */
    return CV_OK;
}

static cv_err finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    (void)g;
    if (server_share.len != CV_X25519_LEN) return CV_E_BAD_KEY_SHARE;
    return cv_x25519(secret, private_key, server_share.p);
}

static cv_err respond(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    uint8_t private_key[CV_X25519_LEN];
    if (client_share.len != CV_X25519_LEN) return CV_E_BAD_KEY_SHARE;
    cv_err e = generate(g, private_key, share, rng);
    if (e == CV_OK) e = finish(g, secret, private_key, client_share);
    cv_wipe(private_key, sizeof private_key);
    return e;
}

const struct cv_group cv_group_x25519 = {
    .id = 0x001d,
    .name = "x25519",
    .bits = 255,
    .private_len = CV_X25519_LEN,
    .client_share_len = CV_X25519_LEN,
    .server_share_len = CV_X25519_LEN,
    .secret_len = CV_X25519_LEN,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};
