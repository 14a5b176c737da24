/* What Culvert adds to Schannel. Everything here is ours; a program that uses none of it runs on Windows,
 * too. */
#ifndef CULVERT_H
#define CULVERT_H

#ifdef _WIN32
#include <windows.h>
#endif
#include <wincrypt.h>
#include <sspi.h>

#ifndef CULVERT_API
#define CULVERT_API
#endif

#define CULVERT_VERSION "0.1.0"

/* Numbers that are ours lie from here on: attributes of contexts and credentials, buffer types have their own
 * range. */
#define CULVERT_ATTR_FIRST 0x70000001
#define CULVERT_BUFFER_FIRST 0x00700001 /* inside the 28 bits that SECBUFFER_ATTRMASK leaves */

/* QueryContextAttributes. Channel binding tls-exporter of RFC 9266, 32 bytes behind "tls-exporter:", as
 * SecPkgContext_Bindings; freed by FreeContextBuffer. */
#define SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS 0x70000001
/* Why the handshake or the connection failed, as CulvertContext_Failure. */
#define SECPKG_ATTR_CULVERT_FAILURE 0x70000002

typedef struct _CulvertContext_Failure {
    LONG lStatus;          /* SECURITY_STATUS the call returned; SEC_E_OK: nothing failed */
    ULONG ulAlert;         /* TLS alert sent or received, or (ULONG)-1 */
    ULONG fReceived;       /* 1 where the alert came from the peer */
    LONG lDepth;           /* the certificate to blame, 0 being the leaf; -1 where it was none */
    const char *pszCause;  /* a word for logs: "CERT_EXPIRED"; static */
    const char *pszReason; /* the cause in words, with the rule that is broken (RFC, section); static */
    const char *pszAlert;  /* the alert's name: "certificate_expired"; static; NULL where there is no alert */
    const char *pszMessage; /* the peer's message that it showed in: "ServerHello"; static; NULL if none */
} CulvertContext_Failure, *PCulvertContext_Failure;

/* What the handshake agreed on that Schannel's own attributes do not tell, as CulvertContext_Handshake.
 * Numbers are IANA's; 0 and NULL where there was none (a resumed session has no signatures). Names are
 * static. */
#define SECPKG_ATTR_CULVERT_HANDSHAKE 0x70000003

typedef struct _CulvertContext_Handshake {
    USHORT wGroup;
    USHORT wOwnScheme, wPeerScheme; /* of the signatures that we made and that the peer made */
    ULONG fRetried;                 /* 1 after a HelloRetryRequest */
    const char *pszGroup;           /* "x25519" */
    const char *pszOwnScheme, *pszPeerScheme;
} CulvertContext_Handshake, *PCulvertContext_Handshake;

/* The OCSPResponse that the peer stapled for its certificate, in DER, as CulvertContext_StapledResponse;
 * freed by FreeContextBuffer. SEC_E_NO_CREDENTIALS if there was none. */
#define SECPKG_ATTR_CULVERT_STAPLED_RESPONSE 0x70000008

typedef struct _CulvertContext_StapledResponse {
    ULONG cbResponse;
    BYTE *pbResponse;
} CulvertContext_StapledResponse, *PCulvertContext_StapledResponse;

/* SignedCertificateTimestampList (RFC 6962 3.3) that came beside the peer's certificate, in the handshake;
 * those in the certificate are not looked at. SEC_E_NO_CREDENTIALS if there was none. */
#define SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS 0x7000000a
/* SubjectPublicKeyInfo of the peer: of its certificate, or the raw key that it sent instead, for which
 * SECPKG_ATTR_REMOTE_CERT_CONTEXT has nothing. */
#define SECPKG_ATTR_CULVERT_PEER_KEY 0x7000000b
typedef struct _CulvertContext_Bytes {
    ULONG cbBytes;
    BYTE *pbBytes; /* FreeContextBuffer */
} CulvertContext_Bytes, *PCulvertContext_Bytes;

