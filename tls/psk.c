#include "tls/psk.h"

#include "crypto/base/secret.h"
#include "crypto/hkdf.h"
#include "tls/state.h"

#include <string.h>

bool cv_psk_is_valid(const struct cv_psk *psk)
{
    bool known = psk->hash == CV_HASH_NONE || psk->hash == CV_HASH_SHA256 || psk->hash == CV_HASH_SHA384;
    return known && psk->identity.len > 0 && psk->identity.len <= CV_PSK_IDENTITY_MAX &&
           psk->secret.len >= 16 && psk->secret.len <= CV_PSK_SECRET_MAX &&
           psk->context.len <= CV_PSK_IDENTITY_MAX && (psk->import || psk->context.len == 0);
}

const struct cv_hash *cv_config_hash(const struct cv_config *config, enum cv_hash_id id)
{
    for (size_t i = 0; i < config->n_suites; i++) {
        if (!config->suites[i].tls12 && config->suites[i].hash->id == id) return config->suites[i].hash;
    }
    return NULL;
}

/* A session that stands for a key: new, and without a peer's certificate. Whoever has the key is who it is.
 */
static cv_err make_session(struct cv_conn *c, struct cv_session **out, enum cv_psk_kind kind,
                           struct cv_bytes identity, enum cv_hash_id hash, struct cv_bytes secret)
{
    const struct cv_port *port = c->config->port;
    struct cv_session fields = {
        .version = CV_TLS13,
        .kind = (uint8_t)kind,
        .hash = hash,
        .secret_len = (uint8_t)secret.len,
        .validated = CV_VALIDATED_NAME,
        .created = port->now(port->ctx),
        .authenticated = port->now(port->ctx),
        .chain_not_after = INT64_MAX,
        .ticket = identity,
    };
    memcpy(fields.secret, secret.p, secret.len);
    cv_err e = cv_session_new(out, port, &fields);
    cv_wipe(fields.secret, sizeof fields.secret);
    return e;
}

/* --- RFC 9258 --- */

enum { KDF_HKDF_SHA256 = 1, KDF_HKDF_SHA384 = 2, IMPORTED_MAX = 2 * CV_PSK_IDENTITY_MAX + 8 };

static uint16_t kdf_of(enum cv_hash_id hash)
{
    return hash == CV_HASH_SHA384 ? KDF_HKDF_SHA384 : KDF_HKDF_SHA256;
}

/* ImportedIdentity (section 5.1). */
static struct cv_bytes imported_identity(uint8_t out[IMPORTED_MAX], const struct cv_psk *psk,
                                         enum cv_hash_id target)
{
    struct cv_builder b;
    cv_build_init(&b, out, IMPORTED_MAX);
    cv_build_u16(&b, (uint16_t)psk->identity.len);
    cv_build_bytes(&b, psk->identity.p, psk->identity.len);
    cv_build_u16(&b, (uint16_t)psk->context.len);
    cv_build_bytes(&b, psk->context.p, psk->context.len);
    cv_build_u16(&b, CV_TLS13);
    cv_build_u16(&b, kdf_of(target));
    return cv_bytes(out, b.len);
}

/* ipskx (section 5.1), for the target's hash; the extraction is with the key's own. */
static cv_err import_key(struct cv_conn *c, struct cv_session **out, const struct cv_psk *psk,
                         const struct cv_hash *target)
{
    const struct cv_hash *own = psk->hash == CV_HASH_NONE || psk->hash == c->config->sha256->id
                                    ? c->config->sha256
                                    : cv_config_hash(c->config, psk->hash);
    uint8_t identity[IMPORTED_MAX], epskx[CV_HASH_MAX], digest[CV_HASH_MAX], ipskx[CV_HASH_MAX];
    if (own == NULL) return CV_E_BAD_PSK;
    struct cv_bytes name = imported_identity(identity, psk, target->id);
    cv_hkdf_extract(own, epskx, NULL, 0, psk->secret.p, psk->secret.len);
    cv_hash_digest(own, digest, name.p, name.len);
    cv_expand_label(own, ipskx, target->digest_len, epskx, "derived psk", cv_bytes(digest, own->digest_len));
    cv_err e = make_session(c, out, CV_PSK_IMPORTED, name, target->id, cv_bytes(ipskx, target->digest_len));
    cv_wipe(epskx, sizeof epskx);
    cv_wipe(ipskx, sizeof ipskx);
    return e;
}

