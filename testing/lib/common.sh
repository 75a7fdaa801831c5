# What the scripts of the test bed share.
#
# Copyright (C) 2026 the strongswan-gkm authors
#
# This program is free software; you can redistribute it and/or modify it
# under the terms of the GNU General Public License as published by the
# Free Software Foundation; either version 2 of the License, or (at your
# option) any later version.  See <http://www.fsf.org/copyleft/gpl.txt>.
#
# This program is distributed in the hope that it will be useful, but
# WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY
# or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU General Public License
# for more details.

# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for those who source this

TESTING=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
TOP=${TESTING%/*}
RESULTS=$(realpath -m "${RESULTS:-$TESTING/results}")
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/strongswan-gkm

# builds: the ordinary one, and one with AddressSanitizer and UBSan
BUILD=$TOP/build${SANITIZE:+/asan}
STAGE=$BUILD/stage
MAKE_ARGS=()
if [ -n "${SANITIZE:-}" ]
then
	MAKE_ARGS=("CFLAGS=-g -O1 -fno-omit-frame-pointer \
-fsanitize=address,undefined -fno-sanitize-recover=undefined")
fi

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

need_root()
{
	[ "$(id -u)" -eq 0 ] || die "must run as root"
}

# Run a command, show what it printed only if it failed.
quietly()
{
	local out rc=0

	out=$(mktemp)
	"$@" >"$out" 2>&1 </dev/null || rc=$?
	if [ $rc -ne 0 ]
	then
		echo "${0##*/}: failed with status $rc: $*" >&2
		tail -n "${QUIETLY_LINES:-40}" "$out" >&2
	fi
	rm -f "$out"
	return $rc
}

# Does the running kernel have ESP?
kernel_has_esp()
{
	unshare --net ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp \
		spi 0x1000 mode transport enc 'cbc(aes)' \
		0x000102030405060708090a0b0c0d0e0f auth 'hmac(sha256)' \
		0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f \
		2>/dev/null
}

# Set the variables of a scenario's test.conf, and those of the network that it
# has: TOPOLOGY=NAME for topology-NAME.sh, default is topology.sh.
load_topology() # scenario-dir
{
	TOPOLOGY=
	# shellcheck disable=SC1090,SC1091
	. "$1/test.conf" && . "$TESTING/lib/topology${TOPOLOGY:+-$TOPOLOGY}.sh"
}

# Print the value of a variable in a scenario's test.conf.
scenario_conf() # suite/name variable
{
	(
		unset "$2"
		# shellcheck disable=SC1090
		. "$TESTING/tests/$1/test.conf" && echo "${!2:-}"
	)
}
