#include "crypto/hash.h"
#include "crypto/sha256_small.h"
#include "crypto/cpu.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Every implementation there is; the portable ones need nothing. */
static const struct implementation {
    const struct cv_hash *alg, *portable;
    const char *file;
    uint32_t needs;
} implementations[] = {
    {&cv_sha1, &cv_sha1, "portable", 0},
    {&cv_sha224, &cv_sha224, "portable", 0},
    {&cv_sha256, &cv_sha256, "portable", 0},
    {&cv_sha256_small, &cv_sha256, "small", 0},
    {&cv_sha384, &cv_sha384, "portable", 0},
    {&cv_sha512, &cv_sha512, "portable", 0},
    {&cv_sha3_256, &cv_sha3_256, "portable", 0},
    {&cv_sha3_384, &cv_sha3_384, "portable", 0},
    {&cv_sha3_512, &cv_sha3_512, "portable", 0},
#if defined(__x86_64__)
    {&cv_sha1_shani, &cv_sha1, "shani", CV_CPU_SHA256},
    {&cv_sha224_shani, &cv_sha224, "shani", CV_CPU_SHA256},
    {&cv_sha256_shani, &cv_sha256, "shani", CV_CPU_SHA256},
    {&cv_sha384_avx2, &cv_sha384, "avx2", CV_CPU_AVX2},
    {&cv_sha512_avx2, &cv_sha512, "avx2", CV_CPU_AVX2},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_sha224_armv8, &cv_sha224, "armv8", CV_CPU_SHA256},
    {&cv_sha256_armv8, &cv_sha256, "armv8", CV_CPU_SHA256},
#endif
};

enum { N_IMPLEMENTATIONS = sizeof implementations / sizeof *implementations };

/* FIPS 180-4's example messages (the NIST "Examples with Intermediate Values"), the same for FIPS 202.
 * `lengths` is the hash of the 401 digests of the first 0..400 bytes of the pattern below, which crosses
 * every block boundary and every length of padding; from Python's hashlib, over OpenSSL. */
static const struct vector {
    enum cv_hash_id id;
    const char *empty, *abc, *bits448, *bits896, *million_a, *lengths;
} vectors[] = {
    {
        CV_HASH_SHA1,
        .empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        .abc = "a9993e364706816aba3e25717850c26c9cd0d89d",
        .bits448 = "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        .bits896 = "a49b2446a02c645bf419f995b67091253a04a259",
        .million_a = "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
        .lengths = "94a3c51f2d5ab8ae94b3895c91b6230c1ed4df9f",
    },
    {
        CV_HASH_SHA224,
        .empty = "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
        .abc = "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        .bits448 = "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525",
        .bits896 = "c97ca9a559850ce97a04a96def6d99a9e0e0e2ab14e6b8df265fc0b3",
        .million_a = "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67",
        .lengths = "7b71a3afba6061ebae7c8d0e9ac42abbf0b826945df89f63544ee0ab",
    },
    {
        CV_HASH_SHA256,
        .empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        .abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        .bits448 = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        .bits896 = "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
        .million_a = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        .lengths = "909dc873972e4844131617a2aa32f05eb10998b393414c69d1e0d65be9d65a3e",
    },
    {
        CV_HASH_SHA384,
        .empty = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
                 "274edebfe76f65fbd51ad2f14898b95b",
        .abc = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
               "8086072ba1e7cc2358baeca134c825a7",
        .bits448 = "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
                   "b0455a8520bc4e6f5fe95b1fe3c8452b",
        .bits896 = "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
                   "fcc7c71a557e2db966c3e9fa91746039",
        .million_a = "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
                     "07b8b3dc38ecc4ebae97ddd87f3d8985",
        .lengths = "6b0ea4e630bc298b1b618d227e26b9b4d1b18cf0a43ce14a9e370047261c4dcf"
                   "63dc7e60d56e3a5597048076485e31d6",
    },
    {
        CV_HASH_SHA512,
        .empty = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        .abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
               "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        .bits448 = "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
                   "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
        .bits896 = "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                   "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
        .million_a = "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                     "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
        .lengths = "56f53d000b4effb0f244d0690d081e7128334c6b47cd1adcd226b9fbd71c72f2"
                   "6261f5909089ff06e7d0b7c26d346d08d6cc6b86614fd667762e678c4fb1f47b",
    },
    {
        CV_HASH_SHA3_256,
        .empty = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        .abc = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        .bits448 = "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376",
        .bits896 = "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18",
        .million_a = "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1",
        .lengths = "9d72609efd3922c93d82587260d7329d4bb11011f49022f96f2887d3a5989d1a",
    },
    {
        CV_HASH_SHA3_384,
        .empty = "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2a"
                 "c3713831264adb47fb6bd1e058d5f004",
        .abc = "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
               "98d88cea927ac7f539f1edf228376d25",
        .bits448 = "991c665755eb3a4b6bbdfb75c78a492e8c56a22c5c4d7e429bfdbc32b9d4ad5a"
                   "a04a1f076e62fea19eef51acd0657c22",
        .bits896 = "79407d3b5916b59c3e30b09822974791c313fb9ecc849e406f23592d04f625dc"
                   "8c709b98b43b3852b337216179aa7fc7",
        .million_a = "eee9e24d78c1855337983451df97c8ad9eedf256c6334f8e948d252d5e0e7684"
                     "7aa0774ddb90a842190d2c558b4b8340",
        .lengths = "f589f404247375eb215160c6503ef7653d96d1d8e574651d30220feadd947711"
                   "a8451567b4c3f5aac68430fcdbcdc535",
    },
    {
        CV_HASH_SHA3_512,
        .empty = "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
                 "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        .abc = "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
               "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        .bits448 = "04a371e84ecfb5b8b77cb48610fca8182dd457ce6f326a0fd3d7ec2f1e91636d"
                   "ee691fbe0c985302ba1b0d8dc78c086346b533b49c030d99a27daf1139d6e75e",
        .bits896 = "afebb2ef542e6579c50cad06d2e578f9f8dd6881d7dc824d26360feebf18a4fa"
                   "73e3261122948efcfd492e74e82e2189ed0fb440d187f382270cb455f21dd185",
        .million_a = "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859"
                     "ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87",
        .lengths = "a34aebb43b45b70f2066e25320c4e3432410afa8df57c7da3e055c9662e9863c"
                   "c6dcc503724612d2691970ff50af8e8bd8ea6e171b1e53c7f04497cebbd7ac44",
    },
};

