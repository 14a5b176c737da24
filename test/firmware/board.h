/* What the images ask of the board: QEMU's mps2-an386, whose UART is the transport. */
#ifndef FIRMWARE_BOARD_H
#define FIRMWARE_BOARD_H

#include "sspi/port/bare.h"

/* The transport. Reads at least one byte and at most cap; returns how many. */
size_t board_read(uint8_t *out, size_t cap);
void board_write(const uint8_t *p, size_t len);

/* One line on the console of QEMU, and the end of the run: 0 is success. */
void board_say(const char *text);
void board_say_number(const char *what, long n);
_Noreturn void board_exit(int code);

/* The words that QEMU was started with. */
const char *board_command_line(void);

/* Clock and entropy: QEMU's host stands in for hardware. */
extern const struct cv_board board;

/* Bytes of stack that were ever used, and of static data. */
size_t board_stack_used(void);
size_t board_static_len(void);

int main(void);

#endif
