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
#   --packet FILE      capture for "replay", and "replay-late"
#   --port PORT        of datagrams, default 5000
#   --sequence N       of the first ESP packet, default is a random one, as are
#                      IDs of fragments
#   --count            ask who serves keys for counters, too
#
# Prints for each attack how many packets were sent, and what was counted.
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
import os
import random
import sys
import time

import esp_keys
import link
from esp_attacks import ATTACKS, WITH_D3P, WITHOUT_D3P, Forge
from ike_format import FormatError, check

# counter of what a gateway lets pass, and how long it may take, in seconds
PASSED = "decrypted"
PATIENCE = 30

DUMMIES = {4: "192.0.2.1,192.0.2.2", 6: "2001:db8:676b:6d::1,2001:db8:676b:6d::2"}


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
    parser.add_argument("--sequence", type=int,
                        default=random.randrange(1 << 31))
    parser.add_argument("--count", action="store_true")
    config = parser.parse_args()
    config.dummies = [address(one) for one in
                      (config.dummies or
                       DUMMIES[config.source.version]).split(",")]
    config.packet_time = None
    if config.packet:
        config.packet_time = os.path.getmtime(config.packet)
        config.packet = list(link.read_pcap(config.packet))
    elif {"replay", "replay-late"} & set(config.attacks):
        parser.error("replay needs a packet")
    unfit = set(config.attacks) & (WITH_D3P if config.d3p is None
                                   else WITHOUT_D3P)
    if unfit:
        parser.error("no attack on such a group: %s" % ", ".join(unfit))
    return config


def send(forge, wire, name):
    """Returns how many packets were sent."""
    sent = 0
    forge.begin(name)
    for packet in ATTACKS[name](forge):
        wire.send(packet, forge.source.version, forge.destination)
        sent += 1
    check(sent, "nothing to send for %s" % name)
    return sent


def count(config, forge, wire, before):
    """Counters of a gateway that is done with what was sent: when it has let a
    packet pass that came after it."""
    passed = forge.decrypted
    expected = before.get(PASSED, 0) + passed + 1
    forge.begin("marker")
    wire.send(forge.valid(), to=forge.destination)
    end = time.monotonic() + PATIENCE
    while True:
        after = esp_keys.get_counters(config.keys)
        if after.get(PASSED, 0) >= expected:
            return after
        check(time.monotonic() < end, "%d packets instead of %d passed" % (
            after.get(PASSED, 0) - before.get(PASSED, 0), passed + 1))


def changes(before, after):
    """What was counted in between, but for the marker."""
    found = {name: after[name] - before.get(name, 0) for name in after}
    found[PASSED] -= 1
    return "".join(", %s %d" % pair for pair in sorted(found.items())
                   if pair[1])


def attack(config):
    sa = esp_keys.choose(esp_keys.get(config.keys), config.spi,
                         config.source.version)
    wire = link.Link(config.device, config.via)
    forge = Forge(config, sa)
    before = esp_keys.get_counters(config.keys) if config.count else None
    for name in config.attacks:
        line = "%s: sent %d" % (name, send(forge, wire, name))
        if config.count:
            after = count(config, forge, wire, before)
            line += changes(before, after)
            before = after
        print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        sys.exit(print("\n".join(ATTACKS)))
    try:
        attack(parse_options())
    except FormatError as problem:
        sys.exit(str(problem))
