#!/usr/bin/python3 -BES
#
# Have a program in the background do something, and wait until it has.
#
#   tell.py NAME COMMAND[=ARGUMENT]...
#
# NAME is that of its log in /tmp. What it can do is said where it is made:
# see TASKS of gdoi_member.py, and push_* and MISRULES of the key server.
#
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
import socket
import sys


def tell(name, commands):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind("/tmp/tell.%d" % os.getpid())
    sock.settimeout(30)
    try:
        sock.sendto(" ".join(commands).encode(), "/tmp/%s.control" % name)
        sys.exit(sock.recv(64) != b"done")
    finally:
        os.unlink(sock.getsockname())


if __name__ == "__main__":
    tell(sys.argv[1], sys.argv[2:])
