/* Attacks on the handshake of TLS 1.3: orders, choices that were not offered, retries, sessions. Each test
 * has the number of its row in the list of published vulnerabilities. */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* --- 1: orders --- */

/* S ServerHello, R HelloRetryRequest, H ClientHello, E EncryptedExtensions, Q CertificateRequest, C
 * Certificate, c an empty one, V CertificateVerify, F Finished, T NewSessionTicket, U KeyUpdate, D
 * application data, ! change_cipher_spec, O EndOfEarlyData, 0 HelloRequest, K ServerKeyExchange, L
 * ServerHelloDone, X ClientKeyExchange, P CertificateStatus, Z CompressedCertificate, M message_hash, N
 * unknown, 1 and 2 the numbers that the tables use for themselves. */
static const char alphabet[] = "SRHEQCcVFTUD!O0KLXPZMN12";

struct order {
    const char *prefix, *legal;
};

static const struct order client_full[] = {
    {"", "SR!"},        {"S", "E!"},        {"SE", "QC!"},      {"SEQ", "C!"},     {"SEC", "V!"},
    {"SEQC", "V!"},     {"SECV", "F!"},     {"SEQCV", "F!"},    {"SECVF", "TUDQ"}, {"SEQCVF", "TUDQ"},
    {"R", "S!"},        {"RS", "E!"},       {"RSE", "QC!"},     {"RSEQ", "C!"},    {"RSEC", "V!"},
    {"RSECV", "F!"},    {"RSECVF", "TUDQ"}, {"RSEQC", "V!"},    {"RSEQCV", "F!"},  {"RSEQCVF", "TUDQ"},
    {"SECVFT", "TUDQ"}, {"SECVFU", "TUDQ"}, {"SECVFD", "TUDQ"},
};
static const struct order client_resuming[] = {
    {"", "SR!"}, {"S", "E!"},  {"SE", "F!"},  {"SEF", "TUDQ"},
    {"R", "S!"}, {"RS", "E!"}, {"RSE", "F!"}, {"RSEF", "TUDQ"},
};
static const struct order server_plain[] = {
    {"", "H"}, {"H", "F!"}, {"HF", "UD"}, {"HFU", "UD"}, {"HFD", "UD"}};
static const struct order server_asking[] = {
    {"", "H"}, {"H", "Cc!"}, {"HC", "V!"}, {"HCV", "F!"}, {"Hc", "F!"}, {"HcF", "UD"}, {"HCVF", "UD"},
};
static const struct order server_retrying[] = {
    {"", "H"}, {"H", "H!"}, {"HH", "Cc!"}, {"HHC", "V!"}, {"HHCV", "F!"}, {"HHc", "F!"}, {"HHCVF", "UD"},
};
static const struct order server_resuming[] = {{"", "H"}, {"H", "F!"}, {"HF", "UD"}};

struct variant {
    enum cv_role engine;
    bool resume, ask, retry;
    const struct order *orders;
    size_t n_orders;
};
#define ORDERS(list) list, sizeof list / sizeof list[0]
static const struct variant variants[] = {
    {CV_CLIENT, false, false, false, ORDERS(client_full)},
    {CV_CLIENT, true, false, false, ORDERS(client_resuming)},
    {CV_SERVER, false, false, false, ORDERS(server_plain)},
    {CV_SERVER, false, true, false, ORDERS(server_asking)},
    {CV_SERVER, false, true, true, ORDERS(server_retrying)},
    {CV_SERVER, true, true, false, ORDERS(server_resuming)},
};

static const struct cv_identity *own_identity(void)
{
    return &peer.side->own.identity;
}

static void send_hello(char letter, bool legal)
{
    if (letter == 'H') {
        if (peer.role == CV_CLIENT && peer.retry_group != 0)
            peer_second_hello(&peer);
        else
            peer_make_client_hello(&peer);
        peer_send(&peer);
    } else if (letter == 'R') {
        peer_retry(&peer, pair.client.algorithms.groups[1], cv_bytes(NULL, 0));
    } else if (legal) {
        if (peer.ch.key_shares.p != NULL) peer.group = pair.client.algorithms.groups[peer.retry_group != 0];
        peer_server_hello(&peer);
    } else {
        peer_make_server_hello(&peer);
        peer_send(&peer);
    }
}

