#!/usr/bin/python3 -B
#
# Send packets to a gateway of a group that it must not let pass, from where a
# router of the WAN would send them.
#
#   esp_attack.py [OPTIONS] --device DEVICE --via GATEWAY --source ADDRESS
#                 --destination ADDRESS ATTACK...
#       Sends what attacks of that name consist of, see esp_attacks.py, as
#       packets between two hosts. "list" prints the names, and "valid" sends
#       what has to pass. Datagrams inside say the name of the attack.
#
#   --keys HOST        where "esp_keys.py serve" runs
#   --spi SPI          which SA to use, in hex, if there are several
#   --d3p WINDOW       the group has IP-D3P with so many milliseconds
#   --other-source ADDRESS, --other-destination ADDRESS
#                      other protected hosts, default is the next address
#   --dummies LOCAL,REMOTE
#                      addresses that SAs have
#   --packet FILE      capture for "replay"
#   --port PORT        of datagrams, default 5000
#   --sequence N       of the first ESP packet
#
# Prints for each attack how many packets were sent.
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
import argparse
import ipaddress
import sys

import esp_keys
import link
from esp_attacks import ATTACKS, WITH_D3P, WITHOUT_D3P, Forge
from ike_format import FormatError, check

DUMMIES = {4: "192.0.2.1,192.0.2.2", 6: "fd00:5e::1,fd00:5e::2"}


def parse_options():
    address = ipaddress.ip_address
    parser = argparse.ArgumentParser()
    parser.add_argument("attacks", nargs="+", choices=list(ATTACKS),
                        metavar="ATTACK")
    parser.add_argument("--device", required=True)
    parser.add_argument("--via", required=True)
    parser.add_argument("--source", type=address, required=True)
    parser.add_argument("--destination", type=address, required=True)
    parser.add_argument("--other-source", type=address)
    parser.add_argument("--other-destination", type=address)
    parser.add_argument("--keys")
    parser.add_argument("--spi")
    parser.add_argument("--d3p", type=int)
    parser.add_argument("--dummies")
    parser.add_argument("--packet")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--sequence", type=int, default=1000000)
    config = parser.parse_args()
    config.dummies = [address(one) for one in
                      (config.dummies or
                       DUMMIES[config.source.version]).split(",")]
    if config.packet:
        config.packet = list(link.read_pcap(config.packet))
    elif "replay" in config.attacks:
        parser.error("replay needs a packet")
    unfit = set(config.attacks) & (WITH_D3P if config.d3p is None
                                   else WITHOUT_D3P)
    if unfit:
        parser.error("no attack on such a group: %s" % ", ".join(unfit))
    return config


def attack(config):
    sa = esp_keys.choose(esp_keys.get(config.keys), config.spi)
    wire = link.Link(config.device, config.via)
    forge = Forge(config, sa)
    for name in config.attacks:
        forge.name = name
        forge.count = sent = 0
        for packet in ATTACKS[name](forge):
            wire.send(packet, config.source.version, config.destination)
            sent += 1
        check(sent, "nothing to send for %s" % name)
        print("%s: sent %d" % (name, sent))


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        sys.exit(print("\n".join(ATTACKS)))
    try:
        attack(parse_options())
    except FormatError as problem:
        sys.exit(str(problem))
