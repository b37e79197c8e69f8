/* SPDX-License-Identifier: MIT */
/*
 * Does not stop when it is asked to, and would be started again.
 */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
