/* What client and server share besides the connection: options, credentials, and what they tell people. */
#ifndef CULVERT_PEER_H
#define CULVERT_PEER_H

#include "sspi/culvert/link.h"

#include <stdio.h>

enum { CV_PEER_FILES_MAX = 16 };

struct cv_peer_files {
    const char *names[CV_PEER_FILES_MAX];
    size_t n;
};

enum cv_peer_verify { VERIFY_UNSAID, VERIFY_NONE, VERIFY_REQUEST, VERIFY_REQUIRE };

struct cv_peer_options {
    const char *command; /* "culvert client", in front of every message */
    const char *cert, *key, *ca;
    const char *alpn;    /* "h2,http/1.1" */
    const char *groups;  /* "x25519,secp256r1": no others */
    const char *suites;  /* "1301,c02b": no others */
    const char *tls12;   /* "renegotiation,cbc-without-etm" */
    const char *schemes; /* "0403,0804": of signatures, no others */
    const char *extensions, *compression, *raw_keys;
    struct cv_peer_files pins;
    const char *keylog;
    const char *password_file; /* of the key */
    const char *ocsp;          /* stapled */
    bool ask_staple;           /* server */
    struct cv_peer_files crls;
    DWORD revocation;           /* SCH_CRED_REVOCATION_CHECK_… */
    DWORD min, max;             /* SP_PROT_TLS1_2 or SP_PROT_TLS1_3; 0: no limit */
    bool insecure;              /* client: nothing is verified */
    enum cv_peer_verify verify; /* server: the client's certificate */
    const char *psk_file;       /* IDENTITY:HEX in each line */
    bool server, info, rekey, psk_ke;
    const char *ticket_keys;  /* server: where it keeps them */
    unsigned long early_data; /* server: bytes that its tickets allow; 0: none */
};

struct cv_peer {
    struct cv_peer_options options;
    CredHandle credential;
    bool has_credential;
    PCCERT_CONTEXT cert;
    HCERTSTORE roots;
    BYTE *alpn; /* SEC_APPLICATION_PROTOCOLS */
    ULONG alpn_len;
    FILE *keylog;
    struct cv_bytebuf crls[CV_PEER_FILES_MAX], pins[CV_PEER_FILES_MAX]; /* DER */
};

/* Says on stderr: "culvert client: …". */
void cv_peer_say(const struct cv_peer *p, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* "1.2" or "1.3" to the two bits of SP_PROT_; 0 if it is neither. */
DWORD cv_peer_version(const char *text);

/* A whole file in memory from malloc; NULL, and it has been said why. */
BYTE *cv_peer_read_file(const struct cv_peer *p, const char *name, DWORD *len);

/* revocation.c: "leaf" or "chain" to flags of SCH_CREDENTIALS; 0 if it is neither. */
DWORD cv_peer_revocation(const char *text);
/* Reads the files of --crl and --pin. False, and it has been said why. */
bool cv_peer_load_der(struct cv_peer *p);
/* Hands them to the credential, with what is to be stapled. */
SECURITY_STATUS cv_peer_set_revocation(struct cv_peer *p);

/* Reads the files and acquires the credential; says what is wrong with them. Returns an exit code. */
int cv_peer_open(struct cv_peer *p);
void cv_peer_close(struct cv_peer *p);

/* Gives the credential what --groups, --suites and --tls12 say; what is wrong with them has been said. */
SECURITY_STATUS cv_peer_set_algorithms(struct cv_peer *p);

/* features.c: the same for --extensions, --cert-compression, --raw-keys. */
SECURITY_STATUS cv_peer_set_features(struct cv_peer *p);
/* "zlib"; NULL for no algorithm. */
const char *cv_compression_name(USHORT number);

/* psk.c: gives the credential the keys of --psk-file; what is wrong with them has been said. */
SECURITY_STATUS cv_peer_set_psks(struct cv_peer *p);

/* ticket_keys.c: takes a server's ticket keys from the file of --ticket-keys, or puts them there if there is
 * none; what is wrong with it has been said. */
SECURITY_STATUS cv_peer_share_ticket_keys(struct cv_peer *p);

/* A connection of ours, before its first call. */
void cv_peer_link(const struct cv_peer *p, struct cv_link *l, const char *target);

/* --info: one line of JSON on stderr, of an established connection or of one that failed. */
void cv_peer_print_info(const struct cv_peer *p, struct cv_link *l);

/* Why a connection failed, in one line. who: the address of the other side, or NULL. */
void cv_peer_print_failure(const struct cv_peer *p, const struct cv_link *l, const char *who);

/* The name of a SECURITY_STATUS, "SEC_E_UNTRUSTED_ROOT"; NULL for others. */
const char *cv_status_name(SECURITY_STATUS status);

#endif
