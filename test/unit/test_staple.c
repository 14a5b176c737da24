/* Revocation in handshakes: stapled answers, lists and answers that a callback hands over, in both versions.
 * The certificates are those of test/pki/status. */
#include "tls_fixture.h"
#include "tls/alert.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_LEN_MAX = 4096 };

struct file {
    uint8_t p[FILE_LEN_MAX];
    size_t len;
};

static void read_file(struct file *f, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "test/pki/status/%s", name);
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail_msg("cannot open %s (run from the top folder)", path);
    f->len = fread(f->p, 1, sizeof f->p, in);
    (void)fclose(in);
}

/* What a server sends, and what the client's callback has. */
struct scene {
    const char *stem, *staple;
    struct cv_revocation how;
    const char *ocsp[2], *crls[2]; /* for the leaf and for its issuer; NULL: none */
    cv_err want;
    unsigned depth;
};

struct state {
    struct pair pair;
    struct identity_file id;
    struct file root, staple, answer;
    const struct scene *scene;
    struct cv_revocation how;
    unsigned n_asked[2], n_given; /* by kind */
};

static bool fetch(void *ctx, const struct cv_fetch *what, struct cv_bytes *answer)
{
    struct state *s = ctx;
    bool is_leaf = what->cert->is_ca == false;
    const char *name = what->kind == CV_FETCH_OCSP ? s->scene->ocsp[!is_leaf] : s->scene->crls[!is_leaf];
    const char *url = what->kind == CV_FETCH_OCSP
                          ? is_leaf ? "http://status.example/server" : "http://status.example/ica"
                      : is_leaf ? "http://status.example/server.crl"
                                : "http://status.example/ica.crl";
    s->n_asked[what->kind == CV_FETCH_CRL]++;
    if (strcmp(s->scene->stem, "server") == 0) {
        assert_int_equal(what->url.len, strlen(url));
        assert_memory_equal(what->url.p, url, strlen(url));
    }
    assert_int_equal(what->request.p != NULL, what->kind == CV_FETCH_OCSP);
    if (name == NULL) return false;
    assert_int_equal(s->n_given, 0);
    read_file(&s->answer, name);
    *answer = cv_bytes(s->answer.p, s->answer.len);
    s->n_given++;
    return true;
}

static void give_back(void *ctx, struct cv_bytes answer)
{
    struct state *s = ctx;
    assert_ptr_equal(answer.p, s->answer.p);
    memset(s->answer.p, 0xdd, sizeof s->answer.p);
    s->n_given--;
}

static struct cv_bytes decode(struct file *text, struct cv_bytes *rest, uint8_t *der)
{
    struct cv_bytes label, body, in = rest->p ? *rest : cv_bytes(text->p, text->len);
    size_t len;
    assert_int_equal(cv_pem_next(&in, &label, &body), CV_OK);
    assert_int_equal(cv_base64_decode(der, FILE_LEN_MAX, &len, body), CV_OK);
    *rest = in;
    return cv_bytes(der, len);
}

static void load(struct state *s, const char *stem)
{
    struct file text;
    char name[64];
    struct cv_bytes rest = {NULL, 0}, key;
    (void)snprintf(name, sizeof name, "%s.pem", stem);
    read_file(&text, name);
    s->id.chain[0] = decode(&text, &rest, s->id.der);
    s->id.chain[1] = decode(&text, &rest, s->id.der + s->id.chain[0].len);
    (void)snprintf(name, sizeof name, "%s.key", stem);
    read_file(&text, name);
    rest = cv_bytes(NULL, 0);
    key = decode(&text, &rest, s->id.der + s->id.chain[0].len + s->id.chain[1].len);
    s->id.identity = (struct cv_identity){.chain = s->id.chain, .n_chain = 2};
    assert_int_equal(cv_cert_parse(&s->id.identity.leaf, s->id.chain[0]), CV_OK);
    assert_int_equal(cv_private_key_parse(&s->id.identity.key, key), CV_OK);
}

