/* What `culvert verify` reads and prints, apart from its options. */
#ifndef CULVERT_VERIFY_H
#define CULVERT_VERIFY_H

#include "x509/path.h"

/* DER from files: of a DER file its content, of a PEM file the blocks with the label. */
struct cv_files {
    const char *label; /* "CERTIFICATE" */
    struct cv_bytes *blocks;
    const char **names; /* of the file that each comes from */
    size_t n;
};

/* Reads a file; 0, or the exit code for a file that cannot be read, and it has been said why. */
int cv_files_add(struct cv_files *f, const char *name);
void cv_files_free(struct cv_files *f);

/* A Name as text, cut to fit. Returns `text`. */
const char *cv_verify_name(struct cv_bytes name, char *text, size_t size);

#endif
