#include "x509/stream_cert.h"

#include <string.h>

/* --- the grammar --- */

enum act {
    ACT_NONE,
    ACT_TBS,
    ACT_VERSION,
    ACT_SERIAL,
    ACT_SIG_OID,
    ACT_SIG_PARAMS,
    ACT_SIG_ALG,
    ACT_ISSUER,
    ACT_SUBJECT,
    ACT_RDN,
    ACT_ATTRIBUTE,
    ACT_TIME,
    ACT_KEY_OID,
    ACT_CURVE,
    ACT_KEY_PARAMS,
    ACT_KEY_BITS,
    ACT_RSA_N,
    ACT_RSA_E,
    ACT_SPKI,
    ACT_UNIQUE_ID,
    ACT_EXTENSIONS,
    ACT_EXT_OID,
    ACT_EXT_CRITICAL,
    ACT_EXT_VALUE,
    ACT_SIGNATURE,
    ACT_CA,
    ACT_PATH_LEN,
    ACT_KEY_USAGE,
    ACT_PURPOSE,
    ACT_UINT32,
    ACT_DNS_NAME,
    ACT_IP_ADDRESS,
};

/* Indices of productions. Each begins where the one before it ends: a change moves all behind it. */
enum {
    P_ANY = 0,
    P_CERTIFICATE = 1,
    P_SIGNED = 2,
    P_TBS = 5,
    P_VERSION = 15,
    P_SIG_ALG = 16,
    P_NAME = 18,
    P_RDN = 19,
    P_ATTRIBUTE = 20,
    P_VALIDITY = 22,
    P_TIME = 24,
    P_SPKI = 26,
    P_KEY_ALG = 28,
    P_KEY_PARAMS = 30,
    P_RSA_KEY = 33,
    P_RSA_NUMBERS = 34,
    P_EXTENSIONS = 36,
    P_EXTENSION_LIST = 37,
    P_EXTENSION = 38,
    P_GENERAL_NAME = 41,
    P_OTHER_NAME = 50,
    P_DIRECTORY_NAME = 52,
    P_OCTETS = 53,
    P_BITS = 54,
    P_GENERAL_NAMES = 55,
    P_GENERAL_NAME_LIST = 56,
    P_BASIC_CONSTRAINTS = 57,
    P_BASIC_CONSTRAINTS_FIELDS = 58,
    P_SEQUENCES = 60,
    P_SEQUENCE_LIST = 61,
    P_POLICIES = 62,
    P_POLICY_LIST = 63,
    P_POLICY = 64,
    P_AUTHORITY_KEY = 66,
    P_AUTHORITY_KEY_FIELDS = 67,
    P_PURPOSES = 70,
    P_PURPOSE_LIST = 71,
    P_UINT32 = 72,
    P_ACCESS = 73,
    P_ACCESS_LIST = 74,
    P_ACCESS_DESCRIPTION = 75,
    P_FEATURES = 77,
    P_FEATURE_LIST = 78,
    P_ATTRIBUTES = 79,
    P_ATTRIBUTE_LIST = 80,
    N_ROWS = 81,
};

enum { LAST = CV_PUSH_LAST, OPT = CV_PUSH_OPTIONAL, MANY = OPT | CV_PUSH_MANY, TAKE = CV_PUSH_TAKE };
enum { SOME = CV_PUSH_NOT_EMPTY, ONE_OF = CV_PUSH_CHOICE, ASCII = CV_PUSH_ASCII };
enum { IS = CV_DER_CONTEXT, HAS = CV_DER_CONTEXT_CON };

