#include "x509/pbe.h"
#include "crypto/aes.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/import_only.h"
#include "crypto/xor.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/pbe_kdf.h"

#include <string.h>

enum { KEY_MAX = 32, BLOCK_MAX = CV_AES_BLOCK_LEN };

struct cipher;

/* A cipher with all that its parameters say, and then its key. */
struct key {
    const struct cipher *cipher;
    size_t key_len;
    unsigned effective_bits; /* RC2 */
    uint8_t key[KEY_MAX], iv[BLOCK_MAX];
};

struct cipher {
    uint8_t key_len; /* 0: whatever PBKDF2's parameters say */
    uint8_t block_len;
    uint8_t effective_bits; /* RC2, where no parameters say it */
    void (*decrypt)(const struct key *k, uint8_t *dst, const uint8_t *src, size_t n_blocks);
};

static void decrypt_aes(const struct key *k, uint8_t *dst, const uint8_t *src, size_t n_blocks)
{
    const unsigned n_rounds = (unsigned)k->key_len / 4 + 6;
    uint64_t round_keys[CV_AES_CT_WORDS(CV_AES256_ROUNDS)];

    cv_aes_ct_expand(round_keys, n_rounds, k->key);
    memcpy(dst, src, n_blocks * CV_AES_BLOCK_LEN);
    cv_aes_ct_decrypt(round_keys, n_rounds, dst, n_blocks);
    cv_xor_bytes(dst, dst, k->iv, CV_AES_BLOCK_LEN);
    cv_xor_bytes(dst + CV_AES_BLOCK_LEN, dst + CV_AES_BLOCK_LEN, src, (n_blocks - 1) * CV_AES_BLOCK_LEN);
    cv_wipe(round_keys, sizeof round_keys);
}

/* With two keys the first is the third, too. */
static void decrypt_3des(const struct key *k, uint8_t *dst, const uint8_t *src, size_t n_blocks)
{
    uint8_t key[CV_3DES_KEY_LEN];

    memcpy(key, k->key, 16);
    memcpy(key + 16, k->key_len == 16 ? k->key : k->key + 16, 8);
    cv_import_3des_cbc_decrypt(dst, src, n_blocks, key, k->iv);
    cv_wipe(key, sizeof key);
}

static void decrypt_rc2(const struct key *k, uint8_t *dst, const uint8_t *src, size_t n_blocks)
{
    cv_import_rc2_cbc_decrypt(dst, src, n_blocks, cv_bytes(k->key, k->key_len), k->effective_bits, k->iv);
}

/* --- PBES2: RFC 8018 6.2, A.4 --- */

/* RFC 8018 B.2.3: the version stands for effective bits; without one they are 32. The IV alone is seen, too.
 */
static cv_err read_rc2_params(struct key *k, struct cv_bytes params, struct cv_bytes *iv)
{
    static const struct {
        uint8_t version, bits;
    } versions[] = {{160, 40}, {120, 64}, {58, 128}};
    struct cv_bytes seq;
    uint32_t version;

    k->effective_bits = 32;
    if (cv_der_next_is(params, CV_DER_OCTET_STRING))
        return cv_der_read(&params, CV_DER_OCTET_STRING, iv) == CV_OK && params.len == 0 ? CV_OK
                                                                                         : CV_E_KEY_SYNTAX;
    if (cv_der_read(&params, CV_DER_SEQUENCE, &seq) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_next_is(seq, CV_DER_INTEGER)) {
        if (cv_der_uint32(&seq, &version) != CV_OK) return CV_E_KEY_SYNTAX;
        k->effective_bits = version >= 256 && version <= 1024 ? version : 0;
        for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
            if (versions[i].version == version) k->effective_bits = versions[i].bits;
        if (k->effective_bits == 0) return CV_E_UNSUPPORTED;
    }
    return cv_der_read(&seq, CV_DER_OCTET_STRING, iv) == CV_OK && seq.len == 0 ? CV_OK : CV_E_KEY_SYNTAX;
}

static const struct {
    struct cv_oid oid;
    struct cipher cipher;
} schemes[] = {
    {{9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2}}, {16, CV_AES_BLOCK_LEN, 0, decrypt_aes}},
    {{9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x16}}, {24, CV_AES_BLOCK_LEN, 0, decrypt_aes}},
    {{9, {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a}}, {32, CV_AES_BLOCK_LEN, 0, decrypt_aes}},
    {{8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7}}, {24, CV_IMPORT_BLOCK_LEN, 0, decrypt_3des}},
    {{8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2}}, {0, CV_IMPORT_BLOCK_LEN, 0, decrypt_rc2}},
};

