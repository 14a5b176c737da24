/* --extensions, --cert-compression, --raw-keys, --pin: what of TLS is off by default. */
#include "sspi/culvert/peer.h"

#include <stdlib.h>
#include <string.h>

/* Is the first word of a list this one? With a number behind "=" where value is not NULL. */
static bool word_is(const char *text, size_t len, const char *word, ULONG *value)
{
    size_t word_len = strlen(word);
    char *end;
    if (len < word_len || strncmp(text, word, word_len) != 0) return false;
    if (value == NULL) return len == word_len;
    if (text[word_len] != '=') return false;
    *value = (ULONG)strtoul(text + word_len + 1, &end, 10);
    return end == text + len && end > text + word_len + 1;
}

/* Calls `take` for each word of "a,b,c"; says which one it does not know. */
static bool each_word(const struct cv_peer *p, const char *option, const char *list,
                      bool (*take)(void *ctx, const char *word, size_t len), void *ctx)
{
    for (const char *at = list; *at != 0;) {
        size_t len = strcspn(at, ",");
        if (!take(ctx, at, len)) {
            cv_peer_say(p, "%s: '%.*s' is none that is known", option, (int)len, at);
            return false;
        }
        at += len + (at[len] == ',');
    }
    return true;
}

static bool take_extension(void *ctx, const char *word, size_t len)
{
    CulvertCredential_Extensions *x = ctx;
    bool grease = word_is(word, len, "grease", NULL), timestamps = word_is(word, len, "timestamps", NULL);
    if (grease) x->fGrease = 1;
    if (timestamps) x->fTimestamps = 1;
    return grease || timestamps || word_is(word, len, "record-limit", &x->cbRecordLimit) ||
           word_is(word, len, "max-fragment", &x->cbMaxFragment) ||
           word_is(word, len, "record-padding", &x->cbRecordPadding) ||
           word_is(word, len, "hello-padding", &x->cbHelloPadding);
}

static const char *const compressions[] = {[1] = "zlib", [2] = "brotli", [3] = "zstd"};
enum { N_COMPRESSIONS = sizeof compressions / sizeof compressions[0] };

const char *cv_compression_name(USHORT number)
{
    return number < N_COMPRESSIONS ? compressions[number] : NULL;
}

struct compression_list {
    USHORT numbers[N_COMPRESSIONS];
    ULONG n;
};

static bool take_compression(void *ctx, const char *word, size_t len)
{
    struct compression_list *list = ctx;
    for (USHORT i = 1; i < N_COMPRESSIONS; i++) {
        if (!word_is(word, len, compressions[i], NULL) || list->n == N_COMPRESSIONS) continue;
        list->numbers[list->n++] = i;
        return true;
    }
    return false;
}

static bool take_raw_key(void *ctx, const char *word, size_t len)
{
    CulvertCredential_RawKeys *r = ctx;
    bool own = word_is(word, len, "own", NULL), peer = word_is(word, len, "peer", NULL),
         only = word_is(word, len, "only", NULL);
    if (own) r->fOwn = 1;
    if (peer) r->dwPeer = CULVERT_RAW_KEY_ALLOWED;
    if (only) r->dwPeer = CULVERT_RAW_KEY_ALWAYS;
    return own || peer || only;
}

static SECURITY_STATUS set(struct cv_peer *p, ULONG attribute, void *value, ULONG size)
{
    return SetCredentialsAttributesA(&p->credential, attribute, value, size);
}

static SECURITY_STATUS set_raw_keys(struct cv_peer *p)
{
    CulvertCredential_RawKeys r = {0};
    if (!each_word(p, "--raw-keys", p->options.raw_keys, take_raw_key, &r)) return SEC_E_ALGORITHM_MISMATCH;
    CRYPT_DATA_BLOB keys[CV_PEER_FILES_MAX];
    for (size_t i = 0; i < p->options.pins.n; i++)
        keys[i] = (CRYPT_DATA_BLOB){(DWORD)p->pins[i].len, p->pins[i].p};
    r.cKeys = (ULONG)p->options.pins.n;
    r.rgKeys = keys;
    return set(p, SECPKG_ATTR_CULVERT_RAW_KEYS, &r, sizeof r);
}

SECURITY_STATUS cv_peer_set_features(struct cv_peer *p)
{
    const struct cv_peer_options *o = &p->options;
    SECURITY_STATUS status = SEC_E_OK;
    if (o->extensions != NULL) {
        CulvertCredential_Extensions x = {0};
        if (!each_word(p, "--extensions", o->extensions, take_extension, &x)) return SEC_E_ALGORITHM_MISMATCH;
        status = set(p, SECPKG_ATTR_CULVERT_EXTENSIONS, &x, sizeof x);
    }
    if (status == SEC_E_OK && o->compression != NULL) {
        struct compression_list list = {.n = 0};
        if (!each_word(p, "--cert-compression", o->compression, take_compression, &list))
            return SEC_E_ALGORITHM_MISMATCH;
        CulvertCredential_List numbers = {list.n, list.numbers};
        status = set(p, SECPKG_ATTR_CULVERT_CERT_COMPRESSION, &numbers, sizeof numbers);
    }
    return status == SEC_E_OK && o->raw_keys != NULL ? set_raw_keys(p) : status;
}
