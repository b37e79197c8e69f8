/* SPDX-License-Identifier: MIT */
/*
 * What the toolstack asks of the guest through XenStore: the word that it writes
 * to control/shutdown under the guest's own path (docs/misc/xenstore-paths of
 * Xen). The guest says beforehand which words it knows, by feature-poweroff and
 * feature-reboot beside it, and acknowledges a word by writing "".
 *
 * Like the wire below it, nothing here waits or needs Xen.
 */
#ifndef DRIVERS_XENSTORE_CONTROL_H
#define DRIVERS_XENSTORE_CONTROL_H

#include "drivers/xenstore_wire.h"

struct xenstore_control {
	struct xenstore_wire wire;
	bool reading;                     /* the word was asked for and has not come */
	bool again;                       /* it may have changed since */
	char word[XENSTORE_TEXT_MAX + 1]; /* the last one; printable */
};

enum xenstore_request {
	XENSTORE_NOTHING,  /* all that had come is dealt with */
	XENSTORE_POWEROFF, /* end */
	XENSTORE_REBOOT,   /* end, to be started again */
	XENSTORE_UNKNOWN,  /* `word` is no word for this guest; acknowledged */
	XENSTORE_REFUSED,  /* the word will not be told: `word` is why */
	XENSTORE_BROKEN,   /* the rings make no sense: leave them alone */
};

/* Queue what the guest has to say first. The page is as Xen's toolstack made it. */
void xenstore_control_init(struct xenstore_control *c, struct xenstore_domain_interface *page);

/* See what has come, and send what waits. False: XENSTORE_BROKEN. */
bool xenstore_control_look(struct xenstore_control *c);

/* The next request in what has come; until XENSTORE_NOTHING or XENSTORE_BROKEN. */
enum xenstore_request xenstore_control_next(struct xenstore_control *c);

#endif
