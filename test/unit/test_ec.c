#include "crypto/ec.h"
#include "crypto/p256_small.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct cv_ec_curve *const curves[] = {&cv_ec_p256, &cv_ec_p384, &cv_ec_p521, &cv_ec_p256};
static const struct cv_group *const groups[] = {&cv_group_p256, &cv_group_p384, &cv_group_p521,
                                                &cv_group_p256_small};
enum { N_CURVES = 3, N_GROUPS = 4 };

/* NIST CAVP, SP 800-56A ECC static unified model, "KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init",
 * cases that its file calls correct. */
static const struct {
    const struct cv_group *group;
    enum cv_key_type type;
    const char *private_hex, *own_hex, *peer_hex, *secret_hex;
} cavp[] = {
    {&cv_group_p256, CV_KEY_P256, "8087ab163864bfa81001c72f736b6d94e7612559ac4c847d06ba2171840684d6",
     "04"
     "e8b020e8c3cc25d3e5e83e76077f3d5ccdabd7ad76121b724a171414e73f793c"
     "98dfb6863fbdbc1d2083f6c41e502645ae9b7a0fdb38904f7483ef883bc2a57b",
     "04"
     "5a3955c54a49645ed818f3774ea10971a1db88c370d8966c5a6e88234ed5d820"
     "03b13f0dad73f64532f42b8b2fa6d1450d9ab24896e95c24674298f2da07ccda",
     "0cb890a0dcc277c3dde0f91b4322a32e6365d7ec85316185d3286b4977849410"},
    {&cv_group_p256, CV_KEY_P256, "64e23f7a2d279930f1de66b4bc147786b168d059f581268c24f6650362246e63",
     "04"
     "ba393b401354aa9552c4289b7a55288d97590429a4003913a243081bacf88acf"
     "d089687aa5442684d71b805ea2b36f6c1c783833346dfdd8208768ed2a7e767d",
     "04"
     "acbcb31f5f6798a00f28aa4a634873744768db612925336efca98122a76d1b5e"
     "7dcefeb3ccb530029a8b62e5a7f00c42fc7ebeac8f469c289ea77b6186d661f0",
     "f70e4fc9ba68aafe07be1767620e64dd5e5bb7ab279f0657465cddeb69e36fa9"},
    {&cv_group_p384, CV_KEY_P384,
     "f865418473e5bf7d2e1bbcd9bd5a9270c003a9dd35e778133ca59fcab4bb64fe24d6800e7047bdd033abc8bfa8db35b5",
     "04"
     "32b72ab9b558249dcbc6cbade234f58e4f7aa5d3f6420ea99a5f997e8c2a91fb7fd83779d0d2169428683771c745fd1a"
     "c749e02a3719bb56bf1dfc4ba3820309c01ab6e84cb29db7cdd80f127233f5295687f8178f3a8704c1063b84c2ee472f",
     "04"
     "d1bf2ac21637d66d6398aac01dcd56ac6f065fb45d1f6f16747bab9e9b01b4630b59b20927aea147355bf41838acb482"
     "4c9e23f1c5a41647d094086bf4ed31708651f21d996c47780688ac10f77deee2e43b5241b6caecd2fd5444bc50472e0e",
     "a781430e6078a179df3f9ee27cd8fdc6188f161b6c4ccc4053ef6c6ca6fc222946883a53c06db08f0a020023ced055aa"},
    {&cv_group_p384, CV_KEY_P384,
     "c40c805488115e43279c99797bcbfff8d9922ea9aec471d9ba659590034c3fb739d23661c0aae6e7ada2a1de36eb63a1",
     "04"
     "a95b7ad4de234e9be8b260313ddb96a404b75b3a7e0f234981f3b189d86ac31bbe3937776c0608024871ef64815784b3"
     "4890ee227219ca5ce34632cbca5732accc2d276fa1b1cc9d14f6b7e4b0f5e116a92cbef743de3e69537e250f27125e82",
     "04"
     "4c619593e459e4aca7c572834064134d93e8b1b676388b0ff67b893722cf7e8396cd953df38a42e4131dbad29518b2af"
     "dbe261af918baade39070e88f62eabe4ee9d5f2563707271cc566dd7a2380aa4707d15d6eef142a52d75a67429afd0c6",
     "128934db846099c8d8caa788b0b84bb65bd57b20774ff7f8e7f29939297d72bbc232c5d2b2c8ef1d63e3d75d3908e778"},
    {&cv_group_p521, CV_KEY_P521,
     "01a23de55fb7ad153e7e65d21ad10c77fdf2072b2a5aa116aaf1bc31a345420c1fe8eaccbbcdeb07b73ba2fa706c7498"
     "e3a4828f348b00af9df1551780e709a7754c",
     "04"
     "00ed7bc3a95ef74dc3a9893a5ec7c9fab723c16dc21b30341c374c25e1334dada7f92d62967f3bca4da70b0a77fa0732"
     "dac05a3d19cb04e50b3cd1894549ac1d3c6e"
     "01c30d23ea4c140aabfba3753ce40c788010342c15c51d2dd6e9b079194e593ba965ea419ef37746f954027fa1b8159c"
     "cd3b54aece67451c7e892d6f6e1fb44c548c",
     "04"
     "01474af758238005238b2fa253c4f9c557de664d64c66d7d88f334555997591ccc242ff3c6d0e34d07fc835aaae024c2"
     "bd21f2ba5c0b0a8ac3fdd90e1c479cb8e538"
     "00a721b04654204ca19064b37a4abf4247413a6d29e9211a0df9d50975c7d8d4654dc04a478455ea24993f0fef5460f1"
     "89c4729c15fba385fd85ef42ae7610e39450",
     "01e8ff7a8c57b017f8b8266adab65fe2c417173566087e15c5fc972071cc560ac93908a806468bc44b8312a8a4846488"
     "6ca0d767db938447387a348f3f56c6463796"},
    {&cv_group_p521, CV_KEY_P521,
     "01691e6b1200aa58e356abb7d974f7e5469b5269319a93fd17c215bc0f124f4f785e3b0426ceb9227c992ee726f4e0b4"
     "fc5835c8ae8aff12c04279056d3f298c2997",
     "04"
     "017a978cb3fe5a0eff157143546ea0afdf1914c37552a74a7b33fcc36b929f19cbe1f7767d9fdb482373476c9d3baa99"
     "9ee167aaadabf3a156a3809dcecae9f30b81"
     "01a8b98c5128c425e947cba18a5ff43ce93e43d7ef45e8d4cc0489e27fd496349064a78aae52bac2d24cb5b854956054"
     "a41b3797f323619335d4adde16b096955027",
     "04"
     "0128be649be49e3a60c0f451eadb4941a76780159ebf08ab1958ae84d391030b66a51fbed790e92b730403ac36e089ab"
     "552a83d9f7b792738466bf4219fd7aa6a3d9"
     "01560d4079811ef58d6d761640b94d1266b99e5984b1d822f42272a4b70bb34f42b453054c1177bea23d04de8be15897"
     "ab97fff77bba3c2edfc938df05f2793e970b",
     "013ff4e7497acf057a64ce87d26bb946ccf0c6b7ab307a3ffc7060d95e69e771e4d76e9600e6bf4e68833cc7498424cb"
     "1ba4330d3d9354a356284d689c876e5a018a"},
};

