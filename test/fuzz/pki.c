#include "test/fuzz/pki.h"

#include "test/fuzz/fuzz.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <stddef.h>

/* Targets do no I/O, so the files become part of the program. */
#define EMBED(name, path)                                                                                    \
    __asm__(".section .rodata\n"                                                                             \
            "embedded_" #name ": .incbin \"" path "\"\n"                                                     \
            "embedded_" #name "_end:\n"                                                                      \
            ".previous\n");                                                                                  \
    extern const uint8_t embedded_##name[], embedded_##name##_end[]

EMBED(root, "test/pki/tls/root.pem");
EMBED(server, "test/pki/tls/server-p256.pem");
EMBED(server_key, "test/pki/tls/server-p256.key");
EMBED(client, "test/pki/tls/client-p256.pem");
EMBED(client_key, "test/pki/tls/client-p256.key");

struct cv_bytes fuzz_pem(enum fuzz_file file)
{
    static const struct {
        const uint8_t *p, *end;
    } files[] = {
        [FUZZ_ROOT] = {embedded_root, embedded_root_end},
        [FUZZ_SERVER_P256] = {embedded_server, embedded_server_end},
        [FUZZ_SERVER_P256_KEY] = {embedded_server_key, embedded_server_key_end},
        [FUZZ_CLIENT_P256] = {embedded_client, embedded_client_end},
        [FUZZ_CLIENT_P256_KEY] = {embedded_client_key, embedded_client_key_end},
    };
    return cv_bytes(files[file].p, (size_t)(files[file].end - files[file].p));
}

enum { DER_MAX = 4096, CHAIN_MAX = 4 };

static size_t decode(enum fuzz_file file, uint8_t *der, struct cv_bytes *blocks, size_t max)
{
    struct cv_bytes text = fuzz_pem(file), label, body;
    size_t n = 0, used = 0, len;
    while (n < max && cv_pem_next(&text, &label, &body) == CV_OK) {
        FUZZ_CHECK(cv_base64_decode(der + used, DER_MAX - used, &len, body) == CV_OK);
        blocks[n++] = cv_bytes(der + used, len);
        used += len;
    }
    FUZZ_CHECK(n > 0);
    return n;
}

const struct cv_trust_store *fuzz_trust(void)
{
    static struct cv_trust_store store;
    static struct cv_cert root;
    static uint8_t der[DER_MAX];
    struct cv_bytes block;
    if (store.n_anchors == 0) {
        (void)decode(FUZZ_ROOT, der, &block, 1);
        FUZZ_CHECK(cv_cert_parse(&root, block) == CV_OK);
        store = (struct cv_trust_store){.anchors = &root, .n_anchors = 1};
    }
    return &store;
}

struct identity {
    struct cv_identity identity;
    struct cv_bytes chain[CHAIN_MAX];
    uint8_t certs[DER_MAX], key[DER_MAX];
};

static const struct cv_identity *load(struct identity *id, enum fuzz_file certs, enum fuzz_file key)
{
    struct cv_bytes block;
    if (id->identity.n_chain == 0) {
        size_t n = decode(certs, id->certs, id->chain, CHAIN_MAX);
        (void)decode(key, id->key, &block, 1);
        FUZZ_CHECK(cv_cert_parse(&id->identity.leaf, id->chain[0]) == CV_OK);
        FUZZ_CHECK(cv_private_key_parse(&id->identity.key, block) == CV_OK);
        id->identity.chain = id->chain;
        id->identity.n_chain = n;
    }
    return &id->identity;
}

const struct cv_identity *fuzz_server_identity(void)
{
    static struct identity id;
    return load(&id, FUZZ_SERVER_P256, FUZZ_SERVER_P256_KEY);
}

const struct cv_identity *fuzz_client_identity(void)
{
    static struct identity id;
    return load(&id, FUZZ_CLIENT_P256, FUZZ_CLIENT_P256_KEY);
}
