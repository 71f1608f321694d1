#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ksyms.py - makes and verifies the symbol table that is embedded in the kernel image.

    ksyms.py empty OUT.bin              a table without symbols, for the first link
    ksyms.py generate IMAGE OUT.bin     the table of a linked image
    ksyms.py verify IMAGE               IMAGE's embedded table equals what nm says of IMAGE

The kernel is linked three times: with the empty table, with a table of the right size (which moves all data behind it
to its final place), and with the table of that second image. Then `verify` reads the table from the last image
and compares it with the output of nm, an independent reader. include/neurath/ksyms_format.h has the format.

Live patching names functions. So these are refused: two text symbols of one name; a function that the compiler split or
specialised (.cold, .part, .isra, .constprop); a function without a size.
"""

import argparse
import re
import struct
import subprocess
import sys
from collections import defaultdict

import elf

BASE = 0xFFFFFFFF80000000
MAGIC = 0x4D59534B
HEADER = struct.Struct("<IIII")
ENTRY = struct.Struct("<III")
LOCAL = 1 << 31
INIT = 1 << 31
COMPILER_MADE = re.compile(r"\.(cold|part|isra|constprop|lto_priv)(\.|$)")


def letter(section):
    """The letter that nm prints for a symbol of this section."""
    if section.flags & elf.SHF_EXECINSTR:
        return "T"
    if section.type == elf.SHT_NOBITS:
        return "B"
    return "D" if section.flags & elf.SHF_WRITE else "R"


def image_symbols(image):
    """All functions and objects of the high image as (address, name, size, letter, local, init), in table order."""
    found = set()
    for symbol in image.symbols:
        if symbol.type not in (elf.STT_FUNC, elf.STT_OBJECT):
            continue
        if symbol.shndx == elf.SHN_UNDEF or symbol.shndx >= 0xFF00 or symbol.value < BASE:
            continue
        section = image.sections[symbol.shndx]
        found.add((symbol.value, symbol.name, symbol.size, letter(section), symbol.bind == elf.STB_LOCAL,
                   section.name.startswith(".init")))
    return sorted(found)


def check(symbols):
    """Complaints about symbols that a live patch could not name."""
    places = defaultdict(list)
    for address, name, size, kind, _, _ in symbols:
        if kind != "T":
            continue
        places[name].append(address)
        if COMPILER_MADE.search(name):
            yield f"function {name} was split or specialised by the compiler"
        if not size:
            yield f"function {name} has no size (assembly code needs SYM_END or .size)"
    for name, addresses in places.items():
        if len(addresses) > 1:
            yield f"text symbol {name} is defined {len(addresses)} times: " + ", ".join(f"{a:#x}" for a in addresses)


def encode(symbols):
    names, offsets, entries = bytearray(), {}, bytearray()
    for address, name, size, kind, local, init in symbols:
        if name not in offsets:
            offsets[name] = len(names)
            names += name.encode() + b"\0"
        name_type = offsets[name] | ord(kind) << 24 | (LOCAL if local else 0)
        entries += ENTRY.pack(address - BASE, size | (INIT if init else 0), name_type)
    functions = sum(1 for s in symbols if s[3] == "T")
    by_name = sorted(range(len(symbols)), key=lambda i: (symbols[i][1].encode(), i))
    return (HEADER.pack(MAGIC, len(symbols), len(names), functions) + entries +
            struct.pack(f"<{len(by_name)}I", *by_name) + names)


def decode(blob):
    """The entries; sys.exit() if the table is damaged, or not sorted by name."""
    magic, count, names_size, _ = HEADER.unpack_from(blob)
    if magic != MAGIC or len(blob) < HEADER.size + count * (ENTRY.size + 4) + names_size:
        sys.exit("ksyms: the embedded table is damaged")
    by_name = HEADER.size + count * ENTRY.size
    names = by_name + 4 * count
    found = list(decode_entries(blob, by_name, names))
    order = struct.unpack_from(f"<{count}I", blob, by_name)
    if list(order) != sorted(range(count), key=lambda i: (found[i][1].encode(), i)):
        sys.exit("ksyms: the embedded table is not sorted by name")
    return found


def decode_entries(blob, end, names):
    for offset, size, name_type in ENTRY.iter_unpack(blob[HEADER.size:end]):
        start = names + (name_type & 0xFFFFFF)
        kind = chr(name_type >> 24 & 0x7F)
        yield (BASE + offset, blob[start:blob.index(b"\0", start)].decode(), size & ~INIT,
               kind.lower() if name_type & LOCAL else kind)


def nm_symbols(path, nm):
    """What nm says of the image, limited to the names that have a size or are functions, as the table is."""
    text = subprocess.run([nm, "-S", "--defined-only", "-f", "sysv", path], check=True, capture_output=True,
                          text=True).stdout
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or fields[3] not in ("FUNC", "OBJECT"):
            continue
        name, value, kind, _, size = fields[:5]
        if int(value, 16) >= BASE and kind not in "aA":
            yield (int(value, 16), name, int(size or "0", 16), kind)


def verify(path, nm):
    image = elf.Elf(path)
    section = image.section(".ksyms")
    embedded = decode(image.bytes(section))
    expected = sorted(set(nm_symbols(path, nm)))
    if embedded != expected:
        wrong = sorted(set(embedded) ^ set(expected))[:10]
        for entry in wrong:
            where = "table" if entry in embedded else "nm"
            print(f"ksyms: only in {where}: {entry[0]:#x} {entry[1]} size {entry[2]} {entry[3]}", file=sys.stderr)
        sys.exit(f"ksyms: the embedded table of {path} does not equal its symbols")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("empty", "generate", "verify"))
    parser.add_argument("files", nargs="+")
    parser.add_argument("--nm", default="nm", help="the nm to verify with")
    options = parser.parse_args()
    if options.command == "verify":
        verify(options.files[0], options.nm)
        return
    symbols = []
    if options.command == "generate":
        symbols = image_symbols(elf.Elf(options.files[0]))
        complaints = list(check(symbols))
        if complaints:
            sys.exit("\n".join(f"ksyms: {complaint}" for complaint in complaints))
    with open(options.files[-1], "wb") as file:
        file.write(encode(symbols))


if __name__ == "__main__":
    main()
