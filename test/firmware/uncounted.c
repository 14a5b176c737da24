/* A board that counts no instructions. */
#include "test/firmware/board.h"

void board_begin(void)
{
}