static void set_up(struct state *s, const struct scene *scene, uint16_t version)
{
    struct side *client = &s->pair.client, *server = &s->pair.server;
    struct file text;
    struct cv_bytes rest = {NULL, 0};
    memset(s, 0, sizeof *s);
    s->scene = scene;
    pair_init(&s->pair, "p256");
    client->port.now = 1893456000; /* 2030-01-01: behind the time at which the answers were made */
    client->config.min_version = client->config.max_version = version;
    server->config.min_version = server->config.max_version = version;
    load(s, scene->stem);
    read_file(&text, "root.pem");
    assert_int_equal(cv_cert_parse(&client->root, decode(&text, &rest, s->root.p)), CV_OK);
    server->config.identities = &s->id.identity;
    if (scene->staple != NULL) {
        read_file(&s->staple, scene->staple);
        s->id.identity.staple = cv_bytes(s->staple.p, s->staple.len);
    }
    s->how = scene->how;
    s->how.check = cv_revocation_check;
    s->how.fetch = fetch;
    s->how.release = give_back;
    s->how.fetch_ctx = s;
    client->config.revocation = &s->how;
}

static void play(const struct scene *scene, uint16_t version)
{
    struct state s;
    struct cv_conn_info info;
    set_up(&s, scene, version);
    cv_err e = pair_connect(&s.pair);
    cv_conn_info(s.pair.client.conn, &info);
    cv_err got = e == CV_OK ? CV_OK : info.error;
    if (got != scene->want || (got != CV_OK && info.verdict.depth != scene->depth))
        fail_msg("%s, %s, version %x: %s at %u instead of %s", scene->stem,
                 scene->staple ? scene->staple : "-", version, cv_err_name(got), info.verdict.depth,
                 cv_err_name(scene->want));
    assert_int_equal(s.n_given, 0);
    if (e == CV_OK) {
        struct cv_bytes list = info.peer_staples, staple;
        assert_int_equal(list.len != 0, scene->staple != NULL);
        if (scene->staple != NULL) {
            assert_int_equal(cv_read_vec24(&list, &staple), CV_OK);
            assert_true(list.len == 0 && cv_bytes_equal(staple, s.id.identity.staple));
        }
        pair_send(&s.pair.client, &s.pair.server, "data");
    } else {
        /* attacks row 30 */
        int alert = got == CV_E_CERT_REVOKED  ? CV_ALERT_CERTIFICATE_REVOKED
                    : got == CV_E_CERT_STAPLE ? CV_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE
                                              : CV_ALERT_CERTIFICATE_UNKNOWN;
        assert_int_equal(info.alert_sent, alert);
    }
    pair_free(&s.pair);
}

static void play_all(const struct scene *scenes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        play(&scenes[i], CV_TLS13);
        play(&scenes[i], CV_TLS12);
    }
}

#define STAPLED                                                                                              \
    {                                                                                                        \
        .scope = CV_REVOCATION_STAPLED                                                                       \
    }
#define LEAF                                                                                                 \
    {                                                                                                        \
        .scope = CV_REVOCATION_END_CERT                                                                      \
    }
#define CHAIN                                                                                                \
    {                                                                                                        \
        .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT                                                            \
    }
#define OFFLINE CV_E_CERT_REVOCATION_OFFLINE
#define NO_CHECK CV_E_CERT_REVOCATION_UNKNOWN
#define N(a) (sizeof(a) / sizeof(a)[0])

