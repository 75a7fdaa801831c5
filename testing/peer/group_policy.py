# Policy of a group's SAs as a key server tells it: substructures of the GSA
# payload of RFC 9838, 4.4.2, read strictly.
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

import ike_crypto
from ike_format import (AH, ENCR, ESP, GCAUTH, GIKE_UPDATE, GSA_INBAND_REKEY,
                        GSA_REKEY, INTEG, KEY_LENGTH, KWA, SIGNATURE_ALGORITHM,
                        SN, check, parse_attributes, parse_selector,
                        parse_transforms)

# attributes of SA policies
KEY_LIFETIME, INITIAL_MESSAGE_ID, NEXT_SPI = 1, 2, 3

IMPLICIT, SIGNATURE = 1, 2

AES_CBC, AES_CTR, ENCR_NULL, CHACHA20 = 12, 13, 11, 28
CCM = (14, 15, 16)
GCM = (18, 19, 20)
GMAC = 21

ENCR_NAMES = {11: "NULL", 12: "AES_CBC", 13: "AES_CTR", 14: "AES_CCM_8",
              15: "AES_CCM_12", 16: "AES_CCM_16", 18: "AES_GCM_8",
              19: "AES_GCM_12", 20: "AES_GCM_16", 21: "NULL_AES_GMAC",
              28: "CHACHA20_POLY1305"}
INTEG_NAMES = {2: "HMAC_SHA1_96", 5: "AES_XCBC_96", 8: "AES_CMAC_96",
               9: "AES_128_GMAC", 10: "AES_192_GMAC", 11: "AES_256_GMAC",
               12: "HMAC_SHA2_256_128", 13: "HMAC_SHA2_384_192",
               14: "HMAC_SHA2_512_256"}
# octets of keys
INTEG_KEY_LEN = {2: 20, 5: 16, 8: 16, 9: 20, 10: 28, 11: 36, 12: 32, 13: 48,
                 14: 64}

# algorithms that have a nonce made of a sender ID
COUNTER_MODES = CCM + GCM + (AES_CTR, GMAC, CHACHA20)
AEAD = CCM + GCM + (GMAC, CHACHA20)

# what each protocol must and may have (RFC 9838, 4.4.2.1)
TRANSFORMS = {
    GIKE_UPDATE: ({ENCR, GCAUTH, KWA}, {INTEG}),
    ESP: ({ENCR, SN}, {INTEG}),
    AH: ({INTEG, SN}, set()),
}


def unique(attributes, what, allowed, repeated=()):
    """Attributes as a dictionary: values, or lists of them if repeated."""
    found = {kind: [] for kind in repeated}
    for kind, value in attributes:
        check(kind in allowed, "%s has attribute %d" % (what, kind))
        if kind in repeated:
            found[kind].append(value)
        else:
            check(kind not in found, "%s has attribute %d twice" % (what, kind))
            found[kind] = value
    return found


def number(value, what):
    check(isinstance(value, bytes) and len(value) == 4,
          "%s isn't an attribute of 4 octets" % what)
    return struct.unpack("!I", value)[0]


