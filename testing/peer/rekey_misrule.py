# What a member has to withstand from a key server with bugs: messages with a
# good signature that break rules of RFC 9838. One of a group's members has the
# key that signs, for this. And what one can still do that was removed from a
# group without signatures.
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
import os
import struct

from cryptography.hazmat.primitives.serialization import load_pem_private_key

import group_download as kd
import group_policy as policy
import ike_crypto
import ike_format as ike
import tool
from ike_format import Payload, build_attribute, transform
from rekey_attacks import MOON, Attack

KEY_FILE = "/etc/swanctl/private/sharedKey.pem"

LIFETIME = build_attribute(policy.KEY_LIFETIME, struct.pack("!I", 600))

NEW_SPI = bytes.fromhex("5eed0001")
NEW_REKEY_SPI = b"a new rekey SPI."


def substructure(protocol, spi, content):
    return struct.pack("!BBH", protocol, len(spi), 4 + len(spi) +
                       len(content)) + spi + content


def wrapped(key_id, kwk_id, kwk, key):
    return struct.pack("!II", key_id, kwk_id) + ike_crypto.wrap(kwk, key)


class Ruler:
    """Writes content as a key server does, but for what is asked."""

    def __init__(self, attack):
        self.kwk = attack.channel.kwk
        self.rekey = attack.channel.policy
        self.sa = attack.sas[0]

    def policy(self, like, spi, attributes=LIFETIME, **changes):
        """Policy of an SA that differs from another one."""
        transforms = changes.get("transforms", [
            item for item in like.transforms.values()
            if item.type != ike.GCAUTH])
        return substructure(
            changes.get("protocol", like.protocol), spi,
            ike.build_one_selector(changes.get("source", like.source)) +
            ike.build_one_selector(changes.get("destination",
                                               like.destination)) +
            ike.build_transforms(transforms) + attributes)

    def data(self, spi=NEW_SPI, **changes):
        return self.policy(self.sa, spi, **changes)

    def new_rekey(self, spi=NEW_REKEY_SPI, **changes):
        return self.policy(self.rekey, spi, **changes)

    def data_bag(self, spi=NEW_SPI, length=None, kwk_id=0, key_id=0, count=1,
                 kwk=None):
        key = os.urandom(length or self.sa.keymat_len())
        return substructure(self.sa.protocol, spi, count * build_attribute(
            kd.SA_KEY, wrapped(key_id, kwk_id, kwk or self.kwk, key)))

    def rekey_bag(self, *kwk_ids):
        """Its key, wrapped with keys that nobody has unless the ID is 0."""
        key = os.urandom(self.rekey.keymat_len())
        return substructure(ike.GIKE_UPDATE, NEW_REKEY_SPI, b"".join(
            build_attribute(kd.SA_KEY, wrapped(
                0, kwk_id, os.urandom(32) if kwk_id else self.kwk, key))
            for kwk_id in kwk_ids))

    @staticmethod
    def member_bag(*attributes):
        return substructure(0, b"", b"".join(attributes))

    @staticmethod
    def wrap_key(key_id, kwk_id):
        return build_attribute(kd.WRAP_KEY, wrapped(
            key_id, kwk_id, os.urandom(32), os.urandom(32)))


def message(gsa=None, keys=None, *others):
    return ([] if gsa is None else [Payload(ike.GSA, gsa)]) + \
        ([] if keys is None else [Payload(ike.KD, keys)]) + list(others)


def delete(protocol, *spis, size=4):
    return Payload(ike.DELETE, struct.pack("!BBH", protocol, size, len(spis)) +
                   b"".join(spis))


def with_transform(like, *items):
    kinds = [item.type for item in items]
    return [item for item in like.transforms.values()
            if item.type not in kinds and item.type != ike.GCAUTH] + list(items)