static void make_other(char letter)
{
    static const struct {
        char letter;
        uint8_t type;
    } types[] = {{'O', CV_MSG_END_OF_EARLY_DATA},
                 {'0', CV_MSG_HELLO_REQUEST},
                 {'K', CV_MSG_SERVER_KEY_EXCHANGE},
                 {'L', CV_MSG_SERVER_HELLO_DONE},
                 {'X', CV_MSG_CLIENT_KEY_EXCHANGE},
                 {'P', CV_MSG_CERTIFICATE_STATUS},
                 {'Z', CV_MSG_COMPRESSED_CERTIFICATE},
                 {'M', CV_MSG_MESSAGE_HASH},
                 {'N', 99},
                 {'1', CV_MSG_NONE},
                 {'2', CV_MSG_CHANGE_CIPHER}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].letter == letter) peer_make(&peer, types[i].type, NULL, 0);
    }
}

static void send_message(char letter)
{
    switch (letter) {
    case 'E':
        peer_make_encrypted_extensions(&peer);
        break;
    case 'Q':
        peer.context = attack_engine()->established ? peer_keep(&peer, "ctx", 3) : cv_bytes(NULL, 0);
        peer_make_certificate_request(&peer);
        peer.context = cv_bytes(NULL, 0);
        break;
    case 'C':
    case 'c':
        peer_make_certificate(&peer, letter == 'C' ? own_identity() : NULL);
        break;
    case 'V':
        peer_make_certificate_verify(&peer, own_identity(), 0);
        break;
    case 'F':
        peer_make_finished(&peer);
        break;
    case 'T':
        peer_make_ticket(&peer, "ticket", 6);
        peer_send_again(&peer);
        return;
    default:
        make_other(letter);
        break;
    }
    peer_send(&peer);
}

/* Sends a letter; Finished is followed by new keys if it is welcome. */
static void send_letter(char letter, bool legal)
{
    if (strchr("SRH", letter) != NULL)
        send_hello(letter, legal);
    else if (letter == 'U')
        peer_key_update(&peer, 0);
    else if (letter == 'D')
        peer_record(&peer, CV_CONTENT_DATA, "data", 4, 0);
    else if (letter == '!')
        peer_record_plain(&peer, CV_CONTENT_CCS, "\1", 1);
    else
        send_message(letter);
    if (letter == 'F' && legal) peer_finish(&peer);
}

static cv_err give(char letter)
{
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    if (letter == 'D' && attack_engine()->established) return attack_open(&opened);
    return attack_deliver();
}

static void begin_variant(const struct variant *v)
{
    attack_prepare(v->engine);
    pair.client.params.validate = pair.client.params.check_name = false; /* for speed */
    pair.server.params.validate = false;
    if (v->ask) pair.server.params.client_auth = CV_AUTH_REQUEST;
    if (v->retry) {
        pair.server.config.groups += 2;
        pair.server.config.n_groups = 1;
    }
    if (v->resume) peer.session = attack_session();
    (void)attack_begin();
}

static void run_prefix(const char *prefix)
{
    for (; *prefix != '\0'; prefix++) {
        send_letter(*prefix, true);
        if (*prefix == 'R') peer.retry_group = 0x17;
        cv_err e = give(*prefix);
        if (e != CV_OK) fail_msg("%s at %s", cv_err_name(e), prefix);
    }
}

static bool is_refusal(cv_err e, char letter, const struct order *o)
{
    if (letter == 'c' && strchr(o->legal, 'C') != NULL) return e == CV_E_DECODE; /* RFC 9846 4.5.1.3 */
    if (letter == '!') return e == CV_E_CCS;
    if (letter == 'D' && e == CV_E_RECORD_TYPE) return true;
    return e == CV_E_UNEXPECTED_MESSAGE;
}

/* Every order of messages is a walk through the tree of the legal ones, up to the first step out of it; and
 * what is refused stays dead (attack_is_dead tries). So each legal beginning with each letter behind it
 * stands for all orders of any length. */
