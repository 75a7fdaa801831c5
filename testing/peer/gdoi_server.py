# A key server of GDOI: main mode, GROUPKEY-PULL, GROUPKEY-PUSH as it is told
# to, and acknowledgements. Some of what it can be told is wrong, and for
# members to refuse.
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

import gdoi_ack
import gdoi_format as gdoi
from background import detach, listen_control
from gdoi_format import FormatError, check
from gdoi_group import Group
from gdoi_misrule import MISRULES, only_answer
from gdoi_phase1 import Responder, Transport, make_socket
from gdoi_pull import ServerPull


def log_of(config):
    return "/tmp/gdoi." + config.name


class Server:
    """All that is known of members."""

    def __init__(self, config):
        self.config = config
        self.group = Group(config)
        self.sock = make_socket(config.server, config.port)
        self.sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
            socket.inet_aton(config.server))
        # phase 1 SAs by the initiator's cookie, their exchanges by message ID
        self.phase1s = {}
        self.pulls = {}
        # addresses of members by identity, and what was pushed last
        self.members = {}
        self.keks = [self.group.kek]
        self.last = None
        self.misrule = only_answer
        self.lines = []
        self.control = listen_control(log_of(config) + ".control")

    def say(self, text):
        self.lines.append(text)

    def run(self):
        log = detach(log_of(self.config))
        if log is None:
            return
        while True:
            for sock in select.select([self.sock, self.control], [], [])[0]:
                try:
                    self.read(sock)
                except FormatError as error:
                    self.say("FAILED: %s" % error)
                for line in self.lines:
                    print(line, file=log)
                self.lines = []

    def read(self, sock):
        if sock is self.control:
            command, peer = sock.recvfrom(1024)
            try:
                for word in command.decode().split():
                    self.command(*word.split("="))
            finally:
                sock.sendto(b"done", peer)
            return
        data, source = sock.recvfrom(65536)
        header = gdoi.parse_header(data)
        if header.exchange == gdoi.PUSH_ACK:
            self.read_ack(data, source)
        elif header.exchange == gdoi.MAIN_MODE:
            self.read_main_mode(data, source)
        else:
            self.read_phase2(header, data, source)

    # registration

    def read_main_mode(self, data, source):
        cookie = data[:8]
        if cookie not in self.phase1s:
            self.phase1s[cookie] = Responder(self.config,
                                             Transport(self.sock, source))
        phase1 = self.phase1s[cookie]
        done = phase1.established()
        phase1.transport.send(phase1.respond(data))
        if phase1.established() and not done:
            self.say("phase 1 with %s" % phase1.peer_id)

    def read_phase2(self, header, data, source):
        phase1 = self.phase1s.get(data[:8])
        check(phase1 and phase1.established() and
              header.spi == phase1.cookies, "exchange %d on no phase 1 SA"
              % header.exchange)
        phase1.transport.peer = source
        if header.exchange == gdoi.INFORMATIONAL:
            phase1.read_informational(data)
            if phase1.deleted:
                self.say("%s deletes its phase 1 SA" % phase1.peer_id)
            return
        check(header.exchange == gdoi.PULL, "exchange %d" % header.exchange)
        name = header.spi, header.mid
        if name not in self.pulls:
            self.pulls[name] = ServerPull(phase1, header.mid)
        pull = self.pulls[name]
        done = pull.done()
        answer = pull.respond(data, MemberView(self.group, phase1.peer_id))
        messages = self.misrule(self, pull, answer)
        for message in messages:
            phase1.transport.send(message)
        if pull.done() and not done and answer in messages:
            self.members[phase1.peer_id] = source
            self.say("%s registers" % phase1.peer_id)

    # rekeys

    def send(self, datagram):
        if self.config.transport == "multicast":
            self.sock.sendto(datagram, (self.config.multicast, gdoi.PORT))
            return
        for address in self.members.values():
            self.sock.sendto(datagram, address)

    def command(self, name, *arguments):
        if name in MISRULES:
            self.say("misrule: %s" % name)
            MISRULES[name](self, *arguments)
            return
        kek, seq = self.group.kek, self.group.sent + 1
        getattr(self, "push_" + name.replace("-", "_"))(*arguments)
        self.say("pushed %s, message %d on %s" % (name, seq,
                                                  kek.spi.hex()[:8]))

    def push_data(self):
        self.push(self.group.push_tek())

    def push_kek(self):
        self.push(self.group.push_kek())

    def push_tree(self):
        self.push(self.group.push_tree())

    def push_remove(self, member):
        self.push(self.group.push_tree([member]))
        self.members.pop(member)

    def push_clean_slate(self):
        self.push(self.group.push_clean_slate())

    def push(self, datagram):
        self.last = datagram
        if self.group.kek not in self.keks:
            self.keks.append(self.group.kek)
        self.send(datagram)

    # acknowledgements

    def read_ack(self, data, source):
        header = gdoi.parse_header(data)
        kek = next((one for one in self.keks if one.spi == header.spi), None)
        check(kek, "acknowledgement on no rekey SA")
        sealed = header.flags == gdoi.ENCRYPTED
        if sealed:
            data = gdoi_ack.open_sealed(kek, data)
        kind = self.config.request_ack or gdoi_ack.KEK_SHA256
        ack = gdoi_ack.parse(data, kind)
        check(ack.address == source[0], "ID is %s, of %s"
              % (ack.address, source[0]))
        base_keys = [kek.bare_key()]
        if kind in (gdoi_ack.LKH_SHA256, gdoi_ack.LKH_SHA512):
            base_keys = [leaf.data[kek.block():]
                         for leaf in self.group.leaves.values()]
        for base_key in base_keys:
            try:
                reading = gdoi_ack.verify(ack, kind, base_key)
                break
            except FormatError as error:
                failed = error
        else:
            raise failed
        self.say("acknowledgement of message %d on %s by %s, L of %s%s" % (
            ack.seq, header.spi.hex()[:8], ack.address, reading,
            ", encrypted" if sealed else ""))


class MemberView:
    """The group, as a member with an identity gets it."""

    def __init__(self, group, member):
        self.check_id = group.check_id
        self.policy = group.policy
        self.seq = group.seq
        self.keys = lambda wanted: group.keys(wanted, member)


def serve(config):
    """Be a key server in the background, that writes what happens to
    /tmp/gdoi.NAME."""
    Server(config).run()


COMMANDS = [("serve", serve)]
