/* TLS 1.3 server: P-256, ECDSA, AES-128-GCM, SHA-256. */
#include "crypto/ec.h"
#include "test/firmware/profile.h"

/* Signatures do without a table. */
const struct cv_ec_comb cv_ec_p256_comb = {0};

static const struct cv_suite suites[] = {PROFILE_SUITE13};
static const struct cv_group *const groups[] = {&cv_group_p256_small};
static const struct cv_sig_scheme schemes[] = {{
    .id = 0x0403,
    .name = "ecdsa_secp256r1_sha256",
    .key = CV_KEY_P256,
    .family = CV_SIG_ECDSA,
    .hash = &cv_sha256_small,
    .verify = cv_ecdsa_p256_verify_small,
    .sign = cv_ecdsa_p256_sign,
}};

static const struct cv_machines machines = {.server13 = &cv_machine_server13};
static const struct cv_features features = {.record_pieces = &cv_records_as_they_come};

const struct cv_config profile = {
    .machines = &machines,
    .features = &features,
    .min_version = CV_TLS13,
    .max_version = CV_TLS13,
    PROFILE_LIST(suites),
    PROFILE_LIST(groups),
    PROFILE_LIST(schemes),
    .sha256 = &cv_sha256_small,
    .record_limit = CV_RECORD_LIMIT_FOR(PROFILE_RECORDS),
};

PROFILE_FILE(leaf, "build/firmware/server.der");
PROFILE_FILE(issuer, "build/firmware/server-issuer.der");
PROFILE_FILE(key, "build/firmware/server-key.bin");

cv_err profile_prepare(struct cv_config *config)
{
    static struct cv_bytes chain[2];
    static struct cv_identity identity;
    chain[0] = cv_bytes(leaf, (size_t)(leaf_end - leaf));
    chain[1] = cv_bytes(issuer, (size_t)(issuer_end - issuer));
    identity.chain = chain;
    identity.n_chain = 2;
    identity.key.type = CV_KEY_P256;
    identity.key.secret = cv_bytes(key, (size_t)(key_end - key));
    config->identities = &identity;
    config->n_identities = 1;
    return cv_cert_parse(&identity.leaf, chain[0]);
}
