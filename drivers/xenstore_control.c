/* SPDX-License-Identifier: MIT */
/* control/shutdown: see xenstore_control.h. */
#include "drivers/xenstore_control.h"

#include <string.h>

/* Payloads: paths are relative to the guest's own; a value is without a 0. */
#define CONTROL_WORD "control/shutdown"
#define CONTROL_WATCH CONTROL_WORD "\0control"
#define CONTROL_POWEROFF "control/feature-poweroff\0001"
#define CONTROL_REBOOT "control/feature-reboot\0001"

/* Requests by what is asked; never more than one of each is on its way but CONTROL_TELL. */
enum { CONTROL_ID_WATCH = 1, CONTROL_ID_TELL, CONTROL_ID_READ };

void xenstore_control_init(struct xenstore_control *c, struct xenstore_domain_interface *page)
{
	*c = (struct xenstore_control){.reading = false};
	xenstore_wire_init(&c->wire, page);
	/* They fit the empty queue. The watch also fires at once, as all watches do. */
	xenstore_wire_queue(&c->wire, XS_WATCH, CONTROL_ID_WATCH, CONTROL_WATCH,
			    sizeof(CONTROL_WATCH));
	xenstore_wire_queue(&c->wire, XS_WRITE, CONTROL_ID_TELL, CONTROL_POWEROFF,
			    sizeof(CONTROL_POWEROFF) - 1);
	xenstore_wire_queue(&c->wire, XS_WRITE, CONTROL_ID_TELL, CONTROL_REBOOT,
			    sizeof(CONTROL_REBOOT) - 1);
}

bool xenstore_control_look(struct xenstore_control *c)
{
	return !xenstore_wire_flush(&c->wire) && !xenstore_wire_look(&c->wire);
}

static bool control_send(struct xenstore_control *c, uint32_t type, uint32_t id)
{
	return xenstore_wire_queue(&c->wire, type, id, CONTROL_WORD, sizeof(CONTROL_WORD)) &&
	       !xenstore_wire_flush(&c->wire);
}

/* Ask for the word, once at a time. False: it cannot be asked for. */
static bool control_read(struct xenstore_control *c)
{
	c->again = c->reading;
	if (c->reading)
		return true;
	c->reading = control_send(c, XS_READ, CONTROL_ID_READ);
	return c->reading;
}

/* For the console: the word is whatever somebody wrote. */
static void control_keep(struct xenstore_control *c, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		c->word[i] = word[i] >= ' ' && word[i] <= '~' ? word[i] : '?';
	c->word[i] = 0;
}

static enum xenstore_request control_word(struct xenstore_control *c, const char *word)
{
	control_keep(c, word);
	if (!*word)
		return XENSTORE_NOTHING;
	/* The payload of XS_WRITE is path, 0, value: this is the path and an empty value. */
	if (!control_send(c, XS_WRITE, CONTROL_ID_TELL))
		return XENSTORE_BROKEN;
	if (!strcmp(word, "poweroff") || !strcmp(word, "halt"))
		return XENSTORE_POWEROFF;
	return strcmp(word, "reboot") ? XENSTORE_UNKNOWN : XENSTORE_REBOOT;
}

static enum xenstore_request control_answer(struct xenstore_control *c,
					    const struct xenstore_message *m)
{
	enum xenstore_request request = XENSTORE_NOTHING;

	c->reading = false;
	if (m->type == XS_READ)
		request = control_word(c, m->text);
	if (c->again && !control_read(c))
		return XENSTORE_BROKEN;
	return request;
}

static enum xenstore_request control_message(struct xenstore_control *c,
					     const struct xenstore_message *m)
{
	if (m->type == XS_WATCH_EVENT)
		return control_read(c) ? XENSTORE_NOTHING : XENSTORE_BROKEN;
	if (m->id == CONTROL_ID_READ && c->reading)
		return control_answer(c, m);
	if (m->id != CONTROL_ID_WATCH || m->type != XS_ERROR)
		return XENSTORE_NOTHING;
	control_keep(c, m->text);
	return XENSTORE_REFUSED;
}

enum xenstore_request xenstore_control_next(struct xenstore_control *c)
{
	enum xenstore_request request = XENSTORE_NOTHING;
	struct xenstore_message m;
	int got = 1;

	while (request == XENSTORE_NOTHING && got > 0) {
		got = xenstore_wire_take(&c->wire, &m);
		if (got > 0)
			request = control_message(c, &m);
	}
	return got < 0 ? XENSTORE_BROKEN : request;
}
