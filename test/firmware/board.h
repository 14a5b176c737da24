/* What the images ask of the board: QEMU's mps2-an386 (Cortex-M4), and for some microbit (Cortex-M0) and virt
 * (RV32). */
#ifndef FIRMWARE_BOARD_H
#define FIRMWARE_BOARD_H

#include "sspi/port/bare.h"

/* The transport: uart.c, or replay.c, which is not live. Reads at least one byte and at most cap; returns how
 * many. */
bool board_is_live(void);
size_t board_read(uint8_t *out, size_t cap);
void board_write(const uint8_t *p, size_t len);

/* One line on the console of QEMU, and the end of the run: 0 is success. */
void board_say(const char *text);
void board_say_number(const char *what, long n);
_Noreturn void board_exit(int code);

/* The words that QEMU was started with. */
const char *board_command_line(void);

/* Clock and entropy: QEMU's host stands in for hardware. Fixed: always the same. */
extern const struct cv_board board;
void board_fix(void);

/* Instructions since the start, under -icount shift=6. */
long board_instructions(void);

/* Bytes of stack that were ever used, and of static data. */
size_t board_stack_used(void);
size_t board_static_len(void);

/* --- what makes a board, for host.c and start.c --- */

/* The core's call to the emulator: what a host does for it. */
long board_semihost(long operation, const void *argument);

/* The first code in C, on a fresh stack; and what follows a fault: the exit code is 99. */
_Noreturn void board_start(void);
_Noreturn void board_fault(void);

/* Before main: starts what counts instructions. */
void board_begin(void);

int main(void);

#endif
