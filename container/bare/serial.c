/* SPDX-License-Identifier: MIT */
/*
 * The first serial port (National Semiconductor 16550) as the other end of the
 * console ring: what xenconsoled is on Xen.
 */
#include "container/bare/pc.h"
#include "container/bare/port.h"
#include "container/xen/cpu.h"
#include "container/xen/lock.h"
#include "layout/layout.h"

#include <xen/io/console.h>

#define BASE 0x3f8
#define DATA (BASE + 0)
#define INTERRUPTS (BASE + 1)
#define INTERRUPT_RECEIVED 0x01
#define LINE (BASE + 3)
#define LINE_8N1 0x03
#define MODEM (BASE + 4)
#define MODEM_READY 0x0b /* DTR, RTS, and OUT2 that lets the interrupt through */
#define STATUS (BASE + 5)
#define STATUS_RECEIVED 0x01
#define STATUS_SENT 0x20

static union {
	struct xencons_interface ring;
	uint8_t page[LAYOUT_PAGE_SIZE];
} serial_page __attribute__((aligned(LAYOUT_PAGE_SIZE)));

static struct lock serving; /* both rings' far sides, and the port */

uint64_t serial_ring_frame(void)
{
	return (uint64_t)&serial_page >> LAYOUT_PAGE_ORDER;
}

/* The FIFO stays off: turning it on would drop what has been typed. */
void serial_init(void)
{
	port_write(LINE, LINE_8N1);
	port_write(MODEM, MODEM_READY);
	port_write(INTERRUPTS, INTERRUPT_RECEIVED);
}

static void send(struct xencons_interface *ring)
{
	/* Pairs with the release in out_byte of drivers/console.c. */
	uint32_t prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	uint32_t cons = ring->out_cons;

	for (; cons != prod; cons++) {
		while (!(port_read(STATUS) & STATUS_SENT))
			cpu_relax();
		port_write(DATA, (uint8_t)ring->out[MASK_XENCONS_IDX(cons, ring->out)]);
	}
	__atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
}

/* What finds no room stays in the port, for the call that follows the next read. */
static bool receive(struct xencons_interface *ring)
{
	uint32_t prod = ring->in_prod, first = prod;
	uint32_t cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);

	while (prod - cons < sizeof(ring->in) && port_read(STATUS) & STATUS_RECEIVED)
		ring->in[MASK_XENCONS_IDX(prod++, ring->in)] = (char)port_read(DATA);
	/* Pairs with the acquire in in_byte of drivers/console.c. */
	__atomic_store_n(&ring->in_prod, prod, __ATOMIC_RELEASE);
	return prod != first;
}

bool serial_serve(void)
{
	lock_take(&serving);
	send(&serial_page.ring);

	bool received = receive(&serial_page.ring);

	lock_drop(&serving);
	return received;
}
