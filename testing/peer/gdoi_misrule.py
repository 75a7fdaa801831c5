# What a key server of GDOI may do wrong: GROUPKEY-PULL and GROUPKEY-PUSH that
# members have to refuse.
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
import gdoi_push
from gdoi_bad_content import BadContent
from gdoi_format import HEADER_LEN, Payload


def flip(data, at=-1, xor=1):
    changed = bytearray(data)
    changed[at] ^= xor
    return bytes(changed)


# GROUPKEY-PUSH

def replay(server):
    """The last message again, octet by octet."""
    server.send(server.last)


def old_sequence(server):
    """A well signed message with a sequence number that was there."""
    group = server.group
    server.send(group.push(group.content(
        group.make_policy(teks=[group.new_tek()]), []), seq=group.sent))


def wrong_key(server):
    """A message that another key than the group's signs."""
    group = server.group
    signer = crypto.Signer(group.signer.algorithm, group.signer.sig_hash)
    tek = group.new_tek()
    server.send(group.push(group.content(
        group.make_policy(teks=[tek]), [gdoi_keys.tek_packet(tek)]),
        seq=group.sent + 1, signer=signer))


def wrong_signature(server):
    """A message with a changed signature."""
    group = server.group
    server.send(group.push([Payload(gdoi.DELETE, gdoi.build_delete(
        gdoi.ESP, [bytes(4)]))], seq=group.sent + 1, spoil=flip))


def foreign(server):
    """A message on a rekey SA that nobody knows."""
    group = server.group
    kek = group.kek
    group.kek = group.new_kek()
    datagram = group.push_clean_slate()
    group.kek = kek
    server.send(datagram)


def corrupt(server):
    """The next message with each octet changed, on the wire and below the
    encryption, and at each length. What it would have said is lost; its
    sequence number isn't used up."""
    group = server.group
    tek = group.new_tek()
    intact = group.push(group.content(
        group.make_policy(teks=[tek]), [gdoi_keys.tek_packet(tek)]),
        seq=group.sent + 1)
    for at in range(len(intact)):
        server.send(flip(intact, at))
    for length in range(len(intact)):
        server.send(intact[:length])
    cipher, iv = group.kek.cipher()
    plain = cipher.decrypt(iv, intact[HEADER_LEN:])
    first = gdoi.parse_header(intact).next
    for at in range(len(plain)):
        server.send(gdoi_push.seal(group.kek, first, flip(plain, at, 0x80)))


def bad_content(server):
    """Well signed messages that say what can't be: each uses up its sequence
    number, as it comes from the key server."""
    group = server.group
    tek = group.new_tek()
    short = group.new_tek()
    short.integrity_key = short.integrity_key[1:]
    policy = group.make_policy(teks=[tek])
    packet = gdoi_keys.tek_packet(tek)
    attribute = Payload(gdoi.SA, policy.build() + gdoi.build_attribute(99, 1))
    for payloads in (
            group.content(policy, []),
            group.content(policy, [packet, packet]),
            group.content(group.make_policy(teks=[short]),
                          [gdoi_keys.tek_packet(short)]),
            group.content(policy, [packet, gdoi_keys.sid_packet(16, [1])]),
            [attribute, group.content(policy, [packet])[1]],
            [Payload(gdoi.SA, policy.build()[:-3]),
             group.content(policy, [packet])[1]]):
        server.send(group.push(payloads, seq=group.sent + 1))


# GROUPKEY-PULL: messages to send in place of the answer

def be_bad(server):
    """Spoil what each of the next registrations is answered with."""
    server.misrule = BadContent()


def only_answer(_, __, answer):
    """As it should be."""
    return [answer]


def be(misrule):
    """From now on spoil registrations."""
    def start(server):
        server.misrule = misrule
    return start


def wrong_answer(pull, payloads, *nonces):
    """What isn't the answer, with a wrong HASH."""
    exchange = copy.copy(pull.exchange)
    exchange.iv = pull.iv_before
    return exchange.seal(payloads, *nonces, spoil=flip)


def spoil_hash2(server, pull, answer):
    """Another policy with a wrong HASH(2) comes before the policy."""
    if pull.done():
        return [answer]
    tek = server.group.new_tek()
    policy = server.group.make_policy(server.group.kek, [tek])
    return [wrong_answer(pull, [Payload(gdoi.NONCE, pull.nonce),
                                Payload(gdoi.SA, policy.build())],
                         pull.nonce_i), answer]


def spoil_hash4(server, pull, answer):
    """Other keys with a wrong HASH(4) come before the keys."""
    if not pull.done():
        return [answer]
    group, packets = server.group, []
    for tek in group.teks:
        other = copy.copy(tek)
        other.cipher_key = tek.cipher_key[::-1]
        packets.append(gdoi_keys.tek_packet(other))
    kek = copy.copy(group.kek)
    kek.key = kek.key[::-1]
    packets.append(gdoi_keys.kek_packet(kek))
    return [wrong_answer(pull, [gdoi_push.seq_payload(group.sent),
                                Payload(gdoi.KD,
                                        gdoi_keys.build_packets(packets))],
                         pull.nonce_i, pull.nonce), answer]


def refuse(server, count):
    """The next registrations are refused when they ask for keys, as if the
    SAs had been replaced. Each is told so twice."""
    left = int(count)

    def misrule(_, pull, answer):
        nonlocal left
        if not left or not pull.done():
            return [answer]
        left -= 1
        exchange = pull.exchange
        notify = Payload(gdoi.NOTIFY, gdoi.build_notify(
            gdoi.INVALID_ID_INFORMATION, exchange.phase1.cookies,
            gdoi.number(exchange.mid), doi=gdoi.DOI_IPSEC))
        return [exchange.phase1.build_informational(notify) for _ in range(2)]
    server.misrule = misrule


def spoil_copies(_, __, answer):
    """Each answer comes after some spoiled copies of it. These aren't more
    than a member may keep until it has looked at them."""
    middle = len(answer) // 2
    return [flip(answer, at) for at in (16, 19, HEADER_LEN, middle, -1)] + \
        [answer[:middle], answer]


MISRULES = {"replay": replay, "old-sequence": old_sequence,
            "wrong-key": wrong_key, "wrong-signature": wrong_signature,
            "foreign": foreign, "corrupt": corrupt,
            "bad-content": bad_content, "hash2": be(spoil_hash2),
            "hash4": be(spoil_hash4), "copies": be(spoil_copies),
            "refuse": refuse, "bad": be_bad, "honest": be(only_answer)}
