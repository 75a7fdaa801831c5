# What a key server hands out, at registration and afterwards: GSA and KD
# payloads of RFC 9838, read strictly.
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
import ike_crypto
from group_policy import Policy, unique
from ike_format import (AH, ESP, GIKE_UPDATE, GSA_AUTH, GSA_INBAND_REKEY,
                        GSA_REKEY, KWA, Reader, check, parse_attributes)
from key_path import Key, KeyPath

# attributes of group-wide policy
ATD, DTD, SENDER_ID_BITS = 1, 2, 3
# attributes of key bags
SA_KEY = 1
WRAP_KEY, AUTH_KEY, GM_SENDER_ID = 1, 2, 3

SPI_LEN = {GIKE_UPDATE: 16, AH: 4, ESP: 4}


def substructures(body, what):
    """Yields protocol, SPI (None if for all) and a reader of the rest."""
    reader = Reader(body, what)
    check(body, "%s is empty" % what)
    while reader.data:
        protocol, spi_size, length = reader.unpack("!BBH")
        check(length >= 4, "%s: substructure of %d octets" % (what, length))
        inner = Reader(reader.take(length - 4), "%s, protocol %d"
                       % (what, protocol))
        if protocol == 0:
            check(spi_size == 0, "%s: reserved octet" % what)
            yield 0, None, inner
        else:
            check(protocol in SPI_LEN, "%s: protocol %d" % (what, protocol))
            check(spi_size == SPI_LEN[protocol], "%s: SPI of %d octets"
                  % (what, spi_size))
            yield protocol, inner.take(spi_size), inner


def read_key(value):
    check(isinstance(value, bytes), "short attribute for a key")
    reader = Reader(value, "wrapped key")
    return Key(*reader.unpack("!II"), reader.rest())


class Content:
    """Policies with their keys, which have to be unwrapped."""

    def __init__(self, gsa, kd, exchange):
        self.exchange = exchange
        self.rekey = None
        self.sas = []
        self.sender_id_bits = None
        self.sender_ids = []
        self.auth_key = None
        self.atd = self.dtd = 0
        self.rekey_keys = []
        self.data_keys = {}
        self.wrap_keys = []
        self.read_policy(gsa)
        self.read_keys(kd)

    def policies(self):
        return self.sas + ([self.rekey] if self.rekey else [])

    def read_policy(self, gsa):
        seen = False
        for protocol, spi, reader in substructures(gsa, "GSA"):
            if protocol == 0:
                check(not seen, "two group-wide policies")
                seen = True
                self.read_group_wide(reader)
            elif protocol == GIKE_UPDATE:
                check(self.rekey is None, "two rekey SAs")
                self.rekey = Policy(protocol, spi, reader, self.exchange)
            else:
                self.sas.append(Policy(protocol, spi, reader, self.exchange))
        check(self.policies(), "no SA in GSA")
        names = [(sa.protocol, sa.spi) for sa in self.policies()]
        check(len(set(names)) == len(names), "an SPI twice in GSA")
        check(all(spi.strip(b"\0") for _, spi in names), "an SPI is 0")

    def read_group_wide(self, reader):
        found = unique(parse_attributes(reader.rest(), "group-wide policy"),
                       "group-wide policy", (ATD, DTD, SENDER_ID_BITS))
        check(all(isinstance(value, int) for value in found.values()),
              "long attribute in the group-wide policy")
        self.atd = found.get(ATD, 0)
        self.dtd = found.get(DTD, 0)
        self.sender_id_bits = found.get(SENDER_ID_BITS)

    def read_keys(self, kd):
        policies = {(sa.protocol, sa.spi): sa for sa in self.policies()}
        seen = False
        bags = set()
        for protocol, spi, reader in substructures(kd, "KD"):
            attributes = parse_attributes(reader.rest(), "key bag")
            if protocol == 0:
                check(not seen, "two member key bags")
                seen = True
                self.read_member_bag(attributes)
                continue
            check((protocol, spi) in policies, "key for unknown SA %s"
                  % spi.hex())
            check((protocol, spi) not in bags, "two key bags for %s"
                  % spi.hex())
            bags.add((protocol, spi))
            self.read_group_bag(policies[protocol, spi], attributes)
        check(bags == set(policies), "no keys for %s"
              % (set(policies) - bags))

    def read_group_bag(self, policy, attributes):
        keys = [read_key(value) for value in
                unique(attributes, "key bag", (SA_KEY,), (SA_KEY,))[SA_KEY]]
        check(keys, "key bag of %s without key" % policy)
        for key in keys:
            check(key.id == 0, "key of %s has ID %d" % (policy, key.id))
        if policy.protocol == GIKE_UPDATE:
            check(len(keys) == 1 or self.exchange == GSA_REKEY,
                  "%d keys of %s" % (len(keys), policy))
            names = [key.kwk_id for key in keys]
            check(len(set(names)) == len(names),
                  "%s is wrapped twice with one key" % policy)
            self.rekey_keys = keys
        else:
            check(len(keys) == 1, "%d keys of %s" % (len(keys), policy))
            check(keys[0].kwk_id == 0, "key of %s is wrapped with %d"
                  % (policy, keys[0].kwk_id))
            self.data_keys[policy] = keys[0]

    def read_member_bag(self, attributes):
        found = unique(attributes, "member key bag",
                       (WRAP_KEY, AUTH_KEY, GM_SENDER_ID),
                       (WRAP_KEY, GM_SENDER_ID))
        self.wrap_keys = [read_key(value) for value in found[WRAP_KEY]]
        names = [(key.id, key.kwk_id) for key in self.wrap_keys]
        check(len(set(names)) == len(names), "a key is wrapped twice alike")
        for own, other in names:
            check(own not in (0, other), "WRAP_KEY %d wrapped with %d"
                  % (own, other))
        self.auth_key = found.get(AUTH_KEY)
        for value in found[GM_SENDER_ID]:
            check(isinstance(value, bytes) and 1 <= len(value) <= 8,
                  "sender ID isn't a number of octets")
            self.sender_ids.append(int.from_bytes(value, "big"))

    def unwrap_data_keys(self, kwk):
        for policy, key in self.data_keys.items():
            policy.key = self.checked(policy,
                                      ike_crypto.unwrap(kwk, key.wrapped))

    @staticmethod
    def checked(policy, material):
        check(len(material) == policy.keymat_len(),
              "key of %s has %d octets instead of %d"
              % (policy, len(material), policy.keymat_len()))
        return material

    def check_multicast(self):
        """Rules for groups that are rekeyed by multicast."""
        for sa in self.policies():
            check(sa.lifetime, "%s: no lifetime" % sa)

    def check_inband(self):
        """Rules for groups that aren't."""
        check(self.rekey is None, "rekey SA in a group without one")
        check(not self.wrap_keys, "WRAP_KEY in a group without rekey SA")
        check(self.auth_key is None, "AUTH_KEY in a group without rekey SA")
        for sa in self.sas:
            check(not sa.next_spis, "%s: next SPI" % sa)


