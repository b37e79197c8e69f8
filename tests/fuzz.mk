# SPDX-License-Identifier: MIT
# `make fuzz SECONDS=60`: each of tests/fuzz/fuzz_*.c under libFuzzer for so long, with the
# address and undefined behaviour sanitizers. What it found before lies in build/fuzz/corpus.

SECONDS ?= 60
fuzz-targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz-flags := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1
fuzz-objects = $(patsubst %.c,$(B)/obj/fuzz/%.o,$(filter %.c,$(1))) \
	$(patsubst %.S,$(B)/obj/fuzz/%.o,$(filter %.S,$(1)))

$(B)/obj/fuzz/%.o: %.c tests/fuzz.mk Makefile | $(B)/.setup-check
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CFLAGS) $(fuzz-flags) -MMD -MP -c -o $@ $<

$(B)/obj/fuzz/%.o: %.S tests/fuzz.mk Makefile | $(B)/.setup-check
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)clang -I. -MMD -MP -c -o $@ $<

$(B)/fuzz/libatoll.a: $(call fuzz-objects,$(image-sources) $(heap-address) $(lua-sources))
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)ar -rcs $@ $^

$(B)/fuzz/%: $(B)/obj/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libatoll.a
	$(call say,LD,$@)
	$(Q)clang -no-pie $(fuzz-flags) -fsanitize=fuzzer -o $@ $^ -llua5.4 -lcmocka -lm -lpthread

.PHONY: fuzz
fuzz: $(fuzz-targets:%=$(B)/fuzz/%)
	$(Q)for target in $(fuzz-targets); do \
		mkdir -p $(B)/fuzz/corpus/$$target && \
		$(B)/fuzz/$$target -max_total_time=$(SECONDS) -timeout=10 -max_len=4096 \
			-artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$$target || exit 1; \
	done
