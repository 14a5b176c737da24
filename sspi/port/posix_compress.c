/* Certificate compression by the libraries of the host, loaded when somebody asks for them. */
#include "sspi/port/host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Certificates are small and sent often: levels that are quick. */
enum { ZLIB_LEVEL = 6, BROTLI_QUALITY = 5, BROTLI_WINDOW = 16, BROTLI_MODE_GENERIC = 0, ZSTD_LEVEL = 3 };
enum { N_LIBRARIES = 2, N_CALLS = 4 };

typedef void call(void);

typedef cv_err pack_fn(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                       struct cv_bytes in);

/* A server sends the same few messages again and again: the last ones are kept. */
enum { N_KEPT = 4 };
struct kept {
    uint8_t *in, *out;
    size_t in_len, out_len;
};

struct codec {
    void *libraries[N_LIBRARIES];
    call *calls[N_CALLS];
    pack_fn *pack;
    pthread_mutex_t mutex; /* for what follows */
    struct kept kept[N_KEPT];
    unsigned n_packed;
};

static const struct codec *codec_of(const struct cv_cert_compression *self)
{
    return self->ctx;
}

/* --- what is kept --- */

static bool find_kept(const struct codec *codec, uint8_t *out, size_t *out_len, struct cv_bytes in)
{
    for (size_t i = 0; i < N_KEPT; i++) {
        const struct kept *k = &codec->kept[i];
        bool same = k->in != NULL && k->in_len == in.len && memcmp(k->in, in.p, in.len) == 0;
        if (!same || k->out_len > *out_len) continue;
        memcpy(out, k->out, k->out_len);
        *out_len = k->out_len;
        return true;
    }
    return false;
}

static void drop(struct kept *k)
{
    free(k->in);
    free(k->out);
    *k = (struct kept){NULL, NULL, 0, 0};
}

/* In place of the oldest; not at all without memory. */
static void keep(struct codec *codec, struct cv_bytes in, struct cv_bytes out)
{
    struct kept *k = &codec->kept[codec->n_packed++ % N_KEPT];
    drop(k);
    *k = (struct kept){malloc(in.len), malloc(out.len), in.len, out.len};
    if (k->in == NULL || k->out == NULL) {
        drop(k);
        return;
    }
    memcpy(k->in, in.p, in.len);
    memcpy(k->out, out.p, out.len);
}

static cv_err pack(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len, struct cv_bytes in)
{
    struct codec *codec = self->ctx;
    pthread_mutex_lock(&codec->mutex);
    bool found = find_kept(codec, out, out_len, in);
    pthread_mutex_unlock(&codec->mutex);
    if (found) return CV_OK;
    cv_err e = codec->pack(self, out, out_len, in);
    if (e != CV_OK) return e;
    pthread_mutex_lock(&codec->mutex);
    keep(codec, in, cv_bytes(out, *out_len));
    pthread_mutex_unlock(&codec->mutex);
    return CV_OK;
}

/* --- zlib (RFC 1950): zlib.h --- */

typedef int zlib_compress2(uint8_t *dst, unsigned long *dst_len, const uint8_t *src, unsigned long src_len,
                           int level);
typedef int zlib_uncompress2(uint8_t *dst, unsigned long *dst_len, const uint8_t *src,
                             unsigned long *src_len);
enum { Z_OK = 0, Z_BUF_ERROR = -5 };

static cv_err zlib_pack(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                        struct cv_bytes in)
{
    unsigned long len = (unsigned long)*out_len;
    int result =
        ((zlib_compress2 *)codec_of(self)->calls[0])(out, &len, in.p, (unsigned long)in.len, ZLIB_LEVEL);
    *out_len = len;
    return result == Z_OK ? CV_OK : result == Z_BUF_ERROR ? CV_E_BUFFER_TOO_SMALL : CV_E_NO_MEMORY;
}

static cv_err zlib_unpack(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                          struct cv_bytes in)
{
    unsigned long len = (unsigned long)out_len, used = (unsigned long)in.len;
    int result = ((zlib_uncompress2 *)codec_of(self)->calls[1])(out, &len, in.p, &used);
    return result == Z_OK && len == out_len && used == in.len ? CV_OK : CV_E_CERT_COMPRESSION;
}

/* --- Brotli (RFC 7932): brotli/encode.h, brotli/decode.h --- */

typedef int brotli_compress(int quality, int window, int mode, size_t src_len, const uint8_t *src,
                            size_t *dst_len, uint8_t *dst);
typedef void *brotli_create(void *alloc, void *free, void *ctx);
typedef int brotli_decompress(void *state, size_t *src_len, const uint8_t **src, size_t *dst_len,
                              uint8_t **dst, size_t *total);
typedef void brotli_destroy(void *state);
enum { BROTLI_DECODER_RESULT_SUCCESS = 1 };

