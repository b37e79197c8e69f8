/* SPDX-License-Identifier: MIT */
/*
 * Where an image's channels lie in the channels region: first the control
 * blocks of all rings, then the rings in the order of the manifest, from the
 * first end to the second and back; behind those of the channels those of the
 * services' connections. Endpoints and connections are outside of it.
 */
#include "ipc/channel_table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "container/component_self.h"
#include "container/image.h"
#include "ipc/bell_set.h"
#include "ipc/connection.h"
#include "layout/layout.h"

static struct {
	const struct image *image;
	struct channel *endpoints; /* 2 a channel: from, to */
	struct connection *connections;
} channel_table;

static size_t channel_round(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* The controls fill whole pages, so that every ring begins on a page. */
static size_t channel_control_bytes(const struct image *img)
{
	size_t pairs = img->channel_count;

	for (unsigned i = 0; i < img->service_count; i++)
		pairs += img->services[i].connections;
	return channel_round(2 * sizeof(struct ring_control) * pairs, LAYOUT_PAGE_SIZE);
}

static bool channel_size_allowed(size_t bytes)
{
	return bytes >= RING_MIN_BYTES && bytes <= RING_MAX_BYTES && !(bytes & (bytes - 1));
}

/* Add so many pairs of rings to *bytes; false where they are not allowed or too many. */
static bool channel_add_rings(size_t *bytes, size_t ring_bytes, unsigned pairs)
{
	if (!channel_size_allowed(ring_bytes) || pairs > LAYOUT_CHANNELS_SIZE / (2 * ring_bytes))
		return false;
	*bytes += 2 * ring_bytes * pairs;
	return *bytes <= LAYOUT_CHANNELS_SIZE;
}

size_t channel_table_bytes(const struct image *img)
{
	size_t bytes = channel_control_bytes(img);

	for (unsigned i = 0; i < img->channel_count; i++)
		if (!channel_add_rings(&bytes, img->channels[i].ring_bytes, 1))
			return SIZE_MAX;
	for (unsigned i = 0; i < img->service_count; i++)
		if (!channel_add_rings(&bytes, img->services[i].ring_bytes,
				       img->services[i].connections))
			return SIZE_MAX;
	return channel_round(bytes, LAYOUT_SUPER_SIZE);
}

static int channel_table_map(size_t bytes)
{
	void *base = (void *)LAYOUT_CHANNELS_BASE;

	if (mmap(base, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		return -errno;
	/* A wish: where the kernel has no huge pages, small ones serve. */
	madvise(base, bytes, MADV_HUGEPAGE);
	return 0;
}

static struct channel *channel_endpoint(unsigned channel, unsigned end)
{
	return &channel_table.endpoints[2 * channel + end];
}

bool channel_table_beside(unsigned a, unsigned b)
{
	const struct image_component *components = channel_table.image->components;

	return components && components[a].core == components[b].core;
}

static void channel_join(unsigned i, struct ring_control *controls, unsigned char *memory)
{
	const struct image_channel *spec = &channel_table.image->channels[i];
	struct ring there = {&controls[0], memory, spec->ring_bytes};
	struct ring back = {&controls[1], memory + spec->ring_bytes, spec->ring_bytes};
	struct channel *from = channel_endpoint(i, 0), *to = channel_endpoint(i, 1);

	ring_init(&there, 0);
	ring_init(&back, 0);
	endpoint_init(from, &there, &back, 0);
	endpoint_init(to, &back, &there, 0);
	from->name = to->name = spec->name;
	from->owner = spec->from;
	to->owner = spec->to;
	from->beside = to->beside = channel_table_beside(spec->from, spec->to);
	connection_init(&channel_table.connections[i], from, to);
}

static int channel_table_join(void)
{
	const struct image *img = channel_table.image;
	struct ring_control *controls = (void *)LAYOUT_CHANNELS_BASE;
	unsigned char *memory = (unsigned char *)controls + channel_control_bytes(img);

	for (unsigned i = 0; i < img->channel_count; i++) {
		channel_join(i, &controls[2 * i], memory);
		memory += 2 * img->channels[i].ring_bytes;
	}
	return img->service_calls
		       ? img->service_calls->create(img, &controls[2 * img->channel_count], memory)
		       : 0;
}

int channel_table_create(const struct image *img)
{
	size_t bytes = channel_table_bytes(img);
	int error;

	if (channel_table.image)
		return -EBUSY;
	if (bytes == SIZE_MAX)
		return -EINVAL;
	bell_init();
	if (bytes) {
		error = channel_table_map(bytes);
		if (error)
			return error;
		channel_table.endpoints =
			aligned_alloc(RING_APART, 2 * sizeof(struct channel) * img->channel_count);
		channel_table.connections =
			calloc(img->channel_count, sizeof(*channel_table.connections));
		if (img->channel_count && (!channel_table.endpoints || !channel_table.connections))
			return -ENOMEM;
	}
	channel_table.image = img;
	return channel_table_join();
}

/* Each endpoint of the component; begin with *i = 0. NULL behind the last one. */
static struct channel *channel_next(unsigned component, unsigned *i)
{
	unsigned count = channel_table.image ? 2 * channel_table.image->channel_count : 0;

	while (*i < count)
		if (channel_table.endpoints[(*i)++].owner == component)
			return &channel_table.endpoints[*i - 1];
	return NULL;
}

static struct connection *channel_connection(const struct channel *ch, unsigned *end)
{
	unsigned i = (unsigned)(ch - channel_table.endpoints);

	*end = i % 2;
	return &channel_table.connections[i / 2];
}

/* The component will not start again: peers that open a channel to it are refused. */
static void channel_table_gone(unsigned component)
{
	const struct channel *ch;
	struct connection *c;

	for (unsigned end, i = 0; (ch = channel_next(component, &i));) {
		c = channel_connection(ch, &end);
		connection_forsake(c, end);
	}
}

/* NULL where the image has none. */
static const struct channel_services *channel_table_services(void)
{
	return channel_table.image ? channel_table.image->service_calls : NULL;
}

void channel_table_end(unsigned component, bool failed)
{
	const struct channel_services *services = channel_table_services();
	const struct channel *ch;
	struct connection *c;

	if (!component_will_return(component))
		channel_table_gone(component);
	for (unsigned end, i = 0; (ch = channel_next(component, &i));) {
		c = channel_connection(ch, &end);
		connection_leave(c, end, failed ? CHANNEL_PEER_DIED : CHANNEL_FINISHED);
	}
	if (services)
		services->end(component, failed);
	bell_sets_end(component);
}

void channel_table_begin(unsigned component)
{
	const struct channel_services *services = channel_table_services();
	const struct channel *ch;
	struct connection *c;

	for (unsigned end, i = 0; (ch = channel_next(component, &i));) {
		c = channel_connection(ch, &end);
		connection_return(c, end);
	}
	if (services)
		services->begin(component);
	bell_sets_begin(component);
}

void channel_table_stop(unsigned component)
{
	const struct channel_services *services = channel_table_services();
	struct channel *ch;

	for (unsigned i = 0; (ch = channel_next(component, &i));)
		endpoint_stop(ch);
	if (services)
		services->stop(component);
	bell_sets_stop(component);
}

static struct channel *channel_find(const char *name, unsigned component)
{
	bool known = false;

	for (unsigned i = 0; i < 2 * channel_table.image->channel_count; i++) {
		struct channel *ch = &channel_table.endpoints[i];

		if (strcmp(ch->name, name))
			continue;
		if (ch->owner == component)
			return ch;
		known = true;
	}
	errno = known ? EACCES : ENOENT;
	return NULL;
}

struct channel *channel_open(const char *name)
{
	struct connection *c;
	struct channel *ch;
	unsigned end;

	errno = ENOENT;
	ch = channel_table.image ? channel_find(name, component_index()) : NULL;
	if (!ch)
		return NULL;
	c = channel_connection(ch, &end);
	if (connection_open(c, end))
		return ch;
	errno = ECONNREFUSED;
	return NULL;
}
