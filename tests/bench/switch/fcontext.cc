/* SPDX-License-Identifier: MIT */
/* Boost.Context's own switch, below its C++ interface. */
#include <boost/context/detail/fcontext.hpp>

#include "tests/bench/switch/switch.h"

using namespace boost::context::detail;

static char stack[SWITCH_STACK] __attribute__((aligned(64)));

static void there(transfer_t t)
{
	for (;;)
		t = jump_fcontext(t.fctx, nullptr);
}

void switch_fcontext(uint64_t trips)
{
	transfer_t t = {make_fcontext(stack + sizeof(stack), sizeof(stack), there), nullptr};

	while (trips--)
		t = jump_fcontext(t.fctx, nullptr);
}
