/* FormatMessage: status codes in words. */
#include "sspi/library.h"
#include "sspi/unicode.h"

#include <stdio.h>

static const struct {
    DWORD code;
    const char *text;
} texts[] = {
    {ERROR_SUCCESS, "No error."},
    {ERROR_FILE_NOT_FOUND, "The file, store or type is not known here."},
    {ERROR_ACCESS_DENIED, "Access is denied."},
    {ERROR_INVALID_HANDLE, "The handle is not valid."},
    {ERROR_NOT_ENOUGH_MEMORY, "There is not enough memory."},
    {ERROR_INVALID_DATA, "The data is not valid."},
    {ERROR_NOT_SUPPORTED, "This is not supported."},
    {ERROR_INVALID_PASSWORD, "The password is wrong."},
    {ERROR_INVALID_PARAMETER, "A parameter is wrong."},
    {ERROR_INSUFFICIENT_BUFFER, "The buffer is too small."},
    {ERROR_MOD_NOT_FOUND, "There is no such module."},
    {ERROR_PROC_NOT_FOUND, "There is no such function."},
    {ERROR_MORE_DATA, "There is more data than the buffer holds."},
    {ERROR_NO_UNICODE_TRANSLATION, "The text has characters that are not valid in its encoding."},
    {ERROR_NOT_FOUND, "It was not found."},
    {(DWORD)E_INVALIDARG, "An argument is not valid."},
    {(DWORD)E_OUTOFMEMORY, "There is not enough memory."},
    {(DWORD)NTE_BAD_HASH, "The hash object is not valid."},
    {(DWORD)NTE_BAD_KEY, "The key is not valid."},
    {(DWORD)NTE_BAD_DATA, "The data is not valid."},
    {(DWORD)NTE_BAD_ALGID, "The algorithm is not known."},
    {(DWORD)NTE_BAD_HASH_STATE, "The hash object has already given its value."},
    {(DWORD)NTE_NO_KEY, "There is no such key."},
    {(DWORD)NTE_BAD_KEYSET, "There is no such key container."},
    {(DWORD)SEC_E_INSUFFICIENT_MEMORY, "There is not enough memory for the request."},
    {(DWORD)SEC_E_INVALID_HANDLE, "The handle is not valid."},
    {(DWORD)SEC_E_UNSUPPORTED_FUNCTION, "The function is not supported."},
    {(DWORD)SEC_E_TARGET_UNKNOWN, "The target is unknown, or its name is malformed."},
    {(DWORD)SEC_E_INTERNAL_ERROR, "An internal error occurred."},
    {(DWORD)SEC_E_SECPKG_NOT_FOUND, "There is no such security package."},
    {(DWORD)SEC_E_INVALID_TOKEN, "The token is malformed, or not meant for this package."},
    {(DWORD)SEC_E_NO_IMPERSONATION, "There is no account to act as."},
    {(DWORD)SEC_E_LOGON_DENIED, "The logon was refused."},
    {(DWORD)SEC_E_UNKNOWN_CREDENTIALS, "The package does not understand these credentials."},
    {(DWORD)SEC_E_NO_CREDENTIALS, "There are no credentials."},
    {(DWORD)SEC_E_MESSAGE_ALTERED, "The message was altered on its way."},
    {(DWORD)SEC_E_OUT_OF_SEQUENCE, "The message is out of sequence."},
    {(DWORD)SEC_E_NO_AUTHENTICATING_AUTHORITY, "No authority could be reached for authentication."},
    {(DWORD)SEC_I_CONTINUE_NEEDED, "The token must be sent and the answer be given to the next call."},
    {(DWORD)SEC_I_COMPLETE_NEEDED, "The token must be completed."},
    {(DWORD)SEC_I_COMPLETE_AND_CONTINUE, "The token must be completed and sent, and the next call be made."},
    {(DWORD)SEC_I_CONTEXT_EXPIRED, "The peer has closed the connection."},
    {(DWORD)SEC_E_CONTEXT_EXPIRED, "The context is closed."},
    {(DWORD)SEC_E_INCOMPLETE_MESSAGE, "The message is incomplete; more must be read."},
    {(DWORD)SEC_I_INCOMPLETE_CREDENTIALS, "The server asks for a certificate, which these credentials lack."},
    {(DWORD)SEC_E_INCOMPLETE_CREDENTIALS, "The credentials are not complete."},
    {(DWORD)SEC_I_RENEGOTIATE, "The peer sent a message of the handshake, which is to be processed."},
    {(DWORD)SEC_E_BUFFER_TOO_SMALL, "A buffer is too small."},
    {(DWORD)SEC_E_WRONG_PRINCIPAL, "The certificate is not for the name of the target."},
    {(DWORD)SEC_E_UNTRUSTED_ROOT, "The chain of certificates ends in an authority that is not trusted."},
    {(DWORD)SEC_E_ILLEGAL_MESSAGE, "The message was unexpected or broke the protocol."},
    {(DWORD)SEC_E_CERT_UNKNOWN, "The certificate could not be processed."},
    {(DWORD)SEC_E_CERT_EXPIRED, "The certificate is not valid at this time."},
    {(DWORD)SEC_E_ENCRYPT_FAILURE, "The message could not be encrypted."},
    {(DWORD)SEC_E_DECRYPT_FAILURE, "The message could not be decrypted."},
    {(DWORD)SEC_E_ALGORITHM_MISMATCH, "Both sides have no algorithm in common."},
    {(DWORD)SEC_E_CERT_WRONG_USAGE, "The certificate is not meant for this use."},
    {(DWORD)SEC_E_BAD_BINDINGS, "The channel bindings do not match."},
    {(DWORD)SEC_E_INVALID_PARAMETER, "A parameter is not valid."},
    {(DWORD)SEC_E_MUTUAL_AUTH_FAILED, "The server could not be authenticated."},
    {(DWORD)SEC_E_APPLICATION_PROTOCOL_MISMATCH, "Both sides have no application protocol in common."},
    {(DWORD)CRYPT_E_NOT_FOUND, "There is no such object or property."},
    {(DWORD)CRYPT_E_EXISTS, "The object exists already."},
    {(DWORD)CRYPT_E_NO_MATCH, "No object matches."},
    {(DWORD)CRYPT_E_REVOKED, "The certificate was revoked."},
    {(DWORD)CRYPT_E_NO_REVOCATION_CHECK, "Revocation could not be checked."},
    {(DWORD)CRYPT_E_REVOCATION_OFFLINE, "Whether the certificate was revoked could not be found out."},
    {(DWORD)CRYPT_E_ASN1_ERROR, "The encoding is not valid."},
    {(DWORD)CRYPT_E_ASN1_BADTAG, "The encoding has another element than was asked for."},
    {(DWORD)CRYPT_E_NO_KEY_PROPERTY, "The certificate has no private key."},
    {(DWORD)TRUST_E_CERT_SIGNATURE, "The certificate's signature does not verify."},
    {(DWORD)TRUST_E_BASIC_CONSTRAINTS, "An issuer may not issue certificates."},
    {(DWORD)CERT_E_EXPIRED, "A certificate is not valid at this time."},
    {(DWORD)CERT_E_UNTRUSTEDROOT, "The chain ends in a root that is not trusted."},
    {(DWORD)CERT_E_CHAINING, "The chain could not be built to a trusted root."},
    {(DWORD)CERT_E_REVOKED, "A certificate was revoked by its issuer."},
    {(DWORD)CERT_E_CN_NO_MATCH, "The certificate is not for this name."},
    {(DWORD)CERT_E_WRONG_USAGE, "The certificate is not meant for this use."},
    {(DWORD)CERT_E_CRITICAL, "A certificate has a critical extension that is not known."},
    {(DWORD)CERT_E_INVALID_NAME, "A name is outside of what an issuer may certify."},
    {(DWORD)CERT_E_INVALID_POLICY, "A certification policy does not hold."},
};

