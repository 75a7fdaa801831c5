# Phase 1 of GDOI: main mode of RFC 2409 with pre-shared keys, AES-CBC and
# SHA2-256, as initiator and as responder, and the SA that comes out of it.
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
import ipaddress
import os
import struct
import time

import gdoi_crypto as crypto
import gdoi_format as gdoi
from gdoi_format import HEADER_LEN, Payload, check
from udp import (MARKER, PATIENCE, TRIES, NoAnswer, Refused, open_socket,
                 received)

# phase 1 attributes (RFC 2409, appendix A)
ENCRYPTION, HASH, METHOD, GROUP, LIFE_TYPE, LIFE, KEY_LENGTH = \
    1, 2, 3, 4, 11, 12, 14
AES_CBC, SHA2_256, PSK, SECONDS = 7, 4, 1, 1

# draft-ietf-ipsec-dpd: its vendor ID and notifies
DPD = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")
R_U_THERE, R_U_THERE_ACK = 36136, 36137


def make_socket(address, port):
    version = ipaddress.ip_address(address or "0.0.0.0").version
    return open_socket(version, address, port)


class Transport:
    """Datagrams to and from one peer. What isn't ISAKMP of phase 1, but
    GROUPKEY-PUSH, is kept in pushes."""

    def __init__(self, sock, peer):
        self.sock = sock
        self.peer = peer
        self.pushes = []

    def send(self, data):
        self.sock.sendto(MARKER + data if self.peer[1] == 4500 else data,
                         self.peer)

    def receive(self, seconds=PATIENCE):
        """Returns a message, or None if there is none for that long."""
        for data in received(self.sock, seconds):
            if self.peer[1] == 4500 and data[:4] == MARKER:
                data = data[4:]
            if len(data) <= 18 or data[18] != gdoi.PUSH:
                return data
            self.pushes.append(data)
        return None


# SA payload of phase 1

def build_transform(config, number=1, more=False):
    attributes = b"".join(gdoi.build_attribute(*item) for item in (
        (ENCRYPTION, AES_CBC), (KEY_LENGTH, 8 * config.key_len),
        (HASH, SHA2_256), (GROUP, config.dh), (METHOD, PSK),
        (LIFE_TYPE, SECONDS), (LIFE, gdoi.number(86400))))
    return struct.pack("!BBHBBH", 3 if more else 0, 0, 8 + len(attributes),
                       number, 1, 0) + attributes


def build_sa(config):
    """Body of an SA payload with one transform of KEY_IKE."""
    transform = build_transform(config)
    return struct.pack("!IIBBHBBBB", config.doi, config.situation, 0, 0,
                       8 + len(transform), 1, 1, 0, 1) + transform


def parse_transform(body):
    """Returns number, and what the attributes ask for."""
    reader = gdoi.Reader(body, "transform")
    number, kind, reserved = reader.unpack("!BBH")
    check(kind == 1 and not reserved, "transform isn't KEY_IKE")
    attributes = gdoi.Attributes(reader.rest(), "a transform")
    attributes.optional(attributes.basic, LIFE_TYPE)
    attributes.found.pop(LIFE, None)
    return number, dict(attributes.found)


def parse_sa(body, config):
    """Returns transforms as (number, attributes)."""
    reader = gdoi.Reader(body, "SA payload")
    doi, situation = reader.unpack("!II")
    check((doi, situation) == (config.doi, config.situation),
          "phase 1 has DOI %d, situation %d" % (doi, situation))
    proposals, rest = gdoi.split_payloads(gdoi.PROPOSAL, reader.rest())
    check(not rest and len(proposals) == 1, "%d proposals" % len(proposals))
    reader = gdoi.Reader(proposals[0].body, "proposal")
    _, protocol, spi_size, count = reader.unpack("!BBBB")
    check(protocol == 1, "proposal of protocol %d" % protocol)
    reader.take(spi_size)
    transforms, rest = gdoi.split_payloads(gdoi.TRANSFORM, reader.rest())
    check(not rest and len(transforms) == count, "%d transforms instead of %d"
          % (len(transforms), count))
    return [parse_transform(one.body) for one in transforms]


