#include "pki.h"
#include "x509/key.h"
#include "x509/pem.h"
#include "x509/pkcs12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_LEN_MAX = 8192 };

static struct cv_bytes read_file(uint8_t out[FILE_LEN_MAX], const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in) fail_msg("%s cannot be read; tests run from the top of the source tree", path);
    size_t len = fread(out, 1, FILE_LEN_MAX, in);
    fclose(in);
    assert_in_range(len, 1, FILE_LEN_MAX - 1);
    return cv_bytes(out, len);
}

static struct cv_bytes text(const char *s)
{
    return cv_bytes((const uint8_t *)s, strlen(s));
}

/* What a file has in it. A key is compared with the certificates by what they are. */
static const struct {
    const char *path, *password;
    cv_err expected;
    uint8_t n_certs, n_keys, n_matching, n_named;
} files[] = {
    /* made by test/pki/pkcs12.sh */
    {"test/pki/pkcs12/modern.p12", "secret", CV_OK, 3, 1, 1, 2},
    {"test/pki/pkcs12/legacy.p12", "secret", CV_OK, 3, 1, 1, 2},
    {"test/pki/pkcs12/java.p12", "secret", CV_OK, 3, 1, 1, 4},
    {"test/pki/pkcs12/nss.p12", "secret", CV_OK, 3, 1, 1, 4},
    /* BER, made by test/pki/ber.py */
    {"test/pki/pkcs12/once-indefinite.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/once-pieces.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/once-longlengths.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/once-nested.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/plain-indefinite.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/plain-pieces.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/plain-longlengths.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/plain-nested.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/aes128-sha384.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/aes192-sha512.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/2des-rc2-128.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/3des-rc2-40.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/once.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/plain.p12", "secret", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/unicode.p12", "pässwörd €", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/empty.p12", "", CV_OK, 2, 1, 1, 2},
    {"test/pki/pkcs12/rc4.p12", "secret", CV_E_UNSUPPORTED, 0, 0, 0, 0},
    {"test/pki/pkcs12/no-mac.p12", "secret", CV_E_UNSUPPORTED, 0, 0, 0, 0},
    {"test/pki/pkcs12/modern.p12", "Secret", CV_E_KEY_PASSWORD, 0, 0, 0, 0},
    {"test/pki/pkcs12/legacy.p12", "", CV_E_KEY_PASSWORD, 0, 0, 0, 0},
    {"test/pki/pkcs12/modern.p12", "\xc3\x28", CV_E_INVALID_ARGUMENT, 0, 0, 0, 0},
    /* from the PyPI package cryptography-vectors */
    {"vectors/pkcs12/cert-aes256cbc-no-key.p12", "cryptography", CV_OK, 1, 0, 0, 0},
    {"vectors/pkcs12/cert-key-aes256cbc.p12", "cryptography", CV_OK, 1, 1, 1, 0},
    {"vectors/pkcs12/cert-none-key-none.p12", "cryptography", CV_OK, 1, 1, 1, 0},
    {"vectors/pkcs12/cert-rc2-key-3des.p12", "cryptography", CV_OK, 1, 1, 1, 0},
    {"vectors/pkcs12/java-truststore.p12", "", CV_OK, 2, 0, 0, 1},
    {"vectors/pkcs12/name-2-3-pwd.p12", "password", CV_OK, 3, 1, 1, 2},
    {"vectors/pkcs12/name-unicode-pwd.p12", "password", CV_OK, 3, 1, 1, 4},
    {"vectors/pkcs12/no-cert-key-aes256cbc.p12", "cryptography", CV_OK, 0, 1, 0, 0},
    {"vectors/pkcs12/no-name-no-pwd.p12", "", CV_OK, 3, 1, 1, 0},
    {"vectors/pkcs12/no-password.p12", "", CV_OK, 1, 1, 1, 2},
};
enum { N_FILES = sizeof files / sizeof files[0] };

