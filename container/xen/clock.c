/* SPDX-License-Identifier: MIT */
/*
 * Xen's clock: see clock.h, and struct vcpu_time_info in xen/xen.h.
 */
#include "container/xen/clock.h"
#include "container/xen/core.h"
#include "container/xen/cpu.h"
#include "container/xen/device.h"
#include "container/xen/hypercall.h"

static uint64_t epoch;  /* Xen's clock when it entered us; constant after clock_init */
static uint64_t latest; /* highest value that any core was given */

/* Nanoseconds that a number of cycles takes. */
static uint64_t cycles_to_ns(const struct vcpu_time_info *time, uint64_t cycles)
{
	if (time->tsc_shift >= 0)
		cycles <<= time->tsc_shift;
	else
		cycles >>= -time->tsc_shift;
	return (uint64_t)((unsigned __int128)cycles * time->tsc_to_system_mul >> 32);
}

/* A copy of this core's time record that Xen did not change meanwhile: its version is even. */
static struct vcpu_time_info time_read(void)
{
	volatile struct vcpu_time_info *shared =
		&device_shared_info()->vcpu_info[core_self()->id].time;
	struct vcpu_time_info copy;

	do {
		copy.version = __atomic_load_n(&shared->version, __ATOMIC_ACQUIRE);
		copy.tsc_timestamp = shared->tsc_timestamp;
		copy.system_time = shared->system_time;
		copy.tsc_to_system_mul = shared->tsc_to_system_mul;
		copy.tsc_shift = shared->tsc_shift;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((copy.version & 1) || copy.version != shared->version);
	return copy;
}

static uint64_t xen_now(void)
{
	struct vcpu_time_info time = time_read();

	int64_t cycles = (int64_t)(cpu_tsc_ordered() - time.tsc_timestamp);

	/* Xen's stamp may lie a little ahead of this core's counter; time must not leap for it. */
	return time.system_time + cycles_to_ns(&time, cycles > 0 ? (uint64_t)cycles : 0);
}

void clock_init(uint64_t entry_tsc)
{
	struct vcpu_time_info time = time_read();

	epoch = xen_now() - cycles_to_ns(&time, cpu_tsc_ordered() - entry_tsc);
}

uint64_t clock_now(void)
{
	uint64_t now = xen_now() - epoch;
	uint64_t last = __atomic_load_n(&latest, __ATOMIC_RELAXED);

	/* Two cores' records may differ by a little: the later reader must not see less. */
	do {
		if ((int64_t)(now - last) <= 0)
			return last;
	} while (!__atomic_compare_exchange_n(&latest, &last, now, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return now;
}

uint64_t clock_cycles_to_ns(uint64_t cycles)
{
	struct vcpu_time_info time = time_read();

	return cycles_to_ns(&time, cycles);
}

uint64_t clock_wall(void)
{
	volatile struct shared_info *info = device_shared_info();
	uint64_t base;
	uint32_t version;

	do {
		version = __atomic_load_n(&info->wc_version, __ATOMIC_ACQUIRE);
		base = ((uint64_t)info->wc_sec_hi << 32 | info->wc_sec) * CLOCK_SECOND +
		       info->wc_nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) || version != info->wc_version);
	return base + epoch + clock_now();
}

uint64_t clock_to_xen(uint64_t now)
{
	return now + epoch;
}

void clock_timer_set(unsigned id, uint64_t deadline)
{
	hypercall_timer_set(id, clock_to_xen(deadline));
}
