#include "tls/lists.h"

const char *cv_msg_name(uint8_t type)
{
    static const char *const names[] = {
        [CV_MSG_HELLO_REQUEST] = "HelloRequest",
        [CV_MSG_CLIENT_HELLO] = "ClientHello",
        [CV_MSG_SERVER_HELLO] = "ServerHello",
        [CV_MSG_NEW_SESSION_TICKET] = "NewSessionTicket",
        [CV_MSG_END_OF_EARLY_DATA] = "EndOfEarlyData",
        [CV_MSG_ENCRYPTED_EXTENSIONS] = "EncryptedExtensions",
        [CV_MSG_CERTIFICATE] = "Certificate",
        [CV_MSG_SERVER_KEY_EXCHANGE] = "ServerKeyExchange",
        [CV_MSG_CERTIFICATE_REQUEST] = "CertificateRequest",
        [CV_MSG_SERVER_HELLO_DONE] = "ServerHelloDone",
        [CV_MSG_CERTIFICATE_VERIFY] = "CertificateVerify",
        [CV_MSG_CLIENT_KEY_EXCHANGE] = "ClientKeyExchange",
        [CV_MSG_FINISHED] = "Finished",
        [CV_MSG_CERTIFICATE_STATUS] = "CertificateStatus",
        [CV_MSG_KEY_UPDATE] = "KeyUpdate",
        [CV_MSG_COMPRESSED_CERTIFICATE] = "CompressedCertificate",
    };
    bool known = type < sizeof names / sizeof names[0] && names[type] != NULL;
    return known ? names[type] : "?";
}

