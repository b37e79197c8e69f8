/* SPDX-License-Identifier: MIT */
/*
 * Module `xen`: what a debugger asks of Xen about one guest, by Xen's own control
 * library.
 *
 * Debug exceptions of the guest (INT3, the trap flag) come as events of Xen's
 * monitor (xen/vm_event.h): the vCPU stands until its event is answered. Debian's Xen
 * is built without the older interface of gdbsx. Calls that fail return nil and a
 * message.
 */
#define _GNU_SOURCE
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xen/vm_event.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

#define EXTENDED_MAX 16384 /* bytes of vector state */

/* Registers in the order of gdb's `g` packet for x86-64. */
struct gdb_registers {
	uint64_t general[16], rip;
	uint32_t flags, cs, ss, ds, es, fs, gs;
	uint8_t x87[8][10];
	uint32_t x87_control[8]; /* fctrl fstat ftag fiseg fioff foseg fooff fop */
	uint8_t xmm[16][16];
	uint32_t mxcsr;
} __attribute__((packed));

/* The FXSAVE area, Intel SDM 1, 10.5.1. */
struct fxsave {
	uint16_t control, status;
	uint8_t tag, reserved0;
	uint16_t opcode;
	uint64_t instruction, operand;
	uint32_t mxcsr, mxcsr_mask;
	struct {
		uint8_t value[10], reserved[6];
	} x87[8];
	uint8_t xmm[16][16];
};

static xc_interface *control;
static xenforeignmemory_handle *memory;
static vm_event_back_ring_t ring; /* of the one guest that is attached */
static vcpu_guest_context_any_t context;

static uint32_t arg_domain(lua_State *L)
{
	return (uint32_t)luaL_checkinteger(L, 1);
}

static uint32_t arg_vcpu(lua_State *L)
{
	return (uint32_t)luaL_checkinteger(L, 2);
}

static int answer(lua_State *L, int ret)
{
	return ret < 0 ? answer_errno(L) : answer_true(L);
}

/* The way to Xen; attach is the first call that is made. */
static int library_open(void)
{
	if (!control)
		control = xc_interface_open(NULL, NULL, 0);
	if (control && !memory)
		memory = xenforeignmemory_open(NULL, 0);
	return control && memory ? 0 : -1;
}

/* attach(domain): from now on debug exceptions stop a vCPU and come as events */
static int xen_attach(lua_State *L)
{
	vm_event_sring_t *shared;
	uint32_t port;

	if (library_open())
		return answer_errno(L);
	shared = xc_monitor_enable(control, arg_domain(L), &port);
	if (!shared)
		return answer_errno(L);
	SHARED_RING_INIT(shared);
	BACK_RING_INIT(&ring, shared, XC_PAGE_SIZE);
	if (xc_monitor_software_breakpoint(control, arg_domain(L), true))
		return answer_errno(L);
	return answer(L, xc_monitor_debug_exceptions(control, arg_domain(L), true, true));
}

/* pause(domain), unpause(domain): counted */
static int xen_pause(lua_State *L)
{
	return answer(L, xc_domain_pause(control, arg_domain(L)));
}

static int xen_unpause(lua_State *L)
{
	return answer(L, xc_domain_unpause(control, arg_domain(L)));
}

/* event(): a vCPU that a debug exception has stopped, and the reason; nil where there is none */
static int xen_event(lua_State *L)
{
	vm_event_request_t request;

	if (!RING_HAS_UNCONSUMED_REQUESTS(&ring))
		return 0;
	memcpy(&request, RING_GET_REQUEST(&ring, ring.req_cons), sizeof(request));
	ring.req_cons++;
	ring.sring->req_event = ring.req_cons + 1;
	lua_pushinteger(L, request.vcpu_id);
	lua_pushinteger(L, request.reason);
	return 2;
}

