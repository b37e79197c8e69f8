/* SPDX-License-Identifier: MIT */
/*
 * Xen's hypercalls as typed functions. All return 0 or more, or a negative
 * Xen errno (xen/errno.h), which has Linux's numbers. None blocks but
 * hypercall_poll.
 */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

/* Raw; see vmcall.S. Use the typed functions. */
long hypercall__(long a1, long a2, long a3, unsigned long number);

/* Choose vmcall or vmmcall. False where no Xen is underneath. */
bool hypercall_init(void);

static inline long hypercall_domain_shutdown(unsigned reason)
{
	struct sched_shutdown arg = {.reason = reason};

	return hypercall__(SCHEDOP_shutdown, (long)&arg, 0, __HYPERVISOR_sched_op);
}

static inline long hypercall_yield(void)
{
	return hypercall__(SCHEDOP_yield, 0, 0, __HYPERVISOR_sched_op);
}

/* Block this vCPU until port is pending or Xen's clock reads deadline (ns). */
static inline long hypercall_poll(evtchn_port_t port, uint64_t deadline)
{
	struct sched_poll arg = {.nr_ports = 1, .timeout = deadline};

	set_xen_guest_handle(arg.ports, &port);
	return hypercall__(SCHEDOP_poll, (long)&arg, 0, __HYPERVISOR_sched_op);
}

static inline long hypercall_param_get(unsigned index, uint64_t *value)
{
	struct xen_hvm_param arg = {.domid = DOMID_SELF, .index = index};
	long ret = hypercall__(HVMOP_get_param, (long)&arg, 0, __HYPERVISOR_hvm_op);

	*value = arg.value;
	return ret;
}

static inline long hypercall_param_set(unsigned index, uint64_t value)
{
	struct xen_hvm_param arg = {.domid = DOMID_SELF, .index = index, .value = value};

	return hypercall__(HVMOP_set_param, (long)&arg, 0, __HYPERVISOR_hvm_op);
}

/* Drop every translation of every vCPU of this guest. */
static inline long hypercall_flush_tlbs(void)
{
	return hypercall__(HVMOP_flush_tlbs, 0, 0, __HYPERVISOR_hvm_op);
}

/* Let the shared info page appear at guest frame *gfn, or tell where it is. */
static inline long hypercall_map_shared_info(uint64_t *gfn)
{
	struct xen_add_to_physmap arg = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = *gfn,
	};
	long ret = hypercall__(XENMEM_add_to_physmap, (long)&arg, 0, __HYPERVISOR_memory_op);

	*gfn = arg.gpfn;
	return ret;
}

static inline long hypercall_event_send(evtchn_port_t port)
{
	struct evtchn_send arg = {.port = port};

	return hypercall__(EVTCHNOP_send, (long)&arg, 0, __HYPERVISOR_event_channel_op);
}

static inline long hypercall_event_bind_ipi(unsigned vcpu, evtchn_port_t *port)
{
	struct evtchn_bind_ipi arg = {.vcpu = vcpu};
	long ret = hypercall__(EVTCHNOP_bind_ipi, (long)&arg, 0, __HYPERVISOR_event_channel_op);

	*port = arg.port;
	return ret;
}

static inline long hypercall_event_bind_virq(unsigned virq, unsigned vcpu, evtchn_port_t *port)
{
	struct evtchn_bind_virq arg = {.virq = virq, .vcpu = vcpu};
	long ret = hypercall__(EVTCHNOP_bind_virq, (long)&arg, 0, __HYPERVISOR_event_channel_op);

	*port = arg.port;
	return ret;
}

static inline long hypercall_vcpu_initialise(unsigned vcpu, struct vcpu_hvm_context *context)
{
	return hypercall__(VCPUOP_initialise, vcpu, (long)context, __HYPERVISOR_vcpu_op);
}

static inline long hypercall_vcpu_up(unsigned vcpu)
{
	return hypercall__(VCPUOP_up, vcpu, 0, __HYPERVISOR_vcpu_op);
}

/* One VIRQ_TIMER event for vcpu, the caller's own, when Xen's clock reads deadline (ns). */
static inline long hypercall_timer_set(unsigned vcpu, uint64_t deadline)
{
	struct vcpu_set_singleshot_timer arg = {.timeout_abs_ns = deadline};

	return hypercall__(VCPUOP_set_singleshot_timer, vcpu, (long)&arg, __HYPERVISOR_vcpu_op);
}

/* Unmask a port, and raise the upcall if it is pending. */
static inline long hypercall_event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask arg = {.port = port};

	return hypercall__(EVTCHNOP_unmask, (long)&arg, 0, __HYPERVISOR_event_channel_op);
}

#endif
