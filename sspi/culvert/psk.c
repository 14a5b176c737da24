/* --psk-file: keys that both sides have from elsewhere. */
#include "sspi/culvert/peer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PSKS_MAX = 1024, KEY_MAX = 64 };

static int digit(char c)
{
    return c >= '0' && c <= '9'         ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* Turns hexadecimal digits into bytes, in place; 0 if they are none. */
static size_t unhex(char *text, size_t len)
{
    if (len % 2 != 0 || len / 2 > KEY_MAX) return 0;
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return 0;
        text[i] = (char)(high << 4 | low);
    }
    return len / 2;
}

/* One line, IDENTITY:HEX. */
static bool read_line(CulvertPsk *psk, char *line, size_t len)
{
    char *colon = memchr(line, ':', len);
    if (colon == NULL || colon == line) return false;
    char *key = colon + 1;
    size_t key_len = unhex(key, len - (size_t)(key - line));
    *psk = (CulvertPsk){
        .cbIdentity = (ULONG)(colon - line),
        .pbIdentity = (const BYTE *)line,
        .cbKey = (ULONG)key_len,
        .pbKey = (const BYTE *)key,
    };
    return key_len != 0;
}

static bool read_lines(const struct cv_peer *p, CulvertPsk *psks, ULONG *n, char *text, size_t len)
{
    *n = 0;
    for (char *end = text + len; text < end;) {
        char *feed = memchr(text, '\n', (size_t)(end - text)), *next = feed != NULL ? feed + 1 : end;
        size_t line_len = (size_t)((feed != NULL ? feed : end) - text);
        if (line_len > 0 && (*n == PSKS_MAX || !read_line(&psks[*n], text, line_len))) {
            cv_peer_say(p, "%s: line %u is not IDENTITY:HEX", p->options.psk_file, (unsigned)*n + 1);
            return false;
        }
        *n += line_len > 0;
        text = next;
    }
    return true;
}

SECURITY_STATUS cv_peer_set_psks(struct cv_peer *p)
{
    DWORD len;
    if (p->options.psk_file == NULL) return SEC_E_OK;
    BYTE *text = cv_peer_read_file(p, p->options.psk_file, &len);
    if (text == NULL) return SEC_E_UNKNOWN_CREDENTIALS;
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;
    CulvertPsk *psks = calloc(PSKS_MAX, sizeof *psks);
    CulvertCredential_Psks keys = {.pPsks = psks, .fWithoutKeyExchange = p->options.psk_ke};
    if (psks != NULL) {
        status = read_lines(p, psks, &keys.cPsks, (char *)text, len) ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS;
        if (status == SEC_E_OK)
            status = SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_PSKS, &keys, sizeof keys);
    }
    free(psks);
    SecureZeroMemory(text, len);
    free(text);
    return status;
}
