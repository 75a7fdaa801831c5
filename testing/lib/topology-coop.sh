# Key servers that cooperate, and members of their groups, all on one segment:
# moon, sun and winnetou are key servers. Who hears whom is up to scenarios, see
# "hear-only".
#
#   moon --+-- sun --+-- winnetou
#          |         |
#   alice, bob, carol, dave, venus, mars
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
# shellcheck disable=SC2034

ALL_HOSTS="alice bob carol dave mars moon sun venus winnetou"

SEGMENTS="lan0"

# segment, IPv4 and IPv6 address of eth0
declare -gA LINKS=(
	[moon]="lan0 192.168.0.1/24 fec0::1/16"
	[sun]="lan0 192.168.0.2/24 fec0::2/16"
	[winnetou]="lan0 192.168.0.150/24 fec0::15/16"
	[alice]="lan0 192.168.0.50/24 fec0::5/16"
	[bob]="lan0 192.168.0.60/24 fec0::6/16"
	[carol]="lan0 192.168.0.100/24 fec0::10/16"
	[dave]="lan0 192.168.0.200/24 fec0::20/16"
	[venus]="lan0 192.168.0.70/24 fec0::7/16"
	[mars]="lan0 192.168.0.80/24 fec0::8/16"
)

# default routes: multicast needs one
SWITCH_ADDRESS="192.168.0.254/24 dev lan0"
declare -gA GATEWAYS=(
	[moon]=192.168.0.254 [sun]=192.168.0.254 [winnetou]=192.168.0.254
	[alice]=192.168.0.254 [bob]=192.168.0.254 [carol]=192.168.0.254
	[dave]=192.168.0.254 [venus]=192.168.0.254 [mars]=192.168.0.254
)

# others
declare -gA ROUTES=()
