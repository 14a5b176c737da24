/* QEMU's virt (RV32): start, and semihosting by EBREAK between two marks, with an operation in a0 and its
 * argument in a1. */
#include "test/firmware/board.h"

long board_semihost(long operation, const void *argument)
{
    register long a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    /* not compressed, and on one page: the emulator reads the three together */
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

__asm__(".section .text.init.enter, \"ax\"\n"
        ".global reset\n"
        "reset:\n"
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "la sp, __stack\n"
        "la t0, trap\n"
        ".option arch, +zicsr\n"
        "csrw mtvec, t0\n"
        "j board_start\n"
        ".balign 4\n"
        "trap: j board_fault\n"
        ".previous\n");

/* What QEMU calls minstret is its clock: under -icount shift=6, 64 for an instruction. */
long board_instructions(void)
{
    uint32_t high, low, again;
    do {
        __asm__ volatile(".option push\n.option arch, +zicsr\n"
                         "csrr %0, minstreth\ncsrr %1, minstret\ncsrr %2, minstreth\n"
                         ".option pop"
                         : "=r"(high), "=r"(low), "=r"(again));
    } while (high != again);
    return (long)(high << 26 | low >> 6);
}

/* It counts from reset. */
void board_begin(void)
{
}
