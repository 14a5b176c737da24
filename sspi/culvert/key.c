/* `culvert key`: makes an RSA key for tests. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/system.h"

#define SECURITY_WIN32
#include <culvert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "usage: culvert key [OPTION]...\n"
                            "Makes an RSA key for tests and prints it as PEM (PKCS#8). Not for anything "
                            "else: how long it takes tells\n"
                            "of the key.\n"
                            "  --bits N  size of the modulus: 1024 to 8192, a multiple of 16 (2048)\n"
                            "  --text    print the public numbers on standard error, in decimal\n";

enum { DER_MAX = 5120, TEXT_MAX = 2600 };

/* Tag and length of contents that follow. */
static void build_head(struct cv_builder *b, uint8_t tag, size_t len)
{
    cv_build_u8(b, tag);
    if (len >= 0x100) {
        cv_build_u8(b, 0x82);
        cv_build_u16(b, (uint16_t)len);
    } else {
        if (len >= 0x80) cv_build_u8(b, 0x81);
        cv_build_u8(b, (uint8_t)len);
    }
}

static void build_integer(struct cv_builder *b, struct cv_bytes n)
{
    const bool sign = n.len > 0 && n.p[0] >= 0x80;
    build_head(b, 2, n.len + sign);
    if (sign) cv_build_u8(b, 0);
    cv_build_bytes(b, n.p, n.len);
}

/* PrivateKeyInfo (RFC 5208 section 5) around RSAPrivateKey (RFC 8017 appendix A.1.2). */
static cv_err build_pkcs8(struct cv_builder *out, const struct cv_private_key *key)
{
    static const uint8_t version[] = {2, 1, 0};
    static const uint8_t rsa_encryption[] = {0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
                                             0xf7, 0x0d, 1, 1, 1,    5,    0}; /* RFC 8017 appendix A.1 */
    static uint8_t numbers[DER_MAX], sequence[DER_MAX];
    struct cv_builder n, s;
    cv_build_init(&n, numbers, sizeof numbers);
    cv_build_bytes(&n, version, sizeof version);
    const struct cv_bytes parts[] = {key->n, key->e, key->d, key->p, key->q, key->dp, key->dq, key->qinv};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) build_integer(&n, parts[i]);
    cv_build_init(&s, sequence, sizeof sequence);
    build_head(&s, 0x30, n.len);
    cv_build_bytes(&s, numbers, n.len);
    build_head(out, 0x30, sizeof version + sizeof rsa_encryption + 4 + s.len);
    cv_build_bytes(out, version, sizeof version);
    cv_build_bytes(out, rsa_encryption, sizeof rsa_encryption);
    build_head(out, 4, s.len); /* of four bytes, as for any key of 1024 bits and more */
    cv_build_bytes(out, sequence, s.len);
    cv_err e = cv_build_end(&n);
    if (e == CV_OK) e = cv_build_end(&s);
    return e == CV_OK ? cv_build_end(out) : e;
}

static bool print_pem(const struct cv_builder *der)
{
    static char text[2 * DER_MAX];
    DWORD len = sizeof text;
    if (!CryptBinaryToStringA(der->p, (DWORD)der->len, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCR, text, &len))
        return false;
    return printf("-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n", text) > 0;
}

static cv_err print_number(const char *name, struct cv_bytes n)
{
    char text[TEXT_MAX];
    cv_err e = cv_bn_to_decimal(&cv_system_heap, text, sizeof text, n);
    if (e == CV_OK) fprintf(stderr, "%s = %s\n", name, text);
    return e;
}

static int make(unsigned bits, bool text)
{
    static struct cv_bn_rsa rsa;
    static uint8_t der[DER_MAX];
    struct cv_builder b;
    cv_build_init(&b, der, sizeof der);
    cv_err e = cv_bn_make_rsa(&cv_system_heap, &rsa, bits, &cv_system_rng);
    if (e == CV_OK) e = build_pkcs8(&b, &rsa.key);
    if (e == CV_OK && text) e = print_number("n", rsa.key.n);
    if (e == CV_OK && text) e = print_number("e", rsa.key.e);
    if (e == CV_OK && !print_pem(&b)) e = CV_E_INTERNAL;
    if (e == CV_OK) return 0;
    fprintf(stderr, "culvert key: %s\n", cv_err_text(e));
    return e == CV_E_BAD_MODULUS ? EXIT_USAGE : 1;
}

int cv_command_key(int argc, char **argv)
{
    static const struct option options[] = {
        {"bits", required_argument, NULL, 'b'},
        {"text", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned long bits = 2048;
    bool text = false;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        char *end = "";
        if (c == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (c == 'b') bits = strtoul(optarg, &end, 10);
        if (c == 't') text = true;
        if (c == '?' || *end != 0 || bits > CV_RSA_BITS_MAX) {
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return make((unsigned)bits, text);
}
