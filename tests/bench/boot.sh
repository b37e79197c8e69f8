#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints how long an image and the Linux peer take from their start to the
# first byte on the console, as dom0 sees it: median of the runs of boot.lua.
#
# usage: [IMAGE=FILE.elf] [MODULE=FILE] boot.sh
#
# On an emulated host these are emulated times: they order guests, and are not
# what hardware would show.
set -eu

cd "$(dirname -- "$0")/../.."
record=build/linux_peer/boot.tsv

sh tests/bench/linux_peer.sh build/linux_peer
build/atoll jobs --record "$record" tests/bench/boot.lua >&2
cut -f 1 "$record" | sort -u | while read -r name; do
	awk -F '\t' -v name="$name" '$1 == name { print $4 }' "$record" | sort -n |
		awk -v name="$name" '{ v[NR] = $1 } END {
			printf "%-12s first output after %.0f ms (median of %d, %.0f to %.0f)\n",
				name, v[int((NR + 1) / 2)], NR, v[1], v[NR]
		}'
done
