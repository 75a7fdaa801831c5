# What a member has to withstand that listens to the multicast address of
# rekeys, where anyone can send: one function per command of gikev2_peer.py.
#
# They look at the member "dave" and control the key server "moon" with
# gswanctl, so that each can say exactly what dave must have counted, that it
# changed nothing, and that dave still follows a genuine rekey afterwards.
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
import collections
import os
import select
import socket
import struct
import time

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

import ike_format as ike
import tool
from group_download import Update
from ike_format import HEADER_LEN, Payload, check
from ike_session import Session, only
from rekey_channel import Channel, auth_body, listen

MOON = "tcp://192.168.0.1:4502"
DAVE = "tcp://192.168.0.200:4502"

GROUPS = {1234: "finance", 1235: "staff", 1236: "sales"}

# seconds until something must have happened
PATIENCE = 60

# what dave's socket has room for, in octets, and what a datagram takes beside
# its own
ROOM = 150000
OVERHEAD = 1000

FLOOD = 25000

COUNTERS = ("received", "missed", "replayed", "forged", "malformed")

# where fields of the header are
VERSION, EXCHANGE, MESSAGE_ID, LENGTH = 17, 18, 20, 24

ED25519 = bytes.fromhex("300506032b6570")

# what dave holds: SPI and next message of the rekey SA, SPIs of data SAs
Held = collections.namedtuple("Held", "spi mid sas")


def look(group):
    """Returns dave's counters and what it holds."""
    found = tool.sections(group, "--list-groups", "--uri", DAVE)
    counters = {name: int(found["rekeys." + name]) for name in COUNTERS}
    return counters, Held(
        found["rekey-sa.spi"], int(found["rekey-sa.message-id"]),
        frozenset(name.split(".")[1] for name in found
                  if name.startswith("sas.")))


class Attack:
    """An attacker who is a member of the group, too."""

    def __init__(self, config):
        self.group = GROUPS[int.from_bytes(config.group, "big")]
        self.session = Session(config).init()
        download = self.session.register()
        self.path = download.path
        self.sas = download.sas
        self.ears = listen(download.rekey)
        self.channel = Channel(download.rekey, download.rekey.signature,
                               download.auth_key)
        destination = download.rekey.destination
        self.mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.mouth.connect((str(destination.first), destination.ports[0]))
        self.held = look(self.group)[1]
        self.newest = frozenset()

    # the key server

    def receive(self, *options):
        """Have the key server rekey the group; returns the datagram and the
        message once dave followed."""
        tool.run("--rekey-group", "--group", self.group, "--uri", MOON,
                 *options)
        return self.hear()

    def hear(self):
        check(select.select([self.ears], [], [], PATIENCE)[0],
              "no rekey from the key server")
        data = self.ears.recv(65536)
        message = self.channel.receive(data)
        check(message is not None, "a copy")
        self.channel.accept(message)
        update = Update(only(message.payloads, ike.GSA),
                        only(message.payloads, ike.KD), ike.GSA_REKEY)
        self.newest = frozenset(sa.spi.hex() for sa in update.sas)
        if update.unwrap(self.channel.kwk, self.path) and update.rekey:
            self.channel = Channel(update.rekey, self.channel.signature,
                                   self.channel.auth_key)
        _, self.held = self.wait_for(
            lambda counters, held: (held.spi, held.mid) ==
            (self.channel.spi.hex(), self.channel.next),
            "dave doesn't follow to message %d" % message.mid)
        return data, message

    # dave

    def wait_for(self, condition, text):
        end = time.monotonic() + PATIENCE
        while True:
            counters, held = look(self.group)
            if condition(counters, held):
                return counters, held
            check(time.monotonic() < end, "%s: %s, %s" % (text, counters,
                                                          held))

    def strike(self, datagrams):
        """Send datagrams, each with the counter that it is for or None, and
        check that this is all that comes of it."""
        expected = look(self.group)[0]
        results = collections.Counter()
        burst, size = [], 0
        for data, kind in datagrams:
            burst.append((data, kind))
            results[kind] += 1
            size += len(data) + OVERHEAD
            if size > ROOM:
                self.send(burst, expected)
                burst, size = [], 0
        self.send(burst, expected)
        return ", ".join("%d %s" % (count, kind or "ignored")
                         for kind, count in sorted(results.items(), key=str))

    def send(self, burst, expected):
        # the last one is counted, so that it tells that all were read
        for data, kind in burst + [(self.garbage(), "forged")]:
            self.mouth.send(data)
            if kind:
                expected[kind] += 1
        counters, held = self.wait_for(
            lambda counters, held: sum(counters.values()) >=
            sum(expected.values()), "dave didn't count %s" % expected)
        check(counters == expected, "dave counts %s instead of %s"
              % (counters, expected))
        # the one before may end meanwhile
        check(held[:2] == self.held[:2] and self.newest <= held.sas <=
              self.held.sas, "dave has %s instead of %s, newest %s"
              % (held, self.held, self.newest))

    # datagrams

    def garbage(self, length=100):
        """Random octets behind a good header."""
        return self.with_lengths(self.header() + os.urandom(length))

    def header(self):
        return ike.build_header(self.channel.spi[:8], self.channel.spi[8:],
                                ike.SK, ike.GSA_REKEY, ike.INITIATOR,
                                self.channel.next, 0)

    @staticmethod
    def with_lengths(data):
        """With both lengths made right."""
        return data[:LENGTH] + struct.pack("!I", len(data)) + \
            data[HEADER_LEN:HEADER_LEN + 2] + \
            struct.pack("!H", len(data) - HEADER_LEN) + data[HEADER_LEN + 4:]

    def fate(self, data):
        """What becomes of a datagram that isn't authentic."""
        if (len(data) < HEADER_LEN or data[VERSION] >> 4 != 2 or
                data[EXCHANGE] != ike.GSA_REKEY or
                data[:16] != self.channel.spi or
                data[LENGTH:HEADER_LEN] != struct.pack("!I", len(data))):
            return None
        mid = struct.unpack("!I", data[MESSAGE_ID:LENGTH])[0]
        return "replayed" if mid < self.channel.next else "forged"

    def finish(self, *results):
        """A genuine rekey is accepted after all that."""
        _, message = self.receive()
        self.session.close()
        print("%s; dave follows to message %d" % ("; ".join(results),
                                                   message.mid))


