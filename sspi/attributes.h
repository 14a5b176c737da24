/* Attributes of contexts, by family. Each function fills the caller's struct; what it points to is freed by
 * FreeContextBuffer. A context that does not know an attribute yet gives SEC_E_INVALID_HANDLE. */
#ifndef CV_SSPI_ATTRIBUTES_H
#define CV_SSPI_ATTRIBUTES_H

#include "sspi/context.h"

/* What is asked: the connection, how text is wanted, and where the answer goes. */
struct cv_query {
    struct cv_context *cx;
    struct cv_conn_info info;
    bool wide;
    void *out;
};

/* attributes_cipher.c: protocol, suite, key exchange. */
SECURITY_STATUS cv_query_connection_info(const struct cv_query *q);
SECURITY_STATUS cv_query_connection_info_ex(const struct cv_query *q);
SECURITY_STATUS cv_query_cipher_info(const struct cv_query *q);
SECURITY_STATUS cv_query_key_info(const struct cv_query *q);
SECURITY_STATUS cv_query_proto_info(const struct cv_query *q);

/* attributes_cert.c: certificates and what is made from them. */
SECURITY_STATUS cv_query_remote_cert(const struct cv_query *q);
SECURITY_STATUS cv_query_local_cert(const struct cv_query *q);
SECURITY_STATUS cv_query_issuer_list(const struct cv_query *q);
SECURITY_STATUS cv_query_stapled_response(const struct cv_query *q);
SECURITY_STATUS cv_query_endpoint_bindings(const struct cv_query *q);
SECURITY_STATUS cv_query_unique_bindings(const struct cv_query *q);
SECURITY_STATUS cv_query_exporter_bindings(const struct cv_query *q);

/* attributes_peers.c: who both sides are, their chains in one piece, and what was found out about them. */
SECURITY_STATUS cv_query_names(const struct cv_query *q);
SECURITY_STATUS cv_query_authority(const struct cv_query *q);
SECURITY_STATUS cv_query_local_cert_info(const struct cv_query *q);
SECURITY_STATUS cv_query_remote_cred(const struct cv_query *q);
SECURITY_STATUS cv_query_local_cred(const struct cv_query *q);
SECURITY_STATUS cv_query_remote_certificates(const struct cv_query *q);
SECURITY_STATUS cv_query_issuer_list_wire(const struct cv_query *q);
SECURITY_STATUS cv_query_root_store(const struct cv_query *q);
SECURITY_STATUS cv_query_policy_result(const struct cv_query *q);
SECURITY_STATUS cv_query_check_result(const struct cv_query *q);

/* attributes_keys.c: keys made from the connection's, and what is set for them. */
SECURITY_STATUS cv_query_keying_material(const struct cv_query *q);
SECURITY_STATUS cv_query_keying_material_inproc(const struct cv_query *q);
SECURITY_STATUS cv_query_session_key(const struct cv_query *q);
SECURITY_STATUS cv_query_eap_key_block(const struct cv_query *q);
SECURITY_STATUS cv_set_keying_material_info(struct cv_context *cx, const void *value);
SECURITY_STATUS cv_set_eap_prf_info(struct cv_context *cx, const void *value);

/* impersonate.c */
SECURITY_STATUS cv_query_access_token(const struct cv_query *q);

/* extensions.c: what came of the extensions that a credential turned on. */
SECURITY_STATUS cv_query_extensions(const struct cv_query *q);
SECURITY_STATUS cv_query_timestamps(const struct cv_query *q);
SECURITY_STATUS cv_query_peer_key(const struct cv_query *q);

/* tls-server-end-point of RFC 5929. */
SECURITY_STATUS cv_endpoint_bindings(struct cv_context *cx, SecPkgContext_Bindings *out);

/* A copy in memory for FreeContextBuffer; NULL without memory. */
void *cv_query_copy(struct cv_bytes bytes);
/* Text as the caller wants it, in memory for FreeContextBuffer; NULL without memory. */
void *cv_query_text(const struct cv_query *q, const char *text, size_t len);

#endif
