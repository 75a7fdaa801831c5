# What gswanctl says.
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
import subprocess


def run(*arguments):
    return subprocess.run(("gswanctl",) + arguments, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def sections(group, *arguments):
    """What a command says of a group: sections of keys, as
    {"path.key": value}."""
    raw = run(*arguments, "--group", group, "--raw")
    words = raw.replace("{", " { ").replace("}", " } ").split()
    found = {}
    path = []
    for i, word in enumerate(words):
        if word == "{":
            path.append(words[i - 1])
        elif word == "}":
            path.pop()
        elif "=" in word and group in path:
            key, value = word.split("=", 1)
            found[".".join(path[path.index(group) + 1:] + [key])] = value
    return found
