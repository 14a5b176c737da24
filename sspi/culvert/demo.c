/* `culvert demo`, what `make demo` runs: a test CA, our server and client, and OpenSSL's on the other side.
 */
#include "sspi/culvert/command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ARGS_MAX = 40, TEXT_MAX = 1 << 16, PATIENCE_MS = 20000 };

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

struct demo {
    char dir[64];
    char self[256]; /* this program */
    pid_t servers[2];
    int n_servers, n_failed;
};

static void path_in(const struct demo *d, char *out, size_t cap, const char *name)
{
    snprintf(out, cap, "%s/%s", d->dir, name);
}

static bool write_file(const struct demo *d, const char *name, const char *text)
{
    char path[128];
    path_in(d, path, sizeof path, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) return false;
    fputs(text, f);
    return fclose(f) == 0;
}

/* A file of the demo's folder as a string; empty if it is not there. */
static const char *read_file(const struct demo *d, const char *name)
{
    static char text[TEXT_MAX];
    char path[128];
    path_in(d, path, sizeof path, name);
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f != NULL) fclose(f);
    text[n] = 0;
    return text;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Starts a program whose words stand in one string, with input, output and errors in files "NAME.in", ".out"
 * and
 * ".err" of the folder, which is its working directory too. */
static pid_t start(const struct demo *d, const char *name, char *words)
{
    char *argv[ARGS_MAX] = {NULL}, path[3][128], *rest = NULL;
    static const char *const suffix[] = {"in", "out", "err"};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int n = 0;
    for (char *w = strtok_r(words, " ", &rest); w != NULL && n + 1 < ARGS_MAX; w = strtok_r(NULL, " ", &rest))
        argv[n++] = w;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, d->dir);
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s.%s", d->dir, name, suffix[i]);
        int flags = i == 0 ? O_RDONLY | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC;
        posix_spawn_file_actions_addopen(&actions, i, path[i], flags, 0600);
    }
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0) pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* Waits for a program's end; true if that was exit code 0, in time. */
static bool ended_well(pid_t pid)
{
    int status;
    for (int waited = 0; pid > 0 && waited < PATIENCE_MS; waited += 10) {
        if (waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        pause_ms(10);
    }
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    return false;
}

static bool run(const struct demo *d, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool run(const struct demo *d, const char *name, const char *format, ...)
{
    char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return ended_well(start(d, name, words));
}

/* Starts a server and learns its port from what it prints behind `mark`, in the file given. 0: it did not
 * start. */
static unsigned start_server(struct demo *d, const char *name, const char *file, const char *mark,
                             char *words)
{
    pid_t pid = start(d, name, words);
    if (pid < 0) return 0;
    d->servers[d->n_servers++] = pid;
    for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
        const char *text = strstr(read_file(d, file), mark);
        const char *line_end = text != NULL ? strchr(text, '\n') : NULL;
        if (line_end != NULL) {
            while (line_end > text && line_end[-1] != ':') line_end--;
            return (unsigned)strtoul(line_end, NULL, 10);
        }
        if (waitpid(pid, NULL, WNOHANG) == pid) break;
        pause_ms(10);
    }
    return 0;
}

/* A CA and a certificate for "localhost" by it. */
static bool make_certificates(const struct demo *d)
{
    return write_file(d, "leaf.ext",
                      "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"
                      "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n") &&
           run(d, "ca",
               "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj "
               "/CN=Demo-CA "
               "-addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem") &&
           run(d, "csr",
               "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "
               "leaf.key "
               "-out leaf.csr") &&
           run(d, "leaf",
               "openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 7 -extfile "
               "leaf.ext -out leaf.pem");
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s != NULL ? s : "-";
}

/* The nth line of JSON in what --info printed; NULL if there are fewer. */
static json_t *info_line(const char *text, int n)
{
    for (const char *line = text; line != NULL && *line != 0;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (*line == '{' && n-- == 0) return json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    return NULL;
}

/* One connection as a row; takes info over. */
static void print_row(struct demo *d, const char *client, const char *server, json_t *info, bool want_resumed,
                      bool ok)
{
    bool resumed = json_is_true(json_object_get(info, "resumed"));
    ok = ok && info != NULL && resumed == want_resumed && strcmp(text_of(info, "protocol"), "TLSv1.3") == 0;
    printf("%-17s %-17s %-8s %-8s %-23s %-7s %-23s %s\n", client, server, resumed ? "resumed" : "full",
           text_of(info, "protocol"), text_of(info, "suite"), text_of(info, "group"),
           text_of(info, "signature"), ok ? "page received" : "FAILED");
    if (!ok) d->n_failed++;
    json_decref(info);
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = strstr(text, part); p != NULL; p = strstr(p + 1, part)) n++;
    return n;
}

/* Our client, full and then resumed, against the server at a port. */
static void client_rows(struct demo *d, const char *server, unsigned port, const char *in_page)
{
    write_file(d, "client.in", request);
    bool ok = port != 0 &&
              run(d, "client", "%s client localhost:%u --ca ca.pem --info --reconnect 1", d->self, port);
    ok = ok && count(read_file(d, "client.out"), in_page) == 2;
    for (int i = 0; i < 2; i++) {
        json_t *info = info_line(read_file(d, "client.err"), i);
        bool verified = strcmp(text_of(info, "verification"), "verified") == 0;
        print_row(d, "culvert client", server, info, i == 1, ok && verified);
    }
    if (!ok) fputs(read_file(d, "client.err"), stderr);
}

/* OpenSSL's client against our server, which tells what was negotiated, behind n connections before. */
static void openssl_rows(struct demo *d, unsigned port, int n)
{
    static const char *const session[] = {"-sess_out session.pem", "-sess_in session.pem"};
    write_file(d, "s_client.in", request);
    for (int i = 0; i < 2; i++) {
        bool ok =
            port != 0 && run(d, "s_client",
                             "openssl s_client -connect localhost:%u -servername localhost -CAfile ca.pem "
                             "-verify_return_error -ign_eof %s",
                             port, session[i]);
        const char *out = read_file(d, "s_client.out");
        ok =
            ok && strstr(out, "HTTP/1.1 200 OK") != NULL && strstr(out, "Verify return code: 0 (ok)") != NULL;
        print_row(d, "openssl s_client", "culvert server", info_line(read_file(d, "server.err"), n + i),
                  i == 1, ok);
    }
}

static void run_demo(struct demo *d)
{
    char words[512];
    snprintf(words, sizeof words, "%s server 127.0.0.1:0 --cert leaf.pem --key leaf.key --www --info",
             d->self);
    unsigned ours = start_server(d, "server", "server.err", "listening on", words);
    snprintf(words, sizeof words, "openssl s_server -accept 127.0.0.1:0 -cert leaf.pem -key leaf.key -www");
    unsigned theirs = start_server(d, "s_server", "s_server.out", "ACCEPT", words);
    if (ours == 0 || theirs == 0) {
        fprintf(stderr, "culvert demo: %s did not start\n%s",
                ours == 0 ? "culvert server" : "openssl s_server",
                read_file(d, ours == 0 ? "server.err" : "s_server.err"));
        d->n_failed++;
    }
    printf("%-17s %-17s %-8s %-8s %-23s %-7s %-23s\n", "client", "server", "session", "protocol", "suite",
           "group", "signature");
    client_rows(d, "culvert server", ours, "HTTP/1.1 200 OK");
    client_rows(d, "openssl s_server", theirs, "HTTP/1.0 200 ok");
    openssl_rows(d, ours, 2);
}

static void clean_up(struct demo *d)
{
    for (int i = 0; i < d->n_servers; i++) {
        kill(d->servers[i], SIGTERM);
        waitpid(d->servers[i], NULL, 0);
    }
    static const char *const names[] = {
        "ca.in",       "ca.out",       "ca.err",       "ca.key",      "ca.pem",       "csr.in",
        "csr.out",     "csr.err",      "leaf.in",      "leaf.out",    "leaf.err",     "leaf.ext",
        "leaf.csr",    "leaf.key",     "leaf.pem",     "client.in",   "client.out",   "client.err",
        "server.in",   "server.out",   "server.err",   "s_server.in", "s_server.out", "s_server.err",
        "s_client.in", "s_client.out", "s_client.err", "session.pem",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        path_in(d, path, sizeof path, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(d->dir);
}

int cv_command_demo(int argc, char **argv)
{
    static struct demo d = {.dir = "/tmp/culvert-demo-XXXXXX"};
    if (argc != 1) {
        bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs("usage: culvert demo\nConnects our client and server with each other and with OpenSSL's (the "
              "openssl "
              "command).\n",
              help ? stdout : stderr);
        return help ? 0 : EXIT_USAGE;
    }
    ssize_t n = readlink("/proc/self/exe", d.self, sizeof d.self - 1);
    if (n <= 0 || mkdtemp(d.dir) == NULL) {
        fprintf(stderr, "culvert demo: %s\n", strerror(errno));
        return EXIT_TLS;
    }
    if (make_certificates(&d)) {
        run_demo(&d);
    } else {
        fputs("culvert demo: no certificates: is the openssl command there?\n", stderr);
        d.n_failed++;
    }
    clean_up(&d);
    puts(d.n_failed == 0 ? "every connection negotiated TLS 1.3, verified the certificate and closed cleanly"
                         : "the demo FAILED");
    return d.n_failed == 0 ? 0 : EXIT_TLS;
}
