# GROUPKEY-PULL that a key server has to refuse, and see no harm in.
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

import gdoi_format as gdoi
import tool
from gdoi_format import Payload, check
from gdoi_phase1 import R_U_THERE, R_U_THERE_ACK, connect
from gdoi_pull import Exchange, MemberPull
from udp import PATIENCE, NoAnswer, Refused

WIRE_XORS = (0x01, 0x80)
PLAIN_XORS = (0x01, 0x80, 0xff)

# messages that are on the way at most
WINDOW = 16


def spoiled(message, xors):
    """Each truncation and each corruption of a single octet."""
    for length in range(len(message)):
        yield message[:length]
    for i in range(len(message)):
        for xor in xors:
            yield message[:i] + bytes([message[i] ^ xor]) + message[i + 1:]


def spoiled_payloads(payloads):
    """Lists of payloads that have one that is shorter, or has a changed
    octet, or is missing, twice, or of another type."""
    for i, payload in enumerate(payloads):
        before, after = payloads[:i], payloads[i + 1:]
        for length in range(len(payload.body)):
            yield before + [Payload(payload.type, payload.body[:length])] + \
                after
        for at in range(len(payload.body)):
            for xor in PLAIN_XORS:
                changed = bytearray(payload.body)
                changed[at] ^= xor
                yield before + [Payload(payload.type, bytes(changed))] + after
        yield before + after
        yield before + [payload, payload] + after
        yield before + [Payload(gdoi.KD, payload.body)] + after
        yield before + [Payload(200, payload.body)] + after


class LatePull(MemberPull):
    """A registration after many requests: the key server may say no to one of
    these only now, as its threads take turns."""

    def read_informational(self, data):
        self.phase1.read_informational(data)
        check(not self.phase1.deleted, "the phase 1 SA is deleted")


class Sweep:
    """Sends messages, and notes which exchanges are answered."""

    def __init__(self, config):
        self.config = config
        self.phase1 = connect(config)
        self.sent = 0
        self.answered = collections.Counter()

    def send(self, message):
        self.phase1.transport.send(message)
        self.sent += 1
        # not faster than the key server reads
        if self.sent % WINDOW == 0:
            self.drain()

    def drain(self):
        """Read what there is until the key server answers to something new."""
        sequence = b"%4d" % (self.sent % 10000)
        self.phase1.notify(R_U_THERE, sequence)
        while True:
            data = self.phase1.transport.receive(PATIENCE)
            if data is None:
                raise NoAnswer("R-U-THERE")
            if data[:16] != self.phase1.cookies:
                continue
            header = gdoi.parse_header(data)
            if header.exchange == gdoi.PULL:
                self.answered[header.mid] += 1
                continue
            for payload in self.phase1.read_informational(data):
                if payload.type == gdoi.NOTIFY and gdoi.parse_notify(
                        payload.body) == (R_U_THERE_ACK, sequence):
                    return
            check(not self.phase1.deleted, "the phase 1 SA is deleted")

    def register(self):
        """What is intact is answered all the same."""
        return LatePull(self.phase1, self.config).run()

    def finish(self):
        self.phase1.delete()


def check_nobody(group):
    """Nothing may have changed; only on the key server's host."""
    members = tool.sections(group, "--list-members")
    check(not any(key.endswith("identity") for key in members),
          "members are %s" % members)


def corrupt_request(config):
    """Message 1 that isn't authentic, or says something else."""
    sweep = Sweep(config)
    pull = MemberPull(sweep.phase1, config)
    intact = pull.request()
    for message in spoiled(intact, WIRE_XORS):
        # others have another message ID, and so another IV
        sweep.send(message)
    sweep.drain()
    check(not sweep.answered, "%d broken requests are answered"
          % len(sweep.answered))
    allowed = set()
    for payloads in spoiled_payloads(pull.request_payloads()):
        exchange = Exchange(sweep.phase1)
        # another nonce is as good, and nobody needs to look at octets of ID
        # that have to be 0
        if gdoi.types(payloads) == [gdoi.NONCE, gdoi.ID] and \
                payloads[1].body[:1] + payloads[1].body[4:] == \
                pull.group_id()[:1] + pull.group_id()[4:] and \
                8 <= len(payloads[0].body) <= 128:
            allowed.add(exchange.mid)
        sweep.send(exchange.seal(payloads))
    sweep.drain()
    check(set(sweep.answered) <= allowed, "%d requests are answered that "
          "shouldn't be" % len(set(sweep.answered) - allowed))
    sweep.register()
    print("%d requests, %d of them answered" % (sweep.sent,
                                                len(sweep.answered)))
    sweep.finish()


