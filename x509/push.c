#include "x509/push.h"

enum { END = 0xff };

/* Whether a production is complete if nothing follows. */
static bool may_end(const struct cv_push_row *rows, uint8_t next)
{
    while (next != END) {
        if (!(rows[next].flags & CV_PUSH_OPTIONAL)) return false;
        if (rows[next].flags & CV_PUSH_LAST) return true;
        next++;
    }
    return true;
}

/* The row of a choice that the tag fits; END if there is none. */
static uint8_t choose(const struct cv_push_row *rows, uint8_t at, uint8_t tag)
{
    while (rows[at].tag != tag && rows[at].tag != CV_PUSH_ANY) {
        if (rows[at].flags & CV_PUSH_LAST) return END;
        at++;
    }
    return at;
}

/* The row for the tag at this place of a production; END if it may not stand there. */
static uint8_t find(const struct cv_push_row *rows, uint8_t at, uint8_t tag)
{
    for (; at != END; at++) {
        const struct cv_push_row *r = &rows[at];
        bool fits = r->flags & CV_PUSH_CHOICE ? choose(rows, r->inside, tag) != END
                                              : r->tag == tag || r->tag == CV_PUSH_ANY;
        if (fits) return at;
        if (r->flags & CV_PUSH_LAST || !(r->flags & CV_PUSH_OPTIONAL)) return END;
    }
    return END;
}

/* Steps the grammar to the row for the element whose header was read. */
static cv_err match(struct cv_push *p)
{
    const struct cv_push_row *rows = p->grammar->rows;
    uint8_t *next = &p->level[p->depth].next, at = find(rows, *next, p->tag);

    if (at == END) return CV_E_CERT_SYNTAX;
    if (!(rows[at].flags & CV_PUSH_MANY)) *next = rows[at].flags & CV_PUSH_LAST ? END : (uint8_t)(at + 1);
    if (rows[at].flags & CV_PUSH_CHOICE) at = choose(rows, rows[at].inside, p->tag);
    p->row = at;
    p->inside = rows[at].inside;
    return (rows[at].flags & CV_PUSH_NOT_EMPTY) && p->len == 0 ? CV_E_CERT_SYNTAX : CV_OK;
}

/* What the length of a primitive says already (X.690 8.2 to 8.8). */
static bool length_ok(const struct cv_push *p)
{
    switch (p->tag) {
    case CV_DER_BOOLEAN:
        return p->len == 1;
    case CV_DER_INTEGER:
    case CV_DER_ENUMERATED:
    case CV_DER_BIT_STRING:
    case CV_DER_OID:
        return p->len > 0;
    case CV_DER_NULL:
        return p->len == 0;
    default:
        return true;
    }
}

/* The byte of a primitive behind p->len - p->left others: the rules of x509/der.c, a byte at a time. */
static bool byte_ok(const struct cv_push *p, uint8_t b)
{
    size_t at = (size_t)p->len - p->left;
    bool is_last = p->left == 1;

    switch (p->tag) {
    case CV_DER_BOOLEAN: /* X.690 11.1 */
        return b == 0 || b == 0xff;
    case CV_DER_INTEGER:
    case CV_DER_ENUMERATED: /* X.690 8.3.2: not nine equal bits in front */
        return at != 1 || !((p->first == 0 && b < 0x80) || (p->first == 0xff && b >= 0x80));
    case CV_DER_BIT_STRING:
        if (at == 0) return b <= 7 && (!is_last || b == 0);
        return !is_last || (b & ((1u << p->first) - 1)) == 0; /* X.690 11.2.1 */
    case CV_DER_OID:
        if ((at == 0 || p->last < 0x80) && b == 0x80) return false; /* X.690 8.19.2 */
        return !is_last || b < 0x80;
    default:
        return !(p->grammar->rows[p->row].flags & CV_PUSH_ASCII) || b < 0x80;
    }
}

static cv_err check_content(struct cv_push *p, struct cv_bytes part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (!byte_ok(p, part.p[i])) return p->tag < 0x40 ? CV_E_CERT_DER : CV_E_CERT_SYNTAX;
        if (p->left == p->len) p->first = part.p[i];
        p->last = part.p[i];
        if (p->grammar->rows[p->row].flags & CV_PUSH_TAKE) p->dst[p->taken++] = part.p[i];
        p->left--;
    }
    return CV_OK;
}

/* The element of this row is over, and with it every container that ends here. */
static cv_err close(struct cv_push *p, uint8_t row)
{
    const struct cv_push_row *rows = p->grammar->rows;

    for (;;) {
        cv_err e = rows[row].act ? p->grammar->end(p, rows[row].act) : CV_OK;
        if (e != CV_OK || p->level[p->depth].left > 0) return e;
        if (!may_end(rows, p->level[p->depth].next)) return CV_E_CERT_SYNTAX;
        if (p->depth == 0) return CV_OK;
        row = p->level[p->depth--].row;
    }
}

