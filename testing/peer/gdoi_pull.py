# GROUPKEY-PULL (RFC 6407, 3) over a phase 1 SA, as member and as key server.
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
import time

import gdoi_format as gdoi
import gdoi_policy
from gdoi_format import Payload, check
from gdoi_keys import Keys
from gdoi_policy import Policy
from udp import PATIENCE, TRIES, NoAnswer, Refused

# what a registration brings
Download = collections.namedtuple("Download", "policy keys seq")


class Exchange:
    """Octets and IVs of one exchange. Message by message, whoever writes or
    reads goes on with the IV of the message before."""

    def __init__(self, phase1, mid=None):
        self.phase1 = phase1
        self.mid = mid or phase1.new_mid()
        self.iv = phase1.phase2_iv(self.mid)

    def seal(self, payloads, *nonces, spoil=None):
        """HASH over nonces and payloads, in front of them. spoil may change
        what is hashed."""
        rest = gdoi.build_payloads(payloads)
        value = self.phase1.hash2(self.mid, *nonces, rest)
        if spoil:
            value = spoil(value)
        after = payloads[0].type if payloads else 0
        return self.seal_plain(gdoi.HASH,
                               gdoi.build_payload(after, value) + rest)

    def seal_plain(self, first, plain):
        message, self.iv = self.phase1.seal(gdoi.PULL, self.mid, first, plain,
                                            self.iv)
        return message

    def open(self, data, *nonces):
        """Returns payloads after HASH."""
        header = gdoi.parse_header(data)
        check((header.spi, header.exchange, header.mid) ==
              (self.phase1.cookies, gdoi.PULL, self.mid), "header %s"
              % (header,))
        payloads, iv = self.phase1.open(data, self.iv)
        check(payloads and payloads[0].type == gdoi.HASH, "no HASH first")
        check(payloads[0].body == self.phase1.hash2(
            self.mid, *nonces, *(one.whole for one in payloads[1:])),
            "HASH of GROUPKEY-PULL")
        self.iv = iv
        return payloads[1:]


def nonce_of(payloads):
    nonce = gdoi.only(payloads, gdoi.NONCE)
    check(8 <= len(nonce) <= 128, "nonce of %d octets" % len(nonce))
    return nonce


