#include "tls/lists.h"

#include <string.h>

/* RFC 9846 4.2.3: SHA-256 of "HelloRetryRequest". */
const uint8_t cv_hello_retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

enum { RANDOM_LEN = 32, SESSION_ID_MAX = 32, HOST_NAME_MAX = 255, NAME_TYPE_HOST = 0, STATUS_OCSP = 1 };

static bool is_host_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_'; /* not LDH, but in use */
}

/* RFC 6066 3: one name of each type, and host_name is the only type whose form is known. */
static cv_err read_server_name(struct cv_bytes *in, struct cv_bytes *out)
{
    struct cv_bytes list;
    uint8_t type;
    cv_err e;
    if ((e = cv_read_vec16(in, &list)) != CV_OK) return e;
    if ((e = cv_read_u8(&list, &type)) != CV_OK) return e;
    if ((e = cv_read_vec16(&list, out)) != CV_OK) return e;
    if (type != NAME_TYPE_HOST || list.len != 0) return CV_E_DECODE;
    if (out->len == 0) return CV_E_BAD_LENGTH;
    if (out->len > HOST_NAME_MAX) return CV_E_ILLEGAL_PARAMETER;
    for (struct cv_bytes rest = *out; rest.len != 0;) {
        uint8_t c;
        if ((e = cv_read_u8(&rest, &c)) != CV_OK) return e;
        if (!is_host_name_char(c)) return CV_E_ILLEGAL_PARAMETER;
    }
    return CV_OK;
}

/* RFC 6066 8. A request of another type than OCSP has a form of its own and is left unread. */
static cv_err read_status_request(struct cv_bytes *in, struct cv_bytes *out)
{
    uint8_t type;
    cv_err e;
    if ((e = cv_read_u8(in, &type)) != CV_OK) return e;
    if (type != STATUS_OCSP) return cv_read_bytes(in, in->len, out);
    if ((e = cv_read_vec16(in, out)) != CV_OK) return e;
    return cv_read_vec16(in, out);
}

static cv_err read_share(struct cv_bytes *in, uint16_t *group, struct cv_bytes *key)
{
    cv_err e;
    if ((e = cv_read_u16(in, group)) != CV_OK) return e;
    if ((e = cv_read_vec16(in, key)) != CV_OK) return e;
    return key->len != 0 ? CV_OK : CV_E_BAD_LENGTH;
}

/* The list may be empty: it then asks for a HelloRetryRequest (RFC 9846 4.3.8). */
static cv_err read_key_shares(struct cv_bytes *in, struct cv_bytes *out)
{
    cv_err e;
    if ((e = cv_read_vec16(in, out)) != CV_OK) return e;
    for (struct cv_bytes rest = *out, key; rest.len != 0;) {
        uint16_t group;
        if ((e = read_share(&rest, &group, &key)) != CV_OK) return e;
    }
    return CV_OK;
}

/* Is each share's group in `groups`, each behind the one before? Then none comes twice either, unless
 * supported_groups itself repeats it. One walk through both lists. */
static bool shares_follow(struct cv_bytes shares, struct cv_bytes groups)
{
    struct cv_bytes key;
    uint16_t group, at;
    while (read_share(&shares, &group, &key) == CV_OK) {
        do {
            if (cv_read_u16(&groups, &at) != CV_OK) return false;
        } while (at != group);
    }
    return true;
}

/* RFC 9846 4.3.8: the shares are for groups in supported_groups, in that order, none twice. Another order
 * harms nobody and is let pass up to a number that keeps the time linear. */
enum { UNORDERED_SHARES_MAX = 16 };
static cv_err check_key_shares(struct cv_bytes shares, struct cv_bytes groups)
{
    uint16_t seen[UNORDERED_SHARES_MAX];
    size_t n_seen = 0;
    struct cv_bytes key;
    if (shares_follow(shares, groups)) return CV_OK;
    while (shares.len != 0) {
        uint16_t group;
        cv_err e;
        if (n_seen == UNORDERED_SHARES_MAX) return CV_E_ILLEGAL_PARAMETER;
        if ((e = read_share(&shares, &group, &key)) != CV_OK) return e;
        if (!cv_list16_has(groups, group)) return CV_E_ILLEGAL_PARAMETER;
        for (size_t i = 0; i < n_seen; i++) {
            if (seen[i] == group) return CV_E_ILLEGAL_PARAMETER;
        }
        seen[n_seen++] = group;
    }
    return CV_OK;
}

