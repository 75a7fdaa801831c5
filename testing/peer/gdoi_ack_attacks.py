# Acknowledgements that a key server must not take for those of a member. Each
# function is something that a member in the background is told to do.
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
import os

import gdoi_ack
import gdoi_format as gdoi
from gdoi_format import HEADER_LEN, Payload
from gdoi_phase1 import make_socket


def intact(member, **changes):
    """The acknowledgement that is due, or that with changes."""
    due = member.due._replace(**changes)
    return gdoi_ack.build(due.kind or gdoi_ack.KEK_SHA256, due.base_key,
                          due.kek.spi, due.seq, member.own_address())


def send(member, message, sock=None):
    (sock or member.sock).sendto(message, member.due.destination)


def acknowledge(member):
    """What should have been sent."""
    send(member, intact(member))


def acknowledge_sealed(member):
    send(member, gdoi_ack.seal(member.due.kek, intact(member)))


def flip(message, at, xor):
    return message[:at] + bytes([message[at] ^ xor]) + message[at + 1:]


def forge(member):
    """Acknowledgements with a wrong HASH: each octet is changed, each length
    is there; then with keys that aren't those they should be made of."""
    message = intact(member)
    for at in range(len(message)):
        for xor in (0x01, 0x80):
            send(member, flip(message, at, xor))
    for length in range(len(message)):
        send(member, message[:length])
    send(member, message + bytes(4))
    for key in (b"", os.urandom(16), member.due.kek.key):
        send(member, intact(member, base_key=key))


def mislead(member):
    """Acknowledgements with a good HASH that say what isn't."""
    due = member.due
    kind = due.kind or gdoi_ack.KEK_SHA256
    key = gdoi_ack.ack_key(kind, due.base_key, due.kek.spi, gdoi_ack.OF_BLOCK)
    seq = Payload(gdoi.SEQ, gdoi.number(due.seq))
    identity = Payload(gdoi.ID, gdoi_ack.id_body(member.own_address()))

    def build(payloads, **header):
        return gdoi_ack.build_with(kind, key, due.kek.spi, payloads, **header)
    wrong = [build([Payload(gdoi.SEQ, gdoi.number(number)), identity])
             for number in (0, due.seq + 1, due.seq + 100, 0xffffffff)]
    wrong += [build([seq, Payload(gdoi.ID, gdoi_ack.id_body(address))])
              for address in ("192.0.2.1", "255.255.255.255", "::1")]
    wrong += [build([seq, Payload(gdoi.ID, body)]) for body in (
        b"", identity.body[:4], identity.body[:-1], identity.body + b"\0",
        gdoi.build_id(gdoi.ID_FQDN, b"carol.strongswan.org"),
        gdoi.build_id(gdoi.ID_IPV4_ADDR, identity.body[4:], 17, 848))]
    wrong += [build(payloads) for payloads in (
        [seq], [identity], [identity, seq], [seq, seq, identity],
        [seq, identity, identity])]
    wrong += [build([seq, identity], mid=1),
              build([seq, identity], exchange=gdoi.INFORMATIONAL),
              build([seq, identity], flags=gdoi.ENCRYPTED)]
    for message in wrong:
        send(member, message)


def impersonate(member):
    """The acknowledgement that is due, from another host."""
    stranger = make_socket(member.config.stranger, 0)
    send(member, intact(member), stranger)
    # and in the name of that host
    due = member.due
    send(member, gdoi_ack.build(due.kind, due.base_key, due.kek.spi, due.seq,
                                member.config.stranger), stranger)
    stranger.close()


def stray(member):
    """On a rekey SA that isn't there."""
    message = intact(member)
    send(member, os.urandom(16) + message[16:HEADER_LEN] +
         message[HEADER_LEN:])


def be_late(member):
    """Of the message before."""
    send(member, intact(member, seq=member.due.seq - 1))


TASKS = {"ack": acknowledge, "ack-sealed": acknowledge_sealed, "forge": forge,
         "mislead": mislead, "impersonate": impersonate, "stray": stray,
         "be-late": be_late}
