/* One certificate read as it arrives (RFC 5280 4.1): what stream.c makes chains of. What is read is what
 * cert.h's memory driver would find, and never more than it would accept; nothing of it counts before
 * cv_stream_cert_end. */
#ifndef CV_X509_STREAM_CERT_H
#define CV_X509_STREAM_CERT_H

#include "x509/alg.h"
#include "x509/push.h"

enum {
    CV_STREAM_NAME_LEN = 32,  /* a SHA-256 */
    CV_STREAM_TAKEN_MIN = 64, /* room for what is collected beside keys */
    CV_STREAM_UNKNOWN_MAX = 12,
};

/* What a certificate is read with; the caller's, and it outlives the reading. */
struct cv_stream_env {
    const struct cv_hash *sha256;
    const struct cv_sig_scheme *schemes; /* their hashes are those that a signature may have */
    size_t n_schemes;
    struct cv_bytes dns; /* lower case; empty if no such name is looked for */
    struct cv_bytes ip;  /* 4 or 16 bytes, or empty */
    uint8_t *taken;      /* room for the longest key, CV_STREAM_TAKEN_MIN at least */
    uint8_t *signature;  /* and for a signature, with a byte more */
    uint8_t *digest;     /* of TBSCertificate, if its algorithm's hash is one of the schemes' */
    uint16_t taken_cap, signature_cap;
    bool in_place; /* the certificate comes in one piece, and keys shall be views into it */
};

struct cv_stream_cert {
    struct cv_push push; /* the first member: the grammar's functions get this */
    const struct cv_stream_env *env;
    /* Called when the key is read, with both names before it; the key's bytes are kept no longer than that,
     * unless env->in_place. May be NULL. */
    cv_err (*key_read)(void *ctx);
    void *ctx;

    struct cv_hash_ctx tbs;     /* runs while TBSCertificate passes */
    union cv_hash_state hashed; /* the same for a name, or an algorithm */
    uint8_t issuer[CV_STREAM_NAME_LEN], subject[CV_STREAM_NAME_LEN]; /* hashes of their DER contents */
    const struct cv_sig_alg *sig_alg; /* NULL: one that we do not know, or that cannot be streamed */
    uint16_t signature_len;           /* it lies at env->signature + 1 */
    struct cv_public_key key;         /* type CV_KEY_NONE: a kind that we do not know */
    int64_t not_before, not_after;
    cv_err refusal; /* why it can be part of no path, whatever the rest says; CV_OK if nothing is known */
    uint32_t present, path_len; /* CV_EXT_…; if has_path_len */
    uint16_t key_usage;         /* CV_KU_… */
    uint8_t eku;                /* CV_EKU_… */
    uint8_t version;
    bool is_ca, has_path_len, matches; /* matches: an alternative name is env's host */

    /* while it is read */
    bool in_tbs, in_hashed, critical;
    uint8_t early_len, n_times, n_attributes, n_unknown;
    enum { CV_PARAMS_NONE, CV_PARAMS_NULL, CV_PARAMS_OTHER } params;
    uint8_t algorithm[CV_STREAM_NAME_LEN]; /* hash of TBSCertificate.signature */
    const struct cv_sig_alg *found_alg;
    const struct cv_key_alg *key_alg;
    const struct cv_curve *curve;
    uint8_t extension;                       /* index into the table of extensions */
    uint16_t matched;                        /* bytes of env->dns that the name at hand agrees with */
    const uint8_t *place;                    /* of the element at hand, if it came in one piece */
    uint32_t unknown[CV_STREAM_UNKNOWN_MAX]; /* hashes of unknown extensions' OIDs */
};

/* env, key_read and ctx are set by the caller, the rest here. len: bytes of the certificate. */
cv_err cv_stream_cert_begin(struct cv_stream_cert *s, size_t len);
cv_err cv_stream_cert_bytes(struct cv_stream_cert *s, struct cv_bytes part);
cv_err cv_stream_cert_end(struct cv_stream_cert *s);

#endif
