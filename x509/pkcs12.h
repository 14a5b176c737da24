/* PKCS#12 files (.p12, .pfx), for import: RFC 7292; PBES2 of RFC 8018 and PBMAC1 of RFC 9579 in them.
 *
 * Reading goes bag by bag; what is encrypted is decrypted on the way, and what is BER made DER (ber.h), into
 * the caller's memory. The certificates, keys and CRLs in the bags themselves must be DER. Files
 * protected by public keys, or by no MAC, are refused. */
#ifndef CV_X509_PKCS12_H
#define CV_X509_PKCS12_H

#include "x509/ber.h"
#include "x509/ber.h"
#include "x509/pbe.h"

enum cv_bag_kind {
    CV_BAG_CERT,  /* der: a certificate */
    CV_BAG_KEY,   /* der: PKCS#8, decrypted if it was encrypted; for cv_private_key_parse */
    CV_BAG_CRL,   /* der: a CRL */
    CV_BAG_OTHER, /* secrets, and certificates that are not X.509; der: as it came */
};

struct cv_bag {
    enum cv_bag_kind kind;
    struct cv_bytes der;
    struct cv_bytes friendly_name; /* UTF-16, big-endian, without header or end; p NULL if absent */
    struct cv_bytes local_key_id;  /* equal in a key's bag and in its certificate's; p NULL if absent */
    struct cv_bytes provider;      /* Microsoft's name of a key's provider, as friendly_name */
};

enum { CV_PKCS12_DEPTH_MAX = 4 };

/* A file that is being read. */
struct cv_pkcs12 {
    struct cv_bytes safes;                     /* AuthenticatedSafe: what is left of it */
    struct cv_bytes bags[CV_PKCS12_DEPTH_MAX]; /* SafeContents: what is left, by nesting */
    unsigned depth;                            /* how many of them are open */
    struct cv_bytes password;                  /* p NULL: none, where empty ones are told from none */
    uint8_t *memory;                           /* what is left of the caller's */
    size_t memory_len;
    uint32_t work; /* what is left of CV_PBE_WORK_MAX */
};

/* The memory that suffices for any file of file_len bytes: the file as DER, what its MAC covers, the pieces of
 * what is encrypted in that, what they hold, the same as DER, and the keys encrypted once more in it. */
static inline size_t cv_pkcs12_memory_len(size_t file_len)
{
    return 6 * cv_ber_memory_len(file_len);
}

/* Checks the MAC of a file and makes it ready to be read. Password (UTF-8, as of cv_pbe_decrypt) and
 * memory must outlive the reading and the bags; memory then holds secrets, for the caller to wipe.
 * CV_E_KEY_PASSWORD if the MAC does not verify; CV_E_KEY_SYNTAX; CV_E_UNSUPPORTED for algorithms and forms of
 * protection that we do not know; CV_E_CERT_TOO_COMPLEX if it asks for more than CV_PBE_WORK_MAX;
 * CV_E_INVALID_ARGUMENT for a password that is too long or not UTF-8. */
cv_err cv_pkcs12_open(struct cv_pkcs12 *p, void *memory, size_t memory_len, struct cv_bytes file,
                      struct cv_bytes password);

/* The next bag, whose views point into memory. CV_WANT_INPUT behind the last one; else errors as above
 * and CV_E_BUFFER_TOO_SMALL; after an error the reading is over. */
cv_err cv_pkcs12_next(struct cv_pkcs12 *p, struct cv_bag *bag);

#endif
