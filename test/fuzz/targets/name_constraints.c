/* Name constraints: three elements, NameConstraints, GeneralNames and the subject's Name. */
#include "test/fuzz/fuzz.h"
#include "x509/der.h"
#include "x509/grammar.h"
#include "x509/validate.h"

enum { BUDGET = 1000, VALUE_MAX = 1 << 15 };

/* Reads the value as a certificate's extension is read, with all that is checked there. */
static cv_err take_constraints(struct cv_cert *ca, struct cv_bytes value, uint8_t *buf, size_t cap)
{
    static const uint8_t oid[] = {CV_DER_OID, 3, 0x55, 0x1d, 30};
    struct cv_cert_walk walk = {.cert = ca};
    struct cv_builder b;
    cv_build_init(&b, buf, cap);
    cv_build_bytes(&b, oid, sizeof oid);
    cv_build_u8(&b, CV_DER_OCTET_STRING);
    if (value.len >= 128) cv_build_u8(&b, value.len < 256 ? 0x81 : 0x82);
    if (value.len >= 256) cv_build_u8(&b, (uint8_t)(value.len >> 8));
    cv_build_u8(&b, (uint8_t)value.len);
    cv_build_bytes(&b, value.p, value.len);
    if (cv_build_end(&b) != CV_OK) return CV_E_CERT_SYNTAX;
    return cv_extension_take(&walk, cv_bytes(buf, b.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t empty_name[] = {CV_DER_SEQUENCE, 0};
    static uint8_t buf[VALUE_MAX];
    struct cv_bytes in = cv_bytes(data, size), whole;
    struct cv_cert ca = {.version = 3}, cert = {.version = 3};
    uint32_t budget = BUDGET, again = BUDGET;

    if (cv_der_whole(&in, CV_DER_SEQUENCE, &whole) != CV_OK || cv_der_check(whole) != CV_OK) return 0;
    if (take_constraints(&ca, whole, buf, sizeof buf) != CV_OK) return 0;
    FUZZ_CHECK(ca.name_constraints.p != NULL);
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
    FUZZ_CHECK(budget <= BUDGET);
    /* The same question has the same answer. */
    FUZZ_CHECK(cv_constraints_check(&ca, &cert, &again) == e && again == budget);
    return 0;
}