class Policy:
    """Policy of one SA, as an exchange may tell it: GSA_REKEY,
    GSA_INBAND_REKEY, or any other for a registration."""

    def __init__(self, protocol, spi, reader, exchange):
        self.exchange = exchange
        self.protocol = protocol
        self.spi = spi
        self.key = None
        self.source = parse_selector(reader)
        self.destination = parse_selector(reader)
        check(self.source.first.version == self.destination.first.version,
              "%s: selectors of different families" % self)
        self.transforms = {}
        for item in parse_transforms(reader):
            check(item.type not in self.transforms,
                  "%s: two transforms of type %d" % (self, item.type))
            self.transforms[item.type] = item
        attributes = unique(parse_attributes(reader.rest(), str(self)),
                            str(self), self.allowed(), (NEXT_SPI,))
        self.lifetime = None
        if KEY_LIFETIME in attributes:
            self.lifetime = number(attributes[KEY_LIFETIME], "lifetime")
            check(self.lifetime > 0, "%s: lifetime 0" % self)
        self.message_id = number(attributes.get(INITIAL_MESSAGE_ID, bytes(4)),
                                 "initial message ID")
        self.next_spis = attributes[NEXT_SPI]
        for following in self.next_spis:
            check(isinstance(following, bytes) and len(following) == len(spi),
                  "%s: next SPI of another size" % self)
        self.check_transforms()
        if protocol == GIKE_UPDATE:
            self.check_rekey()

    def __str__(self):
        return "SA %d/%s" % (self.protocol, self.spi.hex())

    def allowed(self):
        if self.exchange == GSA_INBAND_REKEY:
            return (KEY_LIFETIME,)
        if self.protocol == GIKE_UPDATE:
            return (KEY_LIFETIME, INITIAL_MESSAGE_ID, NEXT_SPI)
        return (KEY_LIFETIME, NEXT_SPI)

    def serves(self):
        """What it is for, which its successor has in common."""
        return self.protocol, self.source, self.destination

    def same_but_keys(self, other):
        """Does it say the same as another one, except how authentication is
        done, which no rekey says?"""
        return self.serves() == other.serves() and all(
            self.transforms.get(kind) == other.transforms.get(kind)
            for kind in (ENCR, INTEG, SN, KWA))

    def id(self, kind):
        return self.transforms[kind].id if kind in self.transforms else None

    @property
    def is_aead(self):
        return self.id(ENCR) in AEAD

    @property
    def is_counter_mode(self):
        return (self.id(ENCR) in COUNTER_MODES or
                self.id(INTEG) in (9, 10, 11))

    @property
    def key_length(self):
        """Octets of the cipher's key as its attribute says, or None."""
        bits = dict(self.transforms[ENCR].attributes).get(KEY_LENGTH)
        check(bits is None or bits in (128, 192, 256),
              "%s: key of %s bits" % (self, bits))
        return bits and bits // 8

    def check_transforms(self):
        must, may = TRANSFORMS[self.protocol]
        if self.exchange == GSA_REKEY:
            must = must - {GCAUTH}
        kinds = set(self.transforms)
        check(must <= kinds, "%s: transforms %s are missing"
              % (self, must - kinds))
        check(kinds <= must | may, "%s: transforms %s don't belong there"
              % (self, kinds - must - may))
        for kind, item in self.transforms.items():
            allowed = {ENCR: (KEY_LENGTH,),
                       GCAUTH: (SIGNATURE_ALGORITHM,)}.get(kind, ())
            unique(item.attributes, "transform %d" % kind, allowed)
        integrity = self.id(INTEG) not in (None, 0)
        if ENCR in kinds:
            check(self.is_aead != integrity, "%s: cipher %d with integrity %s"
                  % (self, self.id(ENCR), self.id(INTEG)))
        if SN in kinds:
            check(self.id(SN) in (0, 2), "%s: sequence numbers %d"
                  % (self, self.id(SN)))
        self.keymat_len()

    def check_rekey(self):
        check(self.destination.is_one_address and
              self.destination.first.is_multicast and
              self.destination.protocol == 17 and
              self.destination.ports[0] == self.destination.ports[1] != 0,
              "destination of the rekey SA is " + str(self.destination))
        check(self.source.protocol in (0, 17), "source of the rekey SA is " +
              str(self.source))
        check(self.id(KWA) in ike_crypto.KWA_KEY_LEN, "key wrap %d"
              % self.id(KWA))
        check(self.id(ENCR) not in (ENCR_NULL, GMAC), "%s isn't encrypted"
              % self)
        self.signature = None
        if GCAUTH not in self.transforms:
            return
        attributes = dict(self.transforms[GCAUTH].attributes)
        if self.id(GCAUTH) == SIGNATURE:
            algorithm = attributes.get(SIGNATURE_ALGORITHM)
            check(isinstance(algorithm, bytes), "no signature algorithm")
            check(algorithm in ike_crypto.SIGNATURES, "signature algorithm %s"
                  % algorithm.hex())
            self.signature = algorithm
        else:
            check(self.id(GCAUTH) == IMPLICIT and not attributes,
                  "authentication method %d" % self.id(GCAUTH))

    def keymat_len(self):
        """Octets of keying material that this SA needs."""
        length = 0
        if ENCR in self.transforms:
            cipher = self.id(ENCR)
            key = self.key_length
            if cipher == ENCR_NULL:
                check(key is None, "%s: NULL with a key" % self)
            elif cipher == CHACHA20:
                check(key is None, "%s: ChaCha20 with a key length" % self)
                length = 36
            else:
                check(key, "%s: no key length" % self)
                salt = (0 if cipher == AES_CBC else 3 if cipher in CCM else 4)
                length = key + salt
        if self.id(INTEG):
            length += INTEG_KEY_LEN[self.id(INTEG)]
        if self.protocol == GIKE_UPDATE:
            length += ike_crypto.KWA_KEY_LEN[self.id(KWA)]
        return length

    def algorithms(self):
        """As in "AES_CBC_256/HMAC_SHA2_256_128"."""
        names = []
        if ENCR in self.transforms:
            bits = self.key_length
            names.append(ENCR_NAMES[self.id(ENCR)] +
                         ("_%d" % (8 * bits) if bits else ""))
        if self.id(INTEG):
            names.append(INTEG_NAMES[self.id(INTEG)])
        if KWA in self.transforms:
            names.append("KW_5649_%d"
                         % (8 * ike_crypto.KWA_KEY_LEN[self.id(KWA)]))
        return "/".join(names)
