/* Handshake messages: parsing each whole into a struct of views, and building it. RFC 9846 section 4.
 *
 * Parsers take the message's body (behind its 4-byte header), demand that nothing is left over, check
 * what can be checked from the message alone, and change nothing else. What depends on the connection
 * (was it offered?) is the handler's part. */
#ifndef CV_TLS_MESSAGES_H
#define CV_TLS_MESSAGES_H

#include "crypto/base/bytes.h"

enum cv_msg {
    CV_MSG_HELLO_REQUEST = 0,
    CV_MSG_CLIENT_HELLO = 1,
    CV_MSG_SERVER_HELLO = 2,
    CV_MSG_NEW_SESSION_TICKET = 4,
    CV_MSG_END_OF_EARLY_DATA = 5,
    CV_MSG_ENCRYPTED_EXTENSIONS = 8,
    CV_MSG_CERTIFICATE = 11,
    CV_MSG_SERVER_KEY_EXCHANGE = 12,
    CV_MSG_CERTIFICATE_REQUEST = 13,
    CV_MSG_SERVER_HELLO_DONE = 14,
    CV_MSG_CERTIFICATE_VERIFY = 15,
    CV_MSG_CLIENT_KEY_EXCHANGE = 16,
    CV_MSG_FINISHED = 20,
    CV_MSG_CERTIFICATE_STATUS = 22,
    CV_MSG_KEY_UPDATE = 24,
    CV_MSG_COMPRESSED_CERTIFICATE = 25,
    CV_MSG_MESSAGE_HASH = 254,
};

/* "ServerHello", as the RFCs write it; "?" for a number that is none. */
const char *cv_msg_name(uint8_t type);

/* The extensions that we know, numbered densely; extensions.c has the wire numbers and where each may
 * stand (RFC 9846 4.3, the table). */
enum cv_ext {
    CV_EXT_SERVER_NAME,
    CV_EXT_MAX_FRAGMENT_LENGTH,
    CV_EXT_STATUS_REQUEST,
    CV_EXT_SUPPORTED_GROUPS,
    CV_EXT_EC_POINT_FORMATS,
    CV_EXT_SIGNATURE_ALGORITHMS,
    CV_EXT_ALPN,
    CV_EXT_SCT,
    CV_EXT_CLIENT_CERT_TYPE,
    CV_EXT_SERVER_CERT_TYPE,
    CV_EXT_PADDING,
    CV_EXT_ENCRYPT_THEN_MAC,
    CV_EXT_EXTENDED_MASTER_SECRET,
    CV_EXT_COMPRESS_CERTIFICATE,
    CV_EXT_RECORD_SIZE_LIMIT,
    CV_EXT_SESSION_TICKET,
    CV_EXT_PRE_SHARED_KEY,
    CV_EXT_EARLY_DATA,
    CV_EXT_SUPPORTED_VERSIONS,
    CV_EXT_COOKIE,
    CV_EXT_PSK_KEY_EXCHANGE_MODES,
    CV_EXT_CERTIFICATE_AUTHORITIES,
    CV_EXT_OID_FILTERS,
    CV_EXT_POST_HANDSHAKE_AUTH,
    CV_EXT_SIGNATURE_ALGORITHMS_CERT,
    CV_EXT_KEY_SHARE,
    CV_EXT_RENEGOTIATION_INFO,
    CV_EXT_COUNT
};

/* Where an extension block stands. */
enum cv_ext_place {
    CV_IN_CLIENT_HELLO = 1 << 0,
    CV_IN_SERVER_HELLO = 1 << 1, /* TLS 1.3's */
    CV_IN_HELLO_RETRY = 1 << 2,
    CV_IN_ENCRYPTED_EXTENSIONS = 1 << 3,
    CV_IN_CERTIFICATE = 1 << 4,
    CV_IN_CERTIFICATE_REQUEST = 1 << 5,
    CV_IN_NEW_SESSION_TICKET = 1 << 6,
    CV_IN_SERVER_HELLO_12 = 1 << 7, /* TLS 1.2's */
};

/* An extension block, taken apart: the body of each known extension, p NULL where it is absent (an empty
 * body has p != NULL). */
struct cv_extensions {
    struct cv_bytes body[CV_EXT_COUNT];
    uint32_t present; /* bit 1 << enum cv_ext */
    struct cv_bytes block; /* as it stands in the message */
};

uint16_t cv_ext_wire(enum cv_ext ext);
bool cv_ext_is_known(uint16_t wire);
uint32_t cv_ext_bit(uint16_t wire); /* 1 << enum cv_ext of one that is known */
/* Beside the bits of enum cv_ext: others were asked for, too, by whom the answer's block is read again. */
#define CV_EXT_ASKED_OTHERS (UINT32_C(1) << 31)
static inline bool cv_ext_has(const struct cv_extensions *x, enum cv_ext ext)
{
    return (x->present >> ext & 1) != 0;
}

