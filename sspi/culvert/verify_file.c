/* Files of `culvert verify`: see verify.h. */
#include "sspi/culvert/verify.h"

#include "sspi/culvert/command.h"
#include "sspi/culvert/link.h"
#include "x509/der.h"
#include "x509/pem.h"
#include "x509/pkcs7.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong(const char *name, const char *what)
{
    fprintf(stderr, "culvert verify: %s: %s\n", name, what);
    return EXIT_USAGE;
}

/* Takes der, which comes from malloc. */
static int append(struct cv_files *f, const char *name, uint8_t *der, size_t len)
{
    struct cv_bytes *blocks = realloc(f->blocks, (f->n + 1) * sizeof *blocks);
    if (blocks) f->blocks = blocks;
    const char **names = blocks ? realloc(f->names, (f->n + 1) * sizeof *names) : NULL;
    if (names) f->names = names;
    if (!names) {
        free(der);
        return wrong(name, strerror(ENOMEM));
    }
    f->blocks[f->n] = cv_bytes(der, len);
    f->names[f->n++] = name;
    return 0;
}

/* As append, or each certificate of a bundle where certificates are asked for. */
static int append_all(struct cv_files *f, const char *name, uint8_t *der, size_t len)
{
    struct cv_bytes certs, crls, one;
    int status = 0;

    if (strcmp(f->label, "CERTIFICATE") != 0 ||
        cv_pkcs7_bundle_read(cv_bytes(der, len), &certs, &crls) != CV_OK)
        return append(f, name, der, len);
    if (certs.len == 0) status = wrong(name, "the bundle holds no certificate");
    while (status == 0 && cv_der_whole(&certs, CV_DER_SEQUENCE, &one) == CV_OK) {
        uint8_t *copy = malloc(one.len);
        if (copy) memcpy(copy, one.p, one.len);
        status = copy ? append(f, name, copy, one.len) : wrong(name, strerror(ENOMEM));
    }
    free(der);
    return status;
}

static bool is_wanted(const struct cv_files *f, struct cv_bytes label)
{
    static const char bundle[] = "PKCS7";

    if (strcmp(f->label, "CERTIFICATE") == 0 && cv_bytes_equal(label, cv_bytes((const uint8_t *)bundle, 5)))
        return true;
    return cv_bytes_equal(label, cv_bytes((const uint8_t *)f->label, strlen(f->label)));
}

static int add_pem(struct cv_files *f, const char *name, struct cv_bytes text)
{
    struct cv_bytes label, body;
    size_t n_before = f->n, len;
    cv_err e;

    while ((e = cv_pem_next(&text, &label, &body)) == CV_OK) {
        if (!is_wanted(f, label)) continue;
        uint8_t *der = malloc(body.len + 1);
        if (!der) return wrong(name, strerror(ENOMEM));
        if (cv_base64_decode(der, body.len, &len, body) != CV_OK) {
            free(der);
            return wrong(name, "its base64 is broken");
        }
        int status = append_all(f, name, der, len);
        if (status != 0) return status;
    }
    if (e != CV_WANT_INPUT) return wrong(name, "a PEM block has no proper end");
    if (f->n == n_before) return wrong(name, "it holds nothing of the kind that is asked for");
    return 0;
}

int cv_files_add(struct cv_files *f, const char *name)
{
    struct cv_bytebuf b = {NULL, 0, 0, 0};
    FILE *in = fopen(name, "rb");
    size_t n = 0;
    int status;

    if (!in) return wrong(name, strerror(errno));
    do {
        b.len += n;
        BYTE *room = cv_bytebuf_room(&b, 1 << 16);
        n = room ? fread(room, 1, 1 << 16, in) : 0;
    } while (n > 0);
    if (ferror(in) || !b.p) {
        status = wrong(name, "it cannot be read");
    } else if (b.len > 0 && b.p[0] == 0x30) { /* a SEQUENCE, and no character of PEM's dashes */
        status = append_all(f, name, b.p, b.len);
        b.p = NULL;
    } else {
        status = add_pem(f, name, cv_bytes(b.p, b.len));
    }
    fclose(in);
    free(b.p);
    return status;
}

void cv_files_free(struct cv_files *f)
{
    for (size_t i = 0; i < f->n; i++) free((void *)f->blocks[i].p);
    free(f->blocks);
    free(f->names);
}

/* One arc as X.690 8.19.2 writes it: seven bits a byte, the high ones first. */
static bool put_arc(uint8_t *oid, size_t cap, size_t *len, uint64_t arc)
{
    unsigned shift = 63;

    while (shift > 0 && !(arc >> shift)) shift -= 7;
    for (;; shift -= 7) {
        if (*len == cap) return false;
        oid[(*len)++] = (uint8_t)((arc >> shift & 0x7f) | (shift ? 0x80 : 0));
        if (shift == 0) return true;
    }
}

bool cv_verify_oid(const char *text, uint8_t *oid, size_t cap, size_t *oid_len)
{
    uint64_t first = 0;
    size_t n = 0;

    *oid_len = 0;
    for (char *end;; text = end + 1, n++) {
        if (*text < '0' || *text > '9') return false;
        errno = 0;
        uint64_t arc = strtoull(text, &end, 10);
        if (errno != 0 || arc > UINT32_MAX) return false;
        if (n == 0 && arc > 2) return false;
        if (n == 1 && first < 2 && arc > 39) return false;
        if (n == 0)
            first = arc;
        else if (!put_arc(oid, cap, oid_len, n == 1 ? first * 40 + arc : arc))
            return false;
        if (*end == 0) return n > 0;
        if (*end != '.') return false;
    }
}

const char *cv_verify_name(struct cv_bytes name, char *text, size_t size)
{
    CERT_NAME_BLOB blob = {.cbData = (DWORD)name.len, .pbData = (BYTE *)name.p};

    if (CertNameToStrA(X509_ASN_ENCODING, &blob, CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG, text,
                       (DWORD)size) <= 1)
        snprintf(text, size, "no name");
    /* what a certificate says must not steer a terminal */
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return text;
}