static const struct cv_push_row rows[N_ROWS] = {
    [P_ANY] = {CV_PUSH_ANY, MANY | LAST, P_ANY, 0},

    [P_CERTIFICATE] = {CV_DER_SEQUENCE, LAST, P_SIGNED, 0},
    [P_SIGNED] = {CV_DER_SEQUENCE, 0, P_TBS, ACT_TBS},
    {CV_DER_SEQUENCE, 0, P_SIG_ALG, ACT_SIG_ALG},
    {CV_DER_BIT_STRING, TAKE | LAST, 0, ACT_SIGNATURE},

    [P_TBS] = {HAS | 0, OPT, P_VERSION, 0},
    {CV_DER_INTEGER, 0, 0, ACT_SERIAL},
    {CV_DER_SEQUENCE, 0, P_SIG_ALG, ACT_SIG_ALG},
    {CV_DER_SEQUENCE, SOME, P_NAME, ACT_ISSUER}, /* RFC 5280 4.1.2.4 */
    {CV_DER_SEQUENCE, 0, P_VALIDITY, 0},
    {CV_DER_SEQUENCE, 0, P_NAME, ACT_SUBJECT},
    {CV_DER_SEQUENCE, 0, P_SPKI, ACT_SPKI},
    {IS | 1, OPT | SOME, 0, ACT_UNIQUE_ID},
    {IS | 2, OPT | SOME, 0, ACT_UNIQUE_ID},
    {HAS | 3, OPT | LAST, P_EXTENSIONS, ACT_EXTENSIONS},

    [P_VERSION] = {CV_DER_INTEGER, TAKE | LAST, 0, ACT_VERSION},

    [P_SIG_ALG] = {CV_DER_OID, TAKE, 0, ACT_SIG_OID},
    {CV_PUSH_ANY, OPT | LAST, 0, ACT_SIG_PARAMS},

    [P_NAME] = {CV_DER_SET, MANY | SOME | LAST, P_RDN, ACT_RDN},
    [P_RDN] = {CV_DER_SEQUENCE, MANY | LAST, P_ATTRIBUTE, ACT_ATTRIBUTE},
    [P_ATTRIBUTE] = {CV_DER_OID, 0, 0, 0},
    {CV_PUSH_ANY, LAST, 0, 0},

    [P_VALIDITY] = {0, ONE_OF, P_TIME, 0},
    {0, ONE_OF | LAST, P_TIME, 0},
    [P_TIME] = {CV_DER_UTC_TIME, TAKE, 0, ACT_TIME},
    {CV_DER_GENERALIZED_TIME, TAKE | LAST, 0, ACT_TIME},

    [P_SPKI] = {CV_DER_SEQUENCE, 0, P_KEY_ALG, 0},
    {CV_DER_BIT_STRING, TAKE | LAST, 0, ACT_KEY_BITS},
    [P_KEY_ALG] = {CV_DER_OID, TAKE, 0, ACT_KEY_OID},
    {0, ONE_OF | OPT | LAST, P_KEY_PARAMS, 0},
    [P_KEY_PARAMS] = {CV_DER_OID, TAKE, 0, ACT_CURVE},
    {CV_DER_NULL, 0, 0, ACT_KEY_PARAMS},
    {CV_PUSH_ANY, LAST, 0, ACT_KEY_PARAMS},
    [P_RSA_KEY] = {CV_DER_SEQUENCE, LAST, P_RSA_NUMBERS, 0}, /* RFC 8017 A.1.1 */
    [P_RSA_NUMBERS] = {CV_DER_INTEGER, TAKE, 0, ACT_RSA_N},
    {CV_DER_INTEGER, TAKE | LAST, 0, ACT_RSA_E},

    [P_EXTENSIONS] = {CV_DER_SEQUENCE, SOME | LAST, P_EXTENSION_LIST, 0},
    [P_EXTENSION_LIST] = {CV_DER_SEQUENCE, MANY | LAST, P_EXTENSION, 0},
    [P_EXTENSION] = {CV_DER_OID, TAKE, 0, ACT_EXT_OID},
    {CV_DER_BOOLEAN, OPT, 0, ACT_EXT_CRITICAL},
    {CV_DER_OCTET_STRING, LAST, 0, ACT_EXT_VALUE},

    [P_GENERAL_NAME] = {HAS | 0, 0, P_OTHER_NAME, 0}, /* RFC 5280 4.2.1.6 */
    {IS | 1, ASCII, 0, 0},
    {IS | 2, ASCII, 0, ACT_DNS_NAME},
    {HAS | 3, 0, 0, 0},
    {HAS | 4, 0, P_DIRECTORY_NAME, 0},
    {HAS | 5, 0, 0, 0},
    {IS | 6, ASCII, 0, 0},
    {IS | 7, TAKE, 0, ACT_IP_ADDRESS},
    {IS | 8, LAST, 0, 0},
    [P_OTHER_NAME] = {CV_DER_OID, 0, 0, 0},
    {HAS | 0, LAST, 0, 0},
    [P_DIRECTORY_NAME] = {CV_DER_SEQUENCE, LAST, P_NAME, 0},

    /* values of extensions */
    [P_OCTETS] = {CV_DER_OCTET_STRING, LAST, 0, 0},
    [P_BITS] = {CV_DER_BIT_STRING, TAKE | LAST, 0, ACT_KEY_USAGE},
    [P_GENERAL_NAMES] = {CV_DER_SEQUENCE, SOME | LAST, P_GENERAL_NAME_LIST, 0},
    [P_GENERAL_NAME_LIST] = {0, ONE_OF | MANY | LAST, P_GENERAL_NAME, 0},
    [P_BASIC_CONSTRAINTS] = {CV_DER_SEQUENCE, LAST, P_BASIC_CONSTRAINTS_FIELDS, 0},
    [P_BASIC_CONSTRAINTS_FIELDS] = {CV_DER_BOOLEAN, OPT, 0, ACT_CA},
    {CV_DER_INTEGER, OPT | TAKE | LAST, 0, ACT_PATH_LEN},
    [P_SEQUENCES] = {CV_DER_SEQUENCE, SOME | LAST, P_SEQUENCE_LIST, 0},
    [P_SEQUENCE_LIST] = {CV_DER_SEQUENCE, MANY | LAST, P_ANY, 0},
    [P_POLICIES] = {CV_DER_SEQUENCE, SOME | LAST, P_POLICY_LIST, 0},
    [P_POLICY_LIST] = {CV_DER_SEQUENCE, MANY | LAST, P_POLICY, 0},
    [P_POLICY] = {CV_DER_OID, 0, 0, 0},
    {CV_PUSH_ANY, OPT | LAST, 0, 0},
    [P_AUTHORITY_KEY] = {CV_DER_SEQUENCE, LAST, P_AUTHORITY_KEY_FIELDS, 0},
    [P_AUTHORITY_KEY_FIELDS] = {IS | 0, OPT, 0, 0},
    {HAS | 1, OPT | SOME, P_GENERAL_NAME_LIST, 0},
    {IS | 2, OPT | LAST, 0, 0},
    [P_PURPOSES] = {CV_DER_SEQUENCE, SOME | LAST, P_PURPOSE_LIST, 0},
    [P_PURPOSE_LIST] = {CV_DER_OID, MANY | TAKE | LAST, 0, ACT_PURPOSE},
    [P_UINT32] = {CV_DER_INTEGER, TAKE | LAST, 0, ACT_UINT32},
    [P_ACCESS] = {CV_DER_SEQUENCE, SOME | LAST, P_ACCESS_LIST, 0},
    [P_ACCESS_LIST] = {CV_DER_SEQUENCE, MANY | LAST, P_ACCESS_DESCRIPTION, 0},
    [P_ACCESS_DESCRIPTION] = {CV_DER_OID, 0, 0, 0},
    {0, ONE_OF | LAST, P_GENERAL_NAME, 0},
    [P_FEATURES] = {CV_DER_SEQUENCE, LAST, P_FEATURE_LIST, 0},
    [P_FEATURE_LIST] = {CV_DER_INTEGER, MANY | TAKE | LAST, 0, ACT_UINT32},
    [P_ATTRIBUTES] = {CV_DER_SEQUENCE, SOME | LAST, P_ATTRIBUTE_LIST, 0},
    [P_ATTRIBUTE_LIST] = {CV_DER_SEQUENCE, MANY | LAST, P_ATTRIBUTE, 0},
};

