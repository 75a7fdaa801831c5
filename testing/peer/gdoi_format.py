# Messages of ISAKMP and GDOI as octets: header, payloads, attributes and
# identities. Written from RFC 2408, RFC 2409 and RFC 6407 alone; reads
# strictly.
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

from ike_format import FormatError, Reader, build_attribute, check

__all__ = ["FormatError", "Reader", "build_attribute", "check"]

PORT = 848

# exchange types
MAIN_MODE, AGGRESSIVE, INFORMATIONAL = 2, 4, 5
PULL, PUSH, PUSH_ACK = 32, 33, 35

# payload types
SA, PROPOSAL, TRANSFORM, KE, ID, CERT, CR, HASH, SIG = range(1, 10)
NONCE, NOTIFY, DELETE, VENDOR_ID, SAK, SAT, KD, SEQ = 10, 11, 12, 13, 15, 16, \
    17, 18
GAP = 22

# flags of the header
ENCRYPTED = 0x01

# DOIs; the situation of the IPsec DOI is SIT_IDENTITY_ONLY
DOI_IPSEC, DOI_GDOI = 1, 2

# notify of RFC 2408, 3.14.1
INVALID_ID_INFORMATION = 18

# identities
ID_IPV4_ADDR, ID_FQDN, ID_IPV4_SUBNET, ID_IPV6_ADDR, ID_IPV6_SUBNET = \
    1, 2, 4, 5, 6
ID_IPV4_RANGE, ID_IPV6_RANGE, ID_DN, ID_KEY_ID, ID_OID = 7, 8, 9, 11, 13

# protocols of SATs, and that of rekey SAs in deletes
KEK_PROTOCOL, ESP, AH, IEC_61850 = 0, 1, 2, 3

HEADER = "!16sBBBBII"
HEADER_LEN = 28
VERSION = 0x10

Header = collections.namedtuple(
    "Header", "spi next version exchange flags mid length")


def build_header(spi, first, exchange, flags, mid, length):
    return struct.pack(HEADER, spi, first, VERSION, exchange, flags, mid,
                       length)


def parse_header(data):
    header = Header(*Reader(data, "ISAKMP header").unpack(HEADER))
    check(header.version == VERSION, "version %#x" % header.version)
    check(header.length == len(data), "header says %d octets, there are %d"
          % (header.length, len(data)))
    return header


class Payload(collections.namedtuple("Payload", "type body whole")):
    """A payload: its body, and as received with its generic header."""

    def __new__(cls, kind, body, whole=None):
        return super().__new__(cls, kind, body, whole)


def build_payload(after, body):
    return struct.pack("!BBH", after, 0, 4 + len(body)) + body


def build_payloads(payloads, after=0):
    """All as octets, with what the last one says of the payload after it."""
    following = [payload.type for payload in payloads[1:]] + [after]
    return b"".join(build_payload(*item) for item in
                    zip(following, (payload.body for payload in payloads)))


def split_payloads(first, data):
    """Returns payloads, and what is left behind the last one."""
    reader = Reader(data, "payloads")
    payloads = []
    while first:
        rest = reader.data
        after, reserved, length = reader.unpack("!BBH")
        check(not reserved, "reserved octet of payload %d" % first)
        check(length >= 4, "payload %d is %d octets long" % (first, length))
        body = reader.take(length - 4)
        payloads.append(Payload(first, body, rest[:length]))
        first = after
    return payloads, reader.rest()


def parse_payloads(first, data, block=0):
    """Padding, if the cipher has blocks, is less than one, of zeros."""
    payloads, padding = split_payloads(first, data)
    check(padding == bytes(len(padding)), "padding isn't zero: %s"
          % padding.hex())
    check(len(padding) < max(block, 1), "%d octets of padding" % len(padding))
    return payloads


def only(payloads, kind):
    """Body of the only payload of a type."""
    found = [payload.body for payload in payloads if payload.type == kind]
    check(len(found) == 1, "%d payloads of type %d" % (len(found), kind))
    return found[0]


def types(payloads):
    return [payload.type for payload in payloads]


