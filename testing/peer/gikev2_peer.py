#!/usr/bin/python3 -B
#
# A small member of groups, written from RFC 9838, RFC 7296 and RFC 5649 without
# any code of this project or of strongSwan: what it and the key server agree
# on isn't a mistake that both ends of one implementation make.
#
#   gikev2_peer.py [OPTIONS] COMMAND
#
# Commands are the functions below and those in COMMANDS of other modules, with
# "-" for "_". Each fails, and says why, at the first thing that isn't as specified.
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

import group_rekey
import group_traffic
import ike_crypto
import ike_format as ike
import rekey_attacks
import rekey_misrule
import tool
import wire_attacks
from ike_format import check
from ike_session import Config, Session

# members that crowd() registers
CROWD = 150


def describe(download):
    """What a registration brought, without keys."""
    if download.rekey:
        sa = download.rekey
        print("rekey SA: %s to %s, %s, %s, %d s, from message %d, path %s"
              % (sa.spi.hex(), sa.destination, sa.algorithms(),
                 "signature" if sa.signature else "implicit", sa.lifetime,
                 sa.message_id, download.path))
    for sa in download.sas:
        print("data SA: %s %s, %s to %s, %s, %s, %s, %d s"
              % ("ESP" if sa.protocol == ike.ESP else "AH", sa.spi.hex(),
                 sa.source, sa.destination,
                 "transport" if download.transport_mode else "tunnel",
                 sa.algorithms(), sequence_numbers(sa), sa.lifetime))
    print("activation delay %d s, deactivation delay %d s, sender IDs %s"
          % (download.atd, download.dtd, download.sender_ids))


def sequence_numbers(sa):
    return {0: "sequential", 2: "unspecified"}[sa.id(ike.SN)]


def keys_of(download):
    return {(sa.protocol, sa.spi): sa.key for sa in download.policies()}


def register(config):
    """Register, twice over two IKE_SAs and once more over the second."""
    first = Session(config).init()
    download = first.register()
    describe(download)
    second = Session(config._replace(source_port=0)).init()
    again = second.register()
    once_more = second.register_again()
    check(keys_of(download) == keys_of(again) == keys_of(once_more),
          "registrations got different keys")
    check(download.auth_key == again.auth_key == once_more.auth_key,
          "registrations got different AUTH_KEYs")
    ids = download.sender_ids + again.sender_ids + once_more.sender_ids
    check(len(set(ids)) == len(ids), "sender IDs %s aren't unique" % ids)
    for session in (first, second):
        session.ping()
        session.delete()
        session.close()
    print("3 registrations agree on %d keys" % len(keys_of(download)))
    if first.fragments_seen:
        print("fragments received: %d" % first.fragments_seen)


def crowd(config):
    """Register many members, with numbers in their names."""
    name, domain = config.id.split(".", 1)
    for i in range(CROWD):
        session = Session(config._replace(id="%s%d.%s" % (name, i, domain)))
        session.init().register()
        session.delete()
        session.close()


def leave(config):
    """Register and leave."""
    session = Session(config).init()
    session.register()
    session.leave()
    session.delete()
    print("left")


def compare(config):
    """Register, on the host of the key server, and compare with what the
    tool says there."""
    download = Session(config).init().register()
    sections = tool.sections("finance", "--list-group-policy")
    spis = {key.split(".")[1] for key in sections if key.startswith("sas.")}
    check(spis == {sa.spi.hex() for sa in download.sas},
          "data SAs are %s" % spis)
    for sa in download.sas:
        told = {key: sections.get("sas.%s.%s" % (sa.spi.hex(), key))
                for key in ("protocol", "mode", "source-ts", "destination-ts",
                            "proposal", "sequence-numbers", "life-time")}
        life_time = int(told.pop("life-time"))
        # a second may have passed in between
        check(0 <= sa.lifetime - life_time <= 60, "lifetimes %d and %d"
              % (sa.lifetime, life_time))
        got = {"protocol": "ESP" if sa.protocol == ike.ESP else "AH",
               "mode": "TRANSPORT" if download.transport_mode else "TUNNEL",
               "source-ts": str(sa.source),
               "destination-ts": str(sa.destination),
               "proposal": sa.algorithms(),
               "sequence-numbers": sequence_numbers(sa)}
        got["mode"] = got["mode"].lower()
        check(got == told, "got %s, the key server says %s" % (got, told))
    rekey = download.rekey
    got = (rekey.spi.hex(), rekey.algorithms(), "signature" if rekey.signature
           else "implicit", str(rekey.message_id))
    told = tuple(sections.get("rekey." + key) for key in
                 ("spi", "proposal", "auth", "message-id"))
    check(got == told, "got %s, the key server says %s" % (got, told))
    print("%d data SAs and the rekey SA are as the key server says"
          % len(download.sas))


def parse_options():
    commands = {name.replace("_", "-"): function for name, function in
                [("register", register), ("leave", leave),
                 ("crowd", crowd), ("compare", compare)] + group_traffic.COMMANDS +
                group_rekey.COMMANDS + rekey_attacks.COMMANDS +
                rekey_misrule.COMMANDS + wire_attacks.COMMANDS}
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=commands)
    parser.add_argument("--server", default="192.168.0.1")
    parser.add_argument("--port", type=int, default=500)
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("--id", default="carol.strongswan.org")
    parser.add_argument("--secret", default="Ar3etTnp01qlpOgb")
    parser.add_argument("--server-id", default="moon.strongswan.org")
    parser.add_argument("--group", type=int, default=1234)
    parser.add_argument("--dh", choices=("x25519", "ecp256"),
                        default="x25519")
    parser.add_argument("--bits", type=int, choices=(128, 256), default=256)
    parser.add_argument("--kwa", type=int, choices=(0, 1, 2, 3), default=3)
    parser.add_argument("--sender", type=int, default=0)
    parser.add_argument("--fragment", type=int, default=0)
    parser.add_argument("--part", default="1/1")
    options = parser.parse_args()
    config = Config(
        options.server, options.port, options.source_port, options.id,
        options.secret.encode(), options.server_id,
        options.group.to_bytes(4, "big"),
        ike_crypto.X25519 if options.dh == "x25519" else ike_crypto.P256,
        options.bits // 8, options.kwa, options.sender, options.fragment,
        tuple(map(int, options.part.split("/"))))
    return commands[options.command], config


if __name__ == "__main__":
    run, settings = parse_options()
    run(settings)
