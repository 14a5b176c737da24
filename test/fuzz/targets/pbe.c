/* An encrypted private key; its password is "secret". */
#include "test/fuzz/fuzz.h"
#include "x509/der.h"
#include "x509/pbe.h"

#include <stdlib.h>

enum { WORK = 5000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t password[] = {'s', 'e', 'c', 'r', 'e', 't'};
    struct cv_bytes in = cv_bytes(data, size), seq, alg, text;
    uint32_t work = WORK;
    size_t len;

    if (cv_der_read(&in, CV_DER_SEQUENCE, &seq) != CV_OK ||
        cv_der_whole(&seq, CV_DER_SEQUENCE, &alg) != CV_OK ||
        cv_der_read(&seq, CV_DER_OCTET_STRING, &text) != CV_OK)
        return 0;
    uint8_t *out = malloc(text.len ? text.len : 1);
    FUZZ_CHECK(out != NULL);
    cv_err e = cv_pbe_decrypt(out, text.len, &len, alg, text, cv_bytes(password, sizeof password), &work);
    FUZZ_CHECK(work <= WORK && e != CV_E_BUFFER_TOO_SMALL && e != CV_E_INVALID_ARGUMENT);
    if (e == CV_OK) FUZZ_CHECK(len < text.len);
    free(out);
    return 0;
}