class Attributes:
    """Data attributes (RFC 2408, 3.3) by number, each at most once."""

    def __init__(self, data, what):
        self.what = what
        self.found = {}
        reader = Reader(data, "attributes of " + what)
        while reader.data:
            kind, value = reader.unpack("!HH")
            if not kind & 0x8000:
                value = reader.take(value)
            kind &= 0x7fff
            check(kind not in self.found, "attribute %d of %s twice"
                  % (kind, what))
            self.found[kind] = value

    def basic(self, kind, default=None):
        """A value that has to be written as basic attribute."""
        value = self.found.pop(kind, default)
        check(value is not None, "%s has no attribute %d" % (self.what, kind))
        check(isinstance(value, int), "attribute %d of %s isn't basic"
              % (kind, self.what))
        return value

    def variable(self, kind, default=None):
        """A value that has to be written as variable attribute."""
        value = self.found.pop(kind, default)
        check(value is not None, "%s has no attribute %d" % (self.what, kind))
        check(isinstance(value, bytes), "attribute %d of %s is basic"
              % (kind, self.what))
        return value

    def number(self, kind, default=None):
        """A variable one of four octets."""
        value = self.variable(kind, default)
        check(len(value) == 4, "attribute %d of %s has %d octets"
              % (kind, self.what, len(value)))
        return int.from_bytes(value, "big")

    def optional(self, read, kind):
        return read(kind) if kind in self.found else None

    def end(self):
        check(not self.found, "%s has attributes %s"
              % (self.what, sorted(self.found)))


def number(value):
    """A number as variable attribute."""
    return struct.pack("!I", value)


def build_id(kind, data, protocol=0, port=0):
    """Body of an ID payload."""
    return struct.pack("!BBH", kind, protocol, port) + data


def id_data(network):
    """Type and data of an ID for a network, an address if it's just one."""
    network = ipaddress.ip_network(network)
    four = network.version == 4
    if network.num_addresses == 1:
        return (ID_IPV4_ADDR if four else ID_IPV6_ADDR,
                network.network_address.packed)
    return (ID_IPV4_SUBNET if four else ID_IPV6_SUBNET,
            network.network_address.packed + network.netmask.packed)


def describe_id(kind, data):
    """An ID of traffic as text, in the manner of swanctl."""
    if kind in (ID_IPV4_ADDR, ID_IPV6_ADDR):
        check(len(data) == (4 if kind == ID_IPV4_ADDR else 16),
              "address of %d octets" % len(data))
        return str(ipaddress.ip_network(data))
    if kind in (ID_IPV4_SUBNET, ID_IPV6_SUBNET):
        size = 4 if kind == ID_IPV4_SUBNET else 16
        check(len(data) == 2 * size, "subnet of %d octets" % len(data))
        mask = int.from_bytes(data[size:], "big")
        length = bin(mask).count("1")
        check(mask == (1 << 8 * size) - (1 << 8 * size - length),
              "mask %s" % data[size:].hex())
        return str(ipaddress.ip_network((data[:size], length)))
    check(kind in (ID_IPV4_RANGE, ID_IPV6_RANGE), "ID of type %d for traffic"
          % kind)
    size = 4 if kind == ID_IPV4_RANGE else 16
    check(len(data) == 2 * size, "range of %d octets" % len(data))
    first, last = (ipaddress.ip_address(one)
                   for one in (data[:size], data[size:]))
    check(first < last, "range %s..%s" % (first, last))
    return "%s..%s" % (first, last)


def build_delete(protocol, spis, doi=DOI_GDOI):
    return struct.pack("!IBBH", doi, protocol, len(spis[0]), len(spis)) + \
        b"".join(spis)


def parse_delete(body, doi=DOI_GDOI):
    """Returns protocol and SPIs."""
    reader = Reader(body, "delete")
    found, protocol, size, count = reader.unpack("!IBBH")
    check(found == doi, "delete of DOI %d" % found)
    check(count, "delete of nothing")
    spis = [reader.take(size) for _ in range(count)]
    reader.end()
    return protocol, spis


def build_notify(kind, spi=b"", data=b"", protocol=1, doi=DOI_GDOI):
    return struct.pack("!IBBH", doi, protocol, len(spi), kind) + spi + data


def parse_notify(body):
    """Returns type and data."""
    reader = Reader(body, "notify")
    _, _, size, kind = reader.unpack("!IBBH")
    reader.take(size)
    return kind, reader.rest()
