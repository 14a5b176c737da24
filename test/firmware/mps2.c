/* QEMU's mps2-an386 (Cortex-M4): start, timer 0, and semihosting for what a board would have hardware for. */
#include "test/firmware/board.h"

#include "crypto/sha256_small.h"

#include <string.h>

/* --- semihosting: BKPT 0xAB with an operation in r0 and its argument in r1 --- */

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE0 = 0x04,
    SYS_READ = 0x06,
    SYS_CLOCK = 0x10, /* hundredths of a second */
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
};

static long semihost(long operation, const void *argument)
{
    register long r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_say(const char *text)
{
    semihost(SYS_WRITE0, text);
    semihost(SYS_WRITE0, "\n");
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
    semihost(SYS_WRITE0, what);
    semihost(SYS_WRITE0, " ");
    board_say(p);
}

void board_exit(int code)
{
    const uint32_t argument[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, (uint32_t)code};
    semihost(SYS_EXIT_EXTENDED, argument);
    for (;;) continue;
}

const char *board_command_line(void)
{
    static char text[128];
    struct {
        char *p;
        uint32_t len;
    } argument = {text, sizeof text};
    return semihost(SYS_GET_CMDLINE, &argument) == 0 ? text : "";
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
    return (uint32_t)semihost(SYS_TIME, NULL);
}

static uint64_t host_now_ms(void *ctx)
{
    (void)ctx;
    if (is_fixed) return 0;
    return (uint64_t)(uint32_t)semihost(SYS_CLOCK, NULL) * 10;
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
    long handle = semihost(SYS_OPEN, &file);
    if (handle < 0) return CV_E_RNG;
    const struct {
        long handle;
        uint8_t *out;
        uint32_t len;
    } read = {handle, out, len};
    return semihost(SYS_READ, &read) == 0 ? CV_OK : CV_E_RNG;
}

const struct cv_board board = {NULL, host_now, host_now_ms, host_entropy, &cv_sha256_small};

/* --- timer 0: counts down at 25 MHz. QEMU's -icount shift=6 makes an instruction take 64 ns: 8/5 of a tick
 * --- */

struct timer {
    volatile uint32_t control, value, reload;
};
#define TIMER0 ((struct timer *)0x40000000)

long board_instructions(void)
{
    return (long)((UINT32_MAX - TIMER0->value) / 8 * 5);
}

/* --- start --- */

extern uint8_t __data_source[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern uint8_t __heap_end[], __stack[]; /* the stack lies between them */

enum { PAINT = 0xa5 };

size_t board_stack_used(void)
{
    const uint8_t *p = __heap_end;
    while (p < __stack && *p == PAINT) p++;
    return (size_t)(__stack - p);
}

size_t board_static_len(void)
{
    return (size_t)(__data_end - __data_start) + (size_t)(__bss_end - __bss_start);
}

void reset(void);
void reset(void)
{
    uint8_t *here = __builtin_frame_address(0);
    memset(__heap_end, PAINT, (size_t)(here - __heap_end) - 64);
    memcpy(__data_start, __data_source, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    TIMER0->reload = TIMER0->value = UINT32_MAX;
    TIMER0->control = 1; /* on */
    board_exit(main());
}

static void fault(void)
{
    board_say("fault");
    board_exit(99);
}

typedef void vector(void);
__attribute__((section(".data.init.enter"), used)) static vector *const vectors[16] = {
    (vector *)__stack, reset, fault, fault, fault, fault, fault,
};