static void attack_01_every_order_of_messages(void **state)
{
    (void)state;
    unsigned n_legal = 0, n_refused = 0;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        for (size_t k = 0; k < variants[i].n_orders; k++) {
            const struct order *o = &variants[i].orders[k];
            for (const char *letter = alphabet; *letter != '\0'; letter++) {
                bool legal = strchr(o->legal, *letter) != NULL;
                begin_variant(&variants[i]);
                run_prefix(o->prefix);
                send_letter(*letter, legal);
                cv_err e = legal ? give(*letter) : peer_deliver(&peer, attack_engine());
                if (legal ? e != CV_OK : !is_refusal(e, *letter, o))
                    fail_msg("variant %zu: %s%c gives %s", i, o->prefix, *letter, cv_err_name(e));
                if (!legal) {
                    bool decode = e == CV_E_DECODE;
                    attack_is_dead(e, e, decode ? CV_ALERT_DECODE_ERROR : CV_ALERT_UNEXPECTED_MESSAGE);
                }
                n_legal += legal;
                n_refused += !legal;
                attack_end();
            }
        }
    }
    print_message("%u steps allowed, %u refused\n", n_legal, n_refused);
    assert_int_equal(n_legal, 126);
}

/* --- 2: proofs of identity --- */

static void attack_02_required_certificate_is_empty(void **state)
{
    (void)state;
    attack_prepare(CV_SERVER);
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    (void)attack_begin();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    peer_make_certificate(&peer, NULL);
    peer_send(&peer);
    attack_refuses(CV_E_CERTIFICATE_REQUIRED, CV_ALERT_CERTIFICATE_REQUIRED);
    attack_end();
}

/* A signature of another key, by the right scheme; over another transcript; a Finished of another handshake.
 */
static void attack_02_false_proofs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        bool client = i % 2 == 0;
        attack_prepare(client ? CV_CLIENT : CV_SERVER);
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
        (void)attack_begin();
        if (client) {
            peer_server_hello(&peer);
            peer_make_encrypted_extensions(&peer);
        } else {
            peer_make_client_hello(&peer);
        }
        peer_send(&peer);
        attack_accepts();
        peer_make_certificate(&peer, own_identity());
        peer_send(&peer);
        const struct cv_identity *signer = own_identity();
        if (i / 2 == 0) signer = client ? &pair.client.own.identity : &pair.server.own.identity;
        if (i / 2 == 1) peer.all[20] ^= 1;
        peer_make_certificate_verify(&peer, signer, 0);
        if (i / 2 == 1) peer.all[20] ^= 1;
        peer_send(&peer);
        if (i / 2 < 2) {
            attack_refuses(CV_E_BAD_SIGNATURE, CV_ALERT_DECRYPT_ERROR);
        } else {
            attack_accepts();
            peer_make_finished(&peer);
            peer.msg[peer.msg_len - 1] ^= 1;
            peer_send(&peer);
            attack_refuses(CV_E_BAD_FINISHED, CV_ALERT_DECRYPT_ERROR);
        }
        assert_false(attack_engine()->established);
        attack_end();
    }
}

/* A server that has asked after the handshake; the peer has read it. */
static void asked_after_handshake(enum cv_client_auth how)
{
    attack_prepare(CV_SERVER);
    peer_ext_add(&peer, 49, NULL, 0);
    (void)attack_begin();
    assert_int_equal(peer_connect(&peer, attack_engine()), CV_OK);
    assert_int_equal(cv_conn_request_auth(attack_engine(), how), CV_OK);
    peer_take(&peer, attack_engine());
    assert_true(peer.cert_requested);
    memcpy(peer.client_secret, peer.client_app, sizeof peer.client_secret); /* keys its Finished */
}

static void assert_peer_chain(bool there)
{
    struct cv_conn_info info;
    cv_conn_info(attack_engine(), &info);
    assert_int_equal(info.peer_chain.len != 0, there);
    assert_int_equal(info.validated, there ? CV_VALIDATED_CHAIN : CV_VALIDATED_NOT);
}

