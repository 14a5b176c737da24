#include "x509/ber.h"
#include "x509/der.h"

#include <string.h>

enum { CONSTRUCTED = 0x20, CONSTRUCTED_OCTET_STRING = CV_DER_OCTET_STRING | CONSTRUCTED };

/* A constructed element whose end has not come. */
struct level {
    struct cv_bytes in; /* what is left of it; where its end is still unknown, of all around it */
    size_t start;       /* where its content begins in the output */
    uint8_t tag;
    bool is_indefinite;
};

struct conversion {
    struct cv_builder out;
    struct level levels[CV_DER_DEPTH_MAX];
    size_t depth;
};

struct header {
    uint8_t tag;
    bool is_indefinite;
    size_t len;
};

static cv_err read_length(struct header *h, struct cv_bytes *in)
{
    uint8_t first, digit;

    if (cv_read_u8(in, &first) != CV_OK) return CV_E_CERT_DER;
    h->is_indefinite = first == 0x80;
    h->len = first < 0x80 ? first : 0;
    if (first > 0x84) return CV_E_CERT_DER;
    for (unsigned n = first > 0x80 ? first & 0x7f : 0; n > 0; n--) {
        if (cv_read_u8(in, &digit) != CV_OK) return CV_E_CERT_DER;
        h->len = h->len << 8 | digit;
    }
    return h->len <= in->len ? CV_OK : CV_E_CERT_DER;
}

static cv_err read_header(struct header *h, struct cv_bytes *in)
{
    if (cv_read_u8(in, &h->tag) != CV_OK || (h->tag & 0x1f) == 0x1f || h->tag == 0) return CV_E_CERT_DER;
    if (read_length(h, in) != CV_OK) return CV_E_CERT_DER;
    /* X.690 8.1.3.2: a primitive element's length is definite */
    return h->is_indefinite && !(h->tag & CONSTRUCTED) ? CV_E_CERT_DER : CV_OK;
}

/* Puts the header of an element of this tag in front of what has been written since `start`. */
static void put_header(struct cv_builder *out, uint8_t tag, size_t start)
{
    size_t len = out->len - start, n_digits = 0, header_len;

    if (len >= 0x80)
        for (size_t v = len; v > 0; v >>= 8) n_digits++;
    header_len = 2 + n_digits;
    if (cv_build_space(out, header_len) == NULL) return;
    memmove(out->p + start + header_len, out->p + start, len);
    struct cv_builder header;
    cv_build_init(&header, out->p + start, header_len);
    cv_build_u8(&header, tag);
    cv_build_u8(&header, (uint8_t)(n_digits ? 0x80 | n_digits : len));
    while (n_digits-- > 0) cv_build_u8(&header, (uint8_t)(len >> 8 * n_digits));
}

static bool is_in_pieces(const struct level *l)
{
    return l->tag == CONSTRUCTED_OCTET_STRING;
}

/* Copies what is primitive, and goes into what is constructed. */
static cv_err take_element(struct conversion *c)
{
    struct level *around = &c->levels[c->depth];
    struct header h;
    struct cv_bytes content;

    if (read_header(&h, &around->in) != CV_OK) return CV_E_CERT_DER;
    /* X.690 8.7.3.2: the pieces of an octet string are octet strings */
    if (is_in_pieces(around) && (h.tag & ~CONSTRUCTED) != CV_DER_OCTET_STRING) return CV_E_CERT_DER;
    if (h.is_indefinite)
        content = around->in;
    else if (cv_read_bytes(&around->in, h.len, &content) != CV_OK)
        return CV_E_CERT_DER;
    if (h.tag & CONSTRUCTED) {
        if (c->depth + 1 == CV_DER_DEPTH_MAX) return CV_E_CERT_DER;
        c->levels[++c->depth] = (struct level){
            .in = content, .start = c->out.len, .tag = h.tag, .is_indefinite = h.is_indefinite};
        return CV_OK;
    }
    size_t start = c->out.len;
    cv_build_bytes(&c->out, content.p, content.len);
    if (!is_in_pieces(around)) put_header(&c->out, h.tag, start);
    return CV_OK;
}

/* Whether the innermost element is over; the two zero bytes that end an indefinite one are taken. */
static bool take_end(struct level *l)
{
    static const uint8_t end_of_contents[2] = {0, 0};
    struct cv_bytes in = l->in, end;

    if (!l->is_indefinite) return in.len == 0;
    if (cv_read_bytes(&in, 2, &end) != CV_OK || !cv_bytes_equal(end, cv_bytes(end_of_contents, 2)))
        return false;
    l->in = in;
    return true;
}

static void close_element(struct conversion *c)
{
    const struct level *l = &c->levels[c->depth--];
    struct level *around = &c->levels[c->depth];

    if (l->is_indefinite) around->in = l->in;
    if (!is_in_pieces(around)) put_header(&c->out, is_in_pieces(l) ? CV_DER_OCTET_STRING : l->tag, l->start);
}

cv_err cv_ber_to_der(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes ber)
{
    struct conversion c = {.levels[0] = {.in = ber}};
    cv_err e;

    cv_build_init(&c.out, out, cap);
    do {
        e = take_element(&c);
        while (e == CV_OK && c.depth > 0 && take_end(&c.levels[c.depth])) close_element(&c);
    } while (e == CV_OK && c.depth > 0);
    if (e == CV_OK && c.levels[0].in.len != 0) e = CV_E_CERT_DER;
    *out_len = c.out.len;
    return e != CV_OK ? e : cv_build_end(&c.out);
}
