#include "x509/dn.h"
#include "x509/der.h"

enum { RDN_ATTRIBUTES_MAX = 16 };

cv_err cv_attribute_read(struct cv_bytes *rdn, struct cv_attribute *a)
{
    struct cv_bytes seq;
    cv_err e = cv_der_read(rdn, CV_DER_SEQUENCE, &seq);

    if (e != CV_OK || (e = cv_der_read(&seq, CV_DER_OID, &a->type)) != CV_OK) return e;
    if ((e = cv_der_any(&seq, &a->tag, &a->value)) != CV_OK) return e;
    return cv_der_end(seq);
}

cv_err cv_name_check(struct cv_bytes name)
{
    struct cv_bytes rdns, rdn;
    struct cv_attribute a;
    cv_err e = cv_der_read(&name, CV_DER_SEQUENCE, &rdns);

    if (e != CV_OK || (e = cv_der_end(name)) != CV_OK) return e;
    while (rdns.len > 0) {
        if ((e = cv_der_read(&rdns, CV_DER_SET, &rdn)) != CV_OK) return e;
        size_t n = 0;
        do {
            if ((e = cv_attribute_read(&rdn, &a)) != CV_OK) return e;
            if (++n > RDN_ATTRIBUTES_MAX) return CV_E_CERT_SYNTAX;
        } while (rdn.len > 0);
    }
    return CV_OK;
}

/* Walks the characters of a string as RFC 5280 7.1 compares them: ASCII letters in lower case, white
 * space trimmed at both ends and single within. */
struct characters {
    struct cv_bytes rest;
    uint8_t tag;
    bool started;
    bool has_held;
    uint32_t held; /* a character that waits behind a space */
};

static const uint32_t END = 0xffffffff, RAW_BYTE = 0x80000000;

static bool is_string(uint8_t tag)
{
    return tag == CV_DER_UTF8 || tag == CV_DER_PRINTABLE || tag == CV_DER_IA5 || tag == CV_DER_TELETEX ||
           tag == CV_DER_BMP || tag == CV_DER_UNIVERSAL;
}

/* A character of UTF-8; bytes that are none count for themselves, apart from all characters. */
static uint32_t next_utf8(struct cv_bytes *in)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length, against longer forms */
    uint8_t first = in->p[0];
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? first : first & (0x7fu >> n);
    bool good = n <= in->len && (n == 1 || (first >= 0xc0 && first < 0xf8));

    for (size_t i = 1; good && i < n; i++) {
        good = (in->p[i] & 0xc0) == 0x80;
        c = c << 6 | (in->p[i] & 0x3fu);
    }
    if (!good || c < least[n]) {
        n = 1;
        c = RAW_BYTE | first;
    }
    *in = cv_bytes(in->p + n, in->len - n);
    return c;
}

static uint32_t next_raw(struct characters *s)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;

    if (s->rest.len == 0) return END;
    if (s->tag == CV_DER_UTF8) return next_utf8(&s->rest);
    if (s->tag == CV_DER_BMP && cv_read_u16(&s->rest, &two) == CV_OK) return two;
    if (s->tag == CV_DER_UNIVERSAL && cv_read_u32(&s->rest, &four) == CV_OK) return four;
    return cv_read_u8(&s->rest, &one) == CV_OK ? one : END;
}

static uint32_t next_character(struct characters *s)
{
    bool space = false;
    uint32_t c;

    if (s->has_held) {
        s->has_held = false;
        return s->held;
    }
    while ((c = next_raw(s)) == ' ' || (c >= '\t' && c <= '\r')) space = true;
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if (c != END && space && s->started) {
        s->held = c;
        s->has_held = true;
        c = ' ';
    }
    s->started = true;
    return c;
}

static bool values_equal(const struct cv_attribute *a, const struct cv_attribute *b)
{
    if (!is_string(a->tag) || !is_string(b->tag))
        return a->tag == b->tag && cv_bytes_equal(a->value, b->value);
    if (a->tag == b->tag && cv_bytes_equal(a->value, b->value)) return true;

    struct characters s = {.rest = a->value, .tag = a->tag}, t = {.rest = b->value, .tag = b->tag};
    for (;;) {
        uint32_t c = next_character(&s);
        if (c != next_character(&t)) return false;
        if (c == END) return true;
    }
}

