/* Certificate contexts and stores of this host: what stands behind PCCERT_CONTEXT and HCERTSTORE. */
#ifndef CV_SSPI_CERTIFICATE_H
#define CV_SSPI_CERTIFICATE_H

#include "sspi/win.h"
#include "tls/config.h"

#include <stdatomic.h>

/* A private key, shared by the contexts that have it. */
struct cv_cert_key {
    _Atomic uint32_t refs;
    size_t size;               /* of the allocation */
    struct cv_private_key key; /* views into der */
    uint8_t der[];             /* secret */
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

struct cv_store {
    uint32_t magic;
    _Atomic uint32_t refs;
    void *lock; /* guards the list and the properties of its certificates */
    struct cv_cert_object *first, **last;
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
/* Copies key and properties (of handles the key that is behind them); CV_E_NO_MEMORY. */
cv_err cv_cert_copy_properties(struct cv_cert_object *to, const struct cv_cert_object *from);
void cv_cert_lock(const struct cv_cert_object *o); /* of the store that it lies in, if any */
void cv_cert_unlock(const struct cv_cert_object *o);

struct cv_store *cv_store_new(void); /* one reference; NULL without memory */
void cv_store_release(struct cv_store *s);
/* Puts an object (with no other reference) at the end; the store owns it. */
void cv_store_append(struct cv_store *s, struct cv_cert_object *o);
/* Adds certificates, each behind its 24-bit length. Those that do not parse are left out; *n_added may be
 * NULL. */
cv_err cv_store_add_all(struct cv_store *s, struct cv_bytes certs, size_t *n_added);
/* The certificates of a store, each behind its 24-bit length, to be freed with cv_free(*out, *len). */
cv_err cv_store_export(struct cv_store *s, uint8_t **out, size_t *len);

/* Fills CERT_INFO from a parsed certificate. With memory NULL only counts; either way returns the bytes that
 * it needs behind `memory`, which is aligned to 16. */
size_t cv_cert_fill_info(CERT_INFO *info, const struct cv_cert *cert, uint8_t *memory);

/* Windows counts from 1601-01-01; seconds here are since 1970-01-01 UTC. */
#define CV_FILETIME_EPOCH INT64_C(11644473600)
FILETIME cv_filetime(int64_t seconds);
int64_t cv_seconds_of(const FILETIME *t);

/* What GetLastError says for a cause. */
DWORD cv_last_error_for(cv_err e);

#endif
