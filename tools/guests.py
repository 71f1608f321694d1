# SPDX-License-Identifier: GPL-2.0-or-later
"""guests.py - the list of running guests of tools/qemu, for tools/debug: a file for each guest in a folder of this user, with the paths of the
ISO and of gdb's socket. If a guest ended without removing its file, the next reader of the list removes it."""

import contextlib
import os
import tempfile
from collections import namedtuple

Guest = namedtuple("Guest", "pid iso socket")


def folder():
    path = os.path.join(tempfile.gettempdir(), f"neurath-guests-{os.getuid()}")
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


@contextlib.contextmanager
def registered(iso, socket):
    """This process runs a guest."""
    path = os.path.join(folder(), str(os.getpid()))
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{os.path.abspath(iso)}\n{socket}\n")
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)


def running():
    """Oldest first."""
    found = []
    for name in os.listdir(folder()):
        path = os.path.join(folder(), name)
        try:
            with open(path, encoding="utf-8") as file:
                iso, socket = file.read().splitlines()
            os.kill(int(name), 0)
            found.append((os.stat(path).st_mtime, Guest(int(name), iso, socket)))
        except (ValueError, FileNotFoundError):
            continue        # being written, or just gone
        except ProcessLookupError:
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
    return [guest for _, guest in sorted(found)]
