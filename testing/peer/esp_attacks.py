# Packets that a gateway of a group must not let pass, by the name of the
# attack, and some that it must: ATTACKS. Each is made by a function that gives
# octets to send, with what is said about UDP datagrams in them.
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
import itertools
import os
import struct
import time

import esp_format as esp
import ip_format as ip

NO_NEXT_HEADER = 59
# of BEET mode, stands for options of the header inside
BEETPH = 94

# octets of text that make three fragments
LONG = 300

ICMP_ECHO = b"\x08\0\xf7\xff\0\0\0\0"
TCP_SYN = struct.pack("!HHIIBBHHH", 5000, 5000, 1, 0, 0x50, 2, 1024, 0, 0)


class Forge:
    """Makes packets from one host to another as their gateway would."""

    def __init__(self, config, sa):
        self.sa = sa
        self.source = config.source
        self.destination = config.destination
        self.other_source = config.other_source or config.source + 1
        self.other_destination = config.other_destination or \
            config.destination + 1
        self.dummies = config.dummies
        self.port = config.port
        self.window = config.d3p
        self.recorded = config.packet
        self.recorded_at = config.packet_time
        self.following = ip.IPV4 if config.source.version == 4 else ip.IPV6
        self.sequence = itertools.count(config.sequence)
        self.name = "valid"
        self.count = 0
        self.decrypted = 0

    def begin(self, name):
        """Another attack."""
        self.name = name
        self.count = self.decrypted = 0

    def text(self, size=0):
        """What tells at the receiver which packet passed."""
        self.count += 1
        self.decrypted += self.name in PASSING
        return ("%s %d" % (self.name, self.count)).ljust(size, ".")

    def inner(self, source=None, destination=None, size=0):
        return ip.udp(source or self.source, destination or self.destination,
                      self.port, self.text(size))

    def d3p(self, **others):
        """A header in front of what is inside, if the group has it."""
        if self.window is None:
            return b""
        return esp.d3p(self.following, **others)

    def seal(self, payload, following=None, spi=None):
        """ESP of a payload, with a D3P header if the group has it."""
        if following is None:
            following = self.following if self.window is None else esp.D3P
        return self.sa.seal(next(self.sequence),
                            self.sa.pad(following, payload), spi)

    def outer(self, data, **others):
        """The outer header in front of ESP."""
        build = ip.build4 if self.source.version == 4 else ip.build6
        return build(self.source, self.destination, ip.ESP, data, **others)

    def wrap(self, payload, following=None):
        """An ESP packet that carries an inner packet after a good header of
        D3P."""
        return self.outer(self.seal(self.d3p() + payload, following))

    def valid(self, size=0):
        return self.wrap(self.inner(size=size))

    def esp(self):
        return self.seal(self.d3p() + self.inner())


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1:]


def pieces_of(forge, packet):
    """Three fragments of a packet, each with the same new identification."""
    found = ip.fragments(packet, 3)
    identification = next(forge.sequence) & 0xffff
    return [ip.build_fragment(packet, offset, data, offset != found[-1][0],
                              identification) for offset, _, data in found]


# cut and forged


def truncated(forge):
    """ESP that ends after each of its octets, with lengths that say so."""
    data = forge.esp()
    for length in range(len(data)):
        yield forge.outer(data[:length])


def short(forge):
    """Packets that end before their length says."""
    packet = forge.valid()
    for length in range(1, len(packet)):
        yield packet[:length]


def forged_icv(forge):
    yield forge.outer(forge.esp()[:-forge.sa.icv_len] +
                      os.urandom(forge.sa.icv_len))


def flipped(forge):
    """A bit of each octet, from the sequence number on."""
    data = forge.esp()
    for position in range(4, len(data)):
        yield forge.outer(flip(data, position))


def unknown_spi(forge):
    for spi in (b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\xff",
                b"\xff\xff\xff\xff", flip(forge.sa.spi, 0),
                flip(forge.sa.spi, 3)):
        yield forge.outer(forge.seal(forge.d3p() + forge.inner(), spi=spi))


