/* The library on a port of the test's own, for tests of wincrypt.h and kernel32's part. */
#ifndef CV_TEST_WINCRYPT_FIXTURE_H
#define CV_TEST_WINCRYPT_FIXTURE_H

#include "port_test.h"
#include "sspi/win.h"

/* For cmocka: setup and teardown. Teardown fails the test if memory, objects or locks are left. */
int wincrypt_set_up(void **state);
int wincrypt_tear_down(void **state);
extern struct test_port wincrypt_port;

/* Calls `job` with the first, the second, … allocation failing, until one goes by without a failure. It
 * returns what the function under test did, frees what that gave, and leaves the reason of a failure in
 * GetLastError: which is ERROR_NOT_ENOUGH_MEMORY (or E_OUTOFMEMORY). Nothing may be left allocated by a run
 * that failed. */
void wincrypt_allocations_fail(bool (*job)(void *arg), void *arg);

/* A context of a certificate of chains.pem or revocation.pem, or NULL without memory. */
PCCERT_CONTEXT wincrypt_cert(const char *name);
/* A store in memory with certificates of those files; names have spaces between; NULL: an empty one. */
HCERTSTORE wincrypt_store(const char *names);

#endif
