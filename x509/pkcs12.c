#include "x509/pkcs12.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/hmac.h"
#include "x509/alg.h"
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/pbe_kdf.h"

/* RFC 7292 5.1, RFC 5652: what a ContentInfo has in it. */
static const struct cv_oid id_data = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}};
static const struct cv_oid id_encrypted_data = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6}};

/* Takes one element whose content has one element of this tag: [0] EXPLICIT and the like. */
static cv_err read_wrapped(struct cv_bytes *in, uint8_t outer, uint8_t tag, struct cv_bytes *content)
{
    struct cv_bytes wrap;

    if (cv_der_read(in, outer, &wrap) != CV_OK || cv_der_read(&wrap, tag, content) != CV_OK || wrap.len != 0)
        return CV_E_KEY_SYNTAX;
    return CV_OK;
}

/* What is left of the memory begins behind len bytes that are now in use. */
static struct cv_bytes take_memory(struct cv_pkcs12 *p, size_t len)
{
    struct cv_bytes taken = cv_bytes(p->memory, len);

    p->memory += len;
    p->memory_len -= len;
    return taken;
}

/* RFC 7292 4: a PFX, and what its OCTET STRINGs hold, may be BER. */
static cv_err make_der(struct cv_pkcs12 *p, struct cv_bytes *element)
{
    size_t len;
    cv_err e = cv_ber_to_der(p->memory, p->memory_len, &len, *element);

    if (e != CV_OK) return e == CV_E_CERT_DER ? CV_E_KEY_SYNTAX : e;
    *element = take_memory(p, len);
    return CV_OK;
}

/* --- the MAC --- */

struct mac {
    struct cv_bytes alg; /* DigestInfo's AlgorithmIdentifier with its header */
    struct cv_bytes digest, salt;
    uint32_t iterations;
};

/* RFC 7292 4: MacData. */
static cv_err read_mac(struct mac *m, struct cv_bytes *in)
{
    struct cv_bytes seq, info;

    if (in->len == 0) return CV_E_UNSUPPORTED;
    if (cv_der_read(in, CV_DER_SEQUENCE, &seq) != CV_OK || cv_der_read(&seq, CV_DER_SEQUENCE, &info) != CV_OK)
        return CV_E_KEY_SYNTAX;
    if (cv_der_whole(&info, CV_DER_SEQUENCE, &m->alg) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&info, CV_DER_OCTET_STRING, &m->digest) != CV_OK || info.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &m->salt) != CV_OK) return CV_E_KEY_SYNTAX;
    m->iterations = 1;
    if (seq.len != 0 && cv_der_uint32(&seq, &m->iterations) != CV_OK) return CV_E_KEY_SYNTAX;
    return seq.len == 0 ? CV_OK : CV_E_KEY_SYNTAX;
}

/* RFC 9579 4, 5: PBMAC1-params of RFC 8018 A.5; salt and iterations of MacData do not count. */
static cv_err derive_pbmac1(uint8_t key[CV_HASH_MAX], size_t *key_len, const struct cv_hash **hash,
                            struct cv_bytes params, struct cv_bytes password, uint32_t *work)
{
    struct cv_pbkdf2_params kdf;
    struct cv_bytes seq;
    cv_err e;

    if (cv_der_read(&params, CV_DER_SEQUENCE, &seq) != CV_OK || params.len != 0) return CV_E_KEY_SYNTAX;
    if ((e = cv_pbkdf2_params_read(&kdf, &seq)) != CV_OK || (e = cv_hmac_alg_read(&seq, hash)) != CV_OK)
        return e;
    /* RFC 9579 9: keyLength is there, and no key is shorter than 20 bytes */
    if (seq.len != 0 || kdf.key_len < 20) return CV_E_KEY_SYNTAX;
    if (kdf.key_len > CV_HASH_MAX) return CV_E_UNSUPPORTED;
    *key_len = kdf.key_len;
    return cv_pbkdf2_derive(&kdf, key, kdf.key_len, password, work);
}

/* The MAC's key, of *key_len bytes, and its hash. */
static cv_err derive_mac_key(uint8_t key[CV_HASH_MAX], size_t *key_len, const struct cv_hash **hash,
                             const struct mac *m, struct cv_bytes password, uint32_t *work)
{
    static const struct cv_oid pbmac1 = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 14}};
    struct cv_bytes in = m->alg, oid, params;
    struct cv_pkcs12_kdf kdf = {.salt = m->salt, .iterations = m->iterations};
    enum cv_hash_id id;

    if (cv_alg_read(&in, &oid, &params) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_oid_is(oid, &pbmac1)) return derive_pbmac1(key, key_len, hash, params, password, work);
    in = m->alg;
    if (cv_hash_alg_read(&in, &id) != CV_OK) return CV_E_KEY_SYNTAX;
    if ((*hash = kdf.hash = cv_hash_by_id(id)) == NULL) return CV_E_UNSUPPORTED;
    *key_len = kdf.hash->digest_len;
    return cv_pkcs12_derive(&kdf, CV_PKCS12_MAC, key, *key_len, password, work);
}