static void ecdh_agrees_with_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cavp / sizeof *cavp; i++) {
        const struct cv_group *g = cavp[i].group;
        uint8_t private_key[66], own[133], peer[133], expected[66], out[133];
        size_t out_len;
        assert_int_equal(unhex(private_key, sizeof private_key, cavp[i].private_hex), g->private_len);
        assert_int_equal(unhex(own, sizeof own, cavp[i].own_hex), g->client_share_len);
        assert_int_equal(unhex(peer, sizeof peer, cavp[i].peer_hex), g->client_share_len);
        assert_int_equal(unhex(expected, sizeof expected, cavp[i].secret_hex), g->secret_len);
        assert_int_equal(g->finish(g, out, private_key, cv_bytes(peer, g->server_share_len)), CV_OK);
        assert_memory_equal(out, expected, g->secret_len);
        struct cv_private_key key = {.type = cavp[i].type, .secret = cv_bytes(private_key, g->private_len)};
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_OK);
        assert_int_equal(out_len, g->client_share_len);
        assert_memory_equal(out, own, out_len);
    }
}

static cv_err count_up(void *ctx, uint8_t *out, size_t len)
{
    uint8_t *next = ctx;
    while (len-- > 0) *out++ = (*next)++;
    return CV_OK;
}

static cv_err fill_with(void *ctx, uint8_t *out, size_t len)
{
    memset(out, *(uint8_t *)ctx, len);
    return CV_OK;
}

