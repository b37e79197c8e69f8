# SPDX-License-Identifier: MIT
# The guest's kernel: one relocatable object that keeps its names to itself.

kernel_sources := \
	container/xen/head.S container/xen/entry.S container/xen/vmcall.S container/xen/user_copy.S \
	container/xen/boot.c container/xen/boot_info.c container/xen/process.c \
	container/xen/hypercall.c container/xen/core.c container/xen/thread.c \
	container/xen/schedule.c container/xen/direct.c \
	container/xen/futex.c container/xen/event.c container/xen/clock.c \
	container/xen/frame.c container/xen/page.c container/xen/page_back.c container/xen/page_cut.c container/xen/table.c container/xen/vm.c \
	container/xen/user.c container/xen/device.c container/xen/fault.c container/xen/panic.c \
	container/xen/print.c container/xen/random.c \
	container/xen/string.c container/xen/syscall.c container/xen/file.c \
	container/xen/sys_file.c container/xen/sys_memory.c container/xen/sys_misc.c \
	container/xen/sys_thread.c container/xen/sys_time.c container/xen/sys_signal.c \
	container/xen/signal.c container/xen/signal_frame.c container/xen/vector.c \
	container/format.c container/place.c container/symbol.c \
	drivers/console.c drivers/xenstore.c drivers/xenstore_control.c drivers/xenstore_wire.c \
	layout/layout.c

# No vector registers: those of the interrupted code are live. No stack
# protector: it reads the thread pointer, which the kernel does not own.
flags-kernel := -ffreestanding -mgeneral-regs-only -mno-red-zone -fno-stack-protector \
	-fno-pic -fno-strict-aliasing -I$(B)/obj/kernel \
	-D__XEN_INTERFACE_VERSION__=0x00040e00 # Xen 4.14, the last change that matters

# What every system call that waits goes through. Backtraces have the unwind tables.
$(foreach f,schedule thread futex direct vector,$(B)/obj/kernel/container/xen/$(f).o): \
	flags-kernel += -fomit-frame-pointer

kernel_objects := $(call objects,kernel,$(kernel_sources))

$(eval $(call compile,kernel))

$(B)/obj/kernel/%.o: %.S Makefile | $(B)/.setup-build
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -MMD -MP -c -o $@ $<

# The names of the system calls, from the numbers that the C library uses.
$(B)/obj/kernel/syscall_names.h: | $(B)/.setup-build
	@mkdir -p $(@D)
	$(Q)echo '#include <asm/unistd.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' >$@

$(B)/obj/kernel/container/xen/syscall.o: $(B)/obj/kernel/syscall_names.h

# The same kernel on a PC without Xen, to debug on: what answers hypercalls differs.
bare_sources := $(filter-out container/xen/hypercall.c container/xen/vmcall.S,$(kernel_sources)) \
	container/bare/apic.c container/bare/entry.S container/bare/hypercall.c \
	container/bare/serial.c container/bare/start.c container/bare/time.c

$(B)/lib/kernel.o: $(kernel_objects)
$(B)/lib/bare.o: $(call objects,kernel,$(bare_sources))

$(B)/lib/kernel.o $(B)/lib/bare.o:
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) -r -o $@.tmp $^
	$(Q)objcopy --keep-global-symbol=pvh_start $@.tmp $@
	@rm $@.tmp

$(B)/lib/image.lds: layout/image.lds.S layout/layout.h | $(B)/.setup-build
	$(call say,CPP,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -D__ASSEMBLER__ -x assembler-with-cpp -I. -o $@ $<

libraries += $(B)/lib/kernel.o $(B)/lib/bare.o $(B)/lib/image.lds
