/* Every AEAD against published vectors, and every implementation against the portable one. */
#include "crypto/aead.h"
#include "crypto/gcm_small.h"
#include "crypto/aes.h"
#include "crypto/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { N_LONG = (1 << 20) + 100, GUARD = 0xa5 };

/* An implementation, the portable one of the same algorithm, and what the CPU must have. */
static const struct subject {
    const struct cv_aead *aead;
    const struct cv_aead *portable;
    const char *label;
    uint32_t cpu;
} subjects[] = {
    {&cv_aes128_gcm, &cv_aes128_gcm, "portable", 0},
    {&cv_aes128_gcm_small, &cv_aes128_gcm, "small", 0},
    {&cv_aes256_gcm, &cv_aes256_gcm, "portable", 0},
    {&cv_aes128_ccm, &cv_aes128_ccm, "portable", 0},
    {&cv_aes128_ccm_8, &cv_aes128_ccm_8, "portable", 0},
    {&cv_aes256_ccm, &cv_aes256_ccm, "portable", 0},
    {&cv_aes256_ccm_8, &cv_aes256_ccm_8, "portable", 0},
    {&cv_chacha20_poly1305, &cv_chacha20_poly1305, "portable", 0},
#if defined(__x86_64__)
    {&cv_aes128_gcm_aesni, &cv_aes128_gcm, "aesni", CV_CPU_AES},
    {&cv_aes256_gcm_aesni, &cv_aes256_gcm, "aesni", CV_CPU_AES},
    {&cv_aes128_ccm_aesni, &cv_aes128_ccm, "aesni", CV_CPU_AES},
    {&cv_aes128_ccm_8_aesni, &cv_aes128_ccm_8, "aesni", CV_CPU_AES},
    {&cv_aes256_ccm_aesni, &cv_aes256_ccm, "aesni", CV_CPU_AES},
    {&cv_aes256_ccm_8_aesni, &cv_aes256_ccm_8, "aesni", CV_CPU_AES},
    {&cv_aes128_gcm_vaes, &cv_aes128_gcm, "vaes", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {&cv_aes256_gcm_vaes, &cv_aes256_gcm, "vaes", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {&cv_chacha20_poly1305_avx2, &cv_chacha20_poly1305, "avx2", CV_CPU_AVX2},
    {&cv_chacha20_poly1305_avx512, &cv_chacha20_poly1305, "avx512", CV_CPU_AVX2 | CV_CPU_AVX512},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_aes128_gcm_armv8, &cv_aes128_gcm, "armv8", CV_CPU_AES},
    {&cv_aes256_gcm_armv8, &cv_aes256_gcm, "armv8", CV_CPU_AES},
#endif
#if defined(CV_AARCH64)
    {&cv_chacha20_poly1305_neon, &cv_chacha20_poly1305, "neon", CV_CPU_NEON},
#endif
};

enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

static bool can_run(const struct subject *s)
{
    if ((cv_cpu_detect() & s->cpu) == s->cpu) return true;
    printf("skipped: %s %s, which this CPU cannot run\n", s->aead->name, s->label);
    return false;
}

/* The text as published, in hexadecimal. */
static const struct vector {
    const char *source, *name, *key, *nonce, *aad, *plain, *cipher, *tag;
} vectors[] = {
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 1",
        .name = "AES-128-GCM",
        .key = "00000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "",
        .cipher = "",
        .tag = "58e2fccefa7e3061367f1d57a4e7455a",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 2",
        .name = "AES-128-GCM",
        .key = "00000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "00000000000000000000000000000000",
        .cipher = "0388dace60b6a392f328c2b971b2fe78",
        .tag = "ab6e47d42cec13bdf53a67b21257bddf",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 3",
        .name = "AES-128-GCM",
        .key = "feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                 "49a6b525b16aedf5aa0de657ba637b391aafd255",
        .cipher = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
                  "ac84aa051ba30b396a0aac973d58e091473f5985",
        .tag = "4d5c2af327cd64a62cf35abd2ba6fab4",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 4",
        .name = "AES-128-GCM",
        .key = "feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                 "49a6b525b16aedf5aa0de657ba637b39",
        .cipher = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
                  "ac84aa051ba30b396a0aac973d58e091",
        .tag = "5bc94fbc3221a5db94fae95ae7121a47",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 13",
        .name = "AES-256-GCM",
        .key = "0000000000000000000000000000000000000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "",
        .cipher = "",
        .tag = "530f8afbc74536b9a963b4f1c4cb738b",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 14",
        .name = "AES-256-GCM",
        .key = "0000000000000000000000000000000000000000000000000000000000000000",
        .nonce = "000000000000000000000000",
        .aad = "",
        .plain = "00000000000000000000000000000000",
        .cipher = "cea7403d4d606b6e074ec5d3baf39d18",
        .tag = "d0d1c8a799996bf0265b98b5d48ab919",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 15",
        .name = "AES-256-GCM",
        .key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                 "49a6b525b16aedf5aa0de657ba637b391aafd255",
        .cipher = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
                  "56828838c5f61e6393ba7a0abcc9f662898015ad",
        .tag = "b094dac5d93471bdec1a502270e3cc6c",
    },
    {
        .source = "McGrew and Viega, The Galois/Counter Mode of Operation, test case 16",
        .name = "AES-256-GCM",
        .key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        .nonce = "cafebabefacedbaddecaf888",
        .aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        .plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
                 "49a6b525b16aedf5aa0de657ba637b39",
        .cipher = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
                  "56828838c5f61e6393ba7a0abcc9f662",
        .tag = "76fc6ece0f4e1768cddf8853bb2d551b",
    },
    {
        .source = "RFC 8439 section 2.8.2",
        .name = "ChaCha20-Poly1305",
        .key = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        .nonce = "070000004041424344454647",
        .aad = "50515253c0c1c2c3c4c5c6c7",
        .plain = "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966"
                 "204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f72207468652066757475"
                 "72652c2073756e73637265656e20776f756c642062652069742e",
        .cipher = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69"
                  "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594"
                  "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
        .tag = "1ae10b594f09e26a7e902ecbd0600691",
    },
    {
        .source = "RFC 8439 appendix A.5",
        .name = "ChaCha20-Poly1305",
        .key = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
        .nonce = "000000000102030405060708",
        .aad = "f33388860000000000004e91",
        .plain = "496e7465726e65742d4472616674732061726520647261667420646f63756d656e74732076616c696420666f"
                 "722061206d6178696d756d206f6620736978206d6f6e74687320616e64206d61792062652075706461746564"
                 "2c207265706c616365642c206f72206f62736f6c65746564206279206f7468657220646f63756d656e747320"
                 "617420616e792074696d652e20497420697320696e617070726f70726961746520746f2075736520496e7465"
                 "726e65742d447261667473206173207265666572656e6365206d6174657269616c206f7220746f2063697465"
                 "207468656d206f74686572207468616e206173202fe2809c776f726b20696e2070726f67726573732e2fe280"
                 "9d",
        .cipher = "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e"
                  "382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd"
                  "60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c76"
                  "7b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a"
                  "0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a67276"
                  "27097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b0270"
                  "9b",
        .tag = "eead9d67890cbb22392336fea1851f38",
    },
    {
        .source = "NIST SP 800-38C example 3",
        .name = "AES-128-CCM-8",
        .key = "404142434445464748494a4b4c4d4e4f",
        .nonce = "101112131415161718191a1b",
        .aad = "000102030405060708090a0b0c0d0e0f10111213",
        .plain = "202122232425262728292a2b2c2d2e2f3031323334353637",
        .cipher = "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5",
        .tag = "484392fbc1b09951",
    },
    {
        .source = "Wycheproof aes_ccm tcId 8",
        .name = "AES-128-CCM",
        .key = "3fd50741ec47ddbfc2fc090975d154f0",
        .nonce = "eef1a6e651321852f0b25a31",
        .aad = "",
        .plain = "d6f6a9a24db6a7a6176d4362639c4fd77f70f3e089dd940086e12a9becbaf97f82",
        .cipher = "532694bb2851ea7f3bdd37c4e806be5b953ea79d08100e74af3fa67eca8890db28",
        .tag = "9e1acee688848bca454c6d04753d3c7d",
    },
    {
        .source = "Wycheproof aes_ccm tcId 11",
        .name = "AES-128-CCM",
        .key = "59ab7ec1c02bb206af5a9131f1134311",
        .nonce = "5508f5cea197386986d92dbe",
        .aad = "a43d39f78a2e9a8a",
        .plain = "",
        .cipher = "",
        .tag = "09ec70faae333537a7314929ddfb525b",
    },
    {
        .source = "Wycheproof aes_ccm tcId 20",
        .name = "AES-128-CCM",
        .key = "6cf09599181c07aeb21d7820bf706595",
        .nonce = "4c4c525a8c7ee6879aefa79e",
        .aad = "bd913967db07b9eb5907f0be71ce886c41ff923c296c0ef3f704e98f649e59",
        .plain = "",
        .cipher = "",
        .tag = "806e48e7d452b63b6126f576efbdf4c4",
    },
    {
        .source = "Wycheproof aes_ccm tcId 164",
        .name = "AES-256-CCM",
        .key = "5155dee9aade1cc61ee7e3f92660f7590f5e5ba82f1b59b850e3fa453d2fa6b3",
        .nonce = "c26c4b3bfdb97ee6b0f63ca1",
        .aad = "",
        .plain = "2734e08eff8f5c4f84fa0c207f49c7fd78af1ad5123ff81f83f500edf4eda09edf",
        .cipher = "aed24e0082e13ee15ba0506a836c78b97ef2faa3c6e8eb378dc64dd4adc998ad68",
        .tag = "5ba1b48a701684d940be244c3de938d2",
    },
    {
        .source = "Wycheproof aes_ccm tcId 167",
        .name = "AES-256-CCM",
        .key = "7a4cd759172e02eb204db2c3f5c746227df584fc1345196391dbb9577a250742",
        .nonce = "a92ef0ac991dd516a3c6f689",
        .aad = "bd506764f2d2c410",
        .plain = "",
        .cipher = "",
        .tag = "569d82691892e103e627407c95f08a0e",
    },
    {
        .source = "Wycheproof aes_ccm tcId 462",
        .name = "AES-256-CCM-8",
        .key = "110480ea9c9f4c5e6b5be01a2aafc861d1370c243aff9faafd0a92a9d18e5845",
        .nonce = "0e5cf683e13204cf91a2d4b6",
        .aad = "c490a5fa19b97c3e3adf20bc4df51140",
        .plain = "c92ec3d6a2c2fa19c45be7107a48a9ea0fe46a92978b5dabb3f94b457b5fbd",
        .cipher = "bb5110dd12bd3d12144c8de55b3b2677fc7084d56afcc6a76a5228fff8dbd3",
        .tag = "e39b0d1174f7609b",
    },
};

