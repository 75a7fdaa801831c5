# The network of scenarios: hosts, addresses and segments as in strongSwan's
# own testing environment. (alice's second interface is down there unless a
# scenario wants it, here there is none.)
#
#   alice -+                                                +- bob
#   venus -+- 10.1/16 - moon -+- 192.168.0/24 -+- sun - 10.2/16
#                             |                |
#                             +- carol, dave, winnetou
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

ALL_HOSTS="alice bob carol dave moon sun venus winnetou"

# segment, IPv4 and IPv6 address of eth0, then of eth1
declare -gA LINKS=(
	[moon]="lan0 192.168.0.1/24 fec0::1/16 lan1 10.1.0.1/16 fec1::1/16"
	[sun]="lan0 192.168.0.2/24 fec0::2/16 lan2 10.2.0.1/16 fec2::1/16"
	[carol]="lan0 192.168.0.100/24 fec0::10/16"
	[dave]="lan0 192.168.0.200/24 fec0::20/16"
	[winnetou]="lan0 192.168.0.150/24 fec0::15/16"
	[alice]="lan1 10.1.0.10/16 fec1::10/16"
	[venus]="lan1 10.1.0.20/16 fec1::20/16"
	[bob]="lan2 10.2.0.10/16 fec2::10/16"
)

SEGMENTS="lan0 lan1 lan2"

# what a gateway of the world outside would have
SWITCH_ADDRESS="192.168.0.254/24 dev lan0"

# default routes
declare -gA GATEWAYS=(
	[moon]=192.168.0.254 [sun]=192.168.0.254 [carol]=192.168.0.254
	[dave]=192.168.0.254 [winnetou]=192.168.0.254
	[alice]=10.1.0.1 [venus]=10.1.0.1 [bob]=10.2.0.1
)

# others
declare -gA ROUTES=()
