/* --groups, --suites, --schemes, --tls12: lists that replace the defaults, and what of TLS 1.2 is off by
 * default. */
#include "sspi/culvert/peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LIST_MAX = 48 };

struct name {
    const char *name;
    USHORT number;
};

/* IANA's names and numbers of groups. */
static const struct name groups[] = {
    {"X25519MLKEM768", 0x11ec},
    {"SecP256r1MLKEM768", 0x11eb},
    {"SecP384r1MLKEM1024", 0x11ed},
    {"x25519", 0x001d},
    {"x448", 0x001e},
    {"secp256r1", 0x0017},
    {"secp384r1", 0x0018},
    {"secp521r1", 0x0019},
    {"ffdhe2048", 0x0100},
    {"ffdhe3072", 0x0101},
    {"ffdhe4096", 0x0102},
    {NULL, 0},
};
static const struct name tls12_flags[] = {
    {"renegotiation", CULVERT_TLS12_RENEGOTIATION},
    {"cbc-without-etm", CULVERT_TLS12_CBC_WITHOUT_ETM},
    {"require-ems", CULVERT_TLS12_REQUIRE_EMS},
    {NULL, 0},
};

/* The number of one name; suites (names NULL) are numbers already. */
static bool find(const struct name *names, const char *text, size_t len, USHORT *number)
{
    char hex[5] = "";
    char *end;
    for (; names != NULL && names->name != NULL; names++) {
        if (strlen(names->name) != len || strncasecmp(names->name, text, len) != 0) continue;
        *number = names->number;
        return true;
    }
    if (names != NULL || len != 4) return false;
    memcpy(hex, text, len);
    *number = (USHORT)strtoul(hex, &end, 16);
    return *end == 0;
}

/* "a,b,c" to numbers; 0 where one is wrong, and that has been said. */
static ULONG parse(const struct cv_peer *p, const char *option, const struct name *names, const char *text,
                   USHORT list[LIST_MAX])
{
    ULONG n = 0;
    for (const char *at = text; *at != 0;) {
        size_t len = strcspn(at, ",");
        if (n == LIST_MAX || !find(names, at, len, &list[n])) {
            cv_peer_say(p, "%s: '%.*s' is none that is known", option, (int)len, at);
            return 0;
        }
        n++;
        at += len + (at[len] == ',');
    }
    return n;
}

static SECURITY_STATUS set_list(struct cv_peer *p, ULONG attribute, const char *option,
                                const struct name *names, const char *text)
{
    USHORT numbers[LIST_MAX];
    CulvertCredential_List list = {0, numbers};
    if (text == NULL) return SEC_E_OK;
    list.cNumbers = parse(p, option, names, text, numbers);
    if (list.cNumbers == 0) return SEC_E_ALGORITHM_MISMATCH;
    return SetCredentialsAttributesA(&p->credential, attribute, &list, sizeof list);
}

static SECURITY_STATUS set_tls12(struct cv_peer *p)
{
    USHORT numbers[LIST_MAX];
    CulvertCredential_Tls12 options = {0};
    if (p->options.tls12 == NULL) return SEC_E_OK;
    ULONG n = parse(p, "--tls12", tls12_flags, p->options.tls12, numbers);
    if (n == 0) return SEC_E_ALGORITHM_MISMATCH;
    for (ULONG i = 0; i < n; i++) options.dwFlags |= numbers[i];
    return SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_TLS12, &options, sizeof options);
}

/* For the peer's signatures and for ours. */
static SECURITY_STATUS set_schemes(struct cv_peer *p)
{
    USHORT numbers[LIST_MAX];
    CulvertCredential_SigningSchemes ours = {(ULONG)-1, {0, numbers}};
    const char *text = p->options.schemes;
    SECURITY_STATUS status = set_list(p, SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, "--schemes", NULL, text);
    if (status != SEC_E_OK || text == NULL || p->cert == NULL) return status;
    ours.Schemes.cNumbers = parse(p, "--schemes", NULL, text, numbers);
    return SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, &ours, sizeof ours);
}

SECURITY_STATUS cv_peer_set_algorithms(struct cv_peer *p)
{
    const struct cv_peer_options *o = &p->options;
    SECURITY_STATUS status = set_list(p, SECPKG_ATTR_CULVERT_GROUPS, "--groups", groups, o->groups);
    if (status == SEC_E_OK)
        status = set_list(p, SECPKG_ATTR_CULVERT_CIPHER_SUITES, "--suites", NULL, o->suites);
    if (status == SEC_E_OK) status = set_schemes(p);
    return status == SEC_E_OK ? set_tls12(p) : status;
}
