# IP packets: IPv4 (RFC 791), IPv6 (RFC 8200) and UDP, read and written.
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
import struct
from collections import namedtuple

from ike_format import check

ICMP, UDP, ICMPV6 = 1, 17, 58
ESP = 50
IPV4, IPV6 = 4, 41

HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
EXTENSIONS = HOP_BY_HOP, ROUTING, DESTINATION

DF, MF = 0x4000, 0x2000

NAMES = {ICMP: "ICMP", UDP: "UDP", ICMPV6: "ICMPv6", ESP: "ESP", 6: "TCP"}

# addresses are of ipaddress; extra are options, or extension headers; fragment
# is the offset with MF as in IPv4, of which identification belongs to
Packet = namedtuple("Packet", "source destination protocol payload extra "
                    "fragment identification")


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def build4(source, destination, protocol, payload, options=b"", fragment=0,
           identification=1):
    check(len(options) % 4 == 0 and len(options) <= 40, "options of IPv4")

    def header(value):
        return struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0,
                           20 + len(options) + len(payload), identification,
                           fragment, 64, protocol, value, source.packed,
                           destination.packed) + options
    return header(checksum(header(0))) + payload


def build6(source, destination, protocol, payload, extensions=()):
    """Extension headers are (type, content), with content from its third
    octet on."""
    for kind, content in reversed(extensions):
        length = 0 if kind == FRAGMENT else (len(content) + 2) // 8 - 1
        payload = bytes([protocol, length]) + content + payload
        protocol = kind
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 64,
                       source.packed, destination.packed) + payload


def build(source, destination, protocol, payload):
    build_one = build4 if source.version == 4 else build6
    return build_one(source, destination, protocol, payload)


def udp(source, destination, port, text):
    """An UDP datagram that says something, with its IP header."""
    data = text.encode()

    def datagram(value):
        return struct.pack("!HHHH", port, port, 8 + len(data), value) + data
    pseudo = source.packed + destination.packed + struct.pack(
        "!II", 8 + len(data), UDP)
    return build(source, destination, UDP,
                 datagram(checksum(pseudo + datagram(0)) or 0xffff))


def fragments(packet, count):
    """Cut what a packet carries into so many fragments, as
    (offset, end, data)."""
    payload = parse(packet).payload
    size = (len(payload) // count + 7) // 8 * 8
    return [(offset, min(offset + size, len(payload)),
             payload[offset:offset + size])
            for offset in range(0, len(payload), size)]


def build_fragment(packet, offset, data, more, identification):
    """A fragment of a packet, of any data."""
    whole = parse(packet)
    check(offset % 8 == 0, "offset of a fragment")
    if whole.source.version == 4:
        return build4(whole.source, whole.destination, whole.protocol, data,
                      fragment=offset // 8 + (MF if more else 0),
                      identification=identification)
    return build6(whole.source, whole.destination, whole.protocol, data,
                  [(FRAGMENT, struct.pack("!HI", offset + more,
                                          identification))])


def parse4(data):
    check(len(data) >= 20, "IPv4: %d octets" % len(data))
    length = (data[0] & 15) * 4
    total, identification, fragment = struct.unpack("!HHH", data[2:8])
    check(20 <= length <= total <= len(data), "IPv4: header of %d octets, "
          "total length %d, %d octets" % (length, total, len(data)))
    check(checksum(data[:length]) == 0, "IPv4: checksum")
    return Packet(ipaddress.IPv4Address(data[12:16]),
                  ipaddress.IPv4Address(data[16:20]), data[9],
                  data[length:total], data[20:length], fragment & ~DF,
                  identification)


def parse6(data):
    check(len(data) >= 40, "IPv6: %d octets" % len(data))
    length, protocol = struct.unpack("!HB", data[4:7])
    check(40 + length <= len(data), "IPv6: payload length %d, %d octets"
          % (length, len(data)))
    payload = data[40:40 + length]
    extensions = []
    fragment = identification = 0
    while protocol in EXTENSIONS or protocol == FRAGMENT:
        check(len(payload) >= 8, "IPv6: extension header of %d octets"
              % len(payload))
        size = 8
        if protocol == FRAGMENT:
            fragment, identification = struct.unpack("!HI", payload[2:8])
            fragment = fragment >> 3 | (MF if fragment & 1 else 0)
        else:
            size += payload[1] * 8
        check(size <= len(payload), "IPv6: extension header of %d octets"
              % size)
        extensions.append((protocol, payload[2:size]))
        protocol, payload = payload[0], payload[size:]
    return Packet(ipaddress.IPv6Address(data[8:24]),
                  ipaddress.IPv6Address(data[24:40]), protocol, payload,
                  extensions, fragment, identification)


def parse(data):
    check(data and data[0] >> 4 in (4, 6), "no IP packet")
    return parse4(data) if data[0] >> 4 == 4 else parse6(data)
