#include "sspi/roots.h"

#include "sspi/library.h"
#include "sspi/port/host.h"
#include "x509/pem.h"

#include <string.h>

void cv_roots_release(const struct cv_port *port, struct cv_roots *roots)
{
    if (roots == NULL || atomic_fetch_sub(&roots->refs, 1) != 1) return;
    if (roots->anchors != NULL)
        port->free(port->ctx, roots->anchors, roots->n_alloc * sizeof *roots->anchors);
    if (roots->der != NULL) port->free(port->ctx, roots->der, roots->der_len);
    port->free(port->ctx, roots, sizeof *roots);
}

static cv_err fill(struct cv_roots *r, const struct cv_port *port, struct cv_bytes certs, size_t n)
{
    r->n_alloc = n;
    r->der_len = certs.len;
    r->anchors = port->alloc(port->ctx, n * sizeof *r->anchors);
    r->der = port->alloc(port->ctx, certs.len);
    if (r->anchors == NULL || r->der == NULL) return CV_E_NO_MEMORY;
    memcpy(r->der, certs.p, certs.len);

    struct cv_bytes in = cv_bytes(r->der, certs.len), one;
    size_t n_good = 0;
    while (cv_read_vec24(&in, &one) == CV_OK) {
        if (cv_cert_parse(&r->anchors[n_good], one) == CV_OK) n_good++;
    }
    cv_trust_sort(r->anchors, n_good);
    r->store = (struct cv_trust_store){.anchors = r->anchors, .n_anchors = n_good};
    return CV_OK;
}

cv_err cv_roots_new(struct cv_roots **out, const struct cv_port *port, struct cv_bytes certs)
{
    struct cv_bytes in = certs, one;
    size_t n = 0;
    while (cv_read_vec24(&in, &one) == CV_OK) n++;
    struct cv_roots *r = port->alloc(port->ctx, sizeof *r);
    if (r == NULL) return CV_E_NO_MEMORY;
    atomic_init(&r->refs, 1);
    if (n > 0 && fill(r, port, certs, n) != CV_OK) {
        cv_roots_release(port, r);
        return CV_E_NO_MEMORY;
    }
    *out = r;
    return CV_OK;
}

size_t cv_pem_to_certs(uint8_t *text, size_t len)
{
    static const uint8_t certificate[] = "CERTIFICATE";
    struct cv_bytes in = cv_bytes(text, len), label, body;
    size_t at = 0;
    cv_err e;
    while ((e = cv_pem_next(&in, &label, &body)) != CV_WANT_INPUT) {
        if (e != CV_OK) break;
        if (!cv_bytes_equal(label, cv_bytes(certificate, sizeof certificate - 1))) continue;
        uint8_t *der = text + (body.p - text);
        size_t der_len;
        if (cv_base64_decode(der, body.len, &der_len, body) != CV_OK) continue;
        /* A body stands at least a BEGIN line behind `at`: there is room for the length. */
        memmove(text + at + 3, der, der_len);
        text[at] = (uint8_t)(der_len >> 16);
        text[at + 1] = (uint8_t)(der_len >> 8);
        text[at + 2] = (uint8_t)der_len;
        at += 3 + der_len;
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
