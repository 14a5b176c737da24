/* Key exchange groups, seen as TLS uses them: the client generates a share, the server responds to it
 * with its own share and the secret, the client finishes. Diffie-Hellman, ML-KEM and hybrids fit alike. */
#ifndef CV_KEX_H
#define CV_KEX_H

#include "crypto/rng.h"

enum {
    CV_KEX_SHARE_MAX = 1665,  /* SecP384r1MLKEM1024: 97 + 1568 */
    CV_KEX_SECRET_MAX = 512,  /* ffdhe4096 */
    CV_KEX_PRIVATE_MAX = 160, /* ML-KEM seed (64) and a P-384 scalar, with room; ffdhe exponents */
};

struct cv_group {
    uint16_t id;   /* TLS NamedGroup */
    uint16_t bits; /* strength as Schannel reports it: 255, 256, 384, … */
    uint16_t private_len, client_share_len, server_share_len, secret_len;
    const char *name; /* as IANA registers it: "x25519" */

    const struct cv_ffdhe *field; /* FFDHE: the prime, for TLS 1.2, which sends it (ffdhe.h); else NULL */

    /* What the functions below compute with, where several groups share them. */
    union {
        const struct cv_ec_curve *curve;     /* NIST's curves (ec.h) */
        const struct cv_mont_powers *powers; /* FFDHE: the arithmetic modulo the prime (mont.h) */
        const struct cv_mlkem *kem;          /* hybrids: what stands beside `part` (mlkem.h) */
    };

    /* Hybrids: the Diffie-Hellman group inside; else NULL. What generate makes holds, at these places, a key
     * pair of that group, which a client may offer for it alone, too. The KEM's parts take the rest. */
    const struct cv_group *part;
    uint16_t part_private_at, part_share_at;

    /* Each is called with the descriptor that it is taken from. */

    /* Writes a private key (private_len bytes, secret) and the client's share. */
    cv_err (*generate)(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng);

    /* Writes the server's share and the secret for a client's share.
     * CV_E_BAD_KEY_SHARE: wrong length or encoding, not on the curve, or of small order. */
    cv_err (*respond)(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng);

    /* Writes the secret from our private key and the server's share. Errors as respond. */
    cv_err (*finish)(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share);
};

extern const struct cv_group cv_group_x25519;
extern const struct cv_group cv_group_x448;
extern const struct cv_group cv_group_p256;
extern const struct cv_group cv_group_p384;
extern const struct cv_group cv_group_p521;
extern const struct cv_group
    cv_group_ffdhe2048; /* shares and secrets as TLS 1.3 wants them, zeros in front */
extern const struct cv_group cv_group_ffdhe3072;
extern const struct cv_group cv_group_ffdhe4096;
extern const struct cv_group cv_group_x25519mlkem768; /* hybrids: RFC 10024 */
extern const struct cv_group cv_group_p256mlkem768;
extern const struct cv_group cv_group_p384mlkem1024;

#if defined(__x86_64__)
/* With AVX2: CV_CPU_AVX2. */
extern const struct cv_group cv_group_ffdhe2048_avx2;
extern const struct cv_group cv_group_ffdhe3072_avx2;
extern const struct cv_group cv_group_ffdhe4096_avx2;
/* With AVX-512 IFMA: CV_CPU_AVX2 and CV_CPU_IFMA. */
extern const struct cv_group cv_group_ffdhe2048_ifma;
extern const struct cv_group cv_group_ffdhe3072_ifma;
extern const struct cv_group cv_group_ffdhe4096_ifma;
#endif

#endif