static void attack_30_stapled_answers_count(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {.stem = "server", .how = STAPLED},
        {.stem = "server", .staple = "server-good.ocsp", .how = STAPLED},
        {.stem = "server", .staple = "server-revoked.ocsp", .how = STAPLED, .want = CV_E_CERT_REVOKED},
        {.stem = "server", .staple = "server-expired.ocsp", .how = STAPLED},
        {.stem = "server", .staple = "must-revoked.ocsp", .how = STAPLED},
        {.stem = "server", .staple = "root.crl", .how = STAPLED}, /* no answer at all */
        {.stem = "server",
         .staple = "ica-revoked.ocsp",
         .how = STAPLED,
         .want = CV_E_CERT_REVOKED,
         .depth = 1},
        {.stem = "must", .how = STAPLED, .want = CV_E_CERT_STAPLE},
        {.stem = "must", .staple = "must-good.ocsp", .how = STAPLED},
        {.stem = "must", .staple = "must-expired.ocsp", .how = STAPLED, .want = CV_E_CERT_STAPLE},
        {.stem = "must", .staple = "server-good.ocsp", .how = STAPLED, .want = CV_E_CERT_STAPLE},
        {.stem = "must", .staple = "must-revoked.ocsp", .how = STAPLED, .want = CV_E_CERT_REVOKED},
    };
    play_all(scenes, N(scenes));
}

static void demanded_checks_fail_closed(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {.stem = "server", .staple = "server-good.ocsp", .how = LEAF},
        {.stem = "server", .staple = "server-good.ocsp", .how = CHAIN, .want = OFFLINE, .depth = 1},
        {.stem = "server", .how = LEAF, .want = OFFLINE},
        {.stem = "silent", .how = LEAF, .want = NO_CHECK},
        {.stem = "server", .how = {.scope = CV_REVOCATION_END_CERT, .ignore = CV_IGNORE_OFFLINE}},
        {.stem = "server",
         .how = {.scope = CV_REVOCATION_END_CERT, .ignore = CV_IGNORE_NO_CHECK},
         .want = OFFLINE},
        {.stem = "silent", .how = {.scope = CV_REVOCATION_END_CERT, .ignore = CV_IGNORE_NO_CHECK}},
        {.stem = "silent",
         .how = {.scope = CV_REVOCATION_END_CERT, .ignore = CV_IGNORE_OFFLINE},
         .want = NO_CHECK},
    };
    play_all(scenes, N(scenes));
}

static void what_is_fetched_decides(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {.stem = "server", .how = LEAF, .ocsp = {"server-good.ocsp"}},
        {.stem = "server", .how = LEAF, .ocsp = {"server-revoked.ocsp"}, .want = CV_E_CERT_REVOKED},
        {.stem = "server", .how = LEAF, .crls = {"ica.crl"}},
        {.stem = "server", .how = LEAF, .ocsp = {"server-expired.ocsp"}, .crls = {"ica.crl"}},
        {.stem = "server", .how = LEAF, .crls = {"ica-server.crl"}, .want = CV_E_CERT_REVOKED},
        {.stem = "server", .how = LEAF, .crls = {"root.crl"}, .want = OFFLINE},
        {.stem = "silent", .how = LEAF, .crls = {"ica.crl"}},
        {.stem = "server", .how = CHAIN, .crls = {"ica.crl", "root.crl"}},
        {.stem = "server", .how = CHAIN, .ocsp = {"server-good.ocsp", "ica-good.ocsp"}},
        {.stem = "server",
         .how = CHAIN,
         .crls = {"ica.crl", "root-ica.crl"},
         .want = CV_E_CERT_REVOKED,
         .depth = 1},
        {.stem = "server",
         .how = CHAIN,
         .ocsp = {NULL, "ica-revoked.ocsp"},
         .want = CV_E_CERT_REVOKED,
         .depth = 1},
        {.stem = "server", .how = STAPLED, .crls = {"ica-server.crl", "root-ica.crl"}}, /* nobody is asked */
    };
    play_all(scenes, N(scenes));
}

static void nobody_is_asked_twice(void **state)
{
    (void)state;
    static const struct scene scene = {
        .stem = "server", .how = CHAIN, .ocsp = {"server-good.ocsp"}, .crls = {NULL, "root.crl"}};
    struct state s;
    set_up(&s, &scene, CV_TLS13);
    assert_int_equal(pair_connect(&s.pair), CV_OK);
    assert_int_equal(s.n_asked[0], 2);
    assert_int_equal(s.n_asked[1], 1);
    pair_free(&s.pair);
}

