# Messages of IKEv2 as octets: headers, payloads, proposals, traffic selectors.
# Written from RFC 7296 and RFC 9838 alone; reads strictly.
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
import struct

# exchange types
IKE_SA_INIT, IKE_AUTH, INFORMATIONAL = 34, 35, 37
GSA_AUTH, GSA_REGISTRATION = 39, 40
GSA_REKEY, GSA_INBAND_REKEY = 41, 42

# payload types
SA, KE, IDI, IDR, AUTH, NONCE, NOTIFY, DELETE = 33, 34, 35, 36, 39, 40, 41, 42
TSI, TSR, SK, EAP, IDG, GSA, KD, SKF = 44, 45, 46, 48, 50, 51, 52, 53

# protocols
IKE, AH, ESP, GIKE_UPDATE = 1, 2, 3, 6

# transform types
ENCR, PRF, INTEG, DH, SN, KWA, GCAUTH = 1, 2, 3, 4, 5, 13, 14

# transform attributes
KEY_LENGTH, SIGNATURE_ALGORITHM = 14, 18

# notifies
UNSUPPORTED_CRITICAL_PAYLOAD, INVALID_SYNTAX = 1, 7
NO_PROPOSAL_CHOSEN, AUTHENTICATION_FAILED = 14, 24
INVALID_GROUP_ID, AUTHORIZATION_FAILED, REGISTRATION_FAILED = 45, 46, 49
NAT_SOURCE, NAT_DESTINATION, COOKIE = 16388, 16389, 16390
USE_TRANSPORT_MODE, GROUP_SENDER, FRAGMENTATION = 16391, 16429, 16430

# identities
ID_FQDN, ID_KEY_ID = 2, 11

# flags of the header
INITIATOR, RESPONSE = 0x08, 0x20

NO_SPI = bytes(8)


class FormatError(Exception):
    """What was received isn't what the specification says."""


def check(condition, text):
    if not condition:
        raise FormatError(text)


class Reader:
    """Reads octets, all of which must be there."""

    def __init__(self, data, what):
        self.data = data
        self.what = what

    def take(self, count):
        check(len(self.data) >= count, "%s: %d octets instead of %d"
              % (self.what, len(self.data), count))
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def unpack(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def rest(self):
        return self.take(len(self.data))

    def end(self):
        check(not self.data, "%s: %d octets left" % (self.what, len(self.data)))


Header = collections.namedtuple(
    "Header", "spi_i spi_r next version exchange flags mid length")
HEADER = "!8s8sBBBBII"
HEADER_LEN = 28


def build_header(spi_i, spi_r, first, exchange, flags, mid, length):
    return struct.pack(HEADER, spi_i, spi_r, first, 0x20, exchange, flags, mid,
                       length)


def parse_header(data):
    header = Header(*Reader(data, "IKE header").unpack(HEADER))
    check(header.version == 0x20, "version %#x" % header.version)
    check(header.length == len(data), "header says %d octets, there are %d"
          % (header.length, len(data)))
    return header


def split_encrypted(header, data):
    """Split a message that is an encrypted payload. Returns first payload,
    fragment number and total (0 for a whole one) and what is encrypted."""
    check(header.next in (SK, SKF), "payload %d isn't encrypted" % header.next)
    reader = Reader(data[HEADER_LEN:], "encrypted payload")
    first, flags, length = reader.unpack("!BBH")
    check(flags == 0, "flags of an encrypted payload")
    check(length == len(data) - HEADER_LEN, "length of encrypted payload")
    part, total = reader.unpack("!HH") if header.next == SKF else (0, 0)
    return first, part, total, reader.rest()


class Payload(collections.namedtuple("Payload", "type body critical")):
    """A payload without its generic header."""

    def __new__(cls, kind, body, critical=False):
        return super().__new__(cls, kind, body, critical)


def build_payloads(payloads):
    """Returns the type of the first and all as octets."""
    out = b""
    following = [payload.type for payload in payloads[1:]] + [0]
    for payload, after in zip(payloads, following):
        out += struct.pack("!BBH", after, 0x80 if payload.critical else 0,
                           4 + len(payload.body)) + payload.body
    return payloads[0].type if payloads else 0, out


def parse_payloads(first, data):
    reader = Reader(data, "payloads")
    payloads = []
    while first:
        after, flags, length = reader.unpack("!BBH")
        check(not flags & 0x7f, "reserved bits in payload %d" % first)
        check(length >= 4, "payload %d is %d octets long" % (first, length))
        payloads.append(Payload(first, reader.take(length - 4), flags != 0))
        first = after
    reader.end()
    return payloads


class Fragments:
    """Parts of a message (RFC 7383), until all of them are there."""

    def __init__(self):
        self.total = 0
        self.parts = {}

    def add(self, first, part, total, plain):
        """Returns whether that was the last one."""
        check(1 <= part <= total, "fragment %d of %d" % (part, total))
        check((first == 0) == (part > 1), "payload %d in fragment %d"
              % (first, part))
        check(self.total in (0, total), "fragments of %d and %d"
              % (self.total, total))
        self.total = total
        self.parts[part] = (first, plain)
        return len(self.parts) == total

    def whole(self):
        """Type of the first payload, and all as octets."""
        return self.parts[1][0], b"".join(
            self.parts[i + 1][1] for i in range(self.total))


def build_notify(kind, data=b""):
    return Payload(NOTIFY, struct.pack("!BBH", 0, 0, kind) + data)


def parse_notify(body):
    """Returns type and data; none of those here has an SPI."""
    reader = Reader(body, "notify")
    protocol, spi_size, kind = reader.unpack("!BBH")
    check(spi_size == 0, "notify %d with an SPI" % kind)
    if kind in (INVALID_GROUP_ID, AUTHORIZATION_FAILED, REGISTRATION_FAILED):
        check(protocol == 0, "notify %d with protocol %d" % (kind, protocol))
        check(not reader.data, "notify %d with data" % kind)
    return kind, reader.rest()


def parse_delete(body):
    """Returns protocol and SPIs."""
    reader = Reader(body, "delete")
    protocol, spi_size, count = reader.unpack("!BBH")
    spis = [reader.take(spi_size) for _ in range(count)]
    reader.end()
    return protocol, spis


def build_attribute(kind, value):
    """An integer becomes a short one."""
    if isinstance(value, int):
        return struct.pack("!HH", 0x8000 | kind, value)
    return struct.pack("!HH", kind, len(value)) + value


def parse_attributes(data, what):
    """Returns a list of (type, value), integers for short ones."""
    reader = Reader(data, "attributes of " + what)
    attributes = []
    while reader.data:
        kind, value = reader.unpack("!HH")
        if kind & 0x8000:
            attributes.append((kind & 0x7fff, value))
        else:
            attributes.append((kind, reader.take(value)))
    return attributes


Transform = collections.namedtuple("Transform", "type id attributes")


def transform(kind, number, key_length=None):
    return Transform(kind, number,
                     [(KEY_LENGTH, key_length)] if key_length else [])


def build_transform(item, last):
    attributes = b"".join(build_attribute(*one) for one in item.attributes)
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attributes),
                       item.type, 0, item.id) + attributes