class MemberPull:
    """A member's side."""

    def __init__(self, phase1, config):
        self.phase1 = phase1
        self.config = config
        self.exchange = Exchange(phase1)
        self.nonce = os.urandom(16)

    def group_id(self):
        return gdoi.build_id(gdoi.ID_KEY_ID, self.config.group)

    def request_payloads(self):
        return [Payload(gdoi.NONCE, self.nonce),
                Payload(gdoi.ID, self.group_id())]

    def request(self):
        return self.exchange.seal(self.request_payloads())

    def read_policy(self, data):
        payloads = self.exchange.open(data, self.nonce)
        check(gdoi.types(payloads) == [gdoi.NONCE, gdoi.SA],
              "message 2 has payloads %s" % gdoi.types(payloads))
        self.nonce_r = nonce_of(payloads)
        self.policy = Policy.parse(gdoi.only(payloads, gdoi.SA), self.config)

    def confirmation_payloads(self):
        if not self.config.sender:
            return []
        return [Payload(gdoi.GAP, gdoi.build_attribute(
            gdoi_policy.SENDER_ID_REQUEST, self.config.sender))]

    def confirmation(self):
        return self.exchange.seal(self.confirmation_payloads(), self.nonce,
                                  self.nonce_r)

    def read_keys(self, data):
        payloads = self.exchange.open(data, self.nonce, self.nonce_r)
        check(gdoi.types(payloads) == [gdoi.SEQ, gdoi.KD] if self.policy.kek
              else [gdoi.KD], "message 4 has payloads %s"
              % gdoi.types(payloads))
        seq = None
        if self.policy.kek:
            reader = gdoi.Reader(payloads[0].body, "SEQ")
            seq, = reader.unpack("!I")
            reader.end()
        keys = Keys(gdoi.only(payloads, gdoi.KD), self.policy)
        self.check_keys(keys)
        return Download(self.policy, keys, seq)

    def check_keys(self, keys):
        kek = self.policy.kek
        if kek:
            check(kek.key or keys.path, "no key of the rekey SA")
            if keys.path:
                root = keys.path.nodes[-1].data
                kek.key = kek.key or root
                check(kek.key == root, "last key of LKH isn't that of the "
                      "rekey SA")
            kek.check_key()
            check(kek.ack not in (2, 4) or keys.path,
                  "acknowledgements by LKH without LKH")
        counters = any(tek.counter_mode() for tek in self.policy.teks)
        check(bool(keys.sender_ids) <= counters, "sender IDs for nothing")
        if counters and self.config.sender:
            check(len(keys.sender_ids) >= self.config.sender,
                  "%d sender IDs instead of %d"
                  % (len(keys.sender_ids), self.config.sender))

    def ask(self, message):
        """Send until there is an answer."""
        for _ in range(TRIES):
            self.phase1.transport.send(message)
            end = time.monotonic() + PATIENCE / TRIES
            while time.monotonic() < end:
                data = self.phase1.transport.receive(end - time.monotonic())
                if data is None or data[:16] != self.phase1.cookies:
                    continue
                header = gdoi.parse_header(data)
                if header.exchange == gdoi.INFORMATIONAL:
                    self.read_informational(data)
                elif header.mid == self.exchange.mid:
                    return data
        raise NoAnswer("GROUPKEY-PULL")

    def read_informational(self, data):
        for payload in self.phase1.read_informational(data):
            if payload.type == gdoi.NOTIFY:
                kind, told = gdoi.parse_notify(payload.body)
                # with the message ID of the exchange, which may be another
                if kind < 16384 and (len(told) != 4 or told ==
                                     gdoi.number(self.exchange.mid)):
                    raise Refused(kind)
        if self.phase1.deleted:
            raise Refused(0)

    def run(self):
        self.read_policy(self.ask(self.request()))
        return self.read_keys(self.ask(self.confirmation()))


class ServerPull:
    """A key server's side, message by message."""

    def __init__(self, phase1, mid):
        self.exchange = Exchange(phase1, mid)
        self.nonce = os.urandom(16)
        self.steps = [self.answer_request, self.answer_confirmation]
        self.last = self.answer = None

    def respond(self, data, group):
        """Returns the answer, the same one to a copy. group has policy() and
        keys(), and answers to a group's identity."""
        if data != self.last:
            check(self.steps, "GROUPKEY-PULL goes on")
            self.answer = self.steps[0](data, group)
            # the answer's own IV is the end of what it answers
            self.iv_before = data[-16:]
            self.steps.pop(0)
            self.last = data
        return self.answer

    def done(self):
        return not self.steps

    def answer_request(self, data, group):
        payloads = self.exchange.open(data)
        check(gdoi.types(payloads) == [gdoi.NONCE, gdoi.ID],
              "message 1 has payloads %s" % gdoi.types(payloads))
        self.nonce_i = nonce_of(payloads)
        group.check_id(gdoi.only(payloads, gdoi.ID))
        return self.exchange.seal(
            [Payload(gdoi.NONCE, self.nonce), Payload(gdoi.SA, group.policy())],
            self.nonce_i)

    def answer_confirmation(self, data, group):
        payloads = self.exchange.open(data, self.nonce_i, self.nonce)
        check(gdoi.types(payloads) in ([], [gdoi.GAP]),
              "message 3 has payloads %s" % gdoi.types(payloads))
        wanted = 0
        if payloads:
            found = gdoi.Attributes(payloads[0].body, "GAP of message 3")
            wanted = found.basic(gdoi_policy.SENDER_ID_REQUEST)
            found.end()
            check(1 <= wanted <= 64, "SENDER_ID_REQUEST of %d" % wanted)
        seq = group.seq()
        return self.exchange.seal(
            ([] if seq is None else [Payload(gdoi.SEQ, gdoi.number(seq))]) +
            [Payload(gdoi.KD, group.keys(wanted))], self.nonce_i, self.nonce)
