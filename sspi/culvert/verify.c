/* `culvert verify`: judges a certificate, and says why. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/verify.h"

#include "crypto/cpu.h"
#include "tls/suite.h"
#include "x509/der.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: culvert verify --ca FILE... [OPTION]... LEAF\n"
    "Prints the path from LEAF to a trusted certificate, or why there is none. Files are PEM or DER; what\n"
    "stands in LEAF behind the certificate to verify counts as untrusted.\n"
    "  --ca FILE...         trusted certificates\n"
    "  --untrusted FILE...  others, to build the path with\n"
    "  --name NAME          the host name that the certificate must be for\n"
    "  --ip ADDRESS         the same for an address\n"
    "  --names WHERE        san (the default): alternative names only; cn: the common name where there are "
    "none\n"
    "  --time T             2026-07-01T00:00:00Z, or seconds since 1970, instead of now\n"
    "  --purpose P          server (the default), client or any\n"
    "  --crl FILE...        revocation lists: every certificate but the anchor must be known not to be "
    "revoked\n"
    "  --ocsp FILE          an OCSP response for LEAF (alone, without --crl, LEAF only must be known)\n"
    "  --policy OID...      certificate policies, one of which must hold\n"
    "  --depth N            intermediates in the path, at most (8)\n"
    "  --profile P          compat (the default), rfc5280 or webpki\n"
    "Exit codes: 0 verified, 1 refused, 2 the command line or a file is wrong.\n";

enum file_kind { FILE_CA, FILE_UNTRUSTED, FILE_CRL, FILE_OCSP, FILE_LEAF, N_FILE_KINDS };
enum { POLICIES_MAX = 32, OID_LEN_MAX = 64 };

struct verify {
    struct cv_files files[N_FILE_KINDS];
    struct cv_host host;
    bool has_host;
    bool no_intermediates;
    uint8_t oids[POLICIES_MAX][OID_LEN_MAX];
    struct cv_bytes initial[POLICIES_MAX];
    struct cv_policy_params policy;
    struct cv_ocsp staple;
    struct cv_revocation revocation;
    struct cv_path_params params;
};

static int wrong(const char *what, const char *value)
{
    fprintf(stderr, "culvert verify: %s%s%s\n", what, value ? ": " : "", value ? value : "");
    return EXIT_USAGE;
}

/* The number of `word` in a list that ends with NULL; -1 if it is not there. */
static int choice(const char *const *list, const char *word)
{
    for (int i = 0; list[i]; i++)
        if (strcmp(list[i], word) == 0) return i;
    return -1;
}

static int set_host(struct verify *v, const char *value, bool is_ip)
{
    char *ascii = cv_idn_to_ascii(value);
    cv_err e = ascii ? cv_host_parse(&v->host, ascii, strlen(ascii)) : CV_E_BAD_NAME;

    free(ascii);
    if (e != CV_OK || (v->host.kind == CV_HOST_IP) != is_ip)
        return wrong(is_ip ? "--ip: not an address" : "--name: not a host name", value);
    if (v->has_host) return wrong("only one --name or --ip", NULL);
    v->has_host = true;
    v->params.host = &v->host;
    return 0;
}

/* 2026-07-01T00:00:00Z, read as the GeneralizedTime that it is without its punctuation. */
static bool read_date(const char *value, int64_t *seconds)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";
    uint8_t der[2 + 15] = {CV_DER_GENERALIZED_TIME, 15};
    struct cv_bytes in = cv_bytes(der, sizeof der);
    size_t n = 2;
    bool is_proper;

    if (strlen(value) != sizeof pattern - 1) return false;
    for (size_t i = 0; pattern[i]; i++) {
        if (pattern[i] != 'd' && pattern[i] != value[i]) return false;
        if (pattern[i] == 'd' || pattern[i] == 'Z') der[n++] = (uint8_t)value[i];
    }
    return cv_der_time(&in, seconds, &is_proper) == CV_OK;
}

static int set_time(struct verify *v, const char *value)
{
    char *end;

    if (read_date(value, &v->params.now)) return 0;
    errno = 0;
    v->params.now = (int64_t)strtoll(value, &end, 10);
    return *value && !*end && errno == 0 ? 0 : wrong("--time: neither a date nor a number", value);
}

static int set_depth(struct verify *v, const char *value)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);

    if (!*value || *end || n > CV_PATH_MAX - 2) return wrong("--depth: no number from 0 to 8", value);
    v->params.max_intermediates = (uint8_t)n;
    v->no_intermediates = n == 0;
    return 0;
}

