/* Options, files and credentials: see peer.h. */
#include "sspi/culvert/peer.h"

#include "sspi/culvert/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void cv_peer_say(const struct cv_peer *p, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    fprintf(stderr, "%s: ", p->options.command);
    vfprintf(stderr, text, args);
    fputc('\n', stderr);
    va_end(args);
}

DWORD cv_peer_version(const char *text)
{
    if (strcmp(text, "1.2") == 0) return SP_PROT_TLS1_2;
    if (strcmp(text, "1.3") == 0) return SP_PROT_TLS1_3;
    return 0;
}

BYTE *cv_peer_read_file(const struct cv_peer *p, const char *name, DWORD *len)
{
    struct cv_bytebuf b = {NULL, 0, 0, 0};
    FILE *f = fopen(name, "rb");
    size_t n = 0;
    if (f == NULL) {
        cv_peer_say(p, "%s: %s", name, strerror(errno));
        return NULL;
    }
    do {
        b.len += n;
        BYTE *room = cv_bytebuf_room(&b, 1 << 16);
        n = room == NULL ? 0 : fread(room, 1, 1 << 16, f);
    } while (n > 0);
    if (ferror(f)) {
        cv_peer_say(p, "%s: %s", name, strerror(errno));
        free(b.p);
        b.p = NULL;
    }
    fclose(f);
    *len = (DWORD)b.len;
    return b.p;
}

/* The first line of a file, in memory from malloc; NULL, and it has been said why. */
static char *read_password(const struct cv_peer *p, DWORD *len)
{
    char *text = (char *)cv_peer_read_file(p, p->options.password_file, len);
    if (text == NULL) return NULL;
    size_t n = 0;
    while (n < *len && text[n] != '\n' && text[n] != '\r') n++;
    char *line = calloc(1, n + 1);
    if (line != NULL) memcpy(line, text, n);
    SecureZeroMemory(text, *len);
    free(text);
    *len = (DWORD)n;
    return line;
}

static bool load_certificate(struct cv_peer *p)
{
    DWORD password_len = 0;
    char *password = NULL;
    if (p->options.password_file != NULL && (password = read_password(p, &password_len)) == NULL)
        return false;
    DWORD cert_len = 0, key_len = 0;
    const char *key_name = p->options.key ? p->options.key : p->options.cert;
    BYTE *cert = cv_peer_read_file(p, p->options.cert, &cert_len),
         *key = cv_peer_read_file(p, key_name, &key_len);
    if (cert != NULL && key != NULL) {
        p->cert = CulvertCertificateFromEncryptedPem(cert, cert_len, key, key_len, password);
        if (p->cert == NULL) {
            CulvertContext_Failure why;
            CulvertLastFailure(&why);
            cv_peer_say(p, "%s, %s: %s", p->options.cert, key_name, why.pszReason);
        }
    }
    if (key != NULL) SecureZeroMemory(key, key_len);
    if (password != NULL) SecureZeroMemory(password, password_len);
    free(password);
    free(cert);
    free(key);
    return p->cert != NULL;
}

static bool load_roots(struct cv_peer *p)
{
    DWORD len;
    BYTE *pem = cv_peer_read_file(p, p->options.ca, &len);
    if (pem == NULL) return false;
    p->roots = CulvertStoreFromPem(pem, len);
    if (p->roots == NULL) {
        CulvertContext_Failure why;
        CulvertLastFailure(&why);
        cv_peer_say(p, "%s: %s", p->options.ca, why.pszReason);
    }
    free(pem);
    return p->roots != NULL;
}

/* "h2,http/1.1" as SECBUFFER_APPLICATION_PROTOCOLS wants it. */
static bool build_alpn(struct cv_peer *p)
{
    enum {
        LIST = offsetof(SEC_APPLICATION_PROTOCOLS, ProtocolLists) +
               offsetof(SEC_APPLICATION_PROTOCOL_LIST, ProtocolList)
    };
    const char *names = p->options.alpn;
    size_t len = 0;
    BYTE *b = malloc(LIST + strlen(names) + 1);
    if (b == NULL) return false;
    while (*names != 0) {
        size_t n = strcspn(names, ",");
        if (n == 0 || n > 255) {
            cv_peer_say(p, "--alpn: '%s' is not a list of protocol names", p->options.alpn);
            free(b);
            return false;
        }
        b[LIST + len] = (BYTE)n;
        memcpy(b + LIST + len + 1, names, n);
        len += n + 1;
        names += n + (names[n] == ',');
    }
    SEC_APPLICATION_PROTOCOLS *lists = (SEC_APPLICATION_PROTOCOLS *)(void *)b;
    lists->ProtocolListsSize = (ULONG)(LIST - sizeof lists->ProtocolListsSize + len);
    lists->ProtocolLists[0].ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
    lists->ProtocolLists[0].ProtocolListSize = (USHORT)len;
    p->alpn = b;
    p->alpn_len = (ULONG)(LIST + len);
    return true;
}