/* Extensions by the end of their OID: id-ce (2.5.29), and id-pe, whose numbers are told from id-ce's by PE.
 */
enum { PE = 0x80 };

static const struct {
    uint8_t number;
    uint8_t value;   /* production */
    uint8_t refusal; /* enum cv_err: what a stream cannot check */
    uint32_t bit;
} extensions[] = {
    {9, P_ATTRIBUTES, CV_OK, CV_EXT_DIRECTORY_ATTRIBUTES},
    {14, P_OCTETS, CV_OK, CV_EXT_SKI},
    {15, P_BITS, CV_OK, CV_EXT_KEY_USAGE},
    {17, P_GENERAL_NAMES, CV_OK, CV_EXT_SAN},
    {18, P_GENERAL_NAMES, CV_OK, CV_EXT_ISSUER_ALT_NAME},
    {19, P_BASIC_CONSTRAINTS, CV_OK, CV_EXT_BASIC_CONSTRAINTS},
    {30, 0, CV_E_CERT_NAME_CONSTRAINT, CV_EXT_NAME_CONSTRAINTS},
    {31, P_SEQUENCES, CV_OK, CV_EXT_CRL_POINTS},
    {32, P_POLICIES, CV_OK, CV_EXT_POLICIES},
    {33, 0, CV_E_CERT_POLICY, CV_EXT_POLICY_MAPPINGS},
    {35, P_AUTHORITY_KEY, CV_OK, CV_EXT_AKI},
    {36, 0, CV_E_CERT_POLICY, CV_EXT_POLICY_CONSTRAINTS},
    {37, P_PURPOSES, CV_OK, CV_EXT_EKU},
    {46, P_SEQUENCES, CV_OK, CV_EXT_FRESHEST_CRL},
    {54, P_UINT32, CV_OK, CV_EXT_INHIBIT_ANY},
    {PE | 1, P_ACCESS, CV_OK, CV_EXT_AIA},
    {PE | 11, P_ACCESS, CV_OK, CV_EXT_SIA},
    {PE | 24, P_FEATURES, CV_OK, CV_EXT_TLS_FEATURE},
};
enum { N_EXTENSIONS = sizeof extensions / sizeof extensions[0] };

