/* SPDX-License-Identifier: MIT */
/* For libFuzzer: what a peer writes and what its victim does, by turns, are the input. */
#include "tests/fuzz/attacker.h"
#include "tests/fuzz/victim.h"
#include "tests/unit/component_made_up.h"

struct input {
	const uint8_t *at, *end;
};

/* Two bytes, of which a number of 64 bits is made that a fuzzer can aim with. */
static uint64_t input_choose(void *from)
{
	struct input *in = from;
	uint64_t value;

	if (in->end - in->at < 2)
		return 0;
	value = (uint64_t)in->at[0] | (uint64_t)in->at[1] << 8;
	in->at += 2;
	return value >= 0xff00 ? -(value & 0xff) : value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	struct victim v = {.choose = input_choose, .from = &in};
	struct attacker a = {&v.pair, input_choose, &in};
	uint64_t form = input_choose(&in);

	bell_init();
	victim_begin(&v, UINT64_C(256) << form % 4, -UINT64_C(4096),
		     (enum victim_kind)(form / 4 % VICTIM_KINDS));
	while (in.end - in.at >= 2) {
		if (input_choose(&in) % 2)
			attacker_step(&a);
		else
			victim_step(&v);
	}
	victim_end(&v);
	return 0;
}
