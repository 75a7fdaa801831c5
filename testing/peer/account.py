# What a member that follows rekeys has of a group's data SAs, by either
# protocol.
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
import json
import os

from ike_format import check


class Account:
    """Data SAs of a group, and what rekeys may do to them. SAs have protocol,
    spi and key, and tell what traffic they are for."""

    def __init__(self, sas):
        self.sas = {(sa.protocol, sa.spi): sa for sa in sas}
        self.deleted = set()
        # all keys that there ever were, as none may come again
        self.keys = {sa.key for sa in sas}

    def add(self, new):
        """Returns SAs for the same traffic that were there before."""
        name = new.protocol, new.spi
        check(name not in self.sas, "%s is there already" % new)
        check(new.key not in self.keys, "%s has an old key" % new)
        before = [sa for sa in self.sas.values()
                  if sa.serves() == new.serves()]
        check(before, "%s is for traffic that no other was for" % new)
        check(all(new.same_but_keys(sa) for sa in before),
              "%s has other algorithms" % new)
        self.keys.add(new.key)
        self.sas[name] = new
        return before

    def delete(self, protocol, spis):
        """Delete SAs by their SPIs, or all of a protocol if these are None.
        Returns names of SAs that are deleted."""
        if spis is None:
            names = [name for name in self.sas if name[0] == protocol]
        else:
            names = [(protocol, spi) for spi in spis]
        for name in names:
            check(name in self.sas, "delete of SA %d/%s, which isn't there"
                  % (name[0], name[1].hex()))
        self.deleted.update(names)
        return names

    def in_use(self):
        return {name: sa for name, sa in self.sas.items()
                if name not in self.deleted}


def keys_by_spi(sas):
    """Keys by SPI, as text."""
    return {sa.spi.hex(): sa.key.hex() for sa in sas}


def save(name, account, **others):
    """Write what a member has now to where others look."""
    state = dict(others, sas=keys_by_spi(account.in_use().values()),
                 all=keys_by_spi(account.sas.values()))
    with open(name + ".new", "w", encoding="ascii") as file:
        json.dump(state, file, indent=1)
    os.rename(name + ".new", name + ".state")