/* --- what passes --- */

static struct cv_stream_cert *cert_of(struct cv_push *p)
{
    return (struct cv_stream_cert *)(void *)p;
}

static struct cv_bytes taken(const struct cv_push *p)
{
    return cv_bytes(p->dst, p->taken);
}

/* Of TBSCertificate until its algorithm is known; in the memory of the hash that does not yet run. All that
 * comes before an algorithm that we know is shorter. */
enum { EARLY_MAX = 64 };

static void pass_early(struct cv_stream_cert *s, const uint8_t *bytes, size_t len)
{
    uint8_t *early = (uint8_t *)&s->tbs.s;

    if (s->early_len + len > EARLY_MAX) return;
    memcpy(early + s->early_len, bytes, len);
    s->early_len = (uint8_t)(s->early_len + len);
}

static void pass(struct cv_push *p, const uint8_t *bytes, size_t len)
{
    struct cv_stream_cert *s = cert_of(p);

    if (s->in_hashed) s->env->sha256->update(s->env->sha256, &s->hashed, bytes, len);
    if (!s->in_tbs) return;
    if (s->tbs.alg)
        cv_hash_update(&s->tbs, bytes, len);
    else
        pass_early(s, bytes, len);
}

/* The algorithm is known: hashes what has passed, and from now on what passes. */
static void begin_tbs_hash(struct cv_stream_cert *s)
{
    const struct cv_stream_env *env = s->env;
    uint8_t early[EARLY_MAX];

    const struct cv_hash *hash = NULL;

    for (size_t i = 0; s->sig_alg && i < env->n_schemes; i++)
        if (env->schemes[i].hash && env->schemes[i].hash->id == s->sig_alg->hash) hash = env->schemes[i].hash;
    if (!hash) return;
    memcpy(early, &s->tbs.s, sizeof early);
    cv_hash_init(&s->tbs, hash);
    cv_hash_update(&s->tbs, early, s->early_len);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

enum { DIFFERS = 0xffff };

/* RFC 9525 6.3: a wildcard is the whole left-most label and stands for one label; two follow it at least. */
static uint16_t skip_label(struct cv_bytes host)
{
    const uint8_t *dot = memchr(host.p, '.', host.len);
    size_t at = dot ? (size_t)(dot - host.p) : 0;

    return dot && memchr(dot + 1, '.', host.len - at - 1) ? (uint16_t)at : DIFFERS;
}

static void content(struct cv_push *p, uint8_t act, struct cv_bytes part)
{
    struct cv_stream_cert *s = cert_of(p);
    struct cv_bytes host = s->env->dns;
    bool at_start = p->left + part.len == p->len;

    s->place = at_start && p->left == 0 ? part.p : NULL;
    if (act != ACT_DNS_NAME || host.len == 0) return;
    for (size_t i = 0; i < part.len && s->matched != DIFFERS; i++) {
        if (at_start && i == 0 && part.p[0] == '*')
            s->matched = skip_label(host);
        else if (s->matched < host.len && lower(part.p[i]) == host.p[s->matched])
            s->matched++;
        else
            s->matched = DIFFERS;
    }
}

/* --- acts --- */

static void end_hash(struct cv_stream_cert *s, uint8_t *hash)
{
    s->in_hashed = false;
    s->env->sha256->final(s->env->sha256, &s->hashed, hash);
}

static cv_err end_sig_alg(struct cv_stream_cert *s)
{
    const struct cv_sig_alg *a = s->found_alg;
    uint8_t hash[CV_STREAM_NAME_LEN];

    end_hash(s, hash);
    if (!s->in_tbs) /* RFC 5280 4.1.1.2: the same algorithm inside as outside */
        return memcmp(hash, s->algorithm, sizeof hash) == 0 ? CV_OK : CV_E_CERT_SYNTAX;
    memcpy(s->algorithm, hash, sizeof hash);
    /* as cv_sig_alg_parse; RSASSA-PSS has parameters that are not looked into */
    if (a && a->params == CV_SIG_PARAMS_PSS) return CV_OK;
    if (a && s->params > (a->params == CV_SIG_PARAMS_NULL ? CV_PARAMS_NULL : CV_PARAMS_NONE))
        return CV_E_CERT_SYNTAX;
    s->sig_alg = a;
    begin_tbs_hash(s);
    return CV_OK;
}

static cv_err end_time(struct cv_stream_cert *s, const struct cv_push *p)
{
    uint8_t der[2 + 15];
    struct cv_bytes in;
    struct cv_builder b;
    bool proper;

    cv_build_init(&b, der, sizeof der);
    cv_build_u8(&b, p->tag);
    cv_build_u8(&b, (uint8_t)p->taken);
    cv_build_bytes(&b, p->dst, p->taken);
    if (cv_build_end(&b) != CV_OK) return CV_E_CERT_SYNTAX;
    in = cv_bytes(der, b.len);
    return cv_der_time(&in, s->n_times++ == 0 ? &s->not_before : &s->not_after, &proper);
}

static cv_err end_uint32(const struct cv_push *p, uint32_t *out)
{
    return cv_der_uint32_content(taken(p), out);
}

/* Where the content of the element at hand is kept: with us, or at the caller's. */
static struct cv_bytes kept(const struct cv_stream_cert *s, size_t skip)
{
    const struct cv_push *p = &s->push;
    const uint8_t *at = s->env->in_place && s->place ? s->place : p->dst;

    return cv_bytes(at + skip, p->taken - skip);
}

static cv_err end_key_bits(struct cv_stream_cert *s)
{
    const struct cv_push *p = &s->push;
    const struct cv_key_alg *alg = s->key_alg;
    struct cv_bytes bits;

    if (s->key.type == CV_KEY_NONE || s->key.type == CV_KEY_RSA) return CV_OK;
    if (p->dst[0] != 0) return CV_E_CERT_KEY; /* unused bits */
    bits = kept(s, 1);
    s->key.point = bits;
    if (s->curve) /* RFC 5480 2.2: uncompressed */
        return bits.len == 1u + 2u * s->curve->field_len && bits.p[0] == 0x04 ? CV_OK : CV_E_CERT_KEY;
    return bits.len == alg->raw_len ? CV_OK : CV_E_CERT_KEY;
}

/* The key's algorithm is read: its type. */
static cv_err begin_key_bits(struct cv_stream_cert *s, struct cv_push *p)
{
    const struct cv_key_alg *alg = s->key_alg;

    s->key.type = alg ? alg->type : CV_KEY_NONE;
    switch (s->key.type) {
    case CV_KEY_NONE:
        return CV_E_CERT_KEY;
    case CV_KEY_RSA:
        p->inside = P_RSA_KEY;
        return s->params == CV_PARAMS_NULL ? CV_OK : CV_E_CERT_KEY; /* RFC 3279 2.3.1 */
    case CV_KEY_P256:                                               /* any curve */
        if (!s->curve) return CV_E_CERT_KEY;
        s->key.type = s->curve->type;
        return CV_OK;
    default:
        return s->params == CV_PARAMS_NONE ? CV_OK : CV_E_CERT_KEY;
    }
}

/* A number of an RSA key: positive, odd, without the zero byte of its sign. */
static cv_err end_rsa_number(struct cv_stream_cert *s, struct cv_bytes *out)
{
    struct cv_push *p = &s->push;
    uint8_t top = p->dst[0];

    if (top >= 0x80 || !(p->last & 1)) return CV_E_CERT_KEY;
    *out = kept(s, top == 0);
    p->dst += p->taken; /* the next number goes behind this one */
    p->dst_cap = (uint16_t)(p->dst_cap - p->taken);
    return CV_OK;
}

static cv_err end_spki(struct cv_stream_cert *s)
{
    s->push.dst = s->env->taken;
    s->push.dst_cap = s->env->taken_cap;
    if (s->key.type == CV_KEY_RSA && s->key.e.len == 1 && s->key.e.p[0] == 1) return CV_E_CERT_KEY;
    return s->key_read ? s->key_read(s->ctx) : CV_OK;
}

static const uint8_t id_pkix[] = {0x2b, 6, 1, 5, 5, 7}; /* 1.3.6.1.5.5.7 */

static bool is_below_pkix(struct cv_bytes oid, uint8_t arc)
{
    return oid.len == sizeof id_pkix + 2 && memcmp(oid.p, id_pkix, sizeof id_pkix) == 0 &&
           oid.p[sizeof id_pkix] == arc;
}

/* Two unknown extensions whose OIDs have the same hash count as one twice. */
static cv_err remember_unknown(struct cv_stream_cert *s, struct cv_bytes oid)
{
    uint32_t h = 0x811c9dc5; /* FNV-1a */

    for (size_t i = 0; i < oid.len; i++) h = (h ^ oid.p[i]) * 0x01000193u;
    for (size_t i = 0; i < s->n_unknown; i++)
        if (s->unknown[i] == h) return CV_E_CERT_SYNTAX;
    if (s->n_unknown == CV_STREAM_UNKNOWN_MAX) return CV_E_CERT_TOO_COMPLEX;
    s->unknown[s->n_unknown++] = h;
    return CV_OK;
}

static cv_err end_extension_oid(struct cv_stream_cert *s, struct cv_bytes oid)
{
    uint8_t number = 0;

    s->critical = false;
    if (oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d && oid.p[2] < PE) number = oid.p[2];
    if (is_below_pkix(oid, 1) && oid.p[7] < PE) number = PE | oid.p[7];
    for (s->extension = 0; s->extension < N_EXTENSIONS; s->extension++)
        if (extensions[s->extension].number == number) break;
    if (s->extension == N_EXTENSIONS) return remember_unknown(s, oid);
    if (s->present & extensions[s->extension].bit) return CV_E_CERT_SYNTAX; /* RFC 5280 4.2: each once */
    s->present |= extensions[s->extension].bit;
    return CV_OK;
}

static void refuse(struct cv_stream_cert *s, cv_err cause)
{
    if (s->refusal == CV_OK) s->refusal = cause;
}

static void begin_extension_value(struct cv_stream_cert *s, struct cv_push *p)
{
    bool known = s->extension < N_EXTENSIONS;

    if (known) {
        p->inside = extensions[s->extension].value;
        refuse(s, (cv_err)extensions[s->extension].refusal);
    }
    /* RFC 5280 4.2: nothing is done with attributes of a directory, as with what is unknown */
    if (s->critical && (!known || extensions[s->extension].bit == CV_EXT_DIRECTORY_ATTRIBUTES))
        refuse(s, CV_E_CERT_CRITICAL);
}

static void end_key_usage(struct cv_stream_cert *s, struct cv_bytes bits)
{
    for (unsigned i = 0; i < 9 && 1 + i / 8 < bits.len; i++)
        if (bits.p[1 + i / 8] >> (7 - i % 8) & 1) s->key_usage |= (uint16_t)(1u << i);
}

static void end_purpose(struct cv_stream_cert *s, struct cv_bytes oid)
{
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0};
    uint8_t bit = CV_EKU_OTHER;

    if (is_below_pkix(oid, 3) && oid.p[7] == 1) bit = CV_EKU_SERVER_AUTH;
    if (is_below_pkix(oid, 3) && oid.p[7] == 2) bit = CV_EKU_CLIENT_AUTH;
    if (cv_bytes_equal(oid, cv_bytes(any, sizeof any))) bit = CV_EKU_ANY;
    s->eku |= bit;
}