def attack_replay(config):
    """Messages that came before."""
    attack = Attack(config)
    messages = [attack.receive() for _ in range(2)]
    datagrams = [(data, "replayed") for data, _ in messages * 3]
    # with another message ID they aren't authentic
    newest = messages[-1][0]
    for mid in (attack.channel.next, attack.channel.next + 1, 0xffffffff):
        datagrams.append((newest[:MESSAGE_ID] + struct.pack("!I", mid) +
                          newest[LENGTH:], "forged"))
    attack.finish(attack.strike(datagrams))


def spoiled(data):
    """Truncations and corruptions of a datagram."""
    for length in range(len(data)):
        yield data[:length]
        # as if it had always been that long
        if length >= HEADER_LEN + 4:
            yield Attack.with_lengths(data[:length])
        elif length >= HEADER_LEN:
            yield data[:LENGTH] + struct.pack("!I", length) + \
                data[HEADER_LEN:length]
    for i in range(len(data)):
        for xor in (0x01, 0x80):
            yield data[:i] + bytes([data[i] ^ xor]) + data[i + 1:]


def attack_wire(config):
    """A message that nobody can make without the key, spoiled in all places:
    what an outsider can do."""
    attack = Attack(config)
    _, message = attack.receive()
    data = attack.channel.seal(attack.channel.next, message.payloads)
    spoilt = [(one, attack.fate(one)) for one in spoiled(data)]
    # other exchanges, versions and rekey SAs, and random octets
    others = [os.urandom(length) for length in range(0, 2000, 20)]
    others += [data[:EXCHANGE] + bytes([kind]) + data[EXCHANGE + 1:]
               for kind in range(256) if kind != ike.GSA_REKEY]
    others += [data[:VERSION] + bytes([version << 4]) + data[VERSION + 1:]
               for version in range(16) if version != 2]
    others += [os.urandom(16) + data[16:] for _ in range(20)]
    results = [attack.strike(spoilt),
               attack.strike([(one, attack.fate(one)) for one in others]),
               attack.strike([(attack.garbage(length), "forged")
                              for length in range(4, 1400, 10)])]
    attack.finish(*results)


