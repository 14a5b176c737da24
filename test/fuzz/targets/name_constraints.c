/* Name constraints: three elements, NameConstraints, GeneralNames and the subject's Name. */
#include "test/fuzz/fuzz.h"
#include "x509/der.h"
#include "x509/grammar.h"
#include "x509/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t empty_name[] = {0x30, 0};
    struct cv_bytes in = cv_bytes(data, size), whole;
    struct cv_cert ca = {.version = 3}, cert = {.version = 3};
    uint32_t budget = 1000;

    if (cv_der_whole(&in, CV_DER_SEQUENCE, &whole) != CV_OK || cv_der_check(whole) != CV_OK) return 0;
    if (cv_der_read(&whole, CV_DER_SEQUENCE, &ca.name_constraints) != CV_OK) return 0;
    if (cv_der_whole(&in, CV_DER_SEQUENCE, &whole) != CV_OK || cv_der_check(whole) != CV_OK) return 0;
    if (cv_der_read(&whole, CV_DER_SEQUENCE, &cert.san) != CV_OK) return 0;
    if (cert.san.len == 0)
        cert.san.p = NULL;
    else if (cv_general_names_check(cert.san) != CV_OK)
        return 0;
    cert.subject = cv_bytes(empty_name, sizeof empty_name);
    if (cv_der_whole(&in, CV_DER_SEQUENCE, &whole) == CV_OK) {
        if (cv_der_check(whole) != CV_OK || cv_name_check(whole) != CV_OK) return 0;
        cert.subject = whole;
    }
    cv_err e = cv_constraints_check(&ca, &cert, &budget);
    FUZZ_CHECK(e == CV_OK || e == CV_E_CERT_NAME_CONSTRAINT || e == CV_E_CERT_TOO_COMPLEX);
    FUZZ_CHECK(budget <= 1000);

    /* Without names there is nothing to refuse; the same question has the same answer. */
    uint32_t again = 1000;
    FUZZ_CHECK(cv_constraints_check(&ca, &cert, &again) == e && again == budget);
    return 0;
}
