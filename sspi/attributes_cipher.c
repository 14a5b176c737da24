#include "sspi/attributes.h"

#include "sspi/unicode.h"

#include <string.h>

/* How Windows names what a suite is made of. */
struct cipher_names {
    uint16_t suite;
    const char *cipher; /* as CNG calls it */
    ALG_ID cipher_id;   /* 0: the CryptoAPI has no number for it */
    uint16_t bits, block_len;
    ALG_ID hash_id;
    const char *hash; /* of CBC's MAC; else "" */
    uint16_t hash_bits;
};

static void name_mac(struct cipher_names *out, const struct cv_hash *hash)
{
    bool sha1 = hash->id == CV_HASH_SHA1, sha384 = hash->id == CV_HASH_SHA384;
    out->hash_id = sha1 ? CALG_SHA1 : sha384 ? CALG_SHA_384 : CALG_SHA_256;
    out->hash = sha1 ? "SHA1" : sha384 ? "SHA384" : "SHA256";
    out->hash_bits = (uint16_t)(hash->digest_len * 8);
}

/* False while no suite is chosen. */
static bool names_of(const struct cv_query *q, struct cipher_names *out)
{
    const struct cv_suite *s = q->info.suite;
    if (s == NULL) return false;
    *out = (struct cipher_names){
        .suite = s->id,
        .bits = (uint16_t)(cv_suite_key_len(s) * 8),
        .hash_id = s->hash->id == CV_HASH_SHA384 ? CALG_SHA_384 : CALG_SHA_256,
        .hash = "",
    };
    if (s->aead == NULL) name_mac(out, s->cbc.hash);
    if (strstr(s->name, "CHACHA20") != NULL) {
        out->cipher = "CHACHA20_POLY1305";
        return true;
    }
    out->cipher = "AES";
    out->cipher_id = out->bits == 128 ? CALG_AES_128 : CALG_AES_256;
    out->block_len = 16;
    return true;
}

static DWORD protocol_bit(const struct cv_query *q)
{
    bool client = q->info.role == CV_CLIENT;
    if (q->info.version == CV_TLS12) return client ? SP_PROT_TLS1_2_CLIENT : SP_PROT_TLS1_2_SERVER;
    return client ? SP_PROT_TLS1_3_CLIENT : SP_PROT_TLS1_3_SERVER;
}

/* Is the key exchange in a finite field? */
static bool in_field(const struct cv_query *q)
{
    return q->info.suite->dhe != NULL || (q->info.group != NULL && q->info.group->field != NULL);
}

static DWORD exchange_bits(const struct cv_query *q)
{
    return q->info.group == NULL ? 0 : q->info.group->bits;
}

