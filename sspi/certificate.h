/* Certificate contexts and stores of this host: what stands behind PCCERT_CONTEXT and HCERTSTORE. */
#ifndef CV_SSPI_CERTIFICATE_H
#define CV_SSPI_CERTIFICATE_H

#include "sspi/win.h"
#include "tls/config.h"
#include "tls/operations.h"

#include <stdatomic.h>

/* A private key, shared by the contexts that have it. */
struct cv_cert_key {
    _Atomic uint32_t refs;
    size_t size;               /* of the allocation */
    struct cv_private_key key; /* views into der */
    CulvertSigner application; /* has the key instead, where pfnSign is not NULL: der is empty */
    struct cv_signer signer;
    void (*close)(struct cv_signer *signer); /* with the last reference; NULL: there is nothing to close */
    uint8_t der[];                           /* secret */
};
/* One reference and room for der_cap bytes; the key is still to be parsed. NULL without memory. */
struct cv_cert_key *cv_cert_key_new(size_t der_cap);
void cv_cert_key_release(struct cv_cert_key *key); /* wipes with the last reference; may be NULL */

/* A property that a caller set, other than a key of ours. */
struct cv_cert_property {
    struct cv_cert_property *next;
    DWORD id;
    bool owns; /* the handle in it is released with it */
    size_t len;
    uint8_t data[];
};

struct cv_store;

/* One allocation: the struct, the DER behind it, then what CERT_INFO needs. A context in a store lives as
 * long as the store, and each reference to it is one to the store; any other has a count of its own. */
struct cv_cert_object {
    CERT_CONTEXT ctx; /* first */
    CERT_INFO info;   /* ctx.pCertInfo points here: so a context of ours is known */
    size_t size;
    _Atomic uint32_t refs;
    struct cv_store *store;
    struct cv_cert_object *next; /* in the store */
    bool removed;                /* from the store, but somebody may still use it */
    struct cv_cert cert;
    struct cv_cert_key *key;
    struct cv_cert_property *properties;
};

struct cv_crl_object; /* crl_context.h */
struct cv_sibling;    /* a store in a collection */

struct cv_store {
    uint32_t magic;
    bool is_collection; /* then only siblings has something in it */
    _Atomic uint32_t refs;
    void *lock; /* guards the lists and the properties of the certificates */
    struct cv_cert_object *first, **last;
    struct cv_crl_object *first_crl, **last_crl;
    struct cv_sibling *siblings;
};

/* The object behind a context; NULL if it is not one of ours. */
struct cv_cert_object *cv_cert_of(PCCERT_CONTEXT ctx);
/* The store behind a handle; NULL if it is not one of ours. */
struct cv_store *cv_store_of(HCERTSTORE h);

/* A context on its own. CV_E_NO_MEMORY, or the cause why the DER is no certificate. */
cv_err cv_cert_object_new(struct cv_cert_object **out, struct cv_bytes der);
void cv_cert_object_free(struct cv_cert_object *o); /* whatever its count says */
void cv_cert_properties_free(struct cv_cert_object *o);
/* Whether a property names a key, be it there or not. */
bool cv_cert_has_key(const struct cv_cert_object *o);
/* The key, wherever it is: one more reference; NULL if there is none. Takes the lock of the store. */
struct cv_cert_key *cv_cert_key_share(const struct cv_cert_object *o);
const struct cv_cert_property *cv_cert_property(const struct cv_cert_object *o, DWORD id);
/* The bytes of a property that follows from the certificate; 0 if there is no such one. */
size_t cv_cert_computed_property(uint8_t out[CV_HASH_MAX], const struct cv_cert_object *o, DWORD id);
/* Copies key and properties (of handles the key that is behind them); CV_E_NO_MEMORY. */
cv_err cv_cert_copy_properties(struct cv_cert_object *to, const struct cv_cert_object *from);
/* Whether an ExtKeyUsageSyntax lists an OID, which is given as text. */
bool cv_usage_listed(struct cv_bytes usages, const char *wanted);
void cv_cert_lock(const struct cv_cert_object *o); /* of the store that it lies in, if any */
void cv_cert_unlock(const struct cv_cert_object *o);

struct cv_store *cv_store_new(void); /* one reference; NULL without memory */
void cv_store_release(struct cv_store *s);
void cv_store_lock(const struct cv_store *s);
void cv_store_unlock(const struct cv_store *s);
/* Puts an object (with no other reference) at the end; the store owns it. */
void cv_store_append(struct cv_store *s, struct cv_cert_object *o);
void cv_store_append_crl(struct cv_store *s, struct cv_crl_object *o);
/* Adds certificates, each behind its 24-bit length. Those that do not parse are left out; *n_added may be
 * NULL. */
cv_err cv_store_add_all(struct cv_store *s, struct cv_bytes certs, size_t *n_added);
/* Adds what a file has: certificates and CRLs in PEM, one of either in DER, or a bundle in PKCS #7.
 * CV_E_CERT_DER if there is nothing in it. */
cv_err cv_store_add_file(struct cv_store *s, struct cv_bytes file);
/* The certificates of a store, each behind its 24-bit length, to be freed with cv_free(*out, *len). */
cv_err cv_store_export(struct cv_store *s, uint8_t **out, size_t *len);

/* The stores that have the certificates of s: itself, or those of a collection in their order. The one after
 * `after`, whose reference is taken back (NULL: the first), with one more reference; NULL behind the last. */
struct cv_store *cv_store_leaf(struct cv_store *s, struct cv_store *after);
/* The one that something added to a collection goes to, with a reference; NULL if none allows that. */
struct cv_store *cv_store_for_adding(struct cv_store *s);
void cv_siblings_free(struct cv_store *s);

/* Windows counts from 1601-01-01; seconds here are since 1970-01-01 UTC. */
#define CV_FILETIME_EPOCH INT64_C(11644473600)
FILETIME cv_filetime(int64_t seconds);
/* A time as SSPI's calls give it: local; INT64_MAX for INT64_MAX, what nothing ends. */
TimeStamp cv_time_stamp(int64_t seconds);
int64_t cv_seconds_of(const FILETIME *t);

/* What GetLastError says for a cause. */
DWORD cv_last_error_for(cv_err e);

#endif
