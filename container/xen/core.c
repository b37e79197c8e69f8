/* SPDX-License-Identifier: MIT */
/*
 * One core: its descriptor tables, its start, and asking others for a fence.
 */
#include "container/xen/asm.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/event.h"
#include "container/xen/hypercall.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/string.h"
#include "container/xen/vector.h"

#include <asm/errno.h>

OFFSET_CHECK(CORE_SWITCH_END, struct core, switch_end);
OFFSET_CHECK(CORE_UPCALL_STACK, struct core, tss.ist[CORE_IST_UPCALL - 1]);
OFFSET_CHECK(CORE_STRAY_END, struct core, stray[CORE_STRAY_WORDS]);
OFFSET_CHECK(REGS_RAX, struct regs, rax);
OFFSET_CHECK(REGS_VECTOR, struct regs, vector);
OFFSET_CHECK(REGS_RIP, struct regs, rip);
OFFSET_CHECK(REGS_RSP, struct regs, rsp);
_Static_assert(sizeof(struct regs) == REGS_SIZE, "REGS_SIZE matches struct regs");
_Static_assert(offsetof(struct core, self) == 0, "core_self reads GS:0");
_Static_assert(LAYOUT_SUPER_SIZE % LAYOUT_CORE_SLOT_SIZE == 0, "a core's slot has one page table");
_Static_assert(CORE_STACK_COUNT <= LAYOUT_CORE_STACKS, "a core's stacks fit its slot");

#define GATE_INTERRUPT (UINT64_C(0x8e) << 40)
#define DESCRIPTOR_TSS (UINT64_C(0x89) << 40)
#define STUB_SIZE 16
#define SPINS_BEFORE_YIELD 1000

struct gate {
	uint64_t low, high;
};

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

void exception_stubs(void);
void upcall_entry(void);
void syscall_entry(void);
void core_enter(void);

static struct core cores[LAYOUT_CORES_MAX];
static unsigned started = 1;          /* cores[0] to cores[started - 1] run or will soon */
static struct gate idt[VECTOR_COUNT]; /* the same for all cores */

struct core *core_get(unsigned id)
{
	if (id >= core_count())
		return NULL;
	/* Acquire; pairs with the release in core_start. */
	while (!__atomic_load_n(&cores[id].online, __ATOMIC_ACQUIRE)) {
		core_barrier_answer();
		hypercall_yield();
	}
	return &cores[id];
}

unsigned core_count(void)
{
	return __atomic_load_n(&started, __ATOMIC_ACQUIRE);
}

static void core_bind(struct core *core)
{
	core->self = core;
	core->current = &core->idle;
	core->idle.core = core;
	core->switch_end = core_stack_end(core->id, CORE_SWITCH);
	core->timer = core->slice_end = THREAD_FOREVER;
	string_copy(core->idle.name, "idle", sizeof(core->idle.name));
	cpu_msr_write(MSR_GS_BASE, (uint64_t)core);
}

void core_boot(void)
{
	core_bind(&cores[0]);
	cores[0].online = true;
	/* A panic looks at the thread pointer, however early it is. */
	cpu_cr4_set(CR4_PAE | CR4_FSGSBASE);
}