/* What came of CulvertCredential_Extensions and its neighbours. */
#define SECPKG_ATTR_CULVERT_AGREED 0x7000000c
typedef struct _CulvertContext_Extensions {
    ULONG cbSendLimit, cbReceiveLimit;        /* most data of a record */
    USHORT wOwnCompression, wPeerCompression; /* of the Certificate message (RFC 8879); 0: none */
    ULONG fOwnRawKey, fPeerRawKey;            /* RFC 7250 */
} CulvertContext_Extensions, *PCulvertContext_Extensions;
/* What became of early data (TLS 1.3, 0-RTT), as CulvertContext_EarlyData. */
#define SECPKG_ATTR_CULVERT_EARLY_DATA 0x70000004
#define CULVERT_EARLY_DATA_NONE 0 /* none was sent, or announced and accepted */
#define CULVERT_EARLY_DATA_SENT 1 /* client: the server has not answered yet */
#define CULVERT_EARLY_DATA_ACCEPTED 2
#define CULVERT_EARLY_DATA_REJECTED 3 /* client: none of it arrived; the application may send it again */
typedef struct _CulvertContext_EarlyData {
    ULONG ulStatus;
    ULONG fMore;      /* server: 1 while more may come, before the handshake is done */
    ULONGLONG cbData; /* bytes of it sent or received */
} CulvertContext_EarlyData, *PCulvertContext_EarlyData;

/* Early data of a client: an input buffer of the first InitializeSecurityContext. It is sent with the first
 * flight where a session allows so much for this server and protocol, and not at all elsewhere:
 * SECPKG_ATTR_CULVERT_EARLY_DATA says what became of it. Anybody who sees it on the wire can send it to the
 * server again (RFC 9846 section 8): it must be such that this does no harm. */
#define CULVERT_BUFFER_EARLY_DATA 0x00700001
/* *pfQOP of DecryptMessage: this is early data. */
#define CULVERT_QOP_EARLY_DATA 0x70000001

/* Identity of the external PSK in use, as CulvertContext_Bytes; an imported one as RFC 9258 writes it.
 * SEC_E_NO_CREDENTIALS if there is none. */
#define SECPKG_ATTR_CULVERT_PSK_IDENTITY 0x70000005

/* SetCredentialsAttributes, before the first context is made from the credential. */

/* Each line of an SSLKEYLOGFILE (RFC 9850) goes to the callback, without its end. The secrets of every
 * connection are in them. */
#define SECPKG_ATTR_CULVERT_KEY_LOG 0x70000010
typedef struct _CulvertCredential_KeyLog {
    void (*pfnLine)(void *pvContext, const char *pszLine); /* may be called by several threads at once */
    void *pvContext;
} CulvertCredential_KeyLog, *PCulvertCredential_KeyLog;

/* ASC_REQ_MUTUAL_AUTH asks for a client's certificate and goes on without, if fOptional. */
#define SECPKG_ATTR_CULVERT_CLIENT_AUTH 0x70000011
typedef struct _CulvertCredential_ClientAuth {
    ULONG fOptional;
} CulvertCredential_ClientAuth, *PCulvertCredential_ClientAuth;

/* What is offered and accepted, in place of the defaults: IANA's numbers, first what is preferred. What is
 * off by default is on where it is named. SEC_E_ALGORITHM_MISMATCH where a number is unknown or stands twice,
 * or there is none; SEC_E_UNSUPPORTED_FUNCTION once there was a context. */
#define SECPKG_ATTR_CULVERT_GROUPS 0x70000012
#define SECPKG_ATTR_CULVERT_CIPHER_SUITES 0x70000013     /* of all versions */
#define SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES 0x70000014 /* of the peer's handshake signatures */
typedef struct _CulvertCredential_List {
    ULONG cNumbers;
    const USHORT *pwNumbers;
} CulvertCredential_List, *PCulvertCredential_List;

/* What one of our certificates signs with; as above. */
#define SECPKG_ATTR_CULVERT_SIGNING_SCHEMES 0x70000015
typedef struct _CulvertCredential_SigningSchemes {
    ULONG iCertificate; /* its place in paCred; (ULONG)-1: all */
    CulvertCredential_List Schemes;
} CulvertCredential_SigningSchemes, *PCulvertCredential_SigningSchemes;

/* Extensions that are off by default. All members are set at once; 0 is the default. The four attributes from
 * here on: SEC_E_UNSUPPORTED_FUNCTION once there was a context. */
