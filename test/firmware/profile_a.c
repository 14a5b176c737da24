/* TLS 1.3 client: P-256, ECDSA, AES-128-GCM, SHA-256. */
#include "test/firmware/profile.h"

#include "crypto/gcm_small.h"
#include "crypto/p256_small.h"
#include "crypto/sha256_small.h"
#include "tls/peer_certs.h"
#include "tls/record_pieces.h"

static const struct cv_suite suites[] = {{
    .id = CV_TLS_AES_128_GCM_SHA256,
    .name = "TLS_AES_128_GCM_SHA256",
    .aead = &cv_aes128_gcm_small,
    .hash = &cv_sha256_small,
}};
static const struct cv_group *const groups[] = {&cv_group_p256_small};
static const struct cv_sig_scheme schemes[] = {{
    .id = 0x0403,
    .name = "ecdsa_secp256r1_sha256",
    .key = CV_KEY_P256,
    .family = CV_SIG_ECDSA,
    .hash = &cv_sha256_small,
    .verify = cv_ecdsa_p256_verify_small,
}};

static const struct cv_machines machines = {.client = &cv_machine_client, .client13 = &cv_machine_client13};

static const struct cv_client_extension *const extensions[] = {&cv_client_ext_limits, NULL};
static const struct cv_features features = {
    .certificates = &cv_certs_as_they_arrive,
    .record_pieces = &cv_records_as_they_come,
    .extensions = extensions,
};

const struct cv_config profile = {
    .machines = &machines,
    .features = &features,
    .min_version = CV_TLS13,
    .max_version = CV_TLS13,
    .suites = suites,
    .n_suites = 1,
    .groups = groups,
    .n_groups = 1,
    .schemes = schemes,
    .n_schemes = 1,
    .cert_schemes = schemes,
    .n_cert_schemes = 1,
    .sha256 = &cv_sha256_small,
    .record_limit = CV_RECORD_LIMIT_FOR(PROFILE_RECORDS),
    .max_fragment = CV_MAX_FRAGMENT_FOR(PROFILE_RECORDS),
};
