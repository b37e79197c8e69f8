#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the guest that boot times are compared with: Debian's cloud kernel and
# busybox, whose init prints how long it has been up and powers off.
#
# usage: linux_peer.sh FOLDER
#
# FOLDER gets linux_peer (the kernel), linux_peer.cfg (its xl config) and
# initrd, which is to be handed over as the guest's module. With the word
# "stay" init goes on to a shell on the console.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
emulator=$here/../../container/emulator

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

build_initrd() {
	rm -rf root
	mkdir -p root/bin root/dev root/proc
	cp /bin/busybox root/bin/
	cat >root/init <<-'END'
		#!/bin/busybox sh
		/bin/busybox mount -t proc proc /proc
		read -r up rest </proc/uptime
		echo "linux peer up after ${up%.*}${up#*.}0 ms"
		read -r words </proc/cmdline
		case " $words " in *" stay "*) exec /bin/busybox sh ;; esac
		/bin/busybox poweroff -f
	END
	chmod 755 root/init
	(cd root && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -9) >initrd
	rm -rf root
}

write_config() {
	cat >linux_peer.cfg <<-'END'
		type = "pvh"
		vcpus = 1
		memory = 128
		extra = "console=hvc0 quiet loglevel=0"
	END
}

[ $# -eq 1 ] || die "got $# words; expected one folder"
[ -x /bin/busybox ] || die "no /bin/busybox; expected the package busybox-static"
mkdir -p "$1"
cd "$1"
build_kernel
build_initrd
write_config
