#include "tls/lists.h"

#include <string.h>

bool cv_list16_has(struct cv_bytes list, uint16_t v)
{
    uint16_t at;
    while (cv_read_u16(&list, &at) == CV_OK) {
        if (at == v) return true;
    }
    return false;
}

bool cv_list8_has(struct cv_bytes list, uint8_t v)
{
    return list.len != 0 && memchr(list.p, v, list.len) != NULL;
}

static cv_err check_units(struct cv_bytes list, size_t unit)
{
    return list.len != 0 && list.len % unit == 0 ? CV_OK : CV_E_BAD_LENGTH;
}

cv_err cv_list_read_u8(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e = cv_read_vec8(in, out);
    return e != CV_OK ? e : check_units(*out, 1);
}

cv_err cv_list_read_u16_short(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e = cv_read_vec8(in, out);
    return e != CV_OK ? e : check_units(*out, 2);
}

cv_err cv_list_read_u16(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e = cv_read_vec16(in, out);
    return e != CV_OK ? e : check_units(*out, 2);
}

cv_err cv_list_read_vec8(struct cv_bytes *in, struct cv_bytes *out)
{
    return cv_read_vec8(in, out);
}

cv_err cv_list_read_cookie(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e = cv_read_vec16(in, out);
    return e != CV_OK ? e : check_units(*out, 1);
}

cv_err cv_list_read_one_byte(struct cv_bytes *in, struct cv_bytes *out)
{
    return cv_read_bytes(in, 1, out);
}

cv_err cv_list_read_two_bytes(struct cv_bytes *in, struct cv_bytes *out)
{
    return cv_read_bytes(in, 2, out);
}

cv_err cv_list_read_nothing(struct cv_bytes *in, struct cv_bytes *out)
{
    *out = *in;
    return CV_OK;
}

/* A list of vectors, neither it nor any of them empty. */
static cv_err read_nested(struct cv_bytes *in, struct cv_bytes *out,
                          cv_err (*read_element)(struct cv_bytes *in, struct cv_bytes *out))
{
    cv_err e;
    if ((e = cv_read_vec16(in, out)) != CV_OK) return e;
    if (out->len == 0) return CV_E_BAD_LENGTH;
    struct cv_bytes rest = *out, element;
    while (rest.len != 0) {
        if ((e = read_element(&rest, &element)) != CV_OK) return e;
        if (element.len == 0) return CV_E_BAD_LENGTH;
    }
    return CV_OK;
}

cv_err cv_list_read_protocols(struct cv_bytes *in, struct cv_bytes *out)
{
    return read_nested(in, out, cv_read_vec8);
}

cv_err cv_list_read_authorities(struct cv_bytes *in, struct cv_bytes *out)
{
    return read_nested(in, out, cv_read_vec16);
}

cv_err cv_list_read_scts(struct cv_bytes *in, struct cv_bytes *out)
{
    struct cv_bytes whole = *in, list;
    cv_err e = cv_list_read_authorities(in, &list);
    return e == CV_OK ? cv_read_bytes(&whole, 2 + list.len, out) : e;
}

cv_err cv_ext_fields_read(void *msg, const struct cv_extensions *x, const struct cv_ext_field *fields,
                          size_t n_fields)
{
    for (size_t i = 0; i < n_fields; i++) {
        const struct cv_ext_field *f = &fields[i];
        if (!cv_ext_has(x, f->ext)) continue;
        struct cv_bytes in = x->body[f->ext], content;
        cv_err e;
        if ((e = f->read(&in, &content)) != CV_OK) return e;
        if ((e = cv_read_end(in)) != CV_OK) return e;
        if (f->to != CV_EXT_ONLY_CHECK) memcpy((char *)msg + f->to, &content, sizeof content);
    }
    return CV_OK;
}

cv_err cv_list_read_one_protocol(struct cv_bytes *in, struct cv_bytes *out)
{
    struct cv_bytes list;
    cv_err e;
    if ((e = cv_read_vec16(in, &list)) != CV_OK) return e;
    if ((e = cv_read_vec8(&list, out)) != CV_OK) return e;
    if (out->len == 0) return CV_E_BAD_LENGTH;
    return cv_read_end(list);
}