static const char *text_of(DWORD code)
{
    /* HRESULT_FROM_WIN32 of a code says the same as the code. */
    if (code >> 16 == (0x8000 | FACILITY_WIN32)) {
        const char *same = text_of(code & 0xffff);
        if (same != NULL) return same;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].code == code) return texts[i].text;
    return NULL;
}

enum { TEXT_MAX = 160 };

/* The text with the end of line that the flags ask for; 0 if there is none, and the error is set. */
static size_t format(char out[TEXT_MAX], DWORD flags, DWORD code)
{
    const char *text = text_of(code);
    if ((flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (text == NULL) {
        SetLastError(ERROR_MR_MID_NOT_FOUND);
        return 0;
    }
    bool one_line = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK;
    return (size_t)snprintf(out, TEXT_MAX, "%s%s", text, one_line ? " " : "\r\n");
}

/* Where n characters of `width` bytes and a terminator go: the caller's buffer, or memory of ours whose
 * address the caller's buffer receives. NULL, and the error is set. */
static void *room_for(void *buffer, DWORD flags, DWORD size, size_t n, size_t width)
{
    void *p = buffer;
    if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0) {
        p = LocalAlloc(LMEM_FIXED, (n + 1 > size ? n + 1 : size) * width);
        memcpy(buffer, &p, sizeof p);
    } else if (n + 1 > size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        p = NULL;
    }
    return p;
}

DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    char text[TEXT_MAX];
    (void)lpSource;
    (void)dwLanguageId;
    (void)Arguments;
    size_t n = lpBuffer == NULL ? 0 : format(text, dwFlags, dwMessageId);
    char *to = n == 0 ? NULL : room_for(lpBuffer, dwFlags, nSize, n, 1);
    if (to == NULL) return 0;
    memcpy(to, text, n + 1);
    return (DWORD)n;
}

DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    char text[TEXT_MAX];
    (void)lpSource;
    (void)dwLanguageId;
    (void)Arguments;
    size_t n = lpBuffer == NULL ? 0 : format(text, dwFlags, dwMessageId);
    WCHAR *to = n == 0 ? NULL : room_for(lpBuffer, dwFlags, nSize, n, sizeof(WCHAR));
    if (to == NULL) return 0;
    cv_wide_ascii(to, n + 1, text);
    return (DWORD)n;
}
