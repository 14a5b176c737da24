#include "test/unit/rfc8448.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const struct rfc8448_item rfc8448_items[] = {
#include "vectors/rfc8448/traces.h"
};
const size_t n_rfc8448_items = sizeof rfc8448_items / sizeof rfc8448_items[0];

static void *decoded[4096];
static size_t n_decoded;

static unsigned nibble(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);
    assert_true(at != NULL && c != '\0');
    return (unsigned)(at - digits);
}

struct cv_bytes rfc8448_octets(const struct rfc8448_item *item)
{
    size_t len = strlen(item->hex) / 2;
    assert_true(n_decoded < sizeof decoded / sizeof decoded[0]);
    uint8_t *p = malloc(len + 1); /* never of 0 bytes */
    assert_non_null(p);
    decoded[n_decoded++] = p;
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(nibble(item->hex[2 * i]) << 4 | nibble(item->hex[2 * i + 1]));
    return cv_bytes(p, len);
}

struct cv_bytes rfc8448(unsigned section, const char *who, const char *step, const char *field, unsigned nth)
{
    for (size_t i = 0; i < n_rfc8448_items; i++) {
        const struct rfc8448_item *it = &rfc8448_items[i];
        if (it->section != section || strcmp(it->who, who) != 0 || strcmp(it->field, field) != 0) continue;
        if (strstr(it->step, step) == NULL) continue;
        if (nth-- == 0) return rfc8448_octets(it);
    }
    fail_msg("RFC 8448 section %u has no %s of %s: %s", section, field, who, step);
    return cv_bytes(NULL, 0);
}

void rfc8448_free(void)
{
    while (n_decoded > 0) free(decoded[--n_decoded]);
}
