"""charons that measurements run in network namespaces.

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

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import vici

PLUGINS = ("random nonce openssl hmac kdf pem x509 pubkey pkcs1 pkcs8 "
           "constraints kernel-netlink vici")

CONF = """
%(daemon)s {
    load = %(plugins)s
    threads = 16
    dos_protection = no
    retransmit_timeout = 1.0
    ikesa_table_size = 1024
    half_open_timeout = 5
    plugins {
        vici {
            socket = unix://%(socket)s
        }
        gkm-server {
            state_dir = %(state)s
        }
    }
    filelog {
        log {
            path = %(log)s
            default = -1
            cfg = 0
        }
    }
}
"""


class Daemon:
    """A charon in a network namespace, and its vici sockets. tmp is the folder
    of the measurement, with a copy of charon-systemd."""

    def __init__(self, tmp, name, netns, role_plugins):
        self.name = name
        self.dir = tmp / name
        self.dir.mkdir(exist_ok=True)
        self.socket = f"/run/charon.bench-{name}"
        conf = self.dir / "strongswan.conf"
        conf.write_text(CONF % {
            "daemon": "charon-systemd",
            "plugins": f"{PLUGINS} gkm {role_plugins} socket-default",
            "socket": self.socket,
            "state": self.dir / "state",
            "log": self.dir / "log",
        })
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", netns, str(tmp / "charon-systemd")],
            env={"STRONGSWAN_CONF": str(conf), "PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in (self.socket, self.socket + ".gkm"):
            self.await_socket(path)

    def await_socket(self, path):
        """Wait until the daemon listens."""
        for _ in range(1000):
            try:
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(path)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        log = self.dir / "log"
        sys.exit(f"{self.name} doesn't listen on {path}:\n" +
                 (log.read_text() if log.exists() else ""))

    def session(self, suffix=""):
        """Connect to the vici socket, or with ".gkm" to that of groups."""
        return vici.Session(self.socket + suffix)

    def cpu(self):
        """Seconds of CPU time used so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Octets of private memory in use."""
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup")
        return sum(int(line.split()[1]) * 1024
                   for line in rollup.read_text().splitlines()
                   if line.startswith("Private_"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def kill(self):
        """End it as a power failure does."""
        self.process.kill()
        self.process.wait()
