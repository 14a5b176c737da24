#include "tls/transcript.h"

#include "tls/messages.h"

#include <string.h>

void cv_transcript_init(struct cv_transcript *t, const struct cv_hash *hash)
{
    cv_hash_init(&t->ctx, hash);
}

void cv_transcript_add(struct cv_transcript *t, struct cv_bytes msg)
{
    cv_hash_update(&t->ctx, msg.p, msg.len);
}

void cv_transcript_hash(const struct cv_transcript *t, uint8_t *digest)
{
    struct cv_hash_ctx copy = t->ctx;
    cv_hash_final(&copy, digest);
}

void cv_transcript_retry(struct cv_transcript *t)
{
    const struct cv_hash *hash = t->ctx.alg;
    uint8_t message_hash[4 + CV_HASH_MAX] = {CV_MSG_MESSAGE_HASH, 0, 0, hash->digest_len};
    cv_hash_final(&t->ctx, message_hash + 4);
    cv_hash_init(&t->ctx, hash);
    cv_hash_update(&t->ctx, message_hash, (size_t)4 + hash->digest_len);
}

size_t cv_transcript_state_len(const struct cv_hash *hash)
{
    const union cv_hash_state *s = NULL;
    return hash->block_len <= sizeof s->sha256.block ? sizeof s->sha256 : sizeof s->sha512;
}

void cv_transcript_save(const struct cv_transcript *t, void *state)
{
    memcpy(state, &t->ctx.s, cv_transcript_state_len(t->ctx.alg));
}

void cv_transcript_restore(struct cv_transcript *t, const struct cv_hash *hash, const void *state)
{
    *t = (struct cv_transcript){.ctx = {.alg = hash}};
    memcpy(&t->ctx.s, state, cv_transcript_state_len(hash));
}