static cv_err check_mac(const struct mac *m, struct cv_bytes content, struct cv_bytes password,
                        uint32_t *work)
{
    uint8_t key[CV_HASH_MAX], mac[CV_HASH_MAX];
    const struct cv_hash *hash;
    size_t key_len;
    cv_err e = derive_mac_key(key, &key_len, &hash, m, password, work);

    if (e == CV_OK) {
        cv_hmac_mac(hash, mac, key, key_len, content.p, content.len);
        uint32_t equal =
            m->digest.len == hash->digest_len ? cv_ct_equal(mac, m->digest.p, hash->digest_len) : 0;
        cv_secret_declassify(&equal, sizeof equal); /* the caller is told */
        if (!equal) e = CV_E_KEY_PASSWORD;
    }
    cv_wipe(key, sizeof key);
    cv_wipe(mac, sizeof mac);
    return e;
}

cv_err cv_pkcs12_open_within(struct cv_pkcs12 *p, void *memory, size_t memory_len, struct cv_bytes file,
                             struct cv_bytes password, uint32_t work)
{
    static const uint8_t empty[1] = {0};
    struct cv_bytes seq, info, oid, content;
    struct mac mac;
    uint32_t version;

    *p = (struct cv_pkcs12){.memory = memory, .memory_len = memory_len, .work = work};
    cv_err e = make_der(p, &file);
    if (e != CV_OK) return e;
    if (cv_der_read(&file, CV_DER_SEQUENCE, &seq) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_uint32(&seq, &version) != CV_OK || version != 3) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_SEQUENCE, &info) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&info, CV_DER_OID, &oid) != CV_OK) return CV_E_KEY_SYNTAX;
    if (!cv_oid_is(oid, &id_data)) return CV_E_UNSUPPORTED; /* signed: integrity by a public key */
    if (read_wrapped(&info, CV_DER_CONTEXT_CON | 0, CV_DER_OCTET_STRING, &content) != CV_OK || info.len != 0)
        return CV_E_KEY_SYNTAX;
    if ((e = read_mac(&mac, &seq)) != CV_OK) return e;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;

    p->password = password.len > 0 ? password : cv_bytes(empty, 0);
    e = check_mac(&mac, content, p->password, &p->work);
    if (e == CV_E_KEY_PASSWORD && password.len == 0) {
        /* RFC 7292 B.1 leaves open which of the two no password is; both are in use */
        p->password = cv_bytes(NULL, 0);
        e = check_mac(&mac, content, p->password, &p->work);
    }
    if (e != CV_OK || (e = make_der(p, &content)) != CV_OK) return e;
    return cv_der_read(&content, CV_DER_SEQUENCE, &p->safes) == CV_OK ? CV_OK : CV_E_KEY_SYNTAX;
}

cv_err cv_pkcs12_open(struct cv_pkcs12 *p, void *memory, size_t memory_len, struct cv_bytes file,
                      struct cv_bytes password)
{
    return cv_pkcs12_open_within(p, memory, memory_len, file, password, CV_PBE_WORK_MAX);
}

/* --- the bags --- */

/* Decrypts into what is left of the memory, and takes it from there. */
static cv_err decrypt(struct cv_pkcs12 *p, struct cv_bytes *out, struct cv_bytes alg, struct cv_bytes data)
{
    size_t len;
    cv_err e = cv_pbe_decrypt(p->memory, p->memory_len, &len, alg, data, p->password, &p->work);

    if (e != CV_OK) return e;
    *out = take_memory(p, len);
    return CV_OK;
}