struct found {
    struct cv_cert certs[4];
    struct cv_private_key keys[2];
    uint8_t n_certs, n_keys, n_named;
};

/* Reads a file to its end; the end is CV_WANT_INPUT. */
static cv_err read_all(struct found *f, uint8_t *memory, size_t memory_len, struct cv_bytes der,
                       struct cv_bytes password)
{
    struct cv_pkcs12 p;
    struct cv_bag bag;
    cv_err e = cv_pkcs12_open(&p, memory, memory_len, der, password);

    memset(f, 0, sizeof *f);
    if (e != CV_OK) return e;
    while ((e = cv_pkcs12_next(&p, &bag)) == CV_OK) {
        if (bag.friendly_name.p) f->n_named++;
        if (bag.kind == CV_BAG_CERT && f->n_certs < 4 &&
            cv_cert_parse(&f->certs[f->n_certs], bag.der) == CV_OK)
            f->n_certs++;
        if (bag.kind == CV_BAG_KEY && f->n_keys < 2 &&
            cv_private_key_parse(&f->keys[f->n_keys], bag.der) == CV_OK)
            f->n_keys++;
    }
    return e;
}

static void reads_files_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FILES; i++) {
        uint8_t file[FILE_LEN_MAX], memory[7 * FILE_LEN_MAX];
        struct cv_bytes der = read_file(file, files[i].path);
        struct found f;
        cv_err e = read_all(&f, memory, cv_pkcs12_memory_len(der.len), der, text(files[i].password));
        if (files[i].expected == CV_OK ? e != CV_WANT_INPUT : e != files[i].expected)
            fail_msg("%s: %s", files[i].path, cv_err_name(e));
        if (f.n_certs != files[i].n_certs || f.n_keys != files[i].n_keys || f.n_named != files[i].n_named)
            fail_msg("%s: %u certificates, %u keys, %u names", files[i].path, f.n_certs, f.n_keys, f.n_named);
        unsigned n_matching = 0;
        for (size_t c = 0; c < f.n_certs && f.n_keys > 0; c++)
            n_matching += cv_private_key_matches(&f.keys[0], &f.certs[c]) == CV_OK;
        if (files[i].n_matching != n_matching) fail_msg("%s: %u matching", files[i].path, n_matching);
    }
}

static void tells_names_and_identifiers(void **state)
{
    (void)state;
    static const uint8_t name[] = "\0t\0h\0e\0 \0s\0e\0r\0v\0e";
    uint8_t file[FILE_LEN_MAX], memory[7 * FILE_LEN_MAX];
    struct cv_bytes der = read_file(file, "test/pki/pkcs12/modern.p12"), ids[2] = {{NULL, 0}, {NULL, 0}};
    struct cv_pkcs12 p;
    struct cv_bag bag;
    assert_int_equal(cv_pkcs12_open(&p, memory, sizeof memory, der, text("secret")), CV_OK);
    while (cv_pkcs12_next(&p, &bag) == CV_OK) {
        if (!bag.friendly_name.p) continue;
        assert_int_equal(bag.friendly_name.len, 20);
        assert_memory_equal(bag.friendly_name.p, name, sizeof name - 1);
        ids[bag.kind == CV_BAG_KEY] = bag.local_key_id;
    }
    assert_true(ids[0].len == 20 && cv_bytes_equal(ids[0], ids[1]));
}

static void every_change_of_a_byte_is_noticed(void **state)
{
    (void)state;
    uint8_t file[FILE_LEN_MAX], memory[7 * FILE_LEN_MAX];
    struct cv_bytes der = read_file(file, "test/pki/pkcs12/once.p12");
    for (size_t i = 0; i < der.len; i++) {
        struct found f;
        file[i] ^= 1;
        cv_err e = read_all(&f, memory, sizeof memory, der, text("secret"));
        if (e == CV_WANT_INPUT) fail_msg("byte %zu", i);
        file[i] ^= 1;
    }
}

