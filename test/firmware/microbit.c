/* QEMU's microbit (nRF51, Cortex-M0): timer 0, which counts up at 16 MHz. QEMU's -icount shift=6 makes an
 * instruction take 64 ns: 1.024 ticks. nRF51 Series Reference Manual 3.0, section 19. */
#include "test/firmware/board.h"

static volatile uint32_t *timer(uint32_t offset)
{
    return (volatile uint32_t *)(0x40008000 + offset);
}
enum { START = 0x000, CAPTURE0 = 0x040, BITMODE = 0x508, PRESCALER = 0x510, CC0 = 0x540 };

long board_instructions(void)
{
    *timer(CAPTURE0) = 1;
    return (long)(*timer(CC0) / 128 * 125);
}

void board_begin(void)
{
    *timer(BITMODE) = 3; /* 32 */
    *timer(PRESCALER) = 0;
    *timer(START) = 1;
}