static void write_keylog(void *ctx, const char *line)
{
    FILE *f = ctx;
    fprintf(f, "%s\n", line);
    fflush(f);
}

/* Versions of --min and --max as those that are off. */
static DWORD disabled_protocols(const struct cv_peer_options *o)
{
    static const DWORD versions[] = {SP_PROT_TLS1_2, SP_PROT_TLS1_3};
    DWORD on = 0;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i] >= o->min && (o->max == 0 || versions[i] <= o->max)) on |= versions[i];
    return ~on;
}

static SECURITY_STATUS acquire(struct cv_peer *p)
{
    const struct cv_peer_options *o = &p->options;
    TLS_PARAMETERS parameters = {.grbitDisabledProtocols = disabled_protocols(o)};
    SCH_CREDENTIALS credentials = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = p->cert != NULL,
        .paCred = &p->cert,
        .hRootStore = p->roots,
        .dwFlags = SCH_USE_STRONG_CRYPTO | SCH_CRED_NO_DEFAULT_CREDS,
        .cTlsParameters = 1,
        .pTlsParameters = &parameters,
    };
    credentials.dwFlags |= o->insecure ? SCH_CRED_MANUAL_CRED_VALIDATION : SCH_CRED_AUTO_CRED_VALIDATION;
    if (!o->insecure) credentials.dwFlags |= o->revocation;
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)UNISP_NAME_A,
                                                       o->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND,
                                                       NULL, &credentials, NULL, NULL, &p->credential, NULL);
    if (status != SEC_E_OK) return status;
    p->has_credential = true;
    if (p->keylog != NULL) {
        CulvertCredential_KeyLog log = {write_keylog, p->keylog};
        status = SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_KEY_LOG, &log, sizeof log);
    }
    if (status == SEC_E_OK && o->server && o->verify == VERIFY_REQUEST) {
        CulvertCredential_ClientAuth optional = {1};
        status = SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_CLIENT_AUTH, &optional,
                                           sizeof optional);
    }
    if (status == SEC_E_OK && o->early_data != 0) {
        CulvertCredential_EarlyData early = {.cbMax = (ULONG)o->early_data};
        status = SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA, &early,
                                           sizeof early);
    }
    if (status == SEC_E_OK) status = cv_peer_set_psks(p);
    return status == SEC_E_OK ? cv_peer_set_algorithms(p) : status;
}

int cv_peer_open(struct cv_peer *p)
{
    const struct cv_peer_options *o = &p->options;
    if (o->cert != NULL && !load_certificate(p)) return EXIT_USAGE;
    if (o->ca != NULL && !load_roots(p)) return EXIT_USAGE;
    if (o->alpn != NULL && !build_alpn(p)) return EXIT_USAGE;
    if (o->keylog != NULL) {
        p->keylog = fopen(o->keylog, "a");
        if (p->keylog == NULL) {
            cv_peer_say(p, "%s: %s", o->keylog, strerror(errno));
            return EXIT_USAGE;
        }
    }
    if (!cv_peer_load_der(p)) return EXIT_USAGE;
    SECURITY_STATUS status = acquire(p);
    if (status == SEC_E_OK) status = cv_peer_set_features(p);
    if (status == SEC_E_OK) status = cv_peer_set_revocation(p);
    if (status == SEC_E_OK) status = cv_peer_share_ticket_keys(p);
    if (status == SEC_E_OK) return 0;
    const char *name = cv_status_name(status);
    cv_peer_say(p, "no credential: %s (0x%08x)", name ? name : "unknown status", (unsigned)status);
    return EXIT_TLS;
}

void cv_peer_close(struct cv_peer *p)
{
    if (p->has_credential) FreeCredentialsHandle(&p->credential);
    if (p->cert != NULL) CertFreeCertificateContext(p->cert);
    if (p->roots != NULL) CertCloseStore(p->roots, 0);
    if (p->keylog != NULL) fclose(p->keylog);
    free(p->alpn);
    for (size_t i = 0; i < p->options.crls.n; i++) free(p->crls[i].p);
    for (size_t i = 0; i < p->options.pins.n; i++) free(p->pins[i].p);
}

void cv_peer_link(const struct cv_peer *p, struct cv_link *l, const char *target)
{
    const struct cv_peer_options *o = &p->options;
    memset(l, 0, sizeof *l);
    l->credential = (CredHandle *)(uintptr_t)&p->credential;
    l->server = o->server;
    l->target = target;
    l->rekey = o->rekey;
    l->alpn = p->alpn;
    l->alpn_len = p->alpn_len;
    if (o->server) {
        l->requests = ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT | ASC_REQ_CONFIDENTIALITY |
                      ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR | ASC_REQ_ALLOCATE_MEMORY;
        if (o->verify > VERIFY_NONE) l->requests |= ASC_REQ_MUTUAL_AUTH;
        return;
    }
    l->requests = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_STREAM |
                  ISC_REQ_EXTENDED_ERROR | ISC_REQ_ALLOCATE_MEMORY;
    if (o->insecure) l->requests |= ISC_REQ_MANUAL_CRED_VALIDATION;
}
