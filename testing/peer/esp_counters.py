# What a gateway counts of packets that it passes or drops, by us and by the
# kernel.
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
import re
import subprocess

# of the kernel, what is no packet. Fragments that go to waste are counted when
# their time is over, which may be any time later.
NAMES = ("InHdrErrors", "InTruncatedPkts", "Ip6InHdrErrors",
         "Ip6InTruncatedPkts")


def read_groups(text):
    """Counters of all groups and data SAs, in sections of their own."""
    found = {}
    for section in re.findall(r"[ {](?:packets|counters) \{([^{}]*)\}", text):
        for name, number in re.findall(r"([a-zA-Z0-9][a-zA-Z0-9 -]*)=(\d+)",
                                       section):
            found[name] = found.get(name, 0) + int(number)
    return found


def read_table(path):
    """Names and numbers, one to a line."""
    with open(path, encoding="ascii") as file:
        pairs = [line.split() for line in file]
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def read_lines(path, prefix):
    """Counters of IPv4: a line of names, then one of numbers."""
    with open(path, encoding="ascii") as file:
        names, numbers = [line.split() for line in file
                          if line.startswith(prefix)]
    return dict(zip(names[1:], map(int, numbers[1:])))


def get_local():
    groups = subprocess.run(["gswanctl", "--list-groups", "--raw"], text=True,
                            stdout=subprocess.PIPE, check=True).stdout
    kernel = dict(read_lines("/proc/net/snmp", "Ip:"),
                  **read_lines("/proc/net/netstat", "IpExt:"),
                  **read_table("/proc/net/snmp6"))
    return dict(read_groups(groups), **read_table("/proc/net/xfrm_stat"),
                **{name: kernel[name] for name in NAMES})