def random_esp(forge):
    """The right SPI, and else nothing that is known."""
    for length in (16, 32, 64, 1000):
        yield forge.outer(forge.sa.spi + os.urandom(length))


def padding(forge):
    """A length of padding that is more than there is."""
    plain = forge.sa.pad(forge.following, forge.d3p() + forge.inner())
    yield forge.outer(forge.sa.seal(next(forge.sequence), plain[:-2] +
                                    b"\xff" + plain[-1:]))


# addresses


def outer_source(forge):
    yield ip.build(forge.other_source, forge.destination, ip.ESP, forge.esp())


def outer_destination(forge):
    yield ip.build(forge.source, forge.other_destination, ip.ESP, forge.esp())


def inner_source(forge):
    yield forge.wrap(forge.inner(source=forge.other_source))


def inner_destination(forge):
    yield forge.wrap(forge.inner(destination=forge.other_destination))


def inner_swapped(forge):
    yield forge.wrap(forge.inner(forge.destination, forge.source))


def inner_family(forge):
    """IPv6 in IPv4, and the other way round."""
    if forge.source.version == 4:
        source, destination = (ipaddress.IPv6Address(one) for one in
                               ("fec1::10", "fec2::10"))
        following = ip.IPV6
    else:
        source, destination = (ipaddress.IPv4Address(one) for one in
                               ("10.1.0.10", "10.2.0.10"))
        following = ip.IPV4
    payload = forge.inner(source, destination)
    if forge.window is None:
        yield forge.outer(forge.seal(payload, following))
    else:
        yield forge.outer(forge.seal(esp.d3p(following) + payload))


def dummies(forge):
    """Dummy addresses of SAs from outside: as the kernel knows them, and in
    any other combination, encrypted and in clear."""
    local, remote = forge.dummies
    for source, destination in ((remote, local), (local, remote),
                                (forge.source, local),
                                (forge.source, remote),
                                (local, forge.destination),
                                (remote, forge.destination)):
        yield ip.build(source, destination, ip.ESP, forge.esp())
        yield ip.build(source, destination, ip.ESP, forge.seal(
            forge.d3p() + forge.inner(source, destination)))
        yield forge.inner(source, destination)


# in clear


def clear(forge):
    """Datagrams and others to protected hosts."""
    yield forge.inner()
    for protocol, payload in ((ip.ICMP, ICMP_ECHO), (6, TCP_SYN),
                              (esp.D3P, esp.d3p(forge.following) +
                               forge.inner()),
                              (forge.following, forge.inner()),
                              (NO_NEXT_HEADER, b"")):
        yield ip.build(forge.source, forge.destination, protocol, payload)


def clear_fragments(forge):
    yield from pieces_of(forge, forge.inner(size=LONG))


# options and extension headers


def extension_chains():
    """Chains of extension headers that a receiver accepts."""
    padding_option = b"\1\4" + bytes(4)
    return [[(ip.HOP_BY_HOP, padding_option)],
            [(ip.DESTINATION, padding_option)],
            [(ip.HOP_BY_HOP, padding_option),
             (ip.DESTINATION, padding_option)]]


def option_lists():
    """Options that a receiver accepts: no-operation, end of list, and those
    that record nothing as there is no room."""
    return [b"\1" * 4, b"\0" * 4, b"\1\x07\x03\x04", b"\1" * 40]


def outer_options(forge):
    if forge.source.version == 4:
        for options in option_lists():
            yield forge.outer(forge.esp(), options=options)
    else:
        for chain in extension_chains():
            yield forge.outer(forge.esp(), extensions=chain)


def inner_options(forge):
    """These pass, as they are inside."""
    source, destination = forge.source, forge.destination

    def datagram():
        return ip.parse(forge.inner()).payload
    if source.version == 4:
        for options in option_lists():
            yield forge.wrap(ip.build4(source, destination, ip.UDP,
                                       datagram(), options))
    else:
        for chain in extension_chains():
            yield forge.wrap(ip.build6(source, destination, ip.UDP,
                                       datagram(), chain))


