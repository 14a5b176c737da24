#include "sspi/culvert/options.h"

#include "sspi/culvert/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 40, FIRST = 256, HELP = FIRST + OPTIONS_MAX };

static const char shared_usage[] =
    "  --cert FILE --key FILE  certificate chain and private key (PEM)\n"
    "  --password-file FILE  its first line opens an encrypted key\n"
    "  --alpn A,B         application protocols, the preferred one first\n"
    "  --min V, --max V   versions: 1.2, 1.3\n"
    "  --groups A,B       key exchange groups, no others: x25519, secp256r1, X25519MLKEM768, …\n"
    "  --suites A,B       cipher suites, no others, by IANA's numbers: 1301,c02b\n"
    "  --schemes A,B      signature schemes, no others, by IANA's numbers: 0403,0905\n"
    "  --extensions A,B   record-limit=N, record-padding=N; a client's also grease, timestamps, "
    "max-fragment=N,\n"
    "                     hello-padding=N\n"
    "  --cert-compression A,B  zlib, brotli, zstd\n"
    "  --raw-keys A,B     own: send the key instead of the certificate; peer: take such a key; only: nothing "
    "else\n"
    "  --pin FILE         a public key (PEM or DER) that is valid; may be repeated\n"
    "  --tls12 A,B        in TLS 1.2: renegotiation, cbc-without-etm, require-ems\n"
    "  --revocation leaf|chain  refuse certificates not known not to be revoked, by what is stapled and "
    "--crl\n"
    "  --crl FILE         a revocation list (PEM or DER); may be repeated\n"
    "  --ocsp FILE        the OCSP response (DER) to staple for the certificate\n"
    "  --psk-file FILE    pre-shared keys of TLS 1.3, a line IDENTITY:HEX for each\n"
    "  --psk-ke           with them, no key exchange where the other side has none: no forward secrecy\n"
    "  --rekey            new keys with each piece of data; the peer is asked for new ones, too\n"
    "  --info             print a line of JSON on standard error about each connection\n"
    "  --keylog FILE      append the secrets, for Wireshark (RFC 9850)\n";

bool cv_set_flag(void *field, const char *value, unsigned long limit)
{
    (void)value, (void)limit;
    *(bool *)field = true;
    return true;
}

bool cv_set_text(void *field, const char *value, unsigned long limit)
{
    (void)limit;
    *(const char **)field = value;
    return true;
}

bool cv_set_number(void *field, const char *value, unsigned long limit)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (*value == 0 || *end != 0 || n > limit) return false;
    *(unsigned long *)field = n;
    return true;
}

bool cv_set_file(void *field, const char *value, unsigned long limit)
{
    struct cv_peer_files *files = field;
    (void)limit;
    if (files->n == CV_PEER_FILES_MAX) return false;
    files->names[files->n++] = value;
    return true;
}

static bool set_version(void *field, const char *value, unsigned long limit)
{
    (void)limit;
    return (*(DWORD *)field = cv_peer_version(value)) != 0;
}

static bool set_revocation(void *field, const char *value, unsigned long limit)
{
    (void)limit;
    return (*(DWORD *)field = cv_peer_revocation(value)) != 0;
}

static const char no_text[] = "is no text";

#define OPTION(name_, set_, field_, wrong_)                                                                  \
    {                                                                                                        \
        .name = (name_), .set = (set_), .at = offsetof(struct cv_peer_options, field_), .wrong = (wrong_)    \
    }

static const struct cv_option shared[] = {
    OPTION("cert", cv_set_text, cert, no_text),
    OPTION("key", cv_set_text, key, no_text),
    OPTION("password-file", cv_set_text, password_file, no_text),
    OPTION("alpn", cv_set_text, alpn, no_text),
    OPTION("min", set_version, min, "is neither 1.2 nor 1.3"),
    OPTION("max", set_version, max, "is neither 1.2 nor 1.3"),
    OPTION("groups", cv_set_text, groups, no_text),
    OPTION("suites", cv_set_text, suites, no_text),
    OPTION("schemes", cv_set_text, schemes, no_text),
    OPTION("extensions", cv_set_text, extensions, no_text),
    OPTION("cert-compression", cv_set_text, compression, no_text),
    OPTION("raw-keys", cv_set_text, raw_keys, no_text),
    OPTION("pin", cv_set_file, pins, "is one too many"),
    OPTION("tls12", cv_set_text, tls12, no_text),
    OPTION("revocation", set_revocation, revocation, "is neither leaf nor chain"),
    OPTION("crl", cv_set_file, crls, "is one too many"),
    OPTION("ocsp", cv_set_text, ocsp, no_text),
    OPTION("psk-file", cv_set_text, psk_file, no_text),
    OPTION("psk-ke", cv_set_flag, psk_ke, NULL),
    OPTION("rekey", cv_set_flag, rekey, NULL),
    OPTION("info", cv_set_flag, info, NULL),
    OPTION("keylog", cv_set_text, keylog, no_text),
};
enum { N_SHARED = sizeof shared / sizeof shared[0] };

static void add(struct option *out, const struct cv_option *options, size_t n, int first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct option){options[i].name, options[i].wrong != NULL ? required_argument : no_argument,
                                 NULL, first + (int)i};
}

static void say_usage(FILE *f, const char *usage)
{
    fputs(usage, f);
    fputs(shared_usage, f);
}

int cv_options_parse(struct cv_peer *p, void *owner, const struct cv_option *own, size_t n_own,
                     const char *usage, int argc, char **argv)
{
    struct option options[OPTIONS_MAX + 2] = {{0}};
    int found;
    if (n_own + N_SHARED > OPTIONS_MAX) abort();
    add(options, own, n_own, FIRST);
    add(options + n_own, shared, N_SHARED, FIRST + (int)n_own);
    options[n_own + N_SHARED] = (struct option){"help", no_argument, NULL, HELP};
    while ((found = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (found == HELP) {
            say_usage(stdout, usage);
            return -1;
        }
        if (found < FIRST) {
            say_usage(stderr, usage);
            return EXIT_USAGE;
        }
        size_t i = (size_t)(found - FIRST);
        const struct cv_option *o = i < n_own ? &own[i] : &shared[i - n_own];
        char *base = i < n_own ? owner : (char *)&p->options;
        if (o->set(base + o->at, optarg, o->limit)) continue;
        cv_peer_say(p, "--%s: '%s' %s", o->name, optarg, o->wrong);
        return EXIT_USAGE;
    }
    return 0;
}
