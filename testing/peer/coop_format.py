# Messages between key servers as octets, written from doc/coop.md alone; reads
# strictly.
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
import struct

import ike_format as ike
from ike_format import Reader, check

# exchange and payload, of private use
EXCHANGE = 241
PAYLOAD = 241

VERSION = 1

# types
HELLO, HEARTBEAT, RECORDS, RESET = 1, 2, 3, 4

# flags
REPLY_REQUESTED, WANT_ALL, LAST, ANEW = 1, 2, 4, 8

# duties
WAITING, SECONDARY, PRIMARY = 0, 1, 2

# kinds of records
CHANGES, ALL, MEMBERS, MERGE = 0, 1, 2, 3

# attributes
GROUP, SOFTWARE, ITEM, PART = 1, 2, 3, 4

HEADER = "!BBBBBBBBQQQQQQIIII"

Status = collections.namedtuple(
    "Status", "version type flags reserved id priority duty primary boot seq "
    "epoch lineage now applied capabilities requests own_members members")


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value


def group(number):
    """A group whose identity is a number."""
    return attribute(GROUP, bytes([ike.ID_KEY_ID, 0, 0, 0]) +
                     struct.pack("!I", number))


def item(name, value):
    return attribute(ITEM, bytes([len(name)]) + name.encode() + value.encode())


def part(kind, transaction, number, records):
    return attribute(PART, struct.pack("!B3xQI", kind, transaction, number) +
                     records)


def build(status, attributes):
    return struct.pack(HEADER, *status) + b"".join(attributes)


def parse(data):
    """Returns status, and attributes as pairs of type and value."""
    reader = Reader(data, "COOP message")
    status = Status(*reader.unpack(HEADER))
    check(status.version == VERSION, "version %d" % status.version)
    check(status.reserved == 0, "reserved octet is %d" % status.reserved)
    attributes = []
    while reader.data:
        kind, length = reader.unpack("!HH")
        attributes.append((kind, reader.take(length)))
    check([kind for kind, _ in attributes].count(GROUP) == 1, "no group")
    return status, attributes
