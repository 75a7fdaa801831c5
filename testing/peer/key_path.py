# The path of a member through the key tree of its group (RFC 9838, 3.2.2): the
# keys it holds to unwrap the key of the next rekey SA with.
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
import collections

import ike_crypto
from ike_format import FormatError, check

# a wrapped key: SA_KEY or WRAP_KEY. Key ID 0 is that of an SA, and key wrap
# key 0 the default one of the SA it travels over.
Key = collections.namedtuple("Key", "id kwk_id wrapped")


class KeyPath:
    """Keys by ID, that of the rekey SA's own key first and each wrapped with
    the one that follows."""

    def __init__(self):
        self.held = []

    def __str__(self):
        return ">".join(map(str, self.ids())) or "none"

    def ids(self):
        return [name for name, _ in self.held]

    def keys(self):
        return [key for _, key in self.held]

    def check_lengths(self, length):
        for name, key in self.held:
            check(len(key) == length, "key %d has %d octets instead of %d"
                  % (name, len(key), length))

    def find(self, kwk_id, wraps, above=()):
        """WRAP_KEYs that lead from a key to one that is held, or None."""
        if kwk_id == 0 or kwk_id in self.ids():
            return []
        for wrap in wraps:
            if wrap.id == kwk_id and wrap.kwk_id not in above:
                rest = self.find(wrap.kwk_id, wraps, above + (kwk_id,))
                if rest is not None:
                    return [wrap] + rest
        return None

    def open(self, sa_keys, wraps, default):
        """Unwrap the key of a rekey SA, and go on with the path to it. Returns
        None if there is no path."""
        material = None
        held = self.held
        for sa_key in sa_keys:
            found = self.find(sa_key.kwk_id, wraps)
            if found is None:
                continue
            opened, path = self.unwrap(sa_key, found, default)
            check(material in (None, opened), "keys for one SA differ")
            if material is None:
                material, held = opened, path
        self.held = held
        return material

    def unwrap(self, sa_key, found, default):
        """Returns the key, and the path that leads there."""
        opener = found[-1].kwk_id if found else sa_key.kwk_id
        key = default if opener == 0 else dict(self.held)[opener]
        if not found:
            path = self.held
        elif opener == 0:
            path = []
        else:
            path = self.held[self.ids().index(opener):]
        for wrap in reversed(found):
            key = ike_crypto.unwrap(key, wrap.wrapped)
            path = [(wrap.id, key)] + path
        return ike_crypto.unwrap(key, sa_key.wrapped), path


def break_open(sa_keys, wraps, keys):
    """Try all keys on all that is wrapped, whatever its IDs say, and with what
    that gives again. Returns keys of the SA that came out, and how many were
    tried."""
    keys = set(keys)
    opened = set()
    tried = set()
    while True:
        pairs = {(key, wrap) for key in keys for wrap in sa_keys + wraps}
        fresh = pairs - tried
        if not fresh:
            return opened, len(tried)
        tried |= fresh
        for key, wrap in fresh:
            try:
                plain = ike_crypto.unwrap(key, wrap.wrapped)
            except FormatError:
                continue
            if wrap in sa_keys:
                opened.add(plain)
            else:
                keys.add(plain)
