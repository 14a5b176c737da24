/* Compressed certificates (RFC 8879). Reached through struct cv_features, and a client's extensions. */
#ifndef CV_TLS_COMPRESS_H
#define CV_TLS_COMPRESS_H

#include "tls/state.h"

struct cv_cert_compressor {
    /* The extension of a CertificateRequest; nothing without algorithms. */
    void (*offer)(const struct cv_config *config, struct cv_builder *b);
    /* The first of ours that compresses and that the peer lists (u16 each; p NULL: none); NULL if there is
     * none. */
    const struct cv_cert_compression *(*pick)(const struct cv_config *config, struct cv_bytes peers);
    /* The Certificate in b becomes a CompressedCertificate by hs->compression, if that makes it shorter. */
    cv_err (*compress)(struct cv_conn *c, struct cv_builder *b);
    /* The body of a CompressedCertificate to that of the Certificate in it. CV_E_CERT_COMPRESSION for what is
     * too long, found before memory is spent, or does not give what it says. */
    cv_err (*decompress)(struct cv_conn *c, struct cv_buf *out, struct cv_bytes body);
};
extern const struct cv_cert_compressor cv_cert_compressor;
enum { CV_COMPRESSION_OFFER_MAX = 4 + 1 + 2 * 127 };

/* Are any on offer? Then a CompressedCertificate may come in a Certificate's place. */
static inline bool cv_compression_offered(const struct cv_config *config)
{
    return config->n_cert_compressions != 0 && config->features->compression != NULL;
}
static inline const struct cv_cert_compression *cv_compression_pick(const struct cv_config *config,
                                                                    struct cv_bytes peers)
{
    const struct cv_cert_compressor *z = config->features->compression;
    return z != NULL ? z->pick(config, peers) : NULL;
}

#endif