def violations(ruler):
    """Yields what is wrong and payloads without AUTH."""
    sa, rekey = ruler.sa, ruler.rekey
    data, bag = ruler.data(), ruler.data_bag()
    new, new_bag = ruler.new_rekey(), ruler.rekey_bag(0)
    unicast = rekey.destination._replace(
        first=ipaddress.ip_address("192.0.2.1"),
        last=ipaddress.ip_address("192.0.2.1"))
    ports = rekey.destination._replace(ports=(1, 65535))

    yield "GCAUTH", message(ruler.new_rekey(transforms=with_transform(
        rekey, transform(ike.GCAUTH, policy.IMPLICIT))), new_bag)
    yield "GCAUTH for a data SA", message(ruler.data(
        transforms=with_transform(sa, transform(ike.GCAUTH, 1))), bag)
    yield "sender ID", message(data, bag + ruler.member_bag(
        build_attribute(kd.GM_SENDER_ID, bytes(4))))
    yield "size of sender IDs", message(
        data + substructure(0, b"", build_attribute(kd.SENDER_ID_BITS, 16)),
        bag)
    yield "data key wrapped with the tree", message(
        data, ruler.data_bag(kwk_id=1))
    yield "data key with an ID", message(data, ruler.data_bag(key_id=1))
    yield "two data keys", message(data, ruler.data_bag(count=2))
    yield "data key of another length", message(data,
                                                ruler.data_bag(length=20))
    yield "data key that can't be unwrapped", message(
        data, ruler.data_bag(kwk=os.urandom(32)))
    yield "WRAP_KEY 0", message(new, ruler.rekey_bag(0) + ruler.member_bag(
        ruler.wrap_key(0, 1)))
    yield "AUTH_KEY that is none", message(data, bag + ruler.member_bag(
        build_attribute(kd.AUTH_KEY, os.urandom(44))))
    yield "no KD", message(data)
    yield "no GSA", message(None, bag)
    yield "nothing", message()
    yield "empty GSA", message(b"", bag)
    yield "no key for a policy", message(data + new, bag)
    yield "no policy for a key", message(data, bag + new_bag)
    yield "key for another SPI", message(data, ruler.data_bag(b"\1\2\3\4"))
    yield "two policies for an SPI", message(data + data, bag)
    yield "two rekey SAs", message(
        new + ruler.new_rekey(b"another new SPI."), new_bag)
    yield "SPI 0", message(ruler.data(bytes(4)), ruler.data_bag(bytes(4)))
    yield "SPI of 8 octets", message(ruler.data(bytes(7) + b"1"), bag)
    yield "rekey SPI of 4 octets", message(ruler.new_rekey(b"1234"), new_bag)
    yield "SPI of the rekey SA it replaces", message(
        ruler.new_rekey(rekey.spi), new_bag)
    yield "protocol 4", message(ruler.data(protocol=4), bag)
    yield "no lifetime", message(ruler.data(attributes=b""), bag)
    yield "lifetime of 2 octets", message(ruler.data(
        attributes=build_attribute(policy.KEY_LIFETIME, 600)), bag)
    yield "two lifetimes", message(ruler.data(attributes=2 * LIFETIME), bag)
    yield "message ID of a data SA", message(ruler.data(
        attributes=LIFETIME + build_attribute(policy.INITIAL_MESSAGE_ID,
                                              bytes(4))), bag)
    yield "next SPI of 16 octets", message(ruler.data(
        attributes=LIFETIME + build_attribute(policy.NEXT_SPI, bytes(16))),
        bag)
    yield "attributes that are cut", message(ruler.data(
        attributes=LIFETIME[:-1]), bag)
    yield "64-bit sequence numbers", message(ruler.data(
        transforms=with_transform(sa, transform(ike.SN, 1))), bag)
    yield "no cipher", message(ruler.data(transforms=[
        item for kind, item in sa.transforms.items() if kind != ike.ENCR]),
        bag)
    yield "rekey SA without key wrap", message(ruler.new_rekey(transforms=[
        item for kind, item in rekey.transforms.items()
        if kind not in (ike.KWA, ike.GCAUTH)]), new_bag)
    yield "unicast address for rekeys", message(ruler.new_rekey(
        destination=unicast), new_bag)
    yield "many ports for rekeys", message(ruler.new_rekey(destination=ports),
                                           new_bag)
    yield "two group-wide policies", message(
        data + 2 * substructure(0, b"", build_attribute(kd.ATD, 1)), bag)
    yield "critical payload", message(data, bag,
                                      Payload(200, b"what", critical=True))
    yield "two GSA", message(data, bag, Payload(ike.GSA, data))
    yield "delete that is cut", message(data, bag, Payload(
        ike.DELETE, struct.pack("!BBH", ike.ESP, 4, 2) + bytes(4)))
    yield "delete with SPIs of 8 octets", message(
        data, bag, delete(ike.ESP, bytes(8), size=8))
    yield "delete of an IKE_SA", message(data, bag,
                                         delete(ike.IKE, size=0))


