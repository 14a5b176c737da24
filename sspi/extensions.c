#include "sspi/extensions.h"

#include "sspi/attributes.h"
#include "sspi/credential.h"
#include "sspi/port/host.h"
#include "sspi/status.h"

#include <string.h>

enum { PIN_MAX = 65536, PINS_MAX = 4096, TIMESTAMPS_MAX = 16384 };

/* --- credentials --- */

static bool is_fragment_length(ULONG n)
{
    return n == 0 || n == 512 || n == 1024 || n == 2048 || n == 4096;
}

static SECURITY_STATUS set_extensions(struct cv_credential *c, const void *p)
{
    const CulvertCredential_Extensions *x = p;
    bool limit_fits =
        x->cbRecordLimit == 0 || (x->cbRecordLimit >= 64 && x->cbRecordLimit <= CV_RECORD_PLAIN_MAX);
    if (!limit_fits || !is_fragment_length(x->cbMaxFragment) || x->cbRecordPadding > CV_RECORD_PLAIN_MAX ||
        x->cbHelloPadding > CV_RECORD_PLAIN_MAX)
        return SEC_E_INVALID_TOKEN;
    struct cv_config *configs[] = {&c->client, &c->server};
    for (size_t i = 0; i < 2; i++) {
        configs[i]->grease = x->fGrease != 0;
        configs[i]->want_scts = x->fTimestamps != 0;
        configs[i]->record_limit = (uint16_t)x->cbRecordLimit;
        configs[i]->max_fragment = (uint16_t)x->cbMaxFragment;
        configs[i]->record_padding = (uint16_t)x->cbRecordPadding;
        configs[i]->hello_padding = (uint16_t)x->cbHelloPadding;
    }
    return SEC_E_OK;
}

static void drop_compressions(struct cv_extension_memory *m)
{
    while (m->n_compressions > 0) cv_host_compression_close(&m->compressions[--m->n_compressions]);
}

/* Those whose library is missing are left out. */
static SECURITY_STATUS set_compressions(struct cv_credential *c, const void *p)
{
    const CulvertCredential_List *list = p;
    struct cv_extension_memory *m = &c->extensions;
    if (list->cNumbers > CV_COMPRESSIONS_MAX || (list->cNumbers > 0 && list->pwNumbers == NULL))
        return SEC_E_INVALID_TOKEN;
    cv_err e = CV_OK;
    c->client.n_cert_compressions = c->server.n_cert_compressions = 0;
    drop_compressions(m);
    for (ULONG i = 0; e == CV_OK && i < list->cNumbers; i++) {
        for (ULONG k = 0; k < i; k++)
            if (list->pwNumbers[k] == list->pwNumbers[i]) e = CV_E_INVALID_ARGUMENT;
        if (e == CV_OK) e = cv_host_compression_open(&m->compressions[m->n_compressions], list->pwNumbers[i]);
        if (e == CV_OK) m->n_compressions++;
        if (e == CV_E_UNSUPPORTED) e = CV_OK;
    }
    if (e != CV_OK) {
        drop_compressions(m);
        return e == CV_E_INVALID_ARGUMENT ? SEC_E_ALGORITHM_MISMATCH : cv_status_for(e);
    }
    c->client.cert_compressions = c->server.cert_compressions = m->compressions;
    c->client.n_cert_compressions = c->server.n_cert_compressions = m->n_compressions;
    return SEC_E_OK;
}

static void drop_pins(struct cv_extension_memory *m)
{
    if (m->pins != NULL) cv_free(m->pins, m->pins_size);
    m->pins = NULL;
}