static cv_err refuse(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

static void both_sides_get_the_same_secret(void **state)
{
    (void)state;
    uint8_t counter = 1;
    const struct cv_rng rng = {count_up, &counter};
    for (size_t i = 0; i < N_GROUPS; i++) {
        const struct cv_group *g = groups[i];
        uint8_t private_key[66], client[133], server[133], a[66], b[66];
        for (int round = 0; round < 8; round++) {
            assert_int_equal(g->generate(g, private_key, client, &rng), CV_OK);
            assert_int_equal(g->respond(g, server, a, cv_bytes(client, g->client_share_len), &rng), CV_OK);
            assert_int_equal(g->finish(g, b, private_key, cv_bytes(server, g->server_share_len)), CV_OK);
            assert_memory_equal(a, b, g->secret_len);
            assert_memory_not_equal(client, server, g->client_share_len);
        }
    }
}

static void a_broken_rng_gives_no_key(void **state)
{
    (void)state;
    uint8_t zero = 0, ones = 0xff;
    const struct cv_rng failing = {refuse, NULL}, zeros = {fill_with, &zero}, above = {fill_with, &ones};
    for (size_t i = 0; i < N_GROUPS; i++) {
        uint8_t private_key[66], share[133];
        assert_int_equal(groups[i]->generate(groups[i], private_key, share, &failing), CV_E_RNG);
        assert_int_equal(groups[i]->generate(groups[i], private_key, share, &zeros), CV_E_RNG);
        assert_int_equal(groups[i]->generate(groups[i], private_key, share, &above), CV_E_RNG);
    }
}

static void base_point(const struct cv_ec_curve *c, cv_gf_limb *g)
{
    cv_gf_to(c->field, g, c->gx);
    cv_gf_to(c->field, g + c->field->n_limbs, c->gy);
}

static void assert_share_refused(const struct cv_group *g, const uint8_t *share, size_t len)
{
    uint8_t counter = 1, private_key[66] = {0}, out[133], secret[66];
    const struct cv_rng rng = {count_up, &counter};
    private_key[g->private_len - 1] = 5;
    assert_int_equal(g->finish(g, secret, private_key, cv_bytes(share, len)), CV_E_BAD_KEY_SHARE);
    assert_int_equal(g->respond(g, out, secret, cv_bytes(share, len), &rng), CV_E_BAD_KEY_SHARE);
}

static void bad_shares_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_GROUPS; i++) {
        const struct cv_ec_curve *c = curves[i];
        const size_t len = 1 + 2 * c->len;
        cv_gf_limb g[2 * CV_GF_LIMBS_MAX];
        uint8_t good[134] = {0}, bad[134], secret[66], private_key[66] = {0};
        base_point(c, g);
        cv_ec_encode_point(c, good, g);
        private_key[c->len - 1] = 5;
        assert_int_equal(groups[i]->finish(groups[i], secret, private_key, cv_bytes(good, len)), CV_OK);

        for (size_t n = 0; n < len; n++) assert_share_refused(groups[i], good, n);
        assert_share_refused(groups[i], good, len + 1);
        for (unsigned form = 0; form < 256; form++) {
            memcpy(bad, good, len);
            bad[0] = (uint8_t)form;
            if (form != 4) assert_share_refused(groups[i], bad, len);
        }
        bad[0] = 2; /* compressed (SEC 1 section 2.3.3) */
        assert_share_refused(groups[i], bad, 1 + c->len);
        memset(bad, 0, len); /* infinity, as SEC 1 and as (0, 0) */
        assert_share_refused(groups[i], bad, 1);
        bad[0] = 4;
        assert_share_refused(groups[i], bad, len);
        for (size_t at = 1; at < len; at += 7) { /* off the curve, or beyond p */
            memcpy(bad, good, len);
            bad[at] ^= 0x40;
            assert_share_refused(groups[i], bad, len);
        }
        /* p, the unreduced 0 */
        for (size_t coordinate = 0; coordinate < 2; coordinate++) {
            memcpy(bad, good, len);
            cv_gf_store(bad + 1 + coordinate * c->len, c->len, c->field->m);
            assert_share_refused(groups[i], bad, len);
        }
        uint32_t carry = 1; /* the same x with p - y is a point again */
        for (size_t b = c->len; b-- > 0;) {
            uint8_t m[66];
            cv_gf_store(m, c->len, c->field->m);
            carry += (uint32_t)m[b] + (uint8_t)~good[1 + c->len + b];
            bad[1 + c->len + b] = (uint8_t)carry;
            carry >>= 8;
        }
        memcpy(bad, good, 1 + c->len);
        assert_int_equal(groups[i]->finish(groups[i], secret, private_key, cv_bytes(bad, len)), CV_OK);
    }
}

