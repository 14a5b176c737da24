/* Messages that only TLS 1.2 has, or has in another form. */
#include "tls/lists.h"

cv_err cv_certificate12_parse(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body)
{
    struct cv_bytes in = body, der;
    cv_err e;
    *n_certs = 0;
    if ((e = cv_read_vec24(&in, list)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    for (struct cv_bytes rest = *list; rest.len != 0; ++*n_certs) {
        if ((e = cv_read_vec24(&rest, &der)) != CV_OK) return e;
        if (der.len == 0) return CV_E_BAD_LENGTH;
    }
    return CV_OK;
}

/* What is signed ends here; scheme and signature follow. */
static cv_err read_signature(struct cv_server_key_exchange *out, struct cv_bytes in, struct cv_bytes body)
{
    cv_err e;
    out->params = cv_bytes(body.p, body.len - in.len);
    if ((e = cv_read_u16(&in, &out->scheme)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &out->signature)) != CV_OK) return e;
    return cv_read_end(in);
}

cv_err cv_server_key_exchange_parse(struct cv_server_key_exchange *out, struct cv_bytes body)
{
    enum { NAMED_CURVE = 3 };
    struct cv_bytes in = body;
    uint8_t curve_type;
    cv_err e;
    *out = (struct cv_server_key_exchange){.group = 0};
    if ((e = cv_read_u8(&in, &curve_type)) != CV_OK) return e;
    if (curve_type != NAMED_CURVE) return CV_E_BAD_GROUP; /* RFC 8422 5.4 */
    if ((e = cv_read_u16(&in, &out->group)) != CV_OK) return e;
    if ((e = cv_read_vec8(&in, &out->share)) != CV_OK) return e;
    return read_signature(out, in, body);
}

static cv_err read_number(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e = cv_read_vec16(in, out);
    return e == CV_OK && out->len == 0 ? CV_E_BAD_LENGTH : e;
}

cv_err cv_server_key_exchange_dhe_parse(struct cv_server_key_exchange *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_server_key_exchange){.group = 0};
    if ((e = read_number(&in, &out->prime)) != CV_OK) return e;
    if ((e = read_number(&in, &out->generator)) != CV_OK) return e;
    if ((e = read_number(&in, &out->share)) != CV_OK) return e;
    return read_signature(out, in, body);
}

cv_err cv_client_key_exchange_dhe_parse(struct cv_bytes *share, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e = read_number(&in, share);
    return e != CV_OK ? e : cv_read_end(in);
}

cv_err cv_client_key_exchange_parse(struct cv_bytes *share, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e = cv_read_vec8(&in, share);
    return e != CV_OK ? e : cv_read_end(in);
}

/* RFC 5246 7.4.4: CA names, possibly none. */
static cv_err check_authorities(struct cv_bytes list)
{
    struct cv_bytes name;
    while (list.len != 0) {
        cv_err e = cv_read_vec16(&list, &name);
        if (e != CV_OK) return e;
        if (name.len == 0) return CV_E_BAD_LENGTH;
    }
    return CV_OK;
}

cv_err cv_certificate_request12_parse(struct cv_certificate_request *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_certificate_request){.context = {NULL, 0}};
    if ((e = cv_list_read_u8(&in, &out->types)) != CV_OK) return e;
    if ((e = cv_list_read_u16(&in, &out->sig_schemes)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &out->authorities)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    return check_authorities(out->authorities);
}

cv_err cv_new_session_ticket12_parse(struct cv_new_session_ticket *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_new_session_ticket){.lifetime = 0};
    if ((e = cv_read_u32(&in, &out->lifetime)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &out->ticket)) != CV_OK) return e;
    return cv_read_end(in);
}
