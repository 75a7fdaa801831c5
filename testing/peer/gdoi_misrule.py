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
import gdoi_crypto as crypto
import gdoi_format as gdoi
import gdoi_keys
import gdoi_push
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

def be(misrule):
    """From now on spoil registrations."""
    def start(server):
        server.misrule = misrule
    return start


def spoil_hash(step):
    """HASH(2) or HASH(4) is wrong."""
    def misrule(_, pull, answer):
        if pull.done() != (step == 4):
            return [answer]
        exchange = pull.exchange
        plain = exchange.phase1.cipher.decrypt(pull.iv_before,
                                               answer[HEADER_LEN:])
        return [exchange.phase1.seal(gdoi.PULL, exchange.mid, gdoi.HASH,
                                     flip(plain, 4), pull.iv_before)[0]]
    return misrule


def spoil_copies(_, pull, answer):
    """Each answer comes after all kinds of spoiled copies of it."""
    return [flip(answer, at) for at in range(16, len(answer))] + \
        [answer[:length] for length in range(len(answer))] + [answer]


def honest(server):
    server.misrule = None


MISRULES = {"replay": replay, "old-sequence": old_sequence,
            "wrong-key": wrong_key, "wrong-signature": wrong_signature,
            "foreign": foreign, "corrupt": corrupt,
            "bad-content": bad_content, "hash2": be(spoil_hash(2)),
            "hash4": be(spoil_hash(4)), "copies": be(spoil_copies),
            "honest": honest}