/* --- client --- */

static cv_err add(struct cv_conn *c, const struct cv_psk *psk, enum cv_hash_id id)
{
    struct cv_hs *hs = c->hs;
    const struct cv_hash *hash = cv_config_hash(c->config, id);
    if (hash == NULL || hs->n_psks == CV_OFFERS_MAX - 1) return CV_OK; /* no suite for it, or no more room */
    struct cv_session **place = &hs->psks[hs->n_psks];
    cv_err e = psk->import ? import_key(c, place, psk, hash)
                           : make_session(c, place, CV_PSK_EXTERNAL, psk->identity, id, psk->secret);
    if (e == CV_OK) hs->n_psks++;
    return e;
}

cv_err cv_psks_prepare(struct cv_conn *c)
{
    const struct cv_config *config = c->config;
    cv_err e = CV_OK;
    if (c->renegotiating || config->max_version < CV_TLS13) return CV_OK;
    for (size_t i = 0; i < config->n_psks && e == CV_OK; i++) {
        const struct cv_psk *psk = &config->psks[i];
        if (!psk->import) {
            e = add(c, psk, psk->hash == CV_HASH_NONE ? CV_HASH_SHA256 : psk->hash);
            continue;
        }
        e = add(c, psk, CV_HASH_SHA256);
        if (e == CV_OK) e = add(c, psk, CV_HASH_SHA384);
    }
    return e;
}

/* RFC 9846 4.2.2: behind a retry, only what goes with the suite that was chosen. */
static bool serves(const struct cv_conn *c, const struct cv_session *s)
{
    return s != NULL && s->version == CV_TLS13 && cv_config_hash(c->config, s->hash) != NULL &&
           (c->suite == NULL || c->suite->hash->id == s->hash);
}

size_t cv_psks_offered(const struct cv_conn *c, struct cv_session *out[CV_OFFERS_MAX])
{
    const struct cv_hs *hs = c->hs;
    size_t n = 0;
    if (serves(c, hs->session)) out[n++] = hs->session;
    for (size_t i = 0; i < hs->n_psks; i++) {
        if (serves(c, hs->psks[i])) out[n++] = hs->psks[i];
    }
    return n;
}

/* --- server --- */

/* Does this identity stand for the imported key? *target: the hash that it names. */
static bool is_import_of(const struct cv_psk *psk, struct cv_bytes identity, enum cv_hash_id *target)
{
    uint8_t own[IMPORTED_MAX];
    static const enum cv_hash_id targets[] = {CV_HASH_SHA256, CV_HASH_SHA384};
    for (size_t i = 0; i < 2; i++) {
        *target = targets[i];
        if (cv_bytes_equal(imported_identity(own, psk, *target), identity)) return true;
    }
    return false;
}

cv_err cv_psk_find(struct cv_conn *c, struct cv_session **out, struct cv_bytes identity)
{
    const struct cv_config *config = c->config;
    *out = NULL;
    for (size_t i = 0; i < config->n_psks; i++) {
        const struct cv_psk *psk = &config->psks[i];
        enum cv_hash_id hash = psk->hash == CV_HASH_NONE ? CV_HASH_SHA256 : psk->hash;
        bool found =
            psk->import ? is_import_of(psk, identity, &hash) : cv_bytes_equal(psk->identity, identity);
        if (!found) continue;
        const struct cv_hash *target = cv_config_hash(config, hash);
        if (target == NULL) return CV_E_BAD_PSK;
        return psk->import ? import_key(c, out, psk, target)
                           : make_session(c, out, CV_PSK_EXTERNAL, psk->identity, hash, psk->secret);
    }
    return CV_E_BAD_PSK;
}