/* RFC 6066 8: the server says that it will send a status and does not. */
static void a_promised_status_need_not_come(void **state)
{
    (void)state;
    static const struct scene scene = {.stem = "must", .staple = "must-good.ocsp", .how = STAPLED};
    struct state s;
    struct cv_step step;
    set_up(&s, &scene, CV_TLS12);
    assert_int_equal(pair_new(&s.pair), CV_OK);
    assert_int_equal(cv_conn_step(s.pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&s.pair.client, &s.pair.server), CV_OK);
    struct cv_bytes out = cv_conn_output(s.pair.server.conn);
    /* one record; its messages without CertificateStatus */
    uint8_t record[FILE_LEN_MAX];
    size_t len = 5, n_left_out = 0;
    struct cv_bytes in = cv_bytes(out.p + 5, out.len - 5);
    memcpy(record, out.p, 5);
    while (in.len > 0) {
        size_t message = 4 + ((size_t)in.p[1] << 16 | (size_t)in.p[2] << 8 | in.p[3]);
        assert_in_range(message, 4, in.len);
        if (in.p[0] == 22)
            n_left_out++;
        else
            memcpy(record + len, in.p, message), len += message;
        in = cv_bytes(in.p + message, in.len - message);
    }
    assert_int_equal(n_left_out, 1);
    record[3] = (uint8_t)((len - 5) >> 8);
    record[4] = (uint8_t)(len - 5);
    assert_int_equal(cv_conn_step(s.pair.client.conn, cv_bytes(record, len), &step), CV_E_CERT_STAPLE);
    pair_free(&s.pair);
}

/* A client that asks for nothing gets nothing. */
static void unasked_nothing_is_stapled(void **state)
{
    (void)state;
    static const struct scene scene = {.stem = "must", .staple = "must-good.ocsp"};
    for (uint16_t version = CV_TLS12; version <= CV_TLS13; version++) {
        struct cv_conn_info info;
        struct state s;
        set_up(&s, &scene, version);
        s.pair.client.config.revocation = NULL;
        assert_int_equal(pair_connect(&s.pair), CV_OK);
        cv_conn_info(s.pair.client.conn, &info);
        assert_int_equal(info.peer_staples.len, 0);
        pair_free(&s.pair);
    }
}

/* --- staples of clients: RFC 9846 4.5.1.1 --- */

struct client_scene {
    const char *stem, *staple;
    bool asked, checked;
    uint16_t version;
    cv_err want;
};

static void set_up_client(struct state *s, const struct client_scene *scene)
{
    static const struct scene nothing = {.stem = "silent"};
    struct side *client = &s->pair.client, *server = &s->pair.server;
    struct file text;
    struct cv_bytes rest = {NULL, 0};
    memset(s, 0, sizeof *s);
    s->scene = &nothing;
    pair_init(&s->pair, "p256");
    server->port.now = client->port.now = 1893456000;
    client->config.min_version = client->config.max_version = scene->version;
    server->config.min_version = server->config.max_version = scene->version;
    load(s, scene->stem);
    client->config.identities = &s->id.identity;
    client->config.n_identities = 1;
    if (scene->staple != NULL) {
        read_file(&s->staple, scene->staple);
        s->id.identity.staple = cv_bytes(s->staple.p, s->staple.len);
    }
    read_file(&text, "root.pem");
    assert_int_equal(cv_cert_parse(&server->root, decode(&text, &rest, s->root.p)), CV_OK);
    server->params.client_auth = CV_AUTH_REQUIRE;
    server->config.ask_staple = scene->asked;
    s->how = (struct cv_revocation){.check = cv_revocation_check, .scope = CV_REVOCATION_END_CERT};
    if (scene->checked) server->config.revocation = &s->how;
}

