/* Reading and building bytes. The only place, with x509/der.c, where wire bytes are indexed. */
#ifndef CV_BASE_BYTES_H
#define CV_BASE_BYTES_H

#include "crypto/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of bytes that somebody else owns; read from the front, it is also the reader. */
struct cv_bytes {
    const uint8_t *p;
    size_t len;
};

static inline struct cv_bytes cv_bytes(const uint8_t *p, size_t len)
{
    return (struct cv_bytes){p, len};
}

/* True if both have the same length and content. Variable time: public data only. */
bool cv_bytes_equal(struct cv_bytes a, struct cv_bytes b);

/* Each takes from the front of `in`, or fails with CV_E_TRUNCATED and leaves `in` as it was. */
cv_err cv_read_u8(struct cv_bytes *in, uint8_t *out);
cv_err cv_read_u16(struct cv_bytes *in, uint16_t *out);
cv_err cv_read_u24(struct cv_bytes *in, uint32_t *out);
cv_err cv_read_u32(struct cv_bytes *in, uint32_t *out);
cv_err cv_read_u64(struct cv_bytes *in, uint64_t *out);
cv_err cv_read_bytes(struct cv_bytes *in, size_t len, struct cv_bytes *out);
cv_err cv_read_copy(struct cv_bytes *in, void *out, size_t len);

/* A vector behind a length of 1, 2 or 3 bytes, as TLS writes them. */
cv_err cv_read_vec8(struct cv_bytes *in, struct cv_bytes *out);
cv_err cv_read_vec16(struct cv_bytes *in, struct cv_bytes *out);
cv_err cv_read_vec24(struct cv_bytes *in, struct cv_bytes *out);

/* CV_E_TRAILING_DATA unless `in` is empty. */
cv_err cv_read_end(struct cv_bytes in);

/* Builds bytes in memory of fixed size. After the first failure every call does nothing;
 * cv_build_end says at the end whether all went well. */
struct cv_builder {
    uint8_t *p;
    size_t cap;
    size_t len;    /* bytes written so far */
    bool overflow; /* something did not fit */
};

void cv_build_init(struct cv_builder *b, void *p, size_t cap);
void cv_build_u8(struct cv_builder *b, uint8_t v);
void cv_build_u16(struct cv_builder *b, uint16_t v);
void cv_build_u24(struct cv_builder *b, uint32_t v);
void cv_build_u32(struct cv_builder *b, uint32_t v);
void cv_build_u64(struct cv_builder *b, uint64_t v);
void cv_build_bytes(struct cv_builder *b, const void *p, size_t len);
void cv_build_zeros(struct cv_builder *b, size_t len);

/* Room for len bytes, for the caller to fill; NULL when they do not fit. */
uint8_t *cv_build_space(struct cv_builder *b, size_t len);

/* Opens a vector whose length, of 1, 2 or 3 bytes, is filled in by the matching close.
 * The return value is the mark to hand to close. Vectors nest. */
size_t cv_build_open(struct cv_builder *b, unsigned len_bytes);
void cv_build_close(struct cv_builder *b, size_t mark, unsigned len_bytes);

/* CV_E_BUFFER_TOO_SMALL if anything did not fit. */
cv_err cv_build_end(const struct cv_builder *b);

/* Integers in memory, any alignment. */
static inline uint32_t cv_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t cv_load_be64(const uint8_t *p)
{
    return (uint64_t)cv_load_be32(p) << 32 | cv_load_be32(p + 4);
}
static inline uint32_t cv_load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t cv_load_le64(const uint8_t *p)
{
    return (uint64_t)cv_load_le32(p + 4) << 32 | cv_load_le32(p);
}
static inline void cv_store_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}
static inline void cv_store_be64(uint8_t *p, uint64_t v)
{
    cv_store_be32(p, (uint32_t)(v >> 32));
    cv_store_be32(p + 4, (uint32_t)v);
}
static inline void cv_store_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}
static inline void cv_store_le64(uint8_t *p, uint64_t v)
{
    cv_store_le32(p, (uint32_t)v);
    cv_store_le32(p + 4, (uint32_t)(v >> 32));
}

#endif
