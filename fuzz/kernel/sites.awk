# SPDX-License-Identifier: GPL-2.0-only
#
# Where the datapath's source refuses: a line with tabs for each such place,
#
#   file  first line  last line  errno  function  the statement's text
#
# A place is a statement that decides an errno and leaves with it (return -E..., or an errno set
# and then a goto), with what it logs before that. Handing on what another function returned is
# none: there the refusal began elsewhere.

function flush() {
	if (first)
		printf "%s\t%d\t%d\t%s\t%s\t%s\n", file, first, last, errno, fn, text
	first = 0
	errno = "-"
}

function begin(line) {
	if (first)
		return
	first = line
	text = $0
	gsub(/^[ \t]+/, "", text)
	gsub(/[ \t]+/, " ", text)
}

function find_errno() {
	if (match(code, /-E[A-Z0-9]+/))
		errno = substr(code, RSTART + 1, RLENGTH - 1)
}

FNR == 1 {
	flush()
	file = FILENAME
	sub(/.*\//, "", file)
	pending = logging = comment = 0
	errno = "-"
}

{
	code = $0
	gsub(/\/\*.*\*\//, "", code)
}
comment { comment = code !~ /\*\//; next }
code ~ /\/\*/ { comment = 1; sub(/\/\*.*/, "", code) }
code ~ /^[ \t]*$/ { next }

# A function's name, in the first column or behind its type.
code ~ /^[a-zA-Z_].*\(/ && code !~ /;[ \t]*$/ {
	fn = code
	sub(/\(.*/, "", fn)
	sub(/.*[ \t*]/, "", fn)
}
code ~ /^}/ { flush(); pending = 0 }

# What is logged, perhaps over several lines; the jump that follows belongs to it.
logging {
	if (text ~ /,$/ && code ~ /"/)
		text = text substr(code, index(code, "\""))
	last = FNR
	logging = code !~ /\);/
	next
}
code ~ /OVS_NLERR\(/ && code !~ /#define/ {
	flush()
	begin(FNR)
	last = FNR
	logging = code !~ /\);/
	after_log = 1
	next
}

code ~ /return[ \t(].*-E[A-Z]/ && code !~ /\?/ {
	if (!after_log)
		flush()
	begin(FNR)
	last = FNR
	find_errno()
	flush()
	after_log = pending = 0
	next
}

# An errno set: it counts where it is left with.
code ~ /[a-z] = (ERR_PTR\()?-E[A-Z]+\)?;/ {
	if (!after_log)
		flush()
	find_errno()
	pending = 3
	set = FNR
	next
}
pending && code ~ /goto / {
	begin(FNR)
	last = FNR
	find_errno()
	flush()
	after_log = pending = 0
	next
}
after_log && code ~ /goto |return / {
	last = FNR
	flush()
	after_log = 0
	next
}
pending { pending-- }
{ if (first) flush(); after_log = 0 }
END { flush() }
