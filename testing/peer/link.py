# Packets on an interface, past the IP stack of this host.
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
import ipaddress
import json
import select
import socket
import struct
import subprocess
import time

from ike_format import check

ETH_P_IP, ETH_P_IPV6, ETH_P_ALL = 0x0800, 0x86dd, 3
ETH_LEN = 14

# for all hosts that may have a route to it: discarded there
DISCARD = 9


def ask_neighbour(address, device):
    """Have the kernel find out where a neighbour is."""
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else
                         socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        device.encode())
        try:
            sock.sendto(b"", (str(address), DISCARD))
        except OSError:
            pass


def neighbour(address, device):
    """Hardware address of a neighbour."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = json.loads(subprocess.run(
            ["ip", "-json", "neigh", "show", str(address), "dev", device],
            check=True, stdout=subprocess.PIPE).stdout)
        if found and "lladdr" in found[0]:
            return bytes.fromhex(found[0]["lladdr"].replace(":", ""))
        ask_neighbour(address, device)
        time.sleep(0.05)
    check(False, "no answer from %s on %s" % (address, device))


def multicast_mac(address):
    if address.version == 4:
        return b"\1\0\x5e" + bytes([address.packed[1] & 0x7f]) + \
            address.packed[2:]
    return b"\x33\x33" + address.packed[12:]


class Link:
    """Sends IP packets to a neighbour, or to all if they are for many."""

    def __init__(self, device, via):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind((device, 0))
        self.here = self.sock.getsockname()[4]
        self.there = neighbour(ipaddress.ip_address(via), device)

    def send(self, packet, version=None, to=None):
        """Send octets as if they were a packet of a version of IP, which may
        be another one than they say, or to a multicast address."""
        version = version or packet[0] >> 4
        self.sock.send((multicast_mac(to) if to and to.is_multicast
                        else self.there) + self.here +
                       struct.pack("!H", ETH_P_IPV6 if version == 6
                                   else ETH_P_IP) + packet)


def open_tap(device):
    """A socket for all that an interface sends or receives from now on."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    sock.bind((device, ETH_P_ALL))
    return sock


def packets(sock, seconds):
    """IP packets from a tap, as they come, for that long."""
    end = time.monotonic() + seconds
    while select.select([sock], [], [], max(0, end - time.monotonic()))[0]:
        frame = sock.recv(65536)
        if struct.unpack("!H", frame[12:14])[0] in (ETH_P_IP, ETH_P_IPV6):
            yield frame[ETH_LEN:]


def read_pcap(path):
    """IP packets of a file that tcpdump wrote from an Ethernet interface."""
    with open(path, "rb") as file:
        data = file.read()
    check(len(data) >= 24 and data[:4] in (b"\xd4\xc3\xb2\xa1",
                                           b"\xa1\xb2\xc3\xd4"),
          "%s isn't a capture" % path)
    order = "<" if data[0] == 0xd4 else ">"
    check(struct.unpack(order + "I", data[20:24])[0] == 1,
          "%s isn't of an Ethernet interface" % path)
    data = data[24:]
    while data:
        check(len(data) >= 16, "%s is cut" % path)
        captured, length = struct.unpack(order + "8xII", data[:16])
        check(captured == length <= len(data) - 16, "%s is cut" % path)
        frame, data = data[16:16 + length], data[16 + length:]
        if struct.unpack("!H", frame[12:14])[0] in (ETH_P_IP, ETH_P_IPV6):
            yield frame[ETH_LEN:]


def write_pcap(path, found):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1))
        for packet in found:
            frame = bytes(12) + struct.pack("!H", ETH_P_IPV6 if
                                            packet[0] >> 4 == 6 else ETH_P_IP)
            frame += packet
            file.write(struct.pack("<IIII", int(time.time()), 0, len(frame),
                                   len(frame)) + frame)
