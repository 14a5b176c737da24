/* The `culvert` command: its subcommands, and what they share. */
#ifndef CULVERT_COMMAND_H
#define CULVERT_COMMAND_H

/* Exit codes: 0 all went well, 1 it did not (a vector, TLS, verification), 2 the command line is wrong. */
enum { EXIT_TLS = 1, EXIT_USAGE = 2 };

/* Each gets its own name as argv[0] and returns the exit code. */
int cv_command_client(int argc, char **argv);
int cv_command_demo(int argc, char **argv);
int cv_command_key(int argc, char **argv);
int cv_command_server(int argc, char **argv);
int cv_command_vectors(int argc, char **argv);
int cv_command_verify(int argc, char **argv);

/* idn.c: a host name in ASCII, of U-labels too where the host has libidn2; from malloc. NULL: it has not, or
 * the name is none. */
char *cv_idn_to_ascii(const char *name);

#endif
