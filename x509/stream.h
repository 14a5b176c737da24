/* Certification paths validated as they arrive (RFC 5280 section 6), for memory that holds no certificate.
 *
 * The chain comes leaf first, each certificate issued by one that follows it, up to one that an anchor
 * issued. What stands between, of another name or another key than the one that is waited for, is passed
 * over, and so is what follows. Bytes may come in any pieces. Each certificate is verified when its issuer's
 * key has arrived; nothing is kept of it but what the verdict needs.
 *
 * What cv_path_validate refuses under CV_PROFILE_COMPAT is refused here, and more besides: chains in another
 * order; names that are equal only after folding (RFC 5280 7.1); name constraints, policy constraints and
 * mappings, whatever they say; RSASSA-PSS, EdDSA and ML-DSA as signatures of certificates; keys, signatures
 * and object identifiers that are longer than the room for them; more than 12 unknown extensions;
 * certificates of 64 KiB and more; roots of version 1. */
#ifndef CV_X509_STREAM_H
#define CV_X509_STREAM_H

#include "x509/path.h"
#include "x509/stream_cert.h"

/* A root that is trusted as such: 88 bytes on a 32-bit machine. */
struct cv_anchor {
    uint8_t name[CV_STREAM_NAME_LEN]; /* hash of its subject */
    struct cv_public_key key;
    int64_t not_before, not_after;
    uint32_t path_len; /* UINT32_MAX: any */
    uint8_t eku;       /* CV_EKU_…; 0: any */
};

struct cv_stream_params {
    const struct cv_anchor *anchors;
    size_t n_anchors;
    const struct cv_sig_scheme *schemes; /* signatures accepted on certificates */
    size_t n_schemes;
    const struct cv_hash *sha256;
    int64_t now; /* seconds since 1970-01-01 UTC */
    enum cv_purpose purpose;
    uint16_t key_usage;        /* as in struct cv_path_params */
    uint16_t min_rsa_bits;     /* 0: 2048 */
    uint8_t max_intermediates; /* 0: 8 */
    bool only_key;             /* the leaf is read for its key, and nothing is judged */
    bool check_name;
    struct cv_bytes dns, ip; /* the name that is expected: as struct cv_host has it; kept by the caller */
};

struct cv_stream {
    struct cv_stream_cert cert; /* at hand; the last one once all is over */
    struct cv_stream_env env;
    struct cv_stream_params params;
    struct cv_public_key key; /* the leaf's: views into this struct's memory. Set once the leaf was read */
    int64_t leaf_not_after, not_after; /* of the leaf, and the earliest of the path so far */
    size_t left;                       /* bytes of the certificate at hand */
    cv_err err;                        /* the first failure: the rest is passed over */
    cv_err late;                       /* dates that do not hold: the first, seen from the leaf */
    uint8_t late_depth, depth;         /* certificates read so far */
    uint8_t n_checks;
    uint8_t n_counted; /* intermediates that are not self-issued */
    bool anchored, matches;
    bool skips;       /* the certificate at hand issued none of the path */
    cv_err near_miss; /* what is wrong with the last issuer of the right name; CV_E_CERT_UNTRUSTED at first */
    uint8_t issuer[CV_STREAM_NAME_LEN]; /* of the certificate before the one at hand, */
    uint8_t digest[CV_HASH_MAX];        /* which waits for its issuer's key */
    const struct cv_sig_alg *sig_alg;
    uint16_t signature_len;
    uint16_t key_cap;
    uint8_t memory[]; /* leaf's key, what is collected, a signature */
};

/* Bytes of a struct cv_stream that takes what these schemes need: keys and signatures of RSA up to 4096
 * bits. */
size_t cv_stream_len(const struct cv_sig_scheme *schemes, size_t n_schemes);

/* s has cv_stream_len bytes. */
void cv_stream_init(struct cv_stream *s, const struct cv_stream_params *params);

/* A certificate of len bytes begins; its bytes; it ends after the last of them. Failures show only in
 * cv_stream_finish, so that nobody learns of one before what brought it has been authenticated. */
void cv_stream_begin(struct cv_stream *s, size_t len);
void cv_stream_bytes(struct cv_stream *s, struct cv_bytes part);

/* All certificates came. The verdict's order is that of cv_path_validate; verdict->cert is NULL. */
cv_err cv_stream_finish(const struct cv_stream *s, struct cv_verdict *verdict);

/* A root from its certificate, whose key stays a view into der. Dates are not checked. CV_E_CERT_NOT_CA, and
 * CV_E_CERT_… for what no path could be checked against: see above. */
cv_err cv_anchor_read(struct cv_anchor *anchor, struct cv_bytes der, const struct cv_hash *sha256);

#endif
