/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: a PC without Xen that answers the
 * kernel's hypercalls. All calls run with interrupts off.
 */
#ifndef BARE_PC_H
#define BARE_PC_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

struct vcpu_hvm_context;

/* Event ports. Those of the cores come behind these, in the order they are bound. */
#define PORT_CONSOLE 1
#define PORT_STORE 2

/* Mark an event port pending, as Xen would, and interrupt its core. */
void event_raise(uint32_t port);

/* Measure the cycle counter, against the timer that every PC has. Once, before all else. */
void time_init(void);

/* The record of the clock that every core's part of the shared info page gets. */
void time_record(struct vcpu_time_info *time);

/* Nanoseconds, more than 0 at time_init. */
uint64_t time_now(void);

/* Seconds since 1970 when time_now() was 0, by the battery-backed clock, which runs in UTC. */
uint64_t time_epoch(void);

/* Map the interrupt controllers, find how fast the local one counts, set up the boot core's. */
int apic_init(void);

/* Set up the calling core's local controller. */
void apic_core_init(void);

/* This vector comes with each interrupt, through apic_entry. */
void apic_vector_set(unsigned vector);

/* Interrupt the calling core when time_now() is deadline, or a little earlier. */
void apic_timer_set(uint64_t deadline);

/* The calling core has taken its interrupt. */
void apic_acknowledge(void);

/* Send another core, or one's own, the vector; another one an interrupt that it cannot hold off. */
void apic_interrupt(unsigned core);
void apic_interrupt_hard(unsigned core);

/* Start a core in real mode at a physical page below 1 MiB. */
void apic_start(unsigned core, uint64_t page);

/* The first serial port stands behind the console ring, which is in this frame. */
void serial_init(void);
uint64_t serial_ring_frame(void);

/* Move what is in the console ring out, and what was typed in. True where something was typed. */
bool serial_serve(void);

/* The 64-bit state that core `id` will start in. -EINVAL for any other state. */
int start_prepare(unsigned id, const struct vcpu_hvm_context *context);

/* Start it; it runs the kernel when the call returns. 0 or negative errno. */
int start_core(unsigned id);

#endif