def corrupt_confirmation(config):
    """Message 3 that isn't authentic, or says something else."""
    config.sender = config.sender or 2
    sweep = Sweep(config)
    pull = MemberPull(sweep.phase1, config)
    pull.read_policy(pull.ask(pull.request()))
    intact = pull.confirmation()
    for message in spoiled(intact, WIRE_XORS):
        sweep.send(message)
    sweep.drain()
    check(not sweep.answered, "%d broken confirmations are answered"
          % len(sweep.answered))
    # the exchange goes on where it was
    pull.read_keys(pull.ask(intact))
    granted = 0
    for payloads in spoiled_payloads(pull.confirmation_payloads()):
        other = MemberPull(sweep.phase1, config)
        other.read_policy(other.ask(other.request()))
        message = other.exchange.seal(payloads, other.nonce, other.nonce_r)
        sweep.send(message)
        sweep.drain()
        granted += sweep.answered[other.exchange.mid]
        sweep.answered.clear()
    sweep.register()
    print("%d confirmations, %d of them with another number of sender IDs "
          "answered" % (sweep.sent, granted))
    sweep.finish()


def wrong_hash(config):
    """HASH(1) and HASH(3) over something else. Nobody is a member after
    that."""
    sweep = Sweep(config)
    pull = MemberPull(sweep.phase1, config)
    wrong = Exchange(sweep.phase1)
    sweep.send(wrong.seal(pull.request_payloads(), b"more"))
    pull.read_policy(pull.ask(pull.request()))
    iv = pull.exchange.iv
    for nonces in ((pull.nonce_r, pull.nonce), (pull.nonce, pull.nonce),
                   (pull.nonce,), ()):
        pull.exchange.iv = iv
        sweep.send(pull.exchange.seal(pull.confirmation_payloads(), *nonces))
    # that of another exchange
    other = MemberPull(sweep.phase1, config)
    other.read_policy(other.ask(other.request()))
    pull.exchange.iv = iv
    sweep.send(pull.exchange.seal([], other.nonce, other.nonce_r))
    sweep.drain()
    check(not sweep.answered, "wrong hashes are answered: %s"
          % sweep.answered)
    check_nobody("finance")
    pull.exchange.iv = iv
    pull.read_keys(pull.ask(pull.confirmation()))
    print("wrong hashes change nothing")
    sweep.finish()


def replay(config):
    """Messages of a registration again, over its phase 1 SA and after it."""
    sweep = Sweep(config)
    pull = MemberPull(sweep.phase1, config)
    request = pull.request()
    pull.read_policy(pull.ask(request))
    confirmation = pull.confirmation()
    answer = pull.ask(confirmation)
    pull.read_keys(answer)
    # copies: of a finished exchange, an answer may only be the same one
    for message in (request, confirmation, request, confirmation):
        sweep.phase1.transport.send(message)
        data = sweep.phase1.transport.receive(0.3)
        check(data is None or data == answer, "a copy is answered by another "
              "message")
    sweep.drain()
    # under another message ID
    for message in (request, confirmation):
        sweep.send(message[:20] + bytes(3) + b"\1" + message[24:])
    sweep.drain()
    check(1 not in sweep.answered, "another message ID is answered")
    sweep.finish()
    sweep.phase1 = connect(config)
    sweep.answered.clear()
    for message in (request, confirmation):
        sweep.send(sweep.phase1.cookies + message[16:])
    sweep.drain()
    check(not sweep.answered, "messages of another phase 1 SA are answered")
    sweep.finish()
    print("copies change nothing")


def registrations(group):
    """Of all members; only on the key server's host."""
    return sum(int(value) for key, value
               in tool.sections(group, "--list-members").items()
               if key.endswith("registrations"))


def overtaken(config):
    """The group's SAs are replaced between messages 2 and 3: this isn't a
    registration, and takes no sender ID, but the next exchange is one."""
    phase1 = connect(config)
    first = MemberPull(phase1, config).run()
    before = registrations("finance")
    pull = MemberPull(phase1, config)
    pull.read_policy(pull.ask(pull.request()))
    tool.run("--rekey-group", "--group", "finance", "--replace")
    try:
        pull.ask(pull.confirmation())
    except Refused as error:
        check(error.notify == gdoi.INVALID_ID_INFORMATION, "refused with %s"
              % error)
    else:
        check(False, "keys of other SAs are given")
    check(registrations("finance") == before, "refused, but registered")
    last = MemberPull(phase1, config).run()
    check(registrations("finance") == before + 1, "not registered")
    check({tek.spi for tek in first.policy.teks}.isdisjoint(
        tek.spi for tek in last.policy.teks), "SAs are as before")
    check(last.keys.sender_ids == [first.keys.sender_ids[-1] + 1],
          "sender IDs %s after %s" % (last.keys.sender_ids,
                                      first.keys.sender_ids))
    phase1.delete()
    print("SAs replaced, registered by the next exchange")


def refused(config):
    """The key server says no."""
    try:
        MemberPull(connect(config), config).run()
    except (Refused, NoAnswer) as error:
        print("refused: %s" % error)
        return
    check(False, "registered")


COMMANDS = [("corrupt-request", corrupt_request),
            ("corrupt-confirmation", corrupt_confirmation),
            ("wrong-hash", wrong_hash), ("replay", replay),
            ("overtaken", overtaken), ("refused", refused)]
