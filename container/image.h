/* SPDX-License-Identifier: MIT */
/*
 * What the packer tells the container about one image.
 *
 * The packer writes one C file that defines `image`; everything in it is
 * constant, so a component can never change what it was given.
 */
#ifndef CONTAINER_IMAGE_H
#define CONTAINER_IMAGE_H

#include <stddef.h>

struct runtime;

struct image_component {
	const char *name;
	const struct runtime *runtime;
	const void *program;     /* what the runtime runs; see the runtime's header */
	const char *const *args; /* NULL-terminated, argv[1] and on */
	const char *const *env;  /* NULL-terminated "NAME=value" */
	size_t heap_bytes;       /* quota; whole super-pages */
	size_t stack_bytes;      /* whole pages, at most LAYOUT_STACK_MAX */
	unsigned core;           /* below image.cores; no two components share one */
};

struct image_channel {
	const char *name;
	unsigned from; /* component indices; each end may send and receive */
	unsigned to;
	size_t ring_bytes; /* of each direction; a power of two */
};

struct image {
	const char *name;
	unsigned cores;
	unsigned component_count;
	unsigned channel_count;
	const struct image_component *components; /* index = heap window, stack slot - 1 */
	const struct image_channel *channels;     /* in the order of the manifest */
};

extern const struct image image;

#endif