static cv_err read_scheme(struct key *k, struct cv_bytes *in)
{
    struct cv_bytes oid, params, iv = {NULL, 0};

    if (cv_alg_read(in, &oid, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    k->cipher = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (cv_oid_is(oid, &schemes[i].oid)) k->cipher = &schemes[i].cipher;
    if (!k->cipher) return CV_E_UNSUPPORTED;
    if (k->cipher->decrypt == decrypt_rc2) {
        cv_err e = read_rc2_params(k, params, &iv);
        if (e != CV_OK) return e;
    } else if (cv_der_read(&params, CV_DER_OCTET_STRING, &iv) != CV_OK || params.len != 0) {
        return CV_E_KEY_SYNTAX;
    }
    if (iv.len != k->cipher->block_len) return CV_E_KEY_SYNTAX;
    memcpy(k->iv, iv.p, iv.len);
    return CV_OK;
}

static cv_err make_pbes2(struct key *k, struct cv_bytes params, struct cv_bytes password, uint32_t *work)
{
    struct cv_pbkdf2_params kdf;
    struct cv_bytes seq;
    cv_err e;

    if (cv_der_read(&params, CV_DER_SEQUENCE, &seq) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if ((e = cv_pbkdf2_params_read(&kdf, &seq)) != CV_OK || (e = read_scheme(k, &seq)) != CV_OK) return e;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;
    k->key_len = k->cipher->key_len ? k->cipher->key_len : kdf.key_len ? kdf.key_len : 16;
    if (k->key_len > KEY_MAX || (kdf.key_len && kdf.key_len != k->key_len)) return CV_E_KEY_SYNTAX;
    return cv_pbkdf2_derive(&kdf, k->key, k->key_len, password, work);
}

/* --- PKCS#12's own: RFC 7292 C --- */

/* By the last arc of pkcs-12PbeIds; those with RC4 are not for import either. */
static const struct cipher pkcs12_ciphers[] = {
    [3] = {24, CV_IMPORT_BLOCK_LEN, 0, decrypt_3des},
    [4] = {16, CV_IMPORT_BLOCK_LEN, 0, decrypt_3des},
    [5] = {16, CV_IMPORT_BLOCK_LEN, 128, decrypt_rc2},
    [6] = {5, CV_IMPORT_BLOCK_LEN, 40, decrypt_rc2},
};

static cv_err make_pkcs12(struct key *k, struct cv_bytes params, struct cv_bytes password, uint32_t *work)
{
    struct cv_pkcs12_kdf kdf = {.hash = &cv_sha1};
    struct cv_bytes seq;
    cv_err e;

    if (cv_der_read(&params, CV_DER_SEQUENCE, &seq) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &kdf.salt) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_uint32(&seq, &kdf.iterations) != CV_OK || seq.len != 0) return CV_E_KEY_SYNTAX;
    k->key_len = k->cipher->key_len;
    k->effective_bits = k->cipher->effective_bits;
    e = cv_pkcs12_derive(&kdf, CV_PKCS12_KEY, k->key, k->key_len, password, work);
    if (e != CV_OK) return e;
    return cv_pkcs12_derive(&kdf, CV_PKCS12_IV, k->iv, k->cipher->block_len, password, work);
}

/* --- both --- */

static cv_err make_key(struct key *k, struct cv_bytes alg, struct cv_bytes password, uint32_t *work)
{
    static const struct cv_oid pbes2 = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13}};
    static const uint8_t pkcs12[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1};
    struct cv_bytes oid, params;

    if (cv_alg_read(&alg, &oid, &params) != CV_OK || alg.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_oid_is(oid, &pbes2)) return make_pbes2(k, params, password, work);
    if (oid.len != sizeof pkcs12 + 1 || memcmp(oid.p, pkcs12, sizeof pkcs12) != 0) return CV_E_UNSUPPORTED;
    size_t last = oid.p[sizeof pkcs12];
    if (last >= sizeof pkcs12_ciphers / sizeof pkcs12_ciphers[0] || !pkcs12_ciphers[last].decrypt)
        return CV_E_UNSUPPORTED;
    k->cipher = &pkcs12_ciphers[last];
    return make_pkcs12(k, params, password, work);
}

/* RFC 8018 6.1.1 step 4: n bytes of value n. Only whether it is right, and then n, becomes public. */
static cv_err take_padding(const uint8_t *text, size_t len, size_t block_len, size_t *out_len)
{
    uint32_t n = text[len - 1], bad = ~cv_ct_nonzero32(n) | cv_ct_lt32((uint32_t)block_len, n);

    for (uint32_t i = 0; i < block_len; i++) bad |= cv_ct_lt32(i, n) & ~cv_ct_eq32(text[len - 1 - i], n);
    cv_secret_declassify(&bad, sizeof bad); /* the caller is told whether the password was right */
    if (bad) return CV_E_KEY_PASSWORD;
    cv_secret_declassify(&n, sizeof n); /* the length of what was encrypted is no secret */
    *out_len = len - n;
    return CV_OK;
}

cv_err cv_pbe_decrypt(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes alg, struct cv_bytes data,
                      struct cv_bytes password, uint32_t *work)
{
    struct key k;
    cv_err e;

    memset(&k, 0, sizeof k);
    if ((e = make_key(&k, alg, password, work)) != CV_OK) goto out;
    e = CV_E_KEY_SYNTAX;
    if (data.len == 0 || data.len % k.cipher->block_len != 0) goto out;
    e = CV_E_BUFFER_TOO_SMALL;
    if (data.len > cap) goto out;
    k.cipher->decrypt(&k, out, data.p, data.len / k.cipher->block_len);
    e = take_padding(out, data.len, k.cipher->block_len, out_len);
    if (e != CV_OK) cv_wipe(out, data.len);
out:
    cv_wipe(&k, sizeof k);
    return e;
}

cv_err cv_private_key_decrypt(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes der,
                              struct cv_bytes password)
{
    struct cv_bytes seq, alg, data;
    uint32_t work = CV_PBE_WORK_MAX;

    if (cv_der_read(&der, CV_DER_SEQUENCE, &seq) != CV_OK || der.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_whole(&seq, CV_DER_SEQUENCE, &alg) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &data) != CV_OK || seq.len != 0) return CV_E_KEY_SYNTAX;
    return cv_pbe_decrypt(out, cap, out_len, alg, data, password, &work);
}
