#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitrd.py - makes the initial root file system, a cpio archive ("newc"), from manifests.

    mkinitrd.py -o build/initrd iso/initrd.list -f /bin/klp=build/user/bin/klp ...

A manifest has one entry a line; # starts a comment:

    dir PATH MODE [UID GID]             a directory
    file PATH SOURCE MODE [UID GID]     a file of the host
    link PATH TARGET                    a symbolic link
    tree PATH SOURCE                    all of a folder of the host, modes 0755/0644 by the x bit, owner root
    mode PATH MODE                      another mode for an entry of -f, -t or a tree
    applets DIR BUSYBOX                 a link to BUSYBOX in DIR for each of its applets, unless another entry has this name

`$NAME` in a line is replaced by the value of -D NAME=VALUE. -f PATH=SOURCE is an executable file owned by root, and
-t PATH=SOURCE a tree. An entry that is given again replaces the earlier one.

The archive depends only on the input: it has no times and no owners of the host, and its entries are sorted by path. If a file
has a page or more, its data starts on a page boundary of the archive, so that its pages can be mapped without a copy. NUL bytes
behind the name fill the gap, and are counted in the name's length.
"""

import argparse
import os
import stat
import string
import subprocess
import sys

PAGE = 4096
HEADER_SIZE = 110
BUSYBOX_PATH = "/bin/busybox"


class Manifest:
    """Entries by path: (mode with type bits, uid, gid, data)."""

    def __init__(self, variables):
        self.entries = {}
        self.variables = variables

    def parents(self, path):
        parent = os.path.dirname(path)
        if parent != "/" and parent not in self.entries:
            self.parents(parent)
            self.entries[parent] = (stat.S_IFDIR | 0o755, 0, 0, b"")

    def add(self, path, mode, data=b"", uid=0, gid=0):
        self.parents(path)
        self.entries[path] = (mode, int(uid), int(gid), data)

    def file(self, path, source, mode, uid=0, gid=0):
        with open(source, "rb") as file:
            self.add(path, stat.S_IFREG | int(mode, 8), file.read(), uid, gid)

    def link(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def tree(self, path, source):
        self.add(path, stat.S_IFDIR | 0o755)
        for name in sorted(os.listdir(source)):
            inside, outside = os.path.join(path, name), os.path.join(source, name)
            if os.path.islink(outside):
                self.link(inside, os.readlink(outside))
            elif os.path.isdir(outside):
                self.tree(inside, outside)
            elif os.path.isfile(outside):
                self.file(inside, outside, "755" if os.access(outside, os.X_OK) else "644")

    def applets(self, directory, busybox):
        names = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
        for name in names:
            path = os.path.join(directory, name)
            if path != BUSYBOX_PATH and path not in self.entries:
                self.link(path, "busybox")

    def mode(self, path, mode):
        old, *rest = self.entries[path]
        self.entries[path] = (stat.S_IFMT(old) | int(mode, 8), *rest)

    def read(self, path):
        """The last steps: modes, which may be for later entries, and applets, for the names that no other entry has."""
        late = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = string.Template(line.split("#")[0]).substitute(self.variables).split()
                if not words:
                    continue
                verb, arguments = words[0], words[1:]
                try:
                    if verb == "dir":
                        self.add(arguments[0], stat.S_IFDIR | int(arguments[1], 8), b"", *arguments[2:])
                    elif verb in ("applets", "mode"):
                        late.append((verb, arguments))
                    elif verb in ("file", "link", "tree"):
                        getattr(self, verb)(*arguments)
                    else:
                        raise ValueError(f"unknown entry {verb}")
                except (ValueError, TypeError, IndexError, OSError) as error:
                    sys.exit(f"{path}:{number}: {error}")
        return late


def member(offset, number, path, mode, uid, gid, data):
    """One archive member, to be placed at `offset`."""
    name = path.lstrip("/").encode() + b"\0"
    if stat.S_ISREG(mode) and len(data) >= PAGE:
        name += bytes(-(offset + HEADER_SIZE + len(name)) % PAGE)
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, uid, gid, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    head += bytes(-(offset + len(head)) % 4)
    return head + data + bytes(-(offset + len(head) + len(data)) % 4)


def archive(entries):
    result = bytearray()
    for number, path in enumerate(sorted(entries), 1):
        mode, uid, gid, data = entries[path]
        result += member(len(result), number, path, mode, uid, gid, data)
    result += member(len(result), 0, "TRAILER!!!", 0, 0, 0, b"")
    return bytes(result) + bytes(-len(result) % 512)


def pair(text):
    left, separator, right = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: expected LEFT=RIGHT")
    return left, right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifests", nargs="+")
    parser.add_argument("-D", dest="variables", action="append", type=pair, default=[], metavar="NAME=VALUE")
    parser.add_argument("-f", dest="files", action="append", type=pair, default=[], metavar="PATH=SOURCE")
    parser.add_argument("-t", dest="trees", action="append", type=pair, default=[], metavar="PATH=SOURCE")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    manifest = Manifest(dict(options.variables))
    late = [arguments for path in options.manifests for arguments in manifest.read(path)]
    for path, source in options.files:
        manifest.file(path, source, "755" if not path.endswith(".ko") else "644")
    for path, source in options.trees:
        manifest.tree(path, source)
    for verb, arguments in late:
        try:
            getattr(manifest, verb)(*arguments)
        except (KeyError, ValueError, TypeError) as error:
            parser.error(f"{verb} {' '.join(arguments)}: {error}")
    with open(options.output, "wb") as file:
        file.write(archive(manifest.entries))


if __name__ == "__main__":
    main()
