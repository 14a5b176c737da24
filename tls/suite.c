#include "tls/suite.h"
#include "crypto/cpu.h"

#include <string.h>

/* Implementations that need something of the processor, each behind what it replaces; among several for one
 * the first that the processor can run is taken. */
struct faster_aead {
    const struct cv_aead *portable, *faster;
    uint32_t needs;
};
struct faster_hash {
    const struct cv_hash *portable, *faster;
    uint32_t needs;
};
struct faster_group {
    const struct cv_group *faster; /* for the one with the same number */
    uint32_t needs;
};
struct faster_scheme {
    const struct cv_sig_scheme *faster; /* only the functions, for all schemes of the family */
    uint32_t needs;
};

#if defined(__x86_64__)
enum { WIDE_AES = CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX2 | CV_CPU_AVX512 };
static const struct faster_aead faster_aeads[] = {
    {&cv_aes128_gcm, &cv_aes128_gcm_vaes, WIDE_AES},
    {&cv_aes128_gcm, &cv_aes128_gcm_aesni, CV_CPU_AES},
    {&cv_aes256_gcm, &cv_aes256_gcm_vaes, WIDE_AES},
    {&cv_aes256_gcm, &cv_aes256_gcm_aesni, CV_CPU_AES},
    {&cv_aes128_ccm, &cv_aes128_ccm_aesni, CV_CPU_AES},
    {&cv_aes128_ccm_8, &cv_aes128_ccm_8_aesni, CV_CPU_AES},
    {&cv_aes256_ccm, &cv_aes256_ccm_aesni, CV_CPU_AES},
    {&cv_aes256_ccm_8, &cv_aes256_ccm_8_aesni, CV_CPU_AES},
    {&cv_chacha20_poly1305, &cv_chacha20_poly1305_avx512, CV_CPU_AVX2 | CV_CPU_AVX512},
    {&cv_chacha20_poly1305, &cv_chacha20_poly1305_avx2, CV_CPU_AVX2},
    {NULL, NULL, 0},
};
static const struct faster_hash faster_hashes[] = {
    {&cv_sha1, &cv_sha1_shani, CV_CPU_SHA256},
    {&cv_sha256, &cv_sha256_shani, CV_CPU_SHA256},
    {&cv_sha384, &cv_sha384_avx2, CV_CPU_AVX2},
    {&cv_sha512, &cv_sha512_avx2, CV_CPU_AVX2},
    {NULL, NULL, 0},
};
static const struct cv_sig_scheme rsa_pss_ifma = {.family = CV_SIG_RSA_PSS,
                                                  .verify = cv_rsa_pss_verify_ifma,
                                                  .sign = cv_rsa_pss_sign_ifma,
                                                  .verify_pss = cv_rsa_pss_verify_params_ifma};
static const struct cv_sig_scheme rsa_pkcs1_ifma = {
    .family = CV_SIG_RSA_PKCS1, .verify = cv_rsa_pkcs1_verify_ifma, .sign = cv_rsa_pkcs1_sign_ifma};
static const struct cv_sig_scheme rsa_pss_avx2 = {.family = CV_SIG_RSA_PSS,
                                                  .verify = cv_rsa_pss_verify_avx2,
                                                  .sign = cv_rsa_pss_sign_avx2,
                                                  .verify_pss = cv_rsa_pss_verify_params_avx2};
static const struct cv_sig_scheme rsa_pkcs1_avx2 = {
    .family = CV_SIG_RSA_PKCS1, .verify = cv_rsa_pkcs1_verify_avx2, .sign = cv_rsa_pkcs1_sign_avx2};
