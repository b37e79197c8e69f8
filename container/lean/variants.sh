#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes assembler that sends variants of the C library's functions to others
# that do the same on less of a processor, so that an image has two or three of
# each and not ten.
#
# usage: variants.sh LIBC.a LIBM.a >variants.S
#
# What is left of each: the baseline, AVX2 and FMA. EVEX needs AVX-512, which is
# off in a guest; RTM variants differ in how they end, for transactions, of
# which there are none; FMA4 and plain AVX are processors of 2011 to 2013; SSSE3
# and SSE4.2 those before. Of FMA, the four functions with the
# largest tables (50 KB) are left out.
set -eu

# "VARIANT OTHER" for each name of the archives that has another to go to.
nm -g --defined-only "$@" 2>/dev/null | awk '
function other(name) {
	if (name ~ /_chk_|^__v?w?mem.*_chk/)
		return ""
	if (sub(/_(evex|avx512)_unaligned_erms$/, "_AVX_unaligned_erms", name) ||
	    sub(/_(evex|avx512)_unaligned$/, "_AVX_unaligned", name) ||
	    sub(/_avx512_no_vzeroupper$/, "_AVX_unaligned_erms", name)) {
		sub(/AVX/, name ~ /set/ ? "avx2" : "avx", name)
		return name
	}
	if (sub(/_evex512$|_evex_rtm$|_evex$/, "_avx2", name) || sub(/_evex_movbe$/, "_avx2_movbe", name))
		return name
	if (sub(/_rtm$/, "", name))
		return name
	if (sub(/_avx512$|_ssse3$/, "_sse2_unaligned", name))
		return name
	if (sub(/_sse42$/, "_sse2", name) || sub(/_(fma4|avx)$/, "_sse2", name))
		return name
	if (name ~ /^__(tan|ieee754_(asin|acos|atan2))_fma$/ && sub(/_fma$/, "_sse2", name))
		return name
	return ""
}
$2 == "T" || $2 == "t" { names[$3] = 1 }
END {
	for (name in names) {
		to = other(name)
		if (to != "" && to in names)
			print name, to
	}
}' | sort | awk '
{
	printf "\t.section .text.%s, \"ax\"\n\t.globl %s\n\t.type %s, @function\n", $1, $1, $1
	printf "%s:\tjmp %s\n\t.size %s, . - %s\n", $1, $2, $1, $1
}
END { print "\t.section .note.GNU-stack, \"\", @progbits" }'
