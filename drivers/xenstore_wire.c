/* SPDX-License-Identifier: MIT */
/* Bytes into one ring and out of the other: see xenstore_wire.h. */
#include "drivers/xenstore_wire.h"

#include <asm/errno.h>
#include <string.h>

#define HEAD_BYTES ((uint32_t)sizeof(struct xsd_sockmsg))

void xenstore_wire_init(struct xenstore_wire *w, struct xenstore_domain_interface *page)
{
	*w = (struct xenstore_wire){
		.page = page,
		.sent = __atomic_load_n(&page->req_prod, __ATOMIC_RELAXED),
		.taken = __atomic_load_n(&page->rsp_cons, __ATOMIC_RELAXED),
	};
}

bool xenstore_wire_queue(struct xenstore_wire *w, uint32_t type, uint32_t id, const char *payload,
			 size_t size)
{
	struct xsd_sockmsg head = {.type = type, .req_id = id, .len = (uint32_t)size};

	if (size > sizeof(w->queue) || HEAD_BYTES + size > sizeof(w->queue) - w->queued)
		return false;
	memcpy(w->queue + w->queued, &head, HEAD_BYTES);
	memcpy(w->queue + w->queued + HEAD_BYTES, payload, size);
	w->queued += HEAD_BYTES + (uint32_t)size;
	return true;
}

int xenstore_wire_flush(struct xenstore_wire *w)
{
	/* R1 (pairs with xenstored's update of req_cons): its reads /before/ we write over. */
	uint32_t cons = __atomic_load_n(&w->page->req_cons, __ATOMIC_ACQUIRE);
	uint32_t room = XENSTORE_RING_SIZE - (w->sent - cons), count;

	if (w->sent - cons > XENSTORE_RING_SIZE)
		return -EPROTO;
	count = room < w->queued ? room : w->queued;
	if (!count)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		w->page->req[MASK_XENSTORE_IDX(w->sent + i)] = w->queue[i];
	w->sent += count;
	w->queued -= count;
	memmove(w->queue, w->queue + count, w->queued);
	/* W1 (pairs with xenstored's read of req_prod): the bytes /before/ the index. */
	__atomic_store_n(&w->page->req_prod, w->sent, __ATOMIC_RELEASE);
	w->tell = true;
	return 0;
}

int xenstore_wire_look(struct xenstore_wire *w)
{
	/* R2 (pairs with xenstored's update of rsp_prod): the index /before/ the bytes. */
	uint32_t prod = __atomic_load_n(&w->page->rsp_prod, __ATOMIC_ACQUIRE);

	w->there = prod - w->taken;
	if (w->there > XENSTORE_RING_SIZE)
		return -EPROTO;
	/* It waits for room only when there is none. */
	if (w->there == XENSTORE_RING_SIZE)
		w->tell = true;
	return 0;
}

/* Where the byte at this place of a message is kept, or NULL. */
static char *wire_place(struct xenstore_wire *w, uint32_t at)
{
	if (at < HEAD_BYTES)
		return (char *)&w->head + at;
	return at - HEAD_BYTES < XENSTORE_TEXT_MAX ? &w->text[at - HEAD_BYTES] : NULL;
}

/* Bytes until the head, or behind it the message, is whole. */
static uint32_t wire_missing(const struct xenstore_wire *w)
{
	return w->got < HEAD_BYTES ? HEAD_BYTES - w->got : HEAD_BYTES + w->head.len - w->got;
}

static void wire_copy(struct xenstore_wire *w)
{
	uint32_t missing = wire_missing(w), count = w->there < missing ? w->there : missing;

	for (uint32_t i = 0; i < count; i++) {
		char *place = wire_place(w, w->got + i);

		if (place)
			*place = w->page->rsp[MASK_XENSTORE_IDX(w->taken + i)];
	}
	w->got += count;
	w->taken += count;
	w->there -= count;
	/* W2 (pairs with xenstored's read of rsp_cons): our reads /before/ it may write over. */
	__atomic_store_n(&w->page->rsp_cons, w->taken, __ATOMIC_RELEASE);
}

int xenstore_wire_take(struct xenstore_wire *w, struct xenstore_message *m)
{
	uint32_t kept;

	if (w->got < HEAD_BYTES)
		wire_copy(w);
	if (w->got < HEAD_BYTES)
		return 0;
	if (w->head.len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	wire_copy(w);
	if (wire_missing(w))
		return 0;
	kept = w->head.len < XENSTORE_TEXT_MAX ? w->head.len : XENSTORE_TEXT_MAX;
	w->text[kept] = 0;
	w->got = 0;
	*m = (struct xenstore_message){w->head.type, w->head.req_id, w->text};
	return 1;
}

bool xenstore_wire_tell(struct xenstore_wire *w)
{
	bool tell = w->tell;

	w->tell = false;
	return tell;
}