static size_t unhex(uint8_t *out, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        out[i] =
            (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
    return n;
}

static _Alignas(64) uint8_t key_state[CV_AEAD_STATE_MAX], portable_state[CV_AEAD_STATE_MAX];
static uint8_t message[N_LONG], aad_bytes[600], sealed[N_LONG + 64], opened[N_LONG + 64], wanted[N_LONG];
static uint8_t key_bytes[CV_AEAD_KEY_MAX], nonce_bytes[CV_AEAD_NONCE_LEN];

static void fill_pattern(void)
{
    for (unsigned i = 0; i < N_LONG; i++) message[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16) * 29);
    for (unsigned i = 0; i < sizeof aad_bytes; i++) aad_bytes[i] = (uint8_t)(i * 11 + 3);
    for (unsigned i = 0; i < sizeof key_bytes; i++) key_bytes[i] = (uint8_t)i;
    for (unsigned i = 0; i < sizeof nonce_bytes; i++) nonce_bytes[i] = (uint8_t)i;
}

static int setup(void **state)
{
    (void)state;
    fill_pattern();
    return 0;
}

static bool all_are(const uint8_t *p, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != value) return false;
    return true;
}

static void expect_vector(const struct cv_aead *a, const struct vector *v)
{
    uint8_t key[32], nonce[12], aad[512], plain[512], cipher[512], tag[16], made[16], out[512];
    assert_int_equal(unhex(key, v->key), a->key_len);
    assert_int_equal(unhex(nonce, v->nonce), CV_AEAD_NONCE_LEN);
    const struct cv_bytes ad = cv_bytes(aad, unhex(aad, v->aad));
    const size_t len = unhex(plain, v->plain);
    assert_int_equal(unhex(cipher, v->cipher), len);
    assert_int_equal(unhex(tag, v->tag), a->tag_len);
    a->init(a, key_state, key);

    memcpy(out, plain, len);
    a->seal(a, key_state, nonce, ad, out, len, NULL, 0, made);
    assert_memory_equal(out, cipher, len);
    assert_memory_equal(made, tag, a->tag_len);
    assert_int_equal(a->open(a, key_state, nonce, ad, out, cipher, len, tag), CV_OK);
    assert_memory_equal(out, plain, len);
}

