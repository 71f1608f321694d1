# SPDX-License-Identifier: GPL-2.0-or-later
"""moduleseal.py - ends a module file with its digest, by which the kernel finds damage (kernel/module/digest.c).

seal(path) appends the number of relocations that the loader must apply, a checksum that the kernel checks quickly, the SHA-256 of
all bytes before it (with zero for the checksum), and a magic line. A sealed file gets a new seal: each tool that changes a module calls
seal() at its end.
"""

import hashlib
import struct

import elf

MAGIC = b"Neurath module digest 1\n"
SIZE = 4 + 8 + 32 + len(MAGIC)
SHF_ALLOC = 0x2
SHT_RELA = 4
RELA_SIZE = 24


def relocation_count(path):
    """The number of entries in the relocation sections of loaded sections."""
    sections = elf.Elf(path).sections
    return sum(section.size // RELA_SIZE for section in sections
               if section.type == SHT_RELA and sections[section.info].flags & SHF_ALLOC)


def body(data):
    """The bytes of a module file without its seal."""
    return data[:-SIZE] if data.endswith(MAGIC) else data


def digest(path):
    """The digest that ends a sealed file."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.endswith(MAGIC):
        raise elf.ElfError(f"{path}: is no module of tools/module: no digest at its end")
    return data[-len(MAGIC) - 32:-len(MAGIC)]


def sum_words(total, data):
    for word, in struct.iter_unpack("<Q", data + bytes(-len(data) % 8)):
        total = (total ^ word) * 0x9E3779B97F4A7C15 & (1 << 64) - 1
        total ^= total >> 29
    return total


def quick_sum(data, sha256):
    """The checksum of the file with its number of relocations, and of the digest; never zero."""
    return max(sum_words(sum_words(len(data), data), sha256), 1)


def seal(path):
    count = relocation_count(path)
    with open(path, "rb") as file:
        data = body(file.read()) + struct.pack("<I", count)
    sha256 = hashlib.sha256(data + bytes(8)).digest()
    with open(path, "wb") as file:
        file.write(data + struct.pack("<Q", quick_sum(data, sha256)) + sha256 + MAGIC)
