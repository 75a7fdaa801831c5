# A group as a key server of GDOI has it: policy, keys, a key tree of two
# levels, and GROUPKEY-PUSH.
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

import gdoi_crypto as crypto
import gdoi_format as gdoi
import gdoi_keys
import gdoi_push
from gdoi_format import Payload, check
from gdoi_keys import Node, Update
from gdoi_policy import AES_CBC, LKH, End, Gap, Kek, Policy, Tek

SIG_ALGORITHMS = {"rsa": crypto.RSA, "ecdsa256": crypto.ECDSA_256,
                  "ecdsa384": crypto.ECDSA_384, "ecdsa521": crypto.ECDSA_521}

# LKH ID of the root; members' leaves count from 1
ROOT = 0xfffe

SID_BITS = 16


class Group:
    """One rekey SA, and data SAs for one kind of traffic."""

    def __init__(self, config):
        self.config = config
        algorithm = SIG_ALGORITHMS[config.signature]
        self.signer = crypto.Signer(algorithm, config.hash, config.bare,
                                    config.key)
        self.leaves = {}
        self.handles = 0
        self.next_sender_id = 0
        self.sent = 0
        self.kek = self.new_kek()
        self.teks = [self.new_tek()]

    # what there is

    def new_kek(self):
        config, kek = self.config, Kek()
        kek.source = End.of(config.server, gdoi.PORT)
        kek.destination = End.of(
            config.multicast if config.transport == "multicast" else
            config.member, gdoi.PORT)
        kek.spi = os.urandom(16)
        kek.algorithm = AES_CBC
        kek.key_bits = config.kek_bits
        kek.lifetime = config.lifetime
        kek.sig_algorithm = self.signer.algorithm
        kek.sig_hash = config.hash if kek.sig_algorithm == crypto.RSA else None
        kek.sig_bits = self.signer.bits
        kek.ack = config.request_ack or None
        kek.key = os.urandom(16 + config.kek_bits // 8)
        kek.public = self.signer.public(config.pkcs1)
        self.sent = 0
        return kek

    def new_tek(self):
        tek = Tek()
        tek.source = End.of(self.config.source)
        tek.destination = End.of(self.config.destination)
        tek.spi = os.urandom(4)
        while int.from_bytes(tek.spi, "big") < 256:
            tek.spi = os.urandom(4)
        tek.lifetime = self.config.lifetime
        if self.config.gcm:
            tek.transform, tek.auth = 20, None
        tek.cipher_key = os.urandom(tek.cipher_octets())
        tek.integrity_key = os.urandom(tek.integrity_octets())
        return tek

    def new_handle(self):
        self.handles += 1
        return self.handles

    def root(self, kek, handle):
        return Node(ROOT, handle, kek.key)

    def leaf(self, member):
        """Each registration of a member gets another one."""
        self.leaves[member] = Node(len(self.leaves) + 1, self.new_handle(),
                                   os.urandom(self.kek.key_octets()))
        return self.leaves[member]

    def make_policy(self, kek=None, teks=()):
        policy = Policy(self.config.doi, self.config.situation)
        policy.kek, policy.teks = kek, list(teks)
        if self.config.delays:
            policy.gap = Gap(*self.config.delays)
        return policy

    # GROUPKEY-PULL

    def check_id(self, body):
        check(body == gdoi.build_id(gdoi.ID_KEY_ID, self.config.group),
              "group %s" % body.hex())

    def policy(self):
        return self.make_policy(None if self.config.no_kek else self.kek,
                                self.teks).build()

    def seq(self):
        """None without a rekey SA."""
        return None if self.config.no_kek else self.sent

    def keys(self, wanted, member):
        packets = [gdoi_keys.tek_packet(tek) for tek in self.teks]
        if not self.config.no_kek:
            packets.append(gdoi_keys.kek_packet(self.kek))
        if self.config.lkh:
            packets.append(gdoi_keys.lkh_packet(
                self.kek, [self.leaf(member), self.root(self.kek, 0)]))
        if self.config.gcm:
            # who asks for none gets one
            wanted = wanted or 1
            first = self.next_sender_id
            self.next_sender_id += wanted
            packets.append(gdoi_keys.sid_packet(
                SID_BITS, range(first, first + wanted)))
        return gdoi_keys.build_packets(packets)

    # GROUPKEY-PUSH

    def push(self, payloads, seq=None, spoil=None, signer=None):
        """Returns a datagram that counts, unless seq is given."""
        if seq is None:
            self.sent += 1
            seq = self.sent
        return gdoi_push.build(self.kek, signer or self.signer,
                               [gdoi_push.seq_payload(seq)] + payloads,
                               self.config.padded, spoil)

    def delete_payload(self, teks):
        return Payload(gdoi.DELETE, gdoi.build_delete(
            gdoi.ESP, [tek.spi for tek in teks]))

    @staticmethod
    def content(policy, packets):
        return [Payload(gdoi.SA, policy.build()),
                Payload(gdoi.KD, gdoi_keys.build_packets(packets))]

    def push_tek(self):
        """A new data SA in place of those there are."""
        old, self.teks = self.teks, [self.new_tek()]
        return self.push([self.delete_payload(old)] + self.content(
            self.make_policy(teks=self.teks),
            [gdoi_keys.tek_packet(tek) for tek in self.teks]))

    def replace_kek(self, packets):
        """A new rekey SA; packets makes key packets from it."""
        sent = self.sent
        kek = self.new_kek()
        self.sent = sent
        datagram = self.push(self.content(self.make_policy(kek),
                                          packets(kek)))
        # that is for rekeys only
        kek.management = None
        self.kek, self.sent = kek, 0
        return datagram

    def push_kek(self):
        return self.replace_kek(lambda kek: [gdoi_keys.kek_packet(kek)])

    def push_tree(self, without=()):
        """A new rekey SA for members whose leaves are known, but some."""
        for member in without:
            self.leaves.pop(member, None)

        def packets(kek):
            kek.management = LKH
            handle = self.new_handle()
            updates = [Update(leaf.id, leaf.handle, [
                Node(ROOT, handle, gdoi_keys.encrypt_key(kek, leaf.data,
                                                         kek.key))])
                       for leaf in self.leaves.values()]
            return [gdoi_keys.kek_packet(kek, False),
                    gdoi_keys.lkh_packet(kek, updates=updates)]
        return self.replace_kek(packets)

    def push_clean_slate(self):
        return self.push([
            Payload(gdoi.DELETE, gdoi.build_delete(gdoi.ESP, [bytes(4)])),
            Payload(gdoi.DELETE, gdoi.build_delete(gdoi.KEK_PROTOCOL,
                                                   [bytes(16)]))])