/* The smallest x of a point, plus p, still fits the bytes for P-256 and P-384: it must be refused. x = 5 is
 * on P-256 with this y; computed from the curve's equation. */
static void coordinates_are_not_reduced(void **state)
{
    (void)state;
    uint8_t share[65], secret[32], private_key[32] = {0};
    private_key[31] = 5;
    unhex(share, sizeof share,
          "04 0000000000000000000000000000000000000000000000000000000000000005"
          "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
    assert_int_equal(cv_group_p256.finish(&cv_group_p256, secret, private_key, cv_bytes(share, sizeof share)),
                     CV_OK);
    unhex(share + 1, 32, "ffffffff00000001000000000000000000000001000000000000000000000004");
    assert_share_refused(&cv_group_p256, share, sizeof share);
}

static void private_keys_are_in_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CURVES; i++) {
        const struct cv_ec_curve *c = curves[i];
        cv_gf_limb g[2 * CV_GF_LIMBS_MAX];
        uint8_t share[133], secret[66], private_key[66] = {0}, out[133];
        size_t out_len;
        struct cv_private_key key = {.type = c->key_type, .secret = cv_bytes(private_key, c->len)};
        base_point(c, g);
        cv_ec_encode_point(c, share, g);
        struct cv_bytes peer = cv_bytes(share, 1 + 2 * c->len);
        assert_int_equal(groups[i]->finish(groups[i], secret, private_key, peer), CV_E_KEY_SYNTAX);
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_E_KEY_SYNTAX);
        cv_gf_store(private_key, c->len, c->order->m);
        assert_int_equal(groups[i]->finish(groups[i], secret, private_key, peer), CV_E_KEY_SYNTAX);
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_E_KEY_SYNTAX);
        private_key[c->len - 1]--; /* n - 1 times G is -G */
        assert_int_equal(groups[i]->finish(groups[i], secret, private_key, peer), CV_OK);
        assert_memory_equal(secret, share + 1, c->len);
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_OK);
        assert_memory_equal(out, share, 1 + c->len);
        assert_memory_not_equal(out, share, out_len);
        key.secret.len--;
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_E_KEY_SYNTAX);
        key.type = CV_KEY_RSA;
        assert_int_equal(cv_ec_public_key(&key, out, &out_len), CV_E_INVALID_ARGUMENT);
    }
}

static void encode(const struct cv_ec_curve *c, uint8_t *out, const cv_gf_limb *jacobian)
{
    cv_gf_limb affine[2 * CV_GF_LIMBS_MAX];
    memset(out, 0, 133);
    if (cv_gf_is_zero(c->field, jacobian + 2 * c->field->n_limbs)) return; /* infinity: zeros */
    cv_ec_to_affine(c, affine, jacobian);
    cv_ec_encode_point(c, out, affine);
}

/* Bit by bit, with the public addition's care for equal points: slow, and obviously right. */
static void reference_mul(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k)
{
    cv_gf_limb g[2 * CV_GF_LIMBS_MAX], sum[3 * CV_GF_LIMBS_MAX];
    base_point(c, g);
    memset(r, 0, 3 * c->field->n_limbs * sizeof *r);
    for (unsigned i = c->bits; i-- > 0;) {
        c->dbl(c, r, r);
        if (cv_gf_bits(c->order->n_limbs, k, i, 1) == 0) continue;
        if (c->add_affine(c, sum, r, g) != 0) c->dbl(c, sum, r);
        memcpy(r, sum, sizeof sum);
    }
}

typedef void mul_add_fn(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u, const cv_gf_limb *v,
                        const cv_gf_limb *p);

