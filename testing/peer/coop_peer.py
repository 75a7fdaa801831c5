#!/usr/bin/python3 -B
#
# A small key server that cooperates with others, written from doc/coop.md, RFC
# 7296 and nothing else, to see what they withstand:
#
#   coop_peer.py [OPTIONS] COMMAND
#
# Commands are the functions in COMMANDS. Each fails, and says why, at the first
# thing that isn't as specified.
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
import time

import coop_format as coop
import ike_crypto
from coop_format import Status
from ike_format import Payload, check
from ike_session import Config, Session, notifies, only
from udp import Refused

# messages that a flood has
FLOOD = 3000

# seconds without an answer to any message
STALL = 6

ZEROS = Status(*[0] * len(Status._fields))


class Peer(Session):
    """A key server that is a secondary, with an IKE_SA to another one."""

    def __init__(self, config, number):
        super().__init__(config)
        self.group = coop.group(int.from_bytes(config.group, "big"))
        self.status = ZEROS._replace(
            version=coop.VERSION, type=coop.HEARTBEAT, id=number, priority=1,
            duty=coop.SECONDARY, primary=1,
            boot=int.from_bytes(os.urandom(8), "big"))
        self.primary = None
        self.transactions = {}
        self.silent = False
        self.init()
        self.authenticate()

    def next(self, **fields):
        """What to say of itself in the next message."""
        self.status = self.status._replace(
            seq=self.status.seq + 1, now=int(time.time() * 1000))
        return self.status._replace(**fields)

    def heard(self, message):
        """Take up what another one says, and say that its records arrived."""
        status, attributes = coop.parse(message)
        if status.duty == coop.PRIMARY:
            self.primary = status
            self.status = self.status._replace(
                epoch=status.epoch, lineage=status.lineage, primary=status.id)
        for kind, value in attributes:
            if kind == coop.PART and status.flags & coop.LAST:
                transaction = int.from_bytes(value[4:12], "big")
                self.status = self.status._replace(applied=transaction)
        return status

    def answer(self, header, payloads):
        if header.exchange != coop.EXCHANGE:
            return []
        self.heard(only(payloads, coop.PAYLOAD))
        return [Payload(coop.PAYLOAD, coop.build(self.next(), [self.group]))]

    def send(self, message):
        """Send octets as a message; returns the status in the answer."""
        payloads = self.exchange(coop.EXCHANGE,
                                 [Payload(coop.PAYLOAD, message)])
        errors = [kind for kind, _ in notifies(payloads) if kind < 16384]
        if errors:
            raise Refused(errors[0])
        found = [payload for payload in payloads
                 if payload.type == coop.PAYLOAD]
        return self.heard(found[0].body) if found else None

    def hello(self):
        self.send(coop.build(self.next(type=coop.HELLO), [
            self.group, coop.attribute(coop.SOFTWARE, b"small peer")]))
        self.wait_for_primary()

    def wait_for_primary(self):
        end = time.monotonic() + 30
        while not self.primary:
            check(time.monotonic() < end, "there is no primary")
            self.beat()

    def beat(self):
        return self.send(coop.build(self.next(), [self.group]))

    def refused(self, message, what):
        """This is answered with an error, and the next one isn't."""
        try:
            self.send(message)
        except Refused:
            pass
        else:
            check(False, "%s wasn't refused" % what)

    def unimpressed(self):
        """It is the same primary as before."""
        before = self.primary
        self.beat()
        check((self.primary.id, self.primary.epoch, self.primary.lineage) ==
              (before.id, before.epoch, before.lineage),
              "%s became %s" % (before, self.primary))


def truncate(peer):
    """Messages that end too early."""
    message = coop.build(peer.next(type=coop.HELLO), [
        peer.group, coop.item("IP-D3P", "off"),
        coop.attribute(coop.SOFTWARE, b"small peer")])
    # without the last attributes it is complete
    complete = {len(message)}
    for last in (coop.attribute(coop.SOFTWARE, b"small peer"),
                 coop.item("IP-D3P", "off")):
        complete.add(min(complete) - len(last))
    # an empty payload isn't a message
    for length in range(1, len(message)):
        if length not in complete:
            peer.refused(message[:length], "%d octets" % length)
    print("%d truncated messages refused" % (len(message) - 3))


