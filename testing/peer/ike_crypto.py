# Cryptography of IKEv2 with PRF-HMAC-SHA2-256 and AES-GCM-16, as RFC 7296 and
# RFC 5282 say, and key wrap of RFC 5649.
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
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ike_format import FormatError, check

P256, X25519 = 19, 31

# octets of keys of key wrap algorithms
KWA_KEY_LEN = {1: 16, 2: 24, 3: 32}


def prf(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def prf_plus(key, seed, length):
    out = block = b""
    counter = 1
    while len(out) < length:
        block = prf(key, block + seed + bytes([counter]))
        out += block
        counter += 1
    return out[:length]


class KeyExchange:
    def __init__(self, group):
        self.group = group
        if group == X25519:
            self.private = x25519.X25519PrivateKey.generate()
            self.public = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        else:
            self.private = ec.generate_private_key(ec.SECP256R1())
            self.public = self.private.public_key().public_bytes(
                serialization.Encoding.X962,
                serialization.PublicFormat.UncompressedPoint)[1:]

    def shared(self, other):
        check(len(other) == len(self.public), "public value of %d octets"
              % len(other))
        if self.group == X25519:
            return self.private.exchange(
                x25519.X25519PublicKey.from_public_bytes(other))
        return self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), b"\x04" + other))


class Direction:
    """Encrypts or decrypts with AES-GCM and a key that ends with the salt."""

    IV_LEN = 8
    ICV_LEN = 16

    def __init__(self, key):
        self.aead = AESGCM(key[:-4])
        self.salt = key[-4:]

    def encrypt(self, plain, associated):
        iv = os.urandom(self.IV_LEN)
        return iv + self.aead.encrypt(self.salt + iv, plain + b"\0", associated)

    def decrypt(self, data, associated):
        check(len(data) > self.IV_LEN + self.ICV_LEN,
              "encrypted payload of %d octets" % len(data))
        iv, data = data[:self.IV_LEN], data[self.IV_LEN:]
        try:
            plain = self.aead.decrypt(self.salt + iv, data, associated)
        except InvalidTag:
            raise FormatError("encrypted payload isn't authentic") from None
        padding = plain[-1] + 1
        check(padding <= len(plain), "%d octets of padding in %d"
              % (padding, len(plain)))
        return plain[:-padding]


class Keys:
    """Keys of an IKE_SA."""

    def __init__(self, secret, nonces, spis, key_len):
        crypt = key_len + 4
        seed = prf(nonces, secret)
        material = prf_plus(seed, nonces + spis, 3 * 32 + 2 * crypt)
        self.d, material = material[:32], material[32:]
        self.to_responder = Direction(material[:crypt])
        self.to_initiator = Direction(material[crypt:2 * crypt])
        self.p_i = material[2 * crypt:2 * crypt + 32]
        self.p_r = material[2 * crypt + 32:]

    def key_wrap_key(self, kwa):
        """Default key wrap key, GSK_w, of RFC 9838."""
        return prf_plus(self.d, b"Key Wrap for G-IKEv2", KWA_KEY_LEN[kwa])


def psk_auth(secret, octets):
    return prf(prf(secret, b"Key Pad for IKEv2"), octets)


def unwrap(key, wrapped):
    try:
        return keywrap.aes_key_unwrap_with_padding(key, wrapped)
    except keywrap.InvalidUnwrap as error:
        raise FormatError("key of %d octets can't be unwrapped: %s"
                          % (len(wrapped), error)) from None
