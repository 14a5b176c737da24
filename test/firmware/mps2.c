/* QEMU's mps2-an386 (Cortex-M4): timer 0, which counts down at 25 MHz. QEMU's -icount shift=6 makes an
 * instruction take 64 ns: 8/5 of a tick. */
#include "test/firmware/board.h"

struct timer {
    volatile uint32_t control, value, reload;
};
#define TIMER0 ((struct timer *)0x40000000)

long board_instructions(void)
{
    return (long)((UINT32_MAX - TIMER0->value) / 8 * 5);
}

void board_begin(void)
{
    TIMER0->reload = TIMER0->value = UINT32_MAX;
    TIMER0->control = 1; /* on */
}
