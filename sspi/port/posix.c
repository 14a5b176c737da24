/* POSIX: memory of the C library, clocks, getrandom, pthread mutexes, user ids. */
#include "crypto/hash.h"
#include "sspi/port/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { N_GENERATORS = 8, FILE_MAX = 16 * 1024 * 1024 };

/* Generators are spread over threads, so that handshakes on many cores do not wait for one another. */
struct generator {
    pthread_mutex_t mutex;
    struct cv_drbg drbg;
};

struct host {
    struct cv_port port; /* first: a struct host is found behind its port */
    struct generator generators[N_GENERATORS];
    uint8_t process_base[32];
    /* A page that the kernel zeroes in a fork child; NULL where it cannot. Holds the epoch. */
    _Atomic uint64_t *fork_page;
    _Atomic uint64_t n_forks;
    _Atomic int64_t pid; /* where there is no such page */
};

/* The engine's blocks lie at multiples of 16; those of calloc where the machine has a type that does. */
static void *host_alloc(void *ctx, size_t len)
{
    void *p;
    (void)ctx;
    if (_Alignof(max_align_t) >= 16) return calloc(1, len);
    if (posix_memalign(&p, 16, len) != 0) return NULL;
    return memset(p, 0, len);
}

static void host_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    (void)len;
    free(p);
}

