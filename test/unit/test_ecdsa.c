#include "crypto/hash.h"
#include "crypto/sig.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct curve {
    enum cv_key_type type;
    size_t len;
    cv_verify_fn *verify;
    cv_sign_fn *sign;
    const char *private_hex, *public_hex, *order_hex;
};

/* RFC 6979 appendix A.2.5 */
static const struct curve p256 = {
    .type = CV_KEY_P256,
    .len = 32,
    .verify = cv_ecdsa_p256_verify,
    .sign = cv_ecdsa_p256_sign,
    .private_hex = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    .public_hex =
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc"
        "64f2f1b20c2d7e9f5177a3c294d4462299",
    .order_hex = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
};

/* RFC 6979 appendix A.2.6 */
static const struct curve p384 = {
    .type = CV_KEY_P384,
    .len = 48,
    .verify = cv_ecdsa_p384_verify,
    .sign = cv_ecdsa_p384_sign,
    .private_hex =
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
    .public_hex =
        "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc"
        "138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd25332647"
        "20",
    .order_hex =
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
};

/* RFC 6979 appendix A.2.7 */
static const struct curve p521 = {
    .type = CV_KEY_P521,
    .len = 66,
    .verify = cv_ecdsa_p521_verify,
    .sign = cv_ecdsa_p521_sign,
    .private_hex =
        "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc"
        "1466f6d8fbec67db89ec0c08b0e996b83538",
    .public_hex =
        "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb6"
        "33155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d663"
        "0f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
    .order_hex =
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709"
        "a5d03bb5c9b8899c47aebb6fb71e91386409",
};

static const struct curve *const curves[] = {&p256, &p384, &p521};
enum { N_CURVES = 3, SIG_ROOM = 160 };

/* A key pair with the memory behind it. */
struct pair {
    uint8_t secret[66], point[133];
    struct cv_private_key private_key;
    struct cv_public_key public_key;
};

static void load_pair(struct pair *k, const struct curve *c)
{
    assert_int_equal(unhex(k->secret, sizeof k->secret, c->private_hex), c->len);
    assert_int_equal(unhex(k->point, sizeof k->point, c->public_hex), 1 + 2 * c->len);
    k->private_key = (struct cv_private_key){.type = c->type, .secret = cv_bytes(k->secret, c->len)};
    k->public_key = (struct cv_public_key){.type = c->type, .point = cv_bytes(k->point, 1 + 2 * c->len)};
}

