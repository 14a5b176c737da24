/* Reads Wycheproof's JSON, version 1 (https://github.com/C2SP/wycheproof, schemas/). */
#include "sspi/culvert/vector.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What we make of a test of one type of group. */
static const struct kind {
    const char *type;
    enum cv_vector_op op;
    const char *alg; /* NULL: what the file names */
    struct {
        const char *name; /* in the test or, where it is not there, in the group */
        enum cv_vector_field field;
    } fields[8];
} kinds[] = {
    {"AeadTest",
     VECTOR_AEAD,
     NULL,
     {{"key", FIELD_KEY},
      {"iv", FIELD_NONCE},
      {"aad", FIELD_AAD},
      {"msg", FIELD_MSG},
      {"ct", FIELD_CT},
      {"tag", FIELD_TAG}}},
    {"IndCpaTest",
     VECTOR_CBC,
     NULL,
     {{"key", FIELD_KEY}, {"iv", FIELD_NONCE}, {"msg", FIELD_MSG}, {"ct", FIELD_CT}}},
    {"MacTest", VECTOR_MAC, NULL, {{"key", FIELD_KEY}, {"msg", FIELD_MSG}, {"tag", FIELD_TAG}}},
    {"HkdfTest",
     VECTOR_HKDF,
     NULL,
     {{"ikm", FIELD_IKM}, {"salt", FIELD_SALT}, {"info", FIELD_INFO}, {"okm", FIELD_OKM}}},
    {"XdhComp",
     VECTOR_DH,
     NULL,
     {{"private", FIELD_PRIVATE}, {"public", FIELD_PUBLIC}, {"shared", FIELD_SHARED}}},
    {"EcdhTest",
     VECTOR_DH,
     NULL,
     {{"private", FIELD_PRIVATE}, {"public", FIELD_PUBLIC}, {"shared", FIELD_SHARED}}},
    {"EcdhEcpointTest",
     VECTOR_DH,
     NULL,
     {{"private", FIELD_PRIVATE}, {"public", FIELD_PUBLIC}, {"shared", FIELD_SHARED}}},
    {"EcdsaVerify",
     VECTOR_VERIFY,
     "ECDSA",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"EcdsaP1363Verify",
     VECTOR_VERIFY,
     "ECDSA",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"EddsaVerify",
     VECTOR_VERIFY,
     "EDDSA",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"RsassaPkcs1Verify",
     VECTOR_VERIFY,
     "RSASSA-PKCS1",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"RsassaPssVerify",
     VECTOR_VERIFY,
     "RSASSA-PSS",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"RsassaPssWithParametersVerify",
     VECTOR_VERIFY,
     "RSASSA-PSS",
     {{"publicKeyDer", FIELD_PUBLIC}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"RsassaPkcs1Generate",
     VECTOR_SIGN,
     "RSASSA-PKCS1",
     {{"privateKeyPkcs8", FIELD_PRIVATE}, {"msg", FIELD_MSG}, {"sig", FIELD_SIG}}},
    {"MlDsaVerify",
     VECTOR_VERIFY,
     NULL,
     {{"publicKey", FIELD_POINT}, {"msg", FIELD_MSG}, {"ctx", FIELD_CONTEXT}, {"sig", FIELD_SIG}}},
    {"MlDsaSign",
     VECTOR_SIGN,
     NULL,
     {{"privateSeed", FIELD_SEED},
      {"privateKey", FIELD_PRIVATE},
      {"publicKey", FIELD_POINT},
      {"msg", FIELD_MSG},
      {"ctx", FIELD_CONTEXT},
      {"mu", FIELD_MU},
      {"rnd", FIELD_RANDOM},
      {"sig", FIELD_SIG}}},
    {"PrimalityTest", VECTOR_PRIME, NULL, {{"value", FIELD_MSG}}},
    {"MLKEMKeyGen", VECTOR_KEYGEN, NULL, {{"seed", FIELD_SEED}, {"ek", FIELD_PUBLIC}, {"dk", FIELD_PRIVATE}}},
    {"MLKEMEncapsTest",
     VECTOR_ENCAPS,
     NULL,
     {{"ek", FIELD_PUBLIC}, {"m", FIELD_MSG}, {"c", FIELD_CT}, {"K", FIELD_SHARED}}},
    {"MLKEMTest",
     VECTOR_DECAPS,
     NULL,
     {{"seed", FIELD_SEED}, {"ek", FIELD_PUBLIC}, {"c", FIELD_CT}, {"K", FIELD_SHARED}}},
    {"MLKEMDecapsValidationTest",
     VECTOR_DECAPS,
     NULL,
     {{"dk", FIELD_PRIVATE}, {"c", FIELD_CT}, {"K", FIELD_SHARED}}},
};

/* Cases that the authors leave to the implementation ("acceptable"): what is ours to do, by flag. One flag
 * that says reject outweighs any that say accept. */
static const struct decision {
    enum cv_vector_op op;
    const char *flag;
    bool accept;
} decisions[] = {
    /* RFC 7748 sections 5 and 6.1: any 32 bytes are a share, but an all-zero secret must be refused
     * (RFC 9846 section 7.4.2). */
    {VECTOR_DH, "Twist", true},
    {VECTOR_DH, "SpecialPublicKey", true},
    {VECTOR_DH, "SmallPublicKey", true},
    {VECTOR_DH, "NonCanonicalPublic", true},
    {VECTOR_DH, "EdgeCaseShared", true},
    {VECTOR_DH, "EdgeCaseMultiplication", true},
    {VECTOR_DH, "Ktv", true},
    {VECTOR_DH, "LowOrderPublic", true}, /* three of X448 are not; what counts has the next flag */
    {VECTOR_DH, "ZeroSharedSecret", false},
    /* RFC 9846 section 4.3.8.2: points are uncompressed. RFC 5480 section 2.1.1: curves are named. */
    {VECTOR_DH, "CompressedPoint", false},
    {VECTOR_DH, "CompressedPublic", false},
    {VECTOR_DH, "UnnamedCurve", false},
    {VECTOR_DH, "UnusedParam", false},
    {VECTOR_DH, "WrongOrder", false},
    {VECTOR_DH, "ModifiedGenerator", false},
    {VECTOR_DH, "ModifiedCofactor", false},
    {VECTOR_DH, "NoCofactor", false},
    {VECTOR_DH, "ModifiedCurveParameter", false},
    {VECTOR_DH, "InvalidAsn", false}, /* strict DER */
    /* RFC 8017 section 9.2 note 1: the parameters are NULL, and one encoding is compared. */
    {VECTOR_VERIFY, "MissingNull", false},
    /* SHA-1 and SHA-224 sign where the caller asks for them; e below 65537 is no key of ours. */
    {VECTOR_PRIME, "NegativeOfPrime", false}, /* primes are positive */
    {VECTOR_SIGN, "WeakHash", true},
    {VECTOR_SIGN, "SmallPublicKey", false},
};

static const char *string_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

/* What to do with an acceptable case. false: no flag of it stands in our table. */
static bool decide(enum cv_vector_op op, const json_t *flags, bool *accept)
{
    bool found = false;
    size_t i;
    json_t *flag;
    *accept = true;
    json_array_foreach(flags, i, flag)
    {
        for (size_t k = 0; k < sizeof decisions / sizeof *decisions; k++)
            if (decisions[k].op == op && strcmp(decisions[k].flag, json_string_value(flag)) == 0) {
                found = true;
                if (!decisions[k].accept) *accept = false;
            }
    }
    return found;
}

/* "HMACSHA256", "HKDF-SHA-256": the hash behind the name. */
static const char *hash_behind(const char *alg, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(alg, prefix, len) != 0) return NULL;
    return alg[len] == '-' ? alg + len + 1 : alg + len;
}