/* FIPS 197 appendix C.1 and C.3, in each of the four lanes. */
static void aes_agrees_with_fips_197(void **state)
{
    (void)state;
    static const char plain[] = "00112233445566778899aabbccddeeff";
    static const struct {
        unsigned n_rounds;
        const char *cipher;
    } cases[] = {
        {CV_AES128_ROUNDS, "69c4e0d86a7b0430d8cdb78070b4c55a"},
        {CV_AES256_ROUNDS, "8ea2b7ca516745bfeafc49904b496089"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t round_keys[CV_AES_CT_WORDS(CV_AES256_ROUNDS)];
        uint8_t cipher[16];
        unhex(cipher, cases[i].cipher);
        cv_aes_ct_expand(round_keys, cases[i].n_rounds, key_bytes); /* 00 01 02… as there */
        for (size_t n = 1; n <= 6; n++) {
            uint8_t blocks[16 * 7];
            memset(blocks, GUARD, sizeof blocks);
            for (size_t j = 0; j < n; j++) unhex(blocks + 16 * j, plain);
            cv_aes_ct_encrypt(round_keys, cases[i].n_rounds, blocks, n);
            for (size_t j = 0; j < n; j++) assert_memory_equal(blocks + 16 * j, cipher, 16);
            assert_true(all_are(blocks + 16 * n, sizeof blocks - 16 * n, GUARD));
        }
    }
}

static void agrees_with_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        unsigned n = 0;
        if (!can_run(&subjects[i])) continue;
        for (size_t j = 0; j < sizeof vectors / sizeof *vectors; j++) {
            if (strcmp(vectors[j].name, subjects[i].aead->name) != 0) continue;
            expect_vector(subjects[i].aead, &vectors[j]);
            n++;
        }
        assert_true(n > 0);
    }
}

