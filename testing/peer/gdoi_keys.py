# Keys of a group: KD payloads (RFC 6407, 5.6), with the arrays of a key tree.
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

import gdoi_crypto as crypto
from gdoi_format import Attributes, Reader, build_attribute, check

# types of key packets
TEK, KEK, LKH, SID = 1, 2, 3, 4

# attributes of key packets
ALGORITHM_KEY, INTEGRITY_KEY = 1, 2
SIG_KEY = 2
DOWNLOAD_ARRAY, UPDATE_ARRAY, LKH_SIG_KEY = 1, 2, 3
SID_BITS, SID_VALUE = 1, 2

LKH_VERSION = 1

Packet = collections.namedtuple("Packet", "type spi attributes")

# a key of the tree: data is IV | key, encrypted in an UPDATE array
Node = collections.namedtuple("Node", "id handle data")

# keys from the one that (id, handle) decrypts to the root
Update = collections.namedtuple("Update", "id handle nodes")


def parse_packets(body):
    reader = Reader(body, "KD")
    count, reserved = reader.unpack("!HH")
    check(not reserved, "RESERVED2 of KD")
    packets = []
    for _ in range(count):
        kind, reserved, length = reader.unpack("!BBH")
        check(not reserved, "reserved octet of a key packet")
        check(length >= 5, "key packet of %d octets" % length)
        packet = Reader(reader.take(length - 4), "key packet")
        size, = packet.unpack("!B")
        check(size == {TEK: 4, KEK: 16, LKH: 16, SID: 0}.get(kind),
              "key packet of type %d with an SPI of %d octets" % (kind, size))
        packets.append(Packet(kind, packet.take(size), packet.rest()))
    reader.end()
    return packets


def build_packets(packets):
    out = struct.pack("!HH", len(packets), 0)
    for packet in packets:
        body = bytes([len(packet.spi)]) + packet.spi + packet.attributes
        out += struct.pack("!BBH", packet.type, 0, 4 + len(body)) + body
    return out


# keys of trees

def encrypted_octets(kek):
    """Of a key in an UPDATE array."""
    return kek.key_octets() + -kek.key_octets() % kek.block()


def parse_nodes(reader, count, octets, kek):
    nodes = []
    for _ in range(count):
        number, kind, reserved, _, _, handle = reader.unpack("!HBBIII")
        check(kind == kek.algorithm, "Key Type of LKH is %d" % kind)
        check(not reserved, "reserved octet of an LKH key")
        nodes.append(Node(number, handle, reader.take(octets)))
    reader.end()
    return nodes


def parse_array(data):
    reader = Reader(data, "LKH array")
    version, count, reserved = reader.unpack("!BHB")
    check(version == LKH_VERSION, "version %d of an LKH array" % version)
    check(not reserved, "reserved octet of an LKH array")
    check(count, "LKH array without keys")
    return reader, count


def parse_download(data, kek):
    """Keys from a member's leaf to the root."""
    reader, count = parse_array(data)
    return parse_nodes(reader, count, kek.key_octets(), kek)


def parse_update(data, kek):
    reader, count = parse_array(data)
    number, reserved, handle = reader.unpack("!HHI")
    check(not reserved, "reserved octets of an LKH_UPDATE_ARRAY")
    return Update(number, handle, parse_nodes(
        reader, count, encrypted_octets(kek), kek))


def build_nodes(nodes, kek):
    return b"".join(struct.pack("!HBBIII", node.id, kek.algorithm, 0, 0, 0,
                                node.handle) + node.data for node in nodes)


def build_download(nodes, kek):
    return struct.pack("!BHB", LKH_VERSION, len(nodes), 0) + \
        build_nodes(nodes, kek)


def build_update(update, kek):
    return struct.pack("!BHBHHI", LKH_VERSION, len(update.nodes), 0, update.id,
                       0, update.handle) + build_nodes(update.nodes, kek)


def encrypt_key(kek, wrapping, data):
    """IV | key, encrypted with another IV | key."""
    cipher, iv = crypto.kek_cipher(kek.algorithm, wrapping)
    return cipher.encrypt(iv, data)


def decrypt_key(kek, wrapping, data):
    cipher, iv = crypto.kek_cipher(kek.algorithm, wrapping)
    plain = cipher.decrypt(iv, data)
    check(plain[kek.key_octets():] == bytes(len(plain) - kek.key_octets()),
          "padding of an LKH key")
    return plain[:kek.key_octets()]


class Path:
    """Keys of a member, from its leaf to the root."""

    def __init__(self, nodes):
        self.nodes = list(nodes)

    def __str__(self):
        return ">".join("%04x.%d" % (node.id, node.handle)
                        for node in self.nodes)

    def leaf_key(self, kek):
        return self.nodes[0].data[kek.block():]

    def find(self, number, handle):
        for i, node in enumerate(self.nodes):
            if (node.id, node.handle) == (number, handle):
                return i
        return None

    def follow(self, updates, kek):
        """Path after arrays of a rekey; None if no array is of use."""
        for update in updates:
            held = [(update.id, update.handle)] + \
                [(node.id, node.handle) for node in update.nodes]
            # an array may begin below what this member holds
            for start, name in enumerate(held[:-1]):
                at = self.find(*name)
                if at is not None:
                    return self.take(at, update.nodes[start:], kek)
        return None

    def take(self, at, nodes, kek):
        key = self.nodes[at].data
        taken = []
        for node in nodes:
            key = decrypt_key(kek, key, node.data)
            taken.append(Node(node.id, node.handle, key))
        return Path(self.nodes[:at + 1] + taken)


