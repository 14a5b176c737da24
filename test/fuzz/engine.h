/* A connection of the engine for fuzzing: the cryptography of null.h, the host of test/unit, certificates of
 * test/pki; and an application that moves a stream of bytes through it. */
#ifndef CV_TEST_FUZZ_ENGINE_H
#define CV_TEST_FUZZ_ENGINE_H

#include "test/fuzz/null.h"
#include "test/fuzz/operations.h"
#include "test/fuzz/setup.h"
#include "test/unit/port_test.h"
#include "tls/conn.h"
#include "tls/features.h"
#include "x509/stream.h"

struct fuzz_engine {
    struct test_port port;
    struct cv_algorithms algorithms;
    struct cv_config config;
    struct cv_identity own; /* client: with a staple, where extensions are on */
    struct cv_conn_params params;
    bool arriving; /* set before fuzz_engine_new: a client with a short buffer, as on a board */
    struct cv_features features;
    struct cv_anchor anchor;
    struct fuzz_application application;
    struct cv_conn *conn;
};

/* False, and nothing to free, where memory or entropy ended already. */
bool fuzz_engine_new(struct fuzz_engine *e, enum cv_role role, const struct fuzz_setup *setup);
/* The stream, in pieces and with calls in between as the dice of the setup say. */
void fuzz_engine_drive(struct fuzz_engine *e, const struct fuzz_setup *setup);
/* Fails if memory or a lock is left. */
void fuzz_engine_free(struct fuzz_engine *e);

/* Fails unless the bytes are whole records that a peer could read. */
void fuzz_check_records(struct cv_bytes records);

#endif
