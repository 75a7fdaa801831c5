# Policy of a group: SA payloads with SAK, GAP and SAT (RFC 6407, 5.2 to 5.5).
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

import gdoi_crypto as crypto
import gdoi_format as gdoi
from gdoi_format import Attributes, Reader, build_attribute, check

UDP = 17

# attributes of SAKs
(MANAGEMENT, ALGORITHM, KEY_LENGTH, LIFETIME, SIG_HASH, SIG_ALGORITHM,
 SIG_KEY_LENGTH) = range(1, 8)
ACK_REQUESTED = 9
LKH = 1
DES3_CBC, AES_CBC = 2, 3

# attributes of GAPs
ATD, DTD, SENDER_ID_REQUEST = 1, 2, 3

# attributes of SATs for ESP and AH (RFC 2407, 4.5)
LIFE_TYPE, LIFE_DURATION, MODE, AUTH, TEK_KEY_LENGTH, ESN = 1, 2, 4, 5, 6, 11
PRESERVATION, DIRECTION = 14, 15
SECONDS = 1
TUNNEL, TRANSPORT = 1, 2

# ESP transforms: name, octets of salt, whether there is integrity by itself;
# and whether a sender needs an ID of its own
ESP_TRANSFORMS = {3: ("3DES_CBC", 0, False), 11: ("NULL", 0, False),
                  12: ("AES_CBC", 0, False), 13: ("AES_CTR", 4, False),
                  14: ("AES_CCM_8", 3, True), 15: ("AES_CCM_12", 3, True),
                  16: ("AES_CCM_16", 3, True), 18: ("AES_GCM_8", 4, True),
                  19: ("AES_GCM_12", 4, True), 20: ("AES_GCM_16", 4, True),
                  23: ("NULL_AES_GMAC", 4, True)}
COUNTER_MODES = (13, 14, 15, 16, 18, 19, 20, 23)

# authentication algorithms of ESP and AH, with octets of keys
INTEGRITY = {2: ("HMAC_SHA1", 20), 5: ("HMAC_SHA2_256", 32),
             6: ("HMAC_SHA2_384", 48), 7: ("HMAC_SHA2_512", 64)}
AH_TRANSFORMS = {3: 2, 5: 5, 6: 6, 7: 7}


class End:
    """Source or destination of an SA: ID type, port and data."""

    def __init__(self, kind, port, data):
        self.kind = kind
        self.port = port
        self.data = data

    @classmethod
    def read(cls, reader):
        kind, port, length = reader.unpack("!BHB")
        return cls(kind, port, reader.take(length))

    @classmethod
    def of(cls, network, port=0):
        kind, data = gdoi.id_data(network)
        return cls(kind, port, data)

    def build(self):
        return struct.pack("!BHB", self.kind, self.port,
                           len(self.data)) + self.data

    def __str__(self):
        text = gdoi.describe_id(self.kind, self.data)
        return "%s:%d" % (text, self.port) if self.port else text


