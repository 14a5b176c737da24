#include "tls/dhe12.h"

#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/ffdhe.h"

#include <string.h>

cv_err cv_pad_share12(const struct cv_group *g, uint8_t padded[CV_KEX_SECRET_MAX], struct cv_bytes *share)
{
    size_t want = g->client_share_len;
    if (share->len > want) return CV_E_BAD_KEY_SHARE;
    memset(padded, 0, want - share->len);
    memcpy(padded + want - share->len, share->p, share->len);
    *share = cv_bytes(padded, want);
    return CV_OK;
}

/* RFC 7919 4: a named group that we offered. */
static const struct cv_group *find_field(const struct cv_conn *c, const struct cv_server_key_exchange *m)
{
    static const uint8_t two = 2;
    if (!cv_bytes_equal(m->generator, cv_bytes(&two, 1))) return NULL;
    for (size_t i = 0; i < c->config->n_groups; i++) {
        const struct cv_group *g = c->config->groups[i];
        if (g->field != NULL && cv_bytes_equal(m->prime, cv_bytes(g->field->p, g->field->p_len))) return g;
    }
    return NULL;
}

static cv_err read_params(struct cv_conn *c, struct cv_server_key_exchange *m, struct cv_bytes body,
                          uint8_t padded[CV_KEX_SECRET_MAX])
{
    cv_err e = cv_server_key_exchange_dhe_parse(m, body);
    if (e != CV_OK) return e;
    c->group = find_field(c, m);
    return c->group != NULL ? cv_pad_share12(c->group, padded, &m->share) : CV_E_UNNAMED_GROUP;
}

/* RFC 5246 8.1.2: leading zeros of a finite field's secret are stripped. How many there were shows in the
 * time that the PRF takes; what can be made of it needs a key that is used twice (Raccoon, 2020), and ours
 * never are. */
static size_t leading_zeros(const uint8_t *p, size_t len)
{
    uint32_t all_zero = 1;
    size_t n = 0;
    for (size_t i = 0; i + 1 < len; i++) {
        uint32_t x = p[i];
        all_zero &= ((x - 1) >> 31) & 1; /* 1 for zero alone */
        n += all_zero;
    }
    cv_secret_declassify(&n, sizeof n);
    return n;
}

const struct cv_dhe12 cv_dhe12 = {.read = read_params, .leading_zeros = leading_zeros};
