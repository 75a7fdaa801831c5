# Acknowledgements of GROUPKEY-PUSH (RFC 8263), and encrypted ones.
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
import hmac
import ipaddress
import struct

import gdoi_format as gdoi
from gdoi_format import HEADER_LEN, Payload, check

KEK_SHA256, LKH_SHA256, KEK_SHA512, LKH_SHA512 = 1, 2, 3, 4

LABEL = b"GROUPKEY-PUSH ACK\0"

# readings of L (RFC 8263, 4.1.1)
OF_BLOCK, OF_KEY = "block", "key"

Ack = collections.namedtuple("Ack", "spi seq address hash hashed")


def function(kind):
    return hashlib.sha256 if kind in (KEK_SHA256, LKH_SHA256) else \
        hashlib.sha512


def ack_key(kind, base_key, spi, reading):
    used = function(kind)
    bits = 8 * (used().block_size if reading == OF_BLOCK
                else used().digest_size)
    return hmac.new(base_key, LABEL + spi + struct.pack("!H", bits),
                    used).digest()


def id_body(address):
    address = ipaddress.ip_address(address)
    return gdoi.build_id(gdoi.ID_IPV4_ADDR if address.version == 4 else
                         gdoi.ID_IPV6_ADDR, address.packed)


def build(kind, base_key, spi, seq, address, reading=OF_BLOCK):
    """An acknowledgement."""
    return build_with(kind, ack_key(kind, base_key, spi, reading), spi,
                      [Payload(gdoi.SEQ, gdoi.number(seq)),
                       Payload(gdoi.ID, id_body(address))])


def build_with(kind, key, spi, payloads, exchange=gdoi.PUSH_ACK, flags=0,
               mid=0):
    rest = gdoi.build_payloads(payloads)
    value = hmac.new(key, rest, function(kind)).digest()
    body = gdoi.build_payload(payloads[0].type, value) + rest
    return gdoi.build_header(spi, gdoi.HASH, exchange, flags, mid,
                             HEADER_LEN + len(body)) + body


def seal(kek, message):
    """Encrypt an acknowledgement with the key of the rekey SA."""
    cipher, iv = kek.cipher()
    data = cipher.encrypt(iv, message[HEADER_LEN:])
    return gdoi.build_header(kek.spi, gdoi.HASH, gdoi.PUSH_ACK,
                             gdoi.ENCRYPTED, 0, HEADER_LEN + len(data)) + data


def open_sealed(kek, data):
    """The acknowledgement that was encrypted."""
    header = gdoi.parse_header(data)
    check(header.flags == gdoi.ENCRYPTED, "flags %#x" % header.flags)
    cipher, iv = kek.cipher()
    plain = cipher.decrypt(iv, data[HEADER_LEN:])
    payloads = gdoi.parse_payloads(header.next, plain, cipher.block)
    length = sum(len(payload.whole) for payload in payloads)
    return gdoi.build_header(header.spi, header.next, header.exchange, 0,
                             header.mid, HEADER_LEN + length) + plain[:length]


def parse(data, kind):
    """Read an acknowledgement in clear."""
    header = gdoi.parse_header(data)
    check((header.next, header.exchange, header.flags, header.mid) ==
          (gdoi.HASH, gdoi.PUSH_ACK, 0, 0), "header %s" % (header,))
    payloads = gdoi.parse_payloads(header.next, data[HEADER_LEN:])
    check(gdoi.types(payloads) == [gdoi.HASH, gdoi.SEQ, gdoi.ID],
          "payloads are %s" % gdoi.types(payloads))
    value, seq, identity = (payload.body for payload in payloads)
    check(len(value) == function(kind)().digest_size, "HASH of %d octets"
          % len(value))
    check(len(seq) == 4, "SEQ of %d octets" % len(seq))
    check(len(identity) >= 4, "ID of %d octets" % len(identity))
    kind, protocol, port = struct.unpack("!BBH", identity[:4])
    check((protocol, port) == (0, 0), "protocol %d, port %d in ID"
          % (protocol, port))
    check((kind, len(identity)) in ((gdoi.ID_IPV4_ADDR, 8),
                                    (gdoi.ID_IPV6_ADDR, 20)),
          "ID of type %d with %d octets" % (kind, len(identity)))
    return Ack(header.spi, int.from_bytes(seq, "big"),
               str(ipaddress.ip_address(identity[4:])), value,
               payloads[1].whole + payloads[2].whole)


def verify(ack, kind, base_key):
    """Returns the reading of L that it was made with."""
    for reading in (OF_BLOCK, OF_KEY):
        key = ack_key(kind, base_key, ack.spi, reading)
        if hmac.new(key, ack.hashed, function(kind)).digest() == ack.hash:
            return reading
    raise gdoi.FormatError("HASH of an acknowledgement is wrong")


# made once with another implementation of HMAC: type, reading, ack_key, HASH
VECTORS = (
    (KEK_SHA256, OF_KEY,
     "71fab7364fc6213e498d6afe3fea15ad150c62cfc70fa30412cb040cd140a0a6",
     "0692726ed7383e67ac0f726db6ef8917a532408d99182c41c4eeab28b3c55f63"),
    (KEK_SHA256, OF_BLOCK,
     "a1c548623ba90cf8ea1296281ca9d227593893948d655a064ab8629c7b3a94b5",
     "d2a495a5b347101b7b4dba70993eb9242c60a8fd56af8c2d91ed288a40eefa57"),
    (KEK_SHA512, OF_KEY,
     "2998479de7760d26766813205f281cbb0dc52642192dcf9f7b989e728c38fa1c"
     "7369d99ace08389a7708d2309a1c33ccbf558daa2e5798dfecb7199fa05fde3c",
     "746026ef6ea8f728487850f0e37f5cd26ee2f273c188b43f9067309fd1680cfd"
     "309c394da980881f67cb0c60f22db91bc382433c3eacd96754ca1fb9250ba5f1"),
    (KEK_SHA512, OF_BLOCK,
     "ee122fa0483dc280e40645c14dd1e46ac3879bcb1a130a7281484cef8cace849"
     "ddfd3bddd7c9385fbf21ff12dc0f2e850cccbad9fb98a310df2a5a90e0f5f430",
     "e6dd75f13eb07d410e072d80f3de98f4b5be6df00136d8867b234434000fe7ae"
     "26aa8cd1b1ea74911a82685cbf27edbd1866a3e083f351be70a3aee49ec5029d"),
)


def self_test(_):
    """Compare with known values."""
    base_key, spi = bytes(range(16)), bytes(range(16, 32))
    for kind, reading, key, value in VECTORS:
        check(ack_key(kind, base_key, spi, reading).hex() == key,
              "ack_key of type %d" % kind)
        ack = parse(build(kind, base_key, spi, 7, "192.0.2.1", reading), kind)
        check(ack.hash.hex() == value, "HASH of type %d" % kind)
        check(verify(ack, kind, base_key) == reading, "L of type %d" % kind)
    print("%d acknowledgements are as they should" % len(VECTORS))


COMMANDS = [("ack-vectors", self_test)]
