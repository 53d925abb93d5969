# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: awk -v name=NAME [-v only=file] -f ci/canary/plant.awk LIST
#
# Prints the source file of the canary NAME of LIST with its fault planted, or with only=file the
# file's path. White space of the text that is replaced stands for any. Fails when the file has the
# text never or more than once: then the list wants mending.

function fail(why) {
	print "canary " name ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

# @text as a regular expression.
function pattern(text) {
	gsub(/[][\\^$.*+?(){}|]/, "\\\\&", text)
	gsub(/[ \t]+/, "[ \t\n]+", text)
	return text
}

function join(text, more) {
	return text == "" ? more : text "\n" more
}

# In the text to look for, a line's end is white space like any other.
/^[a-z]+ [^ ]+: / { mine = $2 == name ":"; found = found || mine; next }
!mine { next }
/^\t/ { file = $1; next }
/^- / { old = old (old == "" ? "" : " ") substr($0, 3) }
/^\+/ { new = join(new, substr($0, 3)) }

END {
	if (failed)
		exit 1
	if (!found)
		fail("is not in " FILENAME)
	if (only == "file") {
		print file
		exit
	}
	while ((status = (getline line <file)) > 0)
		source = source line "\n"
	if (status < 0)
		fail("there is no " file)
	old = pattern(old)
	if (!match(source, old))
		fail(file " has not got the text that it replaces")
	head = substr(source, 1, RSTART - 1)
	tail = substr(source, RSTART + RLENGTH)
	if (match(tail, old))
		fail(file " has the text that it replaces more than once")
	printf "%s%s%s", head, new, tail
}
