/* What a board would have hardware for, by semihosting: QEMU's host. */
#include "test/firmware/board.h"

#include "crypto/sha256_small.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE0 = 0x04,
    SYS_READ = 0x06,
    SYS_CLOCK = 0x10, /* hundredths of a second */
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

void board_say(const char *text)
{
    board_semihost(SYS_WRITE0, text);
    board_semihost(SYS_WRITE0, "\n");
}

void board_say_number(const char *what, long n)
{
    char digits[16], *p = digits + sizeof digits;
    unsigned long rest = n < 0 ? 0ul - (unsigned long)n : (unsigned long)n;
    *--p = '\0';
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0) *--p = '-';
    board_semihost(SYS_WRITE0, what);
    board_semihost(SYS_WRITE0, " ");
    board_say(p);
}

void board_exit(int code)
{
    const uint32_t argument[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, (uint32_t)code};
    board_semihost(SYS_EXIT_EXTENDED, argument);
    for (;;) continue;
}

const char *board_command_line(void)
{
    static char text[128];
    struct {
        char *p;
        uint32_t len;
    } argument = {text, sizeof text};
    return board_semihost(SYS_GET_CMDLINE, &argument) == 0 ? text : "";
}

/* For runs that are to be the same each time. */
static bool is_fixed;
enum { FIXED_NOW = 1767225600 /* 2026-01-01 */ };

void board_fix(void)
{
    is_fixed = true;
}

static int64_t host_now(void *ctx)
{
    (void)ctx;
    if (is_fixed) return FIXED_NOW;
    return (uint32_t)board_semihost(SYS_TIME, NULL);
}

static uint64_t host_now_ms(void *ctx)
{
    (void)ctx;
    if (is_fixed) return 0;
    return (uint64_t)(uint32_t)board_semihost(SYS_CLOCK, NULL) * 10;
}

static cv_err host_entropy(void *ctx, uint8_t *out, size_t len)
{
    static const char name[] = "/dev/urandom";
    const struct {
        const char *name;
        uint32_t mode, name_len;
    } file = {name, 1 /* rb */, sizeof name - 1};
    (void)ctx;
    if (is_fixed) {
        memset(out, 0x55, len);
        return CV_OK;
    }
    long handle = board_semihost(SYS_OPEN, &file);
    if (handle < 0) return CV_E_RNG;
    const struct {
        long handle;
        uint8_t *out;
        uint32_t len;
    } read = {handle, out, len};
    return board_semihost(SYS_READ, &read) == 0 ? CV_OK : CV_E_RNG;
}

const struct cv_board board = {NULL, host_now, host_now_ms, host_entropy, &cv_sha256_small};
