/* CERT_INFO: a certificate's fields as structs of wincrypt.h. */
#include "sspi/struct_fill.h"

void cv_cert_fill_info(CERT_INFO *info, struct cv_arena *a, const struct cv_cert *cert)
{
    info->dwVersion = cert->version - 1u;
    /* The certificate was parsed: what follows cannot fail, and a field that does stays empty. */
    (void)!cv_fill_extensions(&info->cExtension, &info->rgExtension, a, cert->extensions);
    cv_fill_integer(&info->SerialNumber, a, cert->serial);
    (void)!cv_fill_algorithm(&info->SignatureAlgorithm, a, cert->sig_alg);
    cv_fill_bytes(&info->Issuer, a, cert->issuer);
    cv_fill_bytes(&info->Subject, a, cert->subject);
    info->NotBefore = cv_filetime(cert->not_before);
    info->NotAfter = cv_filetime(cert->not_after);
    (void)!cv_fill_key(&info->SubjectPublicKeyInfo, a, cert->spki);
}
