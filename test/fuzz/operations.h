/* An application that answers the engine's questions a call later, and takes and sends what is off by
 * default: early data and pre-shared keys. */
#ifndef CV_TEST_FUZZ_OPERATIONS_H
#define CV_TEST_FUZZ_OPERATIONS_H

#include "tls/config.h"

struct fuzz_application {
    struct cv_identity identity; /* with a signer */
    struct cv_signer signer;
    struct cv_selector selector;
    struct cv_ticket_sealer sealer;
    struct cv_replay_register replay;
    struct cv_psk psk;
    const struct cv_config *config;
    unsigned open; /* questions that wait */
};

/* config: as it is so far, with its identity if it has one. */
void fuzz_answer_later(struct fuzz_application *a, struct cv_config *config);
void fuzz_accept_early(struct fuzz_application *a, struct cv_config *config);

#endif