# what is inside


def inner_cut(forge):
    """Inner packets that end early: within their IP header, and behind it,
    which is for the IP layer to see."""
    inner = forge.inner()
    forge.decrypted = len(inner) - (20 if forge.source.version == 4 else 40)
    for length in range(len(inner)):
        yield forge.wrap(inner[:length])


def inner_version(forge):
    for version in set(range(16)) - {forge.source.version}:
        inner = forge.inner()
        yield forge.wrap(bytes([version << 4 | inner[0] & 15]) + inner[1:])


def inner_header(forge):
    """A header length of IPv4 that is wrong, or a payload length of IPv6. Of
    lengths that may be, the IP layer sees it."""
    inner = forge.inner()
    if forge.source.version == 4:
        forge.decrypted = len(inner) // 4 - 5
        for words in set(range(16)) - {5}:
            yield forge.wrap(bytes([0x40 | words]) + inner[1:])
    else:
        forge.decrypted = 2
        for length in (0xffff, len(inner)):
            yield forge.wrap(inner[:4] + struct.pack("!H", length) +
                             inner[6:])


def next_header(forge):
    """What ESP says to carry."""
    own = {forge.following if forge.window is None else esp.D3P}
    for following in {0, 6, ip.UDP, ip.IPV4, ip.IPV6, ip.ESP, 51, BEETPH,
                      NO_NEXT_HEADER, 254, 255} - own:
        yield forge.wrap(forge.inner(), following)


def esp_in_esp(forge):
    """This passes, as hosts may have ESP of their own."""
    forge.decrypted = 1
    yield forge.wrap(forge.valid())


# IP-D3P


def d3p_missing(forge):
    yield forge.outer(forge.seal(forge.inner(), forge.following))


def d3p_unexpected(forge):
    yield forge.outer(forge.seal(esp.d3p(forge.following) + forge.inner(),
                                 esp.D3P))


def sealed_d3p(forge, header):
    return forge.outer(forge.seal(header + forge.inner(), esp.D3P))


def d3p_type(forge):
    for kind in (0, 2, 128, 129, 255):
        yield sealed_d3p(forge, forge.d3p(kind=kind))


def d3p_length(forge):
    for length in (0, 8, 11, 13, 16, 32, 0xffff):
        yield sealed_d3p(forge, forge.d3p(length=length))


def d3p_micros(forge):
    for micros in (1000000, 1000001, 0x7fffffff, 0xffffffff):
        yield sealed_d3p(forge, forge.d3p(micros=micros))


def d3p_following(forge):
    other = ip.IPV6 + ip.IPV4 - forge.following
    for following in (0, 6, ip.UDP, other, ip.ESP, NO_NEXT_HEADER, esp.D3P):
        yield sealed_d3p(forge, esp.d3p(following))


def d3p_twice(forge):
    yield sealed_d3p(forge, esp.d3p(esp.D3P) + forge.d3p())


def d3p_cut(forge):
    for length in range(esp.D3P_LEN):
        yield forge.outer(forge.seal(forge.d3p()[:length], esp.D3P))


def d3p_late(forge):
    """From the past by more than half of the window: little, and so much that
    numbers wrap."""
    half = forge.window / 2000
    for late in (half + 1, half + 3600, (1 << 31) - half - 3600):
        yield sealed_d3p(forge, forge.d3p(late=late))


def d3p_early(forge):
    half = forge.window / 2000
    # more than little, as a packet may take a while to where it's checked
    for early in (half + 30, half + 3600, (1 << 31) - half - 3600):
        yield sealed_d3p(forge, forge.d3p(late=-early))


def d3p_within(forge):
    """These pass: not from this very moment, but not too old or new."""
    for off in (-forge.window / 4000, forge.window / 8000):
        yield sealed_d3p(forge, forge.d3p(late=off))


# fragments


def fragments(forge):
    """These pass: three fragments in every order."""
    for order in itertools.permutations(range(3)):
        found = pieces_of(forge, forge.valid(LONG))
        for i in order:
            yield found[i]


