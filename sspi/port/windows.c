/* Windows: memory of the C library, clocks, BCryptGenRandom, critical sections, the caller's logon session,
 * files, and the ROOT store of crypt32. Built with the headers of the SDK or of mingw-w64. */
#include "crypto/hash.h"
#include "sspi/port/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <bcrypt.h>
#include <wincrypt.h>

enum { FILE_MAX = 16 * 1024 * 1024 };

struct host {
    struct cv_port port; /* first */
    uint8_t process[16];
};

static void *host_alloc(void *ctx, size_t len)
{
    (void)ctx;
    return calloc(1, len);
}

static void host_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    (void)len;
    free(p);
}

static int64_t host_now(void *ctx)
{
    FILETIME t;
    (void)ctx;
    GetSystemTimeAsFileTime(&t);
    return (int64_t)(((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 10000000) - INT64_C(11644473600);
}

static uint64_t host_now_ms(void *ctx)
{
    (void)ctx;
    return GetTickCount64();
}

static void *host_lock_new(void *ctx)
{
    (void)ctx;
    CRITICAL_SECTION *lock = malloc(sizeof *lock);
    if (lock != NULL) InitializeCriticalSection(lock);
    return lock;
}

static void host_lock_free(void *ctx, void *lock)
{
    (void)ctx;
    if (lock == NULL) return;
    DeleteCriticalSection(lock);
    free(lock);
}

static void host_lock(void *ctx, void *lock)
{
    (void)ctx;
    EnterCriticalSection(lock);
}

static void host_unlock(void *ctx, void *lock)
{
    (void)ctx;
    LeaveCriticalSection(lock);
}

/* The system's generator is reseeded and per processor: there is none of ours in front of it. */
static cv_err host_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    if (len > ULONG_MAX) return CV_E_RNG;
    return BCryptGenRandom(NULL, out, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0 ? CV_OK : CV_E_RNG;
}

/* The logon session of the thread's token, if it acts as somebody, else of the process. */
static void host_caller(void *ctx, struct cv_caller *out)
{
    const struct host *h = ctx;
    TOKEN_STATISTICS s;
    HANDLE token;
    DWORD len = 0;
    memset(out, 0, sizeof *out);
    memcpy(out->process, h->process, sizeof out->process);
    bool open = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) ||
                OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    if (!open) return;
    if (GetTokenInformation(token, TokenStatistics, &s, sizeof s, &len)) {
        memcpy(out->logon, &s.AuthenticationId, sizeof s.AuthenticationId);
        memcpy(out->logon + sizeof s.AuthenticationId, &s.TokenId, sizeof s.TokenId);
    }
    CloseHandle(token);
}

cv_err cv_host_port_new(const struct cv_port **out)
{
    struct host *h = calloc(1, sizeof *h);
    if (h == NULL) return CV_E_NO_MEMORY;
    if (host_random(NULL, h->process, sizeof h->process) != CV_OK) {
        free(h);
        return CV_E_RNG;
    }
    h->port = (struct cv_port){
        .ctx = h,
        .alloc = host_alloc,
        .free = host_free,
        .now = host_now,
        .now_ms = host_now_ms,
        .rng = {.fill = host_random, .ctx = h},
        .lock_new = host_lock_new,
        .lock_free = host_lock_free,
        .lock = host_lock,
        .unlock = host_unlock,
        .caller = host_caller,
    };
    *out = &h->port;
    return CV_OK;
}

void cv_host_port_free(const struct cv_port *port)
{
    if (port != NULL) free(port->ctx);
}

cv_err cv_host_file(const struct cv_port *port, const char *path, uint8_t **text, size_t *len)
{
    WCHAR wide[MAX_PATH];
    DWORD n = 0;
    LARGE_INTEGER size;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, MAX_PATH) == 0)
        return CV_E_TRUST_STORE;
    HANDLE f = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (f == INVALID_HANDLE_VALUE) return CV_E_TRUST_STORE;
    cv_err e = CV_E_TRUST_STORE;
    if (GetFileSizeEx(f, &size) && size.QuadPart > 0 && size.QuadPart <= FILE_MAX) {
        uint8_t *p = port->alloc(port->ctx, (size_t)size.QuadPart);
        if (p == NULL) {
            e = CV_E_NO_MEMORY;
        } else if (ReadFile(f, p, (DWORD)size.QuadPart, &n, NULL) && n == (DWORD)size.QuadPart) {
            *text = p;
            *len = n;
            e = CV_OK;
        } else {
            port->free(port->ctx, p, (size_t)size.QuadPart);
        }
    }
    CloseHandle(f);
    return e;
}

/* The certificates of the ROOT store as PEM, or with out NULL only their length. */
static size_t root_store(char *out, size_t cap)
{
    size_t len = 0;
    PCCERT_CONTEXT c = NULL;
    HCERTSTORE s = CertOpenSystemStoreA(0, "ROOT");
    if (s == NULL) return 0;
    while ((c = CertEnumCertificatesInStore(s, c)) != NULL) {
        DWORD n = 0;
        if (!CryptBinaryToStringA(c->pbCertEncoded, c->cbCertEncoded, CRYPT_STRING_BASE64HEADER, NULL, &n))
            continue;
        if (out != NULL && (len + n > cap || !CryptBinaryToStringA(c->pbCertEncoded, c->cbCertEncoded,
                                                                   CRYPT_STRING_BASE64HEADER, out + len, &n)))
            continue;
        len += n; /* while counting with the terminator, which is then overwritten */
    }
    CertCloseStore(s, 0);
    return len;
}

cv_err cv_host_roots(const struct cv_port *port, uint8_t **text, size_t *len)
{
    const char *named = cv_host_setting("SSL_CERT_FILE");
    if (named != NULL && named[0] != '\0') return cv_host_file(port, named, text, len);
    size_t cap = root_store(NULL, 0);
    if (cap == 0) return CV_E_TRUST_STORE;
    char *p = port->alloc(port->ctx, cap);
    if (p == NULL) return CV_E_NO_MEMORY;
    (void)root_store(p, cap); /* what is not written stays zero, which is no PEM */
    *text = (uint8_t *)p;
    *len = cap;
    return CV_OK;
}

const char *cv_host_setting(const char *name)
{
    return getenv(name);
}

int32_t cv_host_utc_offset(int64_t seconds)
{
    TIME_ZONE_INFORMATION zone;
    (void)seconds;
    DWORD season = GetTimeZoneInformation(&zone);
    LONG bias = zone.Bias + (season == TIME_ZONE_ID_DAYLIGHT ? zone.DaylightBias : zone.StandardBias);
    return season == TIME_ZONE_ID_INVALID ? 0 : (int32_t)(-60 * bias);
}

cv_err cv_host_compression_open(struct cv_cert_compression *out, uint16_t id)
{
    (void)out;
    return id >= 1 && id <= 3 ? CV_E_UNSUPPORTED : CV_E_INVALID_ARGUMENT;
}

void cv_host_compression_close(struct cv_cert_compression *compression)
{
    (void)compression;
}