static const struct {
    const struct curve *curve;
    const struct cv_hash *hash;
    const char *message, *sig_hex;
} rfc6979[] = {
    {&p256, &cv_sha1, "sample",
     "3044022061340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d3202206d7f147dac089441bb2e"
     "2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb"},
    {&p256, &cv_sha224, "sample",
     "3045022053b2fff5d1752b2c689df257c04c40a587fababb3f6fc2702f1343af7ca9aa3f022100b9afb64fdc03dc1a13"
     "1c7d2386d11e349f070aa432a4acc918bea988bf75c74c"},
    {&p256, &cv_sha256, "sample",
     "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41"
     "d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {&p256, &cv_sha384, "sample",
     "304402200eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef771902204861f0491e6998b94551"
     "93e34e7b0d284ddd7149a74b95b9261f13abde940954"},
    {&p256, &cv_sha512, "sample",
     "30450221008496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f0002202362ab1adbe2b8adf9"
     "cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
    {&p256, &cv_sha1, "test",
     "304402200cbcc86fd6abd1d99e703e1ec50069ee5c0b4ba4b9ac60e409e8ec5910d81a89022001b9d7b73dfaa60d5651"
     "ec4591a0136f87653e0fd780c3b1bc872ffdeae479b1"},
    {&p256, &cv_sha224, "test",
     "3046022100c37edb6f0ae79d47c3c27e962fa269bb4f441770357e114ee511f662ec34a692022100c820053a05791e52"
     "1fcaad6042d40aea1d6b1a540138558f47d0719800e18f2d"},
    {&p256, &cv_sha256, "test",
     "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d383670220019f4113742a2b14bd"
     "25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    {&p256, &cv_sha384, "test",
     "304602210083910e8b48bb0c74244ebdf7f07a1c5413d61472bd941ef3920e623fbccebeb60221008ddbec54cf8cd587"
     "4883841d712142a56a8d0f218f5003cb0296b6b509619f2c"},
    {&p256, &cv_sha512, "test",
     "30440220461d93f31b6540894788fd206c07cfa0cc35f46fa3c91816fff1040ad1581a04022039af9f15de0db8d97e72"
     "719c74820d304ce5226e32dedae67519e840d1194e55"},
    {&p384, &cv_sha1, "sample",
     "3066023100ec748d839243d6fbef4fc5c4859a7dffd7f3abddf72014540c16d73309834fa37b9ba002899f6fda3a4a93"
     "86790d4eb2023100a3bcfa947beef4732bf247ac17f71676cb31a847b9ff0cbc9c9ed4c1a5b3facf26f49ca031d48575"
     "70ccb5ca4424a443"},
    {&p384, &cv_sha224, "sample",
     "3065023042356e76b55a6d9b4631c865445dbe54e056d3b3431766d0509244793c3f9366450f76ee3de43f5a125333a6"
     "be0601220231009da0c81787064021e78df658f2fbb0b042bf304665db721f077a4298b095e4834c082c03d83028efbf"
     "93a3c23940ca8d"},
    {&p384, &cv_sha256, "sample",
     "3065023021b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c3"
     "6d8fb2cd023100f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0"
     "cb8668a4fa0ab0"},
    {&p384, &cv_sha384, "sample",
     "306602310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd"
     "1e80fabe4602310099ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e"
     "7b82c71a38628ac8"},
    {&p384, &cv_sha512, "sample",
     "3065023100ed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799cfe30f35cc900056d7c99cd"
     "78824337090230512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112dc7cc3ef3446defceb"
     "01a45c2667fdd5"},
    {&p384, &cv_sha1, "test",
     "306502304bc35d3a50ef4e30576f58cd96ce6bf638025ee624004a1f7789a8b8e43d0678acd9d29876daf46638645f7f"
     "404b11c7023100d5a6326c494ed3ff614703878961c0fde7b2c278f9a65fd8c4b7186201a2991695ba1c84541327e966"
     "fa7b50f7382282"},
    {&p384, &cv_sha224, "test",
     "3065023100e8c9d0b6ea72a0e7837fea1d14a1a9557f29faa45d3e7ee888fc5bf954b5e62464a9a817c47ff78b8c1106"
     "6b24080e72023007041d4a7a0379ac7232ff72e6f77b6ddb8f09b16cce0ec3286b2bd43fa8c6141c53ea5abef0d82310"
     "77a04540a96b66"},
    {&p384, &cv_sha256, "test",
     "306402306d6defac9ab64dabafe36c6bf510352a4cc27001263638e5b16d9bb51d451559f918eedaf2293be5b475cc8f"
     "0188636b02302d46f3becbcc523d5f1a1256bf0c9b024d879ba9e838144c8ba6baeb4b53b47d51ab373f9845c0514eef"
     "b14024787265"},
    {&p384, &cv_sha384, "test",
     "30660231008203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3"
     "ca3cf023db023100ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e06a739f040649a667"
     "bf3b828246baa5a5"},
    {&p384, &cv_sha512, "test",
     "3066023100a0d5d090c9980faf3c2ce57b7ae951d31977dd11c775d314af55f76c676447d06fb6495cd21b4b6e340fc2"
     "36584fb277023100976984e59b4c77b0e8e4460dca3d9f20e07b9bb1f63beefaf576f6b2e8b224634a2092cd3792e015"
     "9ad9cee37659c736"},
    {&p521, &cv_sha1, "sample",
     "3081870241343b6ec45728975ea5cba6659bbb6062a5ff89eea58be3c80b619f322c87910fe092f7d45bb0f8eee01ed3"
     "f20babec079d202ae677b243ab40b5431d497c55d75d024200e7b0e675a9b24413d448b8cc119d2bf7b2d2df032741c0"
     "96634d6d65d0dbe3d5694625fb9e8104d3b842c1b0e2d0b98bea19341e8676aef66ae4eba3d5475d5d16"},
    {&p521, &cv_sha224, "sample",
     "308187024201776331cfcdf927d666e032e00cf776187bc9fdd8e69d0dabb4109ffe1b5e2a30715f4cc923a4a5e94d25"
     "03e9acfed92857b7f31d7152e0f8c00c15ff3d87e2ed2e024150cb5265417fe2320bbb5a122b8e1a32bd699089851128"
     "e360e620a30c7e17ba41a666af126ce100e5799b153b60528d5300d08489ca9178fb610a2006c254b41f"},
    {&p521, &cv_sha256, "sample",
     "308187024201511bb4d675114fe266fc4372b87682baecc01d3cc62cf2303c92b3526012659d16876e25c7c1e57648f2"
     "3b73564d67f61c6f14d527d54972810421e7d87589e1a702414a171143a83163d6df460aaf61522695f207a58b95c064"
     "4d87e52aa1a347916e4f7a72930b1bc06dbe22ce3f58264afd23704cbb63b29b931f7de6c9d949a7ecfc"},
    {&p521, &cv_sha384, "sample",
     "308188024201ea842a0e17d2de4f92c15315c63ddf72685c18195c2bb95e572b9c5136ca4b4b576ad712a52be9730627"
     "d16054ba40cc0b8d3ff035b12ae75168397f5d50c67451024201f21a3cee066e1961025fb048bd5fe2b7924d0cd797ba"
     "be0a83b66f1e35eeaf5fde143fa85dc394a7dee766523393784484bdf3e00114a1c857cde1aa203db65d61"},
    {&p521, &cv_sha512, "sample",
     "308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d45060"
     "6add152b534931d7d4e8455cc91f9b15bf05ec36e377fa0241617cce7cf5064806c467f678d3b4080d6f1cc50af26ca2"
     "09417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"},
    {&p521, &cv_sha1, "test",
     "3081880242013bad9f29abe20de37ebeb823c252ca0f63361284015a3bf430a46aaa80b87b0693f0694bd88afe4e661f"
     "c33b094cd3b7963bed5a727ed8bd6a3a202abe009d0367024201e9bb81ff7944ca409ad138dbbee228e1afcc0c890fc7"
     "8ec8604639cb0dbdc90f717a99ead9d272855d00162ee9527567dd6a92cbd629805c0445282bbc916797ff"},
    {&p521, &cv_sha224, "test",
     "308188024201c7ed902e123e6815546065a2c4af977b22aa8eaddb68b2c1110e7ea44d42086bfe4a34b67ddc0e17e965"
     "36e358219b23a706c6a6e16ba77b65e1c595d43cae17fb02420177336676304fcb343ce028b38e7b4fba76c1c1b277da"
     "18cad2a8478b2a9a9f5bec0f3ba04f35db3e4263569ec6aade8c92746e4c82f8299ae1b8f1739f8fd519a4"},
    {&p521, &cv_sha256, "test",
     "30818702410e871c4a14f993c6c7369501900c4bc1e9c7b0b4ba44e04868b30b41d8071042eb28c4c250411d0ce08cd1"
     "97e4188ea4876f279f90b3d8d74a3c76e6f1e4656aa8024200cd52dbaa33b063c3a6cd8058a1fb0a46a4754b034fcc64"
     "4766ca14da8ca5ca9fde00e88c1ad60ccba759025299079d7a427ec3cc5b619bfbc828e7769bcd694e86"},
    {&p521, &cv_sha384, "test",
     "3081880242014bee21a18b6d8b3c93fab08d43e739707953244fdbe924fa926d76669e7ac8c89df62ed8975c2d8397a6"
     "5a49dcc09f6b0ac62272741924d479354d74ff6075578c02420133330865c067a0eaf72362a65e2d7bc4e461e8c8995c"
     "3b6226a21bd1aa78f0ed94fe536a0dca35534f0cd1510c41525d163fe9d74d134881e35141ed5e8e95b979"},
    {&p521, &cv_sha512, "test",
     "3081880242013e99020abf5cee7525d16b69b229652ab6bdf2affcaef38773b4b7d08725f10cdb93482fdcc54edcee91"
     "eca4166b2a7c6265ef0ce2bd7051b7cef945babd47ee6d024201fbd0013c674aa79cb39849527916ce301c66ea7ce8b8"
     "0682786ad60f98f7e78a19ca69eff5c57400e3b3a0ad66ce0978214d13baf4e9ac60752f7b155e2de4dce3"},
};

static void signs_and_verifies_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc6979 / sizeof *rfc6979; i++) {
        const struct curve *c = rfc6979[i].curve;
        const struct cv_hash *hash = rfc6979[i].hash;
        uint8_t digest[CV_HASH_MAX], sig[SIG_ROOM], expected[SIG_ROOM];
        size_t sig_len = sizeof sig, expected_len = unhex(expected, sizeof expected, rfc6979[i].sig_hex);
        struct pair k;
        load_pair(&k, c);
        cv_hash_digest(hash, digest, rfc6979[i].message, strlen(rfc6979[i].message));
        struct cv_bytes m = cv_bytes(digest, hash->digest_len);
        assert_int_equal(c->sign(&k.private_key, hash, m, sig, &sig_len, NULL), CV_OK);
        assert_int_equal(sig_len, expected_len);
        assert_memory_equal(sig, expected, expected_len);
        assert_int_equal(c->verify(&k.public_key, hash, m, cv_bytes(sig, sig_len)), CV_OK);
        digest[0] ^= 0x80;
        assert_int_equal(c->verify(&k.public_key, hash, m, cv_bytes(sig, sig_len)), CV_E_BAD_SIGNATURE);
    }
}

