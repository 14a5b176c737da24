#include "sspi/roots.h"

#include "sspi/library.h"
#include "sspi/port/host.h"
#include "x509/der.h"
#include "x509/pem.h"
#include "x509/pkcs7.h"

#include <string.h>

void cv_roots_release(const struct cv_port *port, struct cv_roots *roots)
{
    if (roots == NULL || atomic_fetch_sub(&roots->refs, 1) != 1) return;
    if (roots->anchors != NULL)
        port->free(port->ctx, roots->anchors, roots->n_alloc * sizeof *roots->anchors);
    if (roots->der != NULL) port->free(port->ctx, roots->der, roots->der_len);
    port->free(port->ctx, roots, sizeof *roots);
}

/* Parses what can be parsed; the certificates lie behind 24-bit lengths. */
static size_t parse_all(struct cv_cert *out, struct cv_bytes certs)
{
    struct cv_bytes one;
    size_t n = 0;
    while (cv_read_vec24(&certs, &one) == CV_OK) {
        if (cv_cert_parse(&out[n], one) == CV_OK) n++;
    }
    return n;
}

/* Takes over a sorted list: bytes and views into them, neither with room to spare. */
static cv_err pack(struct cv_roots *r, const struct cv_port *port, const struct cv_cert *list, size_t n)
{
    struct cv_builder b;
    for (size_t i = 0; i < n; i++) r->der_len += list[i].der.len;
    r->n_alloc = n;
    if (n == 0) return CV_OK;
    r->anchors = port->alloc(port->ctx, n * sizeof *r->anchors);
    r->der = port->alloc(port->ctx, r->der_len);
    if (r->anchors == NULL || r->der == NULL) return CV_E_NO_MEMORY;
    cv_build_init(&b, r->der, r->der_len);
    for (size_t i = 0; i < n; i++) {
        struct cv_bytes der = cv_bytes(b.p + b.len, list[i].der.len);
        cv_build_bytes(&b, list[i].der.p, list[i].der.len);
        if (cv_cert_parse(&r->anchors[i], der) != CV_OK) return CV_E_INTERNAL; /* it was parsed before */
    }
    r->store = (struct cv_trust_store){.anchors = r->anchors, .n_anchors = n};
    return CV_OK;
}

/* Sorted, and each once: a folder of certificates has most of them under several names. */
static cv_err fill(struct cv_roots *r, const struct cv_port *port, struct cv_bytes certs, size_t n)
{
    struct cv_cert *list = port->alloc(port->ctx, n * sizeof *list);
    if (list == NULL) return CV_E_NO_MEMORY;
    size_t n_good = parse_all(list, certs);
    cv_trust_sort(list, n_good);
    cv_err e = pack(r, port, list, cv_trust_unique(list, n_good));
    port->free(port->ctx, list, n * sizeof *list);
    return e;
}

cv_err cv_roots_new(struct cv_roots **out, const struct cv_port *port, struct cv_bytes certs)
{
    struct cv_bytes in = certs, one;
    size_t n = 0;
    while (cv_read_vec24(&in, &one) == CV_OK) n++;
    struct cv_roots *r = port->alloc(port->ctx, sizeof *r);
    if (r == NULL) return CV_E_NO_MEMORY;
    atomic_init(&r->refs, 1);
    cv_err e = n > 0 ? fill(r, port, certs, n) : CV_OK;
    if (e != CV_OK) {
        cv_roots_release(port, r);
        return e;
    }
    *out = r;
    return CV_OK;
}

/* The certificates of a PKCS#7 bundle, or one alone, each behind its 24-bit length; as many as fit. */
static size_t der_to_certs(uint8_t *out, size_t cap, struct cv_bytes der)
{
    struct cv_bytes certs, crls, one;
    struct cv_builder b;
    cv_build_init(&b, out, cap);
    if (cv_pkcs7_bundle_read(der, &certs, &crls) != CV_OK) certs = der;
    while (cv_der_whole(&certs, CV_DER_SEQUENCE, &one) == CV_OK && cap - b.len >= 3 + one.len) {
        cv_build_u24(&b, (uint32_t)one.len);
        /* in a bundle within the same memory it may overlap what it comes from */
        uint8_t *to = cv_build_space(&b, one.len);
        if (to != NULL) memmove(to, one.p, one.len);
    }
    return b.len;
}

static bool label_is(struct cv_bytes label, const char *text)
{
    return cv_bytes_equal(label, cv_bytes((const uint8_t *)text, strlen(text)));
}

size_t cv_pem_to_certs(uint8_t *text, size_t len)
{
    struct cv_bytes in = cv_bytes(text, len), label, body;
    size_t at = 0;
    cv_err e;
    while ((e = cv_pem_next(&in, &label, &body)) != CV_WANT_INPUT) {
        if (e != CV_OK) break;
        if (!label_is(label, "CERTIFICATE") && !label_is(label, "PKCS7")) continue;
        uint8_t *der = text + (body.p - text), *end = der + body.len;
        size_t der_len;
        if (cv_base64_decode(der, body.len, &der_len, body) != CV_OK) continue;
        /* At the end of the text that it was, so that what is written in front of each certificate does not
         * reach what is still to be read: base64 takes a third more, a length three bytes. */
        memmove(end - der_len, der, der_len);
        at += der_to_certs(text + at, (size_t)(end - text) - at, cv_bytes(end - der_len, der_len));
    }
    return at;
}

static cv_err read_roots(struct cv_library *lib, struct cv_roots **out)
{
    uint8_t *text;
    size_t len;
    cv_err e = cv_host_roots(lib->port, &text, &len);
    if (e != CV_OK) return e;
    e = cv_roots_new(out, lib->port, cv_bytes(text, cv_pem_to_certs(text, len)));
    lib->port->free(lib->port->ctx, text, len);
    if (e == CV_OK && (*out)->store.n_anchors == 0) {
        cv_roots_release(lib->port, *out);
        *out = NULL;
        e = CV_E_TRUST_STORE;
    }
    return e;
}

cv_err cv_library_roots(struct cv_library *lib, struct cv_roots **out)
{
    cv_err e = CV_OK;
    lib->port->lock(lib->port->ctx, lib->roots_lock);
    if (lib->roots == NULL) e = read_roots(lib, &lib->roots);
    if (e == CV_OK) {
        atomic_fetch_add(&lib->roots->refs, 1);
        *out = lib->roots;
    }
    lib->port->unlock(lib->port->ctx, lib->roots_lock);
    return e;
}