static void every_prefix_fails(void **state)
{
    (void)state;
    uint8_t file[FILE_LEN_MAX], memory[7 * FILE_LEN_MAX];
    struct cv_bytes der = read_file(file, "test/pki/pkcs12/plain.p12");
    for (size_t len = 0; len < der.len; len++) {
        struct found f;
        uint8_t *exact = malloc(len ? len : 1);
        assert_non_null(exact);
        memcpy(exact, der.p, len);
        assert_int_equal(read_all(&f, memory, sizeof memory, cv_bytes(exact, len), text("secret")),
                         CV_E_KEY_SYNTAX);
        free(exact);
    }
}

static void short_memory_is_said(void **state)
{
    (void)state;
    uint8_t file[FILE_LEN_MAX], memory[64];
    struct found f;
    struct cv_bytes der = read_file(file, "test/pki/pkcs12/once.p12");
    assert_int_equal(read_all(&f, memory, sizeof memory, der, text("secret")), CV_E_BUFFER_TOO_SMALL);
}

/* Encrypted PKCS#8. */
static const struct {
    const char *path, *password;
    cv_err expected;
    enum cv_key_type type;
} keys[] = {
    {"vectors/pkcs8/ec_private_key_encrypted.pem", "123456", CV_OK, CV_KEY_P256},
    {"vectors/pkcs8/enc-rsa-3des.pem", "password", CV_OK, CV_KEY_RSA},
    {"vectors/pkcs8/rsa-aes-192-cbc.pem", "PolarSSLTest", CV_OK, CV_KEY_RSA},
    {"vectors/pkcs8/rsa-pbe-3des-long-salt.pem", "password", CV_OK, CV_KEY_RSA},
    {"vectors/pkcs8/rsa-rc2-cbc.pem", "Red Hat Enterprise Linux 7.4", CV_OK, CV_KEY_RSA},
    {"vectors/pkcs8/rsa-rc2-cbc-effective-key-length.pem", "Red Hat Enterprise Linux 7.4", CV_E_KEY_PASSWORD, CV_KEY_NONE},
    {"vectors/pkcs8/rsa_pkcs8_pbes2_pbkdf2_2048_3des_sha224.pem", "PolarSSLTest", CV_OK, CV_KEY_RSA},
    /* decrypted, but RSA of 1024 bits or less */
    {"vectors/pkcs8/enc2-rsa-pkcs8.pem", "baz", CV_E_BAD_MODULUS, CV_KEY_RSA},
    {"vectors/pkcs8/rsa-40bitrc2.pem", "baz", CV_E_BAD_MODULUS, CV_KEY_RSA},
    {"vectors/pkcs8/pkcs12_s2k_pem-X_9607.pem", "123456", CV_E_BAD_MODULUS, CV_KEY_RSA},
    {"vectors/pkcs8/enc2-rsa-pkcs8.pem", "Baz", CV_E_KEY_PASSWORD, CV_KEY_NONE},
    {"vectors/pkcs8/enc-rsa-pkcs8-pbkdf2-0iter.pem", "baz", CV_E_KEY_SYNTAX, CV_KEY_NONE},
    {"vectors/pkcs8/ed25519-scrypt.pem", "hunter42", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"vectors/pkcs8/enc-ec-sha1-128-rc4.pem", "password", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"vectors/pkcs8/enc-unknown-algorithm.pem", "password", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"vectors/pkcs8/enc-unknown-kdf.pem", "password", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"vectors/pkcs8/enc-unknown-pbkdf2-prf.pem", "password", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"vectors/pkcs8/rsa-pbewithmd5anddescbc.pem", "hunter2", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"test/pki/pkcs12/scrypt.p8", "secret", CV_E_UNSUPPORTED, CV_KEY_NONE},
    {"test/pki/pkcs12/too-many.p8", "secret", CV_E_CERT_TOO_COMPLEX, CV_KEY_NONE},
};

