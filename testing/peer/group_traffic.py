# Traffic of a group's data SAs, read with keys from a registration: ESP of
# RFC 4303 with AES-CBC and HMAC-SHA2 or with AES-GCM, and AH of RFC 4302.
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
import socket
import struct

import esp_format
import ike_format as ike
from background import detach
from group_policy import AES_CBC, GCM, INTEG_KEY_LEN
from ike_format import FormatError, check
from ike_session import Session
from udp import DEVICE

HASHES = {12: hashlib.sha256, 13: hashlib.sha384, 14: hashlib.sha512}
ICV_LEN = {12: 16, 13: 24, 14: 32}

UDP, IP_IN_IP = 17, 4


def integrity(sa, key, data):
    """Value that protects data, as long as it is on the wire."""
    algorithm = sa.id(ike.INTEG)
    check(len(key) == INTEG_KEY_LEN[algorithm], "integrity key of %d octets"
          % len(key))
    return hmac.new(key, data, HASHES[algorithm]).digest()[:ICV_LEN[algorithm]]


def open_esp(sa, packet):
    """Returns next header and payload."""
    if sa.id(ike.ENCR) == AES_CBC:
        size, algorithm = sa.key_length, sa.id(ike.INTEG)
        check(len(sa.key) - size == INTEG_KEY_LEN[algorithm],
              "integrity key of %d octets" % (len(sa.key) - size))
        keys = esp_format.Sa(sa.spi, esp_format.CBC, sa.key[:size],
                             (HASHES[algorithm], sa.key[size:],
                              ICV_LEN[algorithm]))
    else:
        check(sa.id(ike.ENCR) in GCM, "cipher %d" % sa.id(ike.ENCR))
        keys = esp_format.Sa(sa.spi, esp_format.GCM, sa.key)
    content = keys.open(packet[20:])
    return content.following, content.payload


def open_ah(sa, packet):
    icv = ICV_LEN[sa.id(ike.INTEG)]
    following, length = packet[20:22]
    header = 4 * (length + 2)
    # fields that change on the way count as 0
    covered = (packet[:1] + b"\0" + packet[2:6] + bytes(3) + packet[9:10] +
               bytes(2) + packet[12:32] + bytes(icv) + packet[32 + icv:])
    check(integrity(sa, sa.key, covered) == packet[32:32 + icv],
          "AH packet isn't authentic")
    return following, packet[20 + header:]


def describe(sa, transport_mode, packet):
    """What a packet of a data SA carries, as a line."""
    check(packet[0] == 0x45, "options in an IP header")
    following, payload = (open_esp if sa.protocol == ike.ESP else
                          open_ah)(sa, packet)
    addresses = packet[12:20]
    if not transport_mode:
        check(following == IP_IN_IP, "next header %d in a tunnel" % following)
        check(payload[12:20] == addresses, "addresses aren't preserved")
        following, payload = payload[9], payload[20:]
    check(following == UDP, "next header %d" % following)
    check(sa.source.first.packed <= addresses[:4] <= sa.source.last.packed and
          sa.destination.first.packed == addresses[4:],
          "packet from outside of the selectors")
    return "%s > %s %s" % (socket.inet_ntoa(addresses[:4]),
                           socket.inet_ntoa(addresses[4:]),
                           payload[8:].decode())


def open_socket(protocol, destination):
    """A socket for all packets of ESP or AH to a group's address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    struct.pack("=4s4si", destination.packed, bytes(4),
                                socket.if_nametoindex(DEVICE)))
    sock.bind((str(destination), 0))
    return sock


def listen(config):
    """Register, and from then on write what the group sends to
    /tmp/traffic.DESTINATION, in the background."""
    download = Session(config).init().register()
    check(len(download.sas) == 1, "%d data SAs" % len(download.sas))
    sa = download.sas[0]
    esp = sa.protocol == ike.ESP
    sock = open_socket(socket.IPPROTO_ESP if esp else socket.IPPROTO_AH,
                       sa.destination.first)
    log = detach("/tmp/traffic.%s" % sa.destination.first)
    if log is None:
        return
    where = 20 if esp else 24
    while True:
        packet = sock.recv(65536)
        if packet[where:where + 4] != sa.spi:
            continue
        try:
            print(describe(sa, download.transport_mode, packet), file=log)
        except FormatError as error:
            print(error, file=log)


COMMANDS = [("listen", listen)]
