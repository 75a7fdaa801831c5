#!/usr/bin/python3 -B
#
# Keys of a gateway's SAs, as the kernel has them, for those who check or attack
# what it sends.
#
#   esp_keys.py serve
#       Starts to tell other hosts what "ip xfrm state" says, and what was
#       counted, in the background.
#   esp_keys.py list HOST
#       Prints SPIs and ciphers of that host's SAs.
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
import ipaddress
import json
import re
import socket
import subprocess
import sys

import esp_counters
from background import detach
from esp_format import CBC, GCM, Sa
from ike_format import FormatError, check

PORT = 5998

# questions
KEYS, COUNTERS = b"k", b"c"

AEAD = "rfc4106(gcm(aes))"
HMAC = re.compile(r"hmac\((sha256|sha384|sha512)\)$")


def octets(text):
    return bytes.fromhex(text[2:])


def read_algorithms(lines):
    """Returns (name, key, bits of the ICV) by the kernel's kind of
    algorithm."""
    found = {}
    for line in lines:
        words = line.split()
        if words[0] in ("aead", "auth", "auth-trunc", "enc"):
            found[words[0]] = (words[1], octets(words[2]),
                               int(words[3]) if words[3:] else None)
    return found


def make_sa(spi, found):
    if "aead" in found:
        name, key, bits = found["aead"]
        check(name == AEAD and bits == 128, "algorithm %s" % name)
        return Sa(spi, GCM, key)
    check("enc" in found and "auth-trunc" in found, "algorithms: %s"
          % ", ".join(found))
    name, key, _ = found["enc"]
    check(name == "cbc(aes)", "algorithm %s" % name)
    name, integrity_key, bits = found["auth-trunc"]
    matched = HMAC.match(name)
    check(matched, "algorithm %s" % name)
    return Sa(spi, CBC, key, (getattr(hashlib, matched[1]), integrity_key,
                              bits // 8))


def read(text):
    """SAs by their SPI, in the order that the kernel lists them."""
    sas = {}
    for state in re.split(r"^(?=src )", text, flags=re.MULTILINE)[1:]:
        head = re.search(r"proto esp spi 0x([0-9a-f]{8}) ", state)
        if head:
            spi = bytes.fromhex(head[1])
            sas[spi] = make_sa(spi, read_algorithms(
                state.strip().splitlines()))
            sas[spi].version = ipaddress.ip_address(state.split()[1]).version
    return sas


def get_local():
    return subprocess.run(["ip", "xfrm", "state"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def ask(host, what):
    with socket.create_connection((host, PORT), 60) as sock:
        sock.sendall(what)
        with sock.makefile("r") as file:
            return file.read()


def get(host):
    """SAs of a host that serves them, or of this one without a name."""
    return read(ask(host, KEYS) if host else get_local())


def get_counters(host):
    return json.loads(ask(host, COUNTERS))


def choose(sas, spi, version):
    """The SA with an SPI in hex, or the only one with addresses of a version
    of IP."""
    if spi:
        check(bytes.fromhex(spi) in sas, "no SA with SPI %s" % spi)
        return sas[bytes.fromhex(spi)]
    found = [sa for sa in sas.values() if sa.version == version]
    check(len(found) == 1, "%d SAs to choose from" % len(found))
    return found[0]


def serve():
    server = socket.create_server(("", PORT))
    log = detach("/tmp/esp_keys")
    while log:
        sock = server.accept()[0]
        with sock:
            answer = json.dumps(esp_counters.get_local()) \
                if sock.recv(1) == COUNTERS else get_local()
            sock.sendall(answer.encode())


def list_sas(host):
    for sa in get(host).values():
        print("%s %s %d" % (sa.spi.hex(), sa.cipher, len(sa.key) * 8))


if __name__ == "__main__":
    try:
        {"serve": serve, "list": list_sas}[sys.argv[1]](*sys.argv[2:])
    except FormatError as error:
        sys.exit(str(error))