/* RFC 5652 6.1: [0] IMPLICIT OCTET STRING, in one piece or in several. */
static cv_err read_encrypted_content(struct cv_pkcs12 *p, struct cv_bytes *seq, struct cv_bytes *data)
{
    struct cv_bytes pieces, piece;
    struct cv_builder b;

    if (cv_der_read(seq, CV_DER_CONTEXT | 0, data) == CV_OK) return CV_OK;
    if (cv_der_read(seq, CV_DER_CONTEXT_CON | 0, &pieces) != CV_OK) return CV_E_KEY_SYNTAX;
    cv_build_init(&b, p->memory, p->memory_len);
    while (pieces.len > 0) {
        if (cv_der_read(&pieces, CV_DER_OCTET_STRING, &piece) != CV_OK) return CV_E_KEY_SYNTAX;
        cv_build_bytes(&b, piece.p, piece.len);
    }
    *data = take_memory(p, b.len);
    return cv_build_end(&b);
}

/* RFC 5652 8: EncryptedData. */
static cv_err open_encrypted(struct cv_pkcs12 *p, struct cv_bytes *safe, struct cv_bytes *info)
{
    struct cv_bytes seq, content, oid, alg, data;
    uint32_t version;

    if (read_wrapped(info, CV_DER_CONTEXT_CON | 0, CV_DER_SEQUENCE, &seq) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_uint32(&seq, &version) != CV_OK || (version != 0 && version != 2)) return CV_E_KEY_SYNTAX;
    /* unprotected attributes may follow */
    if (cv_der_read(&seq, CV_DER_SEQUENCE, &content) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&content, CV_DER_OID, &oid) != CV_OK || !cv_oid_is(oid, &id_data)) return CV_E_KEY_SYNTAX;
    if (cv_der_whole(&content, CV_DER_SEQUENCE, &alg) != CV_OK) return CV_E_KEY_SYNTAX;
    cv_err e = read_encrypted_content(p, &content, &data);
    if (e != CV_OK) return e;
    return content.len == 0 ? decrypt(p, safe, alg, data) : CV_E_KEY_SYNTAX;
}

/* RFC 7292 4.1: the next ContentInfo of AuthenticatedSafe. */
static cv_err open_safe(struct cv_pkcs12 *p)
{
    struct cv_bytes info, oid, safe;

    if (p->safes.len == 0) return CV_WANT_INPUT;
    if (cv_der_read(&p->safes, CV_DER_SEQUENCE, &info) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&info, CV_DER_OID, &oid) != CV_OK) return CV_E_KEY_SYNTAX;
    cv_err e = cv_oid_is(oid, &id_data)
                   ? read_wrapped(&info, CV_DER_CONTEXT_CON | 0, CV_DER_OCTET_STRING, &safe)
               : cv_oid_is(oid, &id_encrypted_data) ? open_encrypted(p, &safe, &info)
                                                    : CV_E_UNSUPPORTED;
    if (e != CV_OK) return e;
    if (info.len != 0) return CV_E_KEY_SYNTAX;
    if ((e = make_der(p, &safe)) != CV_OK) return e;
    if (cv_der_read(&safe, CV_DER_SEQUENCE, &p->bags[0]) != CV_OK) return CV_E_KEY_SYNTAX;
    p->depth = 1;
    return CV_OK;
}

/* RFC 7292 4.2.3, 4.2.4: a CertBag or CRLBag, which have one form. */
static cv_err read_typed(struct cv_bag *bag, const struct cv_oid *x509_type, enum cv_bag_kind kind,
                         struct cv_bytes value)
{
    struct cv_bytes seq, oid, der;

    if (cv_der_read(&value, CV_DER_SEQUENCE, &seq) != CV_OK || value.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OID, &oid) != CV_OK) return CV_E_KEY_SYNTAX;
    if (!cv_oid_is(oid, x509_type)) return CV_OK;
    if (read_wrapped(&seq, CV_DER_CONTEXT_CON | 0, CV_DER_OCTET_STRING, &der) != CV_OK || seq.len != 0)
        return CV_E_KEY_SYNTAX;
    bag->kind = kind;
    bag->der = der;
    return CV_OK;
}

/* RFC 7292 4.2.2 */
static cv_err read_shrouded(struct cv_pkcs12 *p, struct cv_bag *bag, struct cv_bytes value)
{
    struct cv_bytes seq, alg, data;

    if (cv_der_read(&value, CV_DER_SEQUENCE, &seq) != CV_OK || value.len != 0) return CV_E_KEY_SYNTAX;
    if (cv_der_whole(&seq, CV_DER_SEQUENCE, &alg) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OCTET_STRING, &data) != CV_OK || seq.len != 0) return CV_E_KEY_SYNTAX;
    bag->kind = CV_BAG_KEY;
    return decrypt(p, &bag->der, alg, data);
}

enum { KEY_BAG = 1, SHROUDED_KEY_BAG, CERT_BAG, CRL_BAG, SECRET_BAG, SAFE_CONTENTS_BAG };

