/* SPDX-License-Identifier: MIT */
/* A peer that writes whatever it likes into all that it shares with a victim (victim.h). */
#ifndef TESTS_FUZZ_ATTACKER_H
#define TESTS_FUZZ_ATTACKER_H

#include "ipc/mailbox_line.h"
#include "tests/unit/channel_pair.h"

/* `choose` is its own: it may be another thread. */
struct attacker {
	const struct channel_pair *pair;
	uint64_t (*choose)(void *from);
	void *from;
};

static inline uint64_t attacker_choose(const struct attacker *a)
{
	return a->choose(a->from);
}

/* Words that pass some of the checks, so that the later ones are reached too. */
static inline uint64_t attacker_word(const struct attacker *a, uint64_t size)
{
	uint64_t value = attacker_choose(a), kind = value % 5;

	value >>= 8;
	switch (attacker_choose(a) % 6) {
	case 0:
		return value;
	case 1:
		return ring_header((enum ring_kind)kind, (uint32_t)value);
	case 2:
		return ring_header((enum ring_kind)kind, (uint32_t)(value % size));
	case 3:
		return ring_header(RING_DATA, (uint32_t)(value % 64));
	case 4:
		return mailbox_word(value % 4, (enum mailbox_kind)(kind % 4), value / 4 % 64);
	default:
		return value % 8;
	}
}

static inline void attacker_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Where the victim looks next, as far as the attacker can know it: what it acknowledged. */
static inline uint64_t *attacker_place(const struct attacker *a, const struct ring *ring)
{
	uint64_t acked = __atomic_load_n(&ring->control->acked, __ATOMIC_RELAXED);
	uint64_t where = attacker_choose(a);

	return ring_word(ring->memory, ring->size,
			 (where % 2 ? acked + where / 2 % 8 * RING_WORD : where) & ~UINT64_C(7));
}

static inline void attacker_step(const struct attacker *a)
{
	const struct ring *ring = attacker_choose(a) % 2 ? &a->pair->there : &a->pair->back;
	struct ring_control *control = ring->control;
	uint64_t value = attacker_word(a, ring->size);

	switch (attacker_choose(a) % 16) {
	case 0:
		attacker_store(&control->acked,
			       __atomic_load_n(&control->acked, __ATOMIC_RELAXED) +
				       attacker_choose(a) % (ring->size / 8 + 2) * 8);
		break;
	case 1:
		attacker_store(&control->acked, value);
		break;
	case 2:
		__atomic_store_n(&control->flag.receiver, (uint32_t)value, __ATOMIC_RELAXED);
		break;
	case 3:
		__atomic_store_n(&control->flag.sender, (uint32_t)value, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n(&control->flag.caller, (uint32_t)value, __ATOMIC_RELAXED);
		break;
	case 5:
	case 6:
	case 7:
		attacker_store(&control->mailbox.word, value);
		break;
	case 8:
		attacker_store(&control->mailbox.position, value);
		break;
	default:
		attacker_store(attacker_place(a, ring), value);
	}
}

#endif
