#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes assembler with what the C library knows of characters in the C locale,
# out of its archive, but for the tables by which iconv and wide streams spell
# a character that a set does not have: 50 KB of 57.
#
# usage: ctype.sh LIBC.a FOLDER >ctype.S
#
# FOLDER gets the sections that the assembler includes.
set -eu

object=$2/C-ctype.o
parts=".rodata .rodata.str1.1 .rodata.str4.4 .data.rel.ro.local"

ar p "$1" C-ctype.o >"$object"
for part in $parts; do
	objcopy -O binary --only-section="$part" "$object" "$2/ctype$part"
done

{
	nm -S "$object" | sed 's/^/name /'
	objdump -r -j .data.rel.ro.local "$object" | sed 's/^/relocation /'
	od -A x -v -t x8 -w8 "$2/ctype.data.rel.ro.local" | sed 's/^/word /'
} | awk -v folder="$2" '
# Hexadecimal numbers of 16 digits compare as text.
function digits(hex) {
	return substr("0000000000000000", length(hex) + 1) hex
}
function is_spelling(value) {
	return value ~ /^\.rodata\+0x/ && substr(value, 11) "" >= spellings
}
function include(part, flags, balign, size) {
	printf "\t.section .%s%s, \"%s\"\n\t.balign %d\nctype.%s:\n", part == "rodata" ? "" : "rodata.", part,
		flags, balign, part
	printf "\t.incbin \"%s/ctype.%s\"%s\n", folder, part, size
}
function name_text(name, place) {
	printf "\t.globl %s\n\t.hidden %s\n\t.type %s, @object\n\t.size %s, 0x%s\n\t.set %s, %s\n", name, name,
		name, name, size[name], name, place
}
$1 == "name" && $4 == "R" { place[$5] = $2; size[$5] = $3; if ($2 "" > last) last = $2 "" }
$1 == "name" && $4 == "D" { size[$5] = $3; data = data " " $5; if ($2 ~ /[^0]/) exit failed = 1 }
$1 == "name" && $5 ~ /^translit_/ && (!spellings || $2 "" < spellings) { spellings = $2 "" }
$1 == "relocation" && $3 ~ /^R_X86_64_64$/ { target[$2 ""] = $4 }
$1 == "word" && NF == 3 { words++; offset[words] = digits($2); word[words] = "0x" $3 }
END {
	if (failed || !spellings || last > spellings || data !~ /^ [^ ]+$/) {
		print "ctype.sh: C-ctype.o is not as expected, with its translit_ tables last" >"/dev/stderr"
		exit 1
	}
	include("rodata", "a", 32, ", 0, 0x" spellings)
	include("rodata.str1.1", "a", 1, "")
	include("rodata.str4.4", "a", 4, "")
	for (name in place)
		if (name !~ /^translit_/)
			name_text(name, "ctype.rodata + 0x" place[name])
	print "\t.section .data.rel.ro.local, \"aw\"\n\t.balign 32\nctype.data.rel.ro.local:"
	name_text(substr(data, 2), "ctype.data.rel.ro.local")
	for (i = 1; i <= words; i++) {
		value = target[offset[i]]
		if (is_spelling(value) || (value == "" && is_spelling(target[offset[i + 1]])))
			value = "0" # and how many there are stands before them
		else if (value == "")
			value = word[i]
		sub(/^\./, "ctype.", value)
		print "\t.quad " value
	}
	print "\t.section .note.GNU-stack, \"\", @progbits"
}'
