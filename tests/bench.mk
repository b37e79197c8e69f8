# SPDX-License-Identifier: MIT
# build/bench/channels: our channel beside its peers, from tests/bench/channels.
# build/bench/switch: our tasks' switch beside others, from tests/bench/switch.

bench-sources := $(wildcard tests/bench/channels/*.c)
bench-sources-c++ := $(wildcard tests/bench/channels/*.cc)
bench-objects := $(bench-sources:%.c=$(B)/obj/bench/%.o) $(bench-sources-c++:%.cc=$(B)/obj/bench/%.o)

# What is a header to a peer's users is made for this very machine, ours included. Loops over
# messages are vectors; positions made into vectors would only slow everybody. Where a loop lies
# is not to decide.
bench-flags := -D_GNU_SOURCE -O3 -march=native -fno-tree-slp-vectorize -falign-functions=64 \
	-falign-loops=64 -falign-jumps=32 -isystem /usr/include/dpdk \
	-isystem /usr/include/$(shell $(CC) -print-multiarch)/dpdk \
	-isystem $(lastword $(wildcard /usr/include/iceoryx/v*))
bench-libraries := -lrte_ring -lck -lzmq -lnng -lurcu-common -liceoryx_binding_c -lrt -lpthread

$(B)/obj/bench/%.o: %.c tests/bench.mk Makefile | $(B)/.setup-bench
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(bench-flags) -MMD -MP -c -o $@ $<

$(B)/obj/bench/%.o: %.cc tests/bench.mk Makefile | $(B)/.setup-bench
	$(call say,C++,$@)
	@mkdir -p $(@D)
	$(Q)g++ -std=gnu++20 -O3 -g -Wall -Wextra -Wshadow -Werror -I. $(bench-flags) -MMD -MP -c -o $@ $<

$(B)/bench/channels: $(bench-objects) $(lib-plain)/libatoll.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)g++ -no-pie -o $@ $^ $(bench-libraries)

switch-sources := $(wildcard tests/bench/switch/*.c) $(wildcard tests/bench/switch/*.S)
switch-objects := $(patsubst %,$(B)/obj/bench/%.o,$(basename $(switch-sources))) \
	$(B)/obj/bench/tests/bench/switch/fcontext.o

$(B)/obj/bench/%.o: %.S tests/bench.mk Makefile | $(B)/.setup-bench
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -MMD -MP -c -o $@ $<

$(B)/bench/switch: $(switch-objects) $(lib-plain)/libatoll.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)g++ -no-pie -o $@ $^ -lboost_context -lpthread