/* A copy in place of what is there; without memory nothing changes. */
static SECURITY_STATUS take_pins(struct cv_extension_memory *m, const CulvertCredential_RawKeys *r)
{
    struct cv_bytes *pins = NULL;
    size_t size = r->cKeys * sizeof *pins;
    for (ULONG i = 0; i < r->cKeys; i++) size += r->rgKeys[i].cbData;
    if (r->cKeys > 0 && (pins = cv_alloc(size)) == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    drop_pins(m);
    m->pins = pins;
    m->pins_size = size;
    uint8_t *at = r->cKeys > 0 ? (uint8_t *)(pins + r->cKeys) : NULL;
    for (ULONG i = 0; i < r->cKeys; i++) {
        pins[i] = cv_bytes(at, r->rgKeys[i].cbData);
        memcpy(at, r->rgKeys[i].pbData, r->rgKeys[i].cbData);
        at += r->rgKeys[i].cbData;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS set_raw_keys(struct cv_credential *c, const void *p)
{
    const CulvertCredential_RawKeys *r = p;
    if (r->dwPeer > CULVERT_RAW_KEY_SECOND || (r->cOnlyRaw > 0 && r->rgiOnlyRaw == NULL) ||
        r->cKeys > PINS_MAX || (r->cKeys > 0 && r->rgKeys == NULL))
        return SEC_E_INVALID_TOKEN;
    for (ULONG i = 0; i < r->cKeys; i++)
        if (r->rgKeys[i].pbData == NULL || r->rgKeys[i].cbData == 0 || r->rgKeys[i].cbData > PIN_MAX)
            return SEC_E_INVALID_TOKEN;
    for (ULONG i = 0; i < r->cOnlyRaw; i++)
        if (r->rgiOnlyRaw[i] >= c->n_identities) return SEC_E_INVALID_TOKEN;
    struct cv_config *configs[] = {&c->client, &c->server};
    SECURITY_STATUS status = take_pins(&c->extensions, r);
    if (status != SEC_E_OK) return status;
    for (size_t i = 0; i < c->n_identities; i++) c->identities[i].only_raw_key = false;
    for (ULONG i = 0; i < r->cOnlyRaw; i++) c->identities[r->rgiOnlyRaw[i]].only_raw_key = true;
    for (size_t i = 0; i < 2; i++) {
        configs[i]->pinned_keys = c->extensions.pins;
        configs[i]->n_pinned_keys = r->cKeys;
        configs[i]->own_raw_key = r->fOwn != 0;
        configs[i]->peer_raw_key = (enum cv_raw_key)r->dwPeer;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS set_timestamps(struct cv_credential *c, const void *p)
{
    const CulvertCredential_Timestamps *t = p;
    if (t->iCertificate >= c->n_identities || t->cbList > TIMESTAMPS_MAX ||
        (t->cbList > 0 && t->pbList == NULL))
        return SEC_E_INVALID_TOKEN;
    return cv_status_for(cv_identity_timestamps(&c->identities[t->iCertificate], &c->memory[t->iCertificate],
                                                cv_bytes(t->pbList, t->cbList)));
}

static const struct cv_setting settings[] = {
    {SECPKG_ATTR_CULVERT_EXTENSIONS, sizeof(CulvertCredential_Extensions), CV_SET_BEFORE_CONTEXTS,
     set_extensions},
    {SECPKG_ATTR_CULVERT_CERT_COMPRESSION, sizeof(CulvertCredential_List), CV_SET_BEFORE_CONTEXTS,
     set_compressions},
    {SECPKG_ATTR_CULVERT_RAW_KEYS, sizeof(CulvertCredential_RawKeys), CV_SET_BEFORE_CONTEXTS, set_raw_keys},
    {SECPKG_ATTR_CULVERT_TIMESTAMPS, sizeof(CulvertCredential_Timestamps), CV_SET_BEFORE_CONTEXTS,
     set_timestamps},
};
const struct cv_settings cv_extension_settings = {settings, sizeof settings / sizeof settings[0]};

void cv_extensions_release(struct cv_extension_memory *m)
{
    drop_compressions(m);
    drop_pins(m);
}

/* --- contexts --- */

SECURITY_STATUS cv_query_extensions(const struct cv_query *q)
{
    *(CulvertContext_Extensions *)q->out = (CulvertContext_Extensions){
        .cbSendLimit = (ULONG)q->info.send_limit,
        .cbReceiveLimit = (ULONG)q->info.receive_limit,
        .wOwnCompression = q->info.own_compression,
        .wPeerCompression = q->info.peer_compression,
        .fOwnRawKey = q->info.own_raw_key,
        .fPeerRawKey = q->info.peer_raw_key,
    };
    return SEC_E_OK;
}

static SECURITY_STATUS hand_out(const struct cv_query *q, struct cv_bytes bytes)
{
    if (bytes.len == 0) return SEC_E_NO_CREDENTIALS;
    BYTE *p = cv_query_copy(bytes);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *(CulvertContext_Bytes *)q->out = (CulvertContext_Bytes){(ULONG)bytes.len, p};
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_timestamps(const struct cv_query *q)
{
    return hand_out(q, q->info.peer_scts);
}

SECURITY_STATUS cv_query_peer_key(const struct cv_query *q)
{
    struct cv_bytes chain = q->info.peer_chain, first;
    struct cv_cert leaf;
    if (cv_read_vec24(&chain, &first) != CV_OK) return SEC_E_NO_CREDENTIALS;
    if (q->info.peer_raw_key) return hand_out(q, first);
    return cv_cert_parse(&leaf, first) == CV_OK ? hand_out(q, leaf.spki) : SEC_E_CERT_UNKNOWN;
}