#define SECPKG_ATTR_CULVERT_EXTENSIONS 0x70000018
typedef struct _CulvertCredential_Extensions {
    ULONG fGrease;         /* client: numbers that mean nothing among those that do (RFC 8701) */
    ULONG fTimestamps;     /* client: asks for signed certificate timestamps */
    ULONG cbRecordLimit;   /* most data that peers may put into a record, 64 to 16384 (RFC 8449) */
    ULONG cbMaxFragment;   /* client: 512, 1024, 2048, 4096 in both directions, for servers that know no more
                              than max_fragment_length (RFC 6066) */
    ULONG cbRecordPadding; /* TLS 1.3: what is sent is padded to a multiple of this */
    ULONG cbHelloPadding;  /* client: a shorter ClientHello is padded to this length (RFC 7685) */
} CulvertCredential_Extensions, *PCulvertCredential_Extensions;

/* Certificate compression (RFC 8879), TLS 1.3: 1 zlib, 2 Brotli, 3 Zstandard, the preferred one first, as
 * CulvertCredential_List. The host's libraries do it; those that are missing are not offered. */
#define SECPKG_ATTR_CULVERT_CERT_COMPRESSION 0x70000019

/* Raw public keys in place of certificates (RFC 7250). A peer's is valid if it is one of rgKeys,
 * SubjectPublicKeyInfos in DER, whatever its name; copied. */
#define SECPKG_ATTR_CULVERT_RAW_KEYS 0x7000001a
#define CULVERT_RAW_KEY_NEVER 0
#define CULVERT_RAW_KEY_ALLOWED 1
#define CULVERT_RAW_KEY_ALWAYS 2
#define CULVERT_RAW_KEY_SECOND 3 /* allowed, a certificate is preferred */
typedef struct _CulvertCredential_RawKeys {
    ULONG fOwn;   /* the keys of paCred go raw to peers that take them so */
    ULONG dwPeer; /* CULVERT_RAW_KEY_… */
    ULONG cKeys;
    const CRYPT_DATA_BLOB *rgKeys;
    ULONG cOnlyRaw; /* places in paCred of those whose keys go raw or not at all */
    const ULONG *rgiOnlyRaw;
} CulvertCredential_RawKeys, *PCulvertCredential_RawKeys;

/* Signed certificate timestamps that a server sends with one of its certificates to clients that ask; copied.
 */
#define SECPKG_ATTR_CULVERT_TIMESTAMPS 0x7000001b
typedef struct _CulvertCredential_Timestamps {
    ULONG iCertificate; /* its place in paCred */
    ULONG cbList;       /* 0: none; 16384 at most */
    const BYTE *pbList; /* SignedCertificateTimestampList */
} CulvertCredential_Timestamps, *PCulvertCredential_Timestamps;

/* What of TLS 1.2 is not as by default. SEC_E_UNSUPPORTED_FUNCTION once there was a context. */
#define SECPKG_ATTR_CULVERT_TLS12 0x70000028
#define CULVERT_TLS12_RENEGOTIATION 0x1   /* renegotiation by either side, with RFC 5746, the same peer */
#define CULVERT_TLS12_CBC_WITHOUT_ETM 0x2 /* CBC suites also with peers that lack encrypt-then-MAC */
#define CULVERT_TLS12_REQUIRE_EMS 0x4     /* refuse peers without the extended master secret (RFC 7627) */
typedef struct _CulvertCredential_Tls12 {
    ULONG dwFlags;
} CulvertCredential_Tls12, *PCulvertCredential_Tls12;

/* Who is asked for the revocation data that SCH_CRED_REVOCATION_CHECK_… need, beside what peers staple. */
#define SECPKG_ATTR_CULVERT_REVOCATION 0x70000030

#define CULVERT_REVOCATION_OCSP 1 /* an OCSPResponse in DER is wanted */
#define CULVERT_REVOCATION_CRL 2  /* a list in DER is wanted */

typedef struct _CulvertRevocation_Query {
    ULONG ulKind;          /* CULVERT_REVOCATION_… */
    ULONG cbUrl;           /* 0: the certificate names none */
    const char *pcUrl;     /* the first http URL that the certificate names for it; without terminator */
    ULONG cbRequest;       /* OCSP */
    const BYTE *pbRequest; /* the request to send, in DER */
    ULONG cbCertificate, cbIssuer;
    const BYTE *pbCertificate, *pbIssuer; /* whose status is wanted, and who issued it, in DER */
} CulvertRevocation_Query, *PCulvertRevocation_Query;

