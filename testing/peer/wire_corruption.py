# Requests for a group with each octet changed and each length shortened, as
# they are on the wire and below the encryption.
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
import itertools

import ike_format as ike
from ike_format import check
from ike_session import Session
from udp import NoAnswer

# what octets are changed by on the wire, and below the encryption
WIRE_XORS = (0x01, 0x80)
PLAIN_XORS = (0x01, 0x80, 0xff)

# where the exchange type is, and IKE_SESSION_RESUME (RFC 5723)
EXCHANGE = 18
SESSION_RESUME = 38


class Sweep:
    """Sends broken requests, and cleans up if one was granted."""

    def __init__(self, config):
        self.config = config
        self.results = collections.Counter()
        # an IKE_SA whose answers tell that others were read
        self.witness = Session(config).init()
        self.witness.authenticate()

    def finish(self):
        self.witness.ping()
        self.witness.delete()
        print(", ".join("%s: %d" % item
                        for item in sorted(self.results.items())))


def spoiled(message, xors):
    """Each truncation and each corruption of a single octet."""
    for length in range(len(message)):
        yield message[:length]
    for i in range(len(message)):
        for xor in xors:
            yield message[:i] + bytes([message[i] ^ xor]) + message[i + 1:]


def drain(session, sweep):
    """Read what was answered to broken messages. Nothing that is encrypted
    may be, as none of them is authentic."""
    while True:
        data = session.transport.receive(0)
        if data is None:
            return
        header = ike.parse_header(data)
        check(header.next not in (ike.SK, ike.SKF) or header.spi_r !=
              session.spi_r, "a broken message got an encrypted answer")
        sweep.results["answered in clear"] += 1


def confuses_charon(message):
    """charon has an exchange type that it knows but has no rules for. It says
    so without looking whether the message is authentic and, by that, uses up
    the message ID: of any IKE_SA, so this isn't about groups."""
    return len(message) > EXCHANGE and message[EXCHANGE] == SESSION_RESUME


def sweep_wire(sweep, session, exchange, payloads):
    """Send broken forms of a request, then the request itself."""
    first, plain = ike.build_payloads(payloads)
    intact = session.seal(exchange, first, plain)
    for message in spoiled(intact, WIRE_XORS):
        if confuses_charon(message):
            continue
        session.transport.send(message)
        sweep.results["sent"] += 1
        # one after the other, as the server drops what it has no time for
        sweep.witness.ping()
        drain(session, sweep)
    answer = session.ask([intact], exchange, session.mid)
    session.mid += 1
    return answer


def corrupt_wire(config):
    """Messages that aren't authentic."""
    sweep = Sweep(config)
    session = Session(config).init()
    answer = sweep_wire(sweep, session, ike.GSA_AUTH,
                        session.auth_payloads() + session.group_payloads())
    session.check_auth(answer)
    session.download(answer)
    answer = sweep_wire(sweep, session, ike.GSA_REGISTRATION,
                        session.group_payloads())
    session.download(answer)
    session.leave()
    session.delete()
    sweep.finish()


def cut(payload):
    """A payload with each shorter body."""
    for length in range(len(payload.body)):
        yield payload._replace(body=payload.body[:length])


def spans(payloads):
    """Where each payload is among all, as (type, begin, end) with its generic
    header."""
    position = 0
    for payload in payloads:
        yield payload.type, position, position + 4 + len(payload.body)
        position += 4 + len(payload.body)


def variants(payloads):
    """Yields (what was spoiled, first payload, plain text): payload type and
    offset in the payload, or None for both if it's about the whole."""
    first, plain = ike.build_payloads(payloads)
    for length in range(len(plain)):
        yield (None, None), first, plain[:length]
    for kind, begin, end in spans(payloads):
        for i in range(begin, end):
            for xor in PLAIN_XORS:
                yield ((kind, i - begin), first, plain[:i] +
                       bytes([plain[i] ^ xor]) + plain[i + 1:])
    for i, payload in enumerate(payloads):
        if payload.type in (ike.IDG, ike.SA):
            for short in cut(payload):
                yield ((payload.type, None),) + ike.build_payloads(
                    payloads[:i] + [short] + payloads[i + 1:])


def part_of_variants(config, payloads):
    """A part of them, as N/M for the Nth of M commands."""
    number, total = config.part
    return itertools.islice(variants(payloads), number - 1, None, total)


def must_be_refused(spoilt):
    """May no keys be in the answer?"""
    kind, offset = spoilt
    # shortened, it's another group or no valid SAg
    if kind is None or offset is None:
        return True
    # length of a payload
    if offset in (2, 3):
        return True
    # the identity with reserved octets, as AUTH covers them, and the type of
    # the payload that follows
    if kind == ike.IDI:
        return offset != 1
    # method and value, or the type of IDg that follows
    if kind == ike.AUTH:
        return offset in (0, 4) or offset >= 8
    # type and identity of the group, but not reserved octets
    return kind == ike.IDG and (offset == 4 or offset >= 8)


def send_variant(sweep, session, exchange, spoilt, first, plain):
    """Returns False if the IKE_SA is gone."""
    try:
        answer = session.ask([session.seal(exchange, first, plain)], exchange,
                             session.mid)
    except NoAnswer:
        raise NoAnswer("nothing was answered to %s" % (spoilt,)) from None
    session.mid += 1
    errors = [kind for kind, _ in map(ike.parse_notify, (
        payload.body for payload in answer if payload.type == ike.NOTIFY))
        if kind < 16384]
    if errors:
        check(not [payload for payload in answer
                   if payload.type in (ike.GSA, ike.KD)], "error with keys")
        check(len(errors) == 1, "errors %s for %s" % (errors, spoilt))
        sweep.results["error %d" % errors[0]] += 1
        return errors[0] not in (ike.INVALID_SYNTAX,
                                 ike.AUTHENTICATION_FAILED)
    check(not must_be_refused(spoilt) or not [
        payload for payload in answer if payload.type in (ike.GSA, ike.KD)],
        "keys for %s" % (spoilt,))
    if not answer:
        sweep.results["empty"] += 1
        return True
    session.download(answer)
    sweep.results["granted"] += 1
    session.leave()
    return True


def corrupt_auth(config):
    """Broken payloads in GSA_AUTH, each on an IKE_SA of its own."""
    sweep = Sweep(config)
    session = Session(config).init()
    transport = session.transport
    count = len(list(part_of_variants(config, session.auth_payloads() +
                                      session.group_payloads())))
    for i in range(count):
        if i:
            session = Session(config, transport).init()
        # of this IKE_SA, as AUTH is another one each time
        payloads = session.auth_payloads() + session.group_payloads()
        variant = next(itertools.islice(part_of_variants(config, payloads), i,
                                        None))
        if send_variant(sweep, session, ike.GSA_AUTH, *variant):
            session.delete()
    sweep.finish()


def corrupt_registration(config):
    """Broken payloads in GSA_REGISTRATION."""
    sweep = Sweep(config)
    session = None
    transport = sweep.witness.transport
    template = sweep.witness.group_payloads()
    for spoilt, first, plain in part_of_variants(config, template):
        if session is None:
            session = Session(config, transport).init()
            session.register()
            session.leave()
        if not send_variant(sweep, session, ike.GSA_REGISTRATION, spoilt,
                            first, plain):
            session = None
    sweep.finish()


COMMANDS = [("corrupt_wire", corrupt_wire), ("corrupt_auth", corrupt_auth),
            ("corrupt_registration", corrupt_registration)]