static const struct faster_scheme faster_schemes[] = {
    {&rsa_pss_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&rsa_pkcs1_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&rsa_pss_avx2, CV_CPU_AVX2},
    {&rsa_pkcs1_avx2, CV_CPU_AVX2},
    {NULL, 0},
};
static const struct faster_group faster_groups[] = {
    {&cv_group_ffdhe2048_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&cv_group_ffdhe3072_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&cv_group_ffdhe4096_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&cv_group_ffdhe2048_avx2, CV_CPU_AVX2},
    {&cv_group_ffdhe3072_avx2, CV_CPU_AVX2},
    {&cv_group_ffdhe4096_avx2, CV_CPU_AVX2},
    {NULL, 0},
};
#else
static const struct faster_group faster_groups[] = {{NULL, 0}};
static const struct faster_aead faster_aeads[] = {
#if defined(CV_AARCH64_CRYPTO)
    {&cv_aes128_gcm, &cv_aes128_gcm_armv8, CV_CPU_AES},
    {&cv_aes256_gcm, &cv_aes256_gcm_armv8, CV_CPU_AES},
#endif
#if defined(CV_AARCH64)
    {&cv_chacha20_poly1305, &cv_chacha20_poly1305_neon, CV_CPU_NEON},
#endif
    {NULL, NULL, 0},
};
static const struct faster_scheme faster_schemes[] = {{NULL, 0}};
static const struct faster_hash faster_hashes[] = {
#if defined(CV_AARCH64_CRYPTO)
    {&cv_sha256, &cv_sha256_armv8, CV_CPU_SHA256},
#endif
    {NULL, NULL, 0},
};
#endif

static const struct cv_aead *best_aead(const struct cv_aead *portable, uint32_t cpu)
{
    for (const struct faster_aead *f = faster_aeads; f->portable != NULL; f++) {
        if (f->portable == portable && (cpu & f->needs) == f->needs) return f->faster;
    }
    return portable;
}

static const struct cv_cbc *best_cbc(const struct cv_cbc *portable, uint32_t cpu)
{
#if defined(__x86_64__)
    if ((cpu & CV_CPU_AES) != 0) {
        if (portable == &cv_aes128_cbc) return &cv_aes128_cbc_aesni;
        if (portable == &cv_aes256_cbc) return &cv_aes256_cbc_aesni;
    }
#endif
    (void)cpu;
    return portable;
}

static const struct cv_hash *best_hash(const struct cv_hash *portable, uint32_t cpu)
{
    for (const struct faster_hash *f = faster_hashes; f->portable != NULL; f++) {
        if (f->portable == portable && (cpu & f->needs) == f->needs) return f->faster;
    }
    return portable;
}

static const struct cv_group *best_group(const struct cv_group *portable, uint32_t cpu)
{
    for (const struct faster_group *f = faster_groups; f->faster != NULL; f++) {
        if (f->faster->id == portable->id && (cpu & f->needs) == f->needs) return f->faster;
    }
    return portable;
}

/* Takes the faster functions where the scheme has one at all. */
static void use_best_functions(struct cv_sig_scheme *s, uint32_t cpu)
{
    for (const struct faster_scheme *f = faster_schemes; f->faster != NULL; f++) {
        if (f->faster->family != s->family || (cpu & f->needs) != f->needs) continue;
        if (s->verify != NULL) s->verify = f->faster->verify;
        if (s->sign != NULL) s->sign = f->faster->sign;
        if (s->verify_pss != NULL) s->verify_pss = f->faster->verify_pss;
        return;
    }
}

/* In order of preference for a processor with AES instructions; without them ChaCha20 comes first, since our
 * AES, which reads no table, is slow there. */
enum { I_CHACHA20 = 2 };
#define TLS12(name_, aead_, hash_, rsa_, explicit_)                                                          \
    {                                                                                                        \
        .id = CV_TLS_##name_, .name = "TLS_" #name_, .aead = &(aead_), .hash = &(hash_), .tls12 = true,      \
        .rsa = (rsa_), .explicit_nonce_len = (explicit_),                                                    \
    }

#define TLS12_CBC(name_, cbc_, mac_, hash_, rsa_)                                                            \
    {                                                                                                        \
        .id = CV_TLS_##name_, .name = "TLS_" #name_, .hash = &(hash_), .tls12 = true, .rsa = (rsa_),         \
        .cbc = {.cipher = &(cbc_), .hash = &(mac_), .ops = &cv_cbc_hmac_ops},                                \
        .cbc_records = &cv_cbc_records, .explicit_nonce_len = CV_AES_BLOCK_LEN,                              \
    }