def fragments_mixed(forge):
    """These pass: fragments of two flows with the same identification, in
    turns."""
    there = forge.valid(LONG)
    other = ip.build(forge.other_source, forge.destination, ip.ESP, forge.seal(
        forge.d3p() + forge.inner(source=forge.other_source, size=LONG)))
    identification = next(forge.sequence) & 0xffff
    for one, two in zip(ip.fragments(there, 3), ip.fragments(other, 3)):
        for packet, (offset, end, data) in ((there, one), (other, two)):
            yield ip.build_fragment(
                packet, offset, data,
                end < len(ip.parse(packet).payload), identification)


def fragments_first_missing(forge):
    yield from pieces_of(forge, forge.valid(LONG))[1:]


def fragments_last_missing(forge):
    yield from pieces_of(forge, forge.valid(LONG))[:-1]


def fragments_overlapping(forge):
    """The second fragment begins where the first hasn't ended, with other
    octets, in every order."""
    for order in itertools.permutations(range(3)):
        packet = forge.valid(LONG)
        found = ip.fragments(packet, 3)
        identification = next(forge.sequence) & 0xffff
        offset, end, data = found[1]
        built = [ip.build_fragment(packet, found[i][0], found[i][2], i != 2,
                                   identification) for i in (0, 2)]
        built.insert(1, ip.build_fragment(
            packet, offset - 8, bytes(8) + data, True, identification))
        for i in order:
            yield built[i]


def fragments_addresses(forge):
    """The first fragment from one host, the others from another."""
    found = pieces_of(forge, forge.valid(LONG))
    yield found[0]
    for packet in found[1:]:
        yield packet.replace(forge.source.packed, forge.other_source.packed) \
            if forge.source.version == 6 else readdress(
                packet, forge.other_source)


def readdress(packet, source):
    """An IPv4 packet with another source, and the right checksum."""
    header = packet[:10] + bytes(2) + source.packed + packet[16:20]
    return header[:10] + struct.pack("!H", ip.checksum(header)) + \
        header[12:] + packet[20:]


def fragments_many(forge):
    """First fragments that nothing follows."""
    for _ in range(300):
        yield pieces_of(forge, forge.valid(LONG))[0]


# the rest


def valid(forge):
    """One that passes."""
    yield forge.valid()


def replay(forge):
    """What was recorded, once more. It passes as long as it is fresh."""
    for packet in forge.recorded:
        forge.decrypted += 1
        yield packet


def replay_late(forge):
    """The same, when it is too old."""
    half = forge.window / 2000
    while time.time() < forge.recorded_at + half + 1:
        time.sleep(forge.recorded_at + half + 1 - time.time())
    yield from forge.recorded


ATTACKS = {function.__name__.replace("_", "-"): function for function in (
    truncated, short, forged_icv, flipped, unknown_spi, random_esp, padding,
    outer_source, outer_destination, inner_source, inner_destination,
    inner_swapped, inner_family, dummies, clear, clear_fragments,
    outer_options, inner_options, inner_cut, inner_version, inner_header,
    next_header, esp_in_esp, d3p_missing, d3p_unexpected, d3p_type,
    d3p_length, d3p_micros, d3p_following, d3p_twice, d3p_cut, d3p_late,
    d3p_early, d3p_within, fragments, fragments_mixed,
    fragments_first_missing, fragments_last_missing, fragments_overlapping,
    fragments_addresses, fragments_many, valid, replay,
    replay_late)}

# what needs IP-D3P, and what needs that there is none
WITH_D3P = {"d3p-missing", "d3p-type", "d3p-length", "d3p-micros",
            "d3p-following", "d3p-twice", "d3p-cut", "d3p-late", "d3p-early",
            "d3p-within", "replay-late"}
WITHOUT_D3P = {"d3p-unexpected"}

# of which each datagram passes
PASSING = {"inner-options", "d3p-within", "fragments", "fragments-mixed",
           "valid"}