static cv_err count_identities(struct cv_bytes list, size_t *n)
{
    for (*n = 0; list.len != 0; (*n)++) {
        struct cv_bytes identity;
        uint32_t age;
        cv_err e;
        if ((e = cv_read_vec16(&list, &identity)) != CV_OK) return e;
        if ((e = cv_read_u32(&list, &age)) != CV_OK) return e;
        if (identity.len == 0) return CV_E_BAD_LENGTH;
    }
    return *n != 0 ? CV_OK : CV_E_BAD_LENGTH;
}

static cv_err count_binders(struct cv_bytes list, size_t *n)
{
    for (*n = 0; list.len != 0; (*n)++) {
        struct cv_bytes binder;
        cv_err e;
        if ((e = cv_read_vec8(&list, &binder)) != CV_OK) return e;
        if (binder.len < 32) return CV_E_BAD_LENGTH;
    }
    return *n != 0 ? CV_OK : CV_E_BAD_LENGTH;
}

/* RFC 9846 4.3.11. */
static cv_err read_offered_psks(struct cv_client_hello *out)
{
    struct cv_bytes in = out->ext.body[CV_EXT_PRE_SHARED_KEY];
    size_t n_binders;
    cv_err e;
    if ((e = cv_read_vec16(&in, &out->psk_identities)) != CV_OK) return e;
    out->binders_len = in.len;
    if ((e = cv_read_vec16(&in, &out->psk_binders)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    if ((e = count_identities(out->psk_identities, &out->n_psk)) != CV_OK) return e;
    if ((e = count_binders(out->psk_binders, &n_binders)) != CV_OK) return e;
    if (n_binders != out->n_psk) return CV_E_BAD_PSK;
    /* RFC 9846 4.3.9: without the modes the server must not go on. */
    return cv_ext_has(&out->ext, CV_EXT_PSK_KEY_EXCHANGE_MODES) ? CV_OK : CV_E_MISSING_EXTENSION;
}

#define AT(member) offsetof(struct cv_client_hello, member)
static const struct cv_ext_field client_hello_fields[] = {
    {CV_EXT_SERVER_NAME, AT(host_name), read_server_name},
    {CV_EXT_STATUS_REQUEST, CV_EXT_ONLY_CHECK, read_status_request},
    {CV_EXT_SUPPORTED_GROUPS, AT(groups), cv_list_read_u16},
    {CV_EXT_EC_POINT_FORMATS, CV_EXT_ONLY_CHECK, cv_list_read_u8},
    {CV_EXT_SIGNATURE_ALGORITHMS, AT(sig_schemes), cv_list_read_u16},
    {CV_EXT_ALPN, AT(alpn), cv_list_read_protocols},
    {CV_EXT_MAX_FRAGMENT_LENGTH, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_RECORD_SIZE_LIMIT, CV_EXT_ONLY_CHECK, cv_list_read_two_bytes},
    {CV_EXT_SCT, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_CLIENT_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_u8},
    {CV_EXT_SERVER_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_u8},
    {CV_EXT_ENCRYPT_THEN_MAC, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_EXTENDED_MASTER_SECRET, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_COMPRESS_CERTIFICATE, AT(compressions), cv_list_read_u16_short},
    {CV_EXT_EARLY_DATA, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_SUPPORTED_VERSIONS, AT(versions), cv_list_read_u16_short},
    {CV_EXT_COOKIE, AT(cookie), cv_list_read_cookie},
    {CV_EXT_PSK_KEY_EXCHANGE_MODES, AT(psk_modes), cv_list_read_u8},
    {CV_EXT_CERTIFICATE_AUTHORITIES, AT(authorities), cv_list_read_authorities},
    {CV_EXT_POST_HANDSHAKE_AUTH, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_SIGNATURE_ALGORITHMS_CERT, AT(cert_sig_schemes), cv_list_read_u16},
    {CV_EXT_KEY_SHARE, AT(key_shares), read_key_shares},
    {CV_EXT_RENEGOTIATION_INFO, CV_EXT_ONLY_CHECK, cv_list_read_vec8},
};
#undef AT

static cv_err read_client_extensions(struct cv_client_hello *out)
{
    cv_err e;
    if ((e = cv_ext_fields_read(out, &out->ext, client_hello_fields,
                                sizeof client_hello_fields / sizeof client_hello_fields[0])) != CV_OK) {
        return e;
    }
    /* A missing supported_groups is for whoever knows the version to judge (RFC 9846 9.2). */
    if (out->key_shares.p != NULL && out->groups.p != NULL) {
        if ((e = check_key_shares(out->key_shares, out->groups)) != CV_OK) return e;
    }
    return cv_ext_has(&out->ext, CV_EXT_PRE_SHARED_KEY) ? read_offered_psks(out) : CV_OK;
}

/* Version, random and session ID, with which both hellos begin. */
static cv_err read_hello_start(struct cv_bytes *in, uint16_t *version, struct cv_bytes *random,
                               struct cv_bytes *session_id)
{
    cv_err e;
    if ((e = cv_read_u16(in, version)) != CV_OK) return e;
    if ((e = cv_read_bytes(in, RANDOM_LEN, random)) != CV_OK) return e;
    if ((e = cv_read_vec8(in, session_id)) != CV_OK) return e;
    return session_id->len <= SESSION_ID_MAX ? CV_OK : CV_E_BAD_LENGTH;
}

cv_err cv_client_hello_parse(struct cv_client_hello *out, struct cv_bytes body)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_client_hello){.legacy_version = 0};
    if ((e = read_hello_start(&in, &out->legacy_version, &out->random, &out->session_id)) != CV_OK) return e;
    if ((e = cv_list_read_u16(&in, &out->suites)) != CV_OK) return e;
    if ((e = cv_list_read_u8(&in, &out->compression)) != CV_OK) return e;
    /* RFC 5246 7.4.1.2: null is always among them. That TLS 1.3 allows nothing else is the handler's check.
     */
    if (!cv_list8_has(out->compression, 0)) return CV_E_BAD_COMPRESSION;
    /* RFC 9846 4.2.2: TLS 1.2 clients may end here. */
    if (in.len == 0) return CV_OK;
    out->has_extensions = true;
    if ((e = cv_extensions_parse(&out->ext, &in, CV_IN_CLIENT_HELLO, 0)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    return read_client_extensions(out);
}

/* Looks ahead for supported_versions: RFC 9846 4.3.1 wants it found before the rest is processed. A block
 * that is cut off fails later. */
static bool has_supported_versions(struct cv_bytes in)
{
    struct cv_bytes block, body;
    uint16_t wire;
    if (cv_read_vec16(&in, &block) != CV_OK) return false;
    while (cv_read_u16(&block, &wire) == CV_OK && cv_read_vec16(&block, &body) == CV_OK) {
        if (wire == cv_ext_wire(CV_EXT_SUPPORTED_VERSIONS)) return true;
    }
    return false;
}

static cv_err read_selected_version(struct cv_server_hello *out)
{
    struct cv_bytes in = out->ext.body[CV_EXT_SUPPORTED_VERSIONS];
    cv_err e;
    if ((e = cv_read_u16(&in, &out->version)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    /* RFC 9846 4.3.1: nothing before TLS 1.3 is chosen here. */
    return out->version >= 0x0304 ? CV_OK : CV_E_ILLEGAL_PARAMETER;
}

static cv_err read_server_share(struct cv_server_hello *out)
{
    struct cv_bytes in = out->ext.body[CV_EXT_KEY_SHARE];
    cv_err e = out->is_retry ? cv_read_u16(&in, &out->group) : read_share(&in, &out->group, &out->share);
    return e != CV_OK ? e : cv_read_end(in);
}

static cv_err read_psk_index(struct cv_server_hello *out)
{
    struct cv_bytes in = out->ext.body[CV_EXT_PRE_SHARED_KEY];
    cv_err e;
    if ((e = cv_read_u16(&in, &out->psk_index)) != CV_OK) return e;
    out->has_psk = true;
    return cv_read_end(in);
}

static const struct cv_ext_field retry_fields[] = {
    {CV_EXT_COOKIE, offsetof(struct cv_server_hello, cookie), cv_list_read_cookie},
};

cv_err cv_server_hello_read13(struct cv_server_hello *out)
{
    cv_err e;
    /* RFC 9846 4.2.3. */
    if (out->legacy_version != 0x0303) return CV_E_BAD_LEGACY_VERSION;
    if (out->compression != 0) return CV_E_BAD_COMPRESSION;
    if ((e = read_selected_version(out)) != CV_OK) return e;
    if (cv_ext_has(&out->ext, CV_EXT_KEY_SHARE) && (e = read_server_share(out)) != CV_OK) return e;
    if (cv_ext_has(&out->ext, CV_EXT_PRE_SHARED_KEY) && (e = read_psk_index(out)) != CV_OK) return e;
    return cv_ext_fields_read(out, &out->ext, retry_fields, 1);
}

static const struct cv_ext_field tls12_server_hello_fields[] = {
    {CV_EXT_ALPN, offsetof(struct cv_server_hello, alpn), cv_list_read_one_protocol},
    {CV_EXT_SCT, offsetof(struct cv_server_hello, scts), cv_list_read_scts},
    {CV_EXT_CLIENT_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_SERVER_CERT_TYPE, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_SERVER_NAME, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_MAX_FRAGMENT_LENGTH, CV_EXT_ONLY_CHECK, cv_list_read_one_byte},
    {CV_EXT_RECORD_SIZE_LIMIT, CV_EXT_ONLY_CHECK, cv_list_read_two_bytes},
    {CV_EXT_STATUS_REQUEST, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_EC_POINT_FORMATS, CV_EXT_ONLY_CHECK, cv_list_read_u8},
    {CV_EXT_ENCRYPT_THEN_MAC, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_EXTENDED_MASTER_SECRET, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_SESSION_TICKET, CV_EXT_ONLY_CHECK, cv_list_read_nothing},
    {CV_EXT_RENEGOTIATION_INFO, CV_EXT_ONLY_CHECK, cv_list_read_vec8},
};

cv_err cv_server_hello_read12(struct cv_server_hello *out)
{
    return cv_ext_fields_read(out, &out->ext, tls12_server_hello_fields,
                              sizeof tls12_server_hello_fields / sizeof tls12_server_hello_fields[0]);
}

cv_err cv_server_hello_read(struct cv_server_hello *out, struct cv_bytes body, uint32_t asked)
{
    struct cv_bytes in = body;
    cv_err e;
    *out = (struct cv_server_hello){.legacy_version = 0};
    if ((e = read_hello_start(&in, &out->legacy_version, &out->random, &out->session_id)) != CV_OK) return e;
    if ((e = cv_read_u16(&in, &out->suite)) != CV_OK) return e;
    if ((e = cv_read_u8(&in, &out->compression)) != CV_OK) return e;
    out->is_retry = memcmp(out->random.p, cv_hello_retry_random, RANDOM_LEN) == 0;
    out->is_tls13 = has_supported_versions(in);
    out->version = out->legacy_version;
    if (in.len != 0) {
        enum cv_ext_place place = out->is_retry   ? CV_IN_HELLO_RETRY
                                  : out->is_tls13 ? CV_IN_SERVER_HELLO
                                                  : CV_IN_SERVER_HELLO_12;
        if ((e = cv_extensions_parse(&out->ext, &in, place, asked)) != CV_OK) return e;
        if ((e = cv_read_end(in)) != CV_OK) return e;
    }
    /* RFC 9846 4.2.4 */
    return out->is_retry && !out->is_tls13 ? CV_E_MISSING_EXTENSION : CV_OK;
}

cv_err cv_server_hello_parse(struct cv_server_hello *out, struct cv_bytes body, uint32_t asked)
{
    cv_err e = cv_server_hello_read(out, body, asked);
    if (e != CV_OK) return e;
    return out->is_tls13 ? cv_server_hello_read13(out) : cv_server_hello_read12(out);
}
