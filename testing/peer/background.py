# Commands that go on in the background after they have begun well.
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


def detach(path):
    """Go on in the background; returns a log there, None in the process that
    is to end."""
    log = open(path, "w", buffering=1, encoding="ascii")
    if os.fork():
        return None
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    # what went wrong is for who reads the log
    os.dup2(log.fileno(), 2)
    return log


def listen_control(path):
    """A socket for what a program in the background is told to do. Who reads
    from it answers when that is done."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    control.bind(path)
    return control
