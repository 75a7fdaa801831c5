# A member that follows rekeys: GSA_REKEY and GSA_INBAND_REKEY of RFC 9838,
# checked against what was told before. It needs no ESP, but keeps account of
# what it would install.
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
import select

import account
import ike_crypto
import ike_format as ike
import key_path
from background import detach
from group_download import Update
from ike_format import FormatError, check
from ike_session import Session, notifies, only
from rekey_channel import Channel, listen

# payloads that rekeys may have
REKEY_PAYLOADS = (ike.GSA, ike.KD, ike.DELETE, ike.NOTIFY, ike.AUTH)


class Account(account.Account):
    """With SPIs that were promised, and keys of rekey SAs."""

    def __init__(self, download):
        super().__init__(download.sas)
        self.transport_mode = download.transport_mode
        self.keys = {sa.key for sa in download.policies()}

    def add_promised(self, new, promises):
        """Returns how the SPI was announced."""
        promised = [spi for sa in self.add(new) for spi in sa.next_spis]
        check(not promises or new.spi in promised,
              "%s isn't among the promised SPIs" % new)
        return "promised" if new.spi in promised else "not promised"


class Follower:
    """A member."""

    def __init__(self, config):
        self.config = config
        self.lines = []
        self.session = Session(config).init()
        self.download = self.session.register()
        self.socket = None
        if self.download.rekey:
            self.socket = listen(self.download.rekey)
            # now, as a rekey before that isn't seen
            self.download = self.session.register_again()
        self.path = self.download.path
        self.account = Account(self.download)
        self.excluded = False
        self.strangers = 0
        self.default_keys = [self.session.keys.key_wrap_key(config.kwa)]
        self.channel = None
        self.channels = []
        if self.download.rekey:
            self.open_channel(self.download.rekey,
                              self.download.rekey.signature,
                              self.download.auth_key)

    def name(self):
        return "/tmp/follow.%d.%s" % (int.from_bytes(self.config.group, "big"),
                                      self.config.id.split(".")[0])

    def say(self, text):
        self.lines.append(text)

    def open_channel(self, policy, signature, auth_key):
        self.channel = Channel(policy, signature, auth_key)
        self.channels.append(self.channel)

    def run(self):
        self.save()
        log = detach(self.name())
        if log is None:
            return
        while True:
            inputs = [sock for sock in (self.socket, self.session and
                                        self.session.transport.sock) if sock]
            for sock in select.select(inputs, [], [])[0]:
                try:
                    if sock is self.socket:
                        self.read_multicast(sock.recv(65536))
                    else:
                        self.read_unicast()
                except FormatError as error:
                    self.say("FAILED: %s" % error)
                # whoever reads this may look there
                self.save()
                for line in self.lines:
                    print(line, file=log)
                self.lines = []

    # over the IKE_SA

    def read_unicast(self):
        data = self.session.transport.receive(0)
        if data is None or data[:8] != self.session.spi_i:
            return
        opened = self.session.open(data)
        check(not opened[0].flags & ike.RESPONSE, "response to nothing")
        payloads = self.session.serve(*opened)
        if payloads is None:
            return
        if opened[0].exchange == ike.GSA_INBAND_REKEY:
            self.read_inband(opened[0].mid, payloads)
            return
        check(opened[0].exchange == ike.INFORMATIONAL, "exchange %d"
              % opened[0].exchange)
        if payloads:
            check(ike.parse_delete(only(payloads, ike.DELETE)) == (ike.IKE, []),
                  "delete of something else than the IKE_SA")
            self.say("IKE_SA is closed")
            self.session.close()
            self.session = None

    def read_inband(self, mid, payloads):
        check(self.channel is None, "rekeyed in-band in spite of a rekey SA")
        check(not [one for one in payloads if one.type == ike.AUTH],
              "AUTH in GSA_INBAND_REKEY")
        what = self.read_rekey(payloads, ike.GSA_INBAND_REKEY,
                               self.default_keys[0])
        self.say("in-band, request %d: %s" % (mid, what))

    # over rekey SAs

    def read_multicast(self, data):
        header = ike.parse_header(data)
        spi = header.spi_i + header.spi_r
        for channel in self.channels:
            if channel.spi == spi:
                self.read_channel(channel, data)
                return
        self.strangers += 1
        if self.excluded:
            self.try_all_channels(header, data)

    def read_channel(self, channel, data):
        message = channel.receive(data)
        if message is None:
            return
        check(channel is self.channel, "a new message on a replaced rekey SA")
        text = "message %d on %s, %s, %s: " % (
            message.mid, channel.spi.hex()[:8],
            "%d fragments" % message.fragments if message.fragments
            else "whole",
            ike_crypto.SIGNATURES[channel.signature].name if channel.signature
            else "not signed")
        what = self.read_rekey(message.payloads, ike.GSA_REKEY, channel.kwk)
        channel.accept(message)
        self.say(text + what)

    # content

    def read_rekey(self, payloads, exchange, kwk):
        """Check a rekey and do what it says; returns that as text."""
        for payload in payloads:
            check(payload.type in REKEY_PAYLOADS, "payload %d in a rekey"
                  % payload.type)
            check(not payload.critical, "critical bit of payload %d"
                  % payload.type)
        found = notifies(payloads)
        check(all(kind == ike.USE_TRANSPORT_MODE for kind, _ in found),
              "notifies %s in a rekey" % found)
        done = []
        if any(payload.type in (ike.GSA, ike.KD) for payload in payloads):
            update = Update(only(payloads, ike.GSA), only(payloads, ike.KD),
                            exchange)
            check(not update.sas or self.account.transport_mode ==
                  (ike.USE_TRANSPORT_MODE in dict(found)), "another mode")
            done += self.update(update, kwk)
        for payload in payloads:
            if payload.type == ike.DELETE:
                done.append(self.delete(*ike.parse_delete(payload.body)))
        check(done, "a rekey that says nothing")
        return ", ".join(done)

    def update(self, update, kwk):
        keys = set(self.default_keys + self.path.keys() +
                   [channel.kwk for channel in self.channels])
        opened, tried = key_path.break_open(update.rekey_keys,
                                            update.wrap_keys, keys)
        if not update.unwrap(kwk, self.path):
            check(not opened, "excluded, but the key can be had")
            self.excluded = True
            return ["excluded: none of %d keys is of use in %d attempts"
                    % (len(keys), tried)]
        check(not update.rekey or opened == {update.rekey.key},
              "key by key it is another one")
        done = []
        for sa in update.sas:
            how = self.account.add_promised(
                sa, promises=self.channel is not None)
            done.append("new SA %s %s" % (sa.spi.hex(), how))
        if update.rekey:
            done.append(self.replace_rekey(update))
        if update.auth_key and not update.rekey:
            done.append(self.replace_auth_key(self.channel, update.auth_key))
        if update.sas:
            done.append("ATD %d, DTD %d" % (update.atd, update.dtd))
        return done

    def replace_rekey(self, update):
        new, old = update.rekey, self.channel
        check(new.message_id == 0, "first message of a new rekey SA is %d"
              % new.message_id)
        check(new.spi not in [channel.spi for channel in self.channels],
              "%s was there before" % new)
        check(new.key not in self.account.keys, "%s has an old key" % new)
        check(new.same_but_keys(old.policy), "%s has other algorithms" % new)
        check(new.spi in old.policy.next_spis, "%s wasn't promised" % new)
        self.account.keys.add(new.key)
        auth_key = old.auth_key
        text = "new rekey SA %s promised" % new.spi.hex()[:8]
        if update.auth_key:
            text += ", " + self.replace_auth_key(old, update.auth_key)
            auth_key = update.auth_key
        self.open_channel(new, old.signature, auth_key)
        if update.changes_membership:
            text += ", path %s, %d wrapped keys" % (
                self.path, len(update.rekey_keys + update.wrap_keys))
        return text

    @staticmethod
    def replace_auth_key(channel, auth_key):
        check(channel.signature, "AUTH_KEY without signatures")
        check(auth_key != channel.auth_key, "AUTH_KEY is the old one")
        ike_crypto.check_public_key(channel.signature, auth_key)
        channel.auth_key = auth_key
        return "new AUTH_KEY"

    def delete(self, protocol, spis):
        if protocol == ike.GIKE_UPDATE:
            check(spis in ([], [bytes(16)]), "delete of rekey SAs %s" % spis)
            self.excluded = True
            return "exclusion"
        check(protocol in (ike.AH, ike.ESP), "delete of protocol %d" % protocol)
        names = self.account.delete(
            protocol, None if spis in ([], [bytes(4)]) else spis)
        return "delete of " + (" ".join(spi.hex() for _, spi in names) or
                               "none")

    # who is excluded

    def try_all_channels(self, header, data):
        """Read a message with whatever was ever good for one, or for a key to
        one."""
        for channel in self.channels:
            try:
                channel.open(header, data)
            except FormatError:
                continue
            self.say("FAILED: message %d on %s can be read" % (
                header.mid, (header.spi_i + header.spi_r).hex()[:8]))
            return
        self.say("message %d on %s: no rekey SA of %d is of use" % (
            header.mid, (header.spi_i + header.spi_r).hex()[:8],
            len(self.channels)))

    # what others compare with

    def save(self):
        """Write what is known now."""
        others = {}
        if self.channel:
            others["rekey"] = [self.channel.spi.hex(),
                               self.channel.policy.key.hex(),
                               self.channel.next,
                               (self.channel.auth_key or b"").hex()]
        account.save(self.name(), self.account,
                     copies=sum(channel.copies for channel in self.channels),
                     strangers=self.strangers, **others)


def follow(config):
    """Register, and from then on write what rekeys say to
    /tmp/follow.GROUP.MEMBER, in the background."""
    Follower(config).run()


def verify(config):
    """Register, and compare with what carol has by following rekeys."""
    download = Session(config).init().register()
    with open("/tmp/follow.%d.carol.state"
              % int.from_bytes(config.group, "big"), encoding="ascii") as file:
        state = json.load(file)
    if download.rekey and "rekey" in state:
        got = [download.rekey.spi.hex(), download.rekey.key.hex(),
               download.rekey.message_id, (download.auth_key or b"").hex()]
        check(got == state["rekey"], "rekey SA is %s instead of %s"
              % (state["rekey"], got))
    told = {sa.spi.hex(): sa.key.hex() for sa in download.sas}
    check(told.items() <= state["all"].items(),
          "data SAs are %s instead of %s" % (state["all"], told))
    check(state["sas"].items() <= told.items(),
          "data SAs that aren't deleted: %s, there are %s"
          % (state["sas"], told))
    print("followed to %d data SAs" % len(told))


COMMANDS = [("follow", follow), ("verify", verify)]
