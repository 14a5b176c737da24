/* NIST curves y² = x³ - 3x + b: fields, points and scalars. Internal to crypto.
 *
 * Numbers are arrays of limbs, least significant first, of the length that their field states. Elements
 * of a field are kept below the modulus and, where not said otherwise, in the field's own representation
 * (Montgomery's, or plain for P-521); cv_gf_to and cv_gf_from convert.
 *
 * A point is one array of 3 * n_limbs: Jacobian X, Y, Z with x = X/Z², y = Y/Z³; Z = 0 is infinity. An
 * affine point is 2 * n_limbs: x, y; (0, 0), which lies on none of these curves, is infinity.
 *
 * Constant time in all values unless a contract says that they are public. */
#ifndef CV_EC_H
#define CV_EC_H

#include "crypto/base/bytes.h"
#include "crypto/base/ct.h"
#include "crypto/base/mul.h"
#include "crypto/kex.h"
#include "crypto/sig.h"

/* CULVERT_LIMB32 lets a 64-bit machine test what others run. */
#if defined(__SIZEOF_INT128__) && !defined(CULVERT_LIMB32)
typedef uint64_t cv_gf_limb;
__extension__ typedef unsigned __int128 cv_gf_wide;
#define CV_GF_LIMB_BITS 64
#define CV_GF_64(v) (v)
#define cv_gf_nonzero cv_ct_nonzero64
static inline cv_gf_wide cv_gf_times(cv_gf_limb a, cv_gf_limb b)
{
    return (cv_gf_wide)a * b;
}
#else
typedef uint32_t cv_gf_limb;
typedef uint64_t cv_gf_wide;
#define CV_GF_LIMB_BITS 32
#define CV_GF_64(v) (uint32_t)(v), (uint32_t)((uint64_t)(v) >> 32)
#define cv_gf_nonzero cv_ct_nonzero32
static inline cv_gf_wide cv_gf_times(cv_gf_limb a, cv_gf_limb b)
{
    return cv_mul_u32(a, b);
}
#endif

/* The largest curve of this build; firmware with P-256 alone sets 256 and saves stack. */
#ifndef CULVERT_EC_BITS_MAX
#define CULVERT_EC_BITS_MAX 521
#endif

/* Limbs come in whole 64 bits, so that Montgomery's R does not depend on the limb. */
#define CV_GF_LIMBS(bits) (((bits) + 63) / 64 * (64 / CV_GF_LIMB_BITS))

enum {
    CV_GF_LIMBS_MAX = CV_GF_LIMBS(CULVERT_EC_BITS_MAX),
    CV_GF_LEN_MAX = (CULVERT_EC_BITS_MAX + 7) / 8,
    CV_EC_POINT_LEN_MAX = 1 + 2 * CV_GF_LEN_MAX,
};

/* Arithmetic modulo an odd number m. Outputs may be inputs. */
struct cv_gf {
    unsigned bits, n_limbs;
    cv_gf_limb n0; /* -1/m modulo the limb */
    cv_gf_limb m[CV_GF_LIMBS_MAX];
    cv_gf_limb to[CV_GF_LIMBS_MAX];  /* mul by it converts to the representation: R² or 1 */
    cv_gf_limb one[CV_GF_LIMBS_MAX]; /* 1 in the representation */
    void (*mul)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
    void (*sqr)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);
    void (*add)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
    void (*sub)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
    void (*half)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);
};

struct cv_ec_curve;

/* For public points, in variable time. */
struct cv_ec_vartime {
    /* r += q or r -= q, right for all r and an affine q that is not infinity. */
    void (*add_affine)(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *q, bool minus);

    void (*mul_add)(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u, const cv_gf_limb *v,
                    const cv_gf_limb *p);                                      /* cv_ec_mul_add_vartime */
    void (*invert)(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a); /* cv_gf_invert_vartime */
};

/* What makes a curve fast and takes room; a build that must be small defines one with NULLs in the place of
 * ours. Points are affine, in the field's representation.
 *
 * For signing and shares: entry [i][j] of points is (j + 1) * 2^(window * i) * G, 2^(window - 1) entries a
 * row, enough rows for signed digits of any scalar. NULL: the base point is multiplied as any other.
 *
 * For verification: entry [i] of odd is (2 i + 1) * G, 2^(CV_EC_ODD_WINDOW - 2) entries, for signed odd
 * digits; it goes with vartime. NULL: both points are multiplied by the curve's own operations. */
struct cv_ec_comb {
    unsigned window;
    const cv_gf_limb *points;
    const cv_gf_limb *odd;
    const struct cv_ec_vartime *vartime;
};

enum { CV_EC_ODD_WINDOW = 8 };

struct cv_ec_curve {
    enum cv_key_type key_type;
    unsigned bits; /* of the field and of the order alike */
    unsigned len;  /* bytes of a coordinate and of a scalar */
    const struct cv_gf *field, *order;
    cv_gf_limb b[CV_GF_LIMBS_MAX];                       /* plain */
    cv_gf_limb gx[CV_GF_LIMBS_MAX], gy[CV_GF_LIMBS_MAX]; /* plain */
    const struct cv_ec_comb *comb;                       /* NULL: none */

    /* r = 2p; r = p + q; r = p + q with q affine. r may be p or q. The additions are right for infinity,
     * but not for p = q: then they return all ones, and r is of no use. */
    void (*dbl)(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p);
    cv_gf_limb (*add)(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p, const cv_gf_limb *q);
    cv_gf_limb (*add_affine)(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p,
                             const cv_gf_limb *q);
};

