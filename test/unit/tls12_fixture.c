#include "tls12_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

const char *const kinds[N_KINDS] = {"p256", "p384", "ed25519", "rsa"};

void init12(struct pair *p, const char *kind)
{
    pair_init(p, kind);
    p->client.config.min_version = p->client.config.max_version = CV_TLS12;
    p->server.config.min_version = p->server.config.max_version = CV_TLS12;
}

void check_connected(struct pair *p, bool resumed)
{
    struct cv_conn_info c, s;
    cv_conn_info(p->client.conn, &c);
    cv_conn_info(p->server.conn, &s);
    assert_true(c.established && s.established);
    assert_int_equal(c.version, CV_TLS12);
    assert_int_equal(s.version, CV_TLS12);
    assert_int_equal(c.suite->id, s.suite->id);
    assert_int_equal(c.resumed, resumed);
    assert_int_equal(s.resumed, resumed);
    assert_true(c.extended_master_secret && s.extended_master_secret);
    pair_send(&p->client, &p->server, "from the client");
    pair_send(&p->server, &p->client, "from the server");
    pair_send(&p->client, &p->server, "");
}

void only_suite(struct side *s, uint16_t id)
{
    assert_true(cv_algorithms_take_suites(&s->algorithms, &id, 1));
    s->config.n_suites = 1;
}
