# An IKE_SA of a member that registers with a key server: exchanges of RFC 7296
# and RFC 9838 as initiator, with fragments of RFC 7383.
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
import hashlib
import ipaddress
import os
import struct

import ike_crypto
import ike_format as ike
from group_download import Download
from ike_format import HEADER_LEN, Payload, check
from udp import (MARKER, PATIENCE, TRIES, NoAnswer, Refused, open_socket,
                 received)

SHARED_KEY = 2

Config = collections.namedtuple(
    "Config", "server port source_port id secret server_id group dh key_len "
    "kwa sender fragment part")


class Transport:
    """Datagrams to and from a port of the server."""

    def __init__(self, server, port, source_port=0):
        self.port = port
        self.sock = open_socket(ipaddress.ip_address(server).version, "",
                                source_port)
        self.sock.connect((server, port))

    def ends(self):
        """Address and port of this and the other end, as octets."""
        return [ipaddress.ip_address(end[0]).packed + struct.pack("!H", end[1])
                for end in (self.sock.getsockname(), self.sock.getpeername())]

    def send(self, data):
        self.sock.send(MARKER + data if self.port == 4500 else data)

    def receive(self, seconds=PATIENCE):
        """Returns a message, or None if there is none for that long."""
        for data in received(self.sock, seconds):
            if self.port != 4500:
                return data
            if data[:4] == MARKER:
                return data[4:]
        return None

    def close(self):
        self.sock.close()


def ike_transforms(config):
    transforms = [ike.transform(ike.ENCR, 20, 8 * config.key_len),
                  ike.transform(ike.PRF, 5),
                  ike.transform(ike.DH, config.dh)]
    if config.kwa:
        transforms.append(ike.transform(ike.KWA, config.kwa))
    return transforms


def capabilities():
    """SAg of a member that can do all there is."""
    ciphers = [ike.transform(ike.ENCR, cipher, bits)
               for cipher in (12, 13, 16, 20) for bits in (128, 192, 256)]
    ciphers.append(ike.transform(ike.ENCR, 28))
    null = [ike.transform(ike.ENCR, 11)]
    integrity = [ike.transform(ike.INTEG, one) for one in (12, 13, 14)]
    numbers = [ike.transform(ike.SN, 0), ike.transform(ike.SN, 2)]
    methods = [ike.transform(ike.GCAUTH, 1), ike.transform(ike.GCAUTH, 2)]
    wraps = [ike.transform(ike.KWA, one) for one in (1, 2, 3)]
    return [ike.Proposal(1, ike.GIKE_UPDATE, b"",
                         ciphers + integrity + methods + wraps),
            ike.Proposal(1, ike.ESP, b"", ciphers + null + integrity +
                         numbers),
            ike.Proposal(1, ike.AH, b"", integrity + numbers)]


def nat_hash(spis, end):
    return hashlib.sha1(spis + end).digest()


def notifies(payloads):
    return [ike.parse_notify(payload.body) for payload in payloads
            if payload.type == ike.NOTIFY]


def only(payloads, kind):
    """Body of the one payload of a type."""
    found = [payload.body for payload in payloads if payload.type == kind]
    check(len(found) == 1, "%d payloads of type %d" % (len(found), kind))
    return found[0]


