/* SPDX-License-Identifier: MIT */
/*
 * A processor's memory as x86-TSO has it: each thread's plain stores wait in a
 * buffer of its own and reach memory later, in their order. Loads read memory. A
 * locked instruction, a system call and an interrupt first empty the buffer of
 * their own thread. Included by the models, which define THREADS and WORDS.
 *
 * No thread of the models loads a word that it stores: a buffer need not be
 * looked into.
 */
#ifndef DEPTH /* stores that may wait */
#define DEPTH 2
#endif

byte memory[WORDS];
chan buffer[THREADS] = [DEPTH] of { byte, byte };
hidden byte drained_word, drained_value;

/* Empty a thread's buffer; part of a step. */
inline drain(t)
{
	do
	:: nempty(buffer[t]) ->
		buffer[t] ? drained_word, drained_value;
		memory[drained_word] = drained_value
	:: empty(buffer[t]) -> break
	od
}

/* The core of a thread writes back whenever it likes. */
proctype core(byte t)
{
	byte word, value;

end:	do
	:: atomic { buffer[t] ? word, value -> memory[word] = value; word = 0; value = 0 }
	od
}

inline store(t, word, value)
{
	buffer[t] ! word, value
}

inline load(word, to)
{
	to = memory[word]
}

inline fetch_or(t, word, bits, before)
{
	d_step { drain(t); before = memory[word]; memory[word] = before | (bits) }
}

inline fetch_and(t, word, bits, before)
{
	d_step { drain(t); before = memory[word]; memory[word] = before & (bits) }
}

inline exchange(t, word, value, before)
{
	d_step { drain(t); before = memory[word]; memory[word] = value }
}

/* membarrier: an interrupt at every other thread, one after the other. `at` is the caller's, 0. */
inline barrier_everywhere(t, at)
{
	d_step { drain(t); at = 0 };
	do
	:: at < THREADS -> d_step { drain(at); at++ }
	:: else -> at = 0; break
	od
}

/*
 * A futex word has one thread that waits on it. The kernel compares and puts to
 * sleep in one step; both calls are full barriers.
 */
bool asleep[WORDS];

inline futex_wake(t, word)
{
	d_step { drain(t); asleep[word] = false }
}

/*
 * Sleeps if `same` holds, which compares; SLEEPS times in the caller's life, counted in
 * its sleeps, a deadline may end that. The label is where it may stand for ever.
 */
#define FUTEX_WAIT(t, word, same, end_asleep)                                             \
	d_step { drain(t); asleep[word] = same };                                         \
	end_asleep:                                                                       \
	if                                                                                \
	:: !asleep[word]                                                                  \
	:: asleep[word] && sleeps < SLEEPS -> d_step { asleep[word] = false; sleeps++ }   \
	fi