def wanted(config):
    return {ENCRYPTION: AES_CBC, KEY_LENGTH: 8 * config.key_len,
            HASH: SHA2_256, GROUP: config.dh, METHOD: PSK}


class Phase1:
    """What both ends of an exchange and the SA have in common."""

    def __init__(self, config, transport):
        self.config = config
        self.transport = transport
        self.nonce = os.urandom(32)
        self.exchange_keys = crypto.KeyExchange(config.dh)
        self.vendor_ids = set()
        self.deleted = False
        self.informational = []

    # messages

    def header(self, first, exchange, flags, mid, length):
        return gdoi.build_header(self.cookies, first, exchange, flags, mid,
                                 length)

    def clear(self, payloads):
        body = gdoi.build_payloads(payloads)
        return self.header(payloads[0].type, gdoi.MAIN_MODE, 0, 0,
                           HEADER_LEN + len(body)) + body

    def seal(self, exchange, mid, first, plain, iv):
        """Returns a message, and the IV of what follows."""
        data = self.cipher.encrypt(iv, plain)
        return self.header(first, exchange, gdoi.ENCRYPTED, mid,
                           HEADER_LEN + len(data)) + data, data[-16:]

    def open(self, data, iv):
        """Returns payloads, and the IV of what follows."""
        header = gdoi.parse_header(data)
        check(header.flags == gdoi.ENCRYPTED, "flags %#x" % header.flags)
        plain = self.cipher.decrypt(iv, data[HEADER_LEN:])
        # charon's own messages may have a block of nothing but padding
        block = 16 if header.exchange == gdoi.PULL else 17
        return gdoi.parse_payloads(header.next, plain, block), data[-16:]

    def use_secret(self, other, nonce_i, nonce_r, public_i, public_r):
        """Derive keys (RFC 2409, 5 and appendix B)."""
        secret = self.exchange_keys.shared(other)
        seed = secret + self.cookies
        self.skeyid = crypto.prf(self.config.secret, nonce_i, nonce_r)
        skeyid_d = crypto.prf(self.skeyid, seed, b"\0")
        self.skeyid_a = crypto.prf(self.skeyid, skeyid_d, seed, b"\1")
        skeyid_e = crypto.prf(self.skeyid, self.skeyid_a, seed, b"\2")
        self.publics = public_i, public_r
        self.cipher = crypto.Cbc(skeyid_e[:self.config.key_len])
        self.iv = crypto.sha256(public_i, public_r)[:16]

    def hash_of(self, initiator, identity):
        """HASH_I or HASH_R."""
        publics, cookies = self.publics, (self.cookies[:8], self.cookies[8:])
        if not initiator:
            publics, cookies = publics[::-1], cookies[::-1]
        return crypto.prf(self.skeyid, *publics, *cookies, self.sa_i, identity)

    def identity(self):
        return gdoi.build_id(gdoi.ID_FQDN, self.config.id.encode())

    def final(self, initiator):
        """Payloads of the fifth and sixth message."""
        identity = self.identity()
        return [Payload(gdoi.ID, identity),
                Payload(gdoi.HASH, self.hash_of(initiator, identity))]

    def check_final(self, payloads, initiator):
        """Returns the peer's identity."""
        check(gdoi.types(payloads)[:2] == [gdoi.ID, gdoi.HASH],
              "payloads %s" % gdoi.types(payloads))
        identity = gdoi.only(payloads, gdoi.ID)
        check(gdoi.only(payloads, gdoi.HASH) ==
              self.hash_of(initiator, identity), "HASH of the peer")
        check(identity[0] == gdoi.ID_FQDN, "identity of type %d" % identity[0])
        return identity[4:].decode()

    def note_vendor_ids(self, payloads):
        self.vendor_ids.update(payload.body for payload in payloads
                               if payload.type == gdoi.VENDOR_ID)

    def vendor_id_payloads(self):
        return [Payload(gdoi.VENDOR_ID, value)
                for value in [DPD] + self.config.vendor_ids]

    # phase 2

    def phase2_iv(self, mid):
        return crypto.sha256(self.iv, struct.pack("!I", mid))[:16]

    def hash2(self, mid, *data):
        return crypto.prf(self.skeyid_a, struct.pack("!I", mid), *data)

    @staticmethod
    def new_mid():
        return int.from_bytes(os.urandom(4), "big") or 1

    def build_informational(self, payload):
        mid = self.new_mid()
        rest = gdoi.build_payloads([payload])
        plain = gdoi.build_payload(payload.type, self.hash2(mid, rest)) + rest
        return self.seal(gdoi.INFORMATIONAL, mid, gdoi.HASH, plain,
                         self.phase2_iv(mid))[0]

    def read_informational(self, data):
        """Returns payloads; answers what asks whether we're there."""
        mid = gdoi.parse_header(data).mid
        payloads, _ = self.open(data, self.phase2_iv(mid))
        check(payloads and payloads[0].type == gdoi.HASH, "no HASH(1)")
        check(payloads[0].body == self.hash2(
            mid, *(payload.whole for payload in payloads[1:])), "HASH(1)")
        for payload in payloads[1:]:
            if payload.type == gdoi.DELETE:
                _, protocol, size, count = struct.unpack("!IBBH",
                                                         payload.body[:8])
                if (protocol, size, count) == (1, 16, 1) and \
                        payload.body[8:] == self.cookies:
                    self.deleted = True
            elif payload.type == gdoi.NOTIFY:
                kind, echo = gdoi.parse_notify(payload.body)
                if kind == R_U_THERE:
                    self.notify(R_U_THERE_ACK, echo)
        self.informational += payloads[1:]
        return payloads[1:]

    def notify(self, kind, data=b""):
        self.transport.send(self.build_informational(Payload(
            gdoi.NOTIFY, gdoi.build_notify(kind, self.cookies, data,
                                           doi=gdoi.DOI_IPSEC))))

    def ping(self):
        """Is the peer there?"""
        sequence = os.urandom(4)
        for _ in range(TRIES):
            self.notify(R_U_THERE, sequence)
            end = time.monotonic() + PATIENCE / TRIES
            while time.monotonic() < end:
                data = self.transport.receive(end - time.monotonic())
                if data is None or data[:16] != self.cookies or \
                        data[18] != gdoi.INFORMATIONAL:
                    continue
                for payload in self.read_informational(data):
                    if payload.type == gdoi.NOTIFY and gdoi.parse_notify(
                            payload.body) == (R_U_THERE_ACK, sequence):
                        return
        raise NoAnswer("R-U-THERE")

    def delete(self):
        self.transport.send(self.build_informational(Payload(
            gdoi.DELETE, gdoi.build_delete(1, [self.cookies],
                                           gdoi.DOI_IPSEC))))


