# SAs for IEC 61850 (RFC 8052): SAT and KD of GOOSE and sampled values.
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
import struct

import gdoi_format as gdoi
from gdoi_format import Attributes, Reader, check
from gdoi_member import connect
from gdoi_policy import PROTOCOLS, Tek
from gdoi_pull import MemberPull

# octets of keys by number of the algorithm; 1 is NONE
INTEGRITY = {1: 0, 2: 32, 3: 32, 4: 20, 5: 36, 6: 48, 7: 64}
CIPHERS = {1: 0, 2: 16, 3: 32, 4: 20, 5: 36}
AEAD = GMAC = (4, 5)

# attributes of SATs
ATD, KDA = 1, 2


def parse_oid(der):
    """Returns an object identifier as text."""
    reader = Reader(der, "object identifier")
    tag, length = reader.unpack("!BB")
    octets = reader.rest()
    check((tag, length) == (6, len(octets)) and octets and
          not octets[-1] & 0x80, "object identifier %s" % der.hex())
    numbers, value = [], 0
    for octet in octets:
        value = value << 7 | octet & 0x7f
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first] + numbers[1:]))


def build_oid(text):
    numbers = [int(number) for number in text.split(".")]
    octets = b""
    for number in [40 * numbers[0] + numbers[1]] + numbers[2:]:
        part = bytes([number & 0x7f])
        while number > 0x7f:
            number >>= 7
            part = bytes([0x80 | number & 0x7f]) + part
        octets += part
    return bytes([6, len(octets)]) + octets


class IecTek(Tek):
    """A data SA for IEC 61850."""

    @classmethod
    def parse(cls, body):
        self = cls()
        reader = Reader(body, "SAT of IEC 61850")
        self.protocol, length = reader.unpack("!BB")
        self.oid = parse_oid(reader.take(length))
        length, = reader.unpack("!H")
        self.data = reader.take(length)
        self.spi, self.auth, self.transform, self.lifetime = \
            reader.unpack("!4sHHI")
        check(self.auth in INTEGRITY and self.transform in CIPHERS,
              "algorithms %d, %d" % (self.auth, self.transform))
        # RFC 8052, 2.2: with integrity protection, of one kind
        check((self.auth == 1) == (self.transform in AEAD),
              "algorithms %d, %d don't go together"
              % (self.auth, self.transform))
        found = Attributes(reader.rest(), "SAT of IEC 61850")
        self.atd = found.optional(found.number, ATD)
        self.kda = found.optional(found.basic, KDA)
        found.end()
        return self

    def cipher_octets(self):
        return CIPHERS[self.transform]

    def integrity_octets(self):
        return INTEGRITY[self.auth]

    def counter_mode(self):
        return self.transform in AEAD or self.auth in GMAC

    def describe(self):
        """With keys, to be compared."""
        parts = [("spi", self.spi.hex()), ("oid", self.oid),
                 ("oid-data", self.data.hex()),
                 ("encr-key", self.cipher_key.hex()),
                 ("integ-key", self.integrity_key.hex())]
        return " ".join("%s=%s" % one for one in sorted(parts) if one[1])


PROTOCOLS[gdoi.IEC_61850] = IecTek


class OidPull(MemberPull):
    """Registers with a group that an object identifier names."""

    def group_id(self):
        oid = build_oid(self.config.oid)
        data = bytes.fromhex(self.config.oid_data)
        return gdoi.build_id(gdoi.ID_OID, bytes([len(oid)]) + oid +
                             struct.pack("!H", len(data)) + data)


def register_iec(config):
    """Register with the group --oid, --oid-data, and print data SAs."""
    phase1 = connect(config)
    download = OidPull(phase1, config).run()
    phase1.delete()
    for line in sorted(tek.describe() for tek in download.policy.teks):
        print(line)


COMMANDS = [("register-iec", register_iec)]
