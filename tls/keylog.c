/* Secrets told to who debugs (RFC 9850). */
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "tls/features.h"
#include "tls/state.h"

#include <string.h>

static const char *const labels[] = {
    [CV_KEYLOG_CLIENT_RANDOM] = "CLIENT_RANDOM",
    [CV_KEYLOG_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
    [CV_KEYLOG_EARLY_EXPORTER] = "EARLY_EXPORTER_SECRET",
    [CV_KEYLOG_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    [CV_KEYLOG_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    [CV_KEYLOG_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
    [CV_KEYLOG_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
    [CV_KEYLOG_EXPORTER] = "EXPORTER_SECRET",
};

/* Without a table: which digits a secret has must not show in the cache either. */
static void build_hex(struct cv_builder *b, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < 2 * len; i++) {
        uint32_t digit = i % 2 == 0 ? p[i / 2] >> 4 : p[i / 2] & 15u;
        cv_build_u8(b, (uint8_t)('0' + digit + (cv_ct_lt32(9, digit) & ('a' - '0' - 10))));
    }
}

void cv_keylog_line(const struct cv_conn *c, enum cv_keylog_label label, const uint8_t *secret,
                    size_t secret_len)
{
    enum { HEX_MAX = 2 * CV_SECRET_MAX };
    char line[48 + 1 + 64 + 1 + HEX_MAX + 1];
    struct cv_builder b;
    cv_build_init(&b, line, sizeof line);
    cv_build_bytes(&b, labels[label], strlen(labels[label]));
    cv_build_u8(&b, ' ');
    build_hex(&b, c->hs->client_random, sizeof c->hs->client_random);
    cv_build_u8(&b, ' ');
    build_hex(&b, secret, secret_len);
    cv_build_u8(&b, 0);
    if (cv_build_end(&b) == CV_OK) c->config->keylog(c->config->keylog_ctx, line);
    cv_wipe(line, sizeof line);
}