class Initiator(Phase1):
    """Initiates main mode, and waits for answers."""

    def run(self):
        self.cookies = os.urandom(8) + bytes(8)
        self.sa_i = build_sa(self.config)
        payloads = self.ask_clear([Payload(gdoi.SA, self.sa_i)] +
                                  self.vendor_id_payloads())
        self.read_sa(payloads)
        public = self.exchange_keys.public
        payloads = self.ask_clear([Payload(gdoi.KE, public),
                                   Payload(gdoi.NONCE, self.nonce)])
        other, nonce = (gdoi.only(payloads, kind)
                        for kind in (gdoi.KE, gdoi.NONCE))
        check(8 <= len(nonce) <= 256, "nonce of %d octets" % len(nonce))
        self.use_secret(other, self.nonce, nonce, public, other)
        self.authenticate()
        return self

    def ask_clear(self, payloads):
        answer = self.ask(self.clear(payloads))
        header = gdoi.parse_header(answer)
        check(header.flags == 0 and header.mid == 0, "header %s" % (header,))
        if header.exchange == gdoi.INFORMATIONAL:
            found = gdoi.parse_payloads(header.next, answer[HEADER_LEN:])
            raise Refused(gdoi.parse_notify(gdoi.only(found, gdoi.NOTIFY))[0])
        check(header.exchange == gdoi.MAIN_MODE, "exchange %d"
              % header.exchange)
        if self.cookies[8:] == bytes(8):
            self.cookies = header.spi
            check(self.cookies[8:] != bytes(8), "cookie of the responder is 0")
        check(header.spi == self.cookies, "another cookie")
        return gdoi.parse_payloads(header.next, answer[HEADER_LEN:])

    def ask(self, message):
        for _ in range(TRIES):
            self.transport.send(message)
            end = time.monotonic() + PATIENCE / TRIES
            while time.monotonic() < end:
                answer = self.transport.receive(end - time.monotonic())
                if answer and answer[:8] == self.cookies[:8]:
                    return answer
        raise NoAnswer("main mode")

    def read_sa(self, payloads):
        self.note_vendor_ids(payloads)
        transforms = parse_sa(gdoi.only(payloads, gdoi.SA), self.config)
        check(transforms == [(1, wanted(self.config))], "selected %s"
              % transforms)

    def authenticate(self):
        message, iv = self.seal(gdoi.MAIN_MODE, 0, gdoi.ID,
                                gdoi.build_payloads(self.final(True)), self.iv)
        answer = self.ask(message)
        header = gdoi.parse_header(answer)
        if header.exchange == gdoi.INFORMATIONAL:
            raise Refused(0)
        payloads, self.iv = self.open(answer, iv)
        found = self.check_final(payloads, False)
        check(found == self.config.server_id, "key server is %s" % found)
        self.peer_id = found


