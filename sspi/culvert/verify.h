/* What `culvert verify` reads and prints, apart from its options. */
#ifndef CULVERT_VERIFY_H
#define CULVERT_VERIFY_H

#include "x509/revocation.h"

/* DER from files: of a DER file its content, of a PEM file the blocks with the label; for certificates also
 * what is in PKCS#7 bundles. */
struct cv_files {
    const char *label; /* "CERTIFICATE" */
    struct cv_bytes *blocks;
    const char **names; /* of the file that each comes from */
    size_t n;
};

/* Reads a file; 0, or the exit code for a file that cannot be read, and it has been said why. */
int cv_files_add(struct cv_files *f, const char *name);
void cv_files_free(struct cv_files *f);

/* Reads "1.2.840.113549" into the content of an OBJECT IDENTIFIER, of at most `cap` bytes; false if it is
 * none. */
bool cv_verify_oid(const char *text, uint8_t *oid, size_t cap, size_t *oid_len);

/* A Name as text, cut to fit. Returns `text`. */
const char *cv_verify_name(struct cv_bytes name, char *text, size_t size);

#endif
