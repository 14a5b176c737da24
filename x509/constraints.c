#include "x509/der.h"
#include "x509/dn.h"
#include "x509/host.h"
#include "x509/oid.h"
#include "x509/validate.h"

#include <string.h>

/* Whether a name lies within a constraint. CANNOT_TELL counts against the name, wherever it arises. */
enum match { NO, YES, CANNOT_TELL };

enum list { PERMITTED, EXCLUDED };

typedef enum match match_fn(struct cv_bytes name, struct cv_bytes base, enum list list);

static struct cv_bytes without_dot(struct cv_bytes name)
{
    if (name.len > 0 && name.p[name.len - 1] == '.') name.len--;
    return name;
}

static bool begins_with(struct cv_bytes s, char c)
{
    return s.len > 0 && s.p[0] == (uint8_t)c;
}

static struct cv_bytes skip(struct cv_bytes s, size_t n)
{
    return cv_bytes(s.p + n, s.len - n);
}

static bool is_below(struct cv_bytes name, struct cv_bytes base)
{
    if (name.len <= base.len || name.p[name.len - base.len - 1] != '.') return false;
    return cv_ascii_equal_fold(skip(name, name.len - base.len), base);
}

/* A host against ".domain" (below it only) or a domain; `below` says whether the latter holds what is
 * below it too. */
static enum match match_domain(struct cv_bytes host, struct cv_bytes base, bool below)
{
    bool dotted = begins_with(base, '.');

    host = without_dot(host);
    base = without_dot(dotted ? skip(base, 1) : base);
    if (!cv_dns_name_ok(host) || !cv_dns_name_ok(base)) return CANNOT_TELL;
    if ((dotted || below) && is_below(host, base)) return YES;
    return !dotted && cv_ascii_equal_fold(host, base) ? YES : NO;
}

/* A wildcard name is permitted if all that it stands for is, excluded if any of it is. */
static enum match match_dns(struct cv_bytes name, struct cv_bytes base, enum list list)
{
    if (base.len == 0) return YES;
    if (!begins_with(name, '*')) return match_domain(name, base, true);
    if (name.len < 3 || name.p[1] != '.') return CANNOT_TELL;

    struct cv_bytes parent = without_dot(skip(name, 2));
    struct cv_bytes top = without_dot(begins_with(base, '.') ? skip(base, 1) : base);
    enum match m = match_domain(parent, top, true);
    if (m == NO && list == EXCLUDED && cv_ascii_equal_fold(cv_dns_parent(top), parent)) return YES;
    return m;
}

/* Splits at the one '@'. */
static bool split_mailbox(struct cv_bytes mailbox, struct cv_bytes *local, struct cv_bytes *host)
{
    const uint8_t *at = mailbox.len ? memchr(mailbox.p, '@', mailbox.len) : NULL;

    if (!at) return false;
    *local = cv_bytes(mailbox.p, (size_t)(at - mailbox.p));
    *host = skip(mailbox, local->len + 1);
    return local->len > 0 && memchr(host->p, '@', host->len) == NULL;
}

static enum match match_mail(struct cv_bytes name, struct cv_bytes base, enum list list)
{
    struct cv_bytes local, host, base_local, base_host;

    (void)list;
    if (!split_mailbox(name, &local, &host)) return CANNOT_TELL;
    if (base.len == 0) return YES;
    if (memchr(base.p, '@', base.len) == NULL) return match_domain(host, base, false);
    if (!split_mailbox(base, &base_local, &base_host) || begins_with(base_host, '.')) return CANNOT_TELL;
    enum match m = match_domain(host, base_host, false);
    return m == YES && !cv_bytes_equal(local, base_local) ? NO : m;
}

/* The host of "scheme://user@host:port/…" (RFC 3986 3.2); false where there is none, or an address, or a
 * backslash, which some readers take for a slash. */
static bool uri_host(struct cv_bytes uri, struct cv_bytes *host)
{
    size_t i = 0;

    while (i < uri.len && uri.p[i] != ':' && uri.p[i] != '/') i++;
    if (i == 0 || uri.len - i < 3 || memcmp(uri.p + i, "://", 3) != 0) return false;
    struct cv_bytes rest = skip(uri, i + 3);
    size_t end = 0, start = 0;
    while (end < rest.len && !strchr("/?#", rest.p[end])) end++;
    for (i = 0; i < end; i++) {
        if (rest.p[i] == '\\') return false;
        if (rest.p[i] == '@') start = i + 1;
    }
    for (i = start; i < end && rest.p[i] != ':';) i++;
    *host = without_dot(cv_bytes(rest.p + start, i - start));
    return cv_dns_name_ok(*host) && !cv_dns_ends_in_number(*host);
}

static enum match match_uri(struct cv_bytes name, struct cv_bytes base, enum list list)
{
    struct cv_bytes host;

    (void)list;
    return uri_host(name, &host) ? match_domain(host, base, false) : CANNOT_TELL;
}

/* An address against address and mask; the mask is that of a prefix (RFC 4632 3.1). */
static enum match match_ip(struct cv_bytes name, struct cv_bytes base, enum list list)
{
    bool ended = false, same = true;

