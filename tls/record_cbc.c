/* Records of TLS 1.2 whose suites are CBC with HMAC (RFC 5246 6.2.3.2, RFC 7366). */
#include "tls/record.h"

#include <string.h>

/* The MAC's header: sequence number, type and version; the length is added inside (RFC 5246 6.2.3.1). */
static void make_cbc_header(uint8_t out[CV_CBC_HMAC_HEADER_LEN], const struct cv_half *half,
                            const uint8_t *header)
{
    cv_store_be64(out, half->seq);
    memcpy(out + 8, header, 3);
}

static cv_err open_cbc(struct cv_half *rx, uint8_t *dst, const uint8_t *header, struct cv_bytes iv,
                       struct cv_bytes body, size_t *len)
{
    uint8_t mac_header[CV_CBC_HMAC_HEADER_LEN];
    make_cbc_header(mac_header, rx, header);
    return cv_cbc_hmac_open(&rx->suite->cbc, rx->state, dst, len, mac_header, iv.p, body.p, body.len);
}

static void seal_cbc(struct cv_half *tx, uint8_t *prefix, uint8_t *head, size_t head_len, uint8_t *tail,
                     size_t tail_len, uint8_t *trailer)
{
    uint8_t mac_header[CV_CBC_HMAC_HEADER_LEN];
    make_cbc_header(mac_header, tx, prefix);
    cv_cbc_hmac_seal(&tx->suite->cbc, tx->state, prefix + CV_RECORD_HEADER_LEN, mac_header, head, head_len,
                     tail, tail_len, trailer);
}

const struct cv_cbc_records cv_cbc_records = {.open = open_cbc, .seal = seal_cbc};
