/* The objects behind HCRYPTPROV, HCRYPTHASH, HCRYPTKEY, NCRYPT_KEY_HANDLE and HCERTCHAINENGINE. The library
 * keeps a list of them, so that a forged or stale handle is known as such before anything is read through it.
 */
#ifndef CV_SSPI_CAPI_H
#define CV_SSPI_CAPI_H

#include "sspi/certificate.h"

enum cv_capi_kind {
    CV_CAPI_PROVIDER = 1,
    CV_CAPI_HASH,
    CV_CAPI_KEY,
    CV_CAPI_NCRYPT_KEY,
    CV_CAPI_CHAIN_ENGINE
};

struct cv_capi_object {
    struct cv_capi_object *next;
    enum cv_capi_kind kind;
    size_t size;
};

/* A zeroed object of `size` bytes that begins with a cv_capi_object, in the list; its address is the handle.
 * NULL without memory. */
void *cv_capi_new(enum cv_capi_kind kind, size_t size);
/* The object behind a handle; NULL if there is none of this kind. */
void *cv_capi_find(enum cv_capi_kind kind, ULONG_PTR handle);
/* Takes the object out of the list, wipes and frees it. */
void cv_capi_delete(void *object);

/* A place for keys: of one provider only, or with a name, by which others find it as long as the library
 * lives. */
struct cv_container {
    struct cv_container *next;
    _Atomic uint32_t refs;
    size_t size;
    struct cv_cert_key *key; /* NULL: none was imported yet */
    size_t name_units;
    WCHAR name[]; /* no terminator; none: ephemeral */
};
void cv_container_release(struct cv_container *c); /* may be NULL */
/* All of a list, with their keys, when nobody else is left. */
void cv_containers_free(const struct cv_port *port, struct cv_container *first);

/* The key of a provider, or of the container with this name: one more reference; NULL if there is none. */
struct cv_cert_key *cv_capi_provider_key(HCRYPTPROV provider);
struct cv_cert_key *cv_capi_container_key(const WCHAR *name, size_t n_units);
struct cv_container *cv_capi_container_of(HCRYPTPROV provider); /* NULL: no provider */
void cv_capi_lock(void);
void cv_capi_unlock(void);

/* A handle for NCryptFreeObject, which takes over a reference to the key; 0 without memory. */
NCRYPT_KEY_HANDLE cv_ncrypt_handle_new(struct cv_cert_key *key);
/* The key behind such a handle: one more reference; NULL if it is none. */
struct cv_cert_key *cv_ncrypt_key(NCRYPT_KEY_HANDLE handle);

const struct cv_hash *cv_capi_hash_of(ALG_ID id); /* NULL: none that we have */

/* An RSA key as PRIVATEKEYBLOB: its length, and with out not NULL (cap bytes) the blob itself.
 * CV_E_BUFFER_TOO_SMALL; CV_E_UNSUPPORTED for other keys, or factors that are not half as long as the
 * modulus. */
cv_err cv_rsa_blob_write(uint8_t *out, size_t cap, size_t *len, const struct cv_private_key *key);
/* The way back, to a key object. CV_E_KEY_SYNTAX, CV_E_NO_MEMORY and those of cv_private_key_parse. */
cv_err cv_rsa_blob_read(struct cv_cert_key **out, struct cv_bytes blob);

#endif
