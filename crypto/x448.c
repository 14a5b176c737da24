#include "crypto/x448.h"

#include "crypto/base/secret.h"
#include "crypto/fe448.h"
#include "crypto/kex.h"

#include <string.h>

/* (A - 2) / 4 of the curve v^2 = u^3 + A u^2 + u with A = 156326 (RFC 7748 section 4.2) */
enum { A24 = 39081 };

static const uint8_t base_point[CV_X448_LEN] = {5};

struct ladder {
    struct cv_fe448 x1, x2, z2, x3, z3;
    struct cv_fe448 a, b, c, d; /* scratch */
};

/* x2:z2 doubled, x3:z3 the sum of both, x1 their difference. RFC 7748 section 5. */
static void ladder_step(struct ladder *l)
{
    cv_fe448_add(&l->a, &l->x2, &l->z2);
    cv_fe448_sub(&l->b, &l->x2, &l->z2);
    cv_fe448_add(&l->c, &l->x3, &l->z3);
    cv_fe448_sub(&l->d, &l->x3, &l->z3);
    cv_fe448_mul(&l->d, &l->d, &l->a);
    cv_fe448_mul(&l->c, &l->c, &l->b);
    cv_fe448_add(&l->x3, &l->d, &l->c);
    cv_fe448_sub(&l->z3, &l->d, &l->c);
    cv_fe448_sqr(&l->x3, &l->x3);
    cv_fe448_sqr(&l->z3, &l->z3);
    cv_fe448_mul(&l->z3, &l->z3, &l->x1);
    cv_fe448_sqr(&l->a, &l->a);
    cv_fe448_sqr(&l->b, &l->b);
    cv_fe448_mul(&l->x2, &l->a, &l->b);
    cv_fe448_sub(&l->b, &l->a, &l->b);
    cv_fe448_mul_small(&l->c, &l->b, A24);
    cv_fe448_add(&l->c, &l->c, &l->a);
    cv_fe448_mul(&l->z2, &l->b, &l->c);
}

cv_err cv_x448(uint8_t secret[CV_X448_LEN], const uint8_t scalar[CV_X448_LEN], const uint8_t u[CV_X448_LEN])
{
    struct ladder l;
    uint8_t k[CV_X448_LEN];
    memcpy(k, scalar, sizeof k);
    k[0] &= 0xfc; /* RFC 7748 section 5 */
    k[55] |= 0x80;

    cv_fe448_from_bytes(&l.x1, u); /* values from p on are accepted */
    l.x2 = cv_fe448_one;
    l.z2 = cv_fe448_zero;
    l.x3 = l.x1;
    l.z3 = cv_fe448_one;
    uint32_t swapped = 0;
    for (int i = 447; i >= 0; i--) {
        uint32_t bit = (uint32_t)k[i / 8] >> i % 8 & 1;
        cv_fe448_swap(bit ^ swapped, &l.x2, &l.x3);
        cv_fe448_swap(bit ^ swapped, &l.z2, &l.z3);
        swapped = bit;
        ladder_step(&l);
    }
    /* bit 0 of a clamped scalar is 0: nothing is left to swap */
    cv_fe448_invert(&l.z2, &l.z2);
    cv_fe448_mul(&l.x2, &l.x2, &l.z2);
    cv_fe448_to_bytes(secret, &l.x2);

    uint32_t any = 0;
    for (int i = 0; i < CV_X448_LEN; i++) any |= secret[i];
    uint32_t ok = cv_ct_nonzero32(any);
    /* the handshake ends, or does not, before everybody's eyes */
    cv_secret_declassify(&ok, sizeof ok);
    cv_wipe(&l, sizeof l);
    cv_wipe(k, sizeof k);
    cv_wipe_stack(); /* words of the secret and of the scalar */
    return ok ? CV_OK : CV_E_BAD_KEY_SHARE;
}

static cv_err generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng)
{
    (void)g;
    cv_err e = cv_random(rng, private_key, CV_X448_LEN);
    if (e != CV_OK) return e;
    cv_secret_mark(private_key, CV_X448_LEN);
    e = cv_x448(share, private_key, base_point);
    cv_secret_declassify(share, CV_X448_LEN); /* goes on the wire */
    return e;
}

static cv_err finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    (void)g;
    if (server_share.len != CV_X448_LEN) return CV_E_BAD_KEY_SHARE;
    return cv_x448(secret, private_key, server_share.p);
}

static cv_err respond(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    uint8_t private_key[CV_X448_LEN];
    if (client_share.len != CV_X448_LEN) return CV_E_BAD_KEY_SHARE;
    cv_err e = generate(g, private_key, share, rng);
    if (e == CV_OK) e = finish(g, secret, private_key, client_share);
    cv_wipe(private_key, sizeof private_key);
    return e;
}

const struct cv_group cv_group_x448 = {
    .id = 0x001e,
    .name = "x448",
    .bits = 448,
    .private_len = CV_X448_LEN,
    .client_share_len = CV_X448_LEN,
    .server_share_len = CV_X448_LEN,
    .secret_len = CV_X448_LEN,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};
