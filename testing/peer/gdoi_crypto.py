# Cryptography of ISAKMP and GDOI: prf, key exchange and CBC of RFC 2409, and
# signatures of GROUPKEY-PUSH (RFC 6407, RFC 4754).
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

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import ike_crypto
from gdoi_format import FormatError, check

# numbers of groups (RFC 2409, IANA): modular exponentiation and a curve
MODP2048, ECP256 = 14, 19

# RFC 3526, 3
PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF", 16)


def prf(key, *data):
    return hmac.new(key, b"".join(data), hashlib.sha256).digest()


def sha256(*data):
    return hashlib.sha256(b"".join(data)).digest()


class KeyExchange(ike_crypto.KeyExchange):
    """One side's key of a group."""

    def __init__(self, group):
        if group != MODP2048:
            super().__init__(group)
            return
        self.group = group
        self.private = int.from_bytes(os.urandom(32), "big")
        self.public = pow(2, self.private, PRIME).to_bytes(256, "big")

    def shared(self, other):
        if self.group != MODP2048:
            return super().shared(other)
        check(len(other) == len(self.public), "public value of %d octets"
              % len(other))
        value = int.from_bytes(other, "big")
        check(1 < value < PRIME - 1, "public value is of no use")
        return pow(value, self.private, PRIME).to_bytes(256, "big")


class Cbc:
    """AES or 3DES in CBC mode, padded with zeros."""

    def __init__(self, key, algorithm=algorithms.AES):
        self.algorithm = algorithm(key)
        self.block = self.algorithm.block_size // 8

    def encrypt(self, iv, plain):
        encryptor = Cipher(self.algorithm, modes.CBC(iv)).encryptor()
        return encryptor.update(plain + bytes(-len(plain) % self.block)) + \
            encryptor.finalize()

    def decrypt(self, iv, data):
        check(data and len(data) % self.block == 0,
              "%d encrypted octets" % len(data))
        decryptor = Cipher(self.algorithm, modes.CBC(iv)).decryptor()
        return decryptor.update(data) + decryptor.finalize()


# KEK_ALGORITHM: cipher, and octets of the block
CIPHERS = {2: (algorithms.TripleDES, 8), 3: (algorithms.AES, 16)}


def kek_cipher(algorithm, value):
    """Cipher and IV of KEK_ALGORITHM_KEY, which is IV | key."""
    cipher, block = CIPHERS[algorithm]
    return Cbc(value[block:], cipher), value[:block]


# SIG_ALGORITHM of RFC 6407
RSA, ECDSA_256, ECDSA_384, ECDSA_521 = 1, 4, 5, 6

# SIG_HASH_ALGORITHM
HASHES = {3: hashes.SHA256, 4: hashes.SHA384, 5: hashes.SHA512}

# curve, hash and octets of a number of ECDSA (RFC 4754)
CURVES = {ECDSA_256: (ec.SECP256R1, hashes.SHA256, 32),
          ECDSA_384: (ec.SECP384R1, hashes.SHA384, 48),
          ECDSA_521: (ec.SECP521R1, hashes.SHA512, 66)}


def digest(function, data):
    computed = hashes.Hash(function)
    computed.update(data)
    return computed.finalize()


def load_public_key(algorithm, der):
    """Load the key that an algorithm needs. Returns it, and whether it is as
    SubjectPublicKeyInfo; otherwise it is as RSAPublicKey."""
    key = serialization.load_der_public_key(der)
    wrapped = key.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo) == der
    if algorithm == RSA:
        check(isinstance(key, rsa.RSAPublicKey), "not a key of RSA")
    else:
        check(isinstance(key, ec.EllipticCurvePublicKey) and
              isinstance(key.curve, CURVES[algorithm][0]),
              "not a key on the curve")
        check(wrapped, "encoding of the key")
    return key, wrapped


def check_bare(key, signature, value):
    """PKCS #1 padding of type 1 around a hash without DigestInfo."""
    numbers = key.public_numbers()
    size = key.key_size // 8
    check(len(signature) == size, "signature of %d octets" % len(signature))
    opened = pow(int.from_bytes(signature, "big"), numbers.e,
                 numbers.n).to_bytes(size, "big")
    check(opened == pad_bare(value, size), "signature is wrong")


def pad_bare(value, size):
    return b"\0\1" + b"\xff" * (size - 3 - len(value)) + b"\0" + value


def verify(algorithm, sig_hash, der, signature, data):
    """Check a signature; returns how it is encoded."""
    key, _ = load_public_key(algorithm, der)
    if algorithm == RSA:
        function = HASHES[sig_hash]()
        try:
            key.verify(signature, data, padding.PKCS1v15(), function)
            return "DigestInfo"
        except InvalidSignature:
            check_bare(key, signature, digest(function, data))
            return "bare"
    _, function, size = CURVES[algorithm]
    check(len(signature) == 2 * size, "signature of %d octets"
          % len(signature))
    r, s = (int.from_bytes(part, "big")
            for part in (signature[:size], signature[size:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), data,
                   ec.ECDSA(function()))
    except InvalidSignature:
        raise FormatError("signature is wrong") from None
    return "r|s"


def load_private_key(file):
    with open(file, "rb") as pem:
        return serialization.load_pem_private_key(pem.read(), None)


class Signer:
    """A private key that signs rekeys."""

    def __init__(self, algorithm, sig_hash=3, bare=False, file=None):
        """A new key, or one of RSA from a file, as these take long to make."""
        self.algorithm = algorithm
        self.sig_hash = sig_hash
        self.bare = bare
        if algorithm == RSA:
            self.key = load_private_key(file) if file else \
                rsa.generate_private_key(65537, 2048)
            self.bits = self.key.key_size
            self.size = self.bits // 8
        else:
            curve, _, size = CURVES[algorithm]
            self.size = 2 * size
            self.bits = curve.key_size
            self.key = ec.generate_private_key(curve())

    def public(self, pkcs1=False):
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.PKCS1 if pkcs1 else
            serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data):
        if self.algorithm != RSA:
            _, function, size = CURVES[self.algorithm]
            r, s = utils.decode_dss_signature(
                self.key.sign(data, ec.ECDSA(function())))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        function = HASHES[self.sig_hash]()
        if not self.bare:
            return self.key.sign(data, padding.PKCS1v15(), function)
        numbers = self.key.private_numbers()
        padded = pad_bare(digest(function, data), self.size)
        return pow(int.from_bytes(padded, "big"), numbers.d,
                   numbers.public_numbers.n).to_bytes(self.size, "big")