class Kek:
    """A rekey SA: what SAK says, and what KD adds."""

    def __init__(self):
        self.source = self.destination = self.spi = None
        self.algorithm = AES_CBC
        self.key_bits = 256
        self.lifetime = 86400
        self.sig_hash = 3
        self.sig_algorithm = crypto.RSA
        self.sig_bits = 2048
        self.ack = self.management = None
        # IV | key, and the key that checks signatures
        self.key = self.public = None

    @classmethod
    def parse(cls, body, pushed):
        self = cls()
        reader = Reader(body, "SAK")
        protocol, = reader.unpack("!B")
        check(protocol == UDP, "SAK of protocol %d" % protocol)
        self.source = End.read(reader)
        self.destination = End.read(reader)
        self.spi = reader.take(16)
        check(self.spi != bytes(16), "SPI of a rekey SA is 0")
        check(reader.take(4) == bytes(4), "RESERVED2 of SAK")
        self.read_attributes(Attributes(reader.rest(), "SAK"), pushed)
        return self

    def read_attributes(self, found, pushed):
        self.management = found.optional(found.basic, MANAGEMENT)
        check(self.management in (None, LKH), "KEK_MANAGEMENT_ALGORITHM %s"
              % self.management)
        check(pushed or self.management is None,
              "KEK_MANAGEMENT_ALGORITHM in GROUPKEY-PULL")
        self.algorithm = found.basic(ALGORITHM)
        check(self.algorithm in crypto.CIPHERS, "KEK_ALGORITHM %d"
              % self.algorithm)
        self.key_bits = found.basic(KEY_LENGTH, 192 if
                                    self.algorithm == DES3_CBC else None)
        check(self.key_bits in ((192,) if self.algorithm == DES3_CBC else
                                (128, 192, 256)), "KEK_KEY_LENGTH %d"
              % self.key_bits)
        self.lifetime = found.number(LIFETIME)
        check(self.lifetime, "KEK_KEY_LIFETIME is 0")
        self.sig_algorithm = found.basic(SIG_ALGORITHM)
        check(self.sig_algorithm == crypto.RSA or self.sig_algorithm in
              crypto.CURVES, "SIG_ALGORITHM %d" % self.sig_algorithm)
        self.sig_hash = found.optional(found.basic, SIG_HASH)
        if self.sig_algorithm == crypto.RSA:
            check(self.sig_hash in crypto.HASHES, "SIG_HASH_ALGORITHM %s"
                  % self.sig_hash)
        else:
            check(self.sig_hash in (None, self.sig_algorithm - 1),
                  "SIG_HASH_ALGORITHM %s of ECDSA" % self.sig_hash)
        self.sig_bits = found.basic(SIG_KEY_LENGTH)
        self.ack = found.optional(found.basic, ACK_REQUESTED)
        check(self.ack in (None, 1, 2, 3, 4), "KEK_ACK_REQUESTED %s" % self.ack)
        found.end()

    def build(self):
        attributes = [(MANAGEMENT, self.management),
                      (ALGORITHM, self.algorithm),
                      (KEY_LENGTH, self.key_bits),
                      (LIFETIME, gdoi.number(self.lifetime)),
                      (SIG_HASH, self.sig_hash),
                      (SIG_ALGORITHM, self.sig_algorithm),
                      (SIG_KEY_LENGTH, self.sig_bits),
                      (ACK_REQUESTED, self.ack)]
        return bytes([UDP]) + self.source.build() + self.destination.build() + \
            self.spi + bytes(4) + b"".join(
                build_attribute(*one) for one in attributes
                if one[1] is not None)

    def cipher(self):
        """Cipher and IV."""
        return crypto.kek_cipher(self.algorithm, self.key)

    def block(self):
        return crypto.CIPHERS[self.algorithm][1]

    def key_octets(self):
        """Of IV | key."""
        return self.block() + self.key_bits // 8

    def bare_key(self):
        return self.key[self.block():]

    def check_key(self):
        check(len(self.key) == self.key_octets(),
              "KEK_ALGORITHM_KEY of %d octets" % len(self.key))
        key, _ = crypto.load_public_key(self.sig_algorithm, self.public)
        check(key.key_size == self.sig_bits, "key of %d bits signs, "
              "SIG_KEY_LENGTH is %d" % (key.key_size, self.sig_bits))

    def same_but_keys(self, other):
        return all(getattr(self, name) == getattr(other, name) for name in
                   ("algorithm", "key_bits", "sig_hash", "sig_algorithm",
                    "sig_bits", "ack")) and \
            self.destination.build() == other.destination.build()

    def describe(self):
        signature = {1: "RSA", 4: "ECDSA-256", 5: "ECDSA-384",
                     6: "ECDSA-521"}[self.sig_algorithm]
        return "%s to %s, %s-%d, %s%s, %d s, ack %s" % (
            self.spi.hex(), self.destination,
            "AES" if self.algorithm == AES_CBC else "3DES", self.key_bits,
            signature, {3: " SHA-256", 4: " SHA-384", 5: " SHA-512"}.get(
                self.sig_hash, ""), self.lifetime, self.ack or "none")


