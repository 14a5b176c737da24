/* The key schedule of TLS 1.2 (RFC 5246 sections 5, 6.3, 8.1; RFC 7627). */
#include "tls/dhe12.h"

#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/hkdf.h"

#include <string.h>

static struct cv_bytes client_random(const struct cv_hs *hs)
{
    return cv_bytes(hs->client_random, sizeof hs->client_random);
}

static struct cv_bytes server_random(const struct cv_hs *hs)
{
    return cv_bytes(hs->server_random, sizeof hs->server_random);
}

void cv_secrets12_master(struct cv_conn *c, const uint8_t *shared, size_t shared_len)
{
    struct cv_hs *hs = c->hs;
    const struct cv_hash *hash = c->suite->hash;
    uint8_t digest[CV_HASH_MAX];
    size_t skip = c->suite->dhe != NULL ? c->suite->dhe->leading_zeros(shared, shared_len) : 0;
    shared += skip;
    shared_len -= skip;
    if (c->extended_master_secret) {
        cv_transcript_hash(&hs->transcript, digest);
        cv_tls12_prf(hash, hs->master, sizeof hs->master, shared, shared_len, "extended master secret",
                     cv_bytes(digest, hash->digest_len), cv_bytes(NULL, 0));
    } else {
        cv_tls12_prf(hash, hs->master, sizeof hs->master, shared, shared_len, "master secret",
                     client_random(hs), server_random(hs));
    }
    cv_secrets12_keys(c);
}

/* RFC 5246 6.3: both sides' MAC keys, then both keys, then both fixed IVs. */
void cv_secrets12_keys(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_suite *suite = c->suite;
    size_t mac_len = cv_suite_mac_key_len(suite), key_len = cv_suite_key_len(suite);
    size_t iv_len = suite->aead != NULL ? CV_AEAD_NONCE_LEN - (size_t)suite->explicit_nonce_len : 0;
    uint8_t block[2 * sizeof(struct cv_keys12)], *p = block;
    cv_tls12_prf(suite->hash, block, 2 * (mac_len + key_len + iv_len), hs->master, sizeof hs->master,
                 "key expansion", server_random(hs), client_random(hs));
    memcpy(hs->client_keys.mac_key, p, mac_len);
    memcpy(hs->server_keys.mac_key, p += mac_len, mac_len);
    memcpy(hs->client_keys.key, p += mac_len, key_len);
    memcpy(hs->server_keys.key, p += key_len, key_len);
    memcpy(hs->client_keys.iv, p += key_len, iv_len);
    memcpy(hs->server_keys.iv, p += iv_len, iv_len);
    cv_wipe(block, sizeof block);
    cv_keylog(c, CV_KEYLOG_CLIENT_RANDOM, hs->master, sizeof hs->master);
}

static void use_keys(struct cv_conn *c, struct cv_half *half, enum cv_role sender)
{
    const struct cv_hs *hs = c->hs;
    cv_conn_swap_state(c, half);
    cv_half_set_keys(half, c->suite, sender == CV_CLIENT ? &hs->client_keys : &hs->server_keys,
                     sender != c->params.role, hs->encrypt_then_mac);
}

void cv_secrets12_rx(struct cv_conn *c)
{
    use_keys(c, &c->rx.half, c->params.role == CV_CLIENT ? CV_SERVER : CV_CLIENT);
    c->rx.keys_changed = true;
}

void cv_secrets12_revive(struct cv_conn *c)
{
    cv_secrets12_keys(c);
    cv_secrets12_rx(c);
    use_keys(c, &c->tx.half, c->params.role);
}

static void verify_data(const struct cv_conn *c, bool by_client, uint8_t out[CV_VERIFY_DATA_LEN])
{
    const struct cv_hs *hs = c->hs;
    const struct cv_hash *hash = c->suite->hash;
    uint8_t digest[CV_HASH_MAX];
    cv_transcript_hash(&hs->transcript, digest);
    cv_tls12_prf(hash, out, CV_VERIFY_DATA_LEN, hs->master, sizeof hs->master,
                 by_client ? "client finished" : "server finished", cv_bytes(digest, hash->digest_len),
                 cv_bytes(NULL, 0));
}