class Responder(Phase1):
    """Answers main mode, message by message."""

    def __init__(self, config, transport):
        super().__init__(config, transport)
        self.steps = [self.answer_sa, self.answer_ke, self.answer_final]
        self.last = self.answer = None
        self.peer_id = None

    def established(self):
        return not self.steps

    def respond(self, data):
        """Returns the answer to a message of main mode, the same one to a
        copy."""
        if data != self.last:
            check(self.steps, "main mode goes on")
            self.answer = self.steps[0](data)
            self.steps.pop(0)
            self.last = data
        return self.answer

    @staticmethod
    def read_clear(data):
        header = gdoi.parse_header(data)
        check(header.flags == 0 and header.mid == 0, "header %s" % (header,))
        return gdoi.parse_payloads(header.next, data[HEADER_LEN:])

    def answer_sa(self, data):
        self.cookies = data[:8] + os.urandom(8)
        payloads = self.read_clear(data)
        self.note_vendor_ids(payloads)
        self.sa_i = gdoi.only(payloads, gdoi.SA)
        offered = [attributes for _, attributes in
                   parse_sa(self.sa_i, self.config)]
        check(wanted(self.config) in offered, "offered %s" % offered)
        return self.clear([Payload(gdoi.SA, build_sa(self.config))] +
                          self.vendor_id_payloads())

    def answer_ke(self, data):
        payloads = self.read_clear(data)
        other, nonce = (gdoi.only(payloads, kind)
                        for kind in (gdoi.KE, gdoi.NONCE))
        public = self.exchange_keys.public
        self.use_secret(other, nonce, self.nonce, other, public)
        return self.clear([Payload(gdoi.KE, public),
                           Payload(gdoi.NONCE, self.nonce)])

    def answer_final(self, data):
        payloads, iv = self.open(data, self.iv)
        self.peer_id = self.check_final(payloads, True)
        answer, self.iv = self.seal(gdoi.MAIN_MODE, 0, gdoi.ID,
                                    gdoi.build_payloads(self.final(False)), iv)
        return answer


def connect(config):
    """A new phase 1 SA with the key server."""
    return Initiator(config, Transport(
        make_socket(config.address, config.source_port),
        (config.server, config.port))).run()
