# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of nlrig for bash; what there is, the program says itself:
#   source harness/cli/completion.bash

_nlrig() {
	local word=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$1" help --list-subcommands)" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$1" "${COMP_WORDS[1]}" --list-options)" \
			-- "$word")
	fi
}

complete -o default -F _nlrig nlrig build/nlrig