/* Reads a block behind its 16-bit length from `in`.
 * asked: bits of the extensions that this block may answer; ignored in ClientHello, CertificateRequest and
 * NewSessionTicket, where unknown extensions are passed over. With CV_EXT_ASKED_OTHERS they are passed over in
 * EncryptedExtensions and TLS 1.2's ServerHello, too.
 * CV_E_DUPLICATE_EXTENSION, CV_E_MISPLACED_EXTENSION (known, but not for this place),
 * CV_E_UNSOLICITED_EXTENSION (an answer to what was not asked, or an unknown one in an answer),
 * CV_E_BAD_PSK where pre_shared_key is not the last in a ClientHello; CV_E_TRUNCATED. */
cv_err cv_extensions_parse(struct cv_extensions *out, struct cv_bytes *in, enum cv_ext_place place,
                           uint32_t asked);

/* Begins an extension: its number and the open 16-bit length; the result goes to cv_build_close(b, m, 2). */
size_t cv_build_ext(struct cv_builder *b, enum cv_ext ext);

struct cv_client_hello {
    uint16_t legacy_version;
    struct cv_bytes random; /* 32 bytes */
    struct cv_bytes session_id;
    struct cv_bytes suites; /* u16 each */
    struct cv_bytes compression;
    bool has_extensions; /* false: the message ended before them (an old TLS 1.2 client) */
    struct cv_extensions ext;

    /* Bodies read further; p NULL where absent. Lists are checked to be whole and, where the RFC says so, not
     * empty. */
    struct cv_bytes host_name;        /* of server_name: LDH text without NUL, or CV_E_ILLEGAL_PARAMETER */
    struct cv_bytes versions;         /* u16 each */
    struct cv_bytes groups;           /* u16 each */
    struct cv_bytes sig_schemes;      /* u16 each */
    struct cv_bytes cert_sig_schemes; /* u16 each */
    struct cv_bytes key_shares;       /* {u16 group, vec16} each; no group twice: CV_E_ILLEGAL_PARAMETER */
    struct cv_bytes alpn;             /* vec8 each, none empty */
    struct cv_bytes psk_modes;        /* u8 each */
    struct cv_bytes compressions;     /* u16 each, of certificates */
    struct cv_bytes authorities;      /* vec16 (DER Name) each */
    struct cv_bytes cookie;
    struct cv_bytes psk_identities; /* {vec16, u32 age} each */
    struct cv_bytes psk_binders;    /* vec8 each, 32 to 255 bytes; as many as identities */
    size_t n_psk;
    size_t binders_len; /* bytes at the message's end that the binder hash leaves out */
};
cv_err cv_client_hello_parse(struct cv_client_hello *out, struct cv_bytes body);

struct cv_server_hello {
    uint16_t legacy_version;
    struct cv_bytes random;
    struct cv_bytes session_id;
    uint16_t suite;
    uint8_t compression;
    bool is_retry; /* the random is HelloRetryRequest's */
    bool is_tls13; /* supported_versions is there */
    struct cv_extensions ext;
    uint16_t version;      /* from supported_versions; legacy_version without it */
    uint16_t group;        /* of key_share; 0 if absent */
    struct cv_bytes share; /* empty in a retry */
    struct cv_bytes cookie;
    bool has_psk;
    uint16_t psk_index;
    struct cv_bytes alpn; /* TLS 1.2: the one protocol chosen; p NULL if absent */
    struct cv_bytes scts; /* TLS 1.2: SignedCertificateTimestampList; p NULL if absent */
};
/* What both versions have; then what only the one has, by `is_tls13`. asked: what our ClientHello carried. */
cv_err cv_server_hello_read(struct cv_server_hello *out, struct cv_bytes body, uint32_t asked);
cv_err cv_server_hello_read13(struct cv_server_hello *sh);
cv_err cv_server_hello_read12(struct cv_server_hello *sh);
/* All of it. */
cv_err cv_server_hello_parse(struct cv_server_hello *out, struct cv_bytes body, uint32_t asked);
extern const uint8_t cv_hello_retry_random[32];

struct cv_encrypted_extensions {
    struct cv_extensions ext;
    struct cv_bytes alpn; /* the one protocol chosen; p NULL if absent */
};
cv_err cv_encrypted_extensions_parse(struct cv_encrypted_extensions *out, struct cv_bytes body,
                                     uint32_t asked);