/* OpenSSL CVE-2026-55962: the same after the handshake. */
static void attack_02_post_handshake_authentication(void **state)
{
    (void)state;
    asked_after_handshake(CV_AUTH_REQUIRE);
    peer_make_certificate(&peer, NULL);
    peer_send(&peer);
    attack_refuses(CV_E_CERTIFICATE_REQUIRED, CV_ALERT_CERTIFICATE_REQUIRED);
    attack_end();

    asked_after_handshake(CV_AUTH_REQUIRE); /* no proof */
    peer_make_certificate(&peer, own_identity());
    peer_send(&peer);
    peer_make_finished(&peer);
    peer_send(&peer);
    attack_refuses(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
    assert_peer_chain(false);
    attack_end();

    asked_after_handshake(CV_AUTH_REQUIRE); /* a false one */
    peer_make_certificate(&peer, own_identity());
    peer_send(&peer);
    peer_make_certificate_verify(&peer, &pair.server.own.identity, 0);
    peer_send(&peer);
    attack_refuses(CV_E_BAD_SIGNATURE, CV_ALERT_DECRYPT_ERROR);
    assert_peer_chain(false);
    attack_end();

    asked_after_handshake(CV_AUTH_REQUIRE); /* of another request */
    peer.context = peer_keep(&peer, "another context.", 16);
    peer_make_certificate(&peer, own_identity());
    peer_send(&peer);
    attack_refuses(CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER);
    attack_end();

    (void)attack_connected(CV_SERVER); /* not asked for */
    peer_make_certificate(&peer, own_identity());
    peer_send(&peer);
    attack_refuses(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();
}

/* Somebody else's certificate, then data before the proof: nobody must take the data for that somebody's. */
static void attack_02_data_before_the_proof(void **state)
{
    (void)state;
    for (unsigned proofs = 0; proofs < 2; proofs++) {
        asked_after_handshake(CV_AUTH_REQUIRE);
        peer_record(&peer, CV_CONTENT_DATA, "meanwhile", 9, 0); /* before the answer: from whom it was */
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        assert_int_equal(attack_open(&opened), CV_OK);
        peer_make_certificate(&peer, own_identity());
        peer_send(&peer);
        if (proofs != 0) {
            peer_make_certificate_verify(&peer, own_identity(), 0);
            peer_send(&peer);
        }
        attack_accepts();
        assert_peer_chain(false);
        peer_record(&peer, CV_CONTENT_DATA, "delete all", 10, 0);
        attack_refuses_open(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
        assert_peer_chain(false);
        attack_end();
    }
    asked_after_handshake(CV_AUTH_REQUIRE); /* as it ought to be */
    peer_make_certificate(&peer, own_identity());
    peer_send(&peer);
    peer_make_certificate_verify(&peer, own_identity(), 0);
    peer_send(&peer);
    peer_make_finished(&peer);
    peer_send(&peer);
    attack_accepts();
    assert_peer_chain(true);
    attack_is_connected(false);
    attack_end();
}

/* --- 5: what we did not offer --- */

static void refuses_server_hello(cv_err want, int alert)
{
    peer_send(&peer);
    attack_refuses(want, alert);
    attack_end();
}

static void attack_05_server_hello_with_what_was_not_offered(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x1306, 0x1300, 0xc02f, 0x00ff, 1, 0x1302};
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        attack_prepare(CV_CLIENT);
        pair.client.config.n_suites = 1; /* 0x1302 is known, but not offered */
        assert_int_not_equal(pair.client.config.suites[0].id, 0x1302);
        (void)attack_begin();
        peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
        peer.chosen_suite = suites[i];
        peer_make_server_hello(&peer);
        refuses_server_hello(CV_E_BAD_SUITE, CV_ALERT_ILLEGAL_PARAMETER);
    }
    static const struct {
        const char *share;
        cv_err error;
    } shares[] = {{"\0\x19\0\x01x", CV_E_BAD_GROUP}, /* not offered */
                  {"\0\x17\0\x01x", CV_E_BAD_GROUP}, /* offered, without a share */
                  {"\0\0\0\x01x", CV_E_BAD_GROUP},
                  {"\0\x1d\0\x01x", CV_E_BAD_KEY_SHARE}};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        (void)attack_start(CV_CLIENT);
        peer_ext_add(&peer, 51, shares[i].share, 5);
        peer_make_server_hello(&peer);
        refuses_server_hello(shares[i].error, CV_ALERT_ILLEGAL_PARAMETER);
    }
    (void)attack_start(CV_CLIENT); /* no share at all */
    peer_make_server_hello(&peer);
    refuses_server_hello(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
}

static void attack_05_versions_and_echoes(void **state)
{
    (void)state;
    static const uint8_t versions[][2] = {{3, 3}, {3, 5}, {3, 2}, {0x7f, 0x1c}, {0, 0}};
    for (size_t i = 0; i < 5; i++) {
        (void)attack_start(CV_CLIENT);
        peer_ext_set(&peer, 43, versions[i], 2);
        peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
        peer_make_server_hello(&peer);
        peer_send(&peer);
        cv_err e = peer_deliver(&peer, attack_engine());
        attack_is_dead(e, e, CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
    for (unsigned i = 0; i < 5; i++) {
        (void)attack_start(CV_CLIENT);
        peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
        if (i == 0) peer.session_id[31] ^= 1;
        if (i == 1) peer.session_id_len = 31;
        if (i == 2) peer.session_id_len = 0;
        if (i == 3) peer.compression = peer_keep(&peer, "\1", 1);
        if (i == 4) peer.version = 0x0304;
        peer_make_server_hello(&peer);
        peer_send(&peer);
        cv_err e = peer_deliver(&peer, attack_engine());
        assert_int_equal(e, i < 3    ? CV_E_BAD_SESSION_ID
                            : i == 3 ? CV_E_BAD_COMPRESSION
                                     : CV_E_BAD_LEGACY_VERSION);
        attack_is_dead(e, e, i == 4 ? CV_ALERT_PROTOCOL_VERSION : CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
}

/* RFC 9846 4.2.3: TLS 1.2 by a server that knows better; and any TLS 1.2 where only 1.3 is allowed. */
static void attack_05_downgrade(void **state)
{
    (void)state;
    static const char *const sentinels[] = {"DOWNGRD\x01", "DOWNGRD\x00"};
    for (unsigned i = 0; i < 4; i++) {
        attack_prepare(CV_CLIENT);
        if (i < 2) pair.client.config.min_version = CV_TLS12;
        (void)attack_begin();
        peer_ext_drop(&peer, 43);
        memcpy(peer.random + 24, sentinels[i % 2], 8);
        peer.chosen_suite = 0xc02b;
        peer_make_server_hello(&peer);
        if (i < 2)
            refuses_server_hello(CV_E_DOWNGRADE, CV_ALERT_ILLEGAL_PARAMETER);
        else
            refuses_server_hello(CV_E_NO_COMMON_VERSION, CV_ALERT_PROTOCOL_VERSION);
    }
}

/* Mbed TLS, wolfSSL CVE-2025-11934: a scheme that we did not offer, or that does not fit the key. */
static void attack_05_signature_schemes(void **state)
{
    (void)state;
    static const uint16_t named[] = {0x0403, 0x0503, 0x0804, 0x0401, 0x0807, 0x0203, 0, 0xffff};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        attack_prepare(CV_CLIENT);
        if (i == 0) pair.client.config.schemes++; /* ecdsa_secp256r1_sha256 is not offered */
        if (i == 0) pair.client.config.n_schemes--;
        (void)attack_begin();
        peer_server_hello(&peer);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        peer_make_certificate(&peer, own_identity());
        peer_send(&peer);
        peer_make_certificate_verify(&peer, own_identity(), 0);
        peer.msg[4] = (uint8_t)(named[i] >> 8);
        peer.msg[5] = (uint8_t)named[i];
        peer_send(&peer);
        attack_refuses(CV_E_BAD_SCHEME, CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
}

static void attack_05_alpn(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        cv_err error;
        int alert;
    } bad[] = {
        {"\0\x03\x02h3", 5, CV_E_BAD_ALPN, CV_ALERT_ILLEGAL_PARAMETER},
        {"\0\x02\x01h", 4, CV_E_BAD_ALPN, CV_ALERT_ILLEGAL_PARAMETER},
        {"\0\x06\x02h2\x02h2", 8, CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR},
        {"\0\x01\0", 3, CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
        {"\0\0", 2, CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        attack_prepare(CV_CLIENT);
        pair.client.params.alpn = cv_bytes((const uint8_t *)"\x02h2\x08http/1.1", 12);
        (void)attack_begin();
        peer_server_hello(&peer);
        peer_ext_add(&peer, 16, bad[i].body, bad[i].len);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        attack_refuses(bad[i].error, bad[i].alert);
        attack_end();
    }
}

static void attack_05_psk_that_was_not_offered(void **state)
{
    (void)state;
    static const char *const index[] = {"\0\0", "\0\1", "\xff\xff"};
    for (unsigned i = 0; i < 6; i++) {
        bool offered = i < 3;
        if (offered && i == 0) continue;
        attack_prepare(CV_CLIENT);
        if (offered) (void)attack_session();
        (void)attack_begin();
        peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
        peer_ext_add(&peer, 41, index[i % 3], 2);
        peer_make_server_hello(&peer);
        if (offered)
            refuses_server_hello(CV_E_BAD_PSK, CV_ALERT_ILLEGAL_PARAMETER);
        else
            refuses_server_hello(CV_E_UNSOLICITED_EXTENSION, CV_ALERT_UNSUPPORTED_EXTENSION);
    }
    /* the suite's hash is another than the session's */
    attack_prepare(CV_CLIENT);
    (void)attack_session();
    (void)attack_begin();
    peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
    peer_ext_add(&peer, 41, "\0\0", 2);
    peer.chosen_suite = pair.client.algorithms.suites[0].hash->id == CV_HASH_SHA384 ? 0x1301 : 0x1302;
    peer_make_server_hello(&peer);
    refuses_server_hello(CV_E_BAD_PSK, CV_ALERT_ILLEGAL_PARAMETER);
}

/* --- 7: offered PSKs --- */

static void offer_session(void)
{
    (void)attack_start(CV_SERVER);
    peer.session = attack_session();
    peer_make_client_hello(&peer);
}

static void attack_07_binders(void **state)
{
    (void)state;
    offer_session();
    size_t len = pair.server.algorithms.suites[0].hash->digest_len;
    attack_end();
    for (size_t i = 0; i < len; i++) {
        offer_session();
        peer.msg[peer.msg_len - 1 - i] ^= (uint8_t)(1u << i % 8);
        peer_send(&peer);
        attack_refuses(CV_E_BAD_BINDER, CV_ALERT_DECRYPT_ERROR);
        assert_false(attack_engine()->established);
        attack_end();
    }
    for (unsigned i = 0; i < 3; i++) { /* the hello changed behind the binder's back */
        static const size_t at[] = {6, 40, 80};
        offer_session();
        peer.msg[at[i]] ^= 1;
        peer_send(&peer);
        cv_err e = peer_deliver(&peer, attack_engine());
        assert_true(e != CV_OK);
        attack_end();
    }
    offer_session(); /* unchanged */
    peer_send(&peer);
    attack_accepts();
    peer_client_flight(&peer);
    attack_accepts();
    attack_is_connected(true);
    attack_end();
}

/* wolfSSL CVE-2025-11935: psk_ke, without an exchange of keys, is not ours: a full handshake. */
static void attack_07_without_key_exchange(void **state)
{
    (void)state;
    (void)attack_start(CV_SERVER);
    peer_ext_set(&peer, 45, "\1\0", 2);
    peer.session = attack_session();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    peer_client_flight(&peer);
    attack_accepts();
    attack_is_connected(false);
    attack_end();

    offer_session(); /* psk_dhe_ke, but no share */
    peer_ext_drop(&peer, 51);
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_refuses(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
    attack_end();

    attack_prepare(CV_CLIENT); /* and a server that leaves its share out */
    (void)attack_session();
    (void)attack_begin();
    peer_ext_add(&peer, 41, "\0\0", 2);
    peer_make_server_hello(&peer);
    refuses_server_hello(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
}

/* --- 8: tickets --- */

/* The hello with this ticket leads to a full handshake, without a word. */
static void leads_to_a_full_handshake(const char *ticket, size_t len)
{
    static struct cv_session s;
    s = *attack_session();
    if (ticket != NULL) s.ticket = cv_bytes((const uint8_t *)ticket, len);
    peer.session = &s;
    (void)attack_begin();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    assert_false(attack_engine()->resumed);
    peer_client_flight(&peer);
    attack_accepts();
    attack_is_connected(false);
}

static void attack_08_altered_tickets(void **state)
{
    (void)state;
    char ticket[4096];
    attack_prepare(CV_SERVER);
    struct cv_bytes good = attack_session()->ticket;
    size_t len = good.len;
    attack_end();
    for (size_t i = 0; i < 2 * len; i++) { /* a bit of every byte; every length */
        attack_prepare(CV_SERVER);
        pair.server.params.validate = false;
        good = attack_session()->ticket;
        memcpy(ticket, good.p, len);
        if (i < len) ticket[i] = (char)(ticket[i] ^ (1 << i % 8));
        if (i % 5 == 0 || i % len < 60)
            leads_to_a_full_handshake(ticket, i < len ? len : i - len + (i == len));
        attack_end();
    }
    static const char nuls[64];
    static const char text[] = "a\0b\0c";
    for (unsigned i = 0; i < 2; i++) { /* GnuTLS CVE-2026-42010 */
        attack_prepare(CV_SERVER);
        leads_to_a_full_handshake(i != 0 ? nuls : text, i != 0 ? sizeof nuls : sizeof text);
        attack_end();
    }
}

static void attack_08_tickets_of_another_server_name_or_policy(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        attack_prepare(CV_SERVER);
        switch (i) {
        case 0: /* another name */
            peer_ext_set(&peer, 0, "\0\x10\0\0\x0dother.example", 18);
            break;
        case 1: /* no name */
            peer_ext_drop(&peer, 0);
            break;
        case 2: /* CVE-2026-11703: another policy */
            pair.server.params.policy[31] = 1;
            break;
        case 3: /* expired */
            peer.session = attack_session();
            test_port_advance(&pair.server.port, 3601);
            break;
        default: /* another server's keys */
            peer.session = attack_session();
            cv_ticket_keys_free(pair.server.config.ticket_keys);
            assert_int_equal(cv_ticket_keys_new(&pair.server.config.ticket_keys, &pair.server.port.port,
                                                pair.server.algorithms.ticket_aead, 3600, 36000),
                             CV_OK);
            break;
        }
        if (i < 3) {
            leads_to_a_full_handshake(NULL, 0);
        } else {
            (void)attack_begin();
            peer_make_client_hello(&peer);
            peer_send(&peer);
            attack_accepts();
            assert_false(attack_engine()->resumed);
        }
        attack_end();
    }
    attack_prepare(CV_SERVER); /* a session without client certificate, where one is demanded */
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    static struct cv_session s;
    static uint8_t ticket[4096];
    size_t len;
    s = *attack_session();
    s.client_authenticated = false;
    s.chain = cv_bytes(NULL, 0);
    assert_int_equal(cv_ticket_seal(pair.server.config.ticket_keys, ticket, sizeof ticket, &len, &s), CV_OK);
    s.ticket = cv_bytes(ticket, len);
    peer.session = &s;
    (void)attack_begin();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    assert_false(attack_engine()->resumed);
    assert_int_equal(attack_engine()->state, CV_SS_WAIT_CERTIFICATE);
    attack_end();
}

/* A client does not offer what does not satisfy its present demands. */
static void attack_08_sessions_that_do_not_serve_the_client(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        attack_prepare(CV_CLIENT);
        struct cv_session s = *attack_session(), *copy;
        copy = cv_session_cache_take(pair.client.config.sessions, pair.client.params.session_key);
        cv_session_free(&pair.client.port.port, copy);
        if (i == 1) s.validated = CV_VALIDATED_CHAIN;
        if (i == 2) s.policy[0] = 1;
        if (i == 3) s.server_name = cv_bytes((const uint8_t *)"other.example", 13);
        if (i == 4) s.chain_not_after = pair.client.port.now - 1;
        assert_int_equal(cv_session_new(&copy, &pair.client.port.port, &s), CV_OK);
        cv_session_cache_put(pair.client.config.sessions, pair.client.params.session_key, copy);
        (void)attack_begin();
        assert_int_equal(peer.ch.n_psk, i == 0);
        attack_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_01_every_order_of_messages),
        cmocka_unit_test(attack_02_required_certificate_is_empty),
        cmocka_unit_test(attack_02_false_proofs),
        cmocka_unit_test(attack_02_post_handshake_authentication),
        cmocka_unit_test(attack_02_data_before_the_proof),
        cmocka_unit_test(attack_05_server_hello_with_what_was_not_offered),
        cmocka_unit_test(attack_05_versions_and_echoes),
        cmocka_unit_test(attack_05_downgrade),
        cmocka_unit_test(attack_05_signature_schemes),
        cmocka_unit_test(attack_05_alpn),
        cmocka_unit_test(attack_05_psk_that_was_not_offered),
        cmocka_unit_test(attack_07_binders),
        cmocka_unit_test(attack_07_without_key_exchange),
        cmocka_unit_test(attack_08_altered_tickets),
        cmocka_unit_test(attack_08_tickets_of_another_server_name_or_policy),
        cmocka_unit_test(attack_08_sessions_that_do_not_serve_the_client),
    };
    return cmocka_run_group_tests_name("attacks", tests, NULL, NULL);
}
