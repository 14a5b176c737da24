/* Reading strict DER (as x509/der.h) that arrives in pieces, by a grammar held in tables, with memory that
 * does not grow with what is read.
 *
 * A production is a run of rows that ends with one marked CV_PUSH_LAST: the elements of a container in their
 * order. A row may have an act; the reader's owner is told where the element begins and where it ends. What
 * the tables do not name is checked for its structure all the way down, as cv_der_check does. */
#ifndef CV_X509_PUSH_H
#define CV_X509_PUSH_H

#include "x509/der.h"

enum {
    CV_PUSH_ANY = 0, /* as a row's tag: whatever stands there */

    CV_PUSH_LAST = 1 << 0,
    CV_PUSH_OPTIONAL = 1 << 1,
    CV_PUSH_MANY = 1 << 2,   /* the production goes on at the same place: any number of these */
    CV_PUSH_CHOICE = 1 << 3, /* one of the rows of the production `inside` stands here */
    CV_PUSH_NOT_EMPTY = 1 << 4,
    CV_PUSH_TAKE = 1 << 5,  /* primitive: its content is collected in p->dst */
    CV_PUSH_ASCII = 1 << 6, /* IA5String */
};

struct cv_push_row {
    uint8_t tag, flags;
    uint8_t inside; /* index of the production's first row; 0: any elements, or no elements if primitive */
    uint8_t act;    /* 0: none */
};

struct cv_push;

struct cv_push_grammar {
    const struct cv_push_row *rows; /* row 0: { CV_PUSH_ANY, OPTIONAL | MANY | LAST } */
    /* Its header is read: p->tag, p->len. `begin` may change p->inside, and where the content goes. */
    cv_err (*begin)(struct cv_push *p, uint8_t act);
    /* It is read whole: p->taken bytes lie in p->dst. */
    cv_err (*end)(struct cv_push *p, uint8_t act);
    /* Every byte in its order, a header's at once and before `begin`. */
    void (*pass)(struct cv_push *p, const uint8_t *bytes, size_t len);
    /* Bytes of a primitive with an act, as they come. */
    void (*content)(struct cv_push *p, uint8_t act, struct cv_bytes part);
};

struct cv_push {
    const struct cv_push_grammar *grammar;
    uint8_t *dst;
    uint16_t dst_cap, taken; /* CV_E_CERT_TOO_COMPLEX if an element to be collected is longer */
    uint16_t len;            /* of the content of the element at hand */
    uint16_t left;           /* and how much of it is still to come */
    uint8_t tag, row, inside;
    uint8_t head[4], n_head; /* of the next element */
    bool in_primitive;
    bool after_unused;   /* the next byte is the number of unused bits of a BIT STRING with elements inside */
    uint8_t first, last; /* bytes of the primitive */
    uint8_t depth;
    struct {
        uint16_t left;
        uint8_t next; /* row; CV_PUSH_END: none */
        uint8_t row;  /* that opened it */
    } level[CV_DER_DEPTH_MAX];
};

/* Begins to read len bytes that are what the production `first` says. CV_E_CERT_TOO_COMPLEX if len is 2^16 or
 * more. */
cv_err cv_push_begin(struct cv_push *p, const struct cv_push_grammar *grammar, uint8_t first, size_t len);

/* Reads on. CV_E_CERT_DER, CV_E_CERT_SYNTAX, CV_E_CERT_TOO_COMPLEX (too deep, or too long to collect), and
 * what the grammar's functions return; afterwards no more may be read. */
cv_err cv_push_bytes(struct cv_push *p, struct cv_bytes part);

/* CV_E_CERT_DER unless everything came. */
cv_err cv_push_end(const struct cv_push *p);

#endif
