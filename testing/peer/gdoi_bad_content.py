# Policies and keys with a good hash that no member can use: one after the
# other, each to be the answer to one registration.
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
import copy

import gdoi_crypto as crypto
import gdoi_format as gdoi
import gdoi_keys
from gdoi_format import Payload, build_attribute
from gdoi_keys import Packet
from gdoi_policy import End, Gap


def changed(what, **fields):
    result = copy.copy(what)
    for name, value in fields.items():
        setattr(result, name, value)
    return result


def policy(group, **changes):
    """The group's policy with another rekey SA, data SAs or GAP, as body."""
    made = group.make_policy(group.kek, group.teks)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def with_kek(**fields):
    return lambda group: policy(group, kek=changed(group.kek, **fields)).build()


def with_tek(**fields):
    return lambda group: policy(
        group, teks=[changed(group.teks[0], **fields)]).build()


class Raw:
    """A part that is already written."""

    def __init__(self, data):
        self.data = data

    def build(self):
        return self.data


def parts(*kinds):
    """Parts of the SA payload, others than there should be."""
    def build(group):
        bodies = {gdoi.SAK: group.kek.build(), gdoi.GAP: Gap(1, 2).build(),
                  gdoi.SAT: group.teks[0].build()}
        return policy(group).build()[:8] + bytes([0, kinds[0], 0, 0]) + \
            gdoi.build_payloads([Payload(kind, bodies[kind])
                                 for kind in kinds])
    return build


def kek_with(attribute):
    return lambda group: policy(
        group, kek=Raw(group.kek.build() + attribute)).build()


def tek_with(attribute):
    return lambda group: policy(
        group, teks=[Raw(group.teks[0].build() + attribute)]).build()


# name and body of the SA payload
POLICIES = (
    ("another DOI", lambda group: bytes([0, 0, 0, 7]) +
     policy(group).build()[4:]),
    ("SA payload cut off", lambda group: policy(group).build()[:-1]),
    ("SAT before SAK", parts(gdoi.SAT, gdoi.SAK)),
    ("two SAKs", parts(gdoi.SAK, gdoi.SAK, gdoi.SAT)),
    ("two GAPs", parts(gdoi.SAK, gdoi.GAP, gdoi.GAP, gdoi.SAT)),
    ("GAP alone", parts(gdoi.GAP)),
    ("no KEK_ALGORITHM", with_kek(algorithm=None)),
    ("KEK with DES", with_kek(algorithm=1, key_bits=64)),
    ("no KEK_KEY_LENGTH", with_kek(key_bits=None)),
    ("KEK with another length", with_kek(key_bits=200)),
    ("no SIG_ALGORITHM", with_kek(sig_algorithm=None)),
    ("signatures with DSS", with_kek(sig_algorithm=2)),
    ("signatures with MD5", with_kek(sig_hash=1)),
    ("unknown KEK attribute", kek_with(build_attribute(120, 1))),
    ("KEK attribute twice", kek_with(build_attribute(2, 3))),
    ("KEK attribute cut off", kek_with(b"\0\4\0")),
    ("unknown GAP attribute", lambda group: policy(
        group, gap=Raw(build_attribute(99, 1))).build()),
    ("unknown SAT attribute", tek_with(build_attribute(99, 1))),
    ("unknown SAT protocol", with_tek(protocol=9)),
    ("unknown ESP transform", with_tek(transform=99)),
    ("a cipher that isn't accepted", with_tek(key_bits=128)),
    ("other traffic", with_tek(source=End.of("10.0.0.0/8"))),
    ("ID that is cut off", lambda group: policy(group, teks=[changed(
        group.teks[0], source=End(4, 0, b"\xc0\xa8\0\0\xff"))]).build()),
)


def packets(group, tek=None, kek=None, more=()):
    """The group's key packets, with others in their place."""
    return [tek or gdoi_keys.tek_packet(group.teks[0]),
            kek or gdoi_keys.kek_packet(group.kek)] + list(more)


def built(make):
    return lambda group: gdoi_keys.build_packets(make(group))


# name and body of the KD payload
KEYS = (
    ("no key of the data SA", built(lambda group: packets(group)[1:])),
    ("no key of the rekey SA", built(lambda group: packets(group)[:1])),
    ("data SA twice", built(lambda group: packets(
        group, more=packets(group)[:1]))),
    ("rekey SA twice", built(lambda group: packets(
        group, more=packets(group)[1:]))),
    ("key of another data SA", built(lambda group: packets(
        group, tek=gdoi_keys.tek_packet(group.new_tek())))),
    ("data SA with a short key", built(lambda group: packets(
        group, tek=gdoi_keys.tek_packet(changed(
            group.teks[0], cipher_key=group.teks[0].cipher_key[1:]))))),
    ("rekey SA with a short key", built(lambda group: packets(
        group, kek=gdoi_keys.kek_packet(changed(
            group.kek, key=group.kek.key[1:]))))),
    ("no key to check signatures", built(lambda group: packets(
        group, kek=gdoi_keys.kek_packet(changed(group.kek, public=b""))))),
    ("key to check signatures is no key", built(lambda group: packets(
        group, kek=gdoi_keys.kek_packet(changed(group.kek, public=b"key"))))),
    ("key to check signatures is of another kind", built(
        lambda group: packets(group, kek=gdoi_keys.kek_packet(changed(
            group.kek, public=crypto.Signer(crypto.ECDSA_256).public()))))),
    ("unknown key packet", built(lambda group: packets(
        group, more=[Packet(9, b"", build_attribute(1, 1))]))),
    ("sender ID of too many bits", built(lambda group: packets(
        group, more=[Packet(gdoi_keys.SID, b"", build_attribute(1, 8) +
                            build_attribute(2, b"\1\0"))]))),
    ("octet behind the last key packet", lambda group: gdoi_keys.build_packets(
        packets(group)) + b"\0"),
    ("more key packets announced than there are", lambda group: b"\0\3\0\0" +
     gdoi_keys.build_packets(packets(group))[4:]),
)


class BadContent:
    """Answers of a key server, spoiled one after the other."""

    def __init__(self):
        self.left = [(2, *one) for one in POLICIES] + \
            [(4, *one) for one in KEYS]

    def __call__(self, server, pull, answer):
        step, name, build = self.left[0]
        if pull.done() != (step == 4):
            return [answer]
        self.left.pop(0)
        server.say("bad: %s" % name)
        exchange = copy.copy(pull.exchange)
        exchange.iv = pull.iv_before
        if step == 2:
            return [exchange.seal([Payload(gdoi.NONCE, pull.nonce),
                                   Payload(gdoi.SA, build(server.group))],
                                  pull.nonce_i)]
        return [exchange.seal([Payload(gdoi.SEQ, gdoi.number(0)),
                               Payload(gdoi.KD, build(server.group))],
                              pull.nonce_i, pull.nonce)]
