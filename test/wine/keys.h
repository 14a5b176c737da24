/* Certificates of crypt32 with private keys where Windows keeps them. */
#ifndef CV_TEST_WINE_KEYS_H
#define CV_TEST_WINE_KEYS_H

#include <windows.h>
#include <wincrypt.h>

/* How a context names its key. */
enum key_kind {
    KEY_NONE,
    KEY_CNG,       /* a handle of a key storage provider */
    KEY_CAPI,      /* a handle of a CryptoAPI provider */
    KEY_CONTAINER, /* the name of a container */
    KEY_NOWHERE,   /* the name of one that is not there */
};

/* From STEM.der and, but for KEY_NONE and KEY_NOWHERE, STEM.blob (a PRIVATEKEYBLOB with an RSA key); its
 * authority, STEM-ca.der, lies in the same store. NULL, and a message, if that fails. */
PCCERT_CONTEXT read_certificate(const char *stem, enum key_kind kind);
/* The certificate of a PFX file that has these words in its subject, imported with these flags. */
PCCERT_CONTEXT read_pfx(const char *path, const WCHAR *password, const WCHAR *subject, DWORD flags);
/* A store in memory with this one certificate. */
HCERTSTORE read_store(const char *stem);

#endif
