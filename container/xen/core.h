/* SPDX-License-Identifier: MIT */
/*
 * One core: a vCPU, its descriptor tables and what belongs to it alone.
 */
#ifndef XEN_CORE_H
#define XEN_CORE_H

#include "container/xen/asm.h"
#include "container/xen/lock.h"
#include "container/xen/thread.h"
#include "layout/layout.h"

#include <stdbool.h>
#include <stdint.h>

/* The stacks in a core's slot of LAYOUT_CORES; the last is no stack but room for one page. */
enum core_stack {
	CORE_IDLE,
	CORE_FAULT,
	CORE_DOUBLE_FAULT,
	CORE_NMI,
	CORE_SWITCH, /* where upcalls are served, and what is left to do before a thread goes on */
	CORE_REPORT, /* where a crash report's own faults are served */
	CORE_WINDOW, /* where table.c looks at frames that are mapped nowhere */
	CORE_STACK_COUNT,
};

/* Which of the seven IST pointers a gate takes; from 1 on. */
enum core_ist {
	CORE_IST_UPCALL = 4, /* not another: see struct core */
	CORE_IST_FAULT,
	CORE_IST_DOUBLE_FAULT,
	CORE_IST_NMI,
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint8_t reserved2[10];
	uint16_t iomap;
} __attribute__((packed));

#define CORE_GDT_SLOTS 5
#define CORE_STRAY_WORDS 9 /* the end of a struct regs, from rcx on */
#define CORE_PORT_WORDS 2  /* event ports 0 to 127 */

struct core {
	struct core *self;      /* at GS:0 */
	uint64_t switch_end;    /* first byte behind its CORE_SWITCH stack; for entry.S */
	struct thread *current; /* this core only */
	unsigned id;

	/*
	 * An upcall's frame lies in those fields of the TSS that nothing else uses, its ss
	 * in the very pointer by which an upcall gets its stack: until that is set right
	 * again, no other gets through. See upcall_entry. All in one page, for the frame
	 * is to be written as a whole or not at all.
	 */
	uint32_t tss_gap[3] __attribute__((aligned(128))); /* the frame's end is a multiple of 16 */
	struct tss tss;
	uint64_t stray[CORE_STRAY_WORDS]; /* what an upcall of code with interrupts off leaves by */
	uint64_t gdt[CORE_GDT_SLOTS];

	/* This core only. */
	struct thread *departed;         /* just switched away from, to be ended or moved */
	struct thread *vector_owner;     /* whose vector state is in the registers */
	struct thread *sleepers;         /* by deadline */
	uint64_t timer;                  /* when it fires; THREAD_FOREVER: it does not */
	uint64_t slice_end;              /* of current; THREAD_FOREVER: it is not watched */
	uint64_t ports[CORE_PORT_WORDS]; /* event ports that this core handles */
	struct thread idle;

	/*
	 * This core only. A thread of it that the current one has woken in a direct call
	 * and that waits in one: ready, but not in the queue, of which it is the last.
	 * Whoever looks at the queue here or adds to it puts it there first, so the idle
	 * thread never meets it. While there is one, the current thread is watched.
	 */
	struct thread *handed;

	struct lock lock; /* covers what follows */
	struct thread *queue_head, *queue_tail;
	bool halted; /* nothing ready: wake by event */
	bool alone;  /* a thread runs and the queue is empty: it may not be watched yet */

	/* Any core. */
	uint32_t ipi_port; /* set before the core is online */
	uint32_t timer_port;
	bool online;             /* runs threads */
	uint32_t barrier_wanted; /* fences that others asked of this core */
	uint32_t barrier_done;   /* fences that it has made */
};

/* Read anew each time: behind thread_switch a thread may be on another core. */
static inline struct core *core_self(void)
{
	struct core *core;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(core));
	return core;
}

/* First byte behind a stack of a core. */
static inline uint64_t core_stack_end(unsigned id, enum core_stack stack)
{
	return LAYOUT_CORES_BASE + id * LAYOUT_CORE_SLOT_SIZE +
	       (stack + 1) * LAYOUT_CORE_STACK_SLOT_SIZE;
}

/*
 * The core with this number, or NULL where there is none. Waits for a core that
 * is still coming up.
 */
struct core *core_get(unsigned id);

/* Cores that have been started: whoever changes what cores share must mind them all. */
unsigned core_count(void);

/* An upcall has come whose frame still is where another would come by its stack. */
bool core_upcall_begins(const struct core *core);

/* Give the boot core its GS base; everything else may then be called on it. */
void core_boot(void);

/* Bring the boot core's tables up. Its stacks must be mapped. */
void core_setup(void);

/* Map core id's stacks. 0 or -ENOMEM. */
int core_stacks_map(unsigned id);

/*
 * Start vCPUs 1 to count - 1, which come up while the caller goes on. Negative
 * errno of the first that Xen refuses.
 */
int core_start_others(unsigned count);

/* Entered by a started vCPU, from entry.S. */
_Noreturn void core_start(struct core *core);

/* Wake a core that may be halted, and have it look at what it was asked. */
void core_kick(struct core *core);

/*
 * Return when every other core has made a full fence since the call, or was
 * halted: membarrier(2). Sends each running core an event.
 */
void core_barrier(void);

/* Make the fence that others asked of this core. */
void core_barrier_answer(void);

/* Sleep until an interrupt has been taken; the `hlt` itself, one byte. In entry.S. */
void core_halt(void);
extern const char core_halt_point[];

/* Go on in fn on another stack; never returns. In entry.S. */
_Noreturn void stack_call(uint64_t stack_end, void (*fn)(void));

#endif
