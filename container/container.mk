# SPDX-License-Identifier: MIT
# The libraries that images are packed from, in build/lib and, for Linux
# processes with a sanitizer, in build/lib/address and build/lib/thread.

image-sources += container/cause.c container/component.c container/component_key.c \
	container/component_thread.c container/files.c container/format.c \
	container/leave.c container/life.c container/main.c container/module.c container/place.c \
	container/pristine.c container/region.c container/report.c container/signals.c \
	container/stats.c container/stop.c container/streams.c container/supervisor.c container/symbol.c \
	container/thread.c container/thread_main.c container/thread_row.c container/thread_stack.c \
	container/trace.c container/words.c

# What differs: a sanitizer brings its own malloc, links without image.lds, and takes
# faults as its findings.
heap-plain := container/heap.c container/heap_memory.c container/start.S container/failure.c
heap-address := container/heap_plain.c container/failure_plain.c
heap-thread := container/heap_plain.c container/failure_plain.c

lib-plain := $(B)/lib
lib-address := $(B)/lib/address
lib-thread := $(B)/lib/thread

libraries := $(foreach v,$(variants),$(lib-$(v))/libatoll.a $(lib-$(v))/libatoll-lua.a)

define archive
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcsD $@ $(filter %.o,$^)
endef

# The fragments are prerequisites, so a source taken off a list leaves the archive.
.SECONDEXPANSION:
define library
$(lib-$(1))/libatoll.a: $$$$(call objects,$(1),$$$$(image-sources) $$$$(heap-$(1))) $(fragments)
	$$(archive)
$(lib-$(1))/libatoll-lua.a: $$$$(call objects,$(1),$$$$(lua-sources)) $(fragments)
	$$(archive)
endef
$(foreach v,$(variants),$(eval $(call library,$(v))))
