/* The options of `culvert client` and `culvert server`: a table says what each sets. */
#ifndef CULVERT_OPTIONS_H
#define CULVERT_OPTIONS_H

#include "sspi/culvert/peer.h"

/* Puts a value (NULL for an option that takes none) into a field. False if the value is none for it. */
typedef bool cv_option_set(void *field, const char *value, unsigned long limit);

struct cv_option {
    const char *name;
    cv_option_set *set;
    size_t at;           /* offset of the field in the struct that the table is for */
    const char *wrong;   /* takes a value; what is said of one that set refuses: "is no number" */
    unsigned long limit; /* for set */
};

cv_option_set cv_set_flag;   /* bool */
cv_option_set cv_set_text;   /* const char *; .wrong is never said */
cv_option_set cv_set_number; /* unsigned long, at most limit */
cv_option_set cv_set_file;   /* struct cv_peer_files: one more */

/* Sets what the command line says: in `owner` by the own table, in p->options by that which both commands
 * have. 0; EXIT_USAGE, and it has been said what is wrong; or -1 after --help. usage: the text about the own
 * ones. */
int cv_options_parse(struct cv_peer *p, void *owner, const struct cv_option *own, size_t n_own,
                     const char *usage, int argc, char **argv);

#endif