/* The last arc of a bag's type; 0 for another. */
static unsigned bag_type(struct cv_bytes oid)
{
    for (uint8_t i = KEY_BAG; i <= SAFE_CONTENTS_BAG; i++) {
        const struct cv_oid known = {11, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, i}};
        if (cv_oid_is(oid, &known)) return i;
    }
    return 0;
}

static cv_err read_value(struct cv_pkcs12 *p, struct cv_bag *bag, unsigned type, struct cv_bytes value)
{
    static const struct cv_oid x509_cert = {10, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1}};
    static const struct cv_oid x509_crl = {10, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 23, 1}};

    bag->kind = CV_BAG_OTHER;
    bag->der = value;
    switch (type) {
    case KEY_BAG:
        bag->kind = CV_BAG_KEY;
        return CV_OK;
    case SHROUDED_KEY_BAG:
        return read_shrouded(p, bag, value);
    case CERT_BAG:
        return read_typed(bag, &x509_cert, CV_BAG_CERT, value);
    case CRL_BAG:
        return read_typed(bag, &x509_crl, CV_BAG_CRL, value);
    default:
        return CV_OK;
    }
}

/* RFC 2985 5.5.1, 5.5.2: attributes of one value each; others are passed over. */
static cv_err read_attributes(struct cv_bag *bag, struct cv_bytes *in)
{
    static const struct cv_oid friendly_name = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20}};
    static const struct cv_oid local_key_id = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 21}};
    static const struct cv_oid provider = {9, {0x2b, 6, 1, 4, 1, 0x82, 0x37, 17, 1}};
    const struct {
        const struct cv_oid *oid;
        struct cv_bytes *value;
        uint8_t tag;
    } known[] = {
        {&friendly_name, &bag->friendly_name, CV_DER_BMP},
        {&local_key_id, &bag->local_key_id, CV_DER_OCTET_STRING},
        {&provider, &bag->provider, CV_DER_BMP},
    };
    struct cv_bytes set, seq, oid, values;

    if (cv_der_optional(in, CV_DER_SET, &set) != CV_OK) return CV_E_KEY_SYNTAX;
    while (set.len > 0) {
        if (cv_der_read(&set, CV_DER_SEQUENCE, &seq) != CV_OK) return CV_E_KEY_SYNTAX;
        if (cv_der_read(&seq, CV_DER_OID, &oid) != CV_OK) return CV_E_KEY_SYNTAX;
        if (cv_der_read(&seq, CV_DER_SET, &values) != CV_OK || seq.len != 0) return CV_E_KEY_SYNTAX;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (cv_oid_is(oid, known[i].oid) && cv_der_read(&values, known[i].tag, known[i].value) != CV_OK)
                return CV_E_KEY_SYNTAX;
    }
    return CV_OK;
}

/* RFC 7292 4.2: a SafeBag; one with SafeContents in it is opened, and *found stays false. */
static cv_err read_bag(struct cv_pkcs12 *p, struct cv_bag *bag, bool *found)
{
    struct cv_bytes seq, oid, value;

    *bag = (struct cv_bag){.kind = CV_BAG_OTHER};
    if (cv_der_read(&p->bags[p->depth - 1], CV_DER_SEQUENCE, &seq) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_OID, &oid) != CV_OK) return CV_E_KEY_SYNTAX;
    if (cv_der_read(&seq, CV_DER_CONTEXT_CON | 0, &value) != CV_OK) return CV_E_KEY_SYNTAX;
    cv_err e = read_attributes(bag, &seq);
    if (e != CV_OK) return e;
    if (seq.len != 0) return CV_E_KEY_SYNTAX;

    unsigned type = bag_type(oid);
    if (type == SAFE_CONTENTS_BAG) {
        if (p->depth == CV_PKCS12_DEPTH_MAX) return CV_E_CERT_TOO_COMPLEX;
        if (cv_der_read(&value, CV_DER_SEQUENCE, &p->bags[p->depth]) != CV_OK || value.len != 0)
            return CV_E_KEY_SYNTAX;
        p->depth++;
        return CV_OK;
    }
    *found = true;
    return read_value(p, bag, type, value);
}

cv_err cv_pkcs12_next(struct cv_pkcs12 *p, struct cv_bag *bag)
{
    bool found = false;
    cv_err e = CV_OK;

    while (e == CV_OK && !found) {
        if (p->depth == 0)
            e = open_safe(p);
        else if (p->bags[p->depth - 1].len == 0)
            p->depth--;
        else
            e = read_bag(p, bag, &found);
    }
    return e;
}
