# Sockets for datagrams of both protocols, and what may become of an exchange.
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
import select
import socket
import struct
import time

# seconds to wait for an answer
PATIENCE = 6
# how often to ask meanwhile
TRIES = 3

# before messages on port 4500
MARKER = bytes(4)

DEVICE = "eth0"


class NoAnswer(Exception):
    """The peer didn't answer in time."""


class Refused(Exception):
    """The peer sent an error."""

    def __init__(self, notify):
        super().__init__("notify %d" % notify)
        self.notify = notify


def open_socket(version, address, port):
    """A socket for a version of IP; an empty address is any."""
    sock = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET,
                         socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    return sock


def open_multicast(address, port):
    """A socket for what is sent to an ipaddress of a multicast group."""
    sock = open_socket(address.version, str(address), port)
    device = socket.if_nametoindex(DEVICE)
    if address.version == 4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        struct.pack("=4s4si", address.packed, bytes(4),
                                    device))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        struct.pack("=16si", address.packed, device))
    return sock


def received(sock, seconds):
    """Datagrams as they come, for that long."""
    end = time.monotonic() + seconds
    while True:
        left = max(0, end - time.monotonic())
        if not select.select([sock], [], [], left)[0]:
            return
        try:
            yield sock.recv(65536)
        except ConnectionRefusedError:
            continue