SECURITY_STATUS cv_query_connection_info(const struct cv_query *q)
{
    struct cipher_names n;
    if (!names_of(q, &n)) return SEC_E_INVALID_HANDLE;
    *(SecPkgContext_ConnectionInfo *)q->out = (SecPkgContext_ConnectionInfo){
        .dwProtocol = protocol_bit(q),
        .aiCipher = n.cipher_id,
        .dwCipherStrength = n.bits,
        .aiHash = n.hash_id,
        .dwHashStrength = n.hash_bits, /* 0: the cipher protects integrity */
        .aiExch = in_field(q) ? CALG_DH_EPHEM : CALG_ECDH_EPHEM,
        .dwExchStrength = exchange_bits(q),
    };
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_connection_info_ex(const struct cv_query *q)
{
    struct cipher_names n;
    SecPkgContext_ConnectionInfoEx *out = q->out;
    if (!names_of(q, &n)) return SEC_E_INVALID_HANDLE;
    if (out->dwVersion != SECPKGCONTEXT_CONNECTION_INFO_EX_V1) return SEC_E_UNSUPPORTED_FUNCTION;
    *out = (SecPkgContext_ConnectionInfoEx){
        .dwVersion = SECPKGCONTEXT_CONNECTION_INFO_EX_V1,
        .dwProtocol = protocol_bit(q),
        .dwCipherStrength = n.bits,
        .dwExchStrength = exchange_bits(q),
    };
    cv_wide_ascii(out->szCipher, SZ_ALG_MAX_SIZE, n.cipher);
    cv_wide_ascii(out->szExchange, SZ_ALG_MAX_SIZE, in_field(q) ? "DH" : "ECDH");
    return SEC_E_OK;
}

/* The kind of key that the server's certificate has, as its signature showed it. */
static const char *certificate_kind(const struct cv_query *q, ALG_ID *id)
{
    uint16_t scheme = q->info.role == CV_CLIENT ? q->info.peer_scheme : q->info.own_scheme;
    switch (scheme) {
    case 0x0403: /* RFC 9846 4.3.3 */
    case 0x0503:
    case 0x0603:
        *id = CALG_ECDSA;
        return "ECDSA";
    case 0x0807:
    case 0x0808:
        *id = 0;
        return "EdDSA";
    case 0:
        *id = 0;
        return ""; /* resumed */
    default:
        *id = CALG_RSA_SIGN;
        return "RSA";
    }
}

SECURITY_STATUS cv_query_cipher_info(const struct cv_query *q)
{
    struct cipher_names n;
    SecPkgContext_CipherInfo *out = q->out;
    ALG_ID id;
    if (!names_of(q, &n)) return SEC_E_INVALID_HANDLE;
    if (out->dwVersion != SECPKGCONTEXT_CIPHERINFO_V1) return SEC_E_UNSUPPORTED_FUNCTION;
    *out = (SecPkgContext_CipherInfo){
        .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1,
        .dwProtocol = q->info.version,
        .dwCipherSuite = n.suite,
        .dwBaseCipherSuite = n.suite,
        .dwCipherLen = n.bits,
        .dwCipherBlockLen = n.block_len,
        .dwHashLen = n.hash_bits,
        .dwMinExchangeLen = 0,
        .dwMaxExchangeLen = 65536,
        .dwKeyType = q->info.group == NULL ? 0 : q->info.group->id,
    };
    cv_wide_ascii(out->szCipherSuite, SZ_ALG_MAX_SIZE, q->info.suite->name);
    cv_wide_ascii(out->szCipher, SZ_ALG_MAX_SIZE, n.cipher);
    cv_wide_ascii(out->szHash, SZ_ALG_MAX_SIZE, n.hash);
    cv_wide_ascii(out->szExchange, SZ_ALG_MAX_SIZE, in_field(q) ? "DH" : "ECDH");
    cv_wide_ascii(out->szCertificate, SZ_ALG_MAX_SIZE, certificate_kind(q, &id));
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_key_info(const struct cv_query *q)
{
    struct cipher_names n;
    ALG_ID signature_id;
    if (!names_of(q, &n)) return SEC_E_INVALID_HANDLE;
    const char *kind = certificate_kind(q, &signature_id);
    void *signature = cv_query_text(q, kind, strlen(kind));
    void *cipher = cv_query_text(q, n.cipher, strlen(n.cipher));
    if (signature == NULL || cipher == NULL) {
        FreeContextBuffer(signature);
        FreeContextBuffer(cipher);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    /* Both forms have the same layout. */
    *(SecPkgContext_KeyInfoA *)q->out =
        (SecPkgContext_KeyInfoA){signature, cipher, n.bits, signature_id, n.cipher_id};
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_proto_info(const struct cv_query *q)
{
    if (q->info.version == 0) return SEC_E_INVALID_HANDLE;
    void *name = cv_query_text(q, "TLS", 3);
    if (name == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    /* TLS 1.3 is 3.4 on the wire */
    *(SecPkgContext_ProtoInfoA *)q->out = (SecPkgContext_ProtoInfoA){name, 1, (q->info.version & 0xffu) - 1};
    return SEC_E_OK;
}