/* Over 1 MiB, where the counter has carried into its third byte. Tags by Python's cryptography 48 (OpenSSL):
 * key 00 01 02…, nonce 00 01 02…, AAD "abc", the pattern above. */
static void long_message_has_the_known_tag(void **state)
{
    (void)state;
    static const char *const tags[][2] = {
        {"AES-128-GCM", "1d73ab122d8b9bcdca45cb2be6813e51"},
        {"AES-256-GCM", "3bce69c6632a3a3cff1282bd8210de9a"},
        {"ChaCha20-Poly1305", "a411a026f0022723ebbaf3fb23160962"},
    };
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_aead *a = subjects[i].aead;
        if (!can_run(&subjects[i])) continue;
        for (size_t j = 0; j < sizeof tags / sizeof *tags; j++) {
            uint8_t tag[16], made[16];
            const struct cv_bytes aad = cv_bytes((const uint8_t *)"abc", 3);
            if (strcmp(tags[j][0], a->name) != 0) continue;
            unhex(tag, tags[j][1]);
            memcpy(sealed, message, N_LONG);
            a->init(a, key_state, key_bytes);
            a->seal(a, key_state, nonce_bytes, aad, sealed, N_LONG - 17, sealed + N_LONG - 17, 17, made);
            assert_memory_equal(made, tag, 16);
            assert_int_equal(a->open(a, key_state, nonce_bytes, aad, sealed, sealed, N_LONG, tag), CV_OK);
            assert_memory_equal(sealed, message, N_LONG);
        }
    }
}

