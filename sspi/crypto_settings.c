/* CRYPTO_SETTINGS: algorithms that a caller does not want, by their CNG names. */
#include "sspi/credential.h"
#include "sspi/unicode.h"

#include <string.h>

static bool name_is(const UNICODE_STRING *s, const char *ascii)
{
    return s->Buffer != NULL && cv_wide_is(s->Buffer, s->Length / sizeof(WCHAR), ascii);
}

/* names: at most n, fewer with NULL behind them */
static bool is_one_of(const UNICODE_STRING *s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && names[i] != NULL; i++)
        if (name_is(s, names[i])) return true;
    return false;
}

/* Sizes below the minimum and above the maximum are blocked; without limits, all are. */
static bool blocks(const CRYPTO_SETTINGS *s, uint32_t bits)
{
    if (s->dwMinBitLength == 0 && s->dwMaxBitLength == 0) return true;
    return (s->dwMinBitLength != 0 && bits < s->dwMinBitLength) ||
           (s->dwMaxBitLength != 0 && bits > s->dwMaxBitLength);
}

static bool blocks_mode(const CRYPTO_SETTINGS *s, const char *mode)
{
    if (s->cChainingModes == 0 || s->rgstrChainingModes == NULL) return true;
    for (DWORD i = 0; i < s->cChainingModes && i < CV_CRYPTO_SETTINGS_MAX; i++)
        if (name_is(&s->rgstrChainingModes[i], mode)) return true;
    return false;
}

/* How CNG calls what a suite is made of. */
static bool blocks_cipher(const CRYPTO_SETTINGS *s, const struct cv_suite *suite)
{
    if (strstr(suite->name, "CHACHA20") != NULL)
        return name_is(&s->strCngAlgId, "CHACHA20_POLY1305") && blocks(s, 256);
    const char *mode = suite->aead == NULL                  ? "ChainingModeCBC"
                       : strstr(suite->name, "CCM") != NULL ? "ChainingModeCCM"
                                                            : "ChainingModeGCM";
    return name_is(&s->strCngAlgId, "AES") && blocks_mode(s, mode) && blocks(s, cv_suite_key_len(suite) * 8u);
}

static bool blocks_digest(const CRYPTO_SETTINGS *s, const struct cv_hash *hash)
{
    static const struct {
        enum cv_hash_id id;
        const char *name;
    } names[] = {
        {CV_HASH_SHA1, "SHA1"},
        {CV_HASH_SHA256, "SHA256"},
        {CV_HASH_SHA384, "SHA384"},
        {CV_HASH_SHA512, "SHA512"},
    };
    if (hash == NULL) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].id == hash->id)
            return name_is(&s->strCngAlgId, names[i].name) && blocks(s, hash->digest_len * 8u);
    return false;
}

/* bits: of the key as it is encoded: 255 would lose to a minimum of 256 that means P-256. A hybrid does ECDH,
 * too. */
static bool blocks_group(const CRYPTO_SETTINGS *s, const struct cv_group *g)
{
    static const struct {
        uint16_t id, bits;
        const char *names[4];
    } groups[] = {
        {0x001d, 256, {"x25519", "curve25519", "ECDH", NULL}},
        {0x001e, 448, {"x448", "curve448", "ECDH", NULL}},
        {0x0017, 256, {"nistP256", "secp256r1", "ECDH_P256", "ECDH"}},
        {0x0018, 384, {"nistP384", "secp384r1", "ECDH_P384", "ECDH"}},
        {0x0019, 521, {"nistP521", "secp521r1", "ECDH_P521", "ECDH"}},
        {0x11ec, 256, {"X25519MLKEM768", "ML-KEM", "ECDH", NULL}},
        {0x11eb, 256, {"SecP256r1MLKEM768", "ML-KEM", "ECDH", NULL}},
        {0x11ed, 384, {"SecP384r1MLKEM1024", "ML-KEM", "ECDH", NULL}},
        {0x0100, 2048, {"ffdhe2048", "DH", NULL}},
        {0x0101, 3072, {"ffdhe3072", "DH", NULL}},
        {0x0102, 4096, {"ffdhe4096", "DH", NULL}},
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i].id == g->id)
            return is_one_of(&s->strCngAlgId, groups[i].names, 4) && blocks(s, groups[i].bits);
    bool named = name_is(&s->strCngAlgId, g->name) || (g->field != NULL && name_is(&s->strCngAlgId, "DH"));
    return named && blocks(s, g->bits);
}

