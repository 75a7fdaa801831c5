# What a key server has to withstand, one function per command of
# gikev2_peer.py.
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
import hashlib
import os
import struct

import ike_format as ike
import wire_corruption
from ike_format import Payload, check
from ike_session import Session, Transport, notifies, only
from udp import PATIENCE, TRIES, Refused

# a payload type that nobody uses
UNKNOWN = 200

# more source ports than any limit on IKE_SAs that aren't established
FLOOD = 150

# seconds in which nothing must come
QUIET = 0.3

EAP_SECRET = b"0nlyF0rEap"


def expect_refusal(expected, function, *arguments):
    try:
        function(*arguments)
    except Refused as refused:
        check(refused.notify == expected, "notify %d instead of %d"
              % (refused.notify, expected))
    else:
        check(False, "no notify %d" % expected)


def expect_silence(session, message):
    """This isn't answered. Another message with its ID has to wait, as the
    server drops one while it processes another."""
    session.transport.send(message)
    check(session.transport.receive(QUIET) is None, "it was answered")


def answer_again(transport, request):
    """Send a request again, more than once if need be: the server ignores it
    while it still has the IKE_SA in its hands, as after a response that it has
    sent just now."""
    for _ in range(TRIES):
        transport.send(request)
        response = transport.receive(PATIENCE / TRIES)
        if response is not None:
            break
    return response


def replay(config):
    """Requests that are sent again."""
    session = Session(config).init()
    first, plain = ike.build_payloads(session.auth_payloads() +
                                      session.group_payloads())
    request = session.seal(ike.GSA_AUTH, first, plain)
    transport = session.transport
    transport.send(request)
    response = transport.receive()
    check(response is not None, "no response to GSA_AUTH")
    header, first, _, _, plain = session.open(response)
    session.download(ike.parse_payloads(first, plain))
    for _ in range(3):
        check(answer_again(transport, request) == response,
              "retransmission got another response")
    # the same plain text as another message with the same ID
    again, plain = ike.build_payloads(session.auth_payloads() +
                                      session.group_payloads())
    changed = session.seal(ike.GSA_AUTH, again, plain)
    session.mid += 1
    expect_silence(session, changed)
    session.ping()
    for message in (request, changed):
        expect_silence(session, message)
    # from another port
    other = Transport(config.server, config.port)
    other.send(request)
    check(other.receive(QUIET) is None, "old request was answered")
    other.close()
    session.ping()
    # on another IKE_SA
    stranger = Session(config).init()
    expect_silence(stranger, stranger.spi_i + stranger.spi_r + request[16:])
    stranger.register()
    stranger.leave()
    stranger.delete()
    session.register_again()
    print("replays change nothing")
    session.close()


def critical(config):
    """Payloads that nobody knows, critical or not."""
    for place in range(3):
        session = Session(config).init()
        payloads = session.auth_payloads() + session.group_payloads()
        payloads.insert((0, 2, len(payloads))[place],
                        Payload(UNKNOWN, b"what", critical=True))
        answer = session.exchange(ike.GSA_AUTH, payloads)
        found = notifies(answer)
        check(len(answer) == 1 and found ==
              [(ike.UNSUPPORTED_CRITICAL_PAYLOAD, bytes([UNKNOWN]))],
              "answer is %s" % (answer,))
        # the same IKE_SA may go on
        session.register()
        session.leave()
        answer = session.exchange(
            ike.GSA_REGISTRATION, session.group_payloads() +
            [Payload(UNKNOWN, b"", critical=True)])
        check(notifies(answer) == [(ike.UNSUPPORTED_CRITICAL_PAYLOAD,
                                    bytes([UNKNOWN]))],
              "answer is %s" % (answer,))
        session.ping()
        session.delete()
        session.close()
    session = Session(config).init()
    payloads = [Payload(UNKNOWN, b"what")]
    for payload in session.auth_payloads() + session.group_payloads():
        # critical is to be ignored for known payloads (RFC 7296, 2.5)
        payloads += [payload._replace(critical=True),
                     Payload(UNKNOWN, b"")]
    answer = session.exchange(ike.GSA_AUTH, payloads)
    session.check_auth(answer)
    session.download(answer)
    session.leave()
    session.delete()
    session.close()
    print("unknown critical payloads are refused, others ignored")