typedef struct _CulvertCredential_Revocation {
    /* Called during a handshake, by several threads at once; may take its time. TRUE: *ppbAnswer has
     * *pcbAnswer bytes, which stay until pfnRelease (may be NULL) gets them. */
    BOOL(*pfnFetch)
    (void *pvContext, const CulvertRevocation_Query *pQuery, const BYTE **ppbAnswer, ULONG *pcbAnswer);
    void (*pfnRelease)(void *pvContext, const BYTE *pbAnswer, ULONG cbAnswer);
    void *pvContext;
} CulvertCredential_Revocation, *PCulvertCredential_Revocation;

/* The OCSPResponse, in DER, that is stapled for one of our certificates where the peer asks: a client, or in
 * TLS 1.3 a server that asks for a certificate; copied. It is renewed with a new credential. */
#define SECPKG_ATTR_CULVERT_STAPLE 0x70000031
typedef struct _CulvertCredential_Staple {
    ULONG iCertificate; /* its place in paCred */
    ULONG cbResponse;   /* 0: none; less than 64 KiB */
    const BYTE *pbResponse;
} CulvertCredential_Staple, *PCulvertCredential_Staple;

/* A server that asks for a client's certificate asks for its OCSPResponse, too, if fAsk (RFC 9846 4.5.1.1;
 * TLS 1.3 only). A certificate with the TLS feature status_request (RFC 7633) then needs one. */
#define SECPKG_ATTR_CULVERT_ASK_STAPLE 0x70000032
typedef struct _CulvertCredential_AskStaple {
    ULONG fAsk;
} CulvertCredential_AskStaple, *PCulvertCredential_AskStaple;

/* Operations that the application answers in the library's place, at once or later: a key in an HSM, a choice
 * that takes a look-up, sessions in a remote store. Each function returns SEC_E_OK with its answer;
 * SEC_I_ASYNC_CALL_PENDING (which InitializeSecurityContext or AcceptSecurityContext then returns: call it
 * again, with the same input, with none or with what came meanwhile, and the function is asked again, with
 * the same words); or an error, which ends the handshake unless something else is said. *ppvOperation is NULL
 * when a question is asked first and then as the function left it; with an answer it must be NULL again. If
 * the context ends before that, pfnAbandon gets what lies there, if it is not NULL. Functions are called by
 * several threads at once and must not use the context. What pointers lead to is theirs until they return. */

/* Which certificate is shown: by a server to this client, or by a client that is asked for one. */
#define SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE 0x70000020
typedef struct _CulvertSelectRequest {
    ULONG fServer;             /* 1: we are the server */
    USHORT wVersion;           /* 0x0303, 0x0304 */
    const char *pszServerName; /* that the client asked for, lower case; "" without one */
    ULONG cSchemes;            /* signature schemes that the peer verifies, by IANA's numbers */
    const USHORT *pwSchemes;
    ULONG cbAuthorities; /* the CA names that the peer lists, each behind two bytes of length */
    const BYTE *pbAuthorities;
} CulvertSelectRequest, *PCulvertSelectRequest;

#define CULVERT_ANY_CERTIFICATE ((DWORD)-1)
typedef struct _CulvertCredential_SelectCertificate {
    void *pvContext;
    /* *piCertificate: its place in paCred, or CULVERT_ANY_CERTIFICATE for the one that would be taken without
     * this. SEC_E_TARGET_UNKNOWN: we do not serve this name. */
    SECURITY_STATUS(*pfnSelect)
    (void *pvContext, void **ppvOperation, const CulvertSelectRequest *pRequest, DWORD *piCertificate);
    void (*pfnAbandon)(void *pvContext, void *pvOperation);
} CulvertCredential_SelectCertificate, *PCulvertCredential_SelectCertificate;

