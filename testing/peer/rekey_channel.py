# GSA_REKEY messages of RFC 9838, 2.4.1, as datagrams: a rekey SA as a channel
# from the key server to its members.
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
import struct

import ike_crypto
import ike_format as ike
from group_policy import AES_CBC, CHACHA20, INTEG_KEY_LEN
from ike_format import HEADER_LEN, Payload, check
from udp import open_multicast

# authentication method of RFC 7427
DIGITAL_SIGNATURE = 14

Message = collections.namedtuple("Message", "mid payloads fragments")


def auth_body(algorithm, signature):
    return struct.pack("!B3xB", DIGITAL_SIGNATURE, len(algorithm)) + \
        algorithm + signature


class Channel:
    """What goes over a rekey SA with a policy, key included. Signed messages
    have a signature algorithm and the key to check them with; both are None
    if authentication is implicit."""

    def __init__(self, policy, signature, auth_key):
        self.policy = policy
        self.spi = policy.spi
        self.signature = signature
        self.auth_key = auth_key
        self.first = self.next = policy.message_id
        self.fragments = {}
        # datagrams by message ID and fragment, and how many came again
        self.seen = {}
        self.copies = 0
        self.split_keys(policy)

    def split_keys(self, policy):
        """GSK_e, GSK_a and GSK_w (RFC 9838, 3.3)."""
        kwk_len = ike_crypto.KWA_KEY_LEN[policy.id(ike.KWA)]
        rest, self.kwk = policy.key[:-kwk_len], policy.key[-kwk_len:]
        if policy.id(ike.ENCR) == AES_CBC:
            integ_len = INTEG_KEY_LEN[policy.id(ike.INTEG)]
            self.cipher = ike_crypto.CbcDirection(rest[:-integ_len],
                                                  rest[-integ_len:])
        elif policy.id(ike.ENCR) == CHACHA20:
            self.cipher = ike_crypto.chacha20_direction(rest)
        else:
            check(policy.id(ike.ENCR) == 20, "cipher %d of a rekey SA"
                  % policy.id(ike.ENCR))
            self.cipher = ike_crypto.Direction(rest)

    # reading

    def receive(self, data):
        """Returns a message, or None if there is none, as this is a copy or a
        fragment. Doesn't count the message: see accept()."""
        header = ike.parse_header(data)
        check(header.spi_i + header.spi_r == self.spi, "SPI of another SA")
        check(header.exchange == ike.GSA_REKEY, "exchange %d"
              % header.exchange)
        check(not header.flags & ~ike.INITIATOR, "flags %#x" % header.flags)
        if header.mid < self.first:
            # of a message before we registered
            return None
        first, part, total, plain = self.open(header, data)
        if self.is_copy((header.mid, part), data):
            return None
        check(header.mid == self.next, "message %d instead of %d"
              % (header.mid, self.next))
        if total:
            parts = self.fragments.setdefault(header.mid, ike.Fragments())
            if not parts.add(first, part, total, plain):
                return None
            first, plain = parts.whole()
        payloads = ike.parse_payloads(first, plain)
        self.check_auth(header, first, plain, payloads)
        return Message(header.mid, payloads, total)

    def accept(self, message):
        self.next = message.mid + 1

    def is_copy(self, name, data):
        """Copies are the same, octet by octet."""
        if name not in self.seen:
            self.seen[name] = data
            return False
        check(self.seen[name] == data, "message %d, fragment %d, came again "
              "as another one" % name)
        self.copies += 1
        return True

    def open(self, header, data):
        """Decrypt a datagram."""
        first, part, total, content = ike.split_encrypted(header, data)
        return first, part, total, self.cipher.decrypt(
            content, data[:len(data) - len(content)])

    @staticmethod
    def signed_octets(first, flags, mid, spi, exchange, plain):
        """A | P (RFC 9838, 2.4.1.1)."""
        length = HEADER_LEN + 4 + len(plain)
        return ike.build_header(spi[:8], spi[8:], ike.SK, exchange, flags, mid,
                                length) + \
            struct.pack("!BBH", first, 0, len(plain) + 4) + plain

    def check_auth(self, header, first, plain, payloads):
        bodies = [payload.body for payload in payloads
                  if payload.type == ike.AUTH]
        check(len(bodies) == bool(self.signature), "%d AUTH payloads"
              % len(bodies))
        if not self.signature:
            return
        reader = ike.Reader(bodies[0], "AUTH")
        method, length = reader.unpack("!B3xB")
        check(bodies[0][1:4] == bytes(3), "reserved octets in AUTH")
        check(method == DIGITAL_SIGNATURE, "authentication method %d" % method)
        check(reader.take(length) == self.signature, "signature algorithm")
        signature = reader.rest()
        at = self.end_of_auth(payloads)
        blank = plain[:at - len(signature)] + bytes(len(signature)) + plain[at:]
        ike_crypto.verify(
            self.signature, self.auth_key, signature, self.signed_octets(
                first, header.flags, header.mid, self.spi, header.exchange,
                blank))

    @staticmethod
    def end_of_auth(payloads):
        """Where AUTH ends among all payloads."""
        at = 0
        for payload in payloads:
            at += 4 + len(payload.body)
            if payload.type == ike.AUTH:
                break
        return at

    # writing, as only a key server should

    def signed(self, mid, payloads, key, flags=ike.INITIATOR):
        """Payloads with AUTH, made with a private key."""
        length = 0
        while True:
            blank = payloads + [Payload(ike.AUTH, auth_body(
                self.signature, bytes(length)))]
            first, plain = ike.build_payloads(blank)
            value = key.sign(
                self.signed_octets(first, flags, mid, self.spi, ike.GSA_REKEY,
                                   plain),
                *ike_crypto.signature_arguments(self.signature))
            # that of ECDSA isn't always as long
            if len(value) == length:
                return payloads + [Payload(ike.AUTH, auth_body(self.signature,
                                                               value))]
            length = len(value)

    def seal(self, mid, payloads, flags=ike.INITIATOR,
             exchange=ike.GSA_REKEY):
        """Payloads as one datagram."""
        return self.seal_plain(mid, *ike.build_payloads(payloads), flags,
                               exchange)

    def seal_plain(self, mid, first, plain, flags=ike.INITIATOR,
                   exchange=ike.GSA_REKEY):
        length = 4 + self.cipher.sealed_len(plain)
        head = ike.build_header(self.spi[:8], self.spi[8:], ike.SK, exchange,
                                flags, mid, HEADER_LEN + length) + \
            struct.pack("!BBH", first, 0, length)
        return head + self.cipher.encrypt(plain, head)

    def seal_fragment(self, mid, first, part, total, plain,
                      flags=ike.INITIATOR):
        length = 8 + self.cipher.sealed_len(plain)
        head = ike.build_header(self.spi[:8], self.spi[8:], ike.SKF,
                                ike.GSA_REKEY, flags, mid,
                                HEADER_LEN + length) + \
            struct.pack("!BBHHH", first, 0, length, part, total)
        return head + self.cipher.encrypt(plain, head)


def listen(policy):
    """A socket for what is sent to the address of a rekey SA."""
    return open_multicast(policy.destination.first,
                          policy.destination.ports[0])
