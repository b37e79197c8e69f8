#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the emulated Xen host: what QEMU needs to boot Xen and a Linux dom0.
#
# usage: build.sh FOLDER
#
# FOLDER gets
#   xen        the hypervisor
#   vmlinux    dom0's kernel, unpacked here: under emulation that would take seconds
#   dom0.cpio  dom0's initial file system; the tool appends itself to it as /agent
#
# Everything comes from Debian packages. A second call with the same packages
# and scripts does nothing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tools=/usr/lib/xen-4.17/bin
packages="xen-utils-4.17 xenstore-utils busybox-static cpio libc6"
programs="$tools/xl $tools/xenstored $tools/xen-init-dom0 $tools/xenconsoled $tools/xenconsole
	/usr/bin/xenstore"
modules="xen/xen-privcmd xen/xen-evtchn xen/xen-gntdev xen/xen-gntalloc xen/xenfs/xenfs
	virtio/virtio_ring virtio/virtio virtio/virtio_pci_modern_dev virtio/virtio_pci_legacy_dev
	virtio/virtio_pci char/virtio_console"

die() {
	echo "emulator: $*" >&2
	exit 1
}

step() {
	echo "emulator: $*"
}

# What the result depends on, as text.
recipe() {
	cksum <"$here/build.sh"
	cksum <"$here/init"
	# shellcheck disable=SC2086 # a list of words
	dpkg-query -W -f '${Package} ${Version}\n' $packages
}

xen_version() {
	dpkg-query -W -f '${Version}' xen-utils-4.17
}

# Packages are fetched once into FOLDER/deb; changed scripts need no network.
fetch_xen() {
	[ -f "deb/xen-$(xen_version)" ] && return
	step "downloading Xen 4.17"
	rm -rf deb/xen*
	sh "$here/package.sh" deb/xen "xen-hypervisor-4.17-amd64=$(xen_version)" \
		'./boot/xen-*.gz'
	touch "deb/xen-$(xen_version)"
}

fetch_kernel() {
	[ -f deb/linux.complete ] && return
	step "downloading a Linux kernel for dom0 (70 MB)"
	rm -rf deb/linux*
	sh "$here/package.sh" deb/linux linux-image-amd64 './boot/vmlinuz-*' \
		'./lib/modules/*/kernel/drivers/xen/*' \
		'./lib/modules/*/kernel/drivers/virtio/*' \
		'./lib/modules/*/kernel/drivers/char/virtio*'
	touch deb/linux.complete
}

# A little-endian number in a file: offset, bytes.
number_at() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# Prints the ELF file inside the bzImage $1, whose header says where it lies.
kernel_unpack() {
	sectors=$(number_at "$1" 497 1)
	offset=$(($(number_at "$1" 584 4) + (sectors + 1) * 512))
	tail -c "+$((offset + 1))" "$1" | xz -dc --single-stream 2>/dev/null
}

build_kernels() {
	gunzip -c deb/xen/boot/xen-*.gz >xen
	vmlinuz=$(echo deb/linux/boot/vmlinuz-*)
	# Xen can unpack a kernel too; it only takes longer.
	kernel_unpack "$vmlinuz" >vmlinux || cp "$vmlinuz" vmlinux
}

# Copies programs and the shared libraries that they name, at their own paths.
install_programs() {
	for file; do
		[ -f "$file" ] || die "no $file; expected the packages $packages"
		install -D "$file" "root$file"
	done
	libraries=$(ldd "$@" |
		awk '$3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 { print $1 }' | sort -u)
	# xl loads libgcc_s for pthread_cancel; ldd does not name it.
	for library in $libraries /lib/x86_64-linux-gnu/libgcc_s.so.1; do
		install -D "$library" "root$library"
	done
}

install_modules() {
	mkdir root/modules
	for module in $modules; do
		cp deb/linux/lib/modules/*/kernel/drivers/"$module.ko" root/modules/
		echo "${module##*/}" >>root/modules/order
	done
}

build_dom0() {
	rm -rf root
	mkdir -p root/bin root/proc root/sys root/dev root/tmp root/etc/xen root/var/lock \
		root/var/lib/xen root/var/lib/xenstored root/var/log/xen/console root/run/xen \
		root/run/xenstored
	ln -s ../run root/var/run
	: >root/etc/xen/xl.conf
	cp "$here/init" root/init
	chmod 755 root/init
	cp /bin/busybox root/bin/
	# shellcheck disable=SC2086 # a list of words
	install_programs $programs
	install_modules
	(cd root && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >dom0.cpio
	rm -rf root
}

[ $# -eq 1 ] || die "build.sh: got $# words; expected one folder"
[ "$(uname -m)" = x86_64 ] || die "this machine is $(uname -m); expected x86_64"
command -v dpkg-query >/dev/null ||
	die "no dpkg-query here; expected Debian 12, whose packages are used"
mkdir -p "$1"
cd "$1"
recipe=$(recipe 2>/dev/null) ||
	die "packages are missing; expected $packages"
[ -f recipe ] && [ "$(cat recipe)" = "$recipe" ] && exit 0
rm -f recipe
mkdir -p deb
fetch_xen
fetch_kernel
step "building the emulated Xen host"
build_kernels
build_dom0
echo "$recipe" >recipe
