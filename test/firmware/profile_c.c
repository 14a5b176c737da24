/* TLS 1.3 and 1.2, client: P-256, ECDSA and RSA, AES-128-GCM, SHA-256. */
#include "test/firmware/profile.h"

static const struct cv_suite suites[] = {PROFILE_SUITE13, PROFILE_SUITE12(ECDSA, false),
                                         PROFILE_SUITE12(RSA, true)};
static const struct cv_group *const groups[] = {&cv_group_p256_small};
static const struct cv_sig_scheme schemes[] = {
    PROFILE_ECDSA, PROFILE_RSA(0x0804, "rsa_pss_rsae_sha256", CV_SIG_RSA_PSS, cv_rsa_pss_verify)};
static const struct cv_sig_scheme cert_schemes[] = {
    PROFILE_ECDSA, PROFILE_RSA(0x0401, "rsa_pkcs1_sha256", CV_SIG_RSA_PKCS1, cv_rsa_pkcs1_verify)};

static const struct cv_machines machines = {
    .client = &cv_machine_client, .client13 = &cv_machine_client13, .client12 = &cv_machine_client12};
static const struct cv_client_extension *const extensions[] = {&cv_client_ext_limits, NULL};
static const struct cv_features features = {
    .extensions = extensions,
    .certificates = &cv_certs_as_they_arrive,
    .record_pieces = &cv_records_as_they_come,
};

const struct cv_config profile = {
    .machines = &machines,
    .features = &features,
    .min_version = CV_TLS12,
    .max_version = CV_TLS13,
    PROFILE_LIST(suites),
    PROFILE_LIST(groups),
    PROFILE_LIST(schemes),
    PROFILE_LIST(cert_schemes),
    .sha256 = &cv_sha256_small,
    .record_limit = CV_RECORD_LIMIT_FOR(PROFILE_RECORDS),
    .max_fragment = CV_MAX_FRAGMENT_FOR(PROFILE_RECORDS),
};

PROFILE_FILE(root, "build/firmware/root.der");
PROFILE_FILE(root_rsa, "build/firmware/root-rsa.der");

cv_err profile_prepare(struct cv_config *config)
{
    static struct cv_anchor anchors[2];
    config->anchors = anchors;
    config->n_anchors = 2;
    cv_err e = cv_anchor_read(&anchors[0], cv_bytes(root, (size_t)(root_end - root)), config->sha256);
    if (e != CV_OK) return e;
    return cv_anchor_read(&anchors[1], cv_bytes(root_rsa, (size_t)(root_rsa_end - root_rsa)), config->sha256);
}