class Download(Content):
    """What a registration brought."""

    def __init__(self, gsa, kd, kwk, sender):
        super().__init__(gsa, kd, GSA_AUTH)
        self.transport_mode = False
        self.path = KeyPath()
        if self.rekey:
            self.check_multicast()
            self.rekey.key = self.checked(self.rekey, self.path.open(
                self.rekey_keys, self.wrap_keys, kwk))
            # a key off the path is someone else's
            check({key.id for key in self.wrap_keys} == set(self.path.ids()),
                  "keys %s for path %s" % (self.wrap_keys, self.path))
            self.path.check_lengths(
                ike_crypto.KWA_KEY_LEN[self.rekey.id(KWA)])
        else:
            self.check_inband()
        self.unwrap_data_keys(kwk)
        self.check_sender_ids(sender)
        self.check_auth_key()

    def check_sender_ids(self, sender):
        needed = sender and any(sa.is_counter_mode for sa in self.sas)
        check(bool(self.sender_ids) == bool(needed), "sender IDs: %s"
              % self.sender_ids)
        check((self.sender_id_bits is not None) == bool(needed),
              "size of sender IDs: %s" % self.sender_id_bits)
        for value in self.sender_ids:
            check(value < 1 << self.sender_id_bits, "sender ID %d has more "
                  "than %d bits" % (value, self.sender_id_bits))
        check(len(set(self.sender_ids)) == len(self.sender_ids),
              "a sender ID twice")

    def check_auth_key(self):
        signature = self.rekey and self.rekey.signature
        check((self.auth_key is not None) == bool(signature),
              "AUTH_KEY doesn't go with the authentication method")
        if signature:
            ike_crypto.check_public_key(signature, self.auth_key)


class Update(Content):
    """What GSA_REKEY or GSA_INBAND_REKEY brings. Keys of a multicast one are
    for those who have a path to them: see unwrap()."""

    def __init__(self, gsa, kd, exchange):
        super().__init__(gsa, kd, exchange)
        check(self.sender_id_bits is None and not self.sender_ids,
              "sender IDs in a rekey")
        if exchange == GSA_INBAND_REKEY:
            self.check_inband()
            return
        self.check_multicast()
        check(self.rekey or not self.wrap_keys,
              "WRAP_KEY without a new rekey SA")
        # whoever is excluded reads what is below the old rekey SA
        check(not self.changes_membership or not self.sas,
              "data SAs together with a change of membership")

    @property
    def changes_membership(self):
        """Is the rekey SA's key for some of the members?"""
        return any(key.kwk_id for key in self.rekey_keys)

    def unwrap(self, kwk, path=None):
        """Unwrap keys; returns False if we are excluded."""
        if self.rekey:
            for key in self.wrap_keys:
                check(key.kwk_id, "WRAP_KEY %d is wrapped with the key of the "
                      "rekey SA" % key.id)
            material = path.open(self.rekey_keys, self.wrap_keys, kwk)
            if material is None:
                return False
            self.rekey.key = self.checked(self.rekey, material)
            path.check_lengths(ike_crypto.KWA_KEY_LEN[self.rekey.id(KWA)])
        self.unwrap_data_keys(kwk)
        return True