/* Alternative names of the issuer, or of who stands behind a link, are none of the subject's. */
static void note_match(struct cv_stream_cert *s, bool matches)
{
    if (matches && extensions[s->extension].bit == CV_EXT_SAN) s->matches = true;
}

static cv_err begin(struct cv_push *p, uint8_t act)
{
    struct cv_stream_cert *s = cert_of(p);

    switch (act) {
    case ACT_TBS:
        s->in_tbs = true;
        pass(p, p->head, p->n_head);
        break;
    case ACT_SIG_OID:
    case ACT_KEY_OID:
        s->params = CV_PARAMS_NONE;
        break;
    case ACT_SIG_PARAMS:
    case ACT_KEY_PARAMS:
        s->params = p->tag == CV_DER_NULL ? CV_PARAMS_NULL : CV_PARAMS_OTHER;
        break;
    case ACT_CURVE:
        s->params = CV_PARAMS_OTHER;
        break;
    case ACT_SIG_ALG:
    case ACT_ISSUER:
    case ACT_SUBJECT:
        s->in_hashed = true;
        s->env->sha256->init(s->env->sha256, &s->hashed);
        break;
    case ACT_RDN:
        s->n_attributes = 0;
        break;
    case ACT_ATTRIBUTE:
        if (++s->n_attributes > 16) return CV_E_CERT_SYNTAX; /* as cv_name_check */
        break;
    case ACT_KEY_BITS:
        return begin_key_bits(s, p);
    case ACT_UNIQUE_ID:
        if (s->version < 2) return CV_E_CERT_SYNTAX; /* RFC 5280 4.1.2.8 */
        break;
    case ACT_EXTENSIONS:
        if (s->version != 3) return CV_E_CERT_SYNTAX; /* RFC 5280 4.1.2.9 */
        break;
    case ACT_EXT_VALUE:
        begin_extension_value(s, p);
        break;
    case ACT_DNS_NAME:
        s->matched = 0;
        break;
    case ACT_SIGNATURE:
        p->dst = s->env->signature;
        p->dst_cap = s->env->signature_cap;
        break;
    default:
        break;
    }
    return CV_OK;
}

