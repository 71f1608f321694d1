# SPDX-License-Identifier: GPL-2.0-or-later
"""bootimage.py - a copy of a boot image with another kernel, and with fewer programs of the tests.

The new data is behind the end of the copy, and the directory of the image (ISO 9660) leads to it. To make an image in this way takes a
tenth of a second, and a guest without the programs of other suites boots in less time: the firmware reads less.
"""

import functools
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import mkinitrd  # noqa: E402

SECTOR = 2048
PAD = 150 * SECTOR                      # a reader that reads ahead must not reach the end
RECORD = struct.Struct("<BBI4sI4s")     # length, attributes, place, place in big-endian, size, size in big-endian
ROOT = 16 * SECTOR + 156                # the record of the root directory


def record(image, folder, wanted):
    """The place of the directory record of a file. `folder` is the place of the record of its directory (ISO 9660, 9.1)."""
    _, _, where, _, size, _ = RECORD.unpack_from(image, folder)
    at, end = where * SECTOR, where * SECTOR + size
    while at < end:
        length = image[at]
        if not length:          # a record never crosses the end of a sector
            at = (at // SECTOR + 1) * SECTOR
            continue
        name = image[at + 33:at + 33 + image[at + 32]]
        if name.split(b";")[0].rstrip(b".").lower() == wanted:
            return at
        at += length
    raise RuntimeError(f"the image has no {wanted.decode()}")


def put(image, name, data):
    """Gives the file /boot/NAME of the image (a bytearray) these contents."""
    at = record(image, record(image, ROOT, b"boot"), name)
    image += bytes(-len(image) % SECTOR)
    where = len(image) // SECTOR
    RECORD.pack_into(image, at, image[at], image[at + 1], where, where.to_bytes(4, "big"), len(data), len(data).to_bytes(4, "big"))
    image += data


def entries(data):
    """{path: (mode, uid, gid, contents)} of an archive of tools/mkinitrd.py."""
    found, at = {}, 0
    while True:
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        start = at + mkinitrd.HEADER_SIZE
        name = data[start:start + fields[11]].rstrip(b"\0").decode()
        if name == "TRAILER!!!":
            return found
        start = (start + fields[11] + 3) & ~3
        found["/" + name] = (fields[1], fields[2], fields[3], data[start:start + fields[6]])
        at = (start + fields[6] + 3) & ~3


@functools.lru_cache(maxsize=None)
def base_image(path, changed, without):
    """The image, with an initrd that lacks these programs, also those of the other C library. changed: when the file was."""
    with open(path, "rb") as file:
        image = bytearray(file.read())
    if without:
        _, _, where, _, size, _ = RECORD.unpack_from(image, record(image, record(image, ROOT, b"boot"), b"initrd"))
        everything = entries(image[where * SECTOR:where * SECTOR + size])
        kept = {path: entry for path, entry in everything.items() if path.replace("/glibc-", "/") not in without}
        put(image, b"initrd", mkinitrd.archive(kept))
    return bytes(image)


def write(target, base, kernel, without=frozenset()):
    """Writes a copy of the image `base` with this kernel."""
    image = bytearray(base_image(base, os.path.getmtime(base), without))
    put(image, b"neurath", kernel)
    with open(target, "wb") as file:
        file.write(image + bytes(-len(image) % SECTOR + PAD))
