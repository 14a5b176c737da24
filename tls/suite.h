/* Cipher suites as descriptors, and the default lists for a processor. */
#ifndef CV_TLS_SUITE_H
#define CV_TLS_SUITE_H

#include "crypto/aead.h"
#include "crypto/cbc_hmac.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/sig.h"

enum { CV_TLS12 = 0x0303, CV_TLS13 = 0x0304 };

enum {
    CV_TLS_AES_128_GCM_SHA256 = 0x1301,
    CV_TLS_AES_256_GCM_SHA384 = 0x1302,
    CV_TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
    CV_TLS_AES_128_CCM_SHA256 = 0x1304,
    CV_TLS_AES_128_CCM_8_SHA256 = 0x1305,

    CV_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b, /* RFC 5289 */
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c,
    CV_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
    CV_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030,
    CV_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8, /* RFC 7905 */
    CV_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9,
    CV_TLS_DHE_RSA_WITH_AES_128_CBC_SHA = 0x0033, /* RFC 5246; with the groups of RFC 7919 only */
    CV_TLS_DHE_RSA_WITH_AES_256_CBC_SHA = 0x0039,
    CV_TLS_DHE_RSA_WITH_AES_128_CBC_SHA256 = 0x0067,
    CV_TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 = 0x006b,
    CV_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 = 0x009e, /* RFC 5288 */
    CV_TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 = 0x009f,
    CV_TLS_DHE_RSA_WITH_AES_128_CCM = 0xc09e, /* RFC 6655 */
    CV_TLS_DHE_RSA_WITH_AES_256_CCM = 0xc09f,
    CV_TLS_DHE_RSA_WITH_AES_128_CCM_8 = 0xc0a2,
    CV_TLS_DHE_RSA_WITH_AES_256_CCM_8 = 0xc0a3,
    CV_TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xccaa, /* RFC 7905 */
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA = 0xc009, /* RFC 8422 */
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA = 0xc00a,
    CV_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA = 0xc013,
    CV_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA = 0xc014,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 = 0xc023, /* RFC 5289 */
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 = 0xc024,
    CV_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 = 0xc027,
    CV_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 = 0xc028,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM = 0xc0ac, /* RFC 7251 */
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CCM = 0xc0ad,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 = 0xc0ae,
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8 = 0xc0af,
};

enum {
    CV_SECRET_MAX = 48, /* the longest hash of a suite */
    CV_SUITES_MAX = 48, /* of all that we know */
};

struct cv_cbc_records;
extern const struct cv_cbc_records cv_cbc_records;
struct cv_dhe12; /* dhe12.h */
extern const struct cv_dhe12 cv_dhe12;

struct cv_suite {
    uint16_t id;
    const char *name;           /* "TLS_AES_128_GCM_SHA256" */
    const struct cv_aead *aead; /* NULL: cbc protects records */
    const struct cv_hash *hash; /* of the key schedule and of the transcript */

    /* TLS 1.2 only. */
    struct cv_cbc_hmac cbc;
    const struct cv_cbc_records *cbc_records; /* record.h; where aead is NULL */
    bool tls12;
    const struct cv_dhe12 *dhe; /* the key exchange is in a finite field; NULL: on a curve */
    bool rsa;                   /* the server signs with RSA; else with ECDSA or EdDSA */
    uint8_t explicit_nonce_len; /* bytes of each record's nonce that the record carries */
};

enum { CV_GROUPS_MAX = 16, CV_SCHEMES_MAX = 16, CV_CERT_SCHEMES_MAX = 24 };

static inline uint8_t cv_suite_key_len(const struct cv_suite *s)
{
    return s->aead != NULL ? s->aead->key_len : s->cbc.cipher->key_len;
}
static inline size_t cv_suite_mac_key_len(const struct cv_suite *s)
{
    return s->aead != NULL ? 0 : s->cbc.hash->digest_len;
}
/* Bytes of key state in one direction. */
static inline size_t cv_suite_state_len(const struct cv_suite *s)
{
    return s->aead != NULL ? s->aead->state_len : sizeof(struct cv_cbc_hmac_state);
}
/* The most that stands behind the plaintext of a record: tag, or padding and MAC. */
static inline size_t cv_suite_trailer_max(const struct cv_suite *s)
{
    return s->aead != NULL ? s->aead->tag_len : (size_t)s->cbc.hash->digest_len + CV_AES_BLOCK_LEN;
}
/* Records that one key may protect. */
static inline uint64_t cv_suite_record_limit(const struct cv_suite *s)
{
    return s->aead != NULL ? s->aead->record_limit : CV_CBC_HMAC_RECORD_LIMIT;
}

/* The algorithms of this library that are on by default, with the best implementation for a processor, in
 * order of preference. A configuration points into it, or into lists of its own. */
struct cv_algorithms {
    uint32_t cpu; /* that they were selected for */
    struct cv_suite suites[CV_SUITES_MAX];
    const struct cv_group *groups[CV_GROUPS_MAX];
    struct cv_sig_scheme schemes[CV_SCHEMES_MAX]; /* offered for handshake signatures */
    struct cv_sig_scheme cert_schemes[CV_CERT_SCHEMES_MAX]; /* accepted on certificates */
    const struct cv_aead *ticket_aead;
    const struct cv_hash *sha256;
    size_t n_suites, n_groups, n_schemes, n_cert_schemes;
};

/* The group with this number, also one that is off by default; NULL if this library has none. */
const struct cv_group *cv_group_find(uint16_t id, uint32_t cpu);
/* The scheme for handshake signatures with this number; false if this library has none. */
bool cv_scheme_find(struct cv_sig_scheme *out, uint16_t id, uint32_t cpu);

/* cpu: from cv_cpu_detect or cv_cpu_mask. */
void cv_algorithms_select(struct cv_algorithms *out, uint32_t cpu);

/* One of the lists anew: these numbers of IANA's, first what is preferred, also what is off by default.
 * False, and nothing has changed, where a number is unknown or stands twice, or there is none. */
bool cv_algorithms_take_suites(struct cv_algorithms *a, const uint16_t *ids, size_t n);
bool cv_algorithms_take_groups(struct cv_algorithms *a, const uint16_t *ids, size_t n);
/* Schemes that are off by default are accepted on certificates, too, where they are named. */
bool cv_algorithms_take_schemes(struct cv_algorithms *a, const uint16_t *ids, size_t n);

#endif