/* Seals in place, split at head_len and shifted by `shift`, and opens both ways; `wanted` holds what must
 * come. */
static void expect_round_trip(const struct cv_aead *a, struct cv_bytes aad, size_t len, size_t head_len,
                              size_t shift, const uint8_t *tag)
{
    uint8_t made[16], *p = sealed + shift, *q = opened + shift;
    const size_t tail_len = len - head_len;
    memset(p, GUARD, len + 2);
    memcpy(p, message, head_len);
    memcpy(p + head_len + 1, message + head_len, tail_len); /* the segments do not adjoin */
    a->seal(a, key_state, nonce_bytes, aad, head_len ? p : NULL, head_len, tail_len ? p + head_len + 1 : NULL,
            tail_len, made);
    assert_int_equal(p[head_len], GUARD);
    assert_int_equal(p[len + 1], GUARD);
    memmove(p + head_len, p + head_len + 1, tail_len);
    assert_memory_equal(p, wanted, len);
    assert_memory_equal(made, tag, a->tag_len);

    memset(q, GUARD, len + 1);
    assert_int_equal(a->open(a, key_state, nonce_bytes, aad, len ? q : NULL, len ? p : NULL, len, tag),
                     CV_OK);
    assert_memory_equal(q, message, len);
    assert_int_equal(q[len], GUARD);
    assert_memory_equal(p, wanted, len);
    assert_int_equal(a->open(a, key_state, nonce_bytes, aad, p, p, len, tag), CV_OK);
    assert_memory_equal(p, message, len);
}

/* Leaves the portable ciphertext in `wanted`, and ready key states of both. */
static void make_wanted(const struct subject *s, struct cv_bytes aad, size_t len, uint8_t *tag)
{
    memcpy(wanted, message, len);
    s->portable->seal(s->portable, portable_state, nonce_bytes, aad, wanted, len, NULL, 0, tag);
}

static void every_length_equals_portable(void **state)
{
    (void)state;
    static const size_t around[] = {1024, 4096, 16384};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct subject *s = &subjects[i];
        uint8_t tag[16];
        if (!can_run(s)) continue;
        s->aead->init(s->aead, key_state, key_bytes);
        s->portable->init(s->portable, portable_state, key_bytes);
        for (size_t len = 0; len <= 600; len++) {
            const struct cv_bytes aad = cv_bytes(aad_bytes, len % 37);
            make_wanted(s, aad, len, tag);
            expect_round_trip(s->aead, aad, len, len, len % 17, tag);
        }
        for (size_t j = 0; j < sizeof around / sizeof *around; j++) {
            const struct cv_bytes aad = cv_bytes(aad_bytes, 5);
            for (size_t len = around[j] - 18; len <= around[j] + 18; len += j < 2 ? 1 : 4) {
                make_wanted(s, aad, len, tag);
                expect_round_trip(s->aead, aad, len, len - 1, len % 5, tag);
            }
        }
    }
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    static const size_t lens[] = {1, 15, 16, 17, 31, 64, 65, 130, 257, 520};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct subject *s = &subjects[i];
        const struct cv_bytes aad = cv_bytes(aad_bytes, 13);
        uint8_t tag[16];
        if (!can_run(s)) continue;
        s->aead->init(s->aead, key_state, key_bytes);
        s->portable->init(s->portable, portable_state, key_bytes);
        for (size_t j = 0; j < sizeof lens / sizeof *lens; j++) {
            make_wanted(s, aad, lens[j], tag);
            for (size_t head_len = 0; head_len <= lens[j]; head_len++)
                expect_round_trip(s->aead, aad, lens[j], head_len, head_len % 3, tag);
        }
    }
}

