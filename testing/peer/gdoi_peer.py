#!/usr/bin/python3 -B
#
# A small member and a small key server of GDOI groups, written from RFC 2409,
# RFC 6407 and RFC 8263 without any code of this project or of strongSwan: what
# one of them and the other end agree on isn't a mistake that both ends of one
# implementation make.
#
#   gdoi_peer.py [OPTIONS] COMMAND
#
# Commands are those in COMMANDS of other modules. Each fails, and says why, at
# the first thing that isn't as specified.
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
import os
import sys

import gdoi_ack
import gdoi_attacks
import gdoi_crypto
import gdoi_iec
import gdoi_member
import gdoi_server


def parse_options():
    commands = dict(gdoi_ack.COMMANDS + gdoi_attacks.COMMANDS +
                    gdoi_iec.COMMANDS + gdoi_member.COMMANDS +
                    gdoi_server.COMMANDS)
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=commands)
    parser.add_argument("--server", default="192.168.0.1")
    parser.add_argument("--port", type=int, default=848)
    parser.add_argument("--address", default="")
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("--id", default="carol.strongswan.org")
    parser.add_argument("--secret", default="Ar3etTnp01qlpOgb")
    parser.add_argument("--server-id", default="moon.strongswan.org")
    # groups, each to be done the same with
    parser.add_argument("--group", default="1234")
    # in place of the number, for groups of IEC 61850
    parser.add_argument("--oid", default="")
    parser.add_argument("--oid-data", default="")
    parser.add_argument("--dh", choices=("modp2048", "ecp256"),
                        default="ecp256")
    parser.add_argument("--bits", type=int, choices=(128, 256), default=256)
    parser.add_argument("--doi", type=int, default=2)
    parser.add_argument("--situation", type=int, default=0)
    parser.add_argument("--vendor-id", action="append", default=[])
    # numbers of type and window of IP delay detection, "TYPE/WINDOW"
    parser.add_argument("--d3p")
    # member
    parser.add_argument("--sender", type=int, default=0)
    parser.add_argument("--ack", choices=("block", "key", "sealed", "none"),
                        default="block")
    parser.add_argument("--ack-unasked", action="store_true")
    parser.add_argument("--stranger", default="192.168.0.110")
    # key server
    parser.add_argument("--name", default="ks")
    parser.add_argument("--transport", choices=("unicast", "multicast"),
                        default="unicast")
    parser.add_argument("--multicast", default="239.192.0.1")
    parser.add_argument("--member", default="192.168.0.100")
    parser.add_argument("--source", default="192.168.0.0/24")
    parser.add_argument("--destination", default="239.1.1.1")
    parser.add_argument("--lifetime", type=int, default=3600)
    parser.add_argument("--gcm", action="store_true")
    parser.add_argument("--kek-bits", type=int, default=256)
    parser.add_argument("--delays")
    parser.add_argument("--signature", default="rsa",
                        choices=("rsa", "ecdsa256", "ecdsa384", "ecdsa521"))
    parser.add_argument("--hash", type=int, choices=(3, 4, 5), default=3)
    parser.add_argument("--key")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--padded", action="store_true")
    parser.add_argument("--pkcs1", action="store_true")
    parser.add_argument("--lkh", action="store_true")
    parser.add_argument("--no-kek", action="store_true")
    parser.add_argument("--request-ack", type=int, default=0)
    options = parser.parse_args()
    options.secret = options.secret.encode()
    options.groups = [int(one).to_bytes(4, "big")
                      for one in options.group.split(",")]
    options.dh = {"modp2048": gdoi_crypto.MODP2048,
                  "ecp256": gdoi_crypto.ECP256}[options.dh]
    options.key_len = options.bits // 8
    options.vendor_ids = [bytes.fromhex(one) for one in options.vendor_id]
    for name in ("d3p", "delays"):
        value = getattr(options, name)
        setattr(options, name, value and tuple(map(int, value.split("/"))))
    return commands[options.command], options


def run_for(group, run, config):
    """In a process of its own; returns whether that went well."""
    child = os.fork()
    if not child:
        config.group = group
        run(config)
        sys.exit()
    return os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    function, settings = parse_options()
    results = [run_for(one, function, settings) for one in settings.groups]
    sys.exit(not all(results))