static int add_policy(struct verify *v, const char *value)
{
    size_t *n = &v->policy.n_initial, len;

    if (*n == POLICIES_MAX) return wrong("too many policies", value);
    if (!cv_verify_oid(value, v->oids[*n], OID_LEN_MAX, &len)) return wrong("--policy: not an OID", value);
    v->initial[*n] = cv_bytes(v->oids[*n], len);
    ++*n;
    v->policy.initial = v->initial;
    v->policy.explicit_policy = true;
    v->params.policy = &v->policy;
    return 0;
}

static int set_option(struct verify *v, const char *name, const char *value)
{
    static const char *const purposes[] = {
        [CV_PURPOSE_ANY] = "any", [CV_PURPOSE_SERVER] = "server", [CV_PURPOSE_CLIENT] = "client", NULL};
    static const char *const profiles[] = {[CV_PROFILE_COMPAT] = "compat",
                                           [CV_PROFILE_RFC5280] = "rfc5280",
                                           [CV_PROFILE_WEBPKI] = "webpki",
                                           NULL};
    int n;

    if (strcmp(name, "--name") == 0) return set_host(v, value, false);
    if (strcmp(name, "--ip") == 0) return set_host(v, value, true);
    if (strcmp(name, "--time") == 0) return set_time(v, value);
    if (strcmp(name, "--depth") == 0) return set_depth(v, value);
    if (strcmp(name, "--names") == 0) {
        v->params.common_name = strcmp(value, "cn") == 0;
        return v->params.common_name || strcmp(value, "san") == 0 ? 0
                                                                  : wrong("--names: not san or cn", value);
    }
    if (strcmp(name, "--purpose") == 0) {
        if ((n = choice(purposes, value)) < 0) return wrong("--purpose: not server, client or any", value);
        v->params.purpose = (enum cv_purpose)n;
        return 0;
    }
    if (strcmp(name, "--profile") == 0) {
        if ((n = choice(profiles, value)) < 0)
            return wrong("--profile: not compat, rfc5280 or webpki", value);
        v->params.profile = (enum cv_profile)n;
        return 0;
    }
    fputs(usage, stderr);
    return EXIT_USAGE;
}

enum { LIST_POLICY = N_FILE_KINDS - 1 }; /* in place of FILE_LEAF, which has no option */

static int add_word(struct verify *v, int list, const char *word)
{
    return list == LIST_POLICY ? add_policy(v, word) : cv_files_add(&v->files[list], word);
}