def attack_misrule(config):
    """Each violation, and then what isn't one: a genuine rekey."""
    attack = Attack(config)
    with open(KEY_FILE, "rb") as file:
        key = load_pem_private_key(file.read(), None)
    attack.receive()
    channel = attack.channel
    results = []
    for what, payloads in violations(Ruler(attack)):
        data = channel.seal(channel.next, channel.signed(channel.next,
                                                         payloads, key))
        try:
            attack.strike([(data, "malformed")])
        except ike.FormatError as error:
            raise ike.FormatError("%s: %s" % (what, error)) from None
        results.append(what)
    attack.finish("%d violations are malformed" % len(results))


def misrule(config, content):
    """Have dave take a message of ours, as content(ruler) makes it."""
    attack = Attack(config)
    with open(KEY_FILE, "rb") as file:
        key = load_pem_private_key(file.read(), None)
    # dave may have taken one before that the key server knows nothing of
    mid = attack.held.mid
    attack.mouth.send(attack.channel.seal(mid, attack.channel.signed(
        mid, content(Ruler(attack)), key)))


def beyond_configuration(config):
    """An SA that dave's administrator doesn't allow."""
    misrule(config, lambda ruler: message(
        ruler.data(destination=ruler.sa.destination._replace(
            first=ipaddress.ip_address("239.9.9.9"),
            last=ipaddress.ip_address("239.9.9.9"))), ruler.data_bag()))


def foreign_tree(config):
    """A new rekey SA that is wrapped with keys that dave doesn't have."""
    misrule(config, lambda ruler: message(
        ruler.new_rekey(), ruler.rekey_bag(770, 771) + ruler.member_bag(
            ruler.wrap_key(770, 772))))


def attack_removed(config):
    """Without signatures, all members could be the key server. One that was
    removed can't any more."""
    attack = Attack(config)
    _, content = attack.receive()
    old = attack.channel
    ruler = Ruler(attack)
    tool.run("--remove-member", "--group", attack.group, "--id", config.id,
             "--uri", MOON)
    _, attack.held = attack.wait_for(
        lambda counters, held: held.spi != old.spi.hex() and held.mid == 1,
        "dave doesn't follow")
    # the key server used up one message, with which it removed us
    mid = old.next = content.mid + 2
    results = attack.strike([(old.seal(mid, payloads), "malformed")
                             for payloads in (
        message(ruler.data(), ruler.data_bag()),
        message(ruler.new_rekey(), ruler.rekey_bag(0)),
        [delete(ike.ESP, ruler.sa.spi)],
        [delete(ike.GIKE_UPDATE, bytes(16), size=16)])])
    print(results)


COMMANDS = [("attack_misrule", attack_misrule),
            ("beyond_configuration", beyond_configuration),
            ("foreign_tree", foreign_tree),
            ("attack_removed", attack_removed)]
