/* TLS 1.3 client that shares a key with its server: no certificates, no key exchange, no curve. AES-128-GCM,
 * SHA-256. */
#include "test/firmware/profile.h"

#include "tls/resume.h"

static const struct cv_suite suites[] = {PROFILE_SUITE13};
static const struct cv_psk psks[] = {{
    .identity = {(const uint8_t *)"board", 5},
    .secret = {(const uint8_t *)"sixteen bytes...", 16},
    .hash = CV_HASH_SHA256,
}};

static const struct cv_machines machines = {.client = &cv_machine_client, .client13 = &cv_machine_client13};
static const struct cv_client_extension *const extensions[] = {&cv_client_ext_limits,
                                                               &cv_client_ext_psk_modes, NULL};
static const struct cv_features features = {.extensions = extensions, .resumption = &cv_resumption};

const struct cv_config profile = {
    .machines = &machines,
    .features = &features,
    .min_version = CV_TLS13,
    .max_version = CV_TLS13,
    PROFILE_LIST(suites),
    PROFILE_LIST(psks),
    .psk_ke = true,
    .sha256 = &cv_sha256_small,
    .record_limit = CV_RECORD_LIMIT_FOR(PROFILE_RECORDS),
    .max_fragment = CV_MAX_FRAGMENT_FOR(PROFILE_RECORDS),
};

cv_err profile_prepare(struct cv_config *config)
{
    (void)config;
    return CV_OK;
}