static void every_aad_length_equals_portable(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct subject *s = &subjects[i];
        uint8_t tag[16];
        if (!can_run(s)) continue;
        s->aead->init(s->aead, key_state, key_bytes);
        s->portable->init(s->portable, portable_state, key_bytes);
        for (size_t aad_len = 0; aad_len <= sizeof aad_bytes; aad_len++) {
            const struct cv_bytes aad = cv_bytes(aad_bytes + sizeof aad_bytes - aad_len, aad_len);
            make_wanted(s, aad, 43, tag);
            expect_round_trip(s->aead, aad, 43, 20, 1, tag);
        }
    }
}

static void expect_refused(const struct cv_aead *a, const uint8_t *nonce, struct cv_bytes aad, size_t len,
                           const uint8_t *tag)
{
    memset(opened, GUARD, len + 1);
    assert_int_equal(a->open(a, key_state, nonce, aad, opened, sealed, len, tag), CV_E_BAD_RECORD_MAC);
    assert_true(all_are(opened, len, 0));
    assert_int_equal(opened[len], GUARD);
}

static void any_change_is_refused_and_zeroed(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 16, 37, 200, 1111};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_aead *a = subjects[i].aead;
        if (!can_run(&subjects[i])) continue;
        a->init(a, key_state, key_bytes);
        for (size_t j = 0; j < sizeof lens / sizeof *lens; j++) {
            const size_t len = lens[j];
            const struct cv_bytes aad = cv_bytes(aad_bytes, 5), cut = cv_bytes(aad_bytes, 4);
            uint8_t tag[16], other[CV_AEAD_NONCE_LEN];
            memcpy(sealed, message, len);
            a->seal(a, key_state, nonce_bytes, aad, sealed, len, NULL, 0, tag);
            for (size_t bit = 0; bit < 8u * a->tag_len; bit++) {
                tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
                expect_refused(a, nonce_bytes, aad, len, tag);
                tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            for (size_t bit = 0; bit < 8 * len; bit += 13) {
                sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
                expect_refused(a, nonce_bytes, aad, len, tag);
                sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            expect_refused(a, nonce_bytes, cut, len, tag);
            memcpy(other, nonce_bytes, sizeof other);
            other[11] ^= 1;
            expect_refused(a, other, aad, len, tag);
            assert_int_equal(a->open(a, key_state, nonce_bytes, aad, opened, sealed, len, tag), CV_OK);
            tag[0] ^= 1;
            assert_int_equal(a->open(a, key_state, nonce_bytes, aad, sealed, sealed, len, tag),
                             CV_E_BAD_RECORD_MAC);
            assert_true(all_are(sealed, len, 0));
        }
    }
}

/* Opens `sealed` piece by piece; `at once` grows so that every position of a block begins a piece. */
static cv_err open_in_pieces(const struct cv_aead *a, struct cv_bytes aad, size_t len, size_t at_once,
                             const uint8_t *tag)
{
    static _Alignas(16) uint8_t m[8192];
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    assert_true(a->pieces->len < sizeof m);
    memset(m, GUARD, sizeof m);
    memcpy(nonce, nonce_bytes, sizeof nonce);
    a->pieces->begin(a, m, key_state, nonce, aad, len);
    memset(nonce, 0, sizeof nonce); /* is not needed any more */
    for (size_t at = 0, n; at < len; at += n, at_once += 7) {
        n = len - at < at_once ? len - at : at_once;
        a->pieces->decrypt(m, opened + at, sealed + at, n);
    }
    cv_err e = a->pieces->end(m, tag);
    assert_true(all_are(m + a->pieces->len, sizeof m - a->pieces->len, GUARD));
    return e;
}

