/* SPDX-License-Identifier: MIT */
/*
 * The channels of one image, as the container sees them: one table, made before
 * any component starts, that lasts as long as the image.
 */
#ifndef IPC_CHANNEL_TABLE_H
#define IPC_CHANNEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct image;
struct ring_control;

/* What is called of service_table.c, which only an image with services has. */
struct channel_services {
	/* With room there for the controls and, one pair behind the other, the rings. 0 or -ENOMEM.
	 */
	int (*create)(const struct image *img, struct ring_control *controls,
		      unsigned char *memory);
	/* As channel_table_end, begin and stop, which call them. */
	void (*end)(unsigned component, bool failed);
	void (*begin)(unsigned component);
	void (*stop)(unsigned component);
};

/*
 * Bytes of the channels region that the image's channels and services take, in whole
 * super-pages; 0 when it has none, SIZE_MAX when a ring's size is not allowed
 * or they are more than the region holds.
 */
size_t channel_table_bytes(const struct image *img);

/*
 * Back the channels region and make both endpoints of every channel, and the
 * services. Once in a process, with one thread alive. Returns 0, or a negative errno: -EINVAL for
 * sizes as above, -EBUSY the second time, else what mmap or malloc says.
 */
int channel_table_create(const struct image *img);

/* Whether the manifest has both components on one core. Constant. */
bool channel_table_beside(unsigned a, unsigned b);

/*
 * The component has ended: close what it left open, with the reason "peer died"
 * if it failed. Call when none of its threads will enter a channel call any
 * more, or go on with one: they may have been ended at any instruction of it. On
 * any thread; a second call for the same life closes nothing more. The rings
 * stay, so the peer may go on reading what was sent.
 *
 * Each call also asks component_will_return: once that says no, peers that open
 * a channel to the component are refused.
 */
void channel_table_end(unsigned component, bool failed);

/*
 * The component, whose end was told, is about to start again: its channels are
 * offered to their peers once more. Call while it has no thread.
 */
void channel_table_begin(unsigned component);

/*
 * The component is asked to stop: its calls that would wait for ever, those
 * that already do too, answer CHANNEL_STOPPING. On any thread, any number of
 * times. Whatever else tells the component so is stored before.
 */
void channel_table_stop(unsigned component);

#endif
