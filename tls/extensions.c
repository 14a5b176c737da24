#include "tls/messages.h"

enum {
    CH = CV_IN_CLIENT_HELLO,
    SH = CV_IN_SERVER_HELLO,
    HRR = CV_IN_HELLO_RETRY,
    EE = CV_IN_ENCRYPTED_EXTENSIONS,
    CT = CV_IN_CERTIFICATE,
    CR = CV_IN_CERTIFICATE_REQUEST,
    NST = CV_IN_NEW_SESSION_TICKET,
    SH12 = CV_IN_SERVER_HELLO_12,

    /* Blocks that ask: what they hold answers nothing, and unknown extensions are passed over. */
    ASKING = CH | CR | NST,
};

/* RFC 9846 4.3, the table of extensions. What it leaves out stands in RFC 8446 4.2 (max_fragment_length, SCT)
 * or belongs to TLS 1.2 alone. supported_groups in a TLS 1.2 ServerHello is against RFC 8422 5.1, but servers
 * in use send it; it is not read there. */
static const struct {
    uint16_t wire;
    uint8_t places;
} extensions[] = {
    [CV_EXT_SERVER_NAME] = {0, CH | EE | CR | SH12},
    [CV_EXT_MAX_FRAGMENT_LENGTH] = {1, CH | EE | SH12},
    [CV_EXT_STATUS_REQUEST] = {5, CH | CR | CT | SH12},
    [CV_EXT_SUPPORTED_GROUPS] = {10, CH | EE | SH12},
    [CV_EXT_EC_POINT_FORMATS] = {11, CH | SH12},
    [CV_EXT_SIGNATURE_ALGORITHMS] = {13, CH | CR},
    [CV_EXT_ALPN] = {16, CH | EE | SH12},
    [CV_EXT_SCT] = {18, CH | CR | CT | SH12},
    [CV_EXT_CLIENT_CERT_TYPE] = {19, CH | EE | SH12},
    [CV_EXT_SERVER_CERT_TYPE] = {20, CH | EE | SH12},
    [CV_EXT_PADDING] = {21, CH},
    [CV_EXT_ENCRYPT_THEN_MAC] = {22, CH | SH12},
    [CV_EXT_EXTENDED_MASTER_SECRET] = {23, CH | SH12},
    [CV_EXT_COMPRESS_CERTIFICATE] = {27, CH | CR},
    [CV_EXT_RECORD_SIZE_LIMIT] = {28, CH | EE | SH12},
    [CV_EXT_SESSION_TICKET] = {35, CH | SH12},
    [CV_EXT_PRE_SHARED_KEY] = {41, CH | SH},
    [CV_EXT_EARLY_DATA] = {42, CH | EE | NST},
    [CV_EXT_SUPPORTED_VERSIONS] = {43, CH | SH | HRR},
    [CV_EXT_COOKIE] = {44, CH | HRR},
    [CV_EXT_PSK_KEY_EXCHANGE_MODES] = {45, CH},
    [CV_EXT_CERTIFICATE_AUTHORITIES] = {47, CH | CR},
    [CV_EXT_OID_FILTERS] = {48, CR},
    [CV_EXT_POST_HANDSHAKE_AUTH] = {49, CH},
    [CV_EXT_SIGNATURE_ALGORITHMS_CERT] = {50, CH | CR},
    [CV_EXT_KEY_SHARE] = {51, CH | SH | HRR},
    [CV_EXT_RENEGOTIATION_INFO] = {0xff01, CH | SH12},
};
_Static_assert(sizeof extensions / sizeof extensions[0] == CV_EXT_COUNT, "a row for each extension");
_Static_assert(CV_EXT_COUNT < 32, "a bit for each extension, and CV_EXT_ASKED_OTHERS");

uint16_t cv_ext_wire(enum cv_ext ext)
{
    return extensions[ext].wire;
}

/* CV_EXT_COUNT if it is none that we know. */
static unsigned find(uint16_t wire)
{
    unsigned i = 0;
    while (i < CV_EXT_COUNT && extensions[i].wire != wire) i++;
    return i;
}

bool cv_ext_is_known(uint16_t wire)
{
    return find(wire) < CV_EXT_COUNT;
}

uint32_t cv_ext_bit(uint16_t wire)
{
    return (uint32_t)1 << find(wire);
}

/* Unknown extensions are remembered up to this number, so that time stays linear and memory constant: no
 * client sends nearly as many, and a repetition behind them is without effect. */
enum { UNKNOWN_MAX = 32 };
struct unknown {
    uint16_t wire[UNKNOWN_MAX];
    size_t n;
};

static cv_err note_unknown(struct unknown *seen, uint16_t wire)
{
    for (size_t i = 0; i < seen->n; i++) {
        if (seen->wire[i] == wire) return CV_E_DUPLICATE_EXTENSION;
    }
    if (seen->n < UNKNOWN_MAX) seen->wire[seen->n++] = wire;
    return CV_OK;
}

static cv_err check_known(const struct cv_extensions *x, unsigned ext, enum cv_ext_place place,
                          uint32_t asked)
{
    uint32_t bit = (uint32_t)1 << ext;
    if (x->present & bit) return CV_E_DUPLICATE_EXTENSION;

    /* RFC 9846 4.3: only the cookie of a HelloRetryRequest comes unasked. */
    bool unasked = (place & ASKING) != 0 || (place == CV_IN_HELLO_RETRY && ext == CV_EXT_COOKIE);
    if (!unasked && !(asked & bit)) return CV_E_UNSOLICITED_EXTENSION;
    if (!(extensions[ext].places & place)) return CV_E_MISPLACED_EXTENSION;
    return CV_OK;
}

cv_err cv_extensions_parse(struct cv_extensions *out, struct cv_bytes *in, enum cv_ext_place place,
                           uint32_t asked)
{
    struct cv_bytes rest = *in, block, body;
    struct unknown unknown;
    uint16_t wire = 0;
    cv_err e;
    *out = (struct cv_extensions){.present = 0};
    unknown.n = 0;
    if ((e = cv_read_vec16(&rest, &block)) != CV_OK) return e;
    out->block = block;
    bool passes_unknown =
        (place & ASKING) != 0 || ((place & (EE | SH12)) != 0 && (asked & CV_EXT_ASKED_OTHERS) != 0);
    while (block.len != 0) {
        if ((e = cv_read_u16(&block, &wire)) != CV_OK) return e;
        if ((e = cv_read_vec16(&block, &body)) != CV_OK) return e;
        unsigned ext = find(wire);
        if (ext < CV_EXT_COUNT) {
            if ((e = check_known(out, ext, place, asked)) != CV_OK) return e;
            out->body[ext] = body;
            out->present |= (uint32_t)1 << ext;
        } else if (passes_unknown) {
            if ((e = note_unknown(&unknown, wire)) != CV_OK) return e;
        } else {
            return CV_E_UNSOLICITED_EXTENSION;
        }
    }
    /* RFC 9846 4.3.11: the binders cover everything before them. */
    if (place == CV_IN_CLIENT_HELLO && cv_ext_has(out, CV_EXT_PRE_SHARED_KEY) &&
        wire != cv_ext_wire(CV_EXT_PRE_SHARED_KEY)) {
        return CV_E_BAD_PSK;
    }
    *in = rest;
    return CV_OK;
}

size_t cv_build_ext(struct cv_builder *b, enum cv_ext ext)
{
    cv_build_u16(b, cv_ext_wire(ext));
    return cv_build_open(b, 2);
}
