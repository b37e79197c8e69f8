#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the texts that wordcount is tested with, and what it has to print for
# each: found by tr, sort and uniq, which share no code with it.
#
# usage: tests/guest/texts.sh DIR
set -eu

dir=$1
gpl=/usr/share/common-licenses/GPL-3
export LC_ALL=C

words() {
	{ tr -cs A-Za-z0-9 "\n" <"$1" && echo; } | tr A-Z a-z | sed /^$/d
}

expect() {
	words "$1" >"$dir/words"
	sort "$dir/words" | uniq -c | sort -k1,1nr -k2,2 >"$dir/counts"
	echo "total $(($(wc -l <"$dir/words")))"
	echo "distinct $(($(wc -l <"$dir/counts")))"
	head -n 20 "$dir/counts" | awk '{ printf "%7d %s\n", $1, $2 }'
}

mkdir -p "$dir"
cp $gpl "$dir/gpl"
: >"$dir/empty"
printf 'The end is\nthe End' >"$dir/open-end"
{
	printf 'caf\303\251 \000 x86_64 '
	head -c 50000 /dev/zero | tr '\0' 'w'
	printf ' \377\376 W\n'
} >"$dir/odd"
copies=$((16 * 1024 * 1024 / $(wc -c <$gpl) + 1))
yes $gpl | head -n $copies | xargs cat | head -c 16777216 >"$dir/large"

for text in gpl empty open-end odd large; do
	expect "$dir/$text" >"$dir/$text.expected"
done
rm "$dir/words" "$dir/counts"
