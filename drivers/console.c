/* SPDX-License-Identifier: MIT */
/*
 * The PV console ring: see console.h.
 */
#include "container/xen/clock.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/device.h"
#include "container/xen/event.h"
#include "container/xen/futex.h"
#include "container/xen/hypercall.h"
#include "container/xen/print.h"
#include "container/xen/thread.h"
#include "container/xen/user.h"
#include "drivers/console.h"

#include <asm/errno.h>
#include <xen/io/console.h>

#define PATIENCE CLOCK_SECOND          /* for a backend that takes nothing, ns */
#define POLL_STEP (CLOCK_SECOND / 100) /* ns */
#define SEIZE_SPINS 10000000
#define END_OF_INPUT 4 /* Ctrl-D */
#define PIECE 64       /* bytes of output that are copied at a time */

static struct lock out_lock;  /* covers the out ring's producer side, dropped */
static struct lock in_lock;   /* covers the in ring's consumer side */
static struct core *owner;    /* after console_seize: who alone writes, lock held for ever */
static uint32_t input_events; /* futex: counts what the backend may have typed */
static uint32_t console_port;
static size_t dropped; /* bytes that the backend never took */

static volatile struct xencons_interface *ring(void)
{
	return device_page(DEVICE_CONSOLE);
}

/* Bytes that the backend has not taken; a nonsensical index counts as a full ring. */
static uint32_t out_pending(void)
{
	/* R1 (pairs with the backend's update of out_cons): its reads /before/ we write over. */
	uint32_t cons = __atomic_load_n(&ring()->out_cons, __ATOMIC_ACQUIRE);
	uint32_t pending = ring()->out_prod - cons;

	return pending > sizeof(ring()->out) ? sizeof(ring()->out) : pending;
}

static void console_event(void)
{
	__atomic_fetch_add(&input_events, 1, __ATOMIC_RELEASE);
	futex_wake(&input_events, LAYOUT_THREADS_MAX, UINT32_MAX);
}

/*
 * Wait until at most `most` bytes are pending. False once patience is over. The
 * event that ends a poll may have been for input: readers are told, too.
 */
static bool out_wait(uint32_t most)
{
	uint64_t give_up = clock_now() + PATIENCE;
	uint32_t before = out_pending();

	uint32_t pending;

	hypercall_event_send(console_port);
	for (;;) {
		event_clear(console_port);
		pending = out_pending();
		if (pending <= most)
			break;
		if (pending < before) {
			give_up = clock_now() + PATIENCE;
			before = pending;
		} else if (clock_now() > give_up) {
			break;
		}
		/* Other cores may want a fence of this one, which has its interrupts off. */
		core_barrier_answer();
		hypercall_poll(console_port, clock_to_xen(clock_now() + POLL_STEP));
	}
	/* Not when the guest ends: the locks of readers may never be dropped again. */
	if (!owner)
		console_event();
	return pending <= most;
}

static bool out_byte(char byte)
{
	if (out_pending() == sizeof(ring()->out) && !out_wait(sizeof(ring()->out) / 8))
		return false;

	uint32_t prod = ring()->out_prod;

	ring()->out[MASK_XENCONS_IDX(prod, ring()->out)] = byte;
	/* W1 (pairs with the backend's read of out_prod): the byte /before/ the index. */
	__atomic_store_n(&ring()->out_prod, prod + 1, __ATOMIC_RELEASE);
	return true;
}

/* False where the backend takes nothing any more. */
static bool out_piece(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((text[i] == '\n' && !out_byte('\r')) || !out_byte(text[i])) {
			dropped += size - i;
			return false;
		}
	}
	return true;
}

/* How many bytes could be read. */
static size_t out_text(const char *text, size_t size)
{
	char piece[PIECE];
	bool taken = true;
	size_t done = 0;

	while (done < size) {
		size_t want = size - done < PIECE ? size - done : PIECE;
		size_t got = want - user_copy(piece, text + done, want);

		if (taken)
			taken = out_piece(piece, got);
		else
			dropped += got;
		done += got;
		if (got < want)
			break;
	}
	return done;
}

static void out_report_dropped(void)
{
	char text[64];
	size_t was = dropped;

	dropped = 0;
	out_text(text, print_to(text, sizeof(text), "\n[%lu bytes of output lost]\n", was));
}

size_t console_write(const char *text, size_t size)
{
	bool seized = owner == core_self();
	size_t done;

	if (!seized)
		lock_take(&out_lock);
	if (dropped && out_pending() < sizeof(ring()->out) / 2)
		out_report_dropped();
	done = out_text(text, size);
	hypercall_event_send(console_port);
	if (!seized)
		lock_drop(&out_lock);
	return done;
}

void console_drain(void)
{
	if (console_port)
		out_wait(0);
}

void console_seize(void)
{
	/* Its holder may be the very core that died: after a while go on without it. */
	for (unsigned spins = 0; spins < SEIZE_SPINS; spins++) {
		if (!__atomic_exchange_n(&out_lock.held, 1, __ATOMIC_ACQUIRE))
			break;
		cpu_relax();
	}
	owner = core_self();
}

#define IN_EMPTY (-1)

/* Take one byte off the in ring; IN_EMPTY where there is none. */
static int in_byte(void)
{
	/* R2 (pairs with the backend's update of in_prod): the index /before/ the byte. */
	uint32_t prod = __atomic_load_n(&ring()->in_prod, __ATOMIC_ACQUIRE);
	uint32_t cons = ring()->in_cons;

	/* A backend that claims more than the ring holds has written nothing that counts. */
	if (prod == cons || prod - cons > sizeof(ring()->in))
		return IN_EMPTY;

	unsigned char byte = (unsigned char)ring()->in[MASK_XENCONS_IDX(cons, ring()->in)];

	/* W2 (pairs with the backend's read of in_cons): our read /before/ it may write over. */
	__atomic_store_n(&ring()->in_cons, cons + 1, __ATOMIC_RELEASE);
	return byte == '\r' ? '\n' : byte;
}

/* Take what is there, up to the end of a line or of input; IN_EMPTY where nothing is. */
static long in_take(char *text, size_t size)
{
	size_t count = 0;
	bool ended = false;
	int byte = IN_EMPTY;

	lock_take(&in_lock);
	while (count < size && !ended && (byte = in_byte()) != IN_EMPTY) {
		ended = byte == END_OF_INPUT || byte == '\n';
		if (byte != END_OF_INPUT)
			text[count++] = (char)byte;
	}
	lock_drop(&in_lock);
	if (!count && byte == IN_EMPTY)
		return IN_EMPTY;
	hypercall_event_send(console_port);
	return (long)count;
}

long console_read(char *text, size_t size)
{
	for (;;) {
		/* The count /before/ the look: an event in between makes the wait return at once.
		 */
		uint32_t seen = __atomic_load_n(&input_events, __ATOMIC_ACQUIRE);
		long count = in_take(text, size);

		if (count != IN_EMPTY)
			return count;
		if (futex_wait(&input_events, seen, UINT32_MAX, THREAD_FOREVER) == -EINTR)
			return -ERESTARTSYS;
	}
}

int console_init(uint32_t port)
{
	console_port = port;
	return event_handle(port, core_self(), console_event);
}