class Session:
    def __init__(self, config, transport=None):
        self.config = config
        self.own_transport = transport is None
        self.transport = transport or Transport(config.server, config.port,
                                                config.source_port)
        self.spi_i = os.urandom(8)
        self.spi_r = ike.NO_SPI
        self.nonce = os.urandom(32)
        self.exchange_keys = ike_crypto.KeyExchange(config.dh)
        self.mid = 0
        self.cookies = 0
        self.fragments_allowed = False
        self.fragments_seen = 0
        # requests of the server: the next one, the answer to the one before,
        # and the parts of one
        self.server_mid = 0
        self.last_answer = None
        self.request_parts = ike.Fragments()

    def close(self):
        if self.own_transport:
            self.transport.close()

    # IKE_SA_INIT

    def init_request(self, cookie=None):
        sa = ike.build_proposals([ike.Proposal(1, ike.IKE, b"",
                                               ike_transforms(self.config))])
        spis = self.spi_i + ike.NO_SPI
        source, destination = self.transport.ends()
        payloads = [ike.build_notify(ike.COOKIE, cookie)] if cookie else []
        payloads += [
            Payload(ike.SA, sa),
            Payload(ike.KE, struct.pack("!HH", self.config.dh, 0) +
                    self.exchange_keys.public),
            Payload(ike.NONCE, self.nonce),
            ike.build_notify(ike.NAT_SOURCE, nat_hash(spis, source)),
            ike.build_notify(ike.NAT_DESTINATION, nat_hash(spis, destination))]
        if self.config.fragment:
            payloads.append(ike.build_notify(ike.FRAGMENTATION))
        first, body = ike.build_payloads(payloads)
        return ike.build_header(self.spi_i, ike.NO_SPI, first, ike.IKE_SA_INIT,
                                ike.INITIATOR, 0, HEADER_LEN + len(body)) + body

    def init(self):
        """IKE_SA_INIT, with a cookie if the responder asks for one."""
        self.init_out = self.init_request()
        while True:
            self.transport.send(self.init_out)
            data = self.transport.receive()
            while data is not None and data[:8] != self.spi_i:
                data = self.transport.receive()
            if data is None:
                raise NoAnswer("IKE_SA_INIT")
            header, payloads = self.read_init(data)
            found = dict(notifies(payloads))
            if ike.COOKIE not in found:
                break
            check(header.spi_r == ike.NO_SPI and len(payloads) == 1,
                  "COOKIE isn't alone")
            check(1 <= len(found[ike.COOKIE]) <= 64, "size of COOKIE")
            self.cookies += 1
            check(self.cookies < 3, "no cookie is good enough")
            self.init_out = self.init_request(found[ike.COOKIE])
        errors = [kind for kind in found if kind < 16384]
        if errors:
            raise Refused(errors[0])
        self.init_in = data
        self.use_init_response(header, payloads, found)
        return self

    def read_init(self, data):
        header = ike.parse_header(data)
        check(header.exchange == ike.IKE_SA_INIT and header.mid == 0 and
              header.flags & (ike.RESPONSE | ike.INITIATOR) == ike.RESPONSE and
              header.spi_i == self.spi_i, "not a response to IKE_SA_INIT")
        return header, ike.parse_payloads(header.next, data[HEADER_LEN:])

    def use_init_response(self, header, payloads, found):
        check(header.spi_r != ike.NO_SPI, "SPI of the responder is 0")
        self.spi_r = header.spi_r
        self.check_proposal(ike.parse_proposals(only(payloads, ike.SA)))
        group, reserved = struct.unpack("!HH", only(payloads, ike.KE)[:4])
        check(group == self.config.dh and not reserved, "KE of group %d"
              % group)
        secret = self.exchange_keys.shared(only(payloads, ike.KE)[4:])
        self.nonce_r = only(payloads, ike.NONCE)
        check(16 <= len(self.nonce_r) <= 256, "nonce of %d octets"
              % len(self.nonce_r))
        self.keys = ike_crypto.Keys(secret, self.nonce + self.nonce_r,
                                    self.spi_i + self.spi_r,
                                    self.config.key_len)
        self.fragments_allowed = (self.config.fragment and
                                  ike.FRAGMENTATION in found)
        own, other = self.transport.ends()
        for kind, end in ((ike.NAT_SOURCE, other), (ike.NAT_DESTINATION, own)):
            if kind in found:
                check(found[kind] == nat_hash(self.spi_i + self.spi_r, end),
                      "notify %d tells of a NAT" % kind)

    def check_proposal(self, proposals):
        check(len(proposals) == 1, "%d proposals selected" % len(proposals))
        item = proposals[0]
        check(item.protocol == ike.IKE and item.number == 1 and not item.spi,
              "selected %s" % (item,))
        check(sorted(item.transforms) == sorted(ike_transforms(self.config)),
              "selected %s" % item.transforms)

    # encrypted messages

    def header(self, first, exchange, mid, length):
        return ike.build_header(self.spi_i, self.spi_r, first, exchange,
                                ike.INITIATOR, mid, length)

    def seal(self, exchange, first, plain, mid=None):
        """Encrypt payloads as one message."""
        mid = self.mid if mid is None else mid
        length = 4 + self.keys.to_responder.sealed_len(plain)
        head = self.header(ike.SK, exchange, mid, HEADER_LEN + length) + \
            struct.pack("!BBH", first, 0, length)
        return head + self.keys.to_responder.encrypt(plain, head)

    def seal_fragments(self, exchange, first, plain, size):
        """Encrypt payloads as messages of so many of their octets."""
        parts = [plain[i:i + size] for i in range(0, len(plain), size)]
        out = []
        for i, part in enumerate(parts):
            length = 8 + self.keys.to_responder.sealed_len(part)
            head = self.header(ike.SKF, exchange, self.mid,
                               HEADER_LEN + length) + \
                struct.pack("!BBHHH", 0 if i else first, 0, length, i + 1,
                            len(parts))
            out.append(head + self.keys.to_responder.encrypt(part, head))
        return out

    def open(self, data):
        """Decrypt a message. Returns header, first payload, fragment number
        and total (0 for a whole one) and plain text."""
        header = ike.parse_header(data)
        check((header.spi_i, header.spi_r) == (self.spi_i, self.spi_r),
              "message of another IKE_SA")
        first, part, total, content = ike.split_encrypted(header, data)
        plain = self.keys.to_initiator.decrypt(content,
                                               data[:-len(content)])
        return header, first, part, total, plain

    def response(self, exchange, mid, seconds=PATIENCE):
        """Wait for a response and return its payloads."""
        parts = ike.Fragments()
        while True:
            data = self.transport.receive(seconds)
            if data is None:
                raise NoAnswer("exchange %d, message %d" % (exchange, mid))
            if data[:8] != self.spi_i:
                continue
            header, first, part, total, plain = self.open(data)
            if not header.flags & ike.RESPONSE:
                self.serve(header, first, part, total, plain)
                continue
            check(header.mid == mid, "response %d to %d" % (header.mid, mid))
            check(header.exchange == exchange, "response of exchange %d to %d"
                  % (header.exchange, exchange))
            check(not header.flags & ike.INITIATOR, "flags of the response")
            if not total:
                return ike.parse_payloads(first, plain)
            check(self.fragments_allowed, "fragment")
            if parts.add(first, part, total, plain):
                self.fragments_seen += total
                return ike.parse_payloads(*parts.whole())

    def answer(self, header, payloads):
        """What to answer to a request of the server."""
        return []

    def serve(self, header, first, part, total, plain):
        """Respond to a request of the server, which open() returned. Returns
        its payloads, or None if they were seen or others are missing."""
        check(not header.flags & ike.INITIATOR, "flags of a request")
        if header.mid == self.server_mid - 1:
            if part <= 1:
                self.transport.send(self.last_answer)
            return None
        check(header.mid == self.server_mid, "request %d instead of %d"
              % (header.mid, self.server_mid))
        if total:
            check(self.fragments_allowed, "fragment")
            if not self.request_parts.add(first, part, total, plain):
                return None
            first, plain = self.request_parts.whole()
            self.request_parts = ike.Fragments()
        payloads = ike.parse_payloads(first, plain)
        kind, answer = ike.build_payloads(self.answer(header, payloads))
        length = HEADER_LEN + 4 + self.keys.to_responder.sealed_len(answer)
        head = ike.build_header(self.spi_i, self.spi_r, ike.SK,
                                header.exchange, ike.INITIATOR | ike.RESPONSE,
                                header.mid, length) + \
            struct.pack("!BBH", kind, 0, length - HEADER_LEN)
        self.last_answer = head + self.keys.to_responder.encrypt(answer, head)
        self.server_mid += 1
        self.transport.send(self.last_answer)
        return payloads

    def exchange(self, exchange, payloads):
        """Send a request and return the payloads of the response."""
        first, plain = ike.build_payloads(payloads)
        mid = self.mid
        if self.fragments_allowed and len(plain) > self.config.fragment:
            messages = self.seal_fragments(exchange, first, plain,
                                           self.config.fragment)
        else:
            messages = [self.seal(exchange, first, plain)]
        answer = self.ask(messages, exchange, mid)
        self.mid += 1
        return answer

    def ask(self, messages, exchange, mid):
        """Send a request, as fragments or whole, until it is answered."""
        for _ in range(TRIES):
            for message in messages:
                self.transport.send(message)
            try:
                return self.response(exchange, mid, PATIENCE / TRIES)
            except NoAnswer:
                pass
        raise NoAnswer("exchange %d, message %d" % (exchange, mid))

    # authentication

    def id_payload(self):
        return Payload(ike.IDI, bytes([ike.ID_FQDN, 0, 0, 0]) +
                       self.config.id.encode())

    def auth_payload(self, secret=None):
        octets = self.init_out + self.nonce_r + \
            ike_crypto.prf(self.keys.p_i, self.id_payload().body)
        return Payload(ike.AUTH, bytes([SHARED_KEY, 0, 0, 0]) +
                       ike_crypto.psk_auth(secret or self.config.secret,
                                           octets))

    def server_identity(self):
        return bytes([ike.ID_FQDN, 0, 0, 0]) + self.config.server_id.encode()

    def check_auth(self, payloads, secret=None):
        """With EAP, the identity comes with the first of two AUTH payloads."""
        identity = self.server_identity()
        if secret is None:
            check(only(payloads, ike.IDR) == identity, "identity of the server")
        octets = self.init_in + self.nonce + \
            ike_crypto.prf(self.keys.p_r, identity)
        check(only(payloads, ike.AUTH) == bytes([SHARED_KEY, 0, 0, 0]) +
              ike_crypto.psk_auth(secret or self.config.secret, octets),
              "AUTH of the server")

    def group_payloads(self, group=None):
        """What asks for a group: IDg, SAg and GROUP_SENDER."""
        group = self.config.group if group is None else group
        payloads = [Payload(ike.IDG, bytes([ike.ID_KEY_ID, 0, 0, 0]) + group),
                    Payload(ike.SA, ike.build_proposals(
                        capabilities()))]
        if self.config.sender:
            payloads.append(ike.build_notify(
                ike.GROUP_SENDER, struct.pack("!I", self.config.sender)))
        return payloads

    def auth_payloads(self):
        self.mid = self.mid or 1
        return [self.id_payload(), self.auth_payload()]

    def download(self, payloads):
        """Read what the server answered to a registration."""
        found = dict(notifies(payloads))
        errors = [kind for kind in found if kind < 16384]
        if errors:
            check(not any(payload.type in (ike.GSA, ike.KD)
                          for payload in payloads), "error with GSA or KD")
            raise Refused(errors[0])
        download = Download(only(payloads, ike.GSA), only(payloads, ike.KD),
                            self.keys.key_wrap_key(self.config.kwa),
                            bool(self.config.sender))
        download.transport_mode = ike.USE_TRANSPORT_MODE in found
        return download

    def register(self):
        """GSA_AUTH; returns what the server hands out."""
        payloads = self.auth_payloads() + self.group_payloads()
        answer = self.exchange(ike.GSA_AUTH, payloads)
        self.check_auth(answer)
        return self.download(answer)

    def register_again(self, group=None):
        """GSA_REGISTRATION on the same IKE_SA."""
        return self.download(self.exchange(ike.GSA_REGISTRATION,
                                           self.group_payloads(group)))

    def leave(self):
        answer = self.exchange(ike.GSA_REGISTRATION, [
            self.group_payloads()[0],
            ike.build_notify(ike.REGISTRATION_FAILED)])
        for kind, _ in notifies(answer):
            raise Refused(kind)
        check(not answer, "leaving was answered with %s" % (answer,))

    def authenticate(self, networks=None):
        """IKE_AUTH, with a CHILD_SA for two networks; returns the answer."""
        payloads = self.auth_payloads()
        if networks:
            payloads += [
                Payload(ike.SA, ike.build_proposals([ike.Proposal(
                    1, ike.ESP, os.urandom(4), [
                        ike.transform(ike.ENCR, 12, 256),
                        ike.transform(ike.INTEG, 12),
                        ike.transform(ike.SN, 0)])])),
                Payload(ike.TSI, ike.build_selectors(networks[0])),
                Payload(ike.TSR, ike.build_selectors(networks[1]))]
        answer = self.exchange(ike.IKE_AUTH, payloads)
        self.check_auth(answer)
        return answer

    def ping(self):
        """Is the IKE_SA alive?"""
        check(not self.exchange(ike.INFORMATIONAL, []),
              "liveness check was answered with payloads")

    def delete(self):
        self.exchange(ike.INFORMATIONAL,
                      [Payload(ike.DELETE, struct.pack("!BBH", 1, 0, 0))])
