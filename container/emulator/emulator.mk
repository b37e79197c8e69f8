# SPDX-License-Identifier: MIT
# build/emulator: the emulated Xen host, where this machine is no Xen dom0.

.PHONY: emulator

emulator: | $(B)/.setup-build
	$(Q)grep -qs control_d /proc/xen/capabilities || \
		flock $(B)/.apt sh container/emulator/build.sh $(B)/emulator

run test bench: emulator
