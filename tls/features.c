#include "tls/features.h"

#include "tls/cert_type.h"
#include "tls/client_auth.h"
#include "tls/compress.h"
#include "tls/early.h"
#include "tls/peer_certs.h"
#include "tls/renegotiate.h"
#include "tls/resume.h"

static const struct cv_client_extension *const extensions[] = {
    &cv_client_ext_alpn,
    &cv_client_ext_limits,
    &cv_client_ext_status,
    &cv_client_ext_scts,
    &cv_client_ext_cert_types,
    &cv_client_ext_session_ticket,
    &cv_client_ext_psk_modes,
    &cv_client_ext_post_handshake_auth,
    &cv_client_ext_early_data,
    &cv_client_ext_compression,
    NULL,
};

const struct cv_features cv_all_features = {
    .certificates = &cv_certs_in_memory,
    .extensions = extensions,
    .resumption = &cv_resumption,
    .early = &cv_early_sender,
    .client_proof = &cv_client_proof,
    .compression = &cv_cert_compressor,
    .raw_keys = &cv_raw_keys,
    .renegotiation = &cv_renegotiation,
    .host = cv_host_parse,
    .pad_hello = cv_pad_hello,
    .pad = cv_limits_pad,
    .grease = cv_grease,
    .keylog = cv_keylog_line,
};