/* answer(domain, vcpu, reason): the vCPU may go on from where it stands, without the exception */
static int xen_answer(lua_State *L)
{
	vm_event_response_t response = {
		.version = VM_EVENT_INTERFACE_VERSION,
		.flags = VM_EVENT_FLAG_VCPU_PAUSED,
		.reason = (uint32_t)luaL_checkinteger(L, 3),
		.vcpu_id = arg_vcpu(L),
	};

	memcpy(RING_GET_RESPONSE(&ring, ring.rsp_prod_pvt), &response, sizeof(response));
	ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES(&ring);
	return answer(L, xc_monitor_resume(control, arg_domain(L)));
}

/* The general registers of Xen's context in gdb's order. */
static void general_of(struct cpu_user_regs *r, uint64_t *to[16])
{
	uint64_t *order[16] = {&r->rax, &r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi,
			       &r->rbp, &r->rsp, &r->r8,  &r->r9,  &r->r10, &r->r11,
			       &r->r12, &r->r13, &r->r14, &r->r15};

	memcpy(to, order, sizeof(order));
}

static void registers_read(struct gdb_registers *to)
{
	struct cpu_user_regs *r = &context.c.user_regs;
	const struct fxsave *fx = (const struct fxsave *)&context.c.fpu_ctxt;
	uint64_t *general[16];

	general_of(r, general);
	*to = (struct gdb_registers){
		.rip = r->rip,
		.flags = (uint32_t)r->rflags,
		.cs = r->cs,
		.ss = r->ss,
		.ds = r->ds,
		.es = r->es,
		.fs = r->fs,
		.gs = r->gs,
		.x87_control = {fx->control, fx->status, fx->tag, 0, 0, 0, 0, fx->opcode},
		.mxcsr = fx->mxcsr,
	};
	for (int i = 0; i < 16; i++)
		to->general[i] = *general[i];
	for (int i = 0; i < 8; i++)
		memcpy(to->x87[i], fx->x87[i].value, sizeof(to->x87[i]));
	memcpy(to->xmm, fx->xmm, sizeof(to->xmm));
}

static void registers_write(const struct gdb_registers *from)
{
	struct cpu_user_regs *r = &context.c.user_regs;
	struct fxsave *fx = (struct fxsave *)&context.c.fpu_ctxt;
	uint64_t *general[16];

	general_of(r, general);
	for (int i = 0; i < 16; i++)
		*general[i] = from->general[i];
	r->rip = from->rip;
	r->rflags = from->flags;
	memcpy(fx->xmm, from->xmm, sizeof(fx->xmm));
}

/* registers(domain, vcpu): as the bytes of gdb's `g` packet; nil for a vCPU not started */
static int xen_registers(lua_State *L)
{
	struct gdb_registers registers;

	if (xc_vcpu_getcontext(control, arg_domain(L), arg_vcpu(L), &context))
		return answer_errno(L);
	registers_read(&registers);
	lua_pushlstring(L, (const char *)&registers, sizeof(registers));
	return 1;
}

/* All vector state of a vCPU; size 0 where it has none. */
struct extended {
	uint64_t features, size;
	uint8_t bytes[EXTENDED_MAX];
};

/* Move state->size bytes of it; the library's own call does not say how many came. */
static int extended_move(uint32_t domain, uint32_t vcpu, uint32_t command, struct extended *state)
{
	DECLARE_HYPERCALL_BUFFER(uint64_t, buffer);
	struct xen_domctl op = {.cmd = command, .domain = (domid_t)domain};
	int ret;

	buffer = xc_hypercall_buffer_alloc(control, buffer, EXTENDED_MAX);
	if (!buffer)
		return -1;
	memcpy(buffer, state->bytes, state->size);
	op.u.vcpuextstate.vcpu = vcpu;
	op.u.vcpuextstate.xfeature_mask = state->features;
	op.u.vcpuextstate.size = state->size;
	set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, buffer);
	ret = xc_domctl(control, &op);
	state->size = op.u.vcpuextstate.size;
	if (command == XEN_DOMCTL_getvcpuextstate && ret == 0)
		memcpy(state->bytes, buffer, state->size);
	xc_hypercall_buffer_free(control, buffer);
	return ret;
}

