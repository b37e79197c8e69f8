# SPDX-License-Identifier: MIT
# The libraries that images are packed from, in build/lib and, for Linux
# processes with a sanitizer, in build/lib/address and build/lib/thread.

image-sources += container/component.c container/files.c container/main.c container/module.c container/region.c \
	container/thread.c container/words.c

# What differs: a sanitizer brings its own malloc, and links without image.lds.
heap-plain := container/heap.c container/heap_memory.c container/start.S
heap-address := container/heap_plain.c
heap-thread := container/heap_plain.c

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
