/* The steps of the key schedule that client and server take alike, and what each one yields. */
#include "tls/state.h"

#include "crypto/base/secret.h"

void cv_keylog(const struct cv_conn *c, enum cv_keylog_label label, const uint8_t *secret, size_t secret_len)
{
    const struct cv_features *f = c->config->features;
    if (c->config->keylog != NULL && f->keylog != NULL) f->keylog(c, label, secret, secret_len);
}

static void derive(const struct cv_conn *c, uint8_t *out, const char *label, const uint8_t *digest,
                   enum cv_keylog_label keylog_label)
{
    cv_key_schedule_derive(&c->hs->schedule, out, label, digest);
    cv_keylog(c, keylog_label, out, c->suite->hash->digest_len);
}

void cv_secrets_handshake(struct cv_conn *c, const uint8_t *shared, size_t shared_len)
{
    struct cv_hs *hs = c->hs;
    uint8_t digest[CV_HASH_MAX];
    struct cv_bytes psk = cv_bytes(NULL, 0);
    if (hs->psk) psk = cv_bytes(hs->session->secret, hs->session->secret_len);
    cv_key_schedule_init_external(&hs->schedule, c->suite->hash, psk);
    cv_key_schedule_next(&hs->schedule, shared, shared_len);
    cv_transcript_hash(&hs->transcript, digest);
    derive(c, hs->client_secret, "c hs traffic", digest, CV_KEYLOG_CLIENT_HANDSHAKE);
    derive(c, hs->server_secret, "s hs traffic", digest, CV_KEYLOG_SERVER_HANDSHAKE);
    cv_key_schedule_next(&hs->schedule, NULL, 0);
}

void cv_secrets_application(struct cv_conn *c, uint8_t *client, uint8_t *server)
{
    uint8_t digest[CV_HASH_MAX];
    cv_transcript_hash(&c->hs->transcript, digest);
    derive(c, client, "c ap traffic", digest, CV_KEYLOG_CLIENT_TRAFFIC);
    derive(c, server, "s ap traffic", digest, CV_KEYLOG_SERVER_TRAFFIC);
    derive(c, c->exporter_secret, "exp master", digest, CV_KEYLOG_EXPORTER);
}

void cv_secrets_resumption(struct cv_conn *c)
{
    uint8_t digest[CV_HASH_MAX];
    cv_transcript_hash(&c->hs->transcript, digest);
    cv_key_schedule_derive(&c->hs->schedule, c->resumption_secret, "res master", digest);
}

void cv_psk_binder(const struct cv_session *s, const struct cv_hash *hash, const struct cv_transcript *before,
                   struct cv_bytes partial_hello, uint8_t *binder)
{
    static const char *const labels[] = {[CV_PSK_RESUMPTION] = "res binder",
                                         [CV_PSK_EXTERNAL] = "ext binder",
                                         [CV_PSK_IMPORTED] = "imp binder"};
    struct cv_key_schedule early;
    struct cv_transcript t;
    uint8_t digest[CV_HASH_MAX], key[CV_HASH_MAX];
    if (before != NULL) {
        t = *before;
    } else {
        cv_transcript_init(&t, hash);
    }
    cv_transcript_add(&t, partial_hello);
    cv_key_schedule_init_external(&early, hash, cv_bytes(s->secret, s->secret_len));
    cv_hash_digest(hash, digest, NULL, 0);
    cv_key_schedule_derive(&early, key, labels[s->kind], digest);
    cv_transcript_hash(&t, digest);
    cv_finished_mac(hash, binder, key, digest);
    cv_wipe(key, sizeof key);
    cv_key_schedule_wipe(&early);
}