#define TLS12_DHE(name_, aead_, hash_, explicit_)                                                            \
    {                                                                                                        \
        .id = CV_TLS_##name_, .name = "TLS_" #name_, .aead = &(aead_), .hash = &(hash_), .tls12 = true,      \
        .dhe = &cv_dhe12, .rsa = true, .explicit_nonce_len = (explicit_),                                    \
    }
#define TLS12_DHE_CBC(name_, cbc_, mac_)                                                                     \
    {                                                                                                        \
        .id = CV_TLS_##name_, .name = "TLS_" #name_, .hash = &cv_sha256, .tls12 = true, .dhe = &cv_dhe12,    \
        .rsa = true, .cbc = {.cipher = &(cbc_), .hash = &(mac_), .ops = &cv_cbc_hmac_ops},                   \
        .cbc_records = &cv_cbc_records, .explicit_nonce_len = CV_AES_BLOCK_LEN,                              \
    }

#define TLS13(name_, aead_, hash_)                                                                           \
    {                                                                                                        \
        .id = CV_TLS_##name_, .name = "TLS_" #name_, .aead = &(aead_), .hash = &(hash_),                     \
    }

static const struct cv_suite suites[] = {
    TLS13(AES_128_GCM_SHA256, cv_aes128_gcm, cv_sha256),
    TLS13(AES_256_GCM_SHA384, cv_aes256_gcm, cv_sha384),
    [I_CHACHA20] = TLS13(CHACHA20_POLY1305_SHA256, cv_chacha20_poly1305, cv_sha256),
    TLS13(AES_128_CCM_SHA256, cv_aes128_ccm, cv_sha256),
    TLS12(ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, cv_aes128_gcm, cv_sha256, false, 8),
    TLS12(ECDHE_RSA_WITH_AES_128_GCM_SHA256, cv_aes128_gcm, cv_sha256, true, 8),
    TLS12(ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, cv_aes256_gcm, cv_sha384, false, 8),
    TLS12(ECDHE_RSA_WITH_AES_256_GCM_SHA384, cv_aes256_gcm, cv_sha384, true, 8),
    TLS12(ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, cv_chacha20_poly1305, cv_sha256, false, 0),
    TLS12(ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, cv_chacha20_poly1305, cv_sha256, true, 0),
    TLS12(ECDHE_ECDSA_WITH_AES_128_CCM, cv_aes128_ccm, cv_sha256, false, 8),
    TLS12(ECDHE_ECDSA_WITH_AES_256_CCM, cv_aes256_ccm, cv_sha256, false, 8),
};

/* Off by default: a configuration that wants them names them. Tags of eight bytes are RFC 6655's for devices
 * that count every byte; RFC 9846 B.4 recommends AES_128_CCM_8_SHA256 to nobody else. */
