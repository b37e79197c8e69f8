/* SPDX-License-Identifier: MIT */
/*
 * Xen's hypercalls, as many as the kernel makes, answered by the PC itself. Takes
 * the place of container/xen/hypercall.c and vmcall.S.
 */
#include "container/bare/pc.h"
#include "container/bare/port.h"
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/hypercall.h"
#include "container/xen/lock.h"
#include "layout/layout.h"

#include <asm/errno.h>

#define WORD_BITS 64
#define PORTS_MAX 128

/* ACPI's PM1a control register, where QEMU's firmware puts it: sleep, of the kind "off". */
#define POWER_PORT 0x604
#define POWER_OFF 0x2000

#define VECTOR_NMI 2

void apic_entry(void);
void flush_entry(void);
void interrupt_taken(void);

static union {
	struct shared_info info;
	uint8_t page[LAYOUT_PAGE_SIZE];
} shared __attribute__((aligned(LAYOUT_PAGE_SIZE)));

static uint8_t store_page[LAYOUT_PAGE_SIZE] /* XenStore's, where nobody answers */
	__attribute__((aligned(LAYOUT_PAGE_SIZE)));
static uint32_t ports_bound =
	PORT_STORE;                  /* the highest port in use; the first are the boot core's */
static uint8_t port_core[PORTS_MAX]; /* written before the port is used */
static uint32_t timer_port[LAYOUT_CORES_MAX];
static uint64_t timer_deadline[LAYOUT_CORES_MAX]; /* 0: none; that core only */

uint32_t flush_count; /* counted up by flush_entry */
static struct lock flushing;
static bool core_is_up[LAYOUT_CORES_MAX] = {true}; /* the boot core starts them all */

bool hypercall_init(void)
{
	time_init();
	serial_init();
	return true;
}

/* Put a pending port where its core's upcall looks. */
static void port_show(uint32_t port)
{
	struct vcpu_info *vcpu = &shared.info.vcpu_info[port_core[port]];

	__atomic_fetch_or(&vcpu->evtchn_pending_sel, UINT64_C(1) << port / WORD_BITS,
			  __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
}

/* True where the core has to be told. */
static bool port_mark(uint32_t port)
{
	uint64_t bit = UINT64_C(1) << port % WORD_BITS;
	uint64_t was = __atomic_fetch_or(&shared.info.evtchn_pending[port / WORD_BITS], bit,
					 __ATOMIC_SEQ_CST);

	if (was & bit || shared.info.evtchn_mask[port / WORD_BITS] & bit)
		return false;
	port_show(port);
	return true;
}

void event_raise(uint32_t port)
{
	if (port_mark(port))
		apic_interrupt(port_core[port]);
}

static void serve_console(void)
{
	if (serial_serve())
		event_raise(PORT_CONSOLE);
}

void interrupt_taken(void)
{
	unsigned id = core_self()->id;
	uint64_t deadline = timer_deadline[id];

	apic_acknowledge();
	if (deadline && time_now() >= deadline) {
		timer_deadline[id] = 0;
		port_mark(timer_port[id]);
	} else if (deadline) {
		apic_timer_set(deadline);
	}
	if (id == 0 && serial_serve())
		port_mark(PORT_CONSOLE);
}

static long event_send(uint32_t port)
{
	if (port == PORT_CONSOLE)
		serve_console();
	else if (port != PORT_STORE)
		event_raise(port);
	return 0;
}

static long event_bind(unsigned core, evtchn_port_t *port)
{
	if (ports_bound + 1 == PORTS_MAX || core >= LAYOUT_CORES_MAX)
		return -ENOSPC;
	*port = ++ports_bound;
	port_core[*port] = (uint8_t)core;
	return 0;
}

static long event_bind_virq(struct evtchn_bind_virq *arg)
{
	long ret = arg->virq == VIRQ_TIMER ? event_bind(arg->vcpu, &arg->port) : -EINVAL;

	if (ret == 0)
		timer_port[arg->vcpu] = arg->port;
	return ret;
}

static long event_unmask(uint32_t port)
{
	uint64_t bit = UINT64_C(1) << port % WORD_BITS;

	/* For what was typed earlier the interrupt has come, and nobody took it. */
	if (port == PORT_CONSOLE)
		serve_console();
	__atomic_fetch_and(&shared.info.evtchn_mask[port / WORD_BITS], ~bit, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&shared.info.evtchn_pending[port / WORD_BITS], __ATOMIC_SEQ_CST) &
	    bit) {
		port_show(port);
		apic_interrupt(port_core[port]);
	}
	return 0;
}

static long event_op(long op, void *arg)
{
	switch (op) {
	case EVTCHNOP_send:
		return event_send(((struct evtchn_send *)arg)->port);
	case EVTCHNOP_unmask:
		return event_unmask(((struct evtchn_unmask *)arg)->port);
	case EVTCHNOP_bind_ipi: {
		struct evtchn_bind_ipi *bind = arg;

		return event_bind(bind->vcpu, &bind->port);
	}
	case EVTCHNOP_bind_virq:
		return event_bind_virq(arg);
	default:
		return -ENOSYS;
	}
}

