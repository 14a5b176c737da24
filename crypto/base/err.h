/* The error enum: one name for each cause, wherever in the library it arises.
 *
 * The place that finds a fault returns its cause and sends nothing. tls/alert.c maps causes to alerts,
 * sspi/status.c to SECURITY_STATUS, and err.c to the words that a person reads. */
#ifndef CV_BASE_ERR_H
#define CV_BASE_ERR_H

#if defined(__clang__)
#define CV_MUST_USE __attribute__((warn_unused_result))
#else
#define CV_MUST_USE
#endif

typedef enum CV_MUST_USE cv_err {
    CV_OK = 0,

    /* Not failures: the operation cannot go on until something arrives. */
    CV_WANT_INPUT,      /* no complete record (or message) yet; nothing was consumed */
    CV_WANT_CREDENTIAL, /* the server asks for a certificate and there is none */
    CV_WANT_EXTENSION,  /* a subscribed extension arrived; the caller looks, then goes on */
    CV_WANT_CERTIFICATE, /* the application chooses our certificate later */
    CV_WANT_SIGNATURE,  /* the private key's owner answers later */
    CV_WANT_SESSION,    /* the session store answers later */
    CV_WANT_TICKET_KEY, /* the ticket key's owner answers later */
    CV_WANT_VERDICT,    /* the caller judges the peer's certificate later */

    /* The caller's side. */
    CV_E_NO_MEMORY,
    CV_E_BUFFER_TOO_SMALL,
    CV_E_INVALID_ARGUMENT,
    CV_E_INTERNAL,       /* an invariant of ours does not hold */
    CV_E_RNG,            /* the entropy source failed; nothing was produced */
    CV_E_UNSUPPORTED,    /* well formed, but not among what this configuration offers */
    CV_E_CLOSED,         /* the connection was closed; no more data in this direction */
    CV_E_DEAD,           /* an earlier failure ended the connection, or it goes on elsewhere */
    CV_E_NO_COMMON_VERSION,
    CV_E_NO_COMMON_SUITE,
    CV_E_NO_COMMON_GROUP,
    CV_E_NO_COMMON_SCHEME,
    CV_E_OPERATION,      /* the application refused an operation, or failed at it */
    CV_E_NO_CERTIFICATE, /* we have no certificate that serves this handshake */

    /* Encoding, common to TLS and DER. */
    CV_E_TRUNCATED,      /* a length reaches past the end */
    CV_E_TRAILING_DATA,  /* bytes left over where none may be */
    CV_E_BAD_LENGTH,     /* a length that this field cannot have */

    /* Records. */
    CV_E_RECORD_TYPE,
    CV_E_RECORD_VERSION,
    CV_E_RECORD_OVERFLOW,
    CV_E_RECORD_EMPTY,
    CV_E_BAD_RECORD_MAC,
    CV_E_SEQUENCE_LIMIT, /* sequence number or AEAD limit reached without a key update */
    CV_E_FLOOD,          /* too many messages without progress */
    CV_E_KEY_CHANGE_SPLIT, /* a message spans a key change */
    CV_E_CCS,            /* change_cipher_spec where or as it may not be */

    /* Handshake messages. */
    CV_E_UNEXPECTED_MESSAGE,
    CV_E_MESSAGE_TOO_LONG,
    CV_E_DECODE,
    CV_E_ILLEGAL_PARAMETER,
    CV_E_DUPLICATE_EXTENSION,
    CV_E_UNSOLICITED_EXTENSION,
    CV_E_MISSING_EXTENSION,
    CV_E_MISPLACED_EXTENSION, /* an extension in a message where it may not stand */
    CV_E_BAD_VERSION,
    CV_E_BAD_LEGACY_VERSION,
    CV_E_BAD_SUITE,
    CV_E_BAD_GROUP,
    CV_E_UNNAMED_GROUP,  /* a finite field that is none of those offered (RFC 7919) */
    CV_E_BAD_SCHEME,
    CV_E_BAD_COMPRESSION,
    CV_E_BAD_SESSION_ID,
    CV_E_BAD_RETRY,      /* the ClientHello after HelloRetryRequest changed what it must not */
    CV_E_BAD_COOKIE,
    CV_E_BAD_PSK,
    CV_E_BAD_BINDER,
    CV_E_BAD_FINISHED,
    CV_E_BAD_SIGNATURE,
    CV_E_BAD_KEY_SHARE,
    CV_E_DOWNGRADE,
    CV_E_FALLBACK,       /* the client fell back although we know a newer version */
    CV_E_RENEGOTIATION_INFO, /* secure renegotiation is missing or wrong */
    CV_E_IDENTITY_CHANGED, /* in a renegotiation: not who it was before */
    CV_E_EXTENDED_MASTER_SECRET, /* a session with it is resumed without, or the other way */
    CV_E_BAD_ALPN,       /* the peer chose what we did not offer */
    CV_E_NO_COMMON_ALPN,
    CV_E_BAD_NAME,       /* the target name is not a host name */
    CV_E_UNKNOWN_NAME,   /* we do not serve the name that the peer asks for */
    CV_E_CERTIFICATE_REQUIRED,
    CV_E_BAD_KEY_UPDATE,
    CV_E_PEER_ALERT,     /* the peer sent a fatal alert; struct cv_conn tells which */

    /* Certificates. */
    CV_E_CERT_DER,       /* not strict DER */
    CV_E_CERT_SYNTAX,    /* DER, but not a certificate as RFC 5280 profiles it */
    CV_E_CERT_CRITICAL,  /* unknown critical extension */
    CV_E_CERT_KEY,       /* a public key that is malformed or of a kind not supported */
    CV_E_CERT_WEAK_KEY,
    CV_E_CERT_SIGNATURE,
    CV_E_CERT_SIGNATURE_ALGORITHM, /* not among the accepted ones */
    CV_E_CERT_NOT_YET_VALID,
    CV_E_CERT_EXPIRED,
    CV_E_CERT_NOT_CA,
    CV_E_CERT_PATH_LENGTH,
    CV_E_CERT_KEY_USAGE,
    CV_E_CERT_EXTENDED_KEY_USAGE,
    CV_E_CERT_NAME_CONSTRAINT,
    CV_E_CERT_NAME_MISMATCH,
    CV_E_CERT_POLICY,
    CV_E_CERT_REVOKED,
    CV_E_CERT_REVOCATION_UNKNOWN,
    CV_E_CERT_REVOCATION_OFFLINE, /* there are lists or answers, but they did not come */
    CV_E_CERT_STAPLE,    /* the certificate demands a stapled OCSP answer */
    CV_E_CERT_COMPRESSION, /* a compressed certificate that gives another length, or none */
    CV_E_CERT_TYPE, /* X.509 or bare keys: no type that both sides take */
    CV_E_CERT_UNTRUSTED, /* no path to a trust anchor */
    CV_E_CERT_TOO_COMPLEX, /* depth, checks or comparisons over budget */
    CV_E_TRUST_STORE,    /* the trust store cannot be read */

    /* Keys and primitives. */
    CV_E_KEY_SYNTAX,
    CV_E_KEY_MISMATCH,   /* private key and certificate do not belong together */
    CV_E_KEY_PASSWORD,
    CV_E_BAD_POINT,      /* not on the curve, or an encoding that we refuse */
    CV_E_BAD_MODULUS,    /* even, too small or too large */
    CV_E_BAD_EXPONENT,
    CV_E_FAULT,          /* a result of ours did not verify; it is not handed out */

    CV_ERR_COUNT
} cv_err;

/* The cause's identifier without its prefix, for logs: "BAD_RECORD_MAC". Never NULL. */
const char *cv_err_name(cv_err e);

/* The cause in words, with the rule's source where there is one:
 * "record tag does not verify (RFC 9846 5.2)". Never NULL. */
const char *cv_err_text(cv_err e);

#endif
