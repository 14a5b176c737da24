/* Private keys, shared by contexts and credentials. */
#include "sspi/certificate.h"

#include "crypto/base/secret.h"
#include "sspi/library.h"

struct cv_cert_key *cv_cert_key_new(size_t der_cap)
{
    struct cv_cert_key *key = cv_alloc(sizeof *key + der_cap);
    if (key == NULL) return NULL;
    key->size = sizeof *key + der_cap;
    atomic_init(&key->refs, 1);
    return key;
}

void cv_cert_key_release(struct cv_cert_key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1) return;
    size_t size = key->size;
    if (key->close != NULL) key->close(&key->signer);
    cv_wipe(key, size);
    cv_free(key, size);
}
