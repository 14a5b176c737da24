/* The part of CryptoAPI that programs hash with: providers, hash objects, random bytes. */
#include "sspi/capi.h"

struct hash {
    struct cv_capi_object head;
    bool is_done;
    struct cv_hash_ctx ctx;
    uint8_t digest[CV_HASH_MAX];
};

const struct cv_hash *cv_capi_hash_of(ALG_ID id)
{
    switch (id) {
    case CALG_SHA1:
        return &cv_sha1;
    case CALG_SHA_256:
        return &cv_sha256;
    case CALG_SHA_384:
        return &cv_sha384;
    case CALG_SHA_512:
        return &cv_sha512;
    default:
        return NULL;
    }
}

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static struct hash *hash_of(HCRYPTHASH h)
{
    struct hash *hash = cv_capi_find(CV_CAPI_HASH, h);
    if (hash == NULL) SetLastError(ERROR_INVALID_HANDLE);
    return hash;
}

BOOL WINAPI CryptCreateHash(HCRYPTPROV hProv, ALG_ID Algid, HCRYPTKEY hKey, DWORD dwFlags, HCRYPTHASH *phHash)
{
    const struct cv_hash *alg = cv_capi_hash_of(Algid);
    if (phHash == NULL) return fail(ERROR_INVALID_PARAMETER);
    if (cv_capi_find(CV_CAPI_PROVIDER, hProv) == NULL) return fail(ERROR_INVALID_HANDLE);
    if (dwFlags != 0) return fail((DWORD)NTE_BAD_FLAGS);
    if (hKey != 0) return fail((DWORD)NTE_BAD_KEY); /* only keyed algorithms have one */
    if (alg == NULL) return fail((DWORD)NTE_BAD_ALGID);
    struct hash *hash = cv_capi_new(CV_CAPI_HASH, sizeof *hash);
    if (hash == NULL) return fail(ERROR_NOT_ENOUGH_MEMORY);
    cv_hash_init(&hash->ctx, alg);
    *phHash = (HCRYPTHASH)hash;
    return TRUE;
}

BOOL WINAPI CryptHashData(HCRYPTHASH hHash, const BYTE *pbData, DWORD dwDataLen, DWORD dwFlags)
{
    struct hash *hash = hash_of(hHash);
    if (hash == NULL) return FALSE;
    if (dwFlags != 0) return fail((DWORD)NTE_BAD_FLAGS);
    if (pbData == NULL && dwDataLen > 0) return fail(ERROR_INVALID_PARAMETER);
    if (hash->is_done) return fail((DWORD)NTE_BAD_HASH_STATE);
    if (dwDataLen > 0) cv_hash_update(&hash->ctx, pbData, dwDataLen);
    return TRUE;
}

static ALG_ID id_of(const struct cv_hash *alg)
{
    switch (alg->id) {
    case CV_HASH_SHA1:
        return CALG_SHA1;
    case CV_HASH_SHA256:
        return CALG_SHA_256;
    case CV_HASH_SHA384:
        return CALG_SHA_384;
    default:
        return CALG_SHA_512;
    }
}

BOOL WINAPI CryptGetHashParam(HCRYPTHASH hHash, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags)
{
    struct hash *hash = hash_of(hHash);
    if (hash == NULL) return FALSE;
    if (dwFlags != 0) return fail((DWORD)NTE_BAD_FLAGS);
    if (pdwDataLen == NULL) return fail(ERROR_INVALID_PARAMETER);
    DWORD number = dwParam == HP_ALGID ? id_of(hash->ctx.alg) : hash->ctx.alg->digest_len;
    const void *from = &number;
    size_t len = sizeof number;
    if (dwParam == HP_HASHVAL) {
        from = hash->digest;
        len = hash->ctx.alg->digest_len;
    } else if (dwParam != HP_ALGID && dwParam != HP_HASHSIZE) {
        return fail((DWORD)NTE_BAD_TYPE);
    }
    DWORD room = *pdwDataLen;
    *pdwDataLen = (DWORD)len;
    if (pbData == NULL) return TRUE;
    if (room < len) return fail(ERROR_MORE_DATA);
    if (dwParam == HP_HASHVAL && !hash->is_done) {
        cv_hash_final(&hash->ctx, hash->digest);
        hash->is_done = true;
    }
    memcpy(pbData, from, len);
    return TRUE;
}

BOOL WINAPI CryptDestroyHash(HCRYPTHASH hHash)
{
    struct hash *hash = hash_of(hHash);
    if (hash == NULL) return FALSE;
    cv_capi_delete(hash);
    return TRUE;
}

BOOL WINAPI CryptHashCertificate(HCRYPTPROV_LEGACY hCryptProv, ALG_ID Algid, DWORD dwFlags,
                                 const BYTE *pbEncoded, DWORD cbEncoded, BYTE *pbComputedHash,
                                 DWORD *pcbComputedHash)
{
    const struct cv_hash *alg = cv_capi_hash_of(Algid == 0 ? (ALG_ID)CALG_SHA1 : Algid);
    (void)hCryptProv;
    (void)dwFlags;
    if (pcbComputedHash == NULL || (pbEncoded == NULL && cbEncoded > 0)) return fail(ERROR_INVALID_PARAMETER);
    if (alg == NULL) return fail((DWORD)NTE_BAD_ALGID);
    DWORD room = *pcbComputedHash;
    *pcbComputedHash = alg->digest_len;
    if (pbComputedHash == NULL) return TRUE;
    if (room < alg->digest_len) return fail(ERROR_MORE_DATA);
    cv_hash_digest(alg, pbComputedHash, pbEncoded, cbEncoded);
    return TRUE;
}
