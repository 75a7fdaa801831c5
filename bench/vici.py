"""The part of the vici protocol that measurements need: requests, and
commands that stream their results as events, and events. Sections become dicts, values
bytes, lists lists.

Copyright (C) 2026 the strongswan-gkm authors

This program is free software; you can redistribute it and/or modify it
under the terms of the GNU General Public License as published by the
Free Software Foundation; either version 2 of the License, or (at your
option) any later version.  See <http://www.fsf.org/copyleft/gpl.txt>.

This program is distributed in the hope that it will be useful, but
WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY
or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU General Public License
for more details.
"""

import socket
import struct

# operations and message elements, see README.md of strongSwan's vici plugin
CMD_REQUEST, CMD_RESPONSE = 0, 1
EVENT_REGISTER, EVENT_UNREGISTER, EVENT_CONFIRM, EVENT = 3, 4, 5, 7
(SECTION_START, SECTION_END, KEY_VALUE, LIST_START, LIST_ITEM,
 LIST_END) = range(1, 7)


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def name_of(key):
    key = as_bytes(key)
    return struct.pack("!B", len(key)) + key


def value_of(value):
    value = as_bytes(value)
    return struct.pack("!H", len(value)) + value


def encode(message):
    out = b""
    for key, value in message.items():
        if isinstance(value, dict):
            out += (bytes([SECTION_START]) + name_of(key) + encode(value) +
                    bytes([SECTION_END]))
        elif isinstance(value, list):
            out += (bytes([LIST_START]) + name_of(key) +
                    b"".join(bytes([LIST_ITEM]) + value_of(item)
                             for item in value) + bytes([LIST_END]))
        else:
            out += bytes([KEY_VALUE]) + name_of(key) + value_of(value)
    return out


def decode(data):
    stack, items, pos = [{}], None, 0

    def take(fmt):
        nonlocal pos
        length, = struct.unpack_from(fmt, data, pos)
        pos += struct.calcsize(fmt)
        pos += length
        return data[pos - length:pos]

    while pos < len(data):
        element = data[pos]
        pos += 1
        if element == SECTION_START:
            stack.append(stack[-1].setdefault(take("!B").decode(), {}))
        elif element == SECTION_END:
            stack.pop()
        elif element == KEY_VALUE:
            key = take("!B").decode()
            stack[-1][key] = take("!H")
        elif element == LIST_START:
            items = stack[-1][take("!B").decode()] = []
        elif element == LIST_ITEM:
            items.append(take("!H"))
    return stack[0]


class Session:
    """A connection to a vici socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

    def send(self, operation, name, body=b""):
        packet = bytes([operation]) + name_of(name) + body
        self.sock.sendall(struct.pack("!I", len(packet)) + packet)

    def receive(self):
        def read(length):
            data = b""
            while len(data) < length:
                part = self.sock.recv(length - len(data))
                if not part:
                    raise ConnectionError("connection closed")
                data += part
            return data

        packet = read(struct.unpack("!I", read(4))[0])
        if packet[0] == EVENT:
            return EVENT, packet[2 + packet[1]:]
        return packet[0], packet[1:]

    def listen(self, event, timeout):
        """Have events sent, to be read by event(), each within a time in
        seconds."""
        self.send(EVENT_REGISTER, event)
        if self.receive()[0] != EVENT_CONFIRM:
            raise ValueError(f"no event {event}")
        self.sock.settimeout(timeout)

    def event(self):
        """Wait for the next event."""
        return decode(self.receive()[1])

    def request(self, command, message=None):
        """Send a request, return the reply, raise its error if it has one."""
        reply, _ = self.stream(command, None, message)
        return reply

    def stream(self, command, event, message=None):
        """Send a request, return the reply and the messages it streamed."""
        events = []
        if event:
            self.listen(event, None)
        self.send(CMD_REQUEST, command, encode(message or {}))
        while True:
            operation, body = self.receive()
            if operation != EVENT:
                break
            events.append(decode(body))
        if operation != CMD_RESPONSE:
            raise ValueError(f"no command {command}")
        if event:
            self.send(EVENT_UNREGISTER, event)
            self.receive()
        reply = decode(body)
        if reply.get("success", b"yes") != b"yes":
            raise ValueError(f"{command}: {reply['errmsg'].decode()}")
        return reply, events