static void fill_names(struct cv_vector *v, const struct kind *k, const char *file_alg, const json_t *group)
{
    const char *parameters = string_of(group, "parameterSet");
    v->alg = k->alg ? k->alg : parameters ? parameters : file_alg;
    v->hash = string_of(group, "sha");
    v->mgf_hash = string_of(group, "mgfSha");
    v->curve = string_of(group, "curve");
    v->out_len = (size_t)json_integer_value(json_object_get(group, "sLen"));
    v->spki = strcmp(k->type, "EcdhTest") == 0;
    v->p1363 = strcmp(k->type, "EcdsaP1363Verify") == 0;
    if (v->curve == NULL) v->curve = string_of(json_object_get(group, "publicKey"), "curve");
    if (k->op == VECTOR_MAC) v->hash = hash_behind(file_alg, "HMAC");
    if (k->op == VECTOR_HKDF) v->hash = hash_behind(file_alg, "HKDF");
    if ((k->op == VECTOR_MAC && v->hash == NULL)) v->op = VECTOR_NONE; /* CMAC, … */
}

static void free_fields(struct cv_vector *v)
{
    for (int i = 0; i < N_FIELDS; i++) free((uint8_t *)(uintptr_t)v->f[i].p);
}

static void run_test(struct cv_vector_sink *sink, const struct kind *k, const char *file_alg,
                     const json_t *group, const json_t *test)
{
    struct cv_vector v = {.op = k->op};
    const char *result = string_of(test, "result"), *problem = NULL;
    snprintf(v.id, sizeof v.id, "%d", (int)json_integer_value(json_object_get(test, "tcId")));
    fill_names(&v, k, file_alg, group);
    if (k->op == VECTOR_HKDF) v.out_len = (size_t)json_integer_value(json_object_get(test, "size"));

    for (size_t i = 0; i < sizeof k->fields / sizeof *k->fields && k->fields[i].name != NULL; i++) {
        const char *hex = string_of(test, k->fields[i].name);
        if (hex == NULL) hex = string_of(group, k->fields[i].name);
        if (hex != NULL && !cv_vector_unhex(&v.f[k->fields[i].field], hex, strlen(hex))) problem = "bad hex";
    }
    if (result == NULL)
        problem = "no result";
    else if (strcmp(result, "acceptable") != 0)
        v.valid = strcmp(result, "valid") == 0;
    else if (!decide(k->op, json_object_get(test, "flags"), &v.valid))
        problem = "acceptable, and no flag of ours decides";
    if (problem != NULL)
        sink->broken(sink, v.id, problem);
    else
        sink->put(sink, &v);
    free_fields(&v);
}

