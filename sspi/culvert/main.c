/* `culvert SUBCOMMAND …` */
#include "sspi/culvert/command.h"

#define SECURITY_WIN32
#include <culvert.h>
#include <stdio.h>
#include <string.h>

static const struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} subcommands[] = {
    {"client", cv_command_client, "connect by TLS: standard input to the peer, the peer to standard output"},
    {"server", cv_command_server, "serve TLS: a status page, an echo, or what comes to standard output"},
    {"vectors", cv_command_vectors, "run files of test vectors"},
    {"verify", cv_command_verify, "judge a certificate, and say why"},
    {"key", cv_command_key, "make an RSA key for tests"},
    {"demo", cv_command_demo, "show client and server with each other and with OpenSSL's"},
};

static void print_help(FILE *to)
{
    fputs("usage: culvert SUBCOMMAND [OPTION]...\n\n", to);
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        fprintf(to, "  %-8s  %s\n", subcommands[i].name, subcommands[i].help);
    fputs("\n`culvert SUBCOMMAND --help` says more; `culvert --version` names the library's version.\n", to);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("culvert %s\n", CULVERT_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0) return subcommands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "culvert: no subcommand '%s'; `culvert --help` lists them\n", argv[1]);
    return EXIT_USAGE;
}
