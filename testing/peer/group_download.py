# What a key server hands out: GSA and KD payloads of RFC 9838, read strictly.
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

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

import ike_crypto
from ike_format import (AH, ENCR, ESP, GCAUTH, GIKE_UPDATE, INTEG, KEY_LENGTH,
                        KWA, SIGNATURE_ALGORITHM, SN, Reader, check,
                        parse_attributes, parse_selector, parse_transforms)

# attributes of SA policies
KEY_LIFETIME, INITIAL_MESSAGE_ID, NEXT_SPI = 1, 2, 3
# attributes of group-wide policy
ATD, DTD, SENDER_ID_BITS = 1, 2, 3
# attributes of key bags
SA_KEY = 1
WRAP_KEY, AUTH_KEY, GM_SENDER_ID = 1, 2, 3

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

# signature algorithms, as AlgorithmIdentifier, and keys for them
SIGNATURES = {
    "300d06092a864886f70d01010b0500": ("RSA_SHA256", rsa.RSAPublicKey),
    "300d06092a864886f70d01010c0500": ("RSA_SHA384", rsa.RSAPublicKey),
    "300d06092a864886f70d01010d0500": ("RSA_SHA512", rsa.RSAPublicKey),
    "300a06082a8648ce3d040302": ("ECDSA_SHA256", ec.EllipticCurvePublicKey),
    "300a06082a8648ce3d040303": ("ECDSA_SHA384", ec.EllipticCurvePublicKey),
    "300a06082a8648ce3d040304": ("ECDSA_SHA512", ec.EllipticCurvePublicKey),
    "300506032b6570": ("ED25519", ed25519.Ed25519PublicKey),
}

# what each protocol must and may have (RFC 9838, 4.4.2.1)
TRANSFORMS = {
    GIKE_UPDATE: ({ENCR, GCAUTH, KWA}, {INTEG}),
    ESP: ({ENCR, SN}, {INTEG}),
    AH: ({INTEG, SN}, set()),
}

Key = collections.namedtuple("Key", "id kwk_id wrapped")


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
    """Policy of one SA."""

    def __init__(self, protocol, spi, reader):
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
        check(KEY_LIFETIME in attributes, "%s: no lifetime" % self)
        self.lifetime = number(attributes[KEY_LIFETIME], "lifetime")
        check(self.lifetime > 0, "%s: lifetime 0" % self)
        self.message_id = number(attributes.get(INITIAL_MESSAGE_ID, bytes(4)),
                                 "initial message ID")
        for following in attributes[NEXT_SPI]:
            check(isinstance(following, bytes) and len(following) == len(spi),
                  "%s: next SPI of another size" % self)
        self.check_transforms()
        if protocol == GIKE_UPDATE:
            self.check_rekey()

    def __str__(self):
        return "SA %d/%s" % (self.protocol, self.spi.hex())

    def allowed(self):
        if self.protocol == GIKE_UPDATE:
            return (KEY_LIFETIME, INITIAL_MESSAGE_ID, NEXT_SPI)
        return (KEY_LIFETIME, NEXT_SPI)

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
        attributes = dict(self.transforms[GCAUTH].attributes)
        self.signature = None
        if self.id(GCAUTH) == SIGNATURE:
            algorithm = attributes.get(SIGNATURE_ALGORITHM)
            check(isinstance(algorithm, bytes), "no signature algorithm")
            check(algorithm.hex() in SIGNATURES, "signature algorithm %s"
                  % algorithm.hex())
            self.signature = algorithm.hex()
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


SPI_LEN = {GIKE_UPDATE: 16, AH: 4, ESP: 4}


def substructures(body, what):
    """Yields protocol, SPI (None if for all) and a reader of the rest."""
    reader = Reader(body, what)
    check(body, "%s is empty" % what)
    while reader.data:
        protocol, spi_size, length = reader.unpack("!BBH")
        check(length >= 4, "%s: substructure of %d octets" % (what, length))
        inner = Reader(reader.take(length - 4), "%s, protocol %d"
                       % (what, protocol))
        if protocol == 0:
            check(spi_size == 0, "%s: reserved octet" % what)
            yield 0, None, inner
        else:
            check(protocol in SPI_LEN, "%s: protocol %d" % (what, protocol))
            check(spi_size == SPI_LEN[protocol], "%s: SPI of %d octets"
                  % (what, spi_size))
            yield protocol, inner.take(spi_size), inner