static cv_err count_up(void *ctx, uint8_t *out, size_t len)
{
    uint8_t *next = ctx;
    while (len-- > 0) *out++ = (*next)++;
    return CV_OK;
}

static cv_err refuse(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

static void entropy_changes_the_signature_not_its_validity(void **state)
{
    (void)state;
    uint8_t counter = 0, digest[32] = {1, 2, 3};
    const struct cv_rng rng = {count_up, &counter}, broken = {refuse, NULL};
    struct cv_bytes m = cv_bytes(digest, sizeof digest);
    for (size_t i = 0; i < N_CURVES; i++) {
        uint8_t a[SIG_ROOM], b[SIG_ROOM];
        size_t a_len = sizeof a, b_len = sizeof b;
        struct pair k;
        load_pair(&k, curves[i]);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, a, &a_len, &rng), CV_OK);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, b, &b_len, &rng), CV_OK);
        assert_false(cv_bytes_equal(cv_bytes(a, a_len), cv_bytes(b, b_len)));
        assert_int_equal(curves[i]->verify(&k.public_key, &cv_sha256, m, cv_bytes(a, a_len)), CV_OK);
        assert_int_equal(curves[i]->verify(&k.public_key, &cv_sha256, m, cv_bytes(b, b_len)), CV_OK);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, a, &a_len, &broken), CV_E_RNG);
    }
}

