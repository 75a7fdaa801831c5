#!/usr/bin/python3 -B
#
# Decrypt a packet of a group's traffic by the specifications of ESP and IP-D3P
# alone, with keys from the kernel of a gateway.
#
#   esp_decrypt.py [OPTIONS] FILE...
#       Decrypts all ESP packets of captures of tcpdump (-w), or of "record".
#   esp_decrypt.py [OPTIONS] --device DEVICE
#       Waits for one packet on an interface. With --record FILE it does so in
#       the background, and the packet isn't decrypted but written there.
#
#   --keys HOST        where "esp_keys.py serve" runs, default this host
#   --source ADDRESS   packets with these addresses only
#   --destination ADDRESS
#   --d3p WINDOW       requires IP-D3P, and a time that isn't off by more than
#                      half of so many milliseconds when this runs; 0 requires
#                      D3P with any time. Without, there must be none.
#   --seconds N        how long to wait for a packet, default 60
#
# Prints for each packet addresses, SPI, sequence number, D3P header, inner
# addresses and protocol, and padding. Fails if there is no packet, or one isn't
# what RFCs 4303, 4106, 3602, 4868 and the draft say, or has other addresses
# inside than outside (RFC 5374, 5.2).
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
import argparse
import ipaddress
import sys
import time

import esp_format as esp
import esp_keys
import ip_format as ip
import link
from background import detach
from ike_format import FormatError, check


def is_meant(config, data):
    """Is it ESP that was asked for? What is no IP packet isn't."""
    try:
        packet = ip.parse(data)
    except FormatError:
        return False
    return (packet.protocol == ip.ESP and
            config.source in (None, packet.source) and
            config.destination in (None, packet.destination))


def check_time(header, window):
    """Is a time within the window, as numbers that wrap?"""
    now = int(time.time() * 1000000)
    there = header.seconds * 1000000 + header.micros
    span = 1000000 << 32
    off = (there - now + span // 2) % span - span // 2
    check(not window or abs(off) <= window * 500, "D3P: off by %d us" % off)


def open_d3p(config, content):
    """Returns a description of the header, next header and payload."""
    if config.d3p is None:
        return "", content.following, content.payload
    check(content.following == esp.D3P, "no D3P, next header %d"
          % content.following)
    header, payload = esp.parse_d3p(content.payload)
    check_time(header, config.d3p)
    return (" D3P type %d time %d.%06d |" % (header.type, header.seconds,
                                             header.micros),
            header.following, payload)


def describe(config, sas, data):
    """What an ESP packet is, as a line."""
    outer = ip.parse(data)
    check(not outer.fragment, "ESP in fragments")
    check(not outer.extra, "options or extension headers before ESP")
    spi = outer.payload[:4]
    check(spi in sas, "no SA with SPI %s" % spi.hex())
    content = sas[spi].open(outer.payload)
    check(content.sequence, "sequence number 0")
    d3p, following, payload = open_d3p(config, content)
    check(following == (ip.IPV4 if outer.source.version == 4 else ip.IPV6),
          "next header %d in a tunnel" % following)
    inner = ip.parse(payload)
    check((inner.source, inner.destination) ==
          (outer.source, outer.destination),
          "inner addresses are %s > %s, outer ones %s > %s" % (
              inner.source, inner.destination, outer.source,
              outer.destination))
    return "%s > %s | ESP spi %s seq %d |%s %s > %s %s %d octets | padding %d" \
        % (outer.source, outer.destination, spi.hex(), content.sequence, d3p,
           inner.source, inner.destination,
           ip.NAMES.get(inner.protocol, inner.protocol), len(inner.payload),
           content.padding)


def wait_for_packet(config, tap):
    """Returns the first packet that is meant, if there is one in time."""
    for packet in link.packets(tap, config.seconds):
        if is_meant(config, packet):
            return [packet]
    return []


def record(config):
    """Write one packet to a file, in the background."""
    tap = link.open_tap(config.device)
    log = detach(config.record + ".log")
    if log:
        link.write_pcap(config.record, wait_for_packet(config, tap))
        print("written", file=log)


def get_packets(config):
    if config.device:
        return wait_for_packet(config, link.open_tap(config.device))
    return [packet for path in config.files
            for packet in link.read_pcap(path) if is_meant(config, packet)]


def decrypt(config):
    found = get_packets(config)
    check(found, "no ESP packet")
    sas = esp_keys.get(config.keys)
    for packet in found:
        print(describe(config, sas, packet))


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--device")
    parser.add_argument("--record")
    parser.add_argument("--keys")
    parser.add_argument("--source", type=ipaddress.ip_address)
    parser.add_argument("--destination", type=ipaddress.ip_address)
    parser.add_argument("--d3p", type=int)
    parser.add_argument("--seconds", type=int, default=60)
    config = parser.parse_args()
    if bool(config.files) == bool(config.device):
        parser.error("either files or a device")
    return config


if __name__ == "__main__":
    options = parse_options()
    try:
        record(options) if options.record else decrypt(options)
    except FormatError as problem:
        sys.exit("wrong: %s" % problem)
