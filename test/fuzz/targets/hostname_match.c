/* A reference identity against alternative names: the name behind a byte of its length, then GeneralNames
 * without their header. */
#include "test/fuzz/fuzz.h"
#include "x509/grammar.h"
#include "x509/name.h"

#include <stdlib.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool contains(struct cv_bytes in, const uint8_t *what, size_t len)
{
    for (size_t at = 0; at + len <= in.len; at++) {
        size_t i = 0;
        while (i < len && lower(in.p[at + i]) == what[i]) i++;
        if (i == len) return true;
    }
    return false;
}

/* A name that matches stands there, from its first dot on at least. */
static bool could_match(struct cv_bytes san, const struct cv_host *host)
{
    size_t dot = 0;
    if (contains(san, host->value, host->len)) return true;
    if (host->kind != CV_HOST_DNS) return false;
    while (dot < host->len && host->value[dot] != '.') dot++;
    return dot < host->len && contains(san, (const uint8_t *)"*.", 2) &&
           contains(san, host->value + dot, host->len - dot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes in = cv_bytes(data, size);
    struct cv_bytes name = fuzz_take(&in, fuzz_u8(&in));
    struct cv_host host;
    uint8_t *text = fuzz_copy(name);
    cv_err e = cv_host_parse(&host, (const char *)text, name.len);
    free(text);
    if (e != CV_OK) return 0;
    FUZZ_CHECK(host.kind == CV_HOST_DNS ? host.len > 0 && host.len <= CV_HOST_NAME_MAX
                                        : host.len == 4 || host.len == 16);
    if (in.len == 0 || cv_general_names_check(in) != CV_OK) return 0;
    struct cv_cert cert = {.san = in};
    if (cv_cert_matches_host(&cert, &host)) FUZZ_CHECK(could_match(in, &host));
    return 0;
}
