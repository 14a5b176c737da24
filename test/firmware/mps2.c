/* QEMU's mps2-an386 (Cortex-M4): start, UART 0, and semihosting for what a board would have hardware for. */
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

static int64_t host_now(void *ctx)
{
    (void)ctx;
    return (uint32_t)semihost(SYS_TIME, NULL);
}

static uint64_t host_now_ms(void *ctx)
{
    (void)ctx;
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

/* --- UART 0 --- */

struct uart {
    volatile uint32_t data, state, control, interrupts, divisor;
};
enum { TX_FULL = 1, RX_FULL = 2 };
#define UART0 ((struct uart *)0x40004000)

size_t board_read(uint8_t *out, size_t cap)
{
    size_t n = 0;
    while ((UART0->state & RX_FULL) == 0) continue;
    while (n < cap && (UART0->state & RX_FULL) != 0) out[n++] = (uint8_t)UART0->data;
    return n;
}

void board_write(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((UART0->state & TX_FULL) != 0) continue;
        UART0->data = p[i];
    }
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
    UART0->divisor = 16;
    UART0->control = TX_FULL | RX_FULL; /* both directions on */
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