    (void)list;
    if (base.len != 8 && base.len != 32) return CANNOT_TELL;
    if (name.len != 4 && name.len != 16) return CANNOT_TELL;
    size_t len = base.len / 2;
    for (size_t i = 0; i < len; i++) {
        uint8_t mask = base.p[len + i];
        if ((ended && mask != 0) || (uint8_t)(mask | (mask - 1)) != 0xff) return CANNOT_TELL;
        ended = mask != 0xff;
        if (name.len == len && ((name.p[i] ^ base.p[i]) & mask)) same = false;
    }
    return name.len == len && same ? YES : NO;
}

static enum match match_directory(struct cv_bytes name, struct cv_bytes base, enum list list)
{
    (void)list;
    return cv_name_within(name, base) ? YES : NO;
}

enum { RFC822_NAME = 1, DNS_NAME, DIRECTORY_NAME = 4, URI = 6, IP_ADDRESS };

/* NULL for a form that we do not judge. */
static match_fn *matcher(uint8_t tag)
{
    static match_fn *const by_number[32] = {
        [RFC822_NAME] = match_mail, [DNS_NAME] = match_dns,  [DIRECTORY_NAME] = match_directory,
        [URI] = match_uri,          [IP_ADDRESS] = match_ip,
    };

    return by_number[tag & 0x1f];
}

struct constraints {
    struct cv_bytes list[2]; /* by enum list */
    uint32_t *budget;
};

/* Goes through one list for the name: whether a constraint of its form stands there, and whether the name
 * is in one (for excluded ones: may be in one). */
static cv_err try_list(const struct constraints *nc, enum list list, uint8_t tag, struct cv_bytes name,
                       bool *is_constrained, bool *is_in)
{
    struct cv_bytes in = nc->list[list], subtree, base;
    match_fn *match = matcher(tag);
    uint8_t base_tag;
    cv_err e;

    *is_constrained = *is_in = false;
    while (in.len > 0) {
        if ((e = cv_der_read(&in, CV_DER_SEQUENCE, &subtree)) != CV_OK) return e;
        if ((e = cv_der_any(&subtree, &base_tag, &base)) != CV_OK) return e;
        if ((e = cv_budget_spend(nc->budget, 1)) != CV_OK) return e;
        if (base_tag != tag) continue;
        if ((e = cv_budget_spend(nc->budget, (name.len + base.len) / 64)) != CV_OK) return e;
        *is_constrained = true;
        enum match m = match ? match(name, base, list) : CANNOT_TELL;
        if (m == YES || (m == CANNOT_TELL && list == EXCLUDED)) {
            *is_in = true;
            return CV_OK;
        }
    }
    return CV_OK;
}

static cv_err check_name(const struct constraints *nc, uint8_t tag, struct cv_bytes name)
{
    bool is_constrained, is_in;
    cv_err e = try_list(nc, EXCLUDED, tag, name, &is_constrained, &is_in);

    if (e != CV_OK) return e;
    if (is_in) return CV_E_CERT_NAME_CONSTRAINT;
    if ((e = try_list(nc, PERMITTED, tag, name, &is_constrained, &is_in)) != CV_OK) return e;
    return is_constrained && !is_in ? CV_E_CERT_NAME_CONSTRAINT : CV_OK;
}

/* Mail addresses in the subject count as alternative names of that form: RFC 5280 asks for it only where
 * there are no alternative names, we always do. */
static cv_err check_subject_mail(const struct constraints *nc, struct cv_bytes rdns)
{
    static const struct cv_oid email_address = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01}};
    struct cv_bytes rdn;
    struct cv_attribute a;
    cv_err e = CV_OK;

    while (e == CV_OK && rdns.len > 0) {
        e = cv_der_read(&rdns, CV_DER_SET, &rdn);
        while (e == CV_OK && rdn.len > 0) {
            if ((e = cv_attribute_read(&rdn, &a)) != CV_OK) return e;
            if (cv_oid_is(a.type, &email_address)) e = check_name(nc, CV_DER_CONTEXT | RFC822_NAME, a.value);
        }
    }
    return e;
}

cv_err cv_constraints_check(const struct cv_cert *ca, const struct cv_cert *cert, uint32_t *budget)
{
    struct constraints nc = {.budget = budget};
    struct cv_bytes in = ca->name_constraints, subject = cert->subject, rdns, names = cert->san, name;
    uint8_t tag;
    cv_err e;

    if (!in.p) return CV_OK;
    if ((e = cv_der_optional(&in, CV_DER_CONTEXT_CON | 0, &nc.list[PERMITTED])) != CV_OK) return e;
    if ((e = cv_der_optional(&in, CV_DER_CONTEXT_CON | 1, &nc.list[EXCLUDED])) != CV_OK) return e;
    if ((e = cv_der_read(&subject, CV_DER_SEQUENCE, &rdns)) != CV_OK) return e;
    if (rdns.len > 0) {
        if ((e = check_name(&nc, CV_DER_CONTEXT_CON | DIRECTORY_NAME, cert->subject)) != CV_OK) return e;
        if ((e = check_subject_mail(&nc, rdns)) != CV_OK) return e;
    }
    while (names.len > 0) {
        if ((e = cv_der_any(&names, &tag, &name)) != CV_OK) return e;
        if ((e = check_name(&nc, tag, name)) != CV_OK) return e;
    }
    return CV_OK;
}