static void pieces_give_the_same(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 15, 16, 17, 63, 64, 65, 127, 200, 1111, 4096, 16401},
                        firsts[] = {1, 16, 50, 129, 20000};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_aead *a = subjects[i].aead;
        const struct cv_bytes aad = cv_bytes(aad_bytes, 5);
        uint8_t tag[16];
        if (!can_run(&subjects[i]) || a->pieces == NULL) continue;
        a->init(a, key_state, key_bytes);
        for (size_t j = 0; j < sizeof lens / sizeof *lens; j++) {
            memcpy(sealed, message, lens[j]);
            a->seal(a, key_state, nonce_bytes, aad, sealed, lens[j], NULL, 0, tag);
            for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
                assert_int_equal(open_in_pieces(a, aad, lens[j], firsts[k], tag), CV_OK);
                assert_memory_equal(opened, message, lens[j]);
                tag[k] ^= 1;
                assert_int_equal(open_in_pieces(a, aad, lens[j], firsts[k], tag), CV_E_BAD_RECORD_MAC);
                tag[k] ^= 1;
                if (lens[j] == 0) continue;
                sealed[lens[j] / 2] ^= 0x10;
                assert_int_equal(open_in_pieces(a, aad, lens[j], firsts[k], tag), CV_E_BAD_RECORD_MAC);
                sealed[lens[j] / 2] ^= 0x10;
            }
        }
    }
}

/* init writes state_len bytes and no more; a copy of them at another address serves as well. */
static void key_state_is_plain_bytes(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t room[CV_AEAD_STATE_MAX + 16], copy[CV_AEAD_STATE_MAX + 16];
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_aead *a = subjects[i].aead;
        const struct cv_bytes aad = cv_bytes(aad_bytes, 5);
        uint8_t tag[16];
        if (!can_run(&subjects[i])) continue;
        assert_true(a->state_len <= CV_AEAD_STATE_MAX);
        assert_true(a->key_len <= CV_AEAD_KEY_MAX);
        assert_true(a->tag_len <= CV_AEAD_TAG_MAX);
        memset(room, GUARD, sizeof room);
        a->init(a, room, key_bytes);
        assert_true(all_are(room + a->state_len, sizeof room - a->state_len, GUARD));
        memcpy(copy + 16, room, a->state_len);
        memcpy(sealed, message, 300);
        a->seal(a, room, nonce_bytes, aad, sealed, 300, NULL, 0, tag);
        memset(room, 0, sizeof room);
        assert_int_equal(a->open(a, copy + 16, nonce_bytes, aad, opened, sealed, 300, tag), CV_OK);
        assert_memory_equal(opened, message, 300);
    }
}

static void record_limits_are_those_of_the_rfcs(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_aead *a = subjects[i].aead;
        if (strstr(a->name, "GCM")) assert_true(a->record_limit == 23726566); /* 2^24.5, RFC 9846 5.5 */
        if (strstr(a->name, "CCM")) assert_true(a->record_limit == 1 << 23);  /* RFC 9147 4.5.3 */
        if (strstr(a->name, "ChaCha")) assert_true(a->record_limit == UINT64_MAX);
        assert_int_equal(a->state_len % 8, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_agrees_with_fips_197),
        cmocka_unit_test(agrees_with_published_vectors),
        cmocka_unit_test(long_message_has_the_known_tag),
        cmocka_unit_test(every_length_equals_portable),
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(every_aad_length_equals_portable),
        cmocka_unit_test(any_change_is_refused_and_zeroed),
        cmocka_unit_test(pieces_give_the_same),
        cmocka_unit_test(key_state_is_plain_bytes),
        cmocka_unit_test(record_limits_are_those_of_the_rfcs),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