static void short_and_empty_digests_are_numbers_as_they_stand(void **state)
{
    (void)state;
    const uint8_t shorter[] = {0x12, 0x34}, padded[] = {0, 0, 0, 0x12, 0x34};
    for (size_t i = 0; i < N_CURVES; i++) {
        uint8_t sig[SIG_ROOM];
        size_t sig_len = sizeof sig;
        struct pair k;
        load_pair(&k, curves[i]);
        struct cv_bytes m = cv_bytes(shorter, sizeof shorter), longer = cv_bytes(padded, sizeof padded);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, sig, &sig_len, NULL), CV_OK);
        assert_int_equal(curves[i]->verify(&k.public_key, NULL, m, cv_bytes(sig, sig_len)), CV_OK);
        assert_int_equal(curves[i]->verify(&k.public_key, NULL, longer, cv_bytes(sig, sig_len)), CV_OK);
        sig_len = sizeof sig;
        m = cv_bytes(NULL, 0);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, sig, &sig_len, NULL), CV_OK);
        assert_int_equal(curves[i]->verify(&k.public_key, NULL, m, cv_bytes(sig, sig_len)), CV_OK);
    }
}

static void room_for_the_signature_is_checked(void **state)
{
    (void)state;
    uint8_t digest[32] = {7}, sig[SIG_ROOM];
    for (size_t i = 0; i < N_CURVES; i++) {
        size_t exact = sizeof sig, less;
        struct pair k;
        load_pair(&k, curves[i]);
        struct cv_bytes m = cv_bytes(digest, sizeof digest);
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, sig, &exact, NULL), CV_OK);
        less = exact - 1;
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, sig, &less, NULL),
                         CV_E_BUFFER_TOO_SMALL);
        less = exact;
        assert_int_equal(curves[i]->sign(&k.private_key, &cv_sha256, m, sig, &less, NULL), CV_OK);
    }
}

/* Writes SEQUENCE { INTEGER r, INTEGER s } of big-endian numbers, in DER. */
static size_t put_integer(uint8_t *out, const uint8_t *v, size_t len)
{
    while (len > 1 && v[0] == 0) v++, len--;
    size_t pad = v[0] >> 7;
    out[0] = 2;
    out[1] = (uint8_t)(len + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, v, len);
    return 2 + pad + len;
}

