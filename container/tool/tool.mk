# SPDX-License-Identifier: MIT
# build/atoll: one static program with its Lua scripts inside, so that it also
# runs alone in a tiny dom0.

tool-sources := container/tool/answer.c container/tool/atoll.c container/tool/command.c container/tool/descriptor.c \
	container/tool/files.c container/tool/foreign.c container/tool/memory.c container/tool/process.c \
	container/tool/regions.c container/tool/scripts.S container/tool/socket.c \
	container/tool/xen.c layout/layout.c
tool-scripts := $(sort $(wildcard container/tool/*.lua))

$(B)/atoll: $(call objects,plain,$(tool-sources)) container/tool/tool.mk
	$(call say,LD,$@)
	$(Q)$(CC) -static -no-pie -o $@ $(filter %.o,$^) -llua5.4 -lm \
		-lxenctrl -lxenforeignmemory -lxencall -lxendevicemodel -lxentoolcore -lxentoollog \
		-lpthread

libraries += $(B)/lib/gdb.py

$(B)/lib/gdb.py: container/tool/gdb.py
	@mkdir -p $(@D)
	$(Q)cp $< $@

# scripts.S embeds each script that this list names. The folder is a
# prerequisite, because a script taken away must leave the list.
$(B)/obj/scripts.inc: $(tool-scripts) container/tool
	@mkdir -p $(@D)
	@printf 'script %s\n' $(notdir $(basename $(tool-scripts))) >$@

$(B)/obj/plain/container/tool/scripts.o: container/tool/scripts.S $(B)/obj/scripts.inc \
		$(tool-scripts) | $(B)/.setup-build
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -Wa,-I$(B)/obj -o $@ $<