static const struct cv_suite more_suites[] = {
    TLS13(AES_128_CCM_8_SHA256, cv_aes128_ccm_8, cv_sha256),
    TLS12(ECDHE_ECDSA_WITH_AES_128_CCM_8, cv_aes128_ccm_8, cv_sha256, false, 8),
    TLS12(ECDHE_ECDSA_WITH_AES_256_CCM_8, cv_aes256_ccm_8, cv_sha256, false, 8),
    TLS12_DHE(DHE_RSA_WITH_AES_128_GCM_SHA256, cv_aes128_gcm, cv_sha256, 8),
    TLS12_DHE(DHE_RSA_WITH_AES_256_GCM_SHA384, cv_aes256_gcm, cv_sha384, 8),
    TLS12_DHE(DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, cv_chacha20_poly1305, cv_sha256, 0),
    TLS12_DHE(DHE_RSA_WITH_AES_128_CCM, cv_aes128_ccm, cv_sha256, 8),
    TLS12_DHE(DHE_RSA_WITH_AES_256_CCM, cv_aes256_ccm, cv_sha256, 8),
    TLS12_DHE(DHE_RSA_WITH_AES_128_CCM_8, cv_aes128_ccm_8, cv_sha256, 8),
    TLS12_DHE(DHE_RSA_WITH_AES_256_CCM_8, cv_aes256_ccm_8, cv_sha256, 8),
    TLS12_CBC(ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, cv_aes128_cbc, cv_sha256, cv_sha256, false),
    TLS12_CBC(ECDHE_RSA_WITH_AES_128_CBC_SHA256, cv_aes128_cbc, cv_sha256, cv_sha256, true),
    TLS12_CBC(ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, cv_aes256_cbc, cv_sha384, cv_sha384, false),
    TLS12_CBC(ECDHE_RSA_WITH_AES_256_CBC_SHA384, cv_aes256_cbc, cv_sha384, cv_sha384, true),
    TLS12_CBC(ECDHE_ECDSA_WITH_AES_128_CBC_SHA, cv_aes128_cbc, cv_sha1, cv_sha256, false),
    TLS12_CBC(ECDHE_RSA_WITH_AES_128_CBC_SHA, cv_aes128_cbc, cv_sha1, cv_sha256, true),
    TLS12_CBC(ECDHE_ECDSA_WITH_AES_256_CBC_SHA, cv_aes256_cbc, cv_sha1, cv_sha256, false),
    TLS12_CBC(ECDHE_RSA_WITH_AES_256_CBC_SHA, cv_aes256_cbc, cv_sha1, cv_sha256, true),
    TLS12_DHE_CBC(DHE_RSA_WITH_AES_128_CBC_SHA256, cv_aes128_cbc, cv_sha256),
    TLS12_DHE_CBC(DHE_RSA_WITH_AES_256_CBC_SHA256, cv_aes256_cbc, cv_sha256),
    TLS12_DHE_CBC(DHE_RSA_WITH_AES_128_CBC_SHA, cv_aes128_cbc, cv_sha1),
    TLS12_DHE_CBC(DHE_RSA_WITH_AES_256_CBC_SHA, cv_aes256_cbc, cv_sha1),
};

/* In order of preference: what outlives quantum computers first. */
static const struct cv_group *const groups[] = {
    &cv_group_x25519mlkem768, &cv_group_p256mlkem768, &cv_group_p384mlkem1024, &cv_group_x25519,
    &cv_group_p256,           &cv_group_p384,         &cv_group_p521,
};

/* Off by default: slow, and nobody needs them who has the others. */
static const struct cv_group *const more_groups[] = {
    &cv_group_x448,
    &cv_group_ffdhe2048,
    &cv_group_ffdhe3072,
    &cv_group_ffdhe4096,
};

#define ECDSA(id_, name_, curve, CURVE, hash_, sign_)                                                        \
    {                                                                                                        \
        .id = (id_), .name = (name_), .key = CV_KEY_##CURVE, .family = CV_SIG_ECDSA, .hash = &(hash_),       \
        .verify = cv_ecdsa_##curve##_verify, .sign = (sign_),                                                \
    }
#define PSS(id_, name_, key_, hash_)                                                                         \
    {                                                                                                        \
        .id = (id_), .name = (name_), .key = (key_), .family = CV_SIG_RSA_PSS, .hash = &(hash_),             \
        .verify = cv_rsa_pss_verify, .sign = cv_rsa_pss_sign, .verify_pss = cv_rsa_pss_verify_params,        \
    }
#define PKCS1(id_, name_, hash_)                                                                             \
    {                                                                                                        \
        .id = (id_), .name = (name_), .key = CV_KEY_RSA, .family = CV_SIG_RSA_PKCS1, .hash = &(hash_),       \
        .verify = cv_rsa_pkcs1_verify, .sign = cv_rsa_pkcs1_sign,                                            \
    }