static void run_group(struct cv_vector_sink *sink, const char *file_alg, const json_t *group)
{
    static const struct kind other = {.op = VECTOR_NONE};
    const char *type = string_of(group, "type");
    const struct kind *k = &other;
    size_t i;
    json_t *test;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (type != NULL && strcmp(kinds[i].type, type) == 0) k = &kinds[i];
    json_array_foreach(json_object_get(group, "tests"), i, test)
    {
        if (k != &other) {
            run_test(sink, k, file_alg, group, test);
            continue;
        }
        struct cv_vector v = {.op = VECTOR_NONE, .alg = file_alg};
        snprintf(v.id, sizeof v.id, "%d", (int)json_integer_value(json_object_get(test, "tcId")));
        sink->put(sink, &v);
    }
}

bool cv_vectors_read_json(struct cv_vector_sink *sink, const char *text, size_t len, const char **why)
{
    json_t *root = json_loadb(text, len, 0, NULL), *group;
    const json_t *groups = json_object_get(root, "testGroups");
    const char *alg = string_of(root, "algorithm");
    size_t i;
    if (root == NULL || !json_is_array(groups) || alg == NULL) {
        *why = root == NULL ? "is not JSON" : "is not a Wycheproof file";
        json_decref(root);
        return false;
    }
    json_array_foreach(groups, i, group) run_group(sink, alg, group);
    json_decref(root);
    return true;
}
