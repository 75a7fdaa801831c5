# ESP of RFC 4303 with AES-CBC (RFC 3602) and HMAC-SHA2 (RFC 4868) or AES-GCM
# (RFC 4106), and the header of IP-D3P (draft-weis-delay-detection-01).
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
import hmac
import os
import struct
import time
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ike_format import FormatError, check

CBC, GCM = "cbc", "gcm"

# experimental protocol number that stands for IP-D3P
D3P = 253
POSIX_TIME = 1
D3P_LEN = 12

Content = namedtuple("Content", "sequence following payload padding")


class Sa:
    """Keys of an SA. Integrity is (hash function, key, octets of the ICV) with
    CBC, with GCM the key has its salt at the end."""

    def __init__(self, spi, cipher, key, integrity=None):
        check(len(spi) == 4, "SPI of %d octets" % len(spi))
        check((cipher == CBC) == (integrity is not None),
              "algorithms of an SA")
        self.spi = spi
        # of addresses, where they are known
        self.version = None
        self.cipher = cipher
        self.key = key if cipher == CBC else key[:-4]
        self.salt = b"" if cipher == CBC else key[-4:]
        self.integrity = integrity
        self.iv_len = 16 if cipher == CBC else 8
        self.icv_len = integrity[2] if integrity else 16
        check(len(self.key) in (16, 24, 32), "key of %d octets"
              % len(self.key))

    def icv(self, data):
        function, key, length = self.integrity
        return hmac.new(key, data, function).digest()[:length]

    def pad(self, following, payload):
        """Payload with what ESP puts behind it."""
        block = 16 if self.cipher == CBC else 4
        length = -(len(payload) + 2) % block
        return payload + bytes(range(1, length + 1)) + bytes([length,
                                                              following])

    def seal(self, sequence, plain, spi=None):
        """ESP of a payload that has its trailer already."""
        header = (spi or self.spi) + struct.pack("!I", sequence)
        iv = os.urandom(self.iv_len)
        if self.cipher == GCM:
            return header + iv + AESGCM(self.key).encrypt(self.salt + iv,
                                                          plain, header)
        encryptor = Cipher(algorithms.AES(self.key),
                           modes.CBC(iv)).encryptor()
        data = header + iv + encryptor.update(plain) + encryptor.finalize()
        return data + self.icv(data)

    def open_cbc(self, data):
        encrypted, icv = data[:-self.icv_len], data[-self.icv_len:]
        check(hmac.compare_digest(self.icv(encrypted), icv), "wrong ICV")
        check(len(encrypted) > 24 and len(encrypted) % 16 == 8,
              "ESP: %d octets" % len(data))
        decryptor = Cipher(algorithms.AES(self.key),
                           modes.CBC(encrypted[8:24])).decryptor()
        return decryptor.update(encrypted[24:]) + decryptor.finalize()

    def open_gcm(self, data):
        check(len(data) % 4 == 0, "ESP: %d octets" % len(data))
        try:
            return AESGCM(self.key).decrypt(self.salt + data[8:16],
                                            data[16:], data[:8])
        except InvalidTag:
            raise FormatError("wrong ICV") from None

    def open(self, data):
        """What ESP carries, from its SPI to its ICV. Padding has to be what
        the RFC says."""
        check(len(data) >= 8 + self.iv_len + 2 + self.icv_len,
              "ESP: %d octets" % len(data))
        check(data[:4] == self.spi, "SPI %s" % data[:4].hex())
        plain = self.open_cbc(data) if self.cipher == CBC else \
            self.open_gcm(data)
        padding, following = plain[-2:]
        check(padding + 2 <= len(plain), "%d octets of padding" % padding)
        check(plain[-2 - padding:-2] == bytes(range(1, padding + 1)),
              "padding")
        return Content(struct.unpack("!I", data[4:8])[0], following,
                       plain[:-2 - padding], padding)


D3p = namedtuple("D3p", "following type length seconds micros")


def d3p(following, kind=POSIX_TIME, length=D3P_LEN, late=0, micros=None):
    """A header with the time it was so many seconds ago."""
    now = time.time() - late
    if micros is None:
        micros = int(now % 1 * 1000000)
    return struct.pack("!BBHII", following, kind, length,
                       int(now) & 0xffffffff, micros)


def parse_d3p(data):
    """Returns the header and what follows. Whether the time is the right one
    is for the receiver to say."""
    check(len(data) >= D3P_LEN, "D3P: %d octets" % len(data))
    header = D3p(*struct.unpack("!BBHII", data[:D3P_LEN]))
    check(header.type == POSIX_TIME, "D3P: type %d" % header.type)
    check(header.length == D3P_LEN, "D3P: length %d" % header.length)
    check(header.micros < 1000000, "D3P: %d microseconds" % header.micros)
    return header, data[D3P_LEN:]
