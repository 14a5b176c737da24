#include "x509/pbe_kdf.h"
#include "crypto/base/secret.h"
#include "crypto/pbkdf2.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/validate.h"

#include <string.h>

enum {
    BMP_MAX = 2 * CV_PASSWORD_MAX + 2, /* an octet of UTF-8 gives two of UTF-16 at most */
    INPUT_MAX = CV_KDF_SALT_MAX + BMP_MAX + 2 * CV_HASH_BLOCK_MAX,
};

const struct cv_hash *cv_hash_by_id(enum cv_hash_id id)
{
    static const struct cv_hash *const hashes[] = {
        [CV_HASH_SHA1] = &cv_sha1,     [CV_HASH_SHA224] = &cv_sha224, [CV_HASH_SHA256] = &cv_sha256,
        [CV_HASH_SHA384] = &cv_sha384, [CV_HASH_SHA512] = &cv_sha512,
    };

    return id < sizeof hashes / sizeof hashes[0] ? hashes[id] : NULL;
}

cv_err cv_hmac_alg_read(struct cv_bytes *in, const struct cv_hash **hash)
{
    static const uint8_t prefix[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2};
    static const enum cv_hash_id ids[] = {
        [7] = CV_HASH_SHA1,    [8] = CV_HASH_SHA224,  [9] = CV_HASH_SHA256,
        [10] = CV_HASH_SHA384, [11] = CV_HASH_SHA512,
    };
    struct cv_bytes oid, params;

    if (cv_alg_read(in, &oid, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    if (oid.len != sizeof prefix + 1 || memcmp(oid.p, prefix, sizeof prefix) != 0) return CV_E_UNSUPPORTED;
    uint8_t last = oid.p[sizeof prefix];
    *hash = last < sizeof ids / sizeof ids[0] ? cv_hash_by_id(ids[last]) : NULL;
    return *hash ? CV_OK : CV_E_UNSUPPORTED;
}

cv_err cv_pbkdf2_params_read(struct cv_pbkdf2_params *p, struct cv_bytes *in)
{
    static const struct cv_oid pbkdf2 = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12}};
    struct cv_bytes oid, params, seq;

    if (cv_alg_read(in, &oid, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    if (!cv_oid_is(oid, &pbkdf2)) return CV_E_UNSUPPORTED;
    *p = (struct cv_pbkdf2_params){.prf = &cv_sha1};
    if (cv_der_read(&params, CV_DER_SEQUENCE, &seq) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_next_is(seq, CV_DER_SEQUENCE)) return CV_E_UNSUPPORTED; /* otherSource: none is defined */
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &p->salt) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_uint32(&seq, &p->iterations) != CV_OK || p->iterations == 0) return CV_E_KEY_SYNTAX;
    if (cv_der_next_is(seq, CV_DER_INTEGER) && (cv_der_uint32(&seq, &p->key_len) != CV_OK || p->key_len == 0))
        return CV_E_KEY_SYNTAX;
    if (seq.len == 0) return CV_OK;
    cv_err e = cv_hmac_alg_read(&seq, &p->prf);
    return e == CV_OK && seq.len != 0 ? CV_E_KEY_SYNTAX : e;
}

/* Counts before it works: iterations come from the file. */
static cv_err spend(uint32_t *work, uint32_t iterations, const struct cv_hash *hash, size_t out_len)
{
    size_t n_blocks = (out_len + hash->digest_len - 1) / hash->digest_len;

    if (iterations > CV_PBE_WORK_MAX) return CV_E_CERT_TOO_COMPLEX;
    return cv_budget_spend(work, n_blocks * iterations);
}

cv_err cv_pbkdf2_derive(const struct cv_pbkdf2_params *p, uint8_t *out, size_t out_len,
                        struct cv_bytes password, uint32_t *work)
{
    cv_err e = spend(work, p->iterations, p->prf, out_len);

    if (e != CV_OK) return e;
    if (password.len > CV_PASSWORD_MAX) return CV_E_INVALID_ARGUMENT;
    cv_pbkdf2(p->prf, out, out_len, password, p->salt, p->iterations);
    return CV_OK;
}