static long sched_poll(const struct sched_poll *arg)
{
	uint32_t port = *arg->ports.p;
	const uint64_t *word = &shared.info.evtchn_pending[port / WORD_BITS];

	while (!(__atomic_load_n(word, __ATOMIC_ACQUIRE) >> port % WORD_BITS & 1) &&
	       time_now() < arg->timeout) {
		serve_console();
		cpu_relax();
	}
	return 0;
}

static long sched_op(long op, void *arg)
{
	switch (op) {
	case SCHEDOP_yield:
		cpu_relax();
		return 0;
	case SCHEDOP_poll:
		return sched_poll(arg);
	case SCHEDOP_shutdown:
		port_write_word(POWER_PORT, POWER_OFF);
		return 0;
	default:
		return -ENOSYS;
	}
}

static void shared_info_fill(void)
{
	uint64_t seconds = time_epoch();

	shared.info.wc_sec = (uint32_t)seconds;
	shared.info.wc_sec_hi = (uint32_t)(seconds >> 32);
	for (unsigned i = 0; i < LAYOUT_CORES_MAX; i++)
		time_record(&shared.info.vcpu_info[i].time);
}

/* The page is where it is: the caller is told where that is. */
static long memory_op(long op, void *arg)
{
	struct xen_add_to_physmap *add = arg;

	if (op != XENMEM_add_to_physmap || add->space != XENMAPSPACE_shared_info)
		return -ENOSYS;
	add->gpfn = (uint64_t)&shared >> LAYOUT_PAGE_ORDER;
	shared_info_fill();
	return apic_init();
}

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* Have the gate that the kernel made lead elsewhere. */
static void gate_divert(unsigned vector, void (*entry)(void))
{
	uint64_t target = (uint64_t)entry;
	struct table_register idtr;
	uint64_t *gate;

	__asm__ volatile("sidt %0" : "=m"(idtr));
	gate = (uint64_t *)(idtr.base + vector * 16UL);
	gate[0] = (gate[0] & ~(0xffffUL << 48 | 0xffff)) | (target >> 16 & 0xffff) << 48 |
		  (target & 0xffff);
	gate[1] = target >> 32;
}

/*
 * Cores spin with interrupts off on locks that the caller may hold, so they are
 * asked in a way that they cannot hold off.
 */
static long flush_tlbs(void)
{
	uint32_t begun, asked = 0;

	lock_take(&flushing);
	begun = __atomic_load_n(&flush_count, __ATOMIC_ACQUIRE);
	for (unsigned i = 0; i < LAYOUT_CORES_MAX; i++) {
		if (!core_is_up[i] || i == core_self()->id)
			continue;
		apic_interrupt_hard(i);
		asked++;
	}
	cpu_cr3_set(cpu_cr3());
	/* Acquire; pairs with the locked increment in flush_entry. */
	while (__atomic_load_n(&flush_count, __ATOMIC_ACQUIRE) - begun < asked)
		cpu_relax();
	lock_drop(&flushing);
	return 0;
}

static long param_get(struct xen_hvm_param *param)
{
	switch (param->index) {
	case HVM_PARAM_CONSOLE_PFN:
		param->value = serial_ring_frame();
		return 0;
	case HVM_PARAM_CONSOLE_EVTCHN:
		param->value = PORT_CONSOLE;
		return 0;
	case HVM_PARAM_STORE_PFN:
		param->value = (uint64_t)store_page >> LAYOUT_PAGE_ORDER;
		return 0;
	case HVM_PARAM_STORE_EVTCHN:
		param->value = PORT_STORE;
		return 0;
	default:
		return -EINVAL;
	}
}

static long param_set(const struct xen_hvm_param *param)
{
	if (param->index != HVM_PARAM_CALLBACK_IRQ)
		return -EINVAL;
	gate_divert((uint8_t)param->value, apic_entry);
	gate_divert(VECTOR_NMI, flush_entry);
	apic_vector_set((uint8_t)param->value);
	return 0;
}

static long hvm_op(long op, void *arg)
{
	switch (op) {
	case HVMOP_get_param:
		return param_get(arg);
	case HVMOP_set_param:
		return param_set(arg);
	case HVMOP_flush_tlbs:
		return flush_tlbs();
	default:
		return -ENOSYS;
	}
}

static long vcpu_up(unsigned core)
{
	long ret = start_core(core);

	core_is_up[core] = ret == 0;
	return ret;
}

static long vcpu_op(long op, unsigned core, void *arg)
{
	switch (op) {
	case VCPUOP_initialise:
		return start_prepare(core, arg);
	case VCPUOP_up:
		return vcpu_up(core);
	case VCPUOP_set_singleshot_timer:
		timer_deadline[core] = ((struct vcpu_set_singleshot_timer *)arg)->timeout_abs_ns;
		apic_timer_set(timer_deadline[core]);
		return 0;
	default:
		return -ENOSYS;
	}
}

long hypercall__(long a1, long a2, long a3, unsigned long number)
{
	switch (number) {
	case __HYPERVISOR_event_channel_op:
		return event_op(a1, (void *)a2);
	case __HYPERVISOR_sched_op:
		return sched_op(a1, (void *)a2);
	case __HYPERVISOR_memory_op:
		return memory_op(a1, (void *)a2);
	case __HYPERVISOR_hvm_op:
		return hvm_op(a1, (void *)a2);
	case __HYPERVISOR_vcpu_op:
		return vcpu_op(a1, (unsigned)a2, (void *)a3);
	default:
		return -ENOSYS;
	}
}
