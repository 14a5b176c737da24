/* From reset to main, on every core. */
#include "test/firmware/board.h"

#include <string.h>

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

void board_start(void)
{
    uint8_t *here = __builtin_frame_address(0);
    memset(__heap_end, PAINT, (size_t)(here - __heap_end) - 64);
    memcpy(__data_start, __data_source, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    board_begin();
    board_exit(main());
}

void board_fault(void)
{
    board_say("fault");
    board_exit(99);
}
