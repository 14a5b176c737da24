/* The constant-time check: secrets are marked, operations run under a checker (valgrind's memcheck or
 * MemorySanitizer), and the checker reports each branch and each address that depends on a mark. */
#ifndef CV_TEST_CT_H
#define CV_TEST_CT_H

#include "crypto/base/secret.h"
#include "crypto/rng.h"

struct ct_case {
    const char *name;
    void (*run)(void);
};

/* Marks as secret. Ends the run if the bytes do not carry the mark afterwards: no checker is there. */
void ct_mark(const void *p, size_t len);

/* Takes the mark off for the test's own sake: to look at a result that remains secret for the library. */
void ct_reveal(const void *p, size_t len);

/* All bytes must carry the mark (so the checker followed the secret this far; under MemorySanitizer, some),
 * or none may: end the run otherwise. */
void ct_want_secret(const char *what, const void *p, size_t len);
void ct_want_public(const char *what, const void *p, size_t len);

/* Ends the run unless ok. */
void ct_want(bool ok, const char *what);

/* Bytes of a fixed sequence: public, or marked as secret. */
void ct_fill(void *p, size_t len);
void ct_fill_secret(void *p, size_t len);
extern const struct cv_rng ct_rng; /* its output is marked */

/* What the processor can, less what CULVERT_CPU turns off. */
uint32_t ct_cpu(void);

/* One line on what was or was not run. */
void ct_note(const char *what, const char *name);

extern const struct ct_case ct_aead_cases[], ct_hash_cases[], ct_key_cases[], ct_tls_cases[];
extern const struct ct_case ct_leaky_cases[]; /* run only by name: each must be reported */

#endif