class Download:
    """What a registration brought: policies with their keys."""

    def __init__(self, gsa, kd, kwk, sender):
        self.rekey = None
        self.sas = []
        self.sender_id_bits = None
        self.sender_ids = []
        self.auth_key = None
        self.transport_mode = False
        self.atd = self.dtd = 0
        self.read_policy(gsa)
        self.read_keys(kd, kwk)
        self.check_sender_ids(sender)
        self.check_auth_key()

    def policies(self):
        return self.sas + ([self.rekey] if self.rekey else [])

    def read_policy(self, gsa):
        seen = False
        for protocol, spi, reader in substructures(gsa, "GSA"):
            if protocol == 0:
                check(not seen, "two group-wide policies")
                seen = True
                self.read_group_wide(reader)
            elif protocol == GIKE_UPDATE:
                check(self.rekey is None, "two rekey SAs")
                self.rekey = Policy(protocol, spi, reader)
            else:
                self.sas.append(Policy(protocol, spi, reader))
        check(self.policies(), "no SA in GSA")
        names = [(sa.protocol, sa.spi) for sa in self.policies()]
        check(len(set(names)) == len(names), "an SPI twice in GSA")
        check(all(spi.strip(b"\0") for _, spi in names), "an SPI is 0")

    def read_group_wide(self, reader):
        found = unique(parse_attributes(reader.rest(), "group-wide policy"),
                       "group-wide policy", (ATD, DTD, SENDER_ID_BITS))
        check(all(isinstance(value, int) for value in found.values()),
              "long attribute in the group-wide policy")
        self.atd = found.get(ATD, 0)
        self.dtd = found.get(DTD, 0)
        self.sender_id_bits = found.get(SENDER_ID_BITS)

    def read_keys(self, kd, kwk):
        policies = {(sa.protocol, sa.spi): sa for sa in self.policies()}
        seen = False
        for protocol, spi, reader in substructures(kd, "KD"):
            attributes = parse_attributes(reader.rest(), "key bag")
            if protocol == 0:
                check(not seen, "two member key bags")
                seen = True
                self.read_member_bag(attributes)
            else:
                check((protocol, spi) in policies, "key for unknown SA %s"
                      % spi.hex())
                self.read_group_bag(policies[protocol, spi], attributes, kwk)
        for policy in policies.values():
            check(policy.key is not None, "no key for %s" % policy)

    def read_group_bag(self, policy, attributes, kwk):
        check(policy.key is None, "two key bags for %s" % policy)
        found = unique(attributes, "key bag", (SA_KEY,))
        check(SA_KEY in found, "key bag of %s without key" % policy)
        key = self.read_key(found[SA_KEY])
        check(key.id == 0, "key of %s has ID %d" % (policy, key.id))
        check(key.kwk_id == 0, "key of %s is wrapped with %d"
              % (policy, key.kwk_id))
        material = ike_crypto.unwrap(kwk, key.wrapped)
        check(len(material) == policy.keymat_len(),
              "key of %s has %d octets instead of %d"
              % (policy, len(material), policy.keymat_len()))
        policy.key = material

    @staticmethod
    def read_key(value):
        check(isinstance(value, bytes), "short attribute for a key")
        reader = Reader(value, "wrapped key")
        return Key(*reader.unpack("!II"), reader.rest())

    def read_member_bag(self, attributes):
        found = unique(attributes, "member key bag",
                       (WRAP_KEY, AUTH_KEY, GM_SENDER_ID),
                       (WRAP_KEY, GM_SENDER_ID))
        for value in found[WRAP_KEY]:
            check(self.read_key(value).id != 0, "WRAP_KEY with ID 0")
        self.auth_key = found.get(AUTH_KEY)
        for value in found[GM_SENDER_ID]:
            check(isinstance(value, bytes) and 1 <= len(value) <= 8,
                  "sender ID isn't a number of octets")
            self.sender_ids.append(int.from_bytes(value, "big"))

    def check_sender_ids(self, sender):
        needed = sender and any(sa.is_counter_mode for sa in self.sas)
        check(bool(self.sender_ids) == bool(needed), "sender IDs: %s"
              % self.sender_ids)
        check((self.sender_id_bits is not None) == bool(needed),
              "size of sender IDs: %s" % self.sender_id_bits)
        for value in self.sender_ids:
            check(value < 1 << self.sender_id_bits, "sender ID %d has more "
                  "than %d bits" % (value, self.sender_id_bits))
        check(len(set(self.sender_ids)) == len(self.sender_ids),
              "a sender ID twice")

    def check_auth_key(self):
        signature = self.rekey and self.rekey.signature
        check((self.auth_key is not None) == bool(signature),
              "AUTH_KEY doesn't go with the authentication method")
        if signature:
            check(isinstance(load_der_public_key(self.auth_key),
                             SIGNATURES[signature][1]),
                  "AUTH_KEY is of another type than the signature algorithm")
