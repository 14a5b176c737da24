/* Encryption under a password, for import: PBES2 (RFC 8018 6.2) with PBKDF2 and AES, and what is in old
 * files, PBES2 with 3DES and PKCS#12's own schemes with 3DES and RC2 (RFC 7292 appendices B, C). */
#ifndef CV_X509_PBE_H
#define CV_X509_PBE_H

#include "crypto/base/bytes.h"

enum {
    CV_PASSWORD_MAX = 512, /* bytes of UTF-8 */
    /* Iterations, counted once for each block of output, that one file may cost. */
    CV_PBE_WORK_MAX = 10000000,
};

/* Decrypts into out, which needs room for data.len bytes. alg is the AlgorithmIdentifier with its header,
 * password UTF-8 without an end; work as above, and is spent. CV_E_KEY_PASSWORD if the padding is wrong, as
 * it is with nearly every wrong password; CV_E_KEY_SYNTAX; CV_E_UNSUPPORTED for other algorithms;
 * CV_E_CERT_TOO_COMPLEX if work does not suffice; CV_E_INVALID_ARGUMENT for a password that is too long or,
 * where characters matter, not UTF-8; CV_E_BUFFER_TOO_SMALL. On failure out is wiped. */
cv_err cv_pbe_decrypt(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes alg, struct cv_bytes data,
                      struct cv_bytes password, uint32_t *work);

/* Decrypts an EncryptedPrivateKeyInfo (RFC 5958 3) into PKCS#8 for cv_private_key_parse; out needs room for
 * der.len bytes, and is then secret. Errors as above. */
cv_err cv_private_key_decrypt(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes der,
                              struct cv_bytes password);

#endif