/* RFC 9846 4.3.3. */
static const struct cv_sig_scheme schemes[] = {
    ECDSA(0x0403, "ecdsa_secp256r1_sha256", p256, P256, cv_sha256, cv_ecdsa_p256_sign),
    {
        .id = 0x0807,
        .name = "ed25519",
        .key = CV_KEY_ED25519,
        .family = CV_SIG_EDDSA,
        .verify = cv_ed25519_verify,
        .sign = cv_ed25519_sign,
    },
    ECDSA(0x0503, "ecdsa_secp384r1_sha384", p384, P384, cv_sha384, cv_ecdsa_p384_sign),
    PSS(0x0804, "rsa_pss_rsae_sha256", CV_KEY_RSA, cv_sha256),
    PSS(0x0805, "rsa_pss_rsae_sha384", CV_KEY_RSA, cv_sha384),
    PSS(0x0806, "rsa_pss_rsae_sha512", CV_KEY_RSA, cv_sha512),
    PSS(0x0809, "rsa_pss_pss_sha256", CV_KEY_RSA_PSS, cv_sha256),
    PSS(0x080a, "rsa_pss_pss_sha384", CV_KEY_RSA_PSS, cv_sha384),
    PSS(0x080b, "rsa_pss_pss_sha512", CV_KEY_RSA_PSS, cv_sha512),
    PKCS1(0x0401, "rsa_pkcs1_sha256", cv_sha256), /* TLS 1.2, and certificates */
    PKCS1(0x0501, "rsa_pkcs1_sha384", cv_sha384),
    PKCS1(0x0601, "rsa_pkcs1_sha512", cv_sha512),
};

#define MLDSA(id_, name_, set)                                                                               \
    {                                                                                                        \
        .id = (id_), .name = (name_), .key = CV_KEY_MLDSA##set, .family = CV_SIG_MLDSA,                      \
        .verify = cv_mldsa##set##_verify, .sign = cv_mldsa##set##_sign,                                      \
    }

/* Off by default, in certificates, too. ML-DSA: draft-ietf-tls-mldsa. */
static const struct cv_sig_scheme more_schemes[] = {
    ECDSA(0x0603, "ecdsa_secp521r1_sha512", p521, P521, cv_sha512, cv_ecdsa_p521_sign),
    {
        .id = 0x0808,
        .name = "ed448",
        .key = CV_KEY_ED448,
        .family = CV_SIG_EDDSA,
        .verify = cv_ed448_verify,
        .sign = cv_ed448_sign,
    },
    MLDSA(0x0904, "mldsa44", 44),
    MLDSA(0x0905, "mldsa65", 65),
    MLDSA(0x0906, "mldsa87", 87),
};

/* Accepted in certificates besides. */
static const struct cv_sig_scheme more_cert_schemes[] = {
    ECDSA(0, "ecdsa_secp256r1_sha384", p256, P256, cv_sha384, NULL),
    ECDSA(0, "ecdsa_secp256r1_sha512", p256, P256, cv_sha512, NULL),
    ECDSA(0, "ecdsa_secp384r1_sha256", p384, P384, cv_sha256, NULL),
    ECDSA(0, "ecdsa_secp384r1_sha512", p384, P384, cv_sha512, NULL),
};

#define N(table) (sizeof(table) / sizeof(table)[0])
_Static_assert(N(suites) + N(more_suites) <= N(((struct cv_algorithms *)0)->suites), "room for all suites");
_Static_assert(N(groups) <= N(((struct cv_algorithms *)0)->groups), "room for all groups");
_Static_assert(N(schemes) <= N(((struct cv_algorithms *)0)->schemes), "room for all schemes");
_Static_assert(N(schemes) + N(more_cert_schemes) + N(more_schemes) <=
                   N(((struct cv_algorithms *)0)->cert_schemes),
               "room for all certificate schemes");

static void add_suite(struct cv_algorithms *out, const struct cv_suite *from, uint32_t cpu)
{
    struct cv_suite *s = &out->suites[out->n_suites++];
    *s = *from;
    s->hash = best_hash(from->hash, cpu);
    if (from->aead != NULL) {
        s->aead = best_aead(from->aead, cpu);
        return;
    }
    s->cbc.cipher = best_cbc(from->cbc.cipher, cpu);
    s->cbc.hash = best_hash(from->cbc.hash, cpu);
}

static void add_schemes(struct cv_sig_scheme *to, size_t *n_to, const struct cv_sig_scheme *from,
                        size_t n_from, uint32_t cpu)
{
    for (size_t i = 0; i < n_from; i++) {
        struct cv_sig_scheme *s = &to[(*n_to)++];
        *s = from[i];
        if (s->hash != NULL) s->hash = best_hash(s->hash, cpu);
        use_best_functions(s, cpu);
    }
}