/* RSA's limits of size become limits on certificates. */
static bool blocks_key(const CRYPTO_SETTINGS *s, enum cv_key_type type, uint16_t *min_rsa_bits)
{
    static const char *const rsa[] = {"RSA", "RSA_SIGN"};
    static const char *const p256[] = {"ECDSA", "ECDSA_P256"};
    static const char *const p384[] = {"ECDSA", "ECDSA_P384"};
    static const char *const p521[] = {"ECDSA", "ECDSA_P521"};
    static const char *const ed25519[] = {"EdDSA", "Ed25519"};
    static const char *const ed448[] = {"EdDSA", "Ed448"};
    switch (type) {
    case CV_KEY_RSA:
    case CV_KEY_RSA_PSS:
        if (!is_one_of(&s->strCngAlgId, rsa, 2)) return false;
        if (s->dwMinBitLength == 0) return blocks(s, CV_RSA_BITS_MAX);
        if (s->dwMinBitLength > *min_rsa_bits)
            *min_rsa_bits =
                (uint16_t)(s->dwMinBitLength > CV_RSA_BITS_MAX ? CV_RSA_BITS_MAX : s->dwMinBitLength);
        return s->dwMinBitLength > CV_RSA_BITS_MAX;
    case CV_KEY_P256:
        return is_one_of(&s->strCngAlgId, p256, 2) && blocks(s, 256);
    case CV_KEY_P384:
        return is_one_of(&s->strCngAlgId, p384, 2) && blocks(s, 384);
    case CV_KEY_P521:
        return is_one_of(&s->strCngAlgId, p521, 2) && blocks(s, 521);
    case CV_KEY_ED25519:
        return is_one_of(&s->strCngAlgId, ed25519, 2) && blocks(s, 256);
    case CV_KEY_ED448:
        return is_one_of(&s->strCngAlgId, ed448, 2) && blocks(s, 448);
    case CV_KEY_MLDSA44:
    case CV_KEY_MLDSA65:
    case CV_KEY_MLDSA87:
        return name_is(&s->strCngAlgId, "ML-DSA");
    default:
        return false;
    }
}

static void filter_suites(struct cv_algorithms *a, const CRYPTO_SETTINGS *s)
{
    bool digest = s->eAlgorithmUsage == TlsParametersCngAlgUsageDigest;
    size_t n = 0;
    for (size_t i = 0; i < a->n_suites; i++) {
        const struct cv_suite *suite = &a->suites[i];
        if (!(digest ? blocks_digest(s, suite->hash) || blocks_digest(s, suite->cbc.hash)
                     : blocks_cipher(s, suite)))
            a->suites[n++] = *suite;
    }
    a->n_suites = n;
}

static void filter_groups(struct cv_algorithms *a, const CRYPTO_SETTINGS *s)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_groups; i++)
        if (!blocks_group(s, a->groups[i])) a->groups[n++] = a->groups[i];
    a->n_groups = n;
}

static size_t filter_schemes(struct cv_sig_scheme *list, size_t n_list, const CRYPTO_SETTINGS *s,
                             uint16_t *min_rsa_bits)
{
    bool digest = s->eAlgorithmUsage == TlsParametersCngAlgUsageDigest;
    size_t n = 0;
    for (size_t i = 0; i < n_list; i++) {
        struct cv_sig_scheme scheme = list[i];
        if (!(digest ? blocks_digest(s, scheme.hash) : blocks_key(s, scheme.key, min_rsa_bits)))
            list[n++] = scheme;
    }
    return n;
}

bool cv_crypto_disable(struct cv_algorithms *a, uint16_t *min_rsa_bits, const CRYPTO_SETTINGS *s)
{
    switch (s->eAlgorithmUsage) {
    case TlsParametersCngAlgUsageKeyExchange:
        filter_groups(a, s);
        break;
    case TlsParametersCngAlgUsageCipher:
        filter_suites(a, s);
        break;
    case TlsParametersCngAlgUsageDigest:
        filter_suites(a, s);
        a->n_schemes = filter_schemes(a->schemes, a->n_schemes, s, min_rsa_bits);
        a->n_cert_schemes = filter_schemes(a->cert_schemes, a->n_cert_schemes, s, min_rsa_bits);
        break;
    case TlsParametersCngAlgUsageSignature:
        a->n_schemes = filter_schemes(a->schemes, a->n_schemes, s, min_rsa_bits);
        break;
    case TlsParametersCngAlgUsageCertSig:
        a->n_cert_schemes = filter_schemes(a->cert_schemes, a->n_cert_schemes, s, min_rsa_bits);
        break;
    default:
        return false;
    }
    return a->n_suites > 0 && a->n_groups > 0 && a->n_schemes > 0 && a->n_cert_schemes > 0;
}
