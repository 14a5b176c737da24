#include "sspi/identity.h"

#include "sspi/certificate.h"

#include <string.h>
#include "sspi/library.h"

cv_err cv_identity_restrict(struct cv_identity *id, struct cv_identity_memory *memory,
                            const uint16_t *schemes, size_t n_schemes, uint32_t cpu)
{
    if (n_schemes == 0 || n_schemes > CV_SCHEMES_MAX) return CV_E_UNSUPPORTED;
    struct cv_sig_scheme *list = cv_alloc(n_schemes * sizeof *list);
    if (list == NULL) return CV_E_NO_MEMORY;
    for (size_t i = 0; i < n_schemes; i++) {
        if (cv_scheme_find(&list[i], schemes[i], cpu)) continue;
        cv_free(list, n_schemes * sizeof *list);
        return CV_E_UNSUPPORTED;
    }
    if (memory->schemes != NULL) cv_free(memory->schemes, memory->n_schemes * sizeof *list);
    id->schemes = memory->schemes = list;
    id->n_schemes = memory->n_schemes = n_schemes;
    return CV_OK;
}

/* Replaces a copy that an identity keeps by one of these bytes, or by none. */
static cv_err keep(uint8_t **copy, size_t *copy_len, struct cv_bytes *view, struct cv_bytes bytes)
{
    if (*copy != NULL) cv_free(*copy, *copy_len);
    *copy = NULL;
    *view = cv_bytes(NULL, 0);
    if (bytes.len == 0) return CV_OK;
    if ((*copy = cv_alloc(bytes.len)) == NULL) return CV_E_NO_MEMORY;
    *copy_len = bytes.len;
    memcpy(*copy, bytes.p, bytes.len);
    *view = cv_bytes(*copy, bytes.len);
    return CV_OK;
}

cv_err cv_identity_staple(struct cv_identity *id, struct cv_identity_memory *memory, struct cv_bytes response)
{
    return keep(&memory->staple, &memory->staple_len, &id->staple, response);
}

cv_err cv_identity_timestamps(struct cv_identity *id, struct cv_identity_memory *memory, struct cv_bytes list)
{
    return keep(&memory->timestamps, &memory->timestamps_len, &id->scts, list);
}

void cv_identity_release(struct cv_identity *id, struct cv_identity_memory *memory)
{
    (void)cv_identity_staple(id, memory, cv_bytes(NULL, 0));
    (void)cv_identity_timestamps(id, memory, cv_bytes(NULL, 0));
    cv_cert_key_release(memory->key);
    CertFreeCertificateContext(memory->leaf);
    if (memory->schemes != NULL) cv_free(memory->schemes, memory->n_schemes * sizeof *memory->schemes);
    *id = (struct cv_identity){0};
    *memory = (struct cv_identity_memory){0};
}