static cv_err brotli_pack(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                          struct cv_bytes in)
{
    brotli_compress *compress = (brotli_compress *)codec_of(self)->calls[0];
    int done = compress(BROTLI_QUALITY, BROTLI_WINDOW, BROTLI_MODE_GENERIC, in.len, in.p, out_len, out);
    return done ? CV_OK : CV_E_BUFFER_TOO_SMALL;
}

static cv_err brotli_unpack(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                            struct cv_bytes in)
{
    const struct codec *codec = codec_of(self);
    void *state = ((brotli_create *)codec->calls[1])(NULL, NULL, NULL);
    if (state == NULL) return CV_E_NO_MEMORY;
    int result = ((brotli_decompress *)codec->calls[2])(state, &in.len, &in.p, &out_len, &out, NULL);
    ((brotli_destroy *)codec->calls[3])(state);
    bool whole = result == BROTLI_DECODER_RESULT_SUCCESS && in.len == 0 && out_len == 0;
    return whole ? CV_OK : CV_E_CERT_COMPRESSION;
}

/* --- Zstandard (RFC 8878): zstd.h --- */

typedef size_t zstd_compress(void *dst, size_t dst_len, const void *src, size_t src_len, int level);
typedef size_t zstd_decompress(void *dst, size_t dst_len, const void *src, size_t src_len);
typedef unsigned zstd_is_error(size_t result);

static cv_err zstd_pack(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                        struct cv_bytes in)
{
    const struct codec *codec = codec_of(self);
    size_t len = ((zstd_compress *)codec->calls[0])(out, *out_len, in.p, in.len, ZSTD_LEVEL);
    if (((zstd_is_error *)codec->calls[2])(len)) return CV_E_BUFFER_TOO_SMALL;
    *out_len = len;
    return CV_OK;
}

static cv_err zstd_unpack(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                          struct cv_bytes in)
{
    const struct codec *codec = codec_of(self);
    size_t len = ((zstd_decompress *)codec->calls[1])(out, out_len, in.p, in.len);
    bool failed = ((zstd_is_error *)codec->calls[2])(len) != 0;
    return !failed && len == out_len ? CV_OK : CV_E_CERT_COMPRESSION;
}

/* --- loading --- */

static const struct {
    uint16_t id;
    pack_fn *pack;
    cv_err (*unpack)(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                     struct cv_bytes in);
    const char *libraries[N_LIBRARIES];
    const char *calls[N_CALLS];
} known[] = {
    {1, zlib_pack, zlib_unpack, {"libz.so.1"}, {"compress2", "uncompress2"}},
    {2,
     brotli_pack,
     brotli_unpack,
     {"libbrotlienc.so.1", "libbrotlidec.so.1"},
     {"BrotliEncoderCompress", "BrotliDecoderCreateInstance", "BrotliDecoderDecompressStream",
      "BrotliDecoderDestroyInstance"}},
    {3, zstd_pack, zstd_unpack, {"libzstd.so.1"}, {"ZSTD_compress", "ZSTD_decompress", "ZSTD_isError"}},
};

static void close_codec(struct codec *codec)
{
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        if (codec->libraries[i] != NULL) dlclose(codec->libraries[i]);
    }
    for (size_t i = 0; i < N_KEPT; i++) drop(&codec->kept[i]);
    pthread_mutex_destroy(&codec->mutex);
    free(codec);
}

/* The function of one of the libraries; NULL if none has it. */
static call *find_call(const struct codec *codec, const char *name)
{
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        void *symbol = codec->libraries[i] != NULL ? dlsym(codec->libraries[i], name) : NULL;
        call *found;
        memcpy(&found, &symbol, sizeof found); /* POSIX: the same, but C does not convert one to the other */
        if (symbol != NULL) return found;
    }
    return NULL;
}

static bool load(struct codec *codec, const char *const *libraries, const char *const *calls)
{
    for (size_t i = 0; i < N_LIBRARIES && libraries[i] != NULL; i++) {
        if ((codec->libraries[i] = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL)) == NULL) return false;
    }
    for (size_t i = 0; i < N_CALLS && calls[i] != NULL; i++) {
        if ((codec->calls[i] = find_call(codec, calls[i])) == NULL) return false;
    }
    return true;
}

cv_err cv_host_compression_open(struct cv_cert_compression *out, uint16_t id)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].id != id) continue;
        struct codec *codec = calloc(1, sizeof *codec);
        if (codec == NULL || pthread_mutex_init(&codec->mutex, NULL) != 0) {
            free(codec);
            return CV_E_NO_MEMORY;
        }
        if (!load(codec, known[i].libraries, known[i].calls)) {
            close_codec(codec);
            return CV_E_UNSUPPORTED;
        }
        codec->pack = known[i].pack;
        *out = (struct cv_cert_compression){
            .id = id, .compress = pack, .decompress = known[i].unpack, .ctx = codec};
        return CV_OK;
    }
    return CV_E_INVALID_ARGUMENT;
}

void cv_host_compression_close(struct cv_cert_compression *compression)
{
    close_codec(compression->ctx);
}
