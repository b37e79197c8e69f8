#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that a group of make's targets needs.
#
# usage: setup.sh build|test|check|debug|bench...
#
# Asks dpkg first: where nothing is missing it takes no time and no network.
set -eu

build="gcc binutils libc6-dev libxen-dev liblua5.4-dev libjemalloc-dev libmsgpack-dev
	lua5.4 qemu-system-x86 seabios xen-utils-4.17 xen-utils-common xenstore-utils
	busybox-static cpio xz-utils"
test="libcmocka-dev valgrind gdb libsqlite3-dev lua-cjson-dev lua-lpeg-dev spin"
debug="gdb"
bench="g++ libdpdk-dev libck-dev libboost-dev libboost-context-dev liburcu-dev libzmq3-dev libnng-dev iceoryx
	libiceoryx-binding-c-dev lua-socket"
check="clang libclang-rt-14-dev clang-format clang-tidy cppcheck"

die() {
	echo "setup: $*" >&2
	exit 1
}

# The packages among "$@" that are not installed.
missing() {
	for package; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
		[ "$state" = installed ] || echo "$package"
	done
}

packages=""
for group; do
	case $group in
	build) packages="$packages $build" ;;
	test) packages="$packages $test" ;;
	check) packages="$packages $check" ;;
	debug) packages="$packages $debug" ;;
	bench) packages="$packages $bench" ;;
	*) die "group \"$group\"; expected build, test, check, debug or bench" ;;
	esac
done

command -v dpkg-query >/dev/null || die "no dpkg-query here; expected Debian 12"
# shellcheck disable=SC2086 # the lists are words
absent=$(missing $packages | tr '\n' ' ')
[ -n "$absent" ] || exit 0

command -v apt-get >/dev/null || die "no apt-get here; expected Debian 12. Missing: $absent"
[ "$(id -u)" = 0 ] || die "these packages are missing and only root can install them: $absent"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt() {
	apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null || {
		cat "$log" >&2
		die "apt-get $1 failed; wanted: $absent"
	}
}
echo "  SETUP   installing $absent"
apt update
# shellcheck disable=SC2086
apt install --no-install-recommends -y $absent
