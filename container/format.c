/* SPDX-License-Identifier: MIT */
/*
 * Formatted text: see format.h.
 */
#include "container/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_SIZE 24

struct spec {
	bool alternate, zero, left, is_long;
	unsigned width;
	char kind;
};

struct sink {
	char *to;
	size_t size, used;
};

static void sink_byte(struct sink *sink, char byte)
{
	if (sink->used + 1 < sink->size)
		sink->to[sink->used++] = byte;
}

static void sink_field(struct sink *sink, const struct spec *spec, const char *text)
{
	size_t length = strlen(text);
	size_t pad = spec->width > length ? spec->width - length : 0;

	for (; pad && !spec->left; pad--)
		sink_byte(sink, spec->zero ? '0' : ' ');
	for (; *text; text++)
		sink_byte(sink, *text);
	for (; pad; pad--)
		sink_byte(sink, ' ');
}

static void sink_number(struct sink *sink, const struct spec *spec, uint64_t value)
{
	char text[NUMBER_SIZE], *at = text + sizeof(text) - 1;
	unsigned base = spec->kind == 'x' ? 16 : 10;
	bool negative = spec->kind == 'd' && (int64_t)value < 0;

	if (negative)
		value = -value;
	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		*--at = '-';
	if (spec->alternate) {
		*--at = 'x';
		*--at = '0';
	}
	sink_field(sink, spec, at);
}

/* Parse what follows a '%'; returns the first byte behind it. */
static const char *spec_parse(struct spec *spec, const char *format)
{
	*spec = (struct spec){0};
	for (;; format++) {
		if (*format == '#')
			spec->alternate = true;
		else if (*format == '0')
			spec->zero = true;
		else if (*format == '-')
			spec->left = true;
		else
			break;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		spec->width = spec->width * 10 + (unsigned)(*format - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		spec->is_long = true;
	spec->kind = *format;
	return *format ? format + 1 : format;
}

size_t print_list(char *to, size_t size, const char *format, va_list list)
{
	struct sink sink = {to, size, 0};
	struct spec spec;

	while (*format) {
		if (*format != '%') {
			sink_byte(&sink, *format++);
			continue;
		}
		format = spec_parse(&spec, format + 1);
		if (spec.kind == 's')
			sink_field(&sink, &spec, va_arg(list, const char *));
		else if (spec.kind == 'c')
			sink_byte(&sink, (char)va_arg(list, int));
		else if (spec.kind == '%')
			sink_byte(&sink, '%');
		else if (spec.is_long)
			sink_number(&sink, &spec, va_arg(list, uint64_t));
		else if (spec.kind == 'd')
			sink_number(&sink, &spec, (uint64_t)va_arg(list, int));
		else
			sink_number(&sink, &spec, va_arg(list, unsigned));
	}
	to[sink.used] = '\0';
	return sink.used;
}

size_t print_to(char *to, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	size_t used = print_list(to, size, format, list);

	va_end(list);
	return used;
}
