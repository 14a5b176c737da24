/* A test vector, whatever file it came from, and its check.
 *
 * The readers (vector_json.c, vector_rsp.c, vector_text.c) bring the cases of their formats into this one
 * shape; vector_check.c and vector_check_pk.c run them through every implementation that the processor, less
 * what CULVERT_CPU turns off, can run. */
#ifndef CULVERT_VECTOR_H
#define CULVERT_VECTOR_H

#include "crypto/base/bytes.h"

enum cv_vector_op {
    VECTOR_NONE, /* something that this library does not offer; alg says what */
    VECTOR_AEAD,
    VECTOR_CBC,
    VECTOR_HASH,
    VECTOR_MONTE, /* a thousand hashes, each of what the ones before gave (SHAVS 6.4, SHA3VS 6.2.3) */
    VECTOR_XOF,   /* SHAKE: as many bytes as FIELD_DIGEST has */
    VECTOR_MAC,
    VECTOR_HKDF,
    VECTOR_DH,
    VECTOR_VERIFY,
    VECTOR_SIGN,
    VECTOR_KEYGEN, /* of a KEM: from a seed both keys */
    VECTOR_ENCAPS,
    VECTOR_DECAPS,
    VECTOR_PRIME, /* is FIELD_MSG, in two's complement, a prime? */
};

enum cv_vector_field {
    FIELD_KEY,
    FIELD_NONCE,
    FIELD_AAD,
    FIELD_MSG, /* the seed of a Monte Carlo step, too */
    FIELD_CT,
    FIELD_TAG,
    FIELD_DIGEST,
    FIELD_IKM,
    FIELD_SALT,
    FIELD_INFO,
    FIELD_OKM,
    FIELD_PRIVATE, /* DH: scalar; SIGN: PKCS#8 for RSA, else scalar or seed */
    FIELD_PUBLIC,  /* DH: share, or SubjectPublicKeyInfo where spki is set; VERIFY: SubjectPublicKeyInfo */
    FIELD_SHARED,
    FIELD_SIG,
    FIELD_N, /* RSA, instead of FIELD_PUBLIC */
    FIELD_E,
    FIELD_SEED,    /* KEYGEN, DECAPS: of ML-KEM, d || z; SIGN: of ML-DSA */
    FIELD_CONTEXT, /* ML-DSA: what is signed beside the message, and the randomness of a hedged signature */
    FIELD_RANDOM,
    FIELD_MU,    /* ML-DSA, instead of FIELD_MSG: the message's representative */
    FIELD_POINT, /* EC, instead of FIELD_PUBLIC; alg names the curve then */
    N_FIELDS,
};

struct cv_vector {
    char id[32];
    enum cv_vector_op op;
    /* AEAD: "AES-GCM", "AES-CCM", "CHACHA20-POLY1305" (key and tag lengths choose the rest); CBC:
     * "AES-CBC", or "AES-CBC-PKCS5" with padding, which TLS does not know; MAC: "HMAC";
     * DH: the curve; VERIFY, SIGN: "ECDSA", "EDDSA", "RSASSA-PKCS1", "RSASSA-PSS", "ML-DSA-65", …;
     * KEYGEN, ENCAPS, DECAPS: "ML-KEM-768", … */
    const char *alg;
    const char *curve;           /* DH, and VERIFY with FIELD_POINT */
    const char *hash, *mgf_hash; /* "SHA-256"; NULL where there is none */
    size_t out_len;              /* HKDF: bytes asked for; PSS: salt length */
    bool spki, p1363;            /* the form of FIELD_PUBLIC in DH; sig is r || s, not DER */
    bool differs;                /* DH: a refusal, or any secret but FIELD_SHARED */
    bool valid;                  /* what must come out: this result, or a refusal by the primitive */
    struct cv_bytes f[N_FIELDS]; /* p NULL where absent */
};

struct cv_verdict {
    enum { VERDICT_PASS, VERDICT_FAIL, VERDICT_REFUSED } is;
    unsigned n_implementations; /* that were run */
    char why[160];              /* of failing or refusing */
};

/* Runs one vector. Refused is only what we do not offer: algorithms, key, nonce and tag lengths. */
void cv_vector_check(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu);

/* The halves of it, by subject. */
void cv_vector_check_symmetric(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu);
void cv_vector_check_public(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu);
void cv_vector_check_kem(struct cv_verdict *out, const struct cv_vector *v);
void cv_vector_check_mldsa(struct cv_verdict *out, const struct cv_vector *v);

struct cv_hash;
/* The portable implementation, by name; dashes and case do not count. NULL if there is none. */
const struct cv_hash *cv_vector_hash(const char *name);

void cv_vector_fail(struct cv_verdict *out, const char *why, ...) __attribute__((format(printf, 2, 3)));
void cv_vector_refuse(struct cv_verdict *out, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* Bytes of the expected result and of ours, compared; a message when they differ. */
bool cv_vector_same(struct cv_verdict *out, const char *what, struct cv_bytes expected, const uint8_t *p,
                    size_t len);

/* Where a reader puts its cases. */
struct cv_vector_sink {
    void (*put)(struct cv_vector_sink *s, const struct cv_vector *v);
    /* A case that the reader itself could not decide: a fault of the file or of our tables. */
    void (*broken)(struct cv_vector_sink *s, const char *id, const char *why);
};

/* Each reads a whole file; text[len] is 0. false: *why says what is wrong with the file. */
bool cv_vectors_read_json(struct cv_vector_sink *sink, const char *text, size_t len, const char **why);
bool cv_vectors_read_rsp(struct cv_vector_sink *sink, const char *text, const char **why);
bool cv_vectors_read_text(struct cv_vector_sink *sink, const char *text, const char **why);

/* Decodes hex into memory from malloc, never NULL on success, also for no bytes. */
bool cv_vector_unhex(struct cv_bytes *out, const char *hex, size_t hex_len);

#endif
