# bash completion for gswanctl(8), and for swanctl(8) where it is an alias of it

# commands, as the two tools list them
_gswanctl_commands()
{
	"$1" --help 2>/dev/null |
		sed -n 's/^  g\{0,1\}swanctl \(--[a-z-]*\).*/\1/p'
}

# options of a command, which swanctl shows also if it can't connect
_gswanctl_options()
{
	"$1" "$2" --help </dev/null 2>&1 |
		sed -n 's/^           \(--[a-z-]*\) *(-.) .*/\1/p'
}

# groups that are loaded, from the daemon that the command line is about
_gswanctl_groups()
{
	local i uri=()

	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
			-u|--uri) uri=(--uri "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	"$1" --list-groups --raw "${uri[@]}" 2>/dev/null |
		sed -n 's/^list-group event {\([^ {]*\) {.*/\1/p'
}

_gswanctl()
{
	local tool=$1 cur=$2 prev=$3

	# an alias for it has no meaning here
	[ "${tool##*/}" = gswanctl ] || tool=gswanctl

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$(_gswanctl_commands "$tool")" -- "$cur"))
		return
	fi
	case $prev in
		-f|--file|-+|--options)
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -f -- "$cur"))
			return ;;
		-v|--debug)
			COMPREPLY=($(compgen -W '-1 0 1 2 3 4' -- "$cur"))
			return ;;
		-u|--uri)
			COMPREPLY=($(compgen -W 'unix://' -- "$cur"))
			return ;;
	esac
	case ${COMP_WORDS[1]}:$prev in
		--list-groups:-g|--list-groups:--group|\
		--list-members:-g|--list-members:--group|\
		--list-group-policy:-g|--list-group-policy:--group|\
		--list-rekeys:-g|--list-rekeys:--group|\
		--list-servers:-g|--list-servers:--group|\
		--coop-reset:-g|--coop-reset:--group|\
		--list-features:-g|--list-features:--group|\
		--list-replay:-g|--list-replay:--group|\
		--stats-groups:-g|--stats-groups:--group|\
		--rekey-group:-g|--rekey-group:--group|\
		--remove-member:-g|--remove-member:--group|\
		--register:-g|--register:--group|--leave:-g|--leave:--group|\
		--unload-group:-N|--unload-group:--name)
			COMPREPLY=($(compgen -W "$(_gswanctl_groups "$tool")" -- "$cur"))
			return ;;
		--list-features:-F|--list-features:--feature)
			COMPREPLY=($(compgen -W "activation-delay coop gdoi gdoi-interop-ack \
				gikev2 ip-d3p" -- "$cur"))
			return ;;
	esac
	COMPREPLY=($(compgen -W "$(_gswanctl_options "$tool" "${COMP_WORDS[1]}")" \
		-- "$cur"))
}

complete -F _gswanctl gswanctl swanctl
