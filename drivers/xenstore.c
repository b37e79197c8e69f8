/* SPDX-License-Identifier: MIT */
/* The event channel under xenstore_control.h, and what is done about its requests. */
#include "drivers/xenstore.h"

#include "container/xen/core.h"
#include "container/xen/device.h"
#include "container/xen/event.h"
#include "container/xen/hypercall.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/signal.h"
#include "drivers/xenstore_control.h"

/* Only the core that handles the port touches these, with interrupts off. */
static struct xenstore_control control;
static uint32_t store_port;
static bool broken;

static void store_end(unsigned reason)
{
	guest_end_reason_set(reason);
	signal_post_process(SIGTERM);
}

static void store_broken(void)
{
	broken = true;
	print("atoll: xenstored broke its ring; the guest cannot be asked to shut down\n");
}

static void store_act(enum xenstore_request request)
{
	switch (request) {
	case XENSTORE_POWEROFF:
		store_end(SHUTDOWN_poweroff);
		break;
	case XENSTORE_REBOOT:
		store_end(SHUTDOWN_reboot);
		break;
	case XENSTORE_UNKNOWN:
		print("atoll: asked to %s, which is ignored; expected poweroff, halt or reboot\n",
		      control.word);
		break;
	case XENSTORE_REFUSED:
		print("atoll: xenstored: no watch on control/shutdown: %s\n", control.word);
		break;
	case XENSTORE_BROKEN:
		store_broken();
		break;
	case XENSTORE_NOTHING:
		break;
	}
}

/* Each request takes bytes of what was seen at first, so the loop ends. */
static void store_event(void)
{
	enum xenstore_request request = XENSTORE_BROKEN;

	if (broken)
		return;
	if (!xenstore_control_look(&control))
		store_act(XENSTORE_BROKEN);
	while (!broken && (request = xenstore_control_next(&control)) != XENSTORE_NOTHING)
		store_act(request);
	if (xenstore_wire_tell(&control.wire))
		hypercall_event_send(store_port);
}

int xenstore_init(uint32_t port)
{
	int ret = event_handle(port, core_self(), store_event);

	if (ret < 0)
		return ret;
	store_port = port;
	xenstore_control_init(&control, device_page(DEVICE_XENSTORE));
	store_event();
	return 0;
}
