/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel's messages go: see print.h.
 */
#include "container/xen/cpu.h"
#include "container/xen/print.h"
#include "drivers/console.h"

#include <stdbool.h>
#include <stdint.h>

#define DEBUG_PORT 0xe9 /* a byte written there appears in Xen's log */

static bool console_ready;

void print(const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	size_t used = print_list(text, sizeof(text), format, list);

	va_end(list);
	if (console_ready) {
		console_write(text, used);
		return;
	}
	for (size_t i = 0; i < used; i++)
		cpu_byte_out(DEBUG_PORT, (uint8_t)text[i]);
}

void print_to_console(void)
{
	console_ready = true;
}
