/* Compressed certificates (RFC 8879). */
#ifndef CV_TLS_COMPRESS_H
#define CV_TLS_COMPRESS_H

#include "tls/state.h"

/* Are any on offer? Then a CompressedCertificate may come in a Certificate's place. */
static inline bool cv_compression_offered(const struct cv_config *config)
{
    return config->n_cert_compressions != 0;
}
/* The extension of a ClientHello or CertificateRequest; nothing without algorithms. */
void cv_compression_offer(const struct cv_config *config, struct cv_builder *b);
enum { CV_COMPRESSION_OFFER_MAX = 4 + 1 + 2 * 127 };
/* The first of ours that compresses and that the peer lists (u16 each; p NULL: none); NULL if there is none. */
const struct cv_cert_compression *cv_compression_pick(const struct cv_config *config, struct cv_bytes peers);

/* The Certificate in b becomes a CompressedCertificate by hs->compression, if that makes it shorter. */
cv_err cv_compress_certificate(struct cv_conn *c, struct cv_builder *b);
/* The body of a CompressedCertificate to that of the Certificate in it. CV_E_CERT_COMPRESSION for what is too
 * long, found before memory is spent, or does not give what it says. */
cv_err cv_decompress_certificate(struct cv_conn *c, struct cv_buf *out, struct cv_bytes body);

#endif