/* RFC 5246 7.4.4, RFC 8422 5.5: EdDSA counts as ECDSA. */
enum { CV_CERT_TYPE_RSA_SIGN = 1, CV_CERT_TYPE_ECDSA_SIGN = 64 };

struct cv_certificate_request {
    struct cv_bytes context;
    struct cv_bytes types;            /* TLS 1.2: of certificates, a byte each; p NULL in TLS 1.3 */
    struct cv_bytes sig_schemes;      /* required: CV_E_MISSING_EXTENSION */
    struct cv_bytes cert_sig_schemes; /* p NULL if absent */
    struct cv_bytes authorities;      /* vec16 (DER Name) each; p NULL if absent */
    struct cv_bytes compressions;     /* u16 each; p NULL if absent */
    bool staple_asked, scts_asked;    /* RFC 9846 4.5.1.1: beside the certificate */
};
cv_err cv_certificate_request_parse(struct cv_certificate_request *out, struct cv_bytes body);

struct cv_certificate_msg {
    struct cv_bytes context;
    struct cv_bytes list; /* {vec24 certificate, vec16 extensions} each, checked to be whole */
    size_t n_certs;
};
/* asked: what our hello (or request) carried that a certificate's extensions may answer. */
cv_err cv_certificate_parse(struct cv_certificate_msg *out, struct cv_bytes body, uint32_t asked);
/* A certificate, and what its extensions hold; p NULL without them. */
struct cv_certificate_entry {
    struct cv_bytes der;
    struct cv_bytes staple; /* OCSPResponse */
    struct cv_bytes scts;   /* SignedCertificateTimestampList */
};
/* The next certificate of `list`, which advances. CV_E_TRUNCATED at the end. */
cv_err cv_certificate_next(struct cv_bytes *list, struct cv_certificate_entry *out);

/* CertificateStatus, a message of TLS 1.2 and an extension of TLS 1.3 (RFC 6066 8): the OCSPResponse in it.
 * CV_E_ILLEGAL_PARAMETER for another type of status. */
cv_err cv_certificate_status_parse(struct cv_bytes *staple, struct cv_bytes body);
enum { CV_CERTIFICATE_STATUS_HEAD_LEN = 4 };
void cv_build_certificate_status(struct cv_builder *b, struct cv_bytes staple);

struct cv_certificate_verify {
    uint16_t scheme;
    struct cv_bytes signature;
};
cv_err cv_certificate_verify_parse(struct cv_certificate_verify *out, struct cv_bytes body);

struct cv_new_session_ticket {
    uint32_t lifetime;
    uint32_t age_add;
    struct cv_bytes nonce;
    struct cv_bytes ticket;  /* not empty */
    uint32_t max_early_data; /* 0 if absent */
};
cv_err cv_new_session_ticket_parse(struct cv_new_session_ticket *out, struct cv_bytes body);

/* CV_E_BAD_KEY_UPDATE for any value but 0 and 1. */
cv_err cv_key_update_parse(bool *request, struct cv_bytes body);

/* --- TLS 1.2 (RFC 5246 section 7.4, RFC 8422 section 5) --- */

/* The chain: vec24 each, checked to be whole. */
cv_err cv_certificate12_parse(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body);

struct cv_server_key_exchange {
    struct cv_bytes params;           /* what is signed, behind the randoms */
    uint16_t group;                   /* ECDHE */
    struct cv_bytes prime, generator; /* DHE */
    struct cv_bytes share;
    uint16_t scheme;
    struct cv_bytes signature;
};
/* ECDHE with a named curve; CV_E_BAD_GROUP for any other form. */
cv_err cv_server_key_exchange_parse(struct cv_server_key_exchange *out, struct cv_bytes body);
cv_err cv_client_key_exchange_parse(struct cv_bytes *share, struct cv_bytes body);
/* DHE (RFC 5246 7.4.3, 7.4.7.2). */
cv_err cv_server_key_exchange_dhe_parse(struct cv_server_key_exchange *out, struct cv_bytes body);
cv_err cv_client_key_exchange_dhe_parse(struct cv_bytes *share, struct cv_bytes body);
/* out->context stays empty. */
cv_err cv_certificate_request12_parse(struct cv_certificate_request *out, struct cv_bytes body);
/* nonce, age_add and max_early_data stay empty; so may the ticket (RFC 5077 3.3). */
cv_err cv_new_session_ticket12_parse(struct cv_new_session_ticket *out, struct cv_bytes body);

/* Lists of u16 and u8: is v among them? */
bool cv_list16_has(struct cv_bytes list, uint16_t v);
bool cv_list8_has(struct cv_bytes list, uint8_t v);

#endif