/* tls-unique is the first of them (RFC 5929 3.1); renegotiation_info has both (RFC 5746 3.1). */
static void note_finished(struct cv_conn *c, enum cv_role sender, const uint8_t data[CV_VERIFY_DATA_LEN])
{
    if (!c->hs->finished_seen) c->first_finished = (uint8_t)sender;
    c->hs->finished_seen = c->has_verify_data = true;
    memcpy(c->verify_data[sender], data, CV_VERIFY_DATA_LEN);
    cv_secret_declassify(c->verify_data[sender], CV_VERIFY_DATA_LEN); /* the peer knows it */
}

cv_err cv_send_finished12(struct cv_conn *c)
{
    uint8_t data[CV_VERIFY_DATA_LEN];
    struct cv_builder b;
    bool client = c->params.role == CV_CLIENT;
    cv_err e;
    if ((e = cv_send_ccs(c)) != CV_OK) return e;
    use_keys(c, &c->tx.half, c->params.role);
    verify_data(c, client, data);
    note_finished(c, c->params.role, data);
    if ((e = cv_msg_begin(c, CV_MSG_FINISHED, sizeof data, &b)) != CV_OK) return e;
    cv_build_bytes(&b, data, sizeof data);
    if ((e = cv_msg_end(c, &b)) != CV_OK) return e;
    return cv_flight_flush(c);
}

cv_err cv_recv_finished12(struct cv_conn *c, struct cv_bytes body)
{
    uint8_t data[CV_VERIFY_DATA_LEN];
    verify_data(c, c->params.role == CV_SERVER, data);
    if (body.len != sizeof data) return CV_E_DECODE;
    uint32_t equal = cv_ct_equal(data, body.p, sizeof data);
    cv_secret_declassify(&equal, sizeof equal); /* whether Finished verifies is what the peer learns anyway */
    c->rx.keys_changed =
        true; /* a handshake ends with a record: what is behind it, nobody would be told of */
    if (equal) note_finished(c, c->params.role == CV_CLIENT ? CV_SERVER : CV_CLIENT, data);
    return equal ? CV_OK : CV_E_BAD_FINISHED;
}

cv_err cv_establish12(struct cv_conn *c)
{
    memcpy(c->exporter_secret, c->hs->master, CV_MASTER_LEN);
    if (c->randoms == NULL) c->randoms = cv_conn_alloc(c, CV_RANDOMS_LEN);
    if (c->randoms == NULL) return CV_E_NO_MEMORY;
    memcpy(c->randoms, c->hs->client_random, 32);
    memcpy(c->randoms + 32, c->hs->server_random, 32);
    c->established = true;
    c->renegotiating = c->tx.halted = false;
    return CV_OK;
}

cv_err cv_export12(const struct cv_conn *c, uint8_t *out, size_t out_len, struct cv_bytes label,
                   struct cv_bytes context)
{
    enum { LABEL_MAX = 255 };
    char text[LABEL_MAX + 1];
    uint8_t len[2] = {(uint8_t)(context.len >> 8), (uint8_t)context.len};
    /* RFC 7627 5.4 */
    if (!c->extended_master_secret) return CV_E_UNSUPPORTED;
    if (label.len > LABEL_MAX || context.len > UINT16_MAX || memchr(label.p, 0, label.len) != NULL)
        return CV_E_BAD_LENGTH;
    memcpy(text, label.p, label.len);
    text[label.len] = 0;
    if (context.p == NULL) {
        cv_tls12_prf(c->suite->hash, out, out_len, c->exporter_secret, CV_MASTER_LEN, text,
                     cv_bytes(c->randoms, CV_RANDOMS_LEN), cv_bytes(NULL, 0));
        return CV_OK;
    }
    /* RFC 5705 4: with a context, its length and itself stand behind the randoms. */
    size_t seed_len = CV_RANDOMS_LEN + sizeof len + context.len;
    uint8_t *seed = cv_conn_alloc(c, seed_len);
    if (seed == NULL) return CV_E_NO_MEMORY;
    memcpy(seed, c->randoms, CV_RANDOMS_LEN);
    memcpy(seed + CV_RANDOMS_LEN, len, sizeof len);
    memcpy(seed + CV_RANDOMS_LEN + sizeof len, context.p, context.len);
    cv_tls12_prf(c->suite->hash, out, out_len, c->exporter_secret, CV_MASTER_LEN, text,
                 cv_bytes(seed, seed_len), cv_bytes(NULL, 0));
    cv_conn_release(c, seed, seed_len);
    return CV_OK;
}