static const struct cv_group *find_group(const struct cv_group *const *list, size_t n, uint16_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i]->id == id) return list[i];
    }
    return NULL;
}

const struct cv_group *cv_group_find(uint16_t id, uint32_t cpu)
{
    const struct cv_group *g = find_group(groups, N(groups), id);
    if (g == NULL) g = find_group(more_groups, N(more_groups), id);
    return g != NULL ? best_group(g, cpu) : NULL;
}

static const struct cv_suite *find_suite(uint16_t id)
{
    for (size_t i = 0; i < N(suites); i++) {
        if (suites[i].id == id) return &suites[i];
    }
    for (size_t i = 0; i < N(more_suites); i++) {
        if (more_suites[i].id == id) return &more_suites[i];
    }
    return NULL;
}

static const struct cv_sig_scheme *find_scheme(const struct cv_sig_scheme *list, size_t n, uint16_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].id == id) return &list[i];
    }
    return NULL;
}

bool cv_scheme_find(struct cv_sig_scheme *out, uint16_t id, uint32_t cpu)
{
    const struct cv_sig_scheme *s = find_scheme(schemes, N(schemes), id);
    size_t n = 0;
    if (s == NULL) s = find_scheme(more_schemes, N(more_schemes), id);
    if (s == NULL) return false;
    add_schemes(out, &n, s, 1, cpu);
    return true;
}

static bool has_repetition(const uint16_t *ids, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (ids[i] == ids[j]) return true;
        }
    }
    return false;
}

bool cv_algorithms_take_suites(struct cv_algorithms *a, const uint16_t *ids, size_t n)
{
    if (n == 0 || n > N(a->suites) || has_repetition(ids, n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (find_suite(ids[i]) == NULL) return false;
    }
    a->n_suites = 0;
    for (size_t i = 0; i < n; i++) add_suite(a, find_suite(ids[i]), a->cpu);
    return true;
}

bool cv_algorithms_take_groups(struct cv_algorithms *a, const uint16_t *ids, size_t n)
{
    if (n == 0 || n > N(a->groups) || has_repetition(ids, n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (cv_group_find(ids[i], a->cpu) == NULL) return false;
    }
    for (size_t i = 0; i < n; i++) a->groups[i] = cv_group_find(ids[i], a->cpu);
    a->n_groups = n;
    return true;
}

bool cv_algorithms_take_schemes(struct cv_algorithms *a, const uint16_t *ids, size_t n)
{
    struct cv_sig_scheme list[CV_SCHEMES_MAX];
    if (n == 0 || n > N(list) || has_repetition(ids, n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!cv_scheme_find(&list[i], ids[i], a->cpu)) return false;
    }
    memcpy(a->schemes, list, n * sizeof *list);
    a->n_schemes = n;
    for (size_t i = 0; i < n; i++) {
        if (find_scheme(a->cert_schemes, a->n_cert_schemes, ids[i]) == NULL)
            a->cert_schemes[a->n_cert_schemes++] = list[i];
    }
    return true;
}

void cv_algorithms_select(struct cv_algorithms *out, uint32_t cpu)
{
    bool chacha20_first = !(cpu & CV_CPU_AES);
    *out = (struct cv_algorithms){.cpu = cpu};
    if (chacha20_first) add_suite(out, &suites[I_CHACHA20], cpu);
    for (size_t i = 0; i < N(suites); i++) {
        if (i != I_CHACHA20 || !chacha20_first) add_suite(out, &suites[i], cpu);
    }
    for (size_t i = 0; i < N(groups); i++) out->groups[i] = best_group(groups[i], cpu);
    out->n_groups = N(groups);
    add_schemes(out->schemes, &out->n_schemes, schemes, N(schemes), cpu);
    add_schemes(out->cert_schemes, &out->n_cert_schemes, schemes, N(schemes), cpu);
    add_schemes(out->cert_schemes, &out->n_cert_schemes, more_cert_schemes, N(more_cert_schemes), cpu);
    out->ticket_aead = best_aead(chacha20_first ? &cv_chacha20_poly1305 : &cv_aes256_gcm, cpu);
    out->sha256 = best_hash(&cv_sha256, cpu);
}
