/* Strings in certificates. */
#ifndef CV_SSPI_CERTIFICATE_NAME_H
#define CV_SSPI_CERTIFICATE_NAME_H

#include "sspi/win.h"
#include "x509/der.h"
#include "x509/dn.h"

/* Whether a tag is that of a string of characters. */
bool cv_string_tag(uint8_t tag);
/* Takes the next character of a string with this tag; U+FFFD for what is none. */
uint32_t cv_string_next(struct cv_bytes *in, uint8_t tag);

/* The first attribute of a Name that has this OID, given as text; false if there is none. */
bool cv_name_attribute(struct cv_attribute *out, struct cv_bytes name, const char *oid);

#endif