static void assert_sums_agree(const struct cv_ec_curve *c, const cv_gf_limb *k, const cv_gf_limb *g,
                              const uint8_t *expected, mul_add_fn *mul_add)
{
    static const cv_gf_limb zero[CV_GF_LIMBS_MAX];
    cv_gf_limb r[3 * CV_GF_LIMBS_MAX], half[CV_GF_LIMBS_MAX];
    uint8_t got[133];
    mul_add(c, r, k, zero, g);
    encode(c, got, r);
    assert_memory_equal(got, expected, sizeof got);
    mul_add(c, r, zero, k, g);
    encode(c, got, r);
    assert_memory_equal(got, expected, sizeof got);
    /* k/2 + k/2 meets equal points on the way, k + (-k) opposite ones. */
    cv_gf_half(c->order, half, k);
    mul_add(c, r, half, half, g);
    encode(c, got, r);
    assert_memory_equal(got, expected, sizeof got);
    cv_gf_sub(c->order, half, zero, k);
    mul_add(c, r, half, k, g);
    encode(c, got, r);
    assert_int_equal(got[0], 0);
}

static void assert_ways_agree(const struct cv_ec_curve *c, const cv_gf_limb *k)
{
    cv_gf_limb g[2 * CV_GF_LIMBS_MAX], r[3 * CV_GF_LIMBS_MAX];
    uint8_t expected[133], got[133];
    base_point(c, g);
    reference_mul(c, r, k);
    encode(c, expected, r);
    assert_int_equal(expected[0], 4);
    cv_ec_mul(c, r, k, g);
    encode(c, got, r);
    assert_memory_equal(got, expected, sizeof got);
    cv_ec_mul_base(c, r, k);
    encode(c, got, r);
    assert_memory_equal(got, expected, sizeof got);
    assert_sums_agree(c, k, g, expected, cv_ec_mul_add_public);
    if (c->comb != NULL && c->comb->vartime != NULL)
        assert_sums_agree(c, k, g, expected, c->comb->vartime->mul_add);
}

static void all_multiplications_agree_at_the_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CURVES; i++) {
        const struct cv_ec_curve *c = curves[i];
        const unsigned n = c->order->n_limbs;
        cv_gf_limb k[CV_GF_LIMBS_MAX], small[CV_GF_LIMBS_MAX] = {0};
        static const cv_gf_limb zero[CV_GF_LIMBS_MAX];
        for (small[0] = 1; small[0] <= 40; small[0]++) { /* d, and n - d: the exceptional windows are here */
            assert_ways_agree(c, small);
            cv_gf_sub(c->order, k, zero, small);
            assert_ways_agree(c, k);
        }
        for (unsigned bit = 0; bit < c->bits; bit += bit < 16 || bit + 16 > c->bits ? 1 : 13) {
            memset(k, 0, sizeof k);
            k[bit / CV_GF_LIMB_BITS] = (cv_gf_limb)1 << bit % CV_GF_LIMB_BITS;
            assert_ways_agree(c, k);
            for (unsigned b = 0; b < bit; b++) k[b / CV_GF_LIMB_BITS] |= (cv_gf_limb)1 << b % CV_GF_LIMB_BITS;
            if (cv_gf_below_modulus(c->order, k)) assert_ways_agree(c, k);
        }
        for (unsigned pattern = 0; pattern < 3; pattern++) { /* windows of one digit: 10000, 01111, 10101 */
            static const unsigned digits[] = {16, 15, 21};
            memset(k, 0, sizeof k);
            for (unsigned b = 0; b + 5 < c->bits; b++)
                if (digits[pattern] >> b % 5 & 1)
                    k[b / CV_GF_LIMB_BITS] |= (cv_gf_limb)1 << b % CV_GF_LIMB_BITS;
            assert_ways_agree(c, k);
        }
        assert_true(n <= CV_GF_LIMBS_MAX);
    }
}