/* Tickets, where the library's own keys do not seal them. */
#define SECPKG_ATTR_CULVERT_TICKETS 0x70000021
typedef struct _CulvertCredential_Tickets {
    void *pvContext;
    /* Seals a session into a ticket, *pcbTicket bytes at most. Is not asked again: without an answer the
     * client gets no ticket. */
    SECURITY_STATUS(*pfnSeal)
    (void *pvContext, const BYTE *pbSession, DWORD cbSession, BYTE *pbTicket, DWORD *pcbTicket);
    /* The session again, *pcbSession bytes at most. An error: no ticket of ours, a full handshake is made. */
    SECURITY_STATUS(*pfnOpen)
    (void *pvContext, void **ppvOperation, const BYTE *pbTicket, DWORD cbTicket, BYTE *pbSession,
     DWORD *pcbSession);
    void (*pfnAbandon)(void *pvContext, void *pvOperation);
} CulvertCredential_Tickets, *PCulvertCredential_Tickets;

/* Where a client's sessions lie, and a server's of TLS 1.2 that clients name by ID, instead of in memory of
 * the library. Keys are CULVERT_SESSION_KEY bytes and opaque; sessions are bytes, CULVERT_SESSION_MAX at
 * most, and secret. */
#define SECPKG_ATTR_CULVERT_SESSION_STORE 0x70000022
#define CULVERT_SESSION_KEY 32
#define CULVERT_SESSION_MAX 65536
typedef struct _CulvertCredential_SessionStore {
    void *pvContext;
    /* Keeps a session, which is worth nothing after llExpires (seconds since 1970), or does not. */
    void (*pfnPut)(void *pvContext, const BYTE *pbKey, const BYTE *pbSession, DWORD cbSession,
                   LONGLONG llExpires);
    /* A session under the key; with fTake it is removed in the same step, so that it is used once. An error:
     * there is none. */
    SECURITY_STATUS(*pfnGet)
    (void *pvContext, void **ppvOperation, const BYTE *pbKey, ULONG fTake, BYTE *pbSession,
     DWORD *pcbSession);
    void (*pfnDrop)(void *pvContext, const BYTE *pbKey); /* all under the key */
    void (*pfnAbandon)(void *pvContext, void *pvOperation);
} CulvertCredential_SessionStore, *PCulvertCredential_SessionStore;

/* A server's tickets allow so many bytes of early data, and they are accepted: AcceptSecurityContext then
 * returns SEC_I_CONTINUE_NEEDED_MESSAGE_OK for as long as more may come, and DecryptMessage yields it,
 * flagged in *pfQOP; EncryptMessage sends already, though nobody knows yet whether the client is there or
 * somebody plays back what it once said; SEC_I_RENEGOTIATE leads back to AcceptSecurityContext as always.
 * Each ticket is good for it once, within ten seconds of the age that the client tells; where that cannot be
 * known, the data is refused and the handshake goes on. Uses are noted in the process, unless pfnUse does so
 * for several: it returns SEC_E_OK where the ticket was not used before and has been noted now, for at least
 * 20 seconds; an error where it was; or SEC_I_ASYNC_CALL_PENDING. */
#define SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA 0x70000024
#define CULVERT_TICKET_ID 16
typedef struct _CulvertCredential_EarlyData {
    ULONG cbMax;
    ULONG cNotes; /* in the process, at the most; 0: 16384 */
    void *pvContext;
    SECURITY_STATUS(*pfnUse)
    (void *pvContext, void **ppvOperation, const BYTE *pbTicketId, LONGLONG llCreated);
    void (*pfnAbandon)(void *pvContext, void *pvOperation);
} CulvertCredential_EarlyData, *PCulvertCredential_EarlyData;

/* The keys under which a server seals tickets, as CulvertContext_Bytes: QueryCredentialsAttributesEx hands
 * them out (FreeContextBuffer; whoever has them reads the sessions of all clients), SetCredentialsAttributes
 * takes them over, also while contexts run. Servers with the same keys resume each other's sessions, and so
 * does one that was started anew. They change once an hour: one server hands out, more often than that, what
 * the others take. */
#define SECPKG_ATTR_CULVERT_TICKET_KEYS 0x70000023

/* Pre-shared keys of TLS 1.3 that client and server have from elsewhere (RFC 9846 2.2). They are random
 * bytes, no passwords. A client offers them behind its sessions; a server takes them in place of
 * certificates, unless it requires the client's. */