extern const struct cv_ec_comb cv_ec_p256_comb, cv_ec_p384_comb;
extern const struct cv_ec_vartime cv_ec_p256_vartime, cv_ec_p384_vartime;
extern const struct cv_ec_curve cv_ec_p256, cv_ec_p384, cv_ec_p521;

/* ec_field.c: any field. */

/* For struct cv_gf: Montgomery's multiplication (product / R), and the linear operations. */
void cv_gf_mont_mul(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
void cv_gf_mont_sqr(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);
void cv_gf_add(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
void cv_gf_sub(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b);
void cv_gf_half(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);

void cv_gf_to(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);
void cv_gf_from(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);

/* r = a - m if that is not negative, else a; `high` is the limb above a, and the whole below 2m. Makes a
 * plain number an element. */
void cv_gf_reduce_once(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, cv_gf_limb high);

/* All ones if the number is zero; if a < m; if a = b. */
cv_gf_limb cv_gf_is_zero(const struct cv_gf *f, const cv_gf_limb *a);
cv_gf_limb cv_gf_below_modulus(const struct cv_gf *f, const cv_gf_limb *a);
cv_gf_limb cv_gf_equal(const struct cv_gf *f, const cv_gf_limb *a, const cv_gf_limb *b);

/* r = mask ? a : r */
void cv_gf_move(unsigned n_limbs, cv_gf_limb mask, cv_gf_limb *r, const cv_gf_limb *a);

/* Big-endian bytes, len of them, from or to a plain number of n_limbs that has room for them. */
void cv_gf_load(unsigned n_limbs, cv_gf_limb *r, const uint8_t *p, size_t len);
void cv_gf_store(uint8_t *p, size_t len, const cv_gf_limb *a);

/* The n_bits (at most 31) of a number from bit `at` upwards; bits beyond the number are zero. */
uint32_t cv_gf_bits(unsigned n_limbs, const cv_gf_limb *a, unsigned at, unsigned n_bits);

/* ec_invert.c: r = 1/a, or 0 for a = 0. The other one in variable time: for public numbers. */
void cv_gf_invert(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);
void cv_gf_invert_vartime(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a);

/* ec_point.c: any curve. Scalars are plain. */

/* For struct cv_ec_curve. */
void cv_ec_double(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p);
cv_gf_limb cv_ec_add(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p, const cv_gf_limb *q);
cv_gf_limb cv_ec_add_affine(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p,
                            const cv_gf_limb *q);

/* r = k * p, p affine, and r = k * G; k in 1 … n-1. */
void cv_ec_mul(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k, const cv_gf_limb *p);
void cv_ec_mul_base(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k);

/* r = u * G + v * p for u, v in 0 … n-1. All public: variable time. The second one for curves with
 * comb->vartime. */
void cv_ec_mul_add_public(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u,
                          const cv_gf_limb *v, const cv_gf_limb *p);
void cv_ec_mul_add_vartime(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u,
                           const cv_gf_limb *v, const cv_gf_limb *p);

/* The affine form of a point that is not infinity. */
void cv_ec_to_affine(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p);

/* ec_key.c: keys and their encodings. */

/* Reads an uncompressed point (SEC 1 section 2.3.4) of 1 + 2 * len bytes. Its coordinates must be below
 * the modulus and satisfy the equation, else CV_E_BAD_POINT. Since the cofactor is 1, such a point
 * generates the whole group. Public. */
cv_err cv_ec_decode_point(const struct cv_ec_curve *c, cv_gf_limb *affine, struct cv_bytes in);

/* Writes 1 + 2 * len bytes. */
void cv_ec_encode_point(const struct cv_ec_curve *c, uint8_t *out, const cv_gf_limb *affine);

/* Reads a private scalar of len bytes: 1 … n-1, else CV_E_KEY_SYNTAX. Only that verdict becomes public. */
cv_err cv_ec_decode_scalar(const struct cv_ec_curve *c, cv_gf_limb *k, struct cv_bytes in);

/* A uniformly random scalar in 1 … n-1 by rejection (FIPS 186-5 A.2.2). CV_E_RNG. */
cv_err cv_ec_random_scalar(const struct cv_ec_curve *c, cv_gf_limb *k, const struct cv_rng *rng);

/* The point k * G as it is sent: 1 + 2 * len bytes. */
void cv_ec_public_share(const struct cv_ec_curve *c, uint8_t *share, const cv_gf_limb *k);

/* ecdh.c: the functions of struct cv_group, by its curve. */
cv_err cv_ecdh_generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                        const struct cv_rng *rng);
cv_err cv_ecdh_respond(const struct cv_group *g, uint8_t *share, uint8_t *secret,
                       struct cv_bytes client_share, const struct cv_rng *rng);
cv_err cv_ecdh_finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                      struct cv_bytes server_share);

/* ecdsa.c: cv_verify_fn and cv_sign_fn of crypto/sig.h. */
cv_err cv_ecdsa_verify(const struct cv_ec_curve *c, const struct cv_public_key *key, struct cv_bytes m,
                       struct cv_bytes sig);
cv_err cv_ecdsa_sign(const struct cv_ec_curve *c, const struct cv_private_key *key,
                     const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                     const struct cv_rng *rng);

#endif
