/* TLS 1.3 client with X25519MLKEM768, against recordings of today: ECDSA on P-256, AES-128-GCM, SHA-256. */
#include "test/firmware/profile.h"

static const struct cv_suite suites[] = {PROFILE_SUITE13};
static const struct cv_group *const groups[] = {&cv_group_x25519mlkem768, &cv_group_x25519};
static const struct cv_sig_scheme schemes[] = {PROFILE_ECDSA};

static const struct cv_machines machines = {.client = &cv_machine_client, .client13 = &cv_machine_client13};
static const struct cv_client_extension *const extensions[] = {&cv_client_ext_limits, NULL};
static const struct cv_features features = {
    .extensions = extensions,
    .certificates = &cv_certs_as_they_arrive,
    .record_pieces = &cv_records_as_they_come,
};

const struct cv_config profile = {
    .machines = &machines,
    .features = &features,
    .min_version = CV_TLS13,
    .max_version = CV_TLS13,
    PROFILE_LIST(suites),
    PROFILE_LIST(groups),
    PROFILE_LIST(schemes),
    .cert_schemes = schemes,
    .n_cert_schemes = 1,
    .sha256 = &cv_sha256_small,
    .record_limit = CV_RECORD_LIMIT_FOR(PROFILE_RECORDS),
    .max_fragment = CV_MAX_FRAGMENT_FOR(PROFILE_RECORDS),
};

PROFILE_FILE(root, "build/firmware/root.der");

cv_err profile_prepare(struct cv_config *config)
{
    static struct cv_anchor anchor;
    config->anchors = &anchor;
    config->n_anchors = 1;
    return cv_anchor_read(&anchor, cv_bytes(root, (size_t)(root_end - root)), config->sha256);
}