static void extended_read(uint32_t domain, uint32_t vcpu, struct extended *state)
{
	xc_vcpu_extstate_t needed = {0};

	state->size = 0;
	if (xc_vcpu_get_extstate(control, domain, vcpu, &needed) || needed.size > EXTENDED_MAX)
		return;
	state->features = needed.xfeature_mask;
	state->size = needed.size;
	if (extended_move(domain, vcpu, XEN_DOMCTL_getvcpuextstate, state))
		state->size = 0;
}

/*
 * registers_set(domain, vcpu, bytes): of a paused domain; x87 and selectors stay.
 * Setting a context drops the vector state beyond SSE, so that is read before and put
 * back after; but for a changed vector register, which the whole state would undo.
 */
static int xen_registers_set(lua_State *L)
{
	static struct extended state;
	uint32_t domain = arg_domain(L), vcpu = arg_vcpu(L);
	struct gdb_registers registers, before;
	size_t length;
	const char *bytes = luaL_checklstring(L, 3, &length);

	luaL_argcheck(L, length == sizeof(registers), 3, "not a g packet");
	memcpy(&registers, bytes, sizeof(registers));
	if (xc_vcpu_getcontext(control, domain, vcpu, &context))
		return answer_errno(L);
	registers_read(&before);
	extended_read(domain, vcpu, &state);
	registers_write(&registers);
	if (xc_vcpu_setcontext(control, domain, vcpu, &context))
		return answer_errno(L);
	if (!state.size || memcmp(before.xmm, registers.xmm, sizeof(before.xmm)))
		return answer_true(L);
	return answer(L, extended_move(domain, vcpu, XEN_DOMCTL_setvcpuextstate, &state));
}

/* The page at a guest's address, in our own memory; NULL where none is mapped there. */
static uint8_t *page_map(lua_State *L, uint64_t address, int rights)
{
	xen_pfn_t frame;

	errno = EFAULT;
	frame = xc_translate_foreign_address(control, arg_domain(L), 0, address);
	if (!frame)
		return NULL;
	return xenforeignmemory_map(memory, arg_domain(L), rights, 1, &frame, NULL);
}

/* page(domain, address): the bytes of the page that holds it */
static int xen_page(lua_State *L)
{
	uint8_t *page = page_map(L, (uint64_t)luaL_checkinteger(L, 2), PROT_READ);

	if (!page)
		return answer_errno(L);
	lua_pushlstring(L, (const char *)page, XC_PAGE_SIZE);
	xenforeignmemory_unmap(memory, page, 1);
	return 1;
}

/* write(domain, address, bytes): within one page, whatever its rights are */
static int xen_write(lua_State *L)
{
	uint64_t address = (uint64_t)luaL_checkinteger(L, 2), offset = address % XC_PAGE_SIZE;
	size_t size;
	const char *bytes = luaL_checklstring(L, 3, &size);
	uint8_t *page;

	luaL_argcheck(L, size <= XC_PAGE_SIZE - offset, 3, "more than the page");
	page = page_map(L, address, PROT_READ | PROT_WRITE);
	if (!page)
		return answer_errno(L);
	memcpy(page + offset, bytes, size);
	xenforeignmemory_unmap(memory, page, 1);
	return answer_true(L);
}

int luaopen_xen(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"answer", xen_answer},
		{"attach", xen_attach},
		{"event", xen_event},
		{"page", xen_page},
		{"pause", xen_pause},
		{"registers", xen_registers},
		{"registers_set", xen_registers_set},
		{"unpause", xen_unpause},
		{"write", xen_write},
		{NULL, NULL},
	};

	luaL_newlib(L, functions);
	return 1;
}
