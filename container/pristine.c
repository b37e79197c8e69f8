/* SPDX-License-Identifier: MIT */
/*
 * Copies of initialised data: see pristine.h. They are the container's memory.
 */
#include "container/pristine.h"

#include <errno.h>
#include <stdlib.h>

#include "container/image.h"
#include "layout/layout.h"

static char *copies[LAYOUT_COMPONENTS_MAX];

/*
 * Not memcpy and memset: a sanitizer's own would complain about the gaps that it
 * leaves between variables.
 */
static void bytes_copy(char *to, const char *from, size_t bytes)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static void bytes_clear(char *to, size_t bytes)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}

static size_t data_bytes(const struct image_data *data)
{
	return (size_t)(data->data_end - data->data);
}

int pristine_keep(unsigned component, const struct image_data *data)
{
	size_t bytes = data_bytes(data);

	if (!bytes)
		return 0;
	copies[component] = malloc(bytes);
	if (!copies[component])
		return -ENOMEM;
	bytes_copy(copies[component], data->data, bytes);
	return 0;
}

void pristine_restore(unsigned component, const struct image_data *data)
{
	if (copies[component])
		bytes_copy(data->data, copies[component], data_bytes(data));
	if (data->bss)
		bytes_clear(data->bss, (size_t)(data->bss_end - data->bss));
}
