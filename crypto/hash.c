#include "crypto/hash.h"

void cv_hash_digest(const struct cv_hash *alg, uint8_t *digest, const void *p, size_t len)
{
    union cv_hash_state s;
    alg->init(alg, &s);
    alg->update(alg, &s, p, len);
    alg->final(alg, &s, digest);
}
