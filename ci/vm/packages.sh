# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Packages fetched into the cache and unpacked there: nothing is installed, and no root is needed.
# For scripts that have sourced common.sh.

lists=$cache/apt

# Our own package lists serve once refresh_lists has fetched them, and until the system's are newer.
apt_options() {
	printf '%s\n' -qq -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=0 \
		-o Acquire::http::Timeout=6 -o Acquire::https::Timeout=6
	if [[ $1 == ours || $lists/fetched -nt /var/lib/apt/lists ]]; then
		printf '%s\n' -o Dir::State::Lists="$lists/lists" -o Dir::Cache="$lists/cache"
	fi
}

# apt TOOL ARG...: leaves what it complains of in $lists/errors
apt() {
	local tool=$1
	local -a options

	shift
	mapfile -t options < <(apt_options "${whose_lists-}")
	RES_OPTIONS="timeout:2 attempts:1" "$tool" "${options[@]}" "$@" 2>"$lists/errors"
}

# Whether what apt complained of last is that it reaches nobody.
off_line() {
	grep -qE 'resolving|connect|timed out|unreachable' "$lists/errors"
}

# A machine that never ran "apt-get update", or long ago, cannot name or download the current
# kernel.
refresh_lists() {
	say "fetching package lists into $lists"
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
	whose_lists=ours apt apt-get -o APT::Update::Error-Mode=any update >&2 || return 1
	: >"$lists/fetched"
}

# Why apt could not help, for the end of a message.
apt_error() {
	local why

	why=$(sed -n 's/^E: //p' "$lists/errors" | head -n 1)
	echo "${why:-no package of that name}"
}

# candidate PACKAGE: prints package_version, as apt would install it
candidate() {
	apt apt-cache policy "$1" |
		awk -v name="$1" '
			$1 == "Candidate:" && $2 !~ /none/ { print name "_" $2; found = 1 }
			END { exit !found }'
}

# current NAME COMMAND...: what the command finds out of apt. Asking takes longer than booting
# User-Mode Linux, so the answer is kept, under that name, until apt's lists change.
current() {
	local memo=$cache/current.$1 answer

	shift
	if [[ -e $memo && ! /var/lib/apt/lists -nt $memo ]]; then
		cat "$memo"
		return
	fi
	answer=$("$@") || { refresh_lists && answer=$("$@"); } || return 1
	write_whole "$memo" <<<"$answer"
	echo "$answer"
}

# fetch PACKAGE_VERSION... into the current folder
fetch() {
	local -a wanted=("${@/_/=}")

	apt apt-get download "${wanted[@]}" >&2 && return
	! off_line && refresh_lists && apt apt-get download "${wanted[@]}" >&2 && return
	say "cannot fetch $*: $(apt_error)"
	return 1
}

# want_room MIB: found out now, lack of room has one plain message
want_room() {
	local free

	free=$(($(df -Pk "$cache" | awk 'NR == 2 { print $4 }') / 1024))
	((free >= $1)) ||
		die "No space left in $cache: $1 MiB wanted, $free free (or set NLRIG_CACHE)"
}

# in_new_folder FOLDER COMMAND...: the folder appears whole, or not at all. Under the lock, any
# other temporary folder is one that an interrupted run left behind. The command runs within a
# condition, where bash ignores "set -e": each of its steps has to be joined to the next by &&.
in_new_folder() {
	local folder=$1 tmp

	shift
	rm -rf "${folder%/*}"/.new.*
	tmp=$(mktemp -d "${folder%/*}/.new.XXXXXX") || return 1
	if (cd "$tmp" && "$@") && chmod 755 "$tmp" && mv -T "$tmp" "$folder"; then
		return 0
	fi
	rm -rf "$tmp"
	return 1
}