/* Field identities at the ends of the range, where carries are longest. */
static void fields_hold_at_their_ends(void **state)
{
    (void)state;
    enum { N_VALUES = 7 };
    for (size_t i = 0; i < 2 * N_CURVES; i++) {
        const struct cv_gf *f = i < N_CURVES ? curves[i]->field : curves[i - N_CURVES]->order;
        static const cv_gf_limb zero[CV_GF_LIMBS_MAX], one[CV_GF_LIMBS_MAX] = {1};
        cv_gf_limb v[N_VALUES][CV_GF_LIMBS_MAX] = {{0}, {1}, {2}}, a[CV_GF_LIMBS_MAX], b[CV_GF_LIMBS_MAX];
        f->sub(f, v[3], zero, one);
        f->sub(f, v[4], zero, v[2]);
        f->half(f, v[5], one);
        memcpy(v[6], f->one, sizeof v[6]);
        for (size_t x = 0; x < N_VALUES; x++) {
            for (size_t y = 0; y < N_VALUES; y++) {
                cv_gf_limb s[CV_GF_LIMBS_MAX], d[CV_GF_LIMBS_MAX];
                f->add(f, s, v[x], v[y]);
                f->sub(f, d, v[x], v[y]);
                assert_true(cv_gf_below_modulus(f, s) && cv_gf_below_modulus(f, d));
                f->mul(f, a, s, d); /* (x + y)(x - y) = x² - y² */
                f->sqr(f, s, v[x]);
                f->sqr(f, d, v[y]);
                f->sub(f, b, s, d);
                assert_true(cv_gf_equal(f, a, b) && cv_gf_below_modulus(f, a));
                f->mul(f, d, v[x], v[x]);
                assert_true(cv_gf_equal(f, s, d));
            }
            cv_gf_invert(f, a, v[x]);
            cv_gf_invert_vartime(f, b, v[x]);
            assert_true(cv_gf_equal(f, a, b));
            f->mul(f, a, a, v[x]);
            assert_true(cv_gf_equal(f, a, x == 0 ? zero : f->one));
            f->half(f, a, v[x]);
            f->add(f, a, a, a);
            assert_true(cv_gf_equal(f, a, v[x]));
            cv_gf_to(f, a, v[x]);
            cv_gf_from(f, a, a);
            assert_true(cv_gf_equal(f, a, v[x]));
        }
    }
}

/* P-256 and P-384 reduce by the form of their modulus; any modulus can be reduced by Montgomery's way. Limbs
 * of all zeros and all ones make the carries and borrows that random ones do not. */
static void special_reductions_are_montgomerys(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < 2; i++) {
        const struct cv_gf *f = curves[i]->field;
        for (unsigned round = 0; round < 20000; round++) {
            cv_gf_limb v[2][CV_GF_LIMBS_MAX] = {{0}}, a[CV_GF_LIMBS_MAX], b[CV_GF_LIMBS_MAX];
            for (unsigned k = 0; k < 2 * f->n_limbs; k++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
                const unsigned kind = (unsigned)(seed >> 61);
                const cv_gf_limb limb = (cv_gf_limb)(seed ^ seed >> 29);
                v[k / f->n_limbs][k % f->n_limbs] = kind == 0 ? 0 : kind == 1 ? (cv_gf_limb)0 - 1 : limb;
            }
            cv_gf_reduce_once(f, v[0], v[0], 0);
            cv_gf_reduce_once(f, v[1], v[1], 0);
            f->mul(f, a, v[0], v[1]);
            cv_gf_mont_mul(f, b, v[0], v[1]);
            assert_true(cv_gf_equal(f, a, b));
            f->sqr(f, a, v[0]);
            cv_gf_mont_mul(f, b, v[0], v[0]);
            assert_true(cv_gf_equal(f, a, b));
            f->add(f, a, v[0], v[1]);
            cv_gf_add(f, b, v[0], v[1]);
            assert_true(cv_gf_equal(f, a, b));
            f->sub(f, a, v[0], v[1]);
            cv_gf_sub(f, b, v[0], v[1]);
            assert_true(cv_gf_equal(f, a, b));
            f->half(f, a, v[0]);
            cv_gf_half(f, b, v[0]);
            assert_true(cv_gf_equal(f, a, b));
            cv_gf_invert(f, a, v[0]);
            cv_gf_invert_vartime(f, b, v[0]);
            assert_true(cv_gf_equal(f, a, b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_hold_at_their_ends),
        cmocka_unit_test(special_reductions_are_montgomerys),
        cmocka_unit_test(all_multiplications_agree_at_the_edges),
        cmocka_unit_test(ecdh_agrees_with_the_vectors),
        cmocka_unit_test(both_sides_get_the_same_secret),
        cmocka_unit_test(a_broken_rng_gives_no_key),
        cmocka_unit_test(bad_shares_are_refused),
        cmocka_unit_test(coordinates_are_not_reduced),
        cmocka_unit_test(private_keys_are_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
