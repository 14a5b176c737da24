#include "crypto/base/err.h"

#include <stddef.h>

struct cause {
    const char *name;
    const char *text;
};

#define CAUSE(id, words) [CV_##id] = {#id, words}

static const struct cause causes[CV_ERR_COUNT] = {
    CAUSE(OK, "success"),
    CAUSE(WANT_INPUT, "more input is needed"),
    CAUSE(WANT_CREDENTIAL, "the server asks for a certificate"),
    CAUSE(WANT_EXTENSION, "a subscribed extension was received"),
    CAUSE(WANT_CERTIFICATE, "waiting for the choice of our certificate"),
    CAUSE(WANT_SIGNATURE, "waiting for a signature"),
    CAUSE(WANT_SESSION, "waiting for the session store"),
    CAUSE(WANT_TICKET_KEY, "waiting for a ticket key"),
    CAUSE(WANT_VERDICT, "waiting for the caller's verdict on the certificate"),

    CAUSE(E_NO_MEMORY, "out of memory"),
    CAUSE(E_BUFFER_TOO_SMALL, "the caller's buffer is too small"),
    CAUSE(E_INVALID_ARGUMENT, "an argument is not valid"),
    CAUSE(E_INTERNAL, "internal error"),
    CAUSE(E_RNG, "the entropy source failed"),
    CAUSE(E_UNSUPPORTED, "not supported by this configuration"),
    CAUSE(E_CLOSED, "the connection was closed in this direction"),
    CAUSE(E_DEAD, "an earlier failure ended the connection, or it goes on elsewhere"),
    CAUSE(E_NO_COMMON_VERSION, "no protocol version in common (RFC 9846 4.3.1)"),
    CAUSE(E_NO_COMMON_SUITE, "no cipher suite in common (RFC 9846 4.2.1)"),
    CAUSE(E_NO_COMMON_GROUP, "no key exchange group in common (RFC 9846 4.2.1)"),
    CAUSE(E_NO_COMMON_SCHEME, "no signature scheme in common that our certificate serves (RFC 9846 4.5.1.2)"),
    CAUSE(E_OPERATION, "an operation that the application was asked for failed"),
    CAUSE(E_NO_CERTIFICATE, "there is no certificate of ours for this handshake"),

    CAUSE(E_TRUNCATED, "a length reaches past the end of its container"),
    CAUSE(E_TRAILING_DATA, "bytes are left over at the end"),
    CAUSE(E_BAD_LENGTH, "a field has a length that it cannot have"),

    CAUSE(E_RECORD_TYPE, "a record of a type that may not come here (RFC 9846 5)"),
    CAUSE(E_RECORD_VERSION, "the record header's version is not TLS"),
    CAUSE(E_RECORD_OVERFLOW, "a record is longer than allowed (RFC 9846 5.1, 5.2)"),
    CAUSE(E_RECORD_EMPTY, "an empty record where none may be (RFC 9846 5.1)"),
    CAUSE(E_BAD_RECORD_MAC, "a record's tag does not verify (RFC 9846 5.2)"),
    CAUSE(E_SEQUENCE_LIMIT, "too many records under one key (RFC 9846 5.5)"),
    CAUSE(E_FLOOD, "too many messages without progress"),
    CAUSE(E_KEY_CHANGE_SPLIT, "a message spans a key change (RFC 9846 5.1)"),
    CAUSE(E_CCS, "change_cipher_spec out of place or malformed (RFC 9846 5)"),

    CAUSE(E_UNEXPECTED_MESSAGE, "a message that may not come here (RFC 9846 4)"),
    CAUSE(E_MESSAGE_TOO_LONG, "a handshake message is over the limit"),
    CAUSE(E_DECODE, "a message is malformed"),
    CAUSE(E_ILLEGAL_PARAMETER, "a field has a value that it may not have"),
    CAUSE(E_DUPLICATE_EXTENSION, "an extension stands twice (RFC 9846 4.3)"),
    CAUSE(E_UNSOLICITED_EXTENSION, "an extension answers what was not asked (RFC 9846 4.3)"),
    CAUSE(E_MISSING_EXTENSION, "a required extension is missing (RFC 9846 9.2)"),
    CAUSE(E_MISPLACED_EXTENSION, "an extension stands in a message where it may not (RFC 9846 4.3)"),
    CAUSE(E_BAD_VERSION, "the peer chose a version that was not offered (RFC 9846 4.3.1)"),
    CAUSE(E_BAD_LEGACY_VERSION,
          "a hello of TLS 1.3 whose legacy_version is not 0x0303 (RFC 9846 4.2.2, 4.2.3)"),
    CAUSE(E_BAD_SUITE, "the peer chose a cipher suite that was not offered (RFC 9846 4.2.3)"),
    CAUSE(E_BAD_GROUP, "the peer chose a group that was not offered (RFC 9846 4.3.8)"),
    CAUSE(E_UNNAMED_GROUP, "the server's Diffie-Hellman group is none of those offered (RFC 7919 4)"),
    CAUSE(E_BAD_SCHEME, "the peer signed with a scheme that was not offered (RFC 9846 4.5.2)"),
    CAUSE(E_BAD_COMPRESSION, "compression methods are not what TLS 1.3 demands (RFC 9846 4.2.2)"),
    CAUSE(E_BAD_SESSION_ID, "the session ID is not the one that was sent (RFC 9846 4.2.3)"),
    CAUSE(E_BAD_RETRY, "the second ClientHello changed what it must keep (RFC 9846 4.2.2)"),
    CAUSE(E_BAD_COOKIE, "the cookie is not the one that was sent (RFC 9846 4.3.2)"),
    CAUSE(E_BAD_PSK, "the pre-shared key extension is not valid (RFC 9846 4.3.11)"),
    CAUSE(E_BAD_BINDER, "a PSK binder does not verify (RFC 9846 4.3.11.2)"),
    CAUSE(E_BAD_FINISHED, "the Finished message does not verify (RFC 9846 4.5.3)"),
    CAUSE(E_BAD_SIGNATURE, "a signature does not verify (RFC 9846 4.5.2)"),
    CAUSE(E_BAD_KEY_SHARE, "the peer's key share is not valid (RFC 9846 4.3.8)"),
    CAUSE(E_DOWNGRADE, "the server's random shows a downgrade (RFC 9846 4.2.3)"),
    CAUSE(E_FALLBACK, "the client fell back to an older version without need (RFC 7507 3)"),
    CAUSE(E_RENEGOTIATION_INFO, "secure renegotiation is missing or wrong (RFC 5746 3.4)"),
    CAUSE(E_IDENTITY_CHANGED, "the peer's certificate or the name changed in a renegotiation"),
    CAUSE(E_EXTENDED_MASTER_SECRET,
          "a session changed its mind about the extended master secret (RFC 7627 5.3)"),
    CAUSE(E_BAD_ALPN, "the server chose a protocol that was not offered (RFC 7301 3.2)"),
    CAUSE(E_NO_COMMON_ALPN, "no application protocol in common (RFC 7301 3.2)"),
    CAUSE(E_BAD_NAME, "the target name is neither a host name nor an IP address"),
    CAUSE(E_UNKNOWN_NAME, "the server name is not one of ours (RFC 6066 3)"),
    CAUSE(E_CERTIFICATE_REQUIRED, "the client gave no certificate (RFC 9846 4.5.1.3)"),
    CAUSE(E_BAD_KEY_UPDATE, "request_update has no valid value (RFC 9846 4.7.3)"),
    CAUSE(E_PEER_ALERT, "the peer sent a fatal alert"),

    CAUSE(E_CERT_DER, "not strict DER (X.690)"),
    CAUSE(E_CERT_SYNTAX, "not a certificate (RFC 5280 4.1)"),
    CAUSE(E_CERT_CRITICAL, "an unknown extension is critical (RFC 5280 4.2)"),
    CAUSE(E_CERT_KEY, "the public key is malformed or of an unsupported kind (RFC 5280 4.1.2.7)"),
    CAUSE(E_CERT_WEAK_KEY, "the public key is too weak (RFC 9325 4.5)"),
    CAUSE(E_CERT_SIGNATURE, "the certificate's signature does not verify (RFC 5280 6.1.3)"),
    CAUSE(E_CERT_SIGNATURE_ALGORITHM,
          "the certificate's signature algorithm is not accepted (RFC 9846 4.5.1.3)"),
    CAUSE(E_CERT_NOT_YET_VALID, "the certificate is not yet valid (RFC 5280 6.1.3)"),
    CAUSE(E_CERT_EXPIRED, "the certificate has expired (RFC 5280 6.1.3)"),
    CAUSE(E_CERT_NOT_CA, "an issuer is not a CA (RFC 5280 6.1.4)"),
    CAUSE(E_CERT_PATH_LENGTH, "the path is longer than an issuer allows (RFC 5280 6.1.4)"),
    CAUSE(E_CERT_KEY_USAGE, "key usage does not allow this use (RFC 5280 4.2.1.3)"),
    CAUSE(E_CERT_EXTENDED_KEY_USAGE, "extended key usage does not allow this use (RFC 5280 4.2.1.12)"),
    CAUSE(E_CERT_NAME_CONSTRAINT, "a name is outside an issuer's name constraints (RFC 5280 4.2.1.10)"),
    CAUSE(E_CERT_NAME_MISMATCH, "the certificate is not for this name (RFC 9525 6)"),
    CAUSE(E_CERT_POLICY, "no acceptable certificate policy (RFC 5280 6.1.5)"),
    CAUSE(E_CERT_REVOKED, "the certificate was revoked (RFC 5280 6.3, RFC 6960)"),
    CAUSE(E_CERT_REVOCATION_UNKNOWN,
          "whether the certificate was revoked cannot be told (RFC 5280 6.3.3, RFC 6960 3.2)"),
    CAUSE(E_CERT_REVOCATION_OFFLINE,
          "the revocation data that the certificate points to did not come (RFC 5280 6.3.3, RFC 6960)"),
    CAUSE(E_CERT_STAPLE,
          "the certificate demands a stapled OCSP answer, and there is no good one (RFC 7633)"),
    CAUSE(E_CERT_COMPRESSION, "the compressed certificate does not decompress to what it says (RFC 8879 4)"),
    CAUSE(E_CERT_TYPE, "there is no certificate type that both sides take (RFC 7250 4.2)"),
    CAUSE(E_CERT_UNTRUSTED, "no path leads to a trusted root (RFC 5280 6.1)"),
    CAUSE(E_CERT_TOO_COMPLEX, "the chain is over the budget of work (ours: RFC 5280 sets none)"),
    CAUSE(E_TRUST_STORE, "the trust store cannot be read"),

    CAUSE(E_KEY_SYNTAX, "the private key's encoding is not valid"),
    CAUSE(E_KEY_MISMATCH, "private key and certificate do not belong together"),
    CAUSE(E_KEY_PASSWORD, "the password is wrong"),
    CAUSE(E_BAD_POINT, "a curve point is not valid (RFC 9846 4.3.8.2)"),
    CAUSE(E_BAD_MODULUS, "an RSA modulus is even or of a size that is refused"),
    CAUSE(E_BAD_EXPONENT, "an RSA exponent is even or of a size that is refused"),
    CAUSE(E_FAULT, "a result of ours did not verify and was not handed out"),
};

static const struct cause *find(cv_err e)
{
    static const struct cause unknown = {"UNKNOWN", "unknown error"};
    if ((size_t)e >= CV_ERR_COUNT || causes[e].name == NULL) return &unknown;
    return &causes[e];
}

const char *cv_err_name(cv_err e)
{
    const char *name = find(e)->name;
    return name[0] == 'E' && name[1] == '_' ? name + 2 : name;
}

const char *cv_err_text(cv_err e)
{
    return find(e)->text;
}