static void pattern(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) p[i] = (uint8_t)(i * 7 + (i >> 8));
}

static const struct vector *vector_of(const struct cv_hash *alg)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (vectors[i].id == alg->id) return &vectors[i];
    fail_msg("%s has no vectors", alg->name);
    return NULL;
}

/* Calls check for each implementation that this processor can run. */
static void for_each(void (*check)(const struct implementation *))
{
    uint32_t features = cv_cpu_detect();
    for (size_t i = 0; i < N_IMPLEMENTATIONS; i++) {
        const struct implementation *impl = &implementations[i];
        if ((features & impl->needs) == impl->needs)
            check(impl);
        else
            print_message("skipped: %s, %s: this processor lacks it\n", impl->alg->name, impl->file);
    }
}

static void assert_digest(const struct cv_hash *alg, const void *p, size_t len, const char *hex)
{
    uint8_t want[CV_HASH_MAX], got[CV_HASH_MAX];
    assert_int_equal(unhex(want, sizeof want, hex), alg->digest_len);
    cv_hash_digest(alg, got, p, len);
    assert_memory_equal(got, want, alg->digest_len);
}

static void check_descriptor(const struct implementation *impl)
{
    const struct cv_hash *a = impl->alg, *b = impl->portable;
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->digest_len, b->digest_len);
    assert_int_equal(a->block_len, b->block_len);
    assert_true(a->digest_len <= CV_HASH_MAX);
    assert_true(a->block_len <= CV_HASH_BLOCK_MAX);
}