static void check_told_staple(const struct state *s, bool expected)
{
    struct cv_conn_info info;
    cv_conn_info(s->pair.server.conn, &info);
    struct cv_bytes list = info.peer_staples, staple;
    assert_int_equal(list.len != 0, expected);
    if (!expected) return;
    assert_int_equal(cv_read_vec24(&list, &staple), CV_OK);
    assert_true(list.len == 0 && cv_bytes_equal(staple, s->id.identity.staple));
}

static void clients_staple_where_they_are_asked(void **state)
{
    (void)state;
    static const struct client_scene scenes[] = {
        {"client", "client-good.ocsp", true, true, CV_TLS13, CV_OK},
        {"client", "client-good.ocsp", true, false, CV_TLS13, CV_OK},
        {"client", "client-good.ocsp", false, false, CV_TLS13, CV_OK},
        {"client", "client-good.ocsp", false, true, CV_TLS13, OFFLINE},
        {"client", NULL, true, true, CV_TLS13, OFFLINE},
        {"client", NULL, true, false, CV_TLS13, CV_OK},
        {"client", "client-revoked.ocsp", true, true, CV_TLS13, CV_E_CERT_REVOKED},
        {"client", "client-expired.ocsp", true, true, CV_TLS13, OFFLINE},
        {"client", "server-good.ocsp", true, true, CV_TLS13, OFFLINE},
        {"must-client", "must-client-good.ocsp", true, true, CV_TLS13, CV_OK},
        {"must-client", NULL, true, true, CV_TLS13, CV_E_CERT_STAPLE},
        {"must-client", NULL, false, true, CV_TLS13, OFFLINE}, /* RFC 7633: who does not ask cannot demand */
        /* there it cannot be asked for */
        {"client", "client-good.ocsp", true, true, CV_TLS12, OFFLINE},
        {"must-client", "must-client-good.ocsp", true, false, CV_TLS12, CV_OK},
    };
    for (size_t i = 0; i < N(scenes); i++) {
        struct state s;
        struct cv_conn_info info;
        set_up_client(&s, &scenes[i]);
        cv_err e = pair_connect(&s.pair);
        cv_conn_info(s.pair.server.conn, &info);
        if ((e == CV_OK ? CV_OK : info.error) != scenes[i].want)
            fail_msg("row %zu: %s, %s", i, cv_err_name(e), cv_err_name(info.error));
        if (e == CV_OK)
            check_told_staple(&s, scenes[i].asked && scenes[i].staple && scenes[i].version == CV_TLS13);
        pair_free(&s.pair);
    }
}

/* Asked behind the handshake, too. */
static void clients_staple_behind_the_handshake(void **state)
{
    (void)state;
    static const struct client_scene scene = {"must-client", "must-client-good.ocsp", true, true, CV_TLS13,
                                              CV_OK};
    struct state s;
    struct cv_step step;
    set_up_client(&s, &scene);
    s.pair.server.params.client_auth = CV_AUTH_NONE;
    assert_int_equal(pair_connect(&s.pair), CV_OK);
    check_told_staple(&s, false);
    assert_int_equal(cv_conn_request_auth(s.pair.server.conn, CV_AUTH_REQUIRE), CV_OK);
    assert_int_equal(pair_move(&s.pair.server, &s.pair.client), CV_OK);
    assert_int_equal(cv_conn_step(s.pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&s.pair.client, &s.pair.server), CV_OK);
    check_told_staple(&s, true);
    pair_free(&s.pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_30_stapled_answers_count),
        cmocka_unit_test(demanded_checks_fail_closed),
        cmocka_unit_test(what_is_fetched_decides),
        cmocka_unit_test(nobody_is_asked_twice),
        cmocka_unit_test(a_promised_status_need_not_come),
        cmocka_unit_test(unasked_nothing_is_stapled),
        cmocka_unit_test(clients_staple_where_they_are_asked),
        cmocka_unit_test(clients_staple_behind_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