def build_transforms(items):
    return b"".join(build_transform(item, i == len(items) - 1)
                    for i, item in enumerate(items))


def parse_transforms(reader):
    """Reads transforms up to the one that says it's the last."""
    items = []
    more = 3
    while more:
        more, reserved, length, kind, reserved2, number = \
            reader.unpack("!BBHBBH")
        check(more in (0, 3), "Last Substruc of a transform is %d" % more)
        check(not reserved and not reserved2, "reserved octets in a transform")
        check(length >= 8, "transform of %d octets" % length)
        attributes = parse_attributes(reader.take(length - 8), "a transform")
        items.append(Transform(kind, number, attributes))
    return items


Proposal = collections.namedtuple("Proposal", "number protocol spi transforms")


def build_proposals(proposals):
    """Body of an SA or SAg payload."""
    out = b""
    for i, item in enumerate(proposals):
        body = item.spi + build_transforms(item.transforms)
        out += struct.pack("!BBHBBBB", 0 if i == len(proposals) - 1 else 2, 0,
                           8 + len(body), item.number, item.protocol,
                           len(item.spi), len(item.transforms)) + body
    return out


def parse_proposals(data):
    reader = Reader(data, "SA payload")
    proposals = []
    more = 2
    while more:
        more, reserved, length, number, protocol, spi_size, count = \
            reader.unpack("!BBHBBBB")
        check(more in (0, 2), "Last Substruc of a proposal is %d" % more)
        check(not reserved, "reserved octet in a proposal")
        check(length >= 8, "proposal of %d octets" % length)
        body = Reader(reader.take(length - 8), "proposal")
        spi = body.take(spi_size)
        transforms = parse_transforms(body)
        body.end()
        check(len(transforms) == count, "proposal has %d transforms, not %d"
              % (len(transforms), count))
        proposals.append(Proposal(number, protocol, spi, transforms))
    reader.end()
    return proposals


class Selector(collections.namedtuple("Selector",
                                      "protocol ports first last")):
    """A traffic selector; prints as swanctl does."""

    def __str__(self):
        networks = list(ipaddress.summarize_address_range(self.first,
                                                          self.last))
        if len(networks) == 1:
            text = str(networks[0])
        else:
            text = "%s..%s" % (self.first, self.last)
        if self.protocol == 0 and self.ports == (0, 65535):
            return text
        protocol = {0: "0", 6: "tcp", 17: "udp"}.get(self.protocol,
                                                     str(self.protocol))
        if self.ports == (0, 65535):
            return "%s[%s]" % (text, protocol)
        if self.ports[0] == self.ports[1]:
            return "%s[%s/%d]" % (text, protocol, self.ports[0])
        return "%s[%s/%d-%d]" % ((text, protocol) + self.ports)

    @property
    def is_one_address(self):
        return self.first == self.last


def build_selector(network):
    """Selector for all traffic of a network."""
    network = ipaddress.ip_network(network)
    return build_one_selector(Selector(0, (0, 65535), network[0], network[-1]))


def build_one_selector(selector):
    first, last = selector.first.packed, selector.last.packed
    return struct.pack("!BBHHH", 7 if selector.first.version == 4 else 8,
                       selector.protocol, 8 + 2 * len(first),
                       *selector.ports) + first + last


def build_selectors(*networks):
    """Body of a TSi or TSr payload."""
    return struct.pack("!B3x", len(networks)) + b"".join(
        build_selector(network) for network in networks)


def parse_selector(reader):
    kind, protocol, length, first_port, last_port = reader.unpack("!BBHHH")
    check(kind in (7, 8), "traffic selector of type %d" % kind)
    size = 4 if kind == 7 else 16
    check(length == 8 + 2 * size, "traffic selector of %d octets" % length)
    first, last = (ipaddress.ip_address(reader.take(size)) for _ in (1, 2))
    check(first <= last, "addresses of a traffic selector in wrong order")
    check(first_port <= last_port or (first_port, last_port) == (65535, 0),
          "ports of a traffic selector in wrong order")
    return Selector(protocol, (first_port, last_port), first, last)
