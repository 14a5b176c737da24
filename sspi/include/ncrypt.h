/* ncrypt.h: the handles of keys, as certificates carry them. */
#ifndef CULVERT_NCRYPT_H
#define CULVERT_NCRYPT_H

#include <winnt.h>
#include <bcrypt.h>

typedef ULONG_PTR NCRYPT_HANDLE;
typedef ULONG_PTR NCRYPT_PROV_HANDLE;
typedef ULONG_PTR NCRYPT_KEY_HANDLE;
typedef ULONG_PTR NCRYPT_HASH_HANDLE;
typedef ULONG_PTR NCRYPT_SECRET_HANDLE;

#ifndef CULVERT_SECURITY_STATUS
#define CULVERT_SECURITY_STATUS
typedef LONG SECURITY_STATUS;
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Releases a key that CryptAcquireCertificatePrivateKey gave to the caller. */
CULVERT_API SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE hObject);

#ifdef __cplusplus
}
#endif

#endif
