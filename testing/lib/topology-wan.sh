# A private WAN: three sites with a gateway each, a core that knows where inner
# addresses are, and a key server. Where "smcrouted" runs, core and gateways
# forward what hosts send to 239.1.1.1 and ff0e::1234, and the core forwards
# rekeys to 239.192.0.1. The second link between moon and the core isn't used
# unless a scenario adds routes that do.
#
#   alice -- 10.1/16 -- moon ==+
#                              |
#   bob ---- 10.2/16 -- sun ---+-- winnetou -- dave
#                              |
#   venus -- 10.3/16 -- carol -+
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

SEGMENTS="wan1 wan2 wan3 wan4 wan5 lan1 lan2 lan3"

# segment, IPv4 and IPv6 address of eth0, then of eth1, ...
declare -gA LINKS=(
	[moon]="wan1 172.16.1.1/24 fec0:1::1/32 lan1 10.1.0.1/16 fec1::1/16 \
		wan5 172.16.5.1/24 fec0:5::1/32"
	[sun]="wan2 172.16.2.1/24 fec0:2::1/32 lan2 10.2.0.1/16 fec2::1/16"
	[carol]="wan3 172.16.3.1/24 fec0:3::1/32 lan3 10.3.0.1/16 fec3::1/16"
	[dave]="wan4 172.16.4.1/24 fec0:4::1/32"
	[alice]="lan1 10.1.0.10/16 fec1::10/16"
	[bob]="lan2 10.2.0.10/16 fec2::10/16"
	[venus]="lan3 10.3.0.10/16 fec3::10/16"
	[winnetou]="wan1 172.16.1.254/24 fec0:1::254/32 \
		wan2 172.16.2.254/24 fec0:2::254/32 \
		wan3 172.16.3.254/24 fec0:3::254/32 \
		wan4 172.16.4.254/24 fec0:4::254/32 \
		wan5 172.16.5.254/24 fec0:5::254/32"
)

# default routes
declare -gA GATEWAYS=(
	[moon]="172.16.1.254 fec0:1::254" [sun]="172.16.2.254 fec0:2::254"
	[carol]="172.16.3.254 fec0:3::254" [dave]="172.16.4.254 fec0:4::254"
	[alice]="10.1.0.1 fec1::1" [bob]="10.2.0.1 fec2::1"
	[venus]="10.3.0.1 fec3::1"
)

# others: prefix and router
declare -gA ROUTES=(
	[winnetou]="10.1.0.0/16 172.16.1.1 fec1::/16 fec0:1::1 \
		10.2.0.0/16 172.16.2.1 fec2::/16 fec0:2::1 \
		10.3.0.0/16 172.16.3.1 fec3::/16 fec0:3::1"
)

# packets have to come in where their source would be reached
RP_FILTER=1