static size_t put_signature(uint8_t *out, const uint8_t *r, const uint8_t *s, size_t len)
{
    uint8_t body[SIG_ROOM];
    size_t body_len = put_integer(body, r, len), at = 0;
    body_len += put_integer(body + body_len, s, len);
    out[at++] = 0x30;
    if (body_len >= 0x80) out[at++] = 0x81;
    out[at++] = (uint8_t)body_len;
    memcpy(out + at, body, body_len);
    return at + body_len;
}

/* CVE-2022-21449 ("psychic signatures") and its neighbours: r and s from 0, 1, n - 1, n, n + 1, all ones */
static void r_and_s_out_of_range_are_refused(void **state)
{
    (void)state;
    enum { N_VALUES = 6 };
    uint8_t digest[32] = {0}, sig[SIG_ROOM];
    for (size_t i = 0; i < N_CURVES; i++) {
        const size_t len = curves[i]->len;
        uint8_t value[N_VALUES][66] = {{0}}, good[SIG_ROOM];
        size_t good_len = sizeof good;
        struct pair k;
        load_pair(&k, curves[i]);
        value[1][len - 1] = 1;
        for (size_t v = 2; v < 5; v++) unhex(value[v], 66, curves[i]->order_hex);
        value[2][len - 1]--;
        value[4][len - 1]++;
        memset(value[5], 0xff, len);
        for (size_t r = 0; r < N_VALUES; r++) {
            for (size_t s = 0; s < N_VALUES; s++) {
                size_t n = put_signature(sig, value[r], value[s], len);
                assert_int_equal(
                    curves[i]->verify(&k.public_key, NULL, cv_bytes(digest, 32), cv_bytes(sig, n)),
                    CV_E_BAD_SIGNATURE);
            }
        }
        /* The same encoder, with r and s of a true signature, is accepted. */
        assert_int_equal(
            curves[i]->sign(&k.private_key, &cv_sha256, cv_bytes(digest, 32), good, &good_len, NULL), CV_OK);
        uint8_t r_bytes[66] = {0}, s_bytes[66] = {0};
        size_t at = good[1] == 0x81 ? 3 : 2, n = good[at + 1];
        const uint8_t *p = good + at + 2;
        memcpy(r_bytes + (n > len ? 0 : len - n), p + (n > len), n - (n > len));
        p += n + 2;
        n = p[-1];
        memcpy(s_bytes + (n > len ? 0 : len - n), p + (n > len), n - (n > len));
        assert_int_equal(put_signature(sig, r_bytes, s_bytes, len), good_len);
        assert_memory_equal(sig, good, good_len);
        assert_int_equal(
            curves[i]->verify(&k.public_key, NULL, cv_bytes(digest, 32), cv_bytes(sig, good_len)), CV_OK);

        /* s + n is the same modulo n, but out of range. */
        uint8_t high[67] = {0}, order[66];
        unsigned carry = 0;
        unhex(order, 66, curves[i]->order_hex);
        for (size_t b = len; b-- > 0;) {
            carry += (unsigned)s_bytes[b] + order[b];
            high[b + 1] = (uint8_t)carry;
            carry >>= 8;
        }
        high[0] = (uint8_t)carry;
        uint8_t wide_r[67] = {0};
        memcpy(wide_r + 1, r_bytes, len);
        n = put_signature(sig, wide_r, high, len + 1);
        assert_int_equal(curves[i]->verify(&k.public_key, NULL, cv_bytes(digest, 32), cv_bytes(sig, n)),
                         CV_E_BAD_SIGNATURE);

        /* -s signs as well: both halves of the range are accepted. */
        int borrow = 0;
        for (size_t b = len; b-- > 0;) {
            int d = order[b] - s_bytes[b] - borrow;
            borrow = d < 0;
            s_bytes[b] = (uint8_t)d;
        }
        n = put_signature(sig, r_bytes, s_bytes, len);
        assert_int_equal(curves[i]->verify(&k.public_key, NULL, cv_bytes(digest, 32), cv_bytes(sig, n)),
                         CV_OK);
    }
}

