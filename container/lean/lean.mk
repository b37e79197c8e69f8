# SPDX-License-Identifier: MIT
# What every image links in place of larger parts of the C library and jemalloc.
# container/tool/lean.lua says when an object is left out.

lean-sources := container/lean/charset.c container/lean/children.c \
	container/lean/jemalloc_absent.c container/lean/jemalloc_control.c \
	container/lean/jemalloc_options.c container/lean/jemalloc_pages.c \
	container/lean/loader.c container/lean/locale.c container/lean/print.c \
	container/lean/resolver.c container/lean/zone.c
lean-objects := $(lean-sources:container/lean/%.c=$(B)/lib/lean/%.o) $(B)/lib/lean/ctype.o \
	$(B)/lib/lean/variants.o

# Objects that are only copied are kept.
.SECONDARY: $(lean-sources:%.c=$(B)/obj/plain/%.o)

archive-path = $(shell $(CC) -print-file-name=$(1))
jemalloc-release := 5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c

$(B)/lib/lean/%.o: $(B)/obj/plain/container/lean/%.o
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(B)/lib/lean/variants.o: container/lean/variants.sh | $(B)/.setup-build
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)container/lean/variants.sh $(call archive-path,libc.a) \
		$(dir $(call archive-path,libm.a))libm-*.a >$(@:.o=.S)
	$(Q)$(CC) -c -o $@ $(@:.o=.S)

$(B)/lib/lean/ctype.o: container/lean/ctype.sh | $(B)/.setup-build
	$(call say,AS,$@)
	@mkdir -p $(@:.o=)
	$(Q)container/lean/ctype.sh $(call archive-path,libc.a) $(@:.o=) >$(@:.o=.S)
	$(Q)$(CC) -c -o $@ $(@:.o=.S)

# What stands in for parts of jemalloc knows one release of it.
$(B)/lib/lean/.jemalloc: $(fragments) | $(B)/.setup-build
	@mkdir -p $(@D)
	$(Q)grep -q '$(jemalloc-release)' $(call archive-path,libjemalloc.a) || { \
		echo 'container/lean: libjemalloc.a is not release $(jemalloc-release)' >&2; exit 1; }
	@touch $@

libraries += $(lean-objects) $(B)/lib/lean/.jemalloc
