#include "crypto/base/bytes.h"

#include <string.h>

bool cv_bytes_equal(struct cv_bytes a, struct cv_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static cv_err read_uint(struct cv_bytes *in, unsigned n_bytes, uint32_t *out)
{
    if (in->len < n_bytes) return CV_E_TRUNCATED;
    uint32_t v = 0;
    for (unsigned i = 0; i < n_bytes; i++) v = v << 8 | in->p[i];
    in->p += n_bytes;
    in->len -= n_bytes;
    *out = v;
    return CV_OK;
}

cv_err cv_read_u8(struct cv_bytes *in, uint8_t *out)
{
    uint32_t v;
    cv_err e = read_uint(in, 1, &v);
    if (e == CV_OK) *out = (uint8_t)v;
    return e;
}

cv_err cv_read_u16(struct cv_bytes *in, uint16_t *out)
{
    uint32_t v;
    cv_err e = read_uint(in, 2, &v);
    if (e == CV_OK) *out = (uint16_t)v;
    return e;
}

cv_err cv_read_u24(struct cv_bytes *in, uint32_t *out)
{
    return read_uint(in, 3, out);
}

cv_err cv_read_u32(struct cv_bytes *in, uint32_t *out)
{
    return read_uint(in, 4, out);
}

cv_err cv_read_u64(struct cv_bytes *in, uint64_t *out)
{
    if (in->len < 8) return CV_E_TRUNCATED;
    *out = cv_load_be64(in->p);
    in->p += 8;
    in->len -= 8;
    return CV_OK;
}

cv_err cv_read_bytes(struct cv_bytes *in, size_t len, struct cv_bytes *out)
{
    if (in->len < len) return CV_E_TRUNCATED;
    *out = cv_bytes(in->p, len);
    if (len != 0) in->p += len;
    in->len -= len;
    return CV_OK;
}

cv_err cv_read_copy(struct cv_bytes *in, void *out, size_t len)
{
    struct cv_bytes v;
    cv_err e = cv_read_bytes(in, len, &v);
    if (e == CV_OK && len != 0) memcpy(out, v.p, len);
    return e;
}

static cv_err read_vec(struct cv_bytes *in, unsigned len_bytes, struct cv_bytes *out)
{
    struct cv_bytes rest = *in;
    uint32_t len;
    cv_err e;
    if ((e = read_uint(&rest, len_bytes, &len)) != CV_OK) return e;
    if ((e = cv_read_bytes(&rest, len, out)) != CV_OK) return e;
    *in = rest;
    return CV_OK;
}

cv_err cv_read_vec8(struct cv_bytes *in, struct cv_bytes *out)
{
    return read_vec(in, 1, out);
}

cv_err cv_read_vec16(struct cv_bytes *in, struct cv_bytes *out)
{
    return read_vec(in, 2, out);
}

cv_err cv_read_vec24(struct cv_bytes *in, struct cv_bytes *out)
{
    return read_vec(in, 3, out);
}

cv_err cv_read_end(struct cv_bytes in)
{
    return in.len == 0 ? CV_OK : CV_E_TRAILING_DATA;
}

void cv_build_init(struct cv_builder *b, void *p, size_t cap)
{
    *b = (struct cv_builder){.p = p, .cap = cap};
}

uint8_t *cv_build_space(struct cv_builder *b, size_t len)
{
    if (b->overflow || b->cap - b->len < len) {
        b->overflow = true;
        return NULL;
    }
    uint8_t *at = b->p + b->len;
    b->len += len;
    return at;
}

static void store_uint(uint8_t *at, unsigned n_bytes, uint32_t v)
{
    while (n_bytes-- > 0) {
        at[n_bytes] = (uint8_t)v;
        v >>= 8;
    }
}

static void build_uint(struct cv_builder *b, unsigned n_bytes, uint32_t v)
{
    uint8_t *at = cv_build_space(b, n_bytes);
    if (at != NULL) store_uint(at, n_bytes, v);
}

void cv_build_u8(struct cv_builder *b, uint8_t v)
{
    build_uint(b, 1, v);
}

void cv_build_u16(struct cv_builder *b, uint16_t v)
{
    build_uint(b, 2, v);
}

void cv_build_u24(struct cv_builder *b, uint32_t v)
{
    build_uint(b, 3, v);
}

void cv_build_u32(struct cv_builder *b, uint32_t v)
{
    build_uint(b, 4, v);
}

void cv_build_u64(struct cv_builder *b, uint64_t v)
{
    uint8_t *at = cv_build_space(b, 8);
    if (at != NULL) cv_store_be64(at, v);
}

void cv_build_zeros(struct cv_builder *b, size_t len)
{
    uint8_t *at = cv_build_space(b, len);
    if (at != NULL) memset(at, 0, len);
}

void cv_build_bytes(struct cv_builder *b, const void *p, size_t len)
{
    uint8_t *at = cv_build_space(b, len);
    if (at != NULL && len != 0) memcpy(at, p, len);
}

size_t cv_build_open(struct cv_builder *b, unsigned len_bytes)
{
    build_uint(b, len_bytes, 0);
    return b->len;
}

void cv_build_close(struct cv_builder *b, size_t mark, unsigned len_bytes)
{
    if (b->overflow) return;
    size_t len = b->len - mark;
    if (len >> (8 * len_bytes) != 0) {
        b->overflow = true;
        return;
    }
    store_uint(b->p + mark - len_bytes, len_bytes, (uint32_t)len);
}

cv_err cv_build_end(const struct cv_builder *b)
{
    return b->overflow ? CV_E_BUFFER_TOO_SMALL : CV_OK;
}