static int64_t host_now(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static uint64_t host_now_ms(void *ctx)
{
    (void)ctx;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *host_lock_new(void *ctx)
{
    (void)ctx;
    pthread_mutex_t *m = malloc(sizeof *m);
    if (m != NULL && pthread_mutex_init(m, NULL) != 0) {
        free(m);
        m = NULL;
    }
    return m;
}

static void host_lock_free(void *ctx, void *lock)
{
    (void)ctx;
    if (lock == NULL) return;
    pthread_mutex_destroy(lock);
    free(lock);
}

static void host_lock(void *ctx, void *lock)
{
    (void)ctx;
    pthread_mutex_lock(lock);
}

static void host_unlock(void *ctx, void *lock)
{
    (void)ctx;
    pthread_mutex_unlock(lock);
}

static cv_err system_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    size_t done = 0;
    while (done < len) {
        ssize_t n = getrandom(out + done, len - done, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            memset(out, 0, len);
            return CV_E_RNG;
        }
        done += (size_t)n;
    }
    return CV_OK;
}

/* A number that differs between a process and its fork children. */
static uint64_t fork_epoch(void *ctx)
{
    struct host *h = ctx;
    if (h->fork_page != NULL) {
        uint64_t epoch = atomic_load(h->fork_page);
        if (epoch != 0) return epoch;
        /* Threads of the child may come here together: the first one's number stands. */
        uint64_t next = atomic_fetch_add(&h->n_forks, 1) + 1;
        return atomic_compare_exchange_strong(h->fork_page, &epoch, next) ? next : epoch;
    }
    int64_t pid = getpid(), was = atomic_load(&h->pid);
    if (was != pid && atomic_compare_exchange_strong(&h->pid, &was, pid)) atomic_fetch_add(&h->n_forks, 1);
    return atomic_load(&h->n_forks);
}

/* Any generator that is free, one of this thread's stack page first. After a fork some may stay locked for
 * ever, by threads that the child does not have: those are passed over. */
static struct generator *lock_generator(struct host *h)
{
    uint8_t here;
    size_t at = (size_t)(((uintptr_t)&here >> 12) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (;; at++) {
        struct generator *g = &h->generators[at % N_GENERATORS];
        if (pthread_mutex_trylock(&g->mutex) == 0) return g;
        if (at % N_GENERATORS == 0) sched_yield();
    }
}

static cv_err host_random(void *ctx, uint8_t *out, size_t len)
{
    struct generator *g = lock_generator(ctx);
    cv_err e = cv_drbg_fill(&g->drbg, out, len);
    pthread_mutex_unlock(&g->mutex);
    return e;
}

/* The session id of the audit subsystem: text of a number, or nothing where there is none. */
static size_t audit_session(uint8_t *out, size_t cap)
{
    int fd = open("/proc/self/sessionid", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, out, cap);
    close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static void host_caller(void *ctx, struct cv_caller *out)
{
    struct host *h = ctx;
    uint64_t epoch = fork_epoch(h);
    uint64_t ids[3] = {(uint64_t)getuid(), (uint64_t)geteuid(), (uint64_t)getpid()};
    uint8_t session[32] = {0}, digest[32];
    struct cv_hash_ctx hash;

    cv_hash_init(&hash, &cv_sha256);
    cv_hash_update(&hash, h->process_base, sizeof h->process_base);
    cv_hash_update(&hash, &epoch, sizeof epoch);
    cv_hash_update(&hash, &ids[2], sizeof ids[2]);
    cv_hash_final(&hash, digest);
    memcpy(out->process, digest, sizeof out->process);

    size_t session_len = audit_session(session, sizeof session);
    cv_hash_init(&hash, &cv_sha256);
    cv_hash_update(&hash, ids, 2 * sizeof ids[0]);
    cv_hash_update(&hash, session, session_len);
    cv_hash_final(&hash, out->logon);
}

static void watch_forks(struct host *h)
{
    atomic_init(&h->n_forks, 1);
    atomic_init(&h->pid, (int64_t)getpid());
#if defined(MADV_WIPEONFORK)
    size_t page_len = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, page_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    /* qemu-user says yes to any advice, even to none that there is, and follows none */
    if (madvise(page, page_len, -1) == 0 || madvise(page, page_len, MADV_WIPEONFORK) != 0) {
        munmap(page, page_len);
        return;
    }
    h->fork_page = page;
    atomic_store(h->fork_page, 1);
#endif
}

cv_err cv_host_port_new(const struct cv_port **out)
{
    struct host *h = calloc(1, sizeof *h);
    if (h == NULL) return CV_E_NO_MEMORY;
    if (system_random(NULL, h->process_base, sizeof h->process_base) != CV_OK) {
        free(h);
        return CV_E_RNG;
    }
    watch_forks(h);
    struct cv_rng entropy = {.fill = system_random, .ctx = h};
    for (size_t i = 0; i < N_GENERATORS; i++) {
        pthread_mutex_init(&h->generators[i].mutex, NULL);
        cv_drbg_init(&h->generators[i].drbg, entropy, fork_epoch);
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
    if (port == NULL) return;
    struct host *h = port->ctx;
    for (size_t i = 0; i < N_GENERATORS; i++) {
        cv_drbg_wipe(&h->generators[i].drbg);
        pthread_mutex_destroy(&h->generators[i].mutex);
    }
    if (h->fork_page != NULL) munmap((void *)h->fork_page, (size_t)sysconf(_SC_PAGESIZE));
    free(h);
}

cv_err cv_host_file(const struct cv_port *port, const char *path, uint8_t **text, size_t *len)
{
    struct stat st;
    cv_err e = CV_E_TRUST_STORE;
    uint8_t *p = NULL;
    size_t size = 0, done = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return CV_E_TRUST_STORE;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FILE_MAX) goto out;
    size = (size_t)st.st_size;
    if ((p = port->alloc(port->ctx, size)) == NULL) {
        e = CV_E_NO_MEMORY;
        goto out;
    }
    while (done < size) {
        ssize_t n = read(fd, p + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) goto out;
        done += (size_t)n;
    }
    *text = p;
    *len = size;
    p = NULL;
    e = CV_OK;
out:
    if (p != NULL) port->free(port->ctx, p, size);
    close(fd);
    return e;
}

/* Texts one behind the other. */
struct gathered {
    const struct cv_port *port;
    uint8_t *text;
    size_t len, cap;
};

static cv_err append(struct gathered *g, const uint8_t *text, size_t len)
{
    if (len + 1 > g->cap - g->len) {
        size_t cap = 2 * (g->len + len + 1);
        uint8_t *more = g->port->alloc(g->port->ctx, cap);
        if (more == NULL) return CV_E_NO_MEMORY;
        if (g->len > 0) memcpy(more, g->text, g->len);
        if (g->text != NULL) g->port->free(g->port->ctx, g->text, g->cap);
        g->text = more;
        g->cap = cap;
    }
    memcpy(g->text + g->len, text, len);
    g->len += len;
    g->text[g->len++] = '\n'; /* the last line of a file may have no end */
    return CV_OK;
}

static cv_err append_file(struct gathered *g, const char *path)
{
    uint8_t *text;
    size_t len;
    cv_err e = cv_host_file(g->port, path, &text, &len);
    if (e != CV_OK) return e;
    e = g->len + len > FILE_MAX ? CV_E_TRUST_STORE : append(g, text, len);
    g->port->free(g->port->ctx, text, len);
    return e;
}

/* Every file of a folder; those that cannot be read are left out. */
static cv_err append_folder(struct gathered *g, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    char name[PATH_MAX];
    cv_err e = CV_E_TRUST_STORE;
    if (folder == NULL) return e;
    while (e != CV_E_NO_MEMORY && (entry = readdir(folder)) != NULL) {
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (n < 0 || (size_t)n >= sizeof name) continue;
        cv_err one = append_file(g, name);
        if (one != CV_E_TRUST_STORE) e = one;
    }
    closedir(folder);
    return e;
}

static cv_err append_folders(struct gathered *g, const char *paths)
{
    char path[PATH_MAX];
    cv_err e = CV_E_TRUST_STORE;
    while (*paths != '\0' && e != CV_E_NO_MEMORY) {
        size_t len = strcspn(paths, ":");
        if (len > 0 && len < sizeof path) {
            memcpy(path, paths, len);
            path[len] = '\0';
            cv_err one = append_folder(g, path);
            if (one != CV_E_TRUST_STORE) e = one;
        }
        paths += len + (paths[len] == ':');
    }
    return e;
}

static cv_err append_default(struct gathered *g)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* BSD, macOS */
    };
    cv_err e = CV_E_TRUST_STORE;
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0] && e == CV_E_TRUST_STORE; i++)
        e = append_file(g, bundles[i]);
    return e == CV_E_TRUST_STORE ? append_folder(g, "/etc/ssl/certs") : e;
}

const char *cv_host_setting(const char *name)
{
    return secure_getenv(name);
}

cv_err cv_host_roots(const struct cv_port *port, uint8_t **text, size_t *len)
{
    /* Who names a file wants that one and no other. */
    const char *file = getenv("SSL_CERT_FILE"), *folders = getenv("SSL_CERT_DIR");
    struct gathered g = {.port = port};
    cv_err e;
    if (file != NULL && file[0] != '\0')
        e = append_file(&g, file);
    else if (folders != NULL && folders[0] != '\0')
        e = append_folders(&g, folders);
    else
        e = append_default(&g);
    if (e == CV_OK) {
        *len = g.len;
        *text = port->alloc(port->ctx, g.len);
        if (*text == NULL)
            e = CV_E_NO_MEMORY;
        else
            memcpy(*text, g.text, g.len);
    }
    if (g.text != NULL) port->free(port->ctx, g.text, g.cap);
    return e;
}

int32_t cv_host_utc_offset(int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm local;
    return localtime_r(&t, &local) == NULL ? 0 : (int32_t)local.tm_gmtoff;
}