/* Options that take lists take every word up to the next option, but leave the last word of all for LEAF. */
static int parse(struct verify *v, int argc, char **argv)
{
    static const char *const lists[] = {
        [FILE_CA] = "--ca",     [FILE_UNTRUSTED] = "--untrusted", [FILE_CRL] = "--crl",
        [FILE_OCSP] = "--ocsp", [LIST_POLICY] = "--policy",       NULL};
    bool has_leaf = false;
    int e = 0;

    for (int i = 1; e == 0 && i < argc; i++) {
        const char *name = argv[i];
        if (strncmp(name, "--", 2) != 0) {
            if (has_leaf) return wrong("more than one LEAF", name);
            has_leaf = true;
            e = cv_files_add(&v->files[FILE_LEAF], name);
            continue;
        }
        if (i + 1 == argc) return wrong("a value is missing behind", name);
        int list = choice(lists, name);
        if (list < 0) {
            e = set_option(v, name, argv[++i]);
            continue;
        }
        do e = add_word(v, list, argv[++i]);
        while (e == 0 && i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0 && (has_leaf || i + 2 < argc));
    }
    if (e == 0 && (!has_leaf || v->files[FILE_CA].n == 0)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (e == 0 && v->files[FILE_OCSP].n > 1) return wrong("more than one OCSP response", NULL);
    return e;
}

/* Reads lists and response into memory for `crls`; what cannot be read is said, and is as if it were not
 * there, but that the check was asked for. */
static void parse_revocation(struct verify *v, struct cv_crl *crls)
{
    const struct cv_files *f = v->files;
    struct cv_revocation *r = &v->revocation;

    if (f[FILE_CRL].n + f[FILE_OCSP].n == 0) return;
    *r =
        (struct cv_revocation){.check = cv_revocation_check, .must_staple = f[FILE_OCSP].n > 0, .crls = crls};
    r->scope = f[FILE_CRL].n > 0 ? CV_REVOCATION_CHAIN_EXCLUDE_ROOT : CV_REVOCATION_END_CERT;
    for (size_t i = 0; i < f[FILE_CRL].n; i++) {
        cv_err e = cv_crl_parse(&crls[r->n_crls], f[FILE_CRL].blocks[i]);
        if (e == CV_OK)
            r->n_crls++;
        else
            fprintf(stderr, "culvert verify: %s: left out: %s\n", f[FILE_CRL].names[i], cv_err_text(e));
    }
    if (f[FILE_OCSP].n > 0) {
        cv_err e = cv_ocsp_parse(&v->staple, f[FILE_OCSP].blocks[0]);
        if (e == CV_OK)
            r->staples = &v->staple, r->n_staples = 1;
        else
            fprintf(stderr, "culvert verify: %s: left out: %s\n", f[FILE_OCSP].names[0], cv_err_text(e));
    }
    v->params.revocation = r;
}

/* Appends the certificates of a kind from number `first` on; what cannot be read is said and left out. */
static void parse_certs(struct cv_cert *certs, size_t *n, const struct cv_files *f, size_t first)
{
    for (size_t i = first; i < f->n; i++) {
        cv_err e = cv_cert_parse(&certs[*n], f->blocks[i]);
        if (e == CV_OK)
            ++*n;
        else
            fprintf(stderr, "culvert verify: %s: left out: %s\n", f->names[i], cv_err_text(e));
    }
}

static int report(const struct cv_path *path, const struct cv_verdict *verdict)
{
    char name[512];

    if (verdict->err == CV_OK) {
        for (size_t i = 0; i < path->n_certs; i++)
            printf("%zu %s\n", i, cv_verify_name(path->certs[i]->subject, name, sizeof name));
        return 0;
    }
    fputs("culvert verify: refused: ", stderr);
    if (verdict->cert)
        fprintf(stderr, "certificate %u (%s): ", verdict->depth,
                cv_verify_name(verdict->cert->subject, name, sizeof name));
    fprintf(stderr, "%s: %s\n", cv_err_name(verdict->err), cv_err_text(verdict->err));
    return EXIT_TLS;
}

static int judge(struct verify *v)
{
    static struct cv_algorithms algorithms;
    const struct cv_files *f = v->files;
    struct cv_cert leaf, *anchors = calloc(f[FILE_CA].n, sizeof *anchors);
    struct cv_cert *others = calloc(f[FILE_UNTRUSTED].n + f[FILE_LEAF].n, sizeof *others);
    struct cv_crl *crls = calloc(f[FILE_CRL].n + 1, sizeof *crls);
    struct cv_path path = {.n_certs = 0};
    struct cv_verdict verdict = {.err = CV_E_NO_MEMORY};
    struct cv_trust_store trust = {.anchors = anchors};
    size_t n_others = 0;

    cv_algorithms_select(&algorithms, cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU")));
    v->params.schemes = algorithms.cert_schemes;
    v->params.n_schemes = algorithms.n_cert_schemes;
    v->params.trust = &trust;
    if (anchors && others && crls) {
        parse_revocation(v, crls);
        parse_certs(anchors, &trust.n_anchors, &f[FILE_CA], 0);
        cv_trust_sort(anchors, trust.n_anchors);
        parse_certs(others, &n_others, &f[FILE_UNTRUSTED], 0);
        parse_certs(others, &n_others, &f[FILE_LEAF], 1);
        if (v->no_intermediates) n_others = 0;
        verdict.err = cv_cert_parse(&leaf, f[FILE_LEAF].blocks[0]);
        if (verdict.err != CV_OK) {
            fprintf(stderr, "culvert verify: %s cannot be read\n", f[FILE_LEAF].names[0]);
        } else {
            cv_err e = cv_path_validate(&path, &verdict, &leaf, others, n_others, &v->params);
            (void)e; /* it is in the verdict */
        }
    }
    int status = report(&path, &verdict);
    free(anchors);
    free(others);
    free(crls);
    return status;
}

int cv_command_verify(int argc, char **argv)
{
    struct verify v = {.params = {.now = (int64_t)time(NULL), .purpose = CV_PURPOSE_SERVER}};

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    for (int i = 0; i < N_FILE_KINDS; i++) v.files[i].label = "CERTIFICATE";
    v.files[FILE_CRL].label = "X509 CRL";
    v.files[FILE_OCSP].label = "OCSP RESPONSE";
    int status = parse(&v, argc, argv);
    if (status == 0) status = judge(&v);
    for (int i = 0; i < N_FILE_KINDS; i++) cv_files_free(&v.files[i]);
    return status;
}
