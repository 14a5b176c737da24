/* The host: the port that the façade runs on unless it is given another, and the files that it reads. */
#ifndef CV_SSPI_PORT_HOST_H
#define CV_SSPI_PORT_HOST_H

#include "tls/config.h"

/* The host's own port. CV_E_NO_MEMORY. */
cv_err cv_host_port_new(const struct cv_port **out);
void cv_host_port_free(const struct cv_port *port);

/* The host's root certificates as PEM: the file that SSL_CERT_FILE names, else the files of the folders that
 * SSL_CERT_DIR names (a colon between two), else the distribution's bundle, else its folder. The caller frees
 * *text, of *len bytes, through the port. CV_E_TRUST_STORE, CV_E_NO_MEMORY. */
cv_err cv_host_roots(const struct cv_port *port, uint8_t **text, size_t *len);

/* A whole file. The caller frees *text, of *len bytes, through the port. CV_E_TRUST_STORE if it cannot be
 * read, is empty or larger than 16 MiB; CV_E_NO_MEMORY. */
cv_err cv_host_file(const struct cv_port *port, const char *path, uint8_t **text, size_t *len);

/* Certificate compression by a library of the host: 1 zlib, 2 Brotli, 3 Zstandard. CV_E_UNSUPPORTED where the
 * library is not there, CV_E_INVALID_ARGUMENT for other numbers, CV_E_NO_MEMORY. */
cv_err cv_host_compression_open(struct cv_cert_compression *out, uint16_t id);
void cv_host_compression_close(struct cv_cert_compression *compression);

/* Seconds that local time is ahead of UTC at a time given in seconds since 1970-01-01 UTC. */
int32_t cv_host_utc_offset(int64_t seconds);

/* An environment variable; NULL if it is not set, or not to be trusted (setuid programs). */
const char *cv_host_setting(const char *name);

#endif