class Keys:
    """A KD payload, read with the policy that it is for."""

    def __init__(self, body, policy, kek=None, pushed=False):
        """kek is the rekey SA that there was before, if there was one."""
        self.path = None
        self.updates = []
        self.sender_ids = []
        self.sid_bits = None
        self.packets = parse_packets(body)
        self.policy = policy
        self.pushed = pushed
        self.tree_kek = policy.kek or kek
        kinds = [packet.type for packet in self.packets]
        for kind in (KEK, LKH, SID):
            check(kinds.count(kind) <= 1, "%d key packets of type %d"
                  % (kinds.count(kind), kind))
        spis = [packet.spi for packet in self.packets if packet.type == TEK]
        check(sorted(spis) == sorted(tek.spi for tek in policy.teks),
              "keys of data SAs %s" % [spi.hex() for spi in spis])
        for packet in self.packets:
            {TEK: self.read_tek, KEK: self.read_kek, LKH: self.read_lkh,
             SID: self.read_sid}[packet.type](packet)

    def read_tek(self, packet):
        tek = next(tek for tek in self.policy.teks if tek.spi == packet.spi)
        found = Attributes(packet.attributes, "key packet of a data SA")
        tek.cipher_key = found.variable(ALGORITHM_KEY, b"")
        tek.integrity_key = found.variable(INTEGRITY_KEY, b"")
        found.end()
        tek.check_keys()

    def read_kek(self, packet):
        kek = self.policy.kek
        check(kek and packet.spi == kek.spi, "key of rekey SA %s"
              % packet.spi.hex())
        found = Attributes(packet.attributes, "key packet of a rekey SA")
        kek.key = found.optional(found.variable, ALGORITHM_KEY)
        kek.public = found.optional(found.variable, SIG_KEY)
        found.end()

    def read_lkh(self, packet):
        kek = self.tree_kek
        check(kek, "LKH without a rekey SA")
        check(packet.spi == kek.spi, "LKH of rekey SA %s" % packet.spi.hex())
        reader = Reader(packet.attributes, "key packet of a key tree")
        while reader.data:
            kind, length = reader.unpack("!HH")
            value = reader.take(length)
            if kind == UPDATE_ARRAY:
                check(self.pushed, "LKH_UPDATE_ARRAY in GROUPKEY-PULL")
                self.updates.append(parse_update(value, kek))
            elif kind == DOWNLOAD_ARRAY:
                check(not self.path, "two LKH_DOWNLOAD_ARRAYs")
                check(not self.pushed, "LKH_DOWNLOAD_ARRAY in GROUPKEY-PUSH")
                self.path = Path(parse_download(value, kek))
            else:
                check(kind == LKH_SIG_KEY and kek is self.policy.kek and
                      not kek.public, "attribute %d of LKH" % kind)
                kek.public = value

    def read_sid(self, packet):
        check(not self.pushed, "sender IDs in GROUPKEY-PUSH")
        reader = Reader(packet.attributes, "key packet of sender IDs")
        values = []
        while reader.data:
            kind, value = reader.unpack("!HH")
            if kind == 0x8000 | SID_BITS:
                check(self.sid_bits is None, "NUMBER_OF_SID_BITS twice")
                self.sid_bits = value
            else:
                check(kind == SID_VALUE, "attribute %#x of sender IDs" % kind)
                values.append(reader.take(value))
        check(self.sid_bits, "sender IDs without NUMBER_OF_SID_BITS")
        for value in values:
            check(len(value) == (self.sid_bits + 7) // 8,
                  "sender ID of %d octets" % len(value))
            check(int.from_bytes(value, "big") < 1 << self.sid_bits,
                  "sender ID %s" % value.hex())
        self.sender_ids = [int.from_bytes(value, "big") for value in values]


def tek_packet(tek):
    attributes = b"".join(build_attribute(kind, key) for kind, key in
                          ((ALGORITHM_KEY, tek.cipher_key),
                           (INTEGRITY_KEY, tek.integrity_key)) if key)
    return Packet(TEK, tek.spi, attributes)


def kek_packet(kek, with_key=True):
    attributes = build_attribute(ALGORITHM_KEY, kek.key) if with_key else b""
    if kek.public:
        attributes += build_attribute(SIG_KEY, kek.public)
    return Packet(KEK, kek.spi, attributes)


def lkh_packet(kek, download=None, updates=()):
    attributes = b""
    if download:
        attributes += build_attribute(DOWNLOAD_ARRAY,
                                      build_download(download, kek))
    for update in updates:
        attributes += build_attribute(UPDATE_ARRAY, build_update(update, kek))
    return Packet(LKH, kek.spi, attributes)


def sid_packet(bits, values):
    return Packet(SID, b"", build_attribute(SID_BITS, bits) + b"".join(
        build_attribute(SID_VALUE, value.to_bytes((bits + 7) // 8, "big"))
        for value in values))
