/* Alerts (RFC 9846 section 6): the numbers, and which cause leads to which. */
#ifndef CV_TLS_ALERT_H
#define CV_TLS_ALERT_H

#include "crypto/base/err.h"

#include <stdint.h>

enum cv_alert {
    CV_ALERT_CLOSE_NOTIFY = 0,
    CV_ALERT_UNEXPECTED_MESSAGE = 10,
    CV_ALERT_BAD_RECORD_MAC = 20,
    CV_ALERT_RECORD_OVERFLOW = 22,
    CV_ALERT_DECOMPRESSION_FAILURE = 30, /* of TLS 1.2; never sent by us */
    CV_ALERT_HANDSHAKE_FAILURE = 40,
    CV_ALERT_BAD_CERTIFICATE = 42,
    CV_ALERT_UNSUPPORTED_CERTIFICATE = 43,
    CV_ALERT_CERTIFICATE_REVOKED = 44,
    CV_ALERT_CERTIFICATE_EXPIRED = 45,
    CV_ALERT_CERTIFICATE_UNKNOWN = 46,
    CV_ALERT_ILLEGAL_PARAMETER = 47,
    CV_ALERT_UNKNOWN_CA = 48,
    CV_ALERT_ACCESS_DENIED = 49,
    CV_ALERT_DECODE_ERROR = 50,
    CV_ALERT_DECRYPT_ERROR = 51,
    CV_ALERT_PROTOCOL_VERSION = 70,
    CV_ALERT_INSUFFICIENT_SECURITY = 71,
    CV_ALERT_INTERNAL_ERROR = 80,
    CV_ALERT_INAPPROPRIATE_FALLBACK = 86,
    CV_ALERT_USER_CANCELED = 90,
    CV_ALERT_NO_RENEGOTIATION = 100,
    CV_ALERT_MISSING_EXTENSION = 109,
    CV_ALERT_UNSUPPORTED_EXTENSION = 110,
    CV_ALERT_UNRECOGNIZED_NAME = 112,
    CV_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113,
    CV_ALERT_UNKNOWN_PSK_IDENTITY = 115,
    CV_ALERT_CERTIFICATE_REQUIRED = 116,
    CV_ALERT_GENERAL_ERROR = 117,
    CV_ALERT_NO_APPLICATION_PROTOCOL = 120,
};

enum { CV_ALERT_LEVEL_WARNING = 1, CV_ALERT_LEVEL_FATAL = 2, CV_NO_ALERT = -1 };

/* The fatal alert that tells the peer of this cause; CV_NO_ALERT for causes that the peer is not told. */
int cv_alert_for(cv_err e);
/* The same in TLS 1.2, which has no certificate_required and no missing_extension: handshake_failure. */
int cv_alert_for12(cv_err e);

/* "handshake_failure"; "unknown" for numbers that the registry lacks. */
const char *cv_alert_name(int description);

#endif