def foreign(config):
    """Group exchanges on IKE_SAs that aren't a group's, and the other way
    round. Leaves an ordinary IKE_SA with a CHILD_SA."""
    plain = config._replace(kwa=0)
    for settings in (config, plain):
        ordinary = Session(settings).init()
        answer = ordinary.authenticate(("192.168.0.100/32", "10.1.0.0/16"))
        check(not [kind for kind, _ in notifies(answer) if kind < 16384],
              "IKE_AUTH failed")
        only(answer, ike.TSI)
        expect_refusal(ike.AUTHORIZATION_FAILED, ordinary.register_again)
        ordinary.ping()
        expect_refusal(ike.AUTHORIZATION_FAILED, ordinary.leave)
        # GSA_AUTH on it is ignored
        first, octets = ike.build_payloads(ordinary.auth_payloads() +
                                           ordinary.group_payloads())
        expect_silence(ordinary, ordinary.seal(ike.GSA_AUTH, first, octets))
        ordinary.ping()
        if settings is config:
            ordinary.delete()
        ordinary.close()
    # IKE_AUTH on an IKE_SA of a group
    member = Session(config).init()
    member.register()
    first, octets = ike.build_payloads(member.auth_payloads())
    expect_silence(member, member.seal(ike.IKE_AUTH, first, octets))
    member.register_again()
    member.leave()
    member.delete()
    member.close()
    # GSA_REGISTRATION before authentication
    early = Session(config).init()
    first, octets = ike.build_payloads(early.group_payloads())
    expect_silence(early, early.seal(ike.GSA_REGISTRATION, first, octets, 1))
    early.register()
    early.leave()
    early.delete()
    early.close()
    print("exchanges don't mix")


def answer_md5(request, secret):
    """Response to an EAP-MD5 request (RFC 3748, 5.4)."""
    code, identifier, _, kind, size = struct.unpack("!BBHBB", request[:6])
    check((code, kind) == (1, 4), "EAP %d of type %d" % (code, kind))
    value = hashlib.md5(bytes([identifier]) + secret +
                        request[6:6 + size]).digest()
    return Payload(ike.EAP, struct.pack("!BBHBB", 2, identifier,
                                        6 + len(value), 4, len(value)) + value)


def mix_eap(config):
    """GSA_AUTH and IKE_AUTH in one authentication, which takes several
    messages with EAP."""
    for begin, other in ((ike.IKE_AUTH, ike.GSA_AUTH),
                         (ike.GSA_AUTH, ike.IKE_AUTH)):
        session = Session(config).init()
        group = {ike.IKE_AUTH: [], ike.GSA_AUTH: session.group_payloads()}
        session.mid = 1
        answer = session.exchange(begin, [session.id_payload()] + group[begin])
        session.check_auth(answer)
        eap = answer_md5(only(answer, ike.EAP), EAP_SECRET)
        expect_silence(session, session.seal(other, *ike.build_payloads(
            [eap] + group[other])))
        answer = session.exchange(begin, [eap])
        check(only(answer, ike.EAP)[0] == 3, "EAP failed")
        # EAP-MD5 makes no key, so AUTH is as in RFC 7296, 2.16
        auth = session.auth_payload(session.keys.p_i)
        expect_silence(session, session.seal(other, *ike.build_payloads(
            [auth] + group[other])))
        answer = session.exchange(begin, [auth])
        session.check_auth(answer, session.keys.p_r)
        if group[begin]:
            session.download(answer)
            session.leave()
        else:
            expect_refusal(ike.AUTHORIZATION_FAILED, session.register_again)
        session.delete()
        session.close()
    print("rounds of authentication don't mix")


def no_key_wrap(config):
    """An IKE_SA without key wrap can't carry keys."""
    session = Session(config._replace(kwa=0)).init()
    answer = session.exchange(ike.GSA_AUTH, session.auth_payloads() +
                              session.group_payloads())
    session.check_auth(answer)
    expect_refusal(ike.NO_PROPOSAL_CHOSEN, session.download, answer)
    expect_refusal(ike.NO_PROPOSAL_CHOSEN, session.register_again)
    session.ping()
    session.delete()
    session.close()
    print("refused without key wrap")


def flood(config):
    """IKE_SA_INIT from many ports, without and then with cookies; prints how
    they were answered."""
    answers = {"IKE_SA": 0, "COOKIE": 0, "with cookie": 0, "nothing": 0}
    half_open = []
    for _ in range(FLOOD):
        session = Session(config)
        session.transport.send(session.init_request())
        data = session.transport.receive()
        if data is None:
            answers["nothing"] += 1
            session.close()
            continue
        _, payloads = session.read_init(data)
        cookie = dict(notifies(payloads)).get(ike.COOKIE)
        if cookie is None:
            answers["IKE_SA"] += 1
        else:
            answers["COOKIE"] += 1
            half_open.append((session, cookie))
    # a cookie for someone else, and one made up
    for session, cookie in ((half_open[0][0], half_open[1][1]),
                            (half_open[0][0], os.urandom(24))):
        session.transport.send(session.init_request(cookie))
        _, payloads = session.read_init(session.transport.receive())
        check(ike.COOKIE in dict(notifies(payloads)), "wrong cookie accepted")
    for session, cookie in half_open:
        session.transport.send(session.init_request(cookie))
    for _ in range(2):
        for session, _ in half_open:
            data = session.transport.receive(0.01)
            if data is not None:
                _, payloads = session.read_init(data)
                check(ike.COOKIE not in dict(notifies(payloads)),
                      "COOKIE in response to one")
                answers["with cookie"] += 1
    for session, _ in half_open:
        session.close()
    print(", ".join("%s: %d" % item for item in answers.items()))


COMMANDS = [("replay", replay), ("critical", critical), ("foreign", foreign),
            ("mix_eap", mix_eap), ("no_key_wrap", no_key_wrap),
            ("flood", flood)] + wire_corruption.COMMANDS
