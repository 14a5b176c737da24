/* Cortex-M: vectors, and semihosting by BKPT 0xAB with an operation in r0 and its argument in r1. */
#include "test/firmware/board.h"

long board_semihost(long operation, const void *argument)
{
    register long r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

extern uint8_t __stack[];

typedef void vector(void);
__attribute__((section(".data.init.enter"), used)) static vector *const vectors[16] = {
    (vector *)__stack, board_start, board_fault, board_fault, board_fault, board_fault, board_fault,
};
