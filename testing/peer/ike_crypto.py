# Cryptography of IKEv2 with PRF-HMAC-SHA2-256, as RFC 7296, RFC 5282 and
# RFC 7634 say, key wrap of RFC 5649 and signatures of RFC 7427.
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
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import (ec, ed25519, padding,
                                                       rsa, x25519)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import (AESGCM,
                                                         ChaCha20Poly1305)

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


def without_padding(plain):
    padded = plain[-1] + 1
    check(padded <= len(plain), "%d octets of padding in %d"
          % (padded, len(plain)))
    return plain[:-padded]


class Direction:
    """Encrypts or decrypts with AES-GCM or ChaCha20-Poly1305 and a key that
    ends with the salt."""

    IV_LEN = 8
    ICV_LEN = 16

    def __init__(self, key, aead=AESGCM):
        self.aead = aead(key[:-4])
        self.salt = key[-4:]

    def sealed_len(self, plain):
        return self.IV_LEN + len(plain) + 1 + self.ICV_LEN

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
        return without_padding(plain)


class CbcDirection:
    """The same with AES-CBC and HMAC-SHA2, whose values are half a hash."""

    IV_LEN = 16

    def __init__(self, cipher_key, integrity_key):
        self.key = algorithms.AES(cipher_key)
        self.integrity_key = integrity_key
        self.icv_len = len(integrity_key) // 2
        self.hash = {32: hashlib.sha256, 48: hashlib.sha384,
                     64: hashlib.sha512}[len(integrity_key)]

    def icv(self, data):
        return hmac.new(self.integrity_key, data,
                        self.hash).digest()[:self.icv_len]

    def sealed_len(self, plain):
        return self.IV_LEN + (len(plain) // 16 + 1) * 16 + self.icv_len

    def encrypt(self, plain, associated):
        iv = os.urandom(self.IV_LEN)
        spare = 15 - len(plain) % 16
        encryptor = Cipher(self.key, modes.CBC(iv)).encryptor()
        data = iv + encryptor.update(plain + bytes(spare) + bytes([spare])) + \
            encryptor.finalize()
        return data + self.icv(associated + data)

    def decrypt(self, data, associated):
        check(len(data) >= self.IV_LEN + 16 + self.icv_len and
              (len(data) - self.icv_len) % 16 == 0,
              "encrypted payload of %d octets" % len(data))
        data, icv = data[:-self.icv_len], data[-self.icv_len:]
        check(hmac.compare_digest(icv, self.icv(associated + data)),
              "encrypted payload isn't authentic")
        decryptor = Cipher(self.key, modes.CBC(data[:self.IV_LEN])).decryptor()
        return without_padding(decryptor.update(data[self.IV_LEN:]) +
                               decryptor.finalize())


def chacha20_direction(key):
    return Direction(key, ChaCha20Poly1305)


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


def wrap(key, plain):
    return keywrap.aes_key_wrap_with_padding(key, plain)


def unwrap(key, wrapped):
    try:
        return keywrap.aes_key_unwrap_with_padding(key, wrapped)
    except keywrap.InvalidUnwrap as error:
        raise FormatError("key of %d octets can't be unwrapped: %s"
                          % (len(wrapped), error)) from None


Signature = collections.namedtuple("Signature", "name key_type hash")

# by AlgorithmIdentifier
SIGNATURES = {bytes.fromhex(der): Signature(*rest) for der, *rest in (
    ("300d06092a864886f70d01010b0500", "RSA_SHA256", rsa.RSAPublicKey,
     hashes.SHA256()),
    ("300d06092a864886f70d01010c0500", "RSA_SHA384", rsa.RSAPublicKey,
     hashes.SHA384()),
    ("300d06092a864886f70d01010d0500", "RSA_SHA512", rsa.RSAPublicKey,
     hashes.SHA512()),
    ("300a06082a8648ce3d040302", "ECDSA_SHA256", ec.EllipticCurvePublicKey,
     hashes.SHA256()),
    ("300a06082a8648ce3d040303", "ECDSA_SHA384", ec.EllipticCurvePublicKey,
     hashes.SHA384()),
    ("300a06082a8648ce3d040304", "ECDSA_SHA512", ec.EllipticCurvePublicKey,
     hashes.SHA512()),
    ("300506032b6570", "ED25519", ed25519.Ed25519PublicKey, None),
)}


def signature_arguments(algorithm):
    """What sign() and verify() of a key need beside the data."""
    method = SIGNATURES[algorithm]
    if method.key_type is rsa.RSAPublicKey:
        return padding.PKCS1v15(), method.hash
    if method.key_type is ec.EllipticCurvePublicKey:
        return (ec.ECDSA(method.hash),)
    return ()


def check_public_key(algorithm, der):
    """Load a SubjectPublicKeyInfo that has to go with an algorithm."""
    key = serialization.load_der_public_key(der)
    check(isinstance(key, SIGNATURES[algorithm].key_type),
          "AUTH_KEY is of another type than the signature algorithm")
    return key


def verify(algorithm, der, signature, data):
    key = check_public_key(algorithm, der)
    try:
        key.verify(signature, data, *signature_arguments(algorithm))
    except InvalidSignature:
        raise FormatError("signature is wrong") from None