/* Whether two RDNs hold the same attributes, in any order. */
static bool rdns_equal(struct cv_bytes a, struct cv_bytes b)
{
    uint32_t used = 0; /* attributes of b that have their equal in a */
    size_t n_a = 0, n_b = 0;
    struct cv_attribute x, y;

    for (; a.len > 0; n_a++) {
        struct cv_bytes rest = b;
        bool found = false;
        if (cv_attribute_read(&a, &x) != CV_OK) return false;
        for (n_b = 0; rest.len > 0; n_b++) {
            if (n_b == RDN_ATTRIBUTES_MAX || cv_attribute_read(&rest, &y) != CV_OK) return false;
            if (found || (used >> n_b & 1) || !cv_bytes_equal(x.type, y.type) || !values_equal(&x, &y))
                continue;
            used |= 1u << n_b;
            found = true;
        }
        if (!found) return false;
    }
    return n_a == n_b;
}

bool cv_name_within(struct cv_bytes name, struct cv_bytes base)
{
    struct cv_bytes a, b, rdn_a, rdn_b;

    if (cv_der_read(&name, CV_DER_SEQUENCE, &a) != CV_OK) return false;
    if (cv_der_read(&base, CV_DER_SEQUENCE, &b) != CV_OK) return false;
    while (b.len > 0) {
        if (cv_der_read(&a, CV_DER_SET, &rdn_a) != CV_OK) return false;
        if (cv_der_read(&b, CV_DER_SET, &rdn_b) != CV_OK) return false;
        if (!rdns_equal(rdn_a, rdn_b)) return false;
    }
    return true;
}

static size_t n_rdns(struct cv_bytes name)
{
    struct cv_bytes rdns, rdn;
    size_t n = 0;

    if (cv_der_read(&name, CV_DER_SEQUENCE, &rdns) != CV_OK) return 0;
    while (cv_der_read(&rdns, CV_DER_SET, &rdn) == CV_OK) n++;
    return n;
}

bool cv_name_equal(struct cv_bytes a, struct cv_bytes b)
{
    return cv_bytes_equal(a, b) || (n_rdns(a) == n_rdns(b) && cv_name_within(a, b));
}

static bool next_rdn(struct cv_bytes *rdns, struct cv_bytes *last, struct cv_bytes *rdn)
{
    if (rdns->len > 0) return cv_der_read(rdns, CV_DER_SET, rdn) == CV_OK;
    *rdn = *last;
    *last = cv_bytes(NULL, 0);
    return rdn->p != NULL;
}

bool cv_name_equal_below(struct cv_bytes a, struct cv_bytes a_rdn, struct cv_bytes b, struct cv_bytes b_rdn)
{
    struct cv_bytes x, y, rdn_x, rdn_y;

    if (cv_der_read(&a, CV_DER_SEQUENCE, &x) != CV_OK || cv_der_read(&b, CV_DER_SEQUENCE, &y) != CV_OK)
        return false;
    for (;;) {
        bool more_x = next_rdn(&x, &a_rdn, &rdn_x), more_y = next_rdn(&y, &b_rdn, &rdn_y);
        if (!more_x || !more_y) return more_x == more_y && x.len == 0 && y.len == 0;
        if (!rdns_equal(rdn_x, rdn_y)) return false;
    }
}

/* In the manner of FNV-1a, a character a step. */
static void mix(uint64_t *h, uint64_t v)
{
    *h = (*h ^ v) * 0x100000001b3u;
    *h ^= *h >> 29;
}

static uint64_t hash_attribute(const struct cv_attribute *a)
{
    uint64_t h = 0xcbf29ce484222325u;
    struct characters s = {.rest = a->value, .tag = a->tag};

    for (size_t i = 0; i < a->type.len; i++) mix(&h, a->type.p[i]);
    if (is_string(a->tag)) {
        uint32_t c;
        while ((c = next_character(&s)) != END) mix(&h, c);
    } else {
        mix(&h, (uint64_t)a->tag << 32);
        for (size_t i = 0; i < a->value.len; i++) mix(&h, a->value.p[i]);
    }
    return h;
}

uint64_t cv_name_hash(struct cv_bytes name)
{
    struct cv_bytes rdns, rdn;
    struct cv_attribute a;
    uint64_t h = 0xcbf29ce484222325u;

    if (cv_der_read(&name, CV_DER_SEQUENCE, &rdns) != CV_OK) return h;
    while (cv_der_read(&rdns, CV_DER_SET, &rdn) == CV_OK) {
        uint64_t sum = 0; /* of the attributes, so that their order does not count */
        while (rdn.len > 0 && cv_attribute_read(&rdn, &a) == CV_OK) sum += hash_attribute(&a);
        mix(&h, sum);
    }
    return h;
}
