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

struct channel_services;
struct runtime;

/* When a component that has ended is started again. */
enum image_restart {
	IMAGE_RESTART_NEVER,
	IMAGE_RESTART_ON_FAILURE, /* it ended with another status than 0 */
	IMAGE_RESTART_ALWAYS,
};

/* A file that the packer bundled: a component opens it by this name, read-only. */
struct image_file {
	const char *name;
	const void *bytes;
	size_t size;
};

/*
 * What a C component's object brings besides code: its writable data, which a
 * restart makes pristine, and its constructors and destructors, which run on
 * the component's own thread. All zero where there is none.
 */
struct image_data {
	char *data, *data_end; /* initialised */
	char *bss, *bss_end;   /* zero */
	void (*const *init)(int argc, char **argv, char **envp);
	void (*const *init_end)(int argc, char **argv, char **envp);
	void (*const *fini)(void);
	void (*const *fini_end)(void);
};

struct image_component {
	const char *name;
	const struct runtime *runtime;
	const void *program;     /* what the runtime runs; see the runtime's header */
	const char *const *args; /* NULL-terminated, argv[1] and on */
	const char *const *env;  /* NULL-terminated "NAME=value" */
	size_t heap_bytes;       /* quota; whole super-pages */
	size_t stack_bytes;      /* whole pages, at most LAYOUT_STACK_MAX */
	unsigned core;           /* below image.cores; components may share one */
	struct image_data data;
	const struct image_file *files;
	unsigned file_count;
	enum image_restart restart;
	unsigned restart_limit;    /* restarts at most; 0: no limit */
	unsigned restart_delay_ms; /* before the first restart; doubles each time, to 10 s */
};

struct image_channel {
	const char *name;
	unsigned from; /* component indices; each end may send and receive */
	unsigned to;
	size_t ring_bytes; /* of each direction; a power of two */
};

struct image_service {
	const char *name;
	unsigned server;         /* a component's index, as those of its clients */
	const unsigned *clients; /* each once; the server may be one */
	unsigned client_count;
	unsigned connections; /* at once, at least 1 */
	unsigned per_client;  /* of one client; 1 to connections */
	size_t ring_bytes;    /* of each direction of a connection; a power of two */
};

/* Memory beyond the image itself that a guest needs for what the manifest promises. */
struct image_memory {
	size_t super_pages; /* heaps and channels */
	size_t pages;       /* all else: stacks, page tables, the container's own */
};

#define IMAGE_NO_DECIDER (~0U)

struct image {
	const char *name;
	unsigned cores;
	unsigned decider;  /* component whose end ends the image, or IMAGE_NO_DECIDER */
	unsigned grace_ms; /* between asking a component to stop and ending it */
	unsigned component_count;
	unsigned channel_count;
	struct image_memory memory;
	const struct image_component *components; /* index = heap window */
	const struct image_channel *channels;     /* in the order of the manifest */
	unsigned service_count;
	const struct image_service *services;         /* in the order of the manifest */
	const struct channel_services *service_calls; /* &service_table; NULL: no service */
};

extern const struct image image;

#endif