#define SECPKG_ATTR_CULVERT_PSKS 0x70000025
typedef struct _CulvertPsk {
    ULONG cbIdentity; /* up to 1024, sent in the clear */
    const BYTE *pbIdentity;
    ULONG cbKey; /* 16 to 64 */
    const BYTE *pbKey;
    USHORT wHash;    /* that it is used with: 256 or 384; 0: SHA-256 */
    USHORT fImport;  /* RFC 9258: what is used is derived from it, for each hash */
    ULONG cbContext; /* with fImport: what both sides know of its use, up to 1024 */
    const BYTE *pbContext;
} CulvertPsk, *PCulvertPsk;
typedef struct _CulvertCredential_Psks {
    ULONG cPsks; /* up to 1024; a client offers 7 at most */
    const CulvertPsk *pPsks;
    ULONG fWithoutKeyExchange; /* psk_ke, too, where the other side has nothing else: no forward secrecy */
} CulvertCredential_Psks, *PCulvertCredential_Psks;

/* A server refuses names that none of its certificates has (unrecognized_name), if fStrict; else it shows the
 * first that fits otherwise. */
#define SECPKG_ATTR_CULVERT_NAMES 0x70000026
typedef struct _CulvertCredential_Names {
    ULONG fStrict;
} CulvertCredential_Names, *PCulvertCredential_Names;

/* A private key that lies elsewhere: CulvertCertificateWithSigner. */
typedef struct _CulvertSigner {
    void *pvContext;
    /* Signs by a scheme of IANA's numbers: pbInput is the digest where the scheme has a hash, else (Ed25519)
     * the message itself. *pcbSignature bytes at most. What the certificate's key does not verify is not
     * sent. */
    SECURITY_STATUS(*pfnSign)
    (void *pvContext, void **ppvOperation, USHORT wScheme, const BYTE *pbInput, DWORD cbInput,
     BYTE *pbSignature, DWORD *pcbSignature);
    void (*pfnAbandon)(void *pvContext, void *pvOperation);
} CulvertSigner, *PCulvertSigner;

/* The torture schedule, for those who port or test programs: answers that the contract allows and that
 * programs seldom meet, each about every second time that it could come, by a sequence that follows from the
 * seed. The environment variable CULVERT_TORTURE asks for the same for all credentials: names in lower case,
 * or "all", and the seed: "empty,complete:7".
 *
 *   HINTS        SECBUFFER_MISSING says one byte, or is not there
 *   RECORDS      ISC and ASC take one record a call: SEC_I_CONTINUE_NEEDED, no token, the rest is EXTRA
 *   EMPTY        DecryptMessage gives SEC_E_OK with no data, and all of its input as EXTRA
 *   RENEGOTIATE  DecryptMessage gives SEC_I_RENEGOTIATE between two messages, all of its input as EXTRA
 *   KEYS         TLS 1.3: new keys in front of messages, and the peer is asked for new ones, too
 *   COMPLETE     SEC_I_COMPLETE_NEEDED, SEC_I_COMPLETE_AND_CONTINUE; the token is zeros until
 * CompleteAuthToken CLOSE        SEC_I_CONTEXT_EXPIRED with bytes behind it as EXTRA, which are nothing to
 * decrypt PIECES       with …_REQ_FRAGMENT_TO_FIT, tokens of one byte */
#define CULVERT_TORTURE_HINTS 0x01
#define CULVERT_TORTURE_RECORDS 0x02
#define CULVERT_TORTURE_EMPTY 0x04
#define CULVERT_TORTURE_RENEGOTIATE 0x08
#define CULVERT_TORTURE_KEYS 0x10
#define CULVERT_TORTURE_COMPLETE 0x20
#define CULVERT_TORTURE_CLOSE 0x40
#define CULVERT_TORTURE_PIECES 0x80
#define CULVERT_TORTURE_ALL 0xff
#define SECPKG_ATTR_CULVERT_TORTURE 0x70000038
typedef struct _CulvertCredential_Torture {
    DWORD dwFlags, dwSeed;
} CulvertCredential_Torture, *PCulvertCredential_Torture;

/* Accounts of clients: what QuerySecurityContextToken, ImpersonateSecurityContext, RevertSecurityContext and
 * SECPKG_ATTR_ACCESS_TOKEN of a server's contexts answer from; without it SEC_E_NO_IMPERSONATION. Asked once
 * a connection, when the handshake is done, or later authentication, and the library itself has validated the
 * client's chain: SCH_CRED_AUTO_CRED_VALIDATION; never with SCH_CRED_NO_SYSTEM_MAPPER.
 * SEC_E_UNSUPPORTED_FUNCTION once there was a context. */
