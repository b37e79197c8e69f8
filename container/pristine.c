/* SPDX-License-Identifier: MIT */
/*
 * Copies of initialised data: see pristine.h. They are the container's memory.
 */
#include "container/pristine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/image.h"
#include "layout/layout.h"

static char *copies[LAYOUT_COMPONENTS_MAX];

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
	memcpy(copies[component], data->data, bytes);
	return 0;
}

void pristine_restore(unsigned component, const struct image_data *data)
{
	if (copies[component])
		memcpy(data->data, copies[component], data_bytes(data));
	if (data->bss)
		memset(data->bss, 0, (size_t)(data->bss_end - data->bss));
}
