# GROUPKEY-PUSH (RFC 6407, 4) as datagrams: a rekey SA as a channel from the
# key server to members.
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
import ipaddress

import gdoi_crypto as crypto
import gdoi_format as gdoi
from gdoi_format import HEADER_LEN, FormatError, Payload, check
from udp import open_multicast

# how says what the signature was made of
Message = collections.namedtuple("Message", "seq payloads how data")


def signed_octets(spi, first, length, plain):
    """What SIG is a signature of: all before it."""
    return b"rekey" + gdoi.build_header(spi, first, gdoi.PUSH, gdoi.ENCRYPTED,
                                        0, length) + plain


def build(kek, signer, payloads, padded=False, spoil=None):
    """Payloads and SIG as one datagram. padded says which length is signed;
    spoil may change the signature."""
    cipher, iv = kek.cipher()
    plain = gdoi.build_payloads(payloads, gdoi.SIG)
    length = HEADER_LEN + len(plain) + 4 + signer.size
    on_wire = length + -(length - HEADER_LEN) % cipher.block
    value = signer.sign(signed_octets(kek.spi, payloads[0].type,
                                      on_wire if padded else length, plain))
    if spoil:
        value = spoil(value)
    plain += gdoi.build_payload(0, value)
    return seal(kek, payloads[0].type, plain)


def seal(kek, first, plain, exchange=gdoi.PUSH, flags=gdoi.ENCRYPTED, mid=0):
    cipher, iv = kek.cipher()
    data = cipher.encrypt(iv, plain)
    return gdoi.build_header(kek.spi, first, exchange, flags, mid,
                             HEADER_LEN + len(data)) + data


def seq_payload(seq):
    return Payload(gdoi.SEQ, gdoi.number(seq))


def parse_seq(body):
    check(len(body) == 4, "SEQ of %d octets" % len(body))
    return int.from_bytes(body, "big")


class Channel:
    """What a member receives on a rekey SA, from the message after seq on."""

    def __init__(self, kek, seq):
        self.kek = kek
        self.seq = seq
        self.first = seq + 1
        self.seen = {}
        self.copies = 0

    def open(self, data):
        """Decrypt a datagram; returns header, payloads and all of these as
        octets."""
        header = gdoi.parse_header(data)
        check(header.spi == self.kek.spi, "SPI of another rekey SA")
        check(header.exchange == gdoi.PUSH, "exchange %d" % header.exchange)
        check(header.flags == gdoi.ENCRYPTED, "flags %#x" % header.flags)
        check(header.mid == 0, "message ID %d" % header.mid)
        cipher, iv = self.kek.cipher()
        plain = cipher.decrypt(iv, data[HEADER_LEN:])
        payloads = gdoi.parse_payloads(header.next, plain, cipher.block)
        return header, payloads, plain

    def receive(self, data):
        """Returns a message, or None if this is a copy."""
        header, payloads, plain = self.open(data)
        kinds = gdoi.types(payloads)
        deletes = kinds.count(gdoi.DELETE)
        check(kinds in ([gdoi.SEQ] + deletes * [gdoi.DELETE] + rest for rest in
                        ([gdoi.SA, gdoi.KD, gdoi.SIG], [gdoi.SIG])),
              "payloads are %s" % kinds)
        seq = parse_seq(payloads[0].body)
        if seq < self.first:
            # of before we registered
            return None
        if seq in self.seen:
            check(self.seen[seq] == data, "message %d came again as another "
                  "one" % seq)
            self.copies += 1
            return None
        check(seq > self.seq, "message %d after %d" % (seq, self.seq))
        how = self.check_signature(header, payloads, plain)
        self.seen[seq] = data
        return Message(seq, payloads[1:-1], how, data)

    def check_signature(self, header, payloads, plain):
        kek = self.kek
        signature = payloads[-1].body
        length = HEADER_LEN + sum(len(one.whole) for one in payloads)
        before = plain[:length - HEADER_LEN - len(payloads[-1].whole)]
        for name, value in (("", length), (", padded length", header.length)):
            try:
                return crypto.verify(
                    kek.sig_algorithm, kek.sig_hash, kek.public, signature,
                    signed_octets(kek.spi, header.next, value, before)) + name
            except FormatError as error:
                failed = error
        raise failed

    def accept(self, message):
        check(message.seq == self.seq + 1, "message %d after %d"
              % (message.seq, self.seq))
        self.seq = message.seq


def listen(destination):
    """A socket for what is sent to the destination of a rekey SA, None if it
    is no multicast address."""
    if destination.kind not in (gdoi.ID_IPV4_ADDR, gdoi.ID_IPV6_ADDR):
        return None
    address = ipaddress.ip_address(destination.data)
    if not address.is_multicast:
        return None
    return open_multicast(address, destination.port)
