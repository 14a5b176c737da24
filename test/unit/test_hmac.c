#include "crypto/hmac.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* RFC 4231 section 4 (case 5 is cut to 128 bits there) and RFC 2202 section 3. */
static const struct vector {
    const char *source, *key, *message;
    size_t n_macs;
    struct {
        const struct cv_hash *alg;
        const char *mac;
    } macs[4];
} vectors[] = {
    {
        .source = "RFC 4231 case 1",
        .key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        .message = "4869205468657265",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"},
                {&cv_sha256, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
                {&cv_sha384, "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                             "faea9ea9076ede7f4af152e8b2fa9cb6"},
                {&cv_sha512, "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                             "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
            },
    },
    {
        .source = "RFC 4231 case 2",
        .key = "4a656665",
        .message = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
                {&cv_sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
                {&cv_sha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                             "8e2240ca5e69e2c78b3239ecfab21649"},
                {&cv_sha512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                             "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
            },
    },
    {
        .source = "RFC 4231 case 3",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .message = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
                   "dddddddddddddddddddddddddddddddddddd",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea"},
                {&cv_sha256, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
                {&cv_sha384, "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
                             "2a5ab39dc13814b94e3ab6e101a34f27"},
                {&cv_sha512, "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
                             "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
            },
    },
    {
        .source = "RFC 4231 case 4",
        .key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
        .message = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
                   "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "6c11506874013cac6a2abc1bb382627cec6a90d86efc012de7afec5a"},
                {&cv_sha256, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
                {&cv_sha384, "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
                             "6801dd23c4a7d679ccf8a386c674cffb"},
                {&cv_sha512, "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
                             "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
            },
    },
    {
        .source = "RFC 4231 case 5",
        .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        .message = "546573742057697468205472756e636174696f6e",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "0e2aea68a90c8d37c988bcdb9fca6fa8"},
                {&cv_sha256, "a3b6167473100ee06e0c796c2955552b"},
                {&cv_sha384, "3abf34c3503b2a23a46efc619baef897"},
                {&cv_sha512, "415fad6271580a531d4179bc891d87a6"},
            },
    },
    {
        .source = "RFC 4231 case 6",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaa",
        .message = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
                   "65204b6579202d2048617368204b6579204669727374",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e"},
                {&cv_sha256, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
                {&cv_sha384, "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
                             "0c2ef6ab4030fe8296248df163f44952"},
                {&cv_sha512, "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                             "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
            },
    },
    {
        .source = "RFC 4231 case 7",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaa",
        .message = "5468697320697320612074657374207573696e672061206c6172676572207468"
                   "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
                   "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
                   "647320746f20626520686173686564206265666f7265206265696e6720757365"
                   "642062792074686520484d414320616c676f726974686d2e",
        .n_macs = 4,
        .macs =
            {
                {&cv_sha224, "3a854166ac5d9f023f54d517d0b39dbd946770db9c2b95c9f6f565d1"},
                {&cv_sha256, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
                {&cv_sha384, "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
                             "a678cc31e799176d3860e6110c46523e"},
                {&cv_sha512, "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
                             "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
            },
    },
    {
        .source = "RFC 2202 case 1",
        .key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        .message = "4869205468657265",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "b617318655057264e28bc0b6fb378c8ef146be00"},
            },
    },
    {
        .source = "RFC 2202 case 2",
        .key = "4a656665",
        .message = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
            },
    },
    {
        .source = "RFC 2202 case 3",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .message = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
                   "dddddddddddddddddddddddddddddddddddd",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
            },
    },
    {
        .source = "RFC 2202 case 4",
        .key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
        .message = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
                   "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
            },
    },
    {
        .source = "RFC 2202 case 5",
        .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        .message = "546573742057697468205472756e636174696f6e",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
            },
    },
    {
        .source = "RFC 2202 case 6",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .message = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
                   "65204b6579202d2048617368204b6579204669727374",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
            },
    },
    {
        .source = "RFC 2202 case 7",
        .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .message = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
                   "65204b657920616e64204c6172676572205468616e204f6e6520426c6f636b2d"
                   "53697a652044617461",
        .n_macs = 1,
        .macs =
            {
                {&cv_sha1, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
            },
    },
};

