# SPDX-License-Identifier: MIT
# Unit tests: build/tests/VARIANT/test_X from tests/unit/test_X.c and the
# library of that variant; the programs of tests/stress; and conformance from
# tests/conformance.

unit-tests := $(sort $(basename $(notdir $(wildcard tests/unit/test_*.c))))

# Tests with threads that share memory.
threaded-tests := $(filter test_bell% test_channel% test_ring% test_lua_c% test_lua_service test_set% \
	test_task% test_call% test_mailbox% test_service% test_hostile%,$(unit-tests))

# Tests that go through their subject by single instructions; a sanitizer's are no part of it.
stepping-tests := $(filter test_death% test_awake%,$(unit-tests))

test-binaries := $(unit-tests:%=$(B)/tests/plain/%) \
	$(filter-out $(stepping-tests:%=$(B)/tests/address/%),$(unit-tests:%=$(B)/tests/address/%)) \
	$(threaded-tests:%=$(B)/tests/thread/%) \
	$(foreach v,$(variants),$(addprefix $(B)/tests/$(v)/,channel_stress mailbox_stress mixed_stress call_stress)) \
	$(variants:%=$(B)/tests/%/conformance)

# What a test's own subject needs; jemalloc would take malloc away from valgrind.
jemalloc-objects := $(filter $(B)/lib/lean/jemalloc_%,$(lean-objects))
$(foreach v,$(variants),$(eval libs-$(v)-test_lean := $(B)/lib/lean/charset.o $(B)/lib/lean/locale.o))
libs-plain-test_heap := $(jemalloc-objects) -l:libjemalloc.a -lm
libs-plain-test_heap_quota := $(libs-plain-test_heap)
libs-plain-test_supervisor := -l:libjemalloc.a -lm
libs-plain-test_heap_life := -l:libjemalloc.a -lm
libs-plain-test_runtime := -l:libjemalloc.a -lm
wraps := $(shell sed 's/^/-Wl,--wrap=/' container/wrap.syms)
$(foreach v,$(variants),$(eval libs-$(v)-test_files := $(wraps)))
$(foreach v,$(variants),$(eval libs-$(v)-test_task_stack := -lm))
$(foreach v,$(variants),$(eval libs-$(v)-test_lua_memory := -Wl,--wrap=realloc -Wl,--wrap=malloc))

# Else the first call of a C library's function is hundreds of instructions, and the next is not.
$(foreach t,$(stepping-tests),$(eval libs-plain-$(t) := -Wl,-z,now))
# The sentences and what runs them; component.c and tasks.c are for images.
conformance-sources := $(filter-out tests/conformance/component.c tests/conformance/tasks.c,\
	$(wildcard tests/conformance/*.c))

libs-plain-test_awake += -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc

# Of the kernel's sources, what needs no Xen.
xenstore-parts := drivers/xenstore_control.c drivers/xenstore_wire.c

define unit-test
$(B)/tests/$(1)/test_xenstore: $(call objects,$(1),$(xenstore-parts))

$(B)/tests/$(1)/%: $(B)/obj/$(1)/tests/unit/%.o $(lib-$(1))/libatoll-lua.a $(lib-$(1))/libatoll.a
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -no-pie $$(flags-$(1)) -o $$@ $$^ $$(libs-$(1)-$$*) -Wl,--as-needed -llua5.4 \
		-lcmocka -lpthread

$(B)/tests/$(1)/mixed_stress: $(call objects,$(1),tests/stress/mixed_ways.c)

$(B)/tests/$(1)/%_stress: $(B)/obj/$(1)/tests/stress/%_stress.o $(lib-$(1))/libatoll.a
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -no-pie $$(flags-$(1)) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) -lpthread

$(B)/tests/$(1)/conformance: $(call objects,$(1),$(conformance-sources)) $(lib-$(1))/libatoll.a
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -no-pie $$(flags-$(1)) -o $$@ $$^ -lpthread
endef
$(foreach v,$(variants),$(eval $(call unit-test,$(v))))

$(foreach v,$(variants),$(call objects,$(v),$(unit-tests:%=tests/unit/%.c))): | $(B)/.setup-test

.PHONY: tests
tests: $(test-binaries)
