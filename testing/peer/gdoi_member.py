# A member of GDOI groups that follows rekeys: GROUPKEY-PUSH of RFC 6407,
# checked against what was told before, and acknowledged as RFC 8263 says. It
# needs no ESP, but keeps account of what it would install.
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
import json
import select
import socket

import gdoi_ack
import gdoi_ack_attacks
import gdoi_format as gdoi
from account import Account, keys_by_spi, save
from background import detach, listen_control
from gdoi_format import FormatError, check
from gdoi_keys import Keys
from gdoi_phase1 import connect
from gdoi_policy import Policy
from gdoi_pull import MemberPull
from gdoi_push import Channel, listen
from udp import Refused

# registrations to try
PULLS = 3

# an acknowledgement that may be sent
Due = collections.namedtuple("Due", "kind base_key kek seq destination")


def pull(phase1, config):
    """Register; again if a rekey came in between, which the key server refuses
    for."""
    for _ in range(PULLS):
        try:
            return MemberPull(phase1, config).run()
        except Refused as refused:
            last = refused
    raise last


class Member:
    """A member."""

    def __init__(self, config):
        self.config = config
        self.lines = []
        self.phase1 = connect(config)
        self.sock = self.phase1.transport.sock
        self.multicast = None
        self.control = listen_control(self.name() + ".control")
        download = pull(self.phase1, config)
        if download.policy.kek:
            self.multicast = listen(download.policy.kek.destination)
        if self.multicast:
            # now, as a rekey before that isn't seen
            download = pull(self.phase1, config)
        self.use(download)

    def use(self, download):
        self.download = download
        self.kek = download.policy.kek
        self.path = download.keys.path
        self.account = Account(download.policy.teks)
        self.channels = [Channel(self.kek, download.seq)] if self.kek else []
        self.excluded = False
        self.strangers = 0
        self.acks = 0
        # as RFC 8263 says, of the most recent SAK
        self.ack = self.kek and self.kek.ack

    def name(self):
        return "/tmp/gdoi.%d.%s" % (int.from_bytes(self.config.group, "big"),
                                    self.config.id.split(".")[0])

    def say(self, text):
        self.lines.append(text)

    # background

    def run(self):
        self.save()
        log = detach(self.name())
        if log is None:
            return
        while True:
            inputs = [sock for sock in (self.sock, self.multicast,
                                        self.control) if sock]
            for sock in select.select(inputs, [], [])[0]:
                try:
                    self.read(sock)
                except FormatError as error:
                    self.say("FAILED: %s" % error)
                # whoever reads this may look there
                self.save()
                for line in self.lines:
                    print(line, file=log)
                self.lines = []

    def read(self, sock):
        if sock is self.control:
            command, peer = sock.recvfrom(1024)
            try:
                for name in command.decode().split():
                    TASKS[name](self)
            finally:
                self.save()
                sock.sendto(b"done", peer)
            return
        data, source = sock.recvfrom(65536)
        if source[1] == 4500 and data[:4] == bytes(4):
            data = data[4:]
        if len(data) > 18 and data[18] == gdoi.PUSH:
            self.read_push(data, source)
        elif data[:16] == self.phase1.cookies:
            self.read_phase1(data)

    def read_phase1(self, data):
        header = gdoi.parse_header(data)
        check(header.exchange == gdoi.INFORMATIONAL, "exchange %d"
              % header.exchange)
        self.phase1.read_informational(data)
        if self.phase1.deleted:
            self.say("phase 1 SA is closed")

    # rekeys

    def read_push(self, data, source):
        header = gdoi.parse_header(data)
        for channel in self.channels:
            if channel.kek.spi == header.spi:
                self.read_channel(channel, data, source)
                return
        self.strangers += 1
        if self.excluded:
            self.try_all(data)

    def read_channel(self, channel, data, source):
        message = channel.receive(data)
        if message is None:
            return
        check(channel is self.channels[-1], "a new message on a replaced "
              "rekey SA")
        text = "message %d on %s, %s: " % (
            message.seq, channel.kek.spi.hex()[:8], message.how)
        leaf = self.path and self.path.leaf_key(channel.kek)
        what = self.read_rekey(channel, message.payloads)
        channel.accept(message)
        self.say(text + what)
        self.acknowledge(channel, message.seq, leaf, source)

    def read_rekey(self, channel, payloads):
        """Check a rekey and do what it says; returns that as text."""
        done = []
        kinds = gdoi.types(payloads)
        if gdoi.SA in kinds:
            policy = Policy.parse(gdoi.only(payloads, gdoi.SA), self.config,
                                  True)
            keys = Keys(gdoi.only(payloads, gdoi.KD), policy, channel.kek,
                        True)
            done += self.update(channel.kek, policy, keys)
        for payload in payloads:
            if payload.type == gdoi.DELETE:
                done.append(self.delete(*gdoi.parse_delete(payload.body)))
        check(done, "a rekey that says nothing")
        return ", ".join(done)

    def update(self, old, policy, keys):
        done = []
        if policy.kek:
            text = self.new_kek(old, policy.kek, keys)
            if text is None:
                self.excluded = True
                return ["excluded: none of %d arrays is of use"
                        % len(keys.updates)]
            done.append(text)
        for tek in policy.teks:
            check(tek.direction in (None, 3), "an SA for one direction")
            self.account.add(tek)
            done.append("new SA " + tek.spi.hex())
        if policy.gap:
            done.append("ATD %s, DTD %s" % (policy.gap.atd, policy.gap.dtd))
        return done

    def new_kek(self, old, kek, keys):
        check(kek.spi not in [one.kek.spi for one in self.channels],
              "SPI of a rekey SA comes again")
        text = "new KEK %s" % kek.spi.hex()[:8]
        path = self.path and self.path.follow(keys.updates, kek)
        if keys.updates:
            check(kek.key is None, "the key is there beside the key tree")
            if not path:
                return None
            kek.key = path.nodes[-1].data
            text += ", path %s" % path
            self.path = path
        kek.public = kek.public or old.public
        kek.check_key()
        check(kek.bare_key() not in [one.kek.bare_key()
                                     for one in self.channels],
              "an old key of a rekey SA")
        check(kek.same_but_keys(old), "KEK is %s instead of %s"
              % (kek.describe(), old.describe()))
        if kek.public != old.public:
            text += ", new key signs"
        self.kek = kek
        self.ack = kek.ack
        self.channels.append(Channel(kek, 0))
        return text

    def delete(self, protocol, spis):
        if protocol == gdoi.KEK_PROTOCOL:
            check(spis == [bytes(16)], "delete of rekey SAs %s" % spis)
            self.excluded = True
            return "exclusion"
        check(protocol in (gdoi.ESP, gdoi.AH), "delete of protocol %d"
              % protocol)
        names = self.account.delete(
            protocol, None if bytes(4) in spis else spis)
        return "delete of " + (" ".join(spi.hex() for _, spi in names) or
                               "none")

    def try_all(self, data):
        """Read a message with whatever was ever good for one."""
        for channel in self.channels:
            cipher, iv = channel.kek.cipher()
            plain = cipher.decrypt(iv, data[gdoi.HEADER_LEN:])
            try:
                gdoi.parse_payloads(data[16], plain, cipher.block)
            except FormatError:
                continue
            self.say("FAILED: a message can be read without its key")
            return
        self.say("no rekey SA of %d is of use" % len(self.channels))

    # acknowledgements

    def acknowledge(self, channel, seq, leaf, source):
        """A member that is asked to acknowledges as it is told to, others as
        they are configured."""
        kind = self.ack or (self.config.ack_unasked and gdoi_ack.KEK_SHA256)
        base_key = leaf if kind in (gdoi_ack.LKH_SHA256, gdoi_ack.LKH_SHA512) \
            else channel.kek.bare_key()
        self.due = Due(kind, base_key, channel.kek, seq, source)
        if self.config.ack == "none" or not kind or self.excluded:
            return
        reading = gdoi_ack.OF_KEY if self.config.ack == "key" else \
            gdoi_ack.OF_BLOCK
        message = gdoi_ack.build(kind, base_key, channel.kek.spi, seq,
                                 self.own_address(), reading)
        if self.config.ack == "sealed":
            message = gdoi_ack.seal(channel.kek, message)
        self.sock.sendto(message, source)
        self.acks += 1

    def own_address(self):
        """The address that this member registered from."""
        probe = socket.socket(self.sock.family, socket.SOCK_DGRAM)
        probe.bind((self.config.address, 0))
        probe.connect(self.phase1.transport.peer)
        return probe.getsockname()[0]

    # what others compare with

    def save(self):
        others = {}
        if self.channels:
            kek = self.channels[-1].kek
            others["rekey"] = [kek.spi.hex(), kek.key.hex(),
                               self.channels[-1].seq, kek.public.hex()]
        save(self.name(), self.account,
             copies=sum(one.copies for one in self.channels),
             strangers=self.strangers, acks=self.acks, ack=self.ack, **others)


