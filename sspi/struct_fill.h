/* Structs of wincrypt.h filled from DER, together with what they point to. Everything is done twice: once to
 * count the bytes, once to fill them. */
#ifndef CV_SSPI_STRUCT_FILL_H
#define CV_SSPI_STRUCT_FILL_H

#include "sspi/certificate.h"
#include "x509/der.h"

struct cv_arena {
    uint8_t *p; /* aligned to 16; NULL: only count */
    size_t used;
    bool copies; /* byte strings are copied here, else they stay views into the DER */
};

/* len bytes at an alignment; NULL while counting. */
void *cv_arena_take(struct cv_arena *a, size_t len, size_t align);
/* As an array of n elements; NULL also if n is 0. */
void *cv_arena_array(struct cv_arena *a, size_t n, size_t element_len);

void cv_fill_bytes(CRYPT_DATA_BLOB *out, struct cv_arena *a, struct cv_bytes bytes);
void cv_fill_bits(CRYPT_BIT_BLOB *out, struct cv_arena *a, struct cv_bytes bytes, uint8_t n_unused);
/* Least significant byte first; leading zero bytes of the number are dropped. */
void cv_fill_integer(CRYPT_INTEGER_BLOB *out, struct cv_arena *a, struct cv_bytes number);
LPSTR cv_fill_oid(struct cv_arena *a, struct cv_bytes oid);
/* Characters of one byte each, as WCHAR with a terminator. */
LPWSTR cv_fill_wide(struct cv_arena *a, struct cv_bytes text);
/* AlgorithmIdentifier and SubjectPublicKeyInfo, with their headers. */
cv_err cv_fill_algorithm(CRYPT_ALGORITHM_IDENTIFIER *out, struct cv_arena *a, struct cv_bytes whole);
cv_err cv_fill_key(CERT_PUBLIC_KEY_INFO *out, struct cv_arena *a, struct cv_bytes spki);
/* The content of a SEQUENCE OF Extension. */
cv_err cv_fill_extensions(DWORD *n, PCERT_EXTENSION *out, struct cv_arena *a, struct cv_bytes list);

/* Fills CERT_INFO, zeroed before, from a parsed certificate. */
void cv_cert_fill_info(CERT_INFO *info, struct cv_arena *a, const struct cv_cert *cert);

/* Writes "1.2.840.113549.1.1.11" with its terminator; with out NULL only counts; the count includes the
 * terminator. Arcs beyond 56 bits end the text. */
size_t cv_oid_text(char *out, struct cv_bytes oid);

#endif
