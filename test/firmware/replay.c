/* A transport that plays what a server once sent (replay/NAME.bin, made by `make firmware-record`), so that a
 * run takes the same instructions each time. */
#include "test/firmware/board.h"

#include <string.h>

__asm__(".section .rodata.recorded, \"a\"\n"
        "recorded: .incbin \"" FIRMWARE_RECORDED "\"\n"
        "recorded_end:\n"
        ".previous\n");
extern const uint8_t recorded[], recorded_end[];

static size_t at;

bool board_is_live(void)
{
    return false;
}

size_t board_read(uint8_t *out, size_t cap)
{
    size_t left = (size_t)(recorded_end - recorded) - at;
    size_t n = left < cap ? left : cap;
    if (n == 0) {
        board_say("the recording is over");
        board_exit(2);
    }
    memcpy(out, recorded + at, n);
    at += n;
    return n;
}

void board_write(const uint8_t *p, size_t len)
{
    (void)p, (void)len;
}