def register_again(member):
    """Over the same phase 1 SA."""
    member.use(MemberPull(member.phase1, member.config).run())
    for data in member.phase1.transport.pushes:
        member.read_push(data, member.phase1.transport.peer)
    member.say("registered again")


def be_silent(member):
    """Acknowledge nothing any more."""
    member.config.ack = "none"
    member.say("silent")


# what a member in the background can be told to do
TASKS = {"register": register_again, "silent": be_silent,
         **gdoi_ack_attacks.TASKS}


def describe(download):
    """What a registration brought, without keys."""
    kek, gap = download.policy.kek, download.policy.gap
    if kek:
        print("rekey SA: %s, from message %d, path %s"
              % (kek.describe(), download.seq, download.keys.path))
    for tek in download.policy.teks:
        print("data SA: %s" % tek.describe())
    print("ATD %s, DTD %s, IP delay detection %s, sender IDs %s" % (
        gap and gap.atd, gap and gap.dtd, gap and gap.d3p,
        download.keys.sender_ids))


def keys_of(download):
    """All that each registration has to get the same."""
    kek = download.policy.kek
    return ({(tek.protocol, tek.spi): tek.key
             for tek in download.policy.teks},
            kek and (kek.spi, kek.key, kek.public))


def register(config):
    """Register, twice over one phase 1 SA and once more over another."""
    first = connect(config)
    one = pull(first, config)
    describe(one)
    two = pull(first, config)
    config.source_port = 0
    second = connect(config)
    three = MemberPull(second, config).run()
    check(keys_of(one) == keys_of(two) == keys_of(three),
          "registrations got different keys")
    ids = [number for download in (one, two, three)
           for number in download.keys.sender_ids]
    check(len(set(ids)) == len(ids), "sender IDs %s aren't unique" % ids)
    for phase1 in (first, second):
        phase1.ping()
        phase1.delete()
    print("3 registrations agree on %d keys" % len(keys_of(one)[0]))


def follow(config):
    """Register, and from then on write what rekeys say to
    /tmp/gdoi.GROUP.MEMBER, in the background."""
    Member(config).run()


def verify(config):
    """Register, and compare with what carol has by following rekeys."""
    download = MemberPull(connect(config), config).run()
    with open("/tmp/gdoi.%d.carol.state"
              % int.from_bytes(config.group, "big"), encoding="ascii") as file:
        state = json.load(file)
    kek = download.policy.kek
    got = [kek.spi.hex(), kek.key.hex(), download.seq, kek.public.hex()]
    check(got == state["rekey"], "rekey SA is %s instead of %s"
          % (state["rekey"], got))
    told = keys_by_spi(download.policy.teks)
    check(told.items() <= state["all"].items(),
          "data SAs are %s instead of %s" % (state["all"], told))
    check(state["sas"].items() <= told.items(),
          "data SAs that aren't deleted: %s, there are %s"
          % (state["sas"], told))
    print("followed to %d data SAs" % len(told))


COMMANDS = [("register", register), ("follow", follow),
            ("verify", verify)]
