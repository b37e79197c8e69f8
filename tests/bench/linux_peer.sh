#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the guest that images are measured against: Debian's cloud kernel, and
# as its programs the workloads of tests/bench/programs, linked statically with
# the C library's own malloc.
#
# usage: linux_peer.sh FOLDER
#
# FOLDER gets linux_peer (the kernel), linux_peer.cfg (its xl config) and two
# initrds, each to be handed over as the guest's module: initrd.first starts one
# program and powers off; initrd.work runs all workloads.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
emulator=$here/../../container/emulator
programs=$here/programs
rounds=3

# As the packer compiles a component.
flags='-std=gnu11 -O2 -g -fno-pie -fno-common -fno-omit-frame-pointer -fstack-clash-protection -isystem /usr/include/lua5.4'

die() {
	echo "linux_peer: $*" >&2
	exit 1
}

build_kernel() {
	[ -f kernel.complete ] && return
	echo "linux_peer: downloading Debian's cloud kernel (30 MB)"
	rm -rf deb
	sh "$emulator/package.sh" deb linux-image-cloud-amd64 './boot/vmlinuz-*'
	mv deb/boot/vmlinuz-* linux_peer
	rm -rf deb
	touch kernel.complete
}

build_programs() {
	# shellcheck disable=SC2086 # flags are words
	gcc $flags -static -no-pie -o first "$here/first/first.c"
	# shellcheck disable=SC2086
	gcc $flags -static -no-pie -o work "$programs/work.c"
	# shellcheck disable=SC2086
	gcc $flags -static -no-pie -o futex "$programs/futex.c"
	# Lua's loader asks for dlopen, of which the linker says that it needs glibc's files.
	# shellcheck disable=SC2086
	gcc $flags -static -no-pie -o work_lua "$programs/work_lua.c" -llua5.4 -lm 2>link.log ||
		die "work_lua: $(cat link.log)"
	strip first work futex work_lua
}

# build_initrd NAME FILE... with init on standard input
build_initrd() {
	name=$1
	shift
	rm -rf root
	mkdir -p root/bin root/dev root/proc
	cat >root/init
	chmod 755 root/init
	cp /bin/busybox "$@" root/bin/
	(cd root && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -9) >"$name"
	rm -rf root
}

build_initrds() {
	build_initrd initrd.first first work_lua "$here/first/first.lua" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mount -t proc proc /proc
		/bin/first
		/bin/work_lua /bin/first.lua
		read -r words </proc/cmdline
		case " $words " in *" stay "*) exec /bin/busybox sh ;; esac
		/bin/busybox poweroff -f
	END
	build_initrd initrd.futex futex <<-END
		#!/bin/busybox sh
		/bin/futex $rounds
		/bin/busybox poweroff -f
	END
	build_initrd initrd.work work work_lua "$programs/work.lua" <<-END
		#!/bin/busybox sh
		/bin/work $rounds
		/bin/work $rounds random-small-pages
		echo huge pages:
		/bin/work $rounds random-huge-pages
		/bin/work_lua /bin/work.lua $rounds
		/bin/busybox poweroff -f
	END
}

write_config() {
	cat >linux_peer.cfg <<-'END'
		type = "pvh"
		vcpus = 1
		memory = 128
		tsc_mode = "native"
		extra = "console=hvc0 quiet loglevel=0"
	END
}

[ $# -eq 1 ] || die "got $# words; expected one folder"
[ -x /bin/busybox ] || die "no /bin/busybox; expected the package busybox-static"
mkdir -p "$1"
cd "$1"
build_kernel
build_programs
build_initrds
write_config
