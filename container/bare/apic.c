/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: each core's local APIC, with its timer, and the I/O APIC for the
 * serial port (Intel SDM 3A, chapter "APIC"; Intel 82093AA). The old 8259 pair is
 * turned off. Core n is the one whose APIC has the number n, as QEMU counts them.
 */
#include "container/bare/pc.h"
#include "container/bare/port.h"
#include "container/xen/asm.h"
#include "container/xen/clock.h"
#include "container/xen/cpu.h"
#include "container/xen/device.h"

#define PIC_MASKS_FIRST 0x21
#define PIC_MASKS_SECOND 0xa1
#define IRQ_SERIAL 4

/* The last slots of the pages shared with Xen, which Xen never has use for. */
#define PAGE_LOCAL ((enum device_page)(LAYOUT_DEVICES_SIZE / LAYOUT_PAGE_SIZE - 1))
#define PAGE_IO ((enum device_page)(LAYOUT_DEVICES_SIZE / LAYOUT_PAGE_SIZE - 2))

enum local_register {
	LOCAL_EOI = 0x0b0,
	LOCAL_SPURIOUS = 0x0f0,
	LOCAL_COMMAND = 0x300,
	LOCAL_COMMAND_TO = 0x310,
	LOCAL_TIMER = 0x320,
	LOCAL_LINT0 = 0x350,
	LOCAL_TIMER_FROM = 0x380,
	LOCAL_TIMER_COUNT = 0x390,
	LOCAL_TIMER_DIVIDE = 0x3e0,
};

#define LOCAL_ENABLE 0x100
#define LOCAL_MASKED 0x10000
#define LOCAL_DIVIDE_16 3
#define COMMAND_FIXED 0x4000
#define COMMAND_NMI 0x4400
#define COMMAND_INIT 0x4500
#define COMMAND_START 0x4600
#define COMMAND_BUSY 0x1000
#define TO_SHIFT 24

#define IO_REDIRECT(irq) (0x10 + 2 * (irq))
#define IO_WINDOW 4 /* 32-bit words behind the index */

#define MEASURE (CLOCK_SECOND / 200) /* ns */
#define START_PAUSE (CLOCK_SECOND / 100)

static uint64_t timer_hz;
static unsigned upcall_vector;

static volatile uint32_t *local(enum local_register reg)
{
	return (volatile uint32_t *)device_page(PAGE_LOCAL) + reg / sizeof(uint32_t);
}

static void io_write(uint32_t index, uint32_t value)
{
	volatile uint32_t *io = device_page(PAGE_IO);

	io[0] = index;
	io[IO_WINDOW] = value;
}

static void pause_for(uint64_t ns)
{
	uint64_t end = time_now() + ns;

	while (time_now() < end)
		cpu_relax();
}

static void timer_measure(void)
{
	uint64_t begun = time_now();

	*local(LOCAL_TIMER_FROM) = UINT32_MAX;
	pause_for(MEASURE);

	uint64_t count = UINT32_MAX - *local(LOCAL_TIMER_COUNT);

	timer_hz = count * CLOCK_SECOND / (time_now() - begun);
	*local(LOCAL_TIMER_FROM) = 0;
}

void apic_core_init(void)
{
	*local(LOCAL_LINT0) = LOCAL_MASKED;
	*local(LOCAL_TIMER) = LOCAL_MASKED;
	*local(LOCAL_TIMER_DIVIDE) = LOCAL_DIVIDE_16;
	/* Late news of an interrupt that is gone come with the same vector: they do no harm. */
	*local(LOCAL_SPURIOUS) = LOCAL_ENABLE | VECTOR_UPCALL;
}

int apic_init(void)
{
	int ret = device_map(PAGE_LOCAL, LAYOUT_PC_LOCAL_APIC >> LAYOUT_PAGE_ORDER);

	if (ret == 0)
		ret = device_map(PAGE_IO, LAYOUT_PC_IO_APIC >> LAYOUT_PAGE_ORDER);
	if (ret < 0)
		return ret;
	port_write(PIC_MASKS_FIRST, 0xff);
	port_write(PIC_MASKS_SECOND, 0xff);
	apic_core_init();
	timer_measure();
	return 0;
}

void apic_vector_set(unsigned vector)
{
	upcall_vector = vector;
	io_write(IO_REDIRECT(IRQ_SERIAL) + 1, 0);
	io_write(IO_REDIRECT(IRQ_SERIAL), vector);
}

void apic_timer_set(uint64_t deadline)
{
	uint64_t now = time_now();
	uint64_t left = deadline > now ? deadline - now : 0;
	uint64_t count = left < CLOCK_SECOND ? left * timer_hz / CLOCK_SECOND : timer_hz;

	*local(LOCAL_TIMER) = upcall_vector;
	*local(LOCAL_TIMER_FROM) = count ? (uint32_t)count : 1;
}

void apic_acknowledge(void)
{
	*local(LOCAL_EOI) = 0;
}

static void command(unsigned core, uint32_t what)
{
	*local(LOCAL_COMMAND_TO) = core << TO_SHIFT;
	*local(LOCAL_COMMAND) = what;
	while (*local(LOCAL_COMMAND) & COMMAND_BUSY)
		cpu_relax();
}

void apic_interrupt(unsigned core)
{
	command(core, COMMAND_FIXED | upcall_vector);
}

void apic_interrupt_hard(unsigned core)
{
	command(core, COMMAND_NMI);
}

void apic_start(unsigned core, uint64_t page)
{
	command(core, COMMAND_INIT);
	pause_for(START_PAUSE);
	command(core, COMMAND_START | (uint32_t)(page >> LAYOUT_PAGE_ORDER));
}