static void der_must_be_strict(void **state)
{
    (void)state;
    /* P-256, SHA-256, "sample" of RFC 6979; r has its top bit set, s too */
    uint8_t good[80], sig[80], digest[32];
    size_t len =
        unhex(good, sizeof good,
              "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d"
              "657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    struct pair k;
    load_pair(&k, &p256);
    cv_hash_digest(&cv_sha256, digest, "sample", 6);
    struct cv_bytes m = cv_bytes(digest, 32);
    assert_int_equal(p256.verify(&k.public_key, NULL, m, cv_bytes(good, len)), CV_OK);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(p256.verify(&k.public_key, NULL, m, cv_bytes(good, n)), CV_E_BAD_SIGNATURE);

    static const struct {
        const char *what;
        size_t at, drop;
        uint8_t insert[3];
        size_t insert_len;
        int body_grows, integer_grows;
    } changes[] = {
        {"trailing byte", 72, 0, {0}, 1, 0, 0},
        {"trailing byte inside", 72, 0, {0}, 1, 1, 0},
        {"long form of the sequence's length", 1, 0, {0x81}, 1, 0, 0},
        {"long form in two bytes", 1, 0, {0x82, 0}, 2, 0, 0},
        {"indefinite length", 1, 1, {0x80}, 1, 0, 0},
        {"long form of r's length", 3, 0, {0x81}, 1, 1, 0},
        {"r with a second leading zero", 4, 0, {0}, 1, 1, 1},
        {"r without its leading zero", 4, 1, {0}, 0, -1, -1},
        {"set instead of sequence", 0, 1, {0x31}, 1, 0, 0},
        {"octet string instead of integer", 2, 1, {4}, 1, 0, 0},
        {"empty sequence", 1, 71, {0}, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(sig, good, changes[i].at);
        memcpy(sig + changes[i].at, changes[i].insert, changes[i].insert_len);
        memcpy(sig + changes[i].at + changes[i].insert_len, good + changes[i].at + changes[i].drop,
               len - changes[i].at - changes[i].drop);
        size_t n = len - changes[i].drop + changes[i].insert_len;
        if (changes[i].at > 1) sig[1] = (uint8_t)(sig[1] + changes[i].body_grows);
        if (changes[i].at > 3) sig[3] = (uint8_t)(sig[3] + changes[i].integer_grows);
        if (p256.verify(&k.public_key, NULL, m, cv_bytes(sig, n)) != CV_E_BAD_SIGNATURE)
            fail_msg("accepted: %s", changes[i].what);
    }
}

static void unusable_keys_are_named(void **state)
{
    (void)state;
    uint8_t digest[32] = {1}, sig[SIG_ROOM];
    struct cv_bytes m = cv_bytes(digest, 32);
    for (size_t i = 0; i < N_CURVES; i++) {
        const struct curve *c = curves[i];
        size_t sig_len = sizeof sig, len;
        struct pair k;
        load_pair(&k, c);
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &sig_len, NULL), CV_OK);
        k.point[2 * c->len] ^= 1;
        assert_int_equal(c->verify(&k.public_key, NULL, m, cv_bytes(sig, sig_len)), CV_E_CERT_KEY);
        load_pair(&k, c);
        k.public_key.point.len--;
        assert_int_equal(c->verify(&k.public_key, NULL, m, cv_bytes(sig, sig_len)), CV_E_CERT_KEY);
        load_pair(&k, c);
        k.public_key.type = CV_KEY_ED25519;
        assert_int_equal(c->verify(&k.public_key, NULL, m, cv_bytes(sig, sig_len)), CV_E_CERT_KEY);

        len = sizeof sig;
        memset(k.secret, 0, sizeof k.secret);
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &len, NULL), CV_E_KEY_SYNTAX);
        unhex(k.secret, sizeof k.secret, c->order_hex);
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &len, NULL), CV_E_KEY_SYNTAX);
        k.secret[c->len - 1]--;
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &len, NULL), CV_OK);
        k.private_key.secret.len--;
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &len, NULL), CV_E_KEY_SYNTAX);
        k.private_key.type = CV_KEY_RSA;
        assert_int_equal(c->sign(&k.private_key, &cv_sha256, m, sig, &len, NULL), CV_E_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_and_verifies_the_vectors),
        cmocka_unit_test(entropy_changes_the_signature_not_its_validity),
        cmocka_unit_test(short_and_empty_digests_are_numbers_as_they_stand),
        cmocka_unit_test(room_for_the_signature_is_checked),
        cmocka_unit_test(r_and_s_out_of_range_are_refused),
        cmocka_unit_test(der_must_be_strict),
        cmocka_unit_test(unusable_keys_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