static void check_examples(const struct implementation *impl)
{
    static const char bits448[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char bits896[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                                  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    const struct vector *v = vector_of(impl->alg);
    assert_digest(impl->alg, NULL, 0, v->empty);
    assert_digest(impl->alg, "abc", 3, v->abc);
    assert_digest(impl->alg, bits448, strlen(bits448), v->bits448);
    assert_digest(impl->alg, bits896, strlen(bits896), v->bits896);
}

/* In pieces of 1000 bytes, which no block length divides. */
static void check_million_a(const struct implementation *impl)
{
    char a[1000];
    uint8_t want[CV_HASH_MAX], got[CV_HASH_MAX];
    struct cv_hash_ctx c;
    memset(a, 'a', sizeof a);
    cv_hash_init(&c, impl->alg);
    for (unsigned i = 0; i < 1000; i++) cv_hash_update(&c, a, sizeof a);
    cv_hash_final(&c, got);
    unhex(want, sizeof want, vector_of(impl->alg)->million_a);
    assert_memory_equal(got, want, impl->alg->digest_len);
}

static void check_lengths(const struct implementation *impl)
{
    uint8_t message[401], digests[401 * CV_HASH_MAX];
    size_t n = impl->alg->digest_len;
    pattern(message, sizeof message);
    for (size_t len = 0; len < sizeof message; len++)
        cv_hash_digest(impl->alg, digests + len * n, message, len);
    assert_digest(impl->alg, digests, sizeof message * n, vector_of(impl->alg)->lengths);
}

static void check_splits(const struct implementation *impl)
{
    uint8_t message[300], want[CV_HASH_MAX], got[CV_HASH_MAX];
    struct cv_hash_ctx c;
    pattern(message, sizeof message);
    cv_hash_digest(impl->alg, want, message, sizeof message);
    for (size_t first = 0; first <= sizeof message; first++) {
        cv_hash_init(&c, impl->alg);
        cv_hash_update(&c, message, first);
        cv_hash_update(&c, NULL, 0);
        cv_hash_update(&c, message + first, sizeof message - first);
        cv_hash_final(&c, got);
        assert_memory_equal(got, want, impl->alg->digest_len);
    }
    cv_hash_init(&c, impl->alg);
    for (size_t i = 0; i < sizeof message; i++) cv_hash_update(&c, message + i, 1);
    cv_hash_final(&c, got);
    assert_memory_equal(got, want, impl->alg->digest_len);
}

/* A transcript is read by finishing a copy, and goes on. */
static void check_copies(const struct implementation *impl)
{
    static const struct cv_hash_ctx wiped;
    uint8_t message[260], want[CV_HASH_MAX], got[CV_HASH_MAX];
    struct cv_hash_ctx c, copy;
    pattern(message, sizeof message);
    cv_hash_init(&c, impl->alg);
    for (size_t len = 0; len < sizeof message; len++) {
        copy = c;
        cv_hash_final(&copy, got);
        assert_memory_equal(&copy.s, &wiped.s, sizeof copy.s);
        cv_hash_digest(impl->alg, want, message, len);
        assert_memory_equal(got, want, impl->alg->digest_len);
        cv_hash_update(&c, message + len, 1);
    }
}

/* Unaligned messages of every length up to 600, from a simple generator; the seed is fixed. */
static void check_equal_to_portable(const struct implementation *impl)
{
    uint8_t message[600 + 8], want[CV_HASH_MAX], got[CV_HASH_MAX];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof message; i++) {
        x = x * 1664525 + 1013904223;
        message[i] = (uint8_t)(x >> 24);
    }
    for (size_t len = 0; len <= 600; len++) {
        const uint8_t *p = message + len % 8;
        cv_hash_digest(impl->portable, want, p, len);
        cv_hash_digest(impl->alg, got, p, len);
        assert_memory_equal(got, want, impl->alg->digest_len);
    }
}

static void implementations_describe_the_same_functions(void **state)
{
    (void)state;
    for_each(check_descriptor);
}

static void digests_of_the_standards_examples(void **state)
{
    (void)state;
    for_each(check_examples);
}

static void digest_of_a_million_a(void **state)
{
    (void)state;
    for_each(check_million_a);
}

static void digests_of_all_short_lengths(void **state)
{
    (void)state;
    for_each(check_lengths);
}

static void split_updates_give_the_same_digest(void **state)
{
    (void)state;
    for_each(check_splits);
}

static void a_copied_state_goes_its_own_way(void **state)
{
    (void)state;
    for_each(check_copies);
}

static void implementations_agree_with_the_portable_one(void **state)
{
    (void)state;
    for_each(check_equal_to_portable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(implementations_describe_the_same_functions),
        cmocka_unit_test(digests_of_the_standards_examples),
        cmocka_unit_test(digest_of_a_million_a),
        cmocka_unit_test(digests_of_all_short_lengths),
        cmocka_unit_test(split_updates_give_the_same_digest),
        cmocka_unit_test(a_copied_state_goes_its_own_way),
        cmocka_unit_test(implementations_agree_with_the_portable_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
