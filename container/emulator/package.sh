#!/bin/sh
# SPDX-License-Identifier: MIT
# Downloads a Debian package and unpacks some of its files, without installing it.
#
# usage: package.sh FOLDER PACKAGE[=VERSION] MEMBER...
#
# A MEMBER is a pattern over the paths inside the package, such as './boot/*'. A
# package that only names the kernel of the day stands for that kernel's package.
set -eu

die() {
	echo "emulator: $*" >&2
	exit 1
}

# The kernel package that $1 depends on, or else $1.
resolve() {
	name=$(apt-cache depends "${1%%=*}" 2>/dev/null |
		sed -n 's/^ *Depends: *\(linux-image-[0-9].*-amd64\)$/\1/p')
	echo "${name:-$1}"
}

download() {
	apt-get -q -o APT::Sandbox::User=root download "$(resolve "$1")" >apt.log 2>&1
}

[ $# -ge 3 ] || die "package.sh: got $# words; expected FOLDER PACKAGE MEMBER..."
folder=$1
package=$2
shift 2
command -v apt-get >/dev/null || die "no apt-get here; expected Debian 12, whose packages are used"

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
if ! download "$package"; then
	# Lists may be absent (a fresh machine) or name a version that is gone.
	apt-get -q update >update.log 2>&1 || true
	download "$package" || {
		sed 's/^/	/' apt.log >&2
		die "cannot download $package; expected a network and Debian 12's archive" \
			"(apt-get update)"
	}
fi
cd "$OLDPWD"
dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$folder" --wildcards "$@"
