/* Private keys in their containers; what can be read is used once: no key, however wrong, may crash. */
#include "test/fuzz/fuzz.h"
#include "test/unit/port_test.h"
#include "x509/key.h"

static void sign(const struct cv_private_key *key)
{
    static const struct {
        enum cv_key_type type;
        const struct cv_hash *hash;
        cv_sign_fn *sign;
    } signers[] = {
        {CV_KEY_P256, &cv_sha256, cv_ecdsa_p256_sign}, {CV_KEY_P384, &cv_sha384, cv_ecdsa_p384_sign},
        {CV_KEY_P521, &cv_sha512, cv_ecdsa_p521_sign}, {CV_KEY_ED25519, NULL, cv_ed25519_sign},
        {CV_KEY_RSA, &cv_sha256, cv_rsa_pss_sign},     {CV_KEY_RSA, &cv_sha256, cv_rsa_pkcs1_sign},
        {CV_KEY_RSA_PSS, &cv_sha256, cv_rsa_pss_sign},
    };
    struct test_port port;
    uint8_t digest[CV_HASH_MAX] = {1}, sig[CV_SIG_MAX];
    test_port_init(&port, 1);
    for (size_t i = 0; i < sizeof signers / sizeof signers[0]; i++) {
        if (signers[i].type != key->type) continue;
        const struct cv_hash *hash = signers[i].hash;
        size_t sig_len = sizeof sig;
        cv_err e = signers[i].sign(key, hash, cv_bytes(digest, hash != NULL ? hash->digest_len : 32), sig,
                                   &sig_len, &port.port.rng);
        if (e == CV_OK) FUZZ_CHECK(sig_len > 0 && sig_len <= sizeof sig);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SIGNED_BITS_MAX = 2048 }; /* longer ones sign alike, only slower */
    struct cv_bytes der = cv_bytes(data, size);
    struct cv_private_key key;
    uint8_t public_key[133];
    size_t len;
    if (cv_private_key_parse(&key, der) != CV_OK) return 0;
    const struct cv_bytes *views[] = {&key.secret, &key.n,  &key.e,  &key.d,   &key.p,
                                      &key.q,      &key.dp, &key.dq, &key.qinv};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) FUZZ_CHECK(fuzz_within(*views[i], der));
    FUZZ_CHECK(key.type != CV_KEY_NONE);
    if (key.type == CV_KEY_P256 || key.type == CV_KEY_P384 || key.type == CV_KEY_P521) {
        if (cv_ec_public_key(&key, public_key, &len) == CV_OK) FUZZ_CHECK(len <= sizeof public_key);
    }
    if (key.n.len <= SIGNED_BITS_MAX / 8) sign(&key);
    return 0;
}
