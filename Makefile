# SPDX-License-Identifier: MIT
# `make help` says what there is to make. Everything made goes to build/.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-7s %s\n' $(1) $(2)

B := build
CC := gcc
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wundef -Wpointer-arith \
	-Wwrite-strings -Werror -I. -Iruntimes/c -isystem /usr/include/lua5.4 -fno-pie \
	-fno-omit-frame-pointer -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=.

# Objects come in variants; build/obj/VARIANT/PATH.o is PATH.c compiled with its flags.
variants := plain address thread
flags-plain :=
flags-address := -fsanitize=address,undefined -fno-sanitize-recover=all
flags-thread := -fsanitize=thread
objects = $(patsubst %,$(B)/obj/$(1)/%.o,$(basename $(2)))

define compile
$(B)/obj/$(1)/%.o: %.c Makefile | $(B)/.setup-build
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(flags-$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(variants),$(eval $(call compile,$(v))))

define assemble
$(B)/obj/$(1)/%.o: %.S Makefile | $(B)/.setup-build
	$$(call say,AS,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -I. -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(variants),$(eval $(call assemble,$(v))))

fragments := $(wildcard layout/*.mk container/*.mk container/*/*.mk ipc/*.mk runtimes/*/*.mk \
	drivers/*.mk tests/*.mk)
include $(fragments)

.PHONY: all run test stress check bench setup clean help

all: $(B)/atoll $(libraries)

run: all
	$(Q)$(B)/atoll build -o $(B)/wordcount examples/wordcount/service.lua
	$(Q)$(B)/atoll run --module $(or $(FILE),/usr/share/common-licenses/GPL-3) $(B)/wordcount

test: $(B)/.setup-test all tests
	$(Q)tests/run

check: $(B)/.setup-check all
	$(Q)CFLAGS='$(CFLAGS)' KERNEL_FLAGS='$(flags-kernel)' KERNEL_SOURCES='$(sort $(kernel_sources) $(bare_sources))' tests/check

# For so long with each sanitizer and without, with other numbers each time.
MINUTES ?= 5
stress: all $(variants:%=$(B)/tests/%/mixed_stress)
	$(Q)for variant in $(variants); do \
		$(B)/tests/$$variant/mixed_stress $$((60 * $(MINUTES))) $$(date +%s) || exit 1; \
	done

bench: all $(B)/bench/channels $(B)/bench/switch
	$(Q)$(B)/bench/channels
	$(Q)$(B)/bench/switch
	$(Q)lua5.4 tests/bench/lua/run.lua
	$(Q)tests/bench/run

setup: $(B)/.setup-build $(B)/.setup-test $(B)/.setup-check $(B)/.setup-bench

$(B)/.setup-test: | $(B)/.setup-build
$(B)/.setup-check: | $(B)/.setup-test
$(B)/.setup-bench: | $(B)/.setup-build

# The stamp is as old as the list of packages, so a new package is installed. Whoever
# calls apt-get, which waits for nobody, holds the lock $(B)/.apt.
$(B)/.setup-%: container/tool/setup.sh
	@mkdir -p $(B)
	$(Q)flock $(B)/.apt container/tool/setup.sh $*
	@touch $@

clean:
	$(Q)rm -rf $(B)

help:
	@echo 'make                     build the tool (build/atoll) and the libraries it packs'
	@echo 'make run [FILE=f]        pack examples/wordcount and run it on Xen, on this text'
	@echo 'make test                set up, build and run every test'
	@echo 'make tests               only build them, for tests/run STEP'
	@echo 'make stress [MINUTES=5]  all ways to use a channel against each other, three times'
	@echo '                         so long: without a sanitizer and with each of two'
	@echo 'make fuzz [SECONDS=60]   fuzz what reads a channel, so long for each target'
	@echo 'make check               format, static analysis, warnings of two compilers'
	@echo 'make bench               print the figures'
	@echo 'make setup               only install the Debian packages that all of this needs'
	@echo 'make clean               remove build/'
	@echo 'V=1 shows the commands.'

-include $(shell test -d $(B)/obj && find $(B)/obj -name '*.d')
