#include "test/fuzz/operations.h"

#include "test/fuzz/fuzz.h"

#include <string.h>

/* Each question is answered when it comes for the second time. */
static cv_err later(struct fuzz_application *a, void **op, cv_err want)
{
    if (*op == NULL) {
        *op = a;
        a->open++;
        return want;
    }
    FUZZ_CHECK(*op == a && a->open == 1);
    *op = NULL;
    a->open--;
    return CV_OK;
}

static void abandon(void *ctx, void *op)
{
    struct fuzz_application *a = ctx;
    FUZZ_CHECK(op == a && a->open == 1);
    a->open--;
}

static cv_err sign(void *ctx, void **op, uint8_t *sig, size_t *sig_len, const struct cv_sign_request *r)
{
    struct fuzz_application *a = ctx;
    const struct cv_config *config = a->config;
    cv_err e = later(a, op, CV_WANT_SIGNATURE);
    if (e != CV_OK) return e;
    for (size_t i = 0; i < config->n_schemes; i++) {
        const struct cv_sig_scheme *s = &config->schemes[i];
        if (s->id == r->scheme)
            return s->sign(&a->identity.key, s->hash, r->input, sig, sig_len, &config->port->rng);
    }
    return CV_E_OPERATION;
}

static cv_err choose(void *ctx, void **op, const struct cv_identity **identity,
                     const struct cv_select_request *r)
{
    struct fuzz_application *a = ctx;
    FUZZ_CHECK(r->version == CV_TLS12 || r->version == CV_TLS13);
    cv_err e = later(a, op, CV_WANT_CERTIFICATE);
    if (e == CV_OK && a->config->n_identities != 0) *identity = &a->identity;
    return e;
}

/* A ticket is the session itself: the fuzzer makes what sessions it likes. */
static cv_err seal(void *ctx, uint8_t *ticket, size_t cap, size_t *ticket_len, struct cv_bytes session)
{
    (void)ctx;
    if (session.len > cap) return CV_E_BUFFER_TOO_SMALL;
    memcpy(ticket, session.p, session.len);
    *ticket_len = session.len;
    return CV_OK;
}

static cv_err unseal(void *ctx, void **op, uint8_t *session, size_t cap, size_t *session_len,
                     struct cv_bytes ticket)
{
    cv_err e = later(ctx, op, CV_WANT_TICKET_KEY);
    if (e != CV_OK) return e;
    if (ticket.len > cap) return CV_E_BAD_PSK;
    memcpy(session, ticket.p, ticket.len);
    *session_len = ticket.len;
    return CV_OK;
}

void fuzz_answer_later(struct fuzz_application *a, struct cv_config *config)
{
    a->config = config;
    a->signer = (struct cv_signer){a, sign, abandon};
    a->selector = (struct cv_selector){a, choose, abandon};
    a->sealer = (struct cv_ticket_sealer){a, seal, unseal, abandon};
    config->selector = &a->selector;
    config->sealer = &a->sealer;
    if (config->n_identities == 0) return;
    a->identity = config->identities[0];
    a->identity.signer = &a->signer;
    config->identities = &a->identity;
}

/* --- early data and keys --- */

static cv_err use(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    (void)created;
    cv_err e = later(ctx, op, CV_WANT_SESSION);
    return e == CV_OK && (id[0] & 3) == 3 ? CV_E_BAD_PSK : e;
}

void fuzz_accept_early(struct fuzz_application *a, struct cv_config *config)
{
    static const uint8_t key[32];
    a->replay = (struct cv_replay_register){a, use, abandon};
    a->psk = (struct cv_psk){
        .identity = cv_bytes((const uint8_t *)"key", 3), .secret = cv_bytes(key, sizeof key), .import = true};
    config->replay = &a->replay;
    config->max_early_data = 500;
    config->psks = &a->psk;
    config->n_psks = 1;
    config->psk_ke = true;
}