static const struct cv_ext_field encrypted_extensions_fields[] = {
    {CV_EXT_SERVER_NAME, CV_EXT_ONLY_CHECK, cv_list_read_nothing}, /* RFC 6066 3 */
    {CV_EXT_SUPPORTED_GROUPS, CV_EXT_ONLY_CHECK, cv_list_read_u16},
    {CV_EXT_ALPN, offsetof(struct cv_encrypted_extensions, alpn), cv_list_read_one_protocol},
    {CV_EXT_CLIENT_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_one_byte}, /* RFC 7250 3 */
    {CV_EXT_SERVER_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_MAX_FRAGMENT_LENGTH, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_RECORD_SIZE_LIMIT, CV_EXT_ONLY_CHECK, cv_list_read_two_bytes},
    {CV_EXT_EARLY_DATA, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
};

cv_err cv_encrypted_extensions_parse(struct cv_encrypted_extensions *out, struct cv_bytes body,
                                     uint32_t asked)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_encrypted_extensions){.alpn = {NULL, 0}};
    if ((e = cv_extensions_parse(&out->ext, &in, CV_IN_ENCRYPTED_EXTENSIONS, asked)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    return cv_ext_fields_read(out, &out->ext, encrypted_extensions_fields,
                              sizeof encrypted_extensions_fields / sizeof encrypted_extensions_fields[0]);
}

#define AT(member) offsetof(struct cv_certificate_request, member)
static const struct cv_ext_field certificate_request_fields[] = {
    {CV_EXT_SIGNATURE_ALGORITHMS, AT(sig_schemes), cv_list_read_u16},
    {CV_EXT_SIGNATURE_ALGORITHMS_CERT, AT(cert_sig_schemes), cv_list_read_u16},
    {CV_EXT_CERTIFICATE_AUTHORITIES, AT(authorities), cv_list_read_authorities},
    {CV_EXT_COMPRESS_CERTIFICATE, AT(compressions), cv_list_read_u16_short},
    {CV_EXT_STATUS_REQUEST, CV_EXT_ONLY_CHECK, cv_list_read_nothing}, /* RFC 9846 4.5.1.1: empty */
    {CV_EXT_SCT, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
};
#undef AT

cv_err cv_certificate_request_parse(struct cv_certificate_request *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    struct cv_extensions x;
    cv_err e;
    *out = (struct cv_certificate_request){.context = {NULL, 0}};
    if ((e = cv_read_vec8(&in, &out->context)) != CV_OK) return e;
    if ((e = cv_extensions_parse(&x, &in, CV_IN_CERTIFICATE_REQUEST, 0)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    /* RFC 9846 4.4.2 */
    if (!cv_ext_has(&x, CV_EXT_SIGNATURE_ALGORITHMS)) return CV_E_MISSING_EXTENSION;
    out->staple_asked = cv_ext_has(&x, CV_EXT_STATUS_REQUEST);
    out->scts_asked = cv_ext_has(&x, CV_EXT_SCT);
    return cv_ext_fields_read(out, &x, certificate_request_fields,
                              sizeof certificate_request_fields / sizeof certificate_request_fields[0]);
}

enum { STATUS_TYPE_OCSP = 1 };

cv_err cv_certificate_status_parse(struct cv_bytes *staple, struct cv_bytes body)
{
    struct cv_bytes in = body;
    uint8_t type;
    cv_err e;
    if ((e = cv_read_u8(&in, &type)) != CV_OK) return e;
    if (type != STATUS_TYPE_OCSP) return CV_E_ILLEGAL_PARAMETER;
    if ((e = cv_read_vec24(&in, staple)) != CV_OK) return e;
    if (staple->len == 0) return CV_E_BAD_LENGTH;
    return cv_read_end(in);
}

void cv_build_certificate_status(struct cv_builder *b, struct cv_bytes staple)
{
    cv_build_u8(b, STATUS_TYPE_OCSP);
    size_t mark = cv_build_open(b, 3);
    cv_build_bytes(b, staple.p, staple.len);
    cv_build_close(b, mark, 3);
}

static cv_err read_staple(struct cv_bytes *in, struct cv_bytes *out)
{
    struct cv_bytes body = *in;
    *in = cv_bytes(in->p + in->len, 0);
    return cv_certificate_status_parse(out, body);
}

static const struct cv_ext_field entry_fields[] = {
    {CV_EXT_STATUS_REQUEST, offsetof(struct cv_certificate_entry, staple), read_staple},
    {CV_EXT_SCT, offsetof(struct cv_certificate_entry, scts), cv_list_read_scts},
};

static cv_err read_entry(struct cv_bytes *in, struct cv_certificate_entry *out, uint32_t asked)
{
    struct cv_extensions x;
    cv_err e;
    *out = (struct cv_certificate_entry){.der = {NULL, 0}};
    if ((e = cv_read_vec24(in, &out->der)) != CV_OK) return e;
    if ((e = cv_extensions_parse(&x, in, CV_IN_CERTIFICATE, asked)) != CV_OK) return e;
    return cv_ext_fields_read(out, &x, entry_fields, sizeof entry_fields / sizeof entry_fields[0]);
}

cv_err cv_certificate_next(struct cv_bytes *list, struct cv_certificate_entry *out)
{
    struct cv_bytes rest = *list;
    cv_err e = read_entry(&rest, out, UINT32_MAX); /* what was asked for was checked when the message came */
    if (e == CV_OK) *list = rest;
    return e;
}

cv_err cv_certificate_parse(struct cv_certificate_msg *out, struct cv_bytes body, uint32_t asked)
{
    struct cv_bytes in = body;
    struct cv_certificate_entry entry;
    cv_err e;
    *out = (struct cv_certificate_msg){.n_certs = 0};
    if ((e = cv_read_vec8(&in, &out->context)) != CV_OK) return e;
    if ((e = cv_read_vec24(&in, &out->list)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    for (struct cv_bytes rest = out->list; rest.len != 0; out->n_certs++) {
        if ((e = read_entry(&rest, &entry, asked)) != CV_OK) return e;
        if (entry.der.len == 0) return CV_E_BAD_LENGTH;
    }
    return CV_OK;
}

cv_err cv_certificate_verify_parse(struct cv_certificate_verify *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_certificate_verify){.scheme = 0};
    if ((e = cv_read_u16(&in, &out->scheme)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &out->signature)) != CV_OK) return e;
    return cv_read_end(in);
}

cv_err cv_new_session_ticket_parse(struct cv_new_session_ticket *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    struct cv_extensions x;
    cv_err e;
    *out = (struct cv_new_session_ticket){.lifetime = 0};
    if ((e = cv_read_u32(&in, &out->lifetime)) != CV_OK) return e;
    if ((e = cv_read_u32(&in, &out->age_add)) != CV_OK) return e;
    if ((e = cv_read_vec8(&in, &out->nonce)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &out->ticket)) != CV_OK) return e;
    if (out->ticket.len == 0) return CV_E_BAD_LENGTH;
    if ((e = cv_extensions_parse(&x, &in, CV_IN_NEW_SESSION_TICKET, 0)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    if (!cv_ext_has(&x, CV_EXT_EARLY_DATA)) return CV_OK;
    struct cv_bytes early_data = x.body[CV_EXT_EARLY_DATA];
    if ((e = cv_read_u32(&early_data, &out->max_early_data)) != CV_OK) return e;
    return cv_read_end(early_data);
}

cv_err cv_key_update_parse(bool *request, struct cv_bytes body)
{
    struct cv_bytes in = body;
    uint8_t value;
    cv_err e;
    if ((e = cv_read_u8(&in, &value)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    /* RFC 9846 4.7.3 */
    if (value > 1) return CV_E_BAD_KEY_UPDATE;
    *request = value == 1;
    return CV_OK;
}
