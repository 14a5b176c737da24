/* Where the core has no instruction that exchanges a byte in one (ARMv6-M, RV32 with GCC 12), the compiler
 * calls this. In these images nothing interrupts; where something does, it has to wait here. */
#include <stdint.h>

uint8_t exchange(volatile void *p, uint8_t value, int order) __asm__("__atomic_exchange_1");
uint8_t exchange(volatile void *p, uint8_t value, int order)
{
    volatile uint8_t *byte = p;
    uint8_t old = *byte;
    (void)order;
    *byte = value;
    return old;
}
