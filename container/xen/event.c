/* SPDX-License-Identifier: MIT */
/*
 * Event channels: see event.h.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/device.h"
#include "container/xen/event.h"
#include "container/xen/hypercall.h"
#include "container/xen/schedule.h"
#include "container/xen/thread.h"

#include <asm/errno.h>

#define WORD_BITS 64
#define PORTS_MAX (CORE_PORT_WORDS * WORD_BITS)

static void (*handlers[PORTS_MAX])(void); /* written before the port is unmasked */

int event_init(void)
{
	struct shared_info *info = device_shared_info();

	for (unsigned i = 0; i < WORD_BITS; i++)
		info->evtchn_mask[i] = ~0UL;
	return (int)hypercall_param_set(HVM_PARAM_CALLBACK_IRQ,
					(uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 |
						VECTOR_UPCALL);
}

int event_handle(uint32_t port, struct core *core, void (*handler)(void))
{
	if (port >= PORTS_MAX)
		return -ENOSPC;
	handlers[port] = handler;
	core->ports[port / WORD_BITS] |= UINT64_C(1) << port % WORD_BITS;
	/* Xen unmasks it, and raises the upcall if the port is pending already. */
	return (int)hypercall_event_unmask(port);
}

/* Another core wants something of this one: any of these. */
static void core_kicked(void)
{
	core_barrier_answer();
	schedule_kicked();
}

int event_core_setup(struct core *core)
{
	int ret = (int)hypercall_event_bind_ipi(core->id, &core->ipi_port);

	if (ret < 0)
		return ret;
	ret = (int)hypercall_event_bind_virq(VIRQ_TIMER, core->id, &core->timer_port);
	if (ret < 0)
		return ret;
	ret = event_handle(core->ipi_port, core, core_kicked);
	return ret < 0 ? ret : event_handle(core->timer_port, core, schedule_timer);
}

void event_clear(uint32_t port)
{
	uint64_t *word = &device_shared_info()->evtchn_pending[port / WORD_BITS];

	__atomic_fetch_and(word, ~(UINT64_C(1) << port % WORD_BITS), __ATOMIC_SEQ_CST);
}

static void handle_word(struct core *core, struct shared_info *info, unsigned word)
{
	uint64_t raised = info->evtchn_pending[word] & core->ports[word];

	while (raised) {
		unsigned bit = (unsigned)__builtin_ctzll(raised);

		raised &= raised - 1;
		/* Clear /before/ handling: an event raised meanwhile is a new one. */
		event_clear(word * WORD_BITS + bit);
		handlers[word * WORD_BITS + bit]();
	}
}

void event_upcall(struct regs *regs)
{
	struct core *core = core_self();
	struct shared_info *info = device_shared_info();
	struct vcpu_info *vcpu = &info->vcpu_info[core->id];

	if (regs->rip == (uint64_t)core_halt_point)
		regs->rip++;
	/* Xen sets port, word and flag in this order; take them in the other. */
	while (__atomic_exchange_n(&vcpu->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
		uint64_t words =
			__atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

		for (unsigned word = 0; word < CORE_PORT_WORDS; word++)
			if (words >> word & 1)
				handle_word(core, info, word);
	}
	thread_upcall_end(regs);
}
