/* SPDX-License-Identifier: MIT */
/*
 * XenStore's two rings and the messages in them (xen/io/xs_wire.h).
 *
 * The page is shared with xenstored, which may write anything there at any time.
 * Its two indices are read once, checked and then used; the guest's own two are
 * kept here and only ever written to the page. What cannot be right is -EPROTO,
 * and the rings are not to be touched again. Nothing here waits, and nothing
 * needs Xen: the unit tests run it against pages that lie.
 */
#ifndef DRIVERS_XENSTORE_WIRE_H
#define DRIVERS_XENSTORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

#define XENSTORE_QUEUE_BYTES 256
#define XENSTORE_TEXT_MAX 63 /* bytes kept of a payload; what is behind them is read over */

/* A whole message that has come. */
struct xenstore_message {
	uint32_t type;    /* enum xsd_sockmsg_type, if xenstored is right */
	uint32_t id;      /* of the request that it answers */
	const char *text; /* the payload's beginning, with a 0 behind it; until the next take */
};

struct xenstore_wire {
	struct xenstore_domain_interface *page;
	uint32_t sent;  /* req_prod */
	uint32_t taken; /* rsp_cons */
	uint32_t there; /* bytes that were seen and are not taken yet */
	bool tell;      /* xenstored has to be told that an index of ours moved */
	uint32_t queued;
	char queue[XENSTORE_QUEUE_BYTES]; /* requests that wait for room */
	struct xsd_sockmsg head;          /* of the message that is coming */
	uint32_t got;                     /* bytes of it that are taken, head and payload */
	char text[XENSTORE_TEXT_MAX + 1];
};

void xenstore_wire_init(struct xenstore_wire *w, struct xenstore_domain_interface *page);

/* Queue a request with this payload. False, and nothing queued, where it does not fit. */
bool xenstore_wire_queue(struct xenstore_wire *w, uint32_t type, uint32_t id, const char *payload,
			 size_t size);

/* Send as much of the queue as there is room for. 0 or -EPROTO. */
int xenstore_wire_flush(struct xenstore_wire *w);

/* See what has come. 0 or -EPROTO. */
int xenstore_wire_look(struct xenstore_wire *w);

/*
 * The next message of what was seen: 1, 0 when it is not whole yet, or -EPROTO.
 * What comes while messages are taken waits for the next look, so that whoever
 * takes until 0 comes to an end.
 */
int xenstore_wire_take(struct xenstore_wire *w, struct xenstore_message *m);

/* Whether xenstored has to be told; asking forgets it. */
bool xenstore_wire_tell(struct xenstore_wire *w);

#endif
