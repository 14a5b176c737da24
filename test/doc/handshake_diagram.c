/* Prints docs/handshake.md from the handshake tables: `make docs`. The check compares it with the file. */
#include "tls/state.h"

#include <stdio.h>

static const char *const client_states[CV_CS_COUNT] = {
    [CV_CS_START] = "START",
    [CV_CS_WAIT_SERVER_HELLO] = "WAIT_SERVER_HELLO",
    [CV_CS_WAIT_SERVER_HELLO_RETRIED] = "WAIT_SERVER_HELLO_RETRIED",
    [CV_CS_WAIT_ENCRYPTED_EXTENSIONS] = "WAIT_ENCRYPTED_EXTENSIONS",
    [CV_CS_WAIT_CERTIFICATE_OR_REQUEST] = "WAIT_CERTIFICATE_OR_REQUEST",
    [CV_CS_WAIT_CERTIFICATE] = "WAIT_CERTIFICATE",
    [CV_CS_WAIT_CERTIFICATE_VERIFY] = "WAIT_CERTIFICATE_VERIFY",
    [CV_CS_WAIT_FINISHED] = "WAIT_FINISHED",
    [CV_CS_WANT_SESSION] = "WANT_SESSION",
    [CV_CS_WANT_EXTENSION] = "WANT_EXTENSION",
    [CV_CS_WANT_CERTIFICATE] = "WANT_CERTIFICATE",
    [CV_CS_WANT_CREDENTIAL] = "WANT_CREDENTIAL",
    [CV_CS_WANT_SIGNATURE] = "WANT_SIGNATURE",
    [CV_CS_CONNECTED] = "CONNECTED",
    [CV_CS12_WAIT_CERTIFICATE] = "TLS12_WAIT_CERTIFICATE",
    [CV_CS12_WAIT_STATUS] = "TLS12_WAIT_STATUS",
    [CV_CS12_WAIT_SERVER_KEY_EXCHANGE] = "TLS12_WAIT_SERVER_KEY_EXCHANGE",
    [CV_CS12_WAIT_REQUEST_OR_DONE] = "TLS12_WAIT_REQUEST_OR_DONE",
    [CV_CS12_WAIT_DONE] = "TLS12_WAIT_DONE",
    [CV_CS12_WANT_EXTENSION] = "TLS12_WANT_EXTENSION",
    [CV_CS12_WANT_CERTIFICATE] = "TLS12_WANT_CERTIFICATE",
    [CV_CS12_WANT_CREDENTIAL] = "TLS12_WANT_CREDENTIAL",
    [CV_CS12_WANT_SIGNATURE] = "TLS12_WANT_SIGNATURE",
    [CV_CS12_WAIT_TICKET] = "TLS12_WAIT_TICKET",
    [CV_CS12_WAIT_CCS] = "TLS12_WAIT_CCS",
    [CV_CS12_WAIT_FINISHED] = "TLS12_WAIT_FINISHED",
    [CV_CS12_CONNECTED] = "TLS12_CONNECTED",
};

static const char *const server_states[CV_SS_COUNT] = {
    [CV_SS_WAIT_CLIENT_HELLO] = "WAIT_CLIENT_HELLO",
    [CV_SS_WAIT_CLIENT_HELLO_RETRIED] = "WAIT_CLIENT_HELLO_RETRIED",
    [CV_SS_WANT_EXTENSION] = "WANT_EXTENSION",
    [CV_SS_WANT_SESSION_RETRIED] = "WANT_SESSION_RETRIED",
    [CV_SS_WANT_SESSION] = "WANT_SESSION",
    [CV_SS_WANT_CERTIFICATE] = "WANT_CERTIFICATE",
    [CV_SS_WANT_SIGNATURE] = "WANT_SIGNATURE",
    [CV_SS_WAIT_END_OF_EARLY_DATA] = "WAIT_END_OF_EARLY_DATA",
    [CV_SS_WAIT_CERTIFICATE] = "WAIT_CERTIFICATE",
    [CV_SS_WAIT_CERTIFICATE_VERIFY] = "WAIT_CERTIFICATE_VERIFY",
    [CV_SS_WAIT_FINISHED] = "WAIT_FINISHED",
    [CV_SS_CONNECTED] = "CONNECTED",
    [CV_SS_AUTH_CERTIFICATE] = "AUTH_CERTIFICATE",
    [CV_SS_AUTH_CERTIFICATE_VERIFY] = "AUTH_CERTIFICATE_VERIFY",
    [CV_SS_AUTH_FINISHED] = "AUTH_FINISHED",
    [CV_SS12_WANT_SESSION] = "TLS12_WANT_SESSION",
    [CV_SS12_WANT_CERTIFICATE] = "TLS12_WANT_CERTIFICATE",
    [CV_SS12_WANT_SIGNATURE] = "TLS12_WANT_SIGNATURE",
    [CV_SS12_WAIT_CERTIFICATE] = "TLS12_WAIT_CERTIFICATE",
    [CV_SS12_WAIT_CLIENT_KEY_EXCHANGE] = "TLS12_WAIT_CLIENT_KEY_EXCHANGE",
    [CV_SS12_WAIT_CERTIFICATE_VERIFY] = "TLS12_WAIT_CERTIFICATE_VERIFY",
    [CV_SS12_WAIT_CCS] = "TLS12_WAIT_CCS",
    [CV_SS12_WAIT_FINISHED] = "TLS12_WAIT_FINISHED",
    [CV_SS12_CONNECTED] = "TLS12_CONNECTED",
};

static const char *message(uint8_t msg)
{
    if (msg == CV_MSG_NONE) return "(go on)";
    if (msg == CV_MSG_CHANGE_CIPHER) return "(change_cipher_spec)";
    return cv_msg_name(msg);
}

static void print_table(const char *title, const struct cv_edge *edges, size_t n, const char *const *names)
{
    (void)printf("\n## %s\n\n```mermaid\nstateDiagram-v2\n", title);
    for (size_t i = 0; i < n; i++) {
        for (unsigned next = 0; next < 32; next++) {
            if ((edges[i].next >> next & 1) == 0) continue;
            (void)printf("    %s --> %s: %s\n", names[edges[i].from], names[next], message(edges[i].msg));
        }
    }
    (void)printf("```\n");
}

int main(void)
{
    (void)printf(
        "# The handshake tables\n\n"
        "Printed from the tables at the ends of `tls/{client,server}*.c` by `make docs`; an edge that is not\n"
        "here is refused with unexpected_message before its message is read. \"(go on)\" is "
        "a call without\n"
        "input: the client's first, and the one that answers a suspension.\n");
    print_table("Client, until its server has chosen a version", cv_machine_client.edges,
                cv_machine_client.n_edges, client_states);
    print_table("TLS 1.3 client", cv_machine_client13.edges, cv_machine_client13.n_edges, client_states);
    print_table("TLS 1.3 server", cv_machine_server13.edges, cv_machine_server13.n_edges, server_states);
    print_table("TLS 1.2 client", cv_machine_client12.edges, cv_machine_client12.n_edges, client_states);
    print_table("TLS 1.2 server", cv_machine_server12.edges, cv_machine_server12.n_edges, server_states);
    return 0;
}