static cv_err open_container(struct cv_push *p)
{
    if (p->depth + 1 == CV_DER_DEPTH_MAX) return CV_E_CERT_TOO_COMPLEX;
    p->depth++;
    p->level[p->depth].left = p->len;
    p->level[p->depth].next = p->inside;
    p->level[p->depth].row = p->row;
    p->after_unused = p->tag == CV_DER_BIT_STRING;
    if (p->len > 0) return CV_OK;
    if (p->after_unused || !may_end(p->grammar->rows, p->inside)) return CV_E_CERT_SYNTAX;
    return close(p, p->level[p->depth--].row);
}

/* The header of an element is read. */
static cv_err open_element(struct cv_push *p)
{
    const struct cv_push_row *row;
    cv_err e;

    if (!cv_der_form_ok(p->tag)) return CV_E_CERT_DER;
    if ((e = match(p)) != CV_OK) return e;
    row = &p->grammar->rows[p->row];
    p->taken = 0;
    p->grammar->pass(p, p->head, p->n_head);
    if (row->act && (e = p->grammar->begin(p, row->act)) != CV_OK) return e;
    p->n_head = 0;
    if (p->tag & 0x20 || p->inside != 0) return open_container(p);
    if (!length_ok(p)) return CV_E_CERT_DER;
    if (row->flags & CV_PUSH_TAKE && p->len > p->dst_cap) return CV_E_CERT_TOO_COMPLEX;
    p->left = p->len;
    p->in_primitive = p->len > 0;
    return p->in_primitive ? CV_OK : close(p, p->row);
}

/* A byte of a header; forms and limits as cv_der_any has them, but for lengths of 2^16 and more. */
static cv_err header_byte(struct cv_push *p, uint8_t b)
{
    uint16_t *left = &p->level[p->depth].left;
    uint8_t n_digits;

    p->head[p->n_head++] = b;
    if (p->n_head == 1) {
        p->tag = b;
        return (b & 0x1f) == 0x1f || b == 0 ? CV_E_CERT_DER : CV_OK;
    }
    n_digits = p->head[1] < 0x80 ? 0 : p->head[1] & 0x7f;
    if (p->n_head == 2) {
        if (b == 0x80 || b > 0x84) return CV_E_CERT_DER;
        if (b > 0x82) return CV_E_CERT_TOO_COMPLEX;
        p->len = b;
    } else {
        if (p->n_head == 3 && b == 0) return CV_E_CERT_DER;
        p->len = (uint16_t)((p->n_head == 3 ? 0 : p->len << 8) | b);
    }
    if (p->n_head < 2 + n_digits) return CV_OK;
    if (n_digits > 0 && p->len < 0x80) return CV_E_CERT_DER; /* X.690 10.1: the short form was due */
    if ((size_t)p->n_head + p->len > *left) return CV_E_CERT_DER;
    *left = (uint16_t)(*left - p->n_head - p->len);
    return open_element(p);
}

/* Reads a byte of a header, or what is there of a primitive's content. */
static cv_err step(struct cv_push *p, struct cv_bytes *in)
{
    struct cv_bytes part;
    uint8_t b, act;
    cv_err e;

    if (p->in_primitive) {
        e = cv_read_bytes(in, in->len < p->left ? in->len : p->left, &part);
        if (e != CV_OK || (e = check_content(p, part)) != CV_OK) return e;
        p->grammar->pass(p, part.p, part.len);
        act = p->grammar->rows[p->row].act;
        if (act) p->grammar->content(p, act, part);
        if (p->left > 0) return CV_OK;
        p->in_primitive = false;
        return close(p, p->row);
    }
    if ((e = cv_read_u8(in, &b)) != CV_OK) return e;
    if (p->after_unused) {
        p->after_unused = false;
        p->grammar->pass(p, &b, 1);
        p->level[p->depth].left--;
        return b == 0 ? CV_OK : CV_E_CERT_SYNTAX;
    }
    /* behind the last element of all, or where a header runs out of its container */
    if (p->n_head >= p->level[p->depth].left) return CV_E_CERT_DER;
    return header_byte(p, b);
}

cv_err cv_push_begin(struct cv_push *p, const struct cv_push_grammar *grammar, uint8_t first, size_t len)
{
    p->grammar = grammar;
    p->n_head = p->depth = 0;
    p->in_primitive = p->after_unused = false;
    p->level[0].left = (uint16_t)len;
    p->level[0].next = first;
    return len <= UINT16_MAX ? CV_OK : CV_E_CERT_TOO_COMPLEX;
}

cv_err cv_push_bytes(struct cv_push *p, struct cv_bytes part)
{
    cv_err e = CV_OK;

    while (e == CV_OK && part.len > 0) e = step(p, &part);
    return e;
}

cv_err cv_push_end(const struct cv_push *p)
{
    bool over = p->depth == 0 && p->level[0].left == 0 && p->n_head == 0 && !p->in_primitive;

    return over && may_end(p->grammar->rows, p->level[0].next) ? CV_OK : CV_E_CERT_DER;
}