static cv_err end(struct cv_push *p, uint8_t act)
{
    struct cv_stream_cert *s = cert_of(p);
    uint32_t v;
    cv_err e = CV_OK;

    switch (act) {
    case ACT_TBS:
        s->in_tbs = false;
        if (s->tbs.alg) cv_hash_final(&s->tbs, s->env->digest);
        break;
    case ACT_VERSION:
        if ((e = end_uint32(p, &v)) != CV_OK) return e;
        s->version = (uint8_t)(v + 1);
        return v <= 2 ? CV_OK : CV_E_CERT_SYNTAX;
    case ACT_SERIAL: /* RFC 5280 4.1.2.2: not negative, 20 bytes without the zero of its sign */
        return p->first < 0x80 && p->len <= 20u + (p->first == 0) ? CV_OK : CV_E_CERT_SYNTAX;
    case ACT_SIG_OID:
        s->found_alg = cv_sig_alg_find(taken(p));
        break;
    case ACT_SIG_ALG:
        return end_sig_alg(s);
    case ACT_ISSUER:
        end_hash(s, s->issuer);
        break;
    case ACT_SUBJECT:
        end_hash(s, s->subject);
        break;
    case ACT_TIME:
        return end_time(s, p);
    case ACT_KEY_OID:
        s->key_alg = cv_key_alg_find(taken(p));
        break;
    case ACT_CURVE:
        s->curve = cv_curve_find(taken(p));
        break;
    case ACT_KEY_BITS:
        return end_key_bits(s);
    case ACT_RSA_N:
        return end_rsa_number(s, &s->key.n);
    case ACT_RSA_E:
        return end_rsa_number(s, &s->key.e);
    case ACT_SPKI:
        return end_spki(s);
    case ACT_UNIQUE_ID:
        return p->first < 8 ? CV_OK : CV_E_CERT_SYNTAX;
    case ACT_EXT_OID:
        return end_extension_oid(s, taken(p));
    case ACT_EXT_CRITICAL:
        s->critical = p->first != 0;
        break;
    case ACT_SIGNATURE:
        s->signature_len = (uint16_t)(p->taken - 1);
        return p->first == 0 ? CV_OK : CV_E_CERT_SYNTAX;
    case ACT_CA:
        s->is_ca = p->first != 0;
        break;
    case ACT_PATH_LEN:
        s->has_path_len = true;
        return end_uint32(p, &s->path_len);
    case ACT_UINT32:
        return end_uint32(p, &v);
    case ACT_KEY_USAGE:
        end_key_usage(s, taken(p));
        break;
    case ACT_PURPOSE:
        end_purpose(s, taken(p));
        break;
    case ACT_DNS_NAME:
        note_match(s, s->env->dns.len > 0 && s->matched == s->env->dns.len);
        break;
    case ACT_IP_ADDRESS:
        if (p->len != 4 && p->len != 16) return CV_E_CERT_SYNTAX;
        note_match(s, cv_bytes_equal(taken(p), s->env->ip));
        break;
    default:
        break;
    }
    return e;
}

static const struct cv_push_grammar grammar = {
    .rows = rows, .begin = begin, .end = end, .pass = pass, .content = content};

cv_err cv_stream_cert_begin(struct cv_stream_cert *s, size_t len)
{
    *s = (struct cv_stream_cert){.env = s->env, .key_read = s->key_read, .ctx = s->ctx, .version = 1};
    s->push.dst = s->env->taken;
    s->push.dst_cap = s->env->taken_cap;
    return cv_push_begin(&s->push, &grammar, P_CERTIFICATE, len);
}

cv_err cv_stream_cert_bytes(struct cv_stream_cert *s, struct cv_bytes part)
{
    return cv_push_bytes(&s->push, part);
}

cv_err cv_stream_cert_end(struct cv_stream_cert *s)
{
    return cv_push_end(&s->push);
}