static struct cv_bytes read_pem_or_der(uint8_t file[FILE_LEN_MAX], const char *path)
{
    struct cv_bytes in = read_file(file, path), label, body;
    size_t len;
    if (file[0] == 0x30) return in;
    assert_int_equal(cv_pem_next(&in, &label, &body), CV_OK);
    assert_int_equal(cv_base64_decode(file, FILE_LEN_MAX, &len, body), CV_OK);
    return cv_bytes(file, len);
}

static cv_err read_key(struct cv_private_key *key, const char *path, const char *password,
                       uint8_t out[FILE_LEN_MAX])
{
    uint8_t file[FILE_LEN_MAX];
    size_t len;
    *key = (struct cv_private_key){.type = CV_KEY_NONE};
    cv_err e = cv_private_key_decrypt(out, FILE_LEN_MAX, &len, read_pem_or_der(file, path), text(password));
    return e == CV_OK ? cv_private_key_parse(key, cv_bytes(out, len)) : e;
}

static void decrypts_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint8_t out[FILE_LEN_MAX];
        struct cv_private_key key;
        cv_err e = read_key(&key, keys[i].path, keys[i].password, out);
        if (e != keys[i].expected || key.type != keys[i].type)
            fail_msg("%s: %s, type %u", keys[i].path, cv_err_name(e), key.type);
    }
}

/* Every cipher with every hash, and always the same key. */
static void decrypts_with_every_cipher_and_hash(void **state)
{
    (void)state;
    static const char *const ciphers[] = {"aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"};
    static const char *const hashes[] = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
    uint8_t first[FILE_LEN_MAX], out[FILE_LEN_MAX];
    struct cv_private_key key, same = {.type = CV_KEY_NONE};
    for (size_t c = 0; c < 4; c++) {
        for (size_t h = 0; h < 5; h++) {
            char path[128];
            snprintf(path, sizeof path, "test/pki/pkcs12/%s-%s.p8", ciphers[c], hashes[h]);
            cv_err e = read_key(&key, path, "secret", same.type == CV_KEY_NONE ? first : out);
            if (e != CV_OK) fail_msg("%s: %s", path, cv_err_name(e));
            if (same.type == CV_KEY_NONE) same = key;
            assert_true(key.type == CV_KEY_P256 && cv_bytes_equal(key.secret, same.secret));
        }
    }
}

static void work_is_counted(void **state)
{
    (void)state;
    /* PBKDF2 of 1000 rounds and a key of 32 bytes: two blocks of SHA-1's */
    static const uint8_t alg[] = {0x30, 0x48, 6,    9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1,    5, 13, 0x30,
                                  0x3b, 0x30, 0x1a, 6, 9,    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5,  12,
                                  0x30, 0x0d, 4,    8, 1,    2,    3,    4,    5,    6,    7,    8, 2,  1,
                                  100,  0x30, 0x1d, 6, 9,    0x60, 0x86, 0x48, 1,    0x65, 3,    4, 1,  0x2a,
                                  4,    16,   0,    0, 0,    0,    0,    0,    0,    0,    0,    0, 0,  0,
                                  0,    0,    0,    0};
    uint8_t data[16] = {0}, out[16];
    size_t len;
    uint32_t work = 201;
    assert_int_equal(
        cv_pbe_decrypt(out, 16, &len, cv_bytes(alg, sizeof alg), cv_bytes(data, 16), text("x"), &work),
        CV_E_KEY_PASSWORD);
    assert_int_equal(work, 1);
    assert_int_equal(
        cv_pbe_decrypt(out, 16, &len, cv_bytes(alg, sizeof alg), cv_bytes(data, 16), text("x"), &work),
        CV_E_CERT_TOO_COMPLEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_of_others),
        cmocka_unit_test(tells_names_and_identifiers),
        cmocka_unit_test(every_change_of_a_byte_is_noticed),
        cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(short_memory_is_said),
        cmocka_unit_test(decrypts_keys),
        cmocka_unit_test(decrypts_with_every_cipher_and_hash),
        cmocka_unit_test(work_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