def attack_member(config):
    """What a member can do: it has the keys of the rekey SA, but not the one
    that signs."""
    attack = Attack(config)
    _, message = attack.receive()
    channel, mid = attack.channel, attack.channel.next
    own = ec.generate_private_key(ec.SECP256R1())
    content = message.payloads[:-1]
    check(message.payloads[-1].type == ike.AUTH, "AUTH isn't the last payload")
    other = Payload(ike.AUTH, auth_body(
        ED25519, ed25519.Ed25519PrivateKey.generate().sign(b"")))
    signature = message.payloads[-1].body
    delete = [Payload(ike.DELETE, struct.pack("!BBH", ike.ESP, 4, 1) +
                      bytes(4)),
              Payload(ike.DELETE, struct.pack("!BBH", ike.GIKE_UPDATE, 16, 1) +
                      bytes(16))]
    exclusion = channel.signed(mid, delete, own)
    signed = channel.signed(mid, content, own)
    far = channel.signed(0xffffffff, content, own)
    messages = [channel.seal(mid, payloads) for payloads in (
        signed, exclusion, content, delete, message.payloads,
        content + [other], content + [Payload(ike.AUTH, b"")],
        content + [Payload(ike.AUTH, b"\2" + signature[1:])],
        content + [Payload(ike.AUTH, signature[:-1])],
        signed + signed[-1:], [], [Payload(ike.AUTH, signature)])]
    messages += [channel.seal(0xffffffff, far),
                 channel.seal_plain(mid, ike.GSA, os.urandom(100))]
    first, plain = ike.build_payloads(message.payloads)
    spoilt = [channel.seal_plain(mid, first, plain[:length])
              for length in range(len(plain))]
    spoilt += [channel.seal_plain(
        mid, first, plain[:i] + bytes([plain[i] ^ 0x01]) + plain[i + 1:])
        for i in range(len(plain))]
    attack.finish(attack.strike([(one, "malformed") for one in messages]),
                  attack.strike([(one, "malformed") for one in spoilt]))


def attack_fragments(config):
    """Fragments that don't make a message."""
    attack = Attack(config)
    _, message = attack.receive()
    channel, mid = attack.channel, attack.channel.next
    first, plain = ike.build_payloads(message.payloads)

    def part(number, total, octets=plain[:50], at=mid):
        return channel.seal_fragment(at, first if number == 1 else 0, number,
                                     total, octets)

    impossible = [part(0, 0), part(0, 1), part(2, 1), part(3, 2),
                  part(1, 0), part(1, 65535), part(65535, 65535)]
    spoilt = part(1, 2)
    spoilt = spoilt[:-1] + bytes([spoilt[-1] ^ 1])
    results = [
        attack.strike([(one, "forged") for one in impossible + [spoilt]]),
        # one that is overlapped, one whose total grows, then a bad signature
        attack.strike([(part(1, 2), None), (part(1, 2, os.urandom(50)), None),
                       (part(1, 3), None), (part(2, 2), None),
                       (part(2, 3, plain[50:100]), None),
                       (part(3, 3, plain[100:]), "malformed"),
                       (part(1, 1, plain), "malformed")]),
        # none of these is ever complete
        attack.strike([(part(1, 2, os.urandom(1000), at), None)
                       for at in range(mid, mid + 100)] +
                      [(part(1, 2, b"", 0xffffffff), None),
                       (part(1, 32), None)])]
    attack.finish(*results)


def attack_rollover(config):
    """The rekey SA before the current one, and one that is long gone."""
    attack = Attack(config)
    old = attack.channel
    data, message = attack.receive()
    attack.receive("--replace")
    unsigned = old.seal(old.next, message.payloads[:-1])
    own = ec.generate_private_key(ec.SECP256R1())
    results = [attack.strike([
        (data, "replayed"), (unsigned, "malformed"),
        (old.seal(old.next, old.signed(old.next, message.payloads[:-1], own)),
         "malformed"),
        (Attack.with_lengths(data[:HEADER_LEN] + os.urandom(60)),
         "replayed")])]
    attack.receive("--replace")
    results.append(attack.strike([(data, None), (unsigned, None)]))
    attack.finish(*results)


def attack_flood(config):
    """More datagrams than there is time to check signatures of."""
    attack = Attack(config)
    random = os.urandom(1 << 16)
    # as long as a message may be, so that its integrity has to be checked
    kinds = [lambda i: attack.with_lengths(attack.header() +
                                           random[i:i + 68]),
             lambda i: attack.with_lengths(random[i:i + 16] +
                                           attack.header()[16:] +
                                           random[i:i + 68])]
    results = attack.strike([(kinds[i % 2](i % 60000), (None, "forged")
                              [i % 2 == 0]) for i in range(FLOOD)])
    attack.finish(results)


COMMANDS = [("attack_replay", attack_replay), ("attack_wire", attack_wire),
            ("attack_member", attack_member),
            ("attack_fragments", attack_fragments),
            ("attack_rollover", attack_rollover),
            ("attack_flood", attack_flood)]