class Tek:
    """A data SA of ESP or AH: what SAT says, and its keys."""

    def __init__(self):
        self.protocol = gdoi.ESP
        self.ip_protocol = 0
        self.source = self.destination = self.spi = None
        self.transform = 12
        self.key_bits = 256
        self.auth = 5
        self.mode = TUNNEL
        self.lifetime = 3600
        self.esn = self.preservation = self.direction = None
        self.cipher_key = self.integrity_key = b""

    def __str__(self):
        return "SA " + self.spi.hex()

    @property
    def key(self):
        return self.cipher_key + self.integrity_key

    @classmethod
    def parse(cls, body):
        self = cls()
        reader = Reader(body, "SAT")
        self.protocol, = reader.unpack("!B")
        self.ip_protocol, = reader.unpack("!B")
        self.source = End.read(reader)
        self.destination = End.read(reader)
        self.transform, self.spi = reader.unpack("!B4s")
        check(int.from_bytes(self.spi, "big") >= 256, "SPI %s"
              % self.spi.hex())
        self.read_attributes(Attributes(reader.rest(), "SAT"))
        return self

    def read_attributes(self, found):
        check(found.basic(LIFE_TYPE) == SECONDS, "SA Life Type")
        self.lifetime = found.number(LIFE_DURATION)
        check(self.lifetime, "SA Life Duration is 0")
        self.mode = found.basic(MODE)
        check(self.mode in (TUNNEL, TRANSPORT), "Encapsulation Mode %d"
              % self.mode)
        self.auth = found.optional(found.basic, AUTH)
        self.key_bits = found.optional(found.basic, TEK_KEY_LENGTH)
        self.esn = found.optional(found.basic, ESN)
        self.preservation = found.optional(found.basic, PRESERVATION)
        self.direction = found.optional(found.basic, DIRECTION)
        check(self.preservation in (None, 1, 2, 3, 4), "Address Preservation")
        check(self.direction in (None, 1, 2, 3), "SA Direction")
        found.end()
        if self.protocol == gdoi.AH:
            check(AH_TRANSFORMS.get(self.transform) == self.auth,
                  "AH transform %d with authentication %s"
                  % (self.transform, self.auth))
            return
        check(self.transform in ESP_TRANSFORMS, "ESP transform %d"
              % self.transform)
        check((self.auth is None) == ESP_TRANSFORMS[self.transform][2],
              "ESP transform %d with authentication %s"
              % (self.transform, self.auth))

    def build(self):
        attributes = [(LIFE_TYPE, SECONDS),
                      (LIFE_DURATION, gdoi.number(self.lifetime)),
                      (MODE, self.mode), (AUTH, self.auth),
                      (TEK_KEY_LENGTH, self.key_bits), (ESN, self.esn),
                      (PRESERVATION, self.preservation),
                      (DIRECTION, self.direction)]
        return bytes([self.protocol, self.ip_protocol]) + \
            self.source.build() + self.destination.build() + \
            bytes([self.transform]) + self.spi + b"".join(
                build_attribute(*one) for one in attributes
                if one[1] is not None)

    def cipher_octets(self):
        """Of TEK_ALGORITHM_KEY."""
        if self.protocol == gdoi.AH or self.transform == 11:
            return 0
        if self.transform == 3:
            return 24
        return self.key_bits // 8 + ESP_TRANSFORMS[self.transform][1]

    def integrity_octets(self):
        return INTEGRITY[self.auth][1] if self.auth else 0

    def counter_mode(self):
        return self.protocol == gdoi.ESP and self.transform in COUNTER_MODES

    def check_keys(self):
        check((len(self.cipher_key), len(self.integrity_key)) ==
              (self.cipher_octets(), self.integrity_octets()),
              "keys of SA %s have %d and %d octets"
              % (self.spi.hex(), len(self.cipher_key),
                 len(self.integrity_key)))

    def serves(self):
        return (self.protocol, self.ip_protocol, self.source.build(),
                self.destination.build(), self.direction)

    def algorithms(self):
        name = "AH" if self.protocol == gdoi.AH else \
            ESP_TRANSFORMS[self.transform][0]
        if self.protocol == gdoi.ESP and self.key_bits:
            name += "_%d" % self.key_bits
        return name + ("/" + INTEGRITY[self.auth][0] if self.auth else "")

    def same_but_keys(self, other):
        return (self.algorithms(), self.mode, self.esn, self.preservation) == \
            (other.algorithms(), other.mode, other.esn, other.preservation)

    def describe(self):
        return "%s %s, %s to %s, %s, %s, %d s" % (
            "ESP" if self.protocol == gdoi.ESP else "AH", self.spi.hex(),
            self.source, self.destination,
            "tunnel" if self.mode == TUNNEL else "transport",
            self.algorithms(), self.lifetime)


