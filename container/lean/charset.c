/* SPDX-License-Identifier: MIT */
/*
 * Characters as bytes and as wchar_t: ASCII, which is the C locale's set.
 *
 * The C library has these two conversions in one object with those of seven
 * other sets, and finds steps between any two by reading a folder of modules.
 * An image whose components use no wide streams and no iconv asks for none of
 * it; it still prints by %ls and calls mbstowcs.
 */
#include <gconv.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#define ASCII_END 0x80
#define TAGS 0xe0000 /* Unicode's language tags: 128 characters that say nothing */

/* glibc: iconv/gconv_db.c. Taken where a locale's converters are looked for. */
int __gconv_lock;

int __gconv_find_transform(const char *to, const char *from, struct __gconv_step **steps, size_t *n,
			   int flags);
int __gconv_find_transform(const char *to, const char *from, struct __gconv_step **steps, size_t *n,
			   int flags)
{
	(void)to, (void)from, (void)flags;
	*steps = NULL;
	*n = 0;
	return __GCONV_NOCONV;
}

int __gconv_close_transform(struct __gconv_step *steps, size_t n);
int __gconv_close_transform(struct __gconv_step *steps, size_t n)
{
	(void)steps, (void)n;
	return __GCONV_OK;
}

void __gconv_release_step(struct __gconv_step *step);
void __gconv_release_step(struct __gconv_step *step)
{
	(void)step;
}

/* glibc: iconv/gconv_simple.c, from here on. */
wint_t __gconv_btwoc_ascii(struct __gconv_step *step, unsigned char byte);
wint_t __gconv_btwoc_ascii(struct __gconv_step *step, unsigned char byte)
{
	(void)step;
	return byte < ASCII_END ? byte : WEOF;
}

/* One character from in to out; false where ASCII has none such. */
static int widen(const unsigned char *in, unsigned char **out)
{
	uint32_t c = *in;

	if (c >= ASCII_END)
		return 0;
	memcpy(*out, &c, sizeof(c));
	*out += sizeof(c);
	return 1;
}

static int narrow(const unsigned char *in, unsigned char **out)
{
	uint32_t c;

	memcpy(&c, in, sizeof(c));
	if (c - TAGS < ASCII_END)
		return 1;
	if (c >= ASCII_END)
		return 0;
	*(*out)++ = (unsigned char)c;
	return 1;
}

/* The last step of a conversion, as all here are: see glibc, iconv/skeleton.c. */
static int convert(struct __gconv_step_data *data, const unsigned char **in,
		   const unsigned char *end, size_t from, size_t to, int flush,
		   int (*each)(const unsigned char *, unsigned char **))
{
	unsigned char *out = data->__outbuf;
	int status = flush ? __GCONV_OK : __GCONV_EMPTY_INPUT;

	if (flush > 1)
		memset(data->__statep, 0, sizeof(*data->__statep));
	for (; !flush && *in != end; *in += from) {
		if ((size_t)(end - *in) < from)
			status = __GCONV_INCOMPLETE_INPUT;
		else if ((size_t)(data->__outbufend - out) < to)
			status = __GCONV_FULL_OUTPUT;
		else if (!each(*in, &out))
			status = __GCONV_ILLEGAL_INPUT;
		if (status != __GCONV_EMPTY_INPUT)
			break;
	}
	data->__outbuf = out;
	return status;
}

int __gconv_transform_ascii_internal(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete);
int __gconv_transform_ascii_internal(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete)
{
	(void)step, (void)start, (void)irreversible, (void)consume_incomplete;
	return convert(data, in, end, 1, sizeof(uint32_t), flush, widen);
}

int __gconv_transform_internal_ascii(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete);
int __gconv_transform_internal_ascii(struct __gconv_step *step, struct __gconv_step_data *data,
				     const unsigned char **in, const unsigned char *end,
				     unsigned char **start, size_t *irreversible, int flush,
				     int consume_incomplete)
{
	(void)step, (void)start, (void)irreversible, (void)consume_incomplete;
	return convert(data, in, end, sizeof(uint32_t), 1, flush, narrow);
}
