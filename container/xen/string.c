/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions without vector registers; see string.h.
 *
 * Eight bytes a step and then the rest: processors with fast strings do not
 * care, all others do, emulated ones most of all.
 */
#include "container/xen/string.h"

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;
	size_t words = size / 8, rest = size % 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *end = (char *)to + size - 1;
	const char *from_end = (const char *)from + size - 1;

	if ((size_t)((char *)to - (const char *)from) >= size)
		return memcpy(to, from, size);
	__asm__ volatile("std; rep movsb; cld"
			 : "+D"(end), "+S"(from_end), "+c"(size)
			 :
			 : "memory");
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	void *start = to;
	uint64_t word = UINT64_C(0x01010101) * (unsigned char)byte;
	size_t words = size / 8, rest = size % 8;

	word |= word << 32;
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(word) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

size_t string_copy(char *to, const char *from, size_t size)
{
	size_t n = 0;

	for (; n + 1 < size && from[n]; n++)
		to[n] = from[n];
	to[n] = '\0';
	return n;
}