# classes of data SAs by protocol
PROTOCOLS = {gdoi.ESP: Tek, gdoi.AH: Tek}


def parse_tek(body):
    check(body and body[0] in PROTOCOLS, "SAT of protocol %s" % body[:1].hex())
    return PROTOCOLS[body[0]].parse(body)


class Gap:
    """What holds for all of a group."""

    def __init__(self, atd=None, dtd=None, d3p=None):
        self.atd = atd
        self.dtd = dtd
        # as (number of the type, type, number of the window, window)
        self.d3p = d3p

    @classmethod
    def parse(cls, body, d3p_numbers=None):
        found = Attributes(body, "GAP")
        check(found.found, "GAP without attributes")
        self = cls(found.optional(found.basic, ATD),
                   found.optional(found.basic, DTD))
        if d3p_numbers and d3p_numbers[0] in found.found:
            self.d3p = (found.basic(d3p_numbers[0]),
                        found.number(d3p_numbers[1]))
        found.end()
        return self

    def build(self):
        return b"".join(build_attribute(*one) for one in
                        ((ATD, self.atd), (DTD, self.dtd))
                        if one[1] is not None)


class Policy:
    """An SA payload."""

    def __init__(self, doi=gdoi.DOI_GDOI, situation=0):
        self.doi = doi
        self.situation = situation
        self.kek = self.gap = None
        self.teks = []

    def build(self):
        """Body of the SA payload."""
        parts = []
        if self.kek:
            parts.append(gdoi.Payload(gdoi.SAK, self.kek.build()))
        if self.gap:
            parts.append(gdoi.Payload(gdoi.GAP, self.gap.build()))
        parts += [gdoi.Payload(gdoi.SAT, tek.build()) for tek in self.teks]
        return struct.pack("!IIHH", self.doi, self.situation, parts[0].type,
                           0) + gdoi.build_payloads(parts)

    @classmethod
    def parse(cls, body, config, pushed=False):
        reader = Reader(body, "SA payload")
        doi, situation, first, reserved = reader.unpack("!IIHH")
        check((doi, situation) == (config.doi, config.situation),
              "SA payload has DOI %d, situation %d" % (doi, situation))
        check(not reserved, "RESERVED2 of the SA payload")
        self = cls(doi, situation)
        parts = gdoi.parse_payloads(first, reader.rest())
        kinds = gdoi.types(parts)
        check(kinds == sorted(kinds, key=[gdoi.SAK, gdoi.GAP,
                                          gdoi.SAT].index),
              "order of SA attribute payloads is %s" % kinds)
        check(kinds.count(gdoi.SAK) <= 1 and kinds.count(gdoi.GAP) <= 1 and
              (gdoi.SAK in kinds or gdoi.SAT in kinds),
              "SA attribute payloads are %s" % kinds)
        for part in parts:
            if part.type == gdoi.SAK:
                self.kek = Kek.parse(part.body, pushed)
            elif part.type == gdoi.GAP:
                self.gap = Gap.parse(part.body, config.d3p)
            else:
                self.teks.append(parse_tek(part.body))
        return self
