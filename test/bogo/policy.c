/* The policies that the runner names, as lists of what may be used. ML-KEM-1024 alone, which some have, is no
 * group of ours. */
#include "config.h"

#include <string.h>

enum {
    P256 = 0x0017,
    P384 = 0x0018,
    X25519MLKEM768 = 0x11ec,
    AES_128 = 0x1301,
    AES_256 = 0x1302,
    CHACHA20 = 0x1303,
    PKCS1_SHA256 = 0x0401,
    PKCS1_SHA384 = 0x0501,
    PKCS1_SHA512 = 0x0601,
    P256_SHA256 = 0x0403,
    P384_SHA384 = 0x0503,
    PSS_SHA256 = 0x0804,
    PSS_SHA384 = 0x0805,
    PSS_SHA512 = 0x0806,
};

#define AES_128_TLS12 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
#define AES_256_TLS12 "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define SP_800_52_SCHEMES                                                                                    \
    {                                                                                                        \
        {PKCS1_SHA256, PKCS1_SHA384, PKCS1_SHA512, P256_SHA256,                                              \
         P384_SHA384,  PSS_SHA256,   PSS_SHA384,   PSS_SHA512},                                              \
            8                                                                                                \
    }

static const struct policy {
    const char *name;
    struct numbers groups, suites, schemes;
    const char *suites12;
} policies[] = {
    /* NIST SP 800-52r2 3.3.1, 3.4.2.2 */
    {"fips-202205",
     {{P256, P384}, 2},
     {{AES_128, AES_256}, 2},
     SP_800_52_SCHEMES,
     AES_128_TLS12 ":" AES_256_TLS12},
    {"fips-202609",
     {{X25519MLKEM768, P256, P384}, 3},
     {{AES_128, AES_256}, 2},
     SP_800_52_SCHEMES,
     AES_128_TLS12 ":" AES_256_TLS12},
    /* WPA 3.1 section 3.5: 192 bits */
    {"wpa-202304",
     {{P384}, 1},
     {{AES_256}, 1},
     {{PKCS1_SHA384, PKCS1_SHA512, P384_SHA384, PSS_SHA384, PSS_SHA512}, 5},
     AES_256_TLS12},
    /* a preference only */
    {"cnsa-202407", {{0}, 0}, {{AES_256, AES_128, CHACHA20}, 3}, {{0}, 0}, NULL},
    /* RFC 9151 */
    {"cnsa1-202603",
     {{P384}, 1},
     {{AES_256}, 1},
     {{P384_SHA384, PSS_SHA384, PKCS1_SHA384}, 3},
     AES_256_TLS12},
};

bool config_apply_policy(struct config *c, const char *name)
{
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        const struct policy *p = &policies[i];
        if (strcmp(p->name, name) != 0) continue;
        c->curves = p->groups;
        c->tls13_ciphers = p->suites;
        c->cipher = p->suites12;
        c->verify_prefs = c->legacy.signing_prefs = p->schemes;
        return true;
    }
    return false;
}