def corrupt(peer):
    """Messages with something that can't be."""
    item = coop.item("IP-D3P", "off")
    part = coop.part(coop.MEMBERS, 1, 0, b"")
    attempts = [(dict(version=2), []), (dict(version=0), []),
                (dict(type=0), []), (dict(type=9), []), (dict(id=0), []),
                (dict(id=9), []), (dict(priority=0), []), (dict(duty=3), []),
                (dict(primary=9), []), (dict(now=1 << 48), []),
                ({}, [peer.group]), ({}, [item]), ({}, [part]),
                (dict(type=coop.HELLO), [coop.attribute(coop.ITEM, b"\x09x")]),
                (dict(type=coop.HELLO), [item] * 65),
                (dict(type=coop.HELLO), [coop.item("a\n", "b")]),
                (dict(type=coop.RECORDS), []),
                (dict(type=coop.RECORDS), [part, part]),
                (dict(type=coop.RECORDS), [coop.attribute(coop.PART, b"\0")]),
                (dict(type=coop.RECORDS), [coop.part(9, 1, 0, b"")])]
    for fields, attributes in attempts:
        message = coop.build(peer.next(**fields), [peer.group] + attributes)
        peer.refused(message, "%s, %s" % (fields, attributes))
    peer.refused(coop.build(peer.next(), []), "no group")
    # what isn't known, or is of a later version, does no harm
    peer.send(coop.build(peer.next(flags=0xf0, reserved=1,
                                   capabilities=0xffffffff),
                         [peer.group, coop.attribute(999, b"?")]))
    print("%d corrupted messages refused" % (len(attempts) + 1))


def replay(peer):
    """Messages that were sent before, or would have been."""
    old = coop.build(peer.next(duty=coop.PRIMARY, primary=peer.status.id,
                               priority=255, epoch=1 << 40, flags=0),
                     [peer.group])
    peer.beat()
    try:
        peer.send(old)
    except Refused:
        pass
    peer.unimpressed()
    print("old message ignored")


def records(peer):
    """Records that nobody asked for, or that aren't any."""
    def attempt(what, flags, *fields):
        try:
            peer.send(coop.build(peer.next(type=coop.RECORDS, flags=flags),
                                 [peer.group, coop.part(*fields)]))
        except Refused:
            pass
        print("%s tried" % what)
        peer.unimpressed()

    attempt("a gap", coop.LAST, coop.MEMBERS, 7, 3, b"")
    attempt("garbage", coop.LAST | coop.ANEW, coop.MEMBERS, 8, 0,
            os.urandom(200))
    for kind in (coop.CHANGES, coop.ALL, coop.MERGE):
        attempt("records of kind %d" % kind, coop.LAST | coop.ANEW, kind,
                9 + kind, 0, b"")
    for number in range(300):
        peer.send(coop.build(peer.next(type=coop.RECORDS, flags=coop.ANEW
                                       if number == 0 else 0),
                             [peer.group,
                              coop.part(coop.MEMBERS, 20, number,
                                        os.urandom(6000))]))
    peer.unimpressed()


def flood(peer):
    """As many messages as there is time for."""
    for _ in range(FLOOD):
        peer.beat()
    peer.unimpressed()
    print("%d messages answered" % FLOOD)


def stall(peer):
    """Say nothing, and answer nothing."""
    time.sleep(STALL)


COMMANDS = {function.__name__: function for function in
            (truncate, corrupt, replay, records, flood, stall)}


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", nargs="+", choices=COMMANDS)
    parser.add_argument("--server", default="192.168.0.1")
    parser.add_argument("--id", default="winnetou.strongswan.org")
    parser.add_argument("--secret", default="jVzONCF02ncsgiSlmIXeqhGN")
    parser.add_argument("--server-id", default="moon.strongswan.org")
    parser.add_argument("--group", type=int, default=1234)
    parser.add_argument("--number", type=int, default=3)
    return parser.parse_args()


def main(options):
    peer = Peer(Config(
        options.server, 500, 0, options.id, options.secret.encode(),
        options.server_id, options.group.to_bytes(4, "big"),
        ike_crypto.X25519, 32, 0, 0, 0, (1, 1)), options.number)
    peer.hello()
    # others wait for what it says
    sys.stdout.reconfigure(line_buffering=True)
    for command in options.command:
        COMMANDS[command](peer)


if __name__ == "__main__":
    main(parse_options())