int core_stacks_map(unsigned id)
{
	/* The window stays empty; it lies in the page table that its neighbours bring. */
	for (enum core_stack s = 0; s < CORE_WINDOW; s++) {
		uint64_t end = core_stack_end(id, s);
		int ret = page_back(end - LAYOUT_CORE_STACK_SIZE, LAYOUT_CORE_STACK_SIZE,
				    LAYOUT_PAGE_ORDER, LAYOUT_READ | LAYOUT_WRITE);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void gate_set(unsigned vector, uint64_t target, enum core_ist ist)
{
	idt[vector].low = (target & 0xffff) | SEGMENT_CODE << 16 | (uint64_t)ist << 32 |
			  GATE_INTERRUPT | (target >> 16 & 0xffff) << 48;
	idt[vector].high = target >> 32;
}

static enum core_ist vector_ist(unsigned vector)
{
	switch (vector) {
	case 2:
		return CORE_IST_NMI;
	case 8:
		return CORE_IST_DOUBLE_FAULT;
	default:
		return CORE_IST_FAULT;
	}
}

static void idt_make(void)
{
	for (unsigned v = 0; v < 32; v++)
		gate_set(v, (uint64_t)exception_stubs + v * STUB_SIZE, vector_ist(v));
	gate_set(VECTOR_UPCALL, (uint64_t)upcall_entry, CORE_IST_UPCALL);
}

static uint64_t upcall_stack_end(const struct core *core)
{
	return (uint64_t)core + CORE_UPCALL_STACK_END;
}

bool core_upcall_begins(const struct core *core)
{
	return core->tss.ist[CORE_IST_UPCALL - 1] != upcall_stack_end(core);
}

static void tss_make(struct core *core)
{
	uint64_t base = (uint64_t)&core->tss;

	core->tss.iomap = sizeof(core->tss);
	core->tss.ist[CORE_IST_UPCALL - 1] = upcall_stack_end(core);
	core->tss.ist[CORE_IST_FAULT - 1] = core_stack_end(core->id, CORE_FAULT);
	core->tss.ist[CORE_IST_DOUBLE_FAULT - 1] = core_stack_end(core->id, CORE_DOUBLE_FAULT);
	core->tss.ist[CORE_IST_NMI - 1] = core_stack_end(core->id, CORE_NMI);
	core->gdt[SEGMENT_CODE / 8] = (uint64_t)DESCRIPTOR_CODE_HIGH << 32 | DESCRIPTOR_LOW;
	core->gdt[SEGMENT_DATA / 8] = (uint64_t)DESCRIPTOR_DATA_HIGH << 32 | DESCRIPTOR_LOW;
	core->gdt[SEGMENT_TSS / 8] = (sizeof(core->tss) - 1) | (base & 0xffffff) << 16 |
				     DESCRIPTOR_TSS | (base >> 24 & 0xff) << 56;
	core->gdt[SEGMENT_TSS / 8 + 1] = base >> 32;
}

static void tables_load(struct core *core)
{
	struct table_register gdtr = {sizeof(core->gdt) - 1, (uint64_t)core->gdt};
	struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

	__asm__ volatile("lgdt %0\n\t"
			 "lidt %1\n\t"
			 "mov %2, %%ds\n\t"
			 "mov %2, %%es\n\t"
			 "mov %2, %%ss\n\t"
			 "ltr %w3\n\t"
			 "pushq %4\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:"
			 :
			 : "m"(gdtr), "m"(idtr), "r"(SEGMENT_DATA), "r"(SEGMENT_TSS),
			   "i"(SEGMENT_CODE)
			 : "rax", "memory");
}

static void syscall_enable(void)
{
	cpu_msr_write(MSR_STAR, (uint64_t)SEGMENT_CODE << 32);
	cpu_msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
	cpu_msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_AC);
}

void core_setup(void)
{
	struct core *core = core_self();

	if (core->id == 0)
		idt_make();
	tss_make(core);
	tables_load(core);
	cpu_msr_write(MSR_GS_BASE, (uint64_t)core); /* loading a selector may clear it */
	vector_enable();
	syscall_enable();
}

_Noreturn void core_start(struct core *core)
{
	core_bind(core);
	core_setup();
	/* Release; pairs with the acquire in core_get. */
	__atomic_store_n(&core->online, true, __ATOMIC_RELEASE);
	thread_idle();
}

static int core_launch(unsigned id)
{
	struct vcpu_hvm_context context = {.mode = VCPU_HVM_MODE_64B};
	struct vcpu_hvm_x86_64 *regs = &context.cpu_regs.x86_64;
	int ret = core_stacks_map(id);

	if (ret < 0)
		return ret;
	cores[id].id = id;
	ret = event_core_setup(&cores[id]);
	if (ret < 0)
		return ret;
	regs->rdi = (uint64_t)&cores[id];
	regs->rsp = core_stack_end(id, CORE_IDLE);
	regs->rip = (uint64_t)core_enter;
	regs->rflags = 2;
	regs->cr0 = CR0_ON;
	regs->cr3 = page_root();
	regs->cr4 = CR4_PAE;
	regs->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	ret = (int)hypercall_vcpu_initialise(id, &context);
	if (ret < 0)
		return ret;
	/* Counted /before/ it can hold a translation that somebody wants flushed. */
	__atomic_store_n(&started, id + 1, __ATOMIC_RELEASE);
	return (int)hypercall_vcpu_up(id);
}

int core_start_others(unsigned count)
{
	for (unsigned id = 1; id < count; id++) {
		int ret = core_launch(id);

		if (ret < 0)
			return ret;
	}
	return 0;
}

void core_kick(struct core *core)
{
	hypercall_event_send(core->ipi_port);
}

void core_barrier_answer(void)
{
	struct core *core = core_self();
	uint32_t wanted = __atomic_load_n(&core->barrier_wanted, __ATOMIC_ACQUIRE);

	cpu_fence();
	__atomic_store_n(&core->barrier_done, wanted, __ATOMIC_RELEASE);
}

static void lock_spin(const struct lock *lock)
{
	for (unsigned spins = 1; __atomic_load_n(&lock->held, __ATOMIC_RELAXED); spins++) {
		core_barrier_answer();
		if (spins % SPINS_BEFORE_YIELD)
			cpu_relax();
		else
			hypercall_yield(); /* its holder's vCPU may not be running */
	}
}

void lock_await(struct lock *lock)
{
	do {
		lock_spin(lock);
	} while (!lock_try(lock));
}

/*
 * A halted core fenced before it set the flag and will again when it wakes; one
 * that is not up yet has run nothing.
 */
static bool barrier_is_needless(const struct core *core)
{
	return __atomic_load_n(&core->halted, __ATOMIC_ACQUIRE) ||
	       !__atomic_load_n(&core->online, __ATOMIC_ACQUIRE);
}

static bool barrier_passed(const struct core *core, uint32_t ticket)
{
	uint32_t done = __atomic_load_n(&core->barrier_done, __ATOMIC_ACQUIRE);

	return (int32_t)(done - ticket) >= 0 || barrier_is_needless(core);
}

static void barrier_wait(struct core *core, uint32_t ticket)
{
	for (unsigned spins = 0; !barrier_passed(core, ticket); spins++) {
		/* Two cores may be asking each other, both with interrupts off. */
		core_barrier_answer();
		if (spins < SPINS_BEFORE_YIELD)
			cpu_relax();
		else
			hypercall_yield();
	}
}

void core_barrier(void)
{
	unsigned count = core_count();
	uint32_t ticket[LAYOUT_CORES_MAX], asked = 0;

	cpu_fence();
	for (unsigned i = 0; i < count; i++) {
		if (&cores[i] == core_self() || barrier_is_needless(&cores[i]))
			continue;
		ticket[i] = __atomic_add_fetch(&cores[i].barrier_wanted, 1, __ATOMIC_ACQ_REL);
		asked |= 1u << i;
		core_kick(&cores[i]);
	}
	for (unsigned i = 0; i < count; i++)
		if (asked >> i & 1)
			barrier_wait(&cores[i], ticket[i]);
	cpu_fence();
}
