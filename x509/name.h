/* Reference identities: what a caller expects a certificate to be for (RFC 9525). */
#ifndef CV_X509_NAME_H
#define CV_X509_NAME_H

#include "x509/cert.h"

enum { CV_HOST_NAME_MAX = 253 };

/* A host name or address that was checked and brought into comparable form. */
struct cv_host {
    enum { CV_HOST_NONE, CV_HOST_DNS, CV_HOST_IP } kind;
    uint8_t len;                     /* DNS: characters; IP: 4 or 16 */
    uint8_t value[CV_HOST_NAME_MAX]; /* DNS: lower case, without the trailing dot; IP: network order */
};

/* Reads "example.com", "example.com.", "192.0.2.1", "2001:db8::1" or "[2001:db8::1]".
 * Labels are LDH or contain underscores, at most 63 characters; A-labels only.
 * CV_E_BAD_NAME otherwise (empty, too long, NUL or other bytes, a last label of digits only, U-labels). */
typedef cv_err cv_host_fn(struct cv_host *out, const char *name, size_t len);
cv_host_fn cv_host_parse;
/* Names alone: CV_E_BAD_NAME for addresses. */
cv_host_fn cv_host_parse_name;

/* True if a subjectAltName of cert is this host: DNS-ID with at most one wildcard as whole left-most
 * label, or IP-ID. The common name does not count. RFC 9525 section 6. */
bool cv_cert_matches_host(const struct cv_cert *cert, const struct cv_host *host);

/* The same by a common name of the subject, where there is no subjectAltName; without wildcards. For those
 * who must: names in a subject were given up long ago (RFC 9525 appendix A). */
bool cv_cert_matches_common_name(const struct cv_cert *cert, const struct cv_host *host);

/* The names below have their headers, and passed cv_name_check. */

/* CV_E_CERT_SYNTAX unless this is a Name (RFC 5280 4.1.2.4) with at most 16 attributes in an RDN. */
cv_err cv_name_check(struct cv_bytes name);

/* True if two Names are equal by RFC 5280 7.1: attribute by attribute, whatever their order within an
 * RDN; strings by their characters, whatever their type, ASCII case and white space folded. */
bool cv_name_equal(struct cv_bytes a, struct cv_bytes b);

/* True if the RDNs of `base` are the first ones of `name` (RFC 5280 4.2.1.10, directoryName). */
bool cv_name_within(struct cv_bytes name, struct cv_bytes base);

/* Equal names have equal hashes. Not keyed: a hint for searching, no proof of anything. */
uint64_t cv_name_hash(struct cv_bytes name);

#endif