#define SECPKG_ATTR_CULVERT_MAPPER 0x70000039
typedef struct _CulvertCredential_Mapper {
    void *pvContext;
    /* *phToken: the account of this certificate, whatever that is to the application. SEC_E_NO_IMPERSONATION:
     * it has none. Any other error refuses the client: access_denied, SEC_E_LOGON_DENIED. Must not use the
     * context. */
    SECURITY_STATUS (*pfnMap)(void *pvContext, PCCERT_CONTEXT pCertificate, void **phToken);
    /* A token for QuerySecurityContextToken's caller, to whom it then belongs; NULL: it is the context's, and
     * as valid as that. */
    SECURITY_STATUS (*pfnDuplicate)(void *pvContext, void *hToken, void **phCopy);
    /* The calling thread acts for the account, and no more; both or neither. */
    SECURITY_STATUS (*pfnImpersonate)(void *pvContext, void *hToken);
    SECURITY_STATUS (*pfnRevert)(void *pvContext, void *hToken);
    void (*pfnRelease)(void *pvContext, void *hToken); /* the context is gone; may be NULL */
} CulvertCredential_Mapper, *PCulvertCredential_Mapper;

#ifdef __cplusplus
extern "C" {
#endif

/* CULVERT_VERSION of the library that runs. Static, never freed. */
CULVERT_API const char *CulvertVersion(void);

/* Why the last call of this thread that failed did so; for a first InitializeSecurityContext or
 * AcceptSecurityContext, which leaves no context to ask. */
CULVERT_API void CulvertLastFailure(PCulvertContext_Failure pFailure);

/* The key under which ExportSecurityContext seals contexts and ImportSecurityContext opens them: 32 random
 * bytes, the same in both processes; copied. NULL and 0: none, as at the beginning, and both functions give
 * SEC_E_UNSUPPORTED_FUNCTION. FALSE: another length; nothing changed. */
CULVERT_API BOOL CulvertSetExportKey(const BYTE *pbKey, DWORD cbKey);

#ifndef _WIN32
/* A certificate with its private key, for SCH_CREDENTIALS.paCred. Certificates: PEM (the one that belongs to
 * the key, and intermediates in any order) or one in DER. Key: PEM or DER, as PKCS #8, SEC 1 or PKCS #1, not
 * encrypted; may be the same text as the certificates. Its hCertStore holds all of them. NULL, and
 * GetLastError and CulvertLastFailure say why. CertFreeCertificateContext. */
CULVERT_API PCCERT_CONTEXT CulvertCertificateFromPem(const void *pvCertificates, DWORD cbCertificates,
                                                     const void *pvKey, DWORD cbKey);

/* The same with a key that is encrypted, PKCS #8 with PBES2 or an older scheme; pszPassword is UTF-8. A key
 * in the clear is taken, too. */
CULVERT_API PCCERT_CONTEXT CulvertCertificateFromEncryptedPem(const void *pvCertificates,
                                                              DWORD cbCertificates, const void *pvKey,
                                                              DWORD cbKey, const char *pszPassword);

/* A certificate whose private key the application has: PEM (the certificate first, then its intermediates) or
 * one in DER. What pSigner->pvContext leads to must outlive the context and the credentials made from it.
 * NULL: as above. CertFreeCertificateContext. */
CULVERT_API PCCERT_CONTEXT CulvertCertificateWithSigner(const void *pvCertificates, DWORD cbCertificates,
                                                        const CulvertSigner *pSigner);

/* A store in memory with the certificates of a PEM text, or of one certificate or PKCS#7 bundle in DER: for
 * hRootStore, where it replaces the host's roots (on Windows only a server's hRootStore counts). NULL if
 * there is no certificate in it; errors as above. CertCloseStore. */
CULVERT_API HCERTSTORE CulvertStoreFromPem(const void *pvPem, DWORD cbPem);

/* What the library runs on: memory, clock, entropy, locks (struct cv_port of tls/port.h); NULL: the host.
 * Before the first other call, or when no handle, certificate and store is left. FALSE: nothing changed. */
struct cv_port;
CULVERT_API BOOL CulvertSetPort(const struct cv_port *pPort);
#endif

#ifdef __cplusplus
}
#endif

#endif