/* Takes a character from UTF-8 (RFC 3629 4); CV_E_INVALID_ARGUMENT. */
static cv_err read_utf8(struct cv_bytes *in, uint32_t *out)
{
    uint32_t c = in->p[0];
    unsigned n = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

    if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || in->len <= n) return CV_E_INVALID_ARGUMENT;
    if (n > 0) c &= 0x3fu >> n;
    for (unsigned i = 1; i <= n; i++) {
        if ((in->p[i] & 0xc0) != 0x80) return CV_E_INVALID_ARGUMENT;
        c = c << 6 | (in->p[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return CV_E_INVALID_ARGUMENT;
    *in = cv_bytes(in->p + n + 1, in->len - n - 1);
    *out = c;
    return CV_OK;
}

/* RFC 7292 B.1: UTF-16, big-endian, with its end; what lies beyond the BMP as pairs, as Windows has it. */
static cv_err to_bmp(struct cv_builder *b, struct cv_bytes password)
{
    uint32_t c;

    if (password.p == NULL) return CV_OK;
    if (password.len > CV_PASSWORD_MAX) return CV_E_INVALID_ARGUMENT;
    while (password.len > 0) {
        cv_err e = read_utf8(&password, &c);
        if (e != CV_OK) return e;
        if (c >= 0x10000) {
            cv_build_u16(b, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + (c & 0x3ff);
        }
        cv_build_u16(b, (uint16_t)c);
    }
    cv_build_u16(b, 0);
    return cv_build_end(b);
}

/* The least multiple of block_len that holds len bytes. */
static size_t whole_blocks(size_t len, size_t block_len)
{
    return (len + block_len - 1) / block_len * block_len;
}

/* to = from, again and again. */
static void repeat(uint8_t *to, size_t to_len, const uint8_t *from, size_t from_len)
{
    for (size_t i = 0, k = 0; i < to_len; i++, k = k + 1 < from_len ? k + 1 : 0) to[i] = from[k];
}

/* number = number + addend + 1 modulo 2^(8 * len). */
static void add_with_one(uint8_t *number, const uint8_t *addend, size_t len)
{
    unsigned carry = 1;

    for (size_t i = len; i-- > 0;) {
        carry += (unsigned)number[i] + addend[i];
        number[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* B.2 steps 1, 6 A: the hash of `use`, again and again, and the input, then of what came out. */
static void iterate(uint8_t a[CV_HASH_MAX], const struct cv_pkcs12_kdf *kdf, enum cv_pkcs12_use use,
                    const uint8_t *input, size_t input_len)
{
    uint8_t diversifier[CV_HASH_BLOCK_MAX];
    struct cv_hash_ctx h;

    memset(diversifier, (int)use, sizeof diversifier);
    cv_hash_init(&h, kdf->hash);
    cv_hash_update(&h, diversifier, kdf->hash->block_len);
    cv_hash_update(&h, input, input_len);
    cv_hash_final(&h, a);
    for (uint32_t i = 1; i < kdf->iterations; i++) cv_hash_digest(kdf->hash, a, a, kdf->hash->digest_len);
}

cv_err cv_pkcs12_derive(const struct cv_pkcs12_kdf *kdf, enum cv_pkcs12_use use, uint8_t *out, size_t out_len,
                        struct cv_bytes password, uint32_t *work)
{
    const size_t v = kdf->hash->block_len;
    uint8_t bmp[BMP_MAX], input[INPUT_MAX], a[CV_HASH_MAX], b[CV_HASH_BLOCK_MAX];
    struct cv_builder text;

    if (kdf->salt.len > CV_KDF_SALT_MAX) return CV_E_UNSUPPORTED;
    if (kdf->iterations == 0) return CV_E_KEY_SYNTAX;
    cv_err e = spend(work, kdf->iterations, kdf->hash, out_len);
    if (e != CV_OK) return e;
    cv_build_init(&text, bmp, sizeof bmp);
    if ((e = to_bmp(&text, password)) != CV_OK) goto out;

    size_t salt_len = whole_blocks(kdf->salt.len, v), input_len = salt_len + whole_blocks(text.len, v);
    repeat(input, salt_len, kdf->salt.p, kdf->salt.len);
    repeat(input + salt_len, input_len - salt_len, bmp, text.len);
    while (out_len > 0) {
        size_t n = out_len < kdf->hash->digest_len ? out_len : kdf->hash->digest_len;
        iterate(a, kdf, use, input, input_len);
        memcpy(out, a, n);
        out += n;
        out_len -= n;
        repeat(b, v, a, kdf->hash->digest_len);
        for (size_t i = 0; i < input_len; i += v) add_with_one(input + i, b, v);
    }
out:
    cv_wipe(bmp, sizeof bmp);
    cv_wipe(input, sizeof input);
    cv_wipe(a, sizeof a);
    cv_wipe(b, sizeof b);
    return e;
}
