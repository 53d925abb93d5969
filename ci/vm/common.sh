# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of this folder share: messages, help, the cache and its lock.
set -euo pipefail

# shellcheck disable=SC2034 # for the scripts that source this
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
cache=${NLRIG_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/nlrig}

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Usage, or something that the machine lacks.
die() {
	say "$@"
	exit 2
}

# The comment at the head of a script is its help text.
usage() {
	sed -n '4,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# need TOOL PACKAGE
need() {
	type -P "$1" >/dev/null || PATH=$PATH:/usr/sbin:/sbin type -P "$1" >/dev/null ||
		die "no '$1' here: install the package $2 (ci/deps qemu uml)"
}

# Holds the named lock until this process ends; waits for another run to finish with it.
lock() {
	local fd

	mkdir -p "$cache" 2>/dev/null || die "cannot write to the cache $cache; set NLRIG_CACHE"
	exec {fd}>"$cache/$1.lock" || die "cannot write to the cache $cache; set NLRIG_CACHE"
	flock "$fd"
}

# Writes its input to a file that is either whole or absent.
write_whole() {
	local tmp

	tmp=$(mktemp "$1.XXXXXX") || return 1
	if cat >"$tmp" && chmod 644 "$tmp" && mv "$tmp" "$1"; then
		return 0
	fi
	rm -f "$tmp"
	return 1
}