static void macs_of_the_rfcs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t key[160], message[160], want[CV_HASH_MAX], got[CV_HASH_MAX];
        size_t key_len = unhex(key, sizeof key, vectors[i].key);
        size_t message_len = unhex(message, sizeof message, vectors[i].message);
        for (size_t j = 0; j < vectors[i].n_macs; j++) {
            size_t want_len = unhex(want, sizeof want, vectors[i].macs[j].mac);
            cv_hmac_mac(vectors[i].macs[j].alg, got, key, key_len, message, message_len);
            if (memcmp(got, want, want_len) != 0)
                fail_msg("%s, HMAC-%s", vectors[i].source, vectors[i].macs[j].alg->name);
        }
    }
}

static void split_updates_give_the_same_mac(void **state)
{
    (void)state;
    uint8_t key[20] = {1, 2, 3}, message[150], want[32], got[32];
    struct cv_hmac h;
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)i;
    cv_hmac_mac(&cv_sha256, want, key, sizeof key, message, sizeof message);
    for (size_t first = 0; first <= sizeof message; first++) {
        cv_hmac_init(&h, &cv_sha256, key, sizeof key);
        cv_hmac_update(&h, message, first);
        cv_hmac_update(&h, message + first, sizeof message - first);
        cv_hmac_final(&h, got);
        assert_memory_equal(got, want, sizeof want);
    }
}

/* A key of exactly one block is used as it is, one more byte and it is hashed first (RFC 2104 section 2). */
static void long_keys_are_hashed_first(void **state)
{
    (void)state;
    uint8_t key[129] = {7}, hashed[48], mac[48], other[48];
    cv_hash_digest(&cv_sha384, hashed, key, 128);
    cv_hmac_mac(&cv_sha384, mac, key, 128, "m", 1);
    cv_hmac_mac(&cv_sha384, other, hashed, sizeof hashed, "m", 1);
    assert_memory_not_equal(mac, other, sizeof mac);

    cv_hash_digest(&cv_sha384, hashed, key, 129);
    cv_hmac_mac(&cv_sha384, mac, key, 129, "m", 1);
    cv_hmac_mac(&cv_sha384, other, hashed, sizeof hashed, "m", 1);
    assert_memory_equal(mac, other, sizeof mac);
}

static void an_empty_key_and_message(void **state)
{
    (void)state;
    /* Python's hmac module, over OpenSSL. */
    uint8_t want[32], got[32];
    unhex(want, sizeof want, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    cv_hmac_mac(&cv_sha256, got, NULL, 0, NULL, 0);
    assert_memory_equal(got, want, sizeof want);
}

static void the_mac_may_replace_key_or_message(void **state)
{
    (void)state;
    uint8_t key[32] = {1}, message[32] = {2}, want[32];
    cv_hmac_mac(&cv_sha256, want, key, sizeof key, message, sizeof message);
    uint8_t memory[32] = {2};
    cv_hmac_mac(&cv_sha256, memory, key, sizeof key, memory, sizeof memory);
    assert_memory_equal(memory, want, sizeof want);
    cv_hmac_mac(&cv_sha256, key, key, sizeof key, message, sizeof message);
    assert_memory_equal(key, want, sizeof want);
}

static void nothing_stays_after_final(void **state)
{
    (void)state;
    static const struct cv_hmac wiped;
    uint8_t key[32] = {1}, mac[32];
    struct cv_hmac h;
    cv_hmac_init(&h, &cv_sha256, key, sizeof key);
    cv_hmac_final(&h, mac);
    assert_memory_equal(&h, &wiped, sizeof h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_of_the_rfcs),
        cmocka_unit_test(split_updates_give_the_same_mac),
        cmocka_unit_test(long_keys_are_hashed_first),
        cmocka_unit_test(an_empty_key_and_message),
        cmocka_unit_test(the_mac_may_replace_key_or_message),
        cmocka_unit_test(nothing_stays_after_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
