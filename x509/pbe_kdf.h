/* Keys from passwords, for the files of x509 that read what is protected so. Work is counted as x509/pbe.h
 * says; CV_E_KEY_SYNTAX, CV_E_UNSUPPORTED, CV_E_CERT_TOO_COMPLEX and CV_E_INVALID_ARGUMENT are as there. */
#ifndef CV_X509_PBE_KDF_H
#define CV_X509_PBE_KDF_H

#include "crypto/hash.h"
#include "x509/pkcs12.h"

enum { CV_KDF_SALT_MAX = 2048 };

/* PBKDF2-params (RFC 8018 A.2). */
struct cv_pbkdf2_params {
    struct cv_bytes salt;
    uint32_t iterations;
    uint32_t key_len; /* 0: not said */
    const struct cv_hash *prf;
};

/* Takes the AlgorithmIdentifier of PBKDF2. */
cv_err cv_pbkdf2_params_read(struct cv_pbkdf2_params *p, struct cv_bytes *in);

/* Takes the AlgorithmIdentifier of an HMAC (RFC 8018 B.1.1, B.1.2). */
cv_err cv_hmac_alg_read(struct cv_bytes *in, const struct cv_hash **hash);

cv_err cv_pbkdf2_derive(const struct cv_pbkdf2_params *p, uint8_t *out, size_t out_len,
                        struct cv_bytes password, uint32_t *work);

/* SHA-1 or one of SHA-2; NULL for others. */
const struct cv_hash *cv_hash_by_id(enum cv_hash_id id);

/* What the octets are for: the ID of RFC 7292 B.3. */
enum cv_pkcs12_use { CV_PKCS12_KEY = 1, CV_PKCS12_IV = 2, CV_PKCS12_MAC = 3 };

struct cv_pkcs12_kdf {
    const struct cv_hash *hash;
    struct cv_bytes salt;
    uint32_t iterations;
};

/* RFC 7292 B.2. password: p NULL is no password, which is another than an empty one. */
cv_err cv_pkcs12_derive(const struct cv_pkcs12_kdf *kdf, enum cv_pkcs12_use use, uint8_t *out, size_t out_len,
                        struct cv_bytes password, uint32_t *work);

/* cv_pkcs12_open with other work than CV_PBE_WORK_MAX. */
cv_err cv_pkcs12_open_within(struct cv_pkcs12 *p, void *memory, size_t memory_len, struct cv_bytes file,
                             struct cv_bytes password, uint32_t work);

#endif
