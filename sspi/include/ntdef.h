/* NTSTATUS and counted strings. */
#ifndef CULVERT_NTDEF_H
#define CULVERT_NTDEF_H

#include <minwindef.h>

typedef LONG NTSTATUS, *PNTSTATUS;

/* Length and MaximumLength count bytes, not characters; no terminator is promised. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING;

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#endif

#endif
