# SPDX-License-Identifier: GPL-2.0-or-later
"""klprelocs.py - turns the references of a patch to symbols that are not exported into livepatch relocations.

A source names such a symbol with KLP_RELOC_SYMBOL() of <linux/livepatch.h>, which makes it undefined under the name
`.klp.sym.rela.OBJECT.OWNER.NAME,POSITION`. convert(path) rewrites the relocatable file in place:

* the symbol becomes `.klp.sym.OWNER.NAME,POSITION`, with the section index SHN_LIVEPATCH;
* its relocations move from `.rela.SECTION` to a section `.klp.rela.OBJECT.SECTION` of their own, loaded and flagged.

A file without such symbols is not changed. The result has the form that the kernel expects (livepatch/reloc.c) and
that Linux's tools make.
"""

import re
import struct

import elf

SHN_LIVEPATCH = 0xFF20
SHF_INFO_LINK = 0x40
SHF_RELA_LIVEPATCH = 0x00100000
MARK = ".klp.sym.rela."
NAME = re.compile(r"\.klp\.sym\.rela\.([^.]{1,55})\.([^.]{1,55})\.([^,]{1,511}),(\d+)")

HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")


class RelocationError(Exception):
    """A mark with a wrong form, or at a place where a mark cannot be used."""


def parse_mark(name, chained=False):
    """(object, owner, final name) of a marked symbol. chained: the owner may be an earlier patch, which is always there."""
    match = NAME.fullmatch(name)
    if not match:
        raise RelocationError(f"{name}: not made by KLP_RELOC_SYMBOL(object, owner, symbol)")
    target, owner, symbol, position = match.groups()
    if (target == "vmlinux") != (owner == "vmlinux") and not (chained and target == "vmlinux"):
        raise RelocationError(f"{symbol}: code for object {target} cannot use a symbol of {owner} by relocation; "
                              "symbols of the kernel are relocated for the object vmlinux")
    return target, owner, f".klp.sym.{owner}.{symbol},{position}"


class Rewriter:
    def __init__(self, path):
        self.image = elf.Elf(path)
        self.data = bytearray(self.image.data)
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        self.headers = [list(HEADER.unpack_from(self.data, shoff + i * HEADER.size))
                        for i in range(len(self.image.sections))]
        self.symtab = next(s for s in self.image.sections if s.type == elf.SHT_SYMTAB)
        self.shstrndx, = struct.unpack_from("<H", self.data, 0x3E)
        self.strings = {i: bytearray(self.image.bytes(self.image.sections[i]))
                        for i in {self.symtab.link, self.shstrndx}}

    def append(self, blob):
        self.data += bytes(-len(self.data) % 8)
        offset = len(self.data)
        self.data += blob
        return offset

    def add_string(self, table, text):
        """Offset of a new string in the string table of that section."""
        offset = len(self.strings[table])
        self.strings[table] += text.encode() + b"\0"
        return offset

    def rename_symbols(self):
        """{symbol index: object}"""
        marked, info = {}, self.image.section(".modinfo")
        chained = bool(info) and b"\0klp_after=" in b"\0" + self.image.bytes(info)
        for index, symbol in enumerate(self.image.symbols):
            if not symbol.name.startswith(MARK):
                continue
            marked[index], _, name = parse_mark(symbol.name, chained)
            if symbol.shndx != elf.SHN_UNDEF:
                raise RelocationError(f"{name}: is defined here")
            struct.pack_into("<I", self.data, self.symtab.offset + index * SYMBOL.size,
                             self.add_string(self.symtab.link, name))
            struct.pack_into("<H", self.data, self.symtab.offset + index * SYMBOL.size + 6, SHN_LIVEPATCH)
        return marked

    def split(self, section, marked):
        """Moves the entries of marked symbols out of one relocation section."""
        kept, moved = [], {}
        for entry in RELA.iter_unpack(self.image.bytes(section)):
            target = marked.get(entry[1] >> 32)
            (kept if target is None else moved.setdefault(target, [])).append(RELA.pack(*entry))
        if not moved:
            return
        place = self.image.sections[section.info]
        if not place.flags & elf.SHF_ALLOC:
            raise RelocationError(f"{place.name}: livepatch relocations of a section that is not loaded")
        self.headers[section.index][5] = len(kept) * RELA.size
        self.data[section.offset:section.offset + len(kept) * RELA.size] = b"".join(kept)
        for target, entries in moved.items():
            name = self.add_string(self.shstrndx, f".klp.rela.{target}.{place.name}")
            blob = b"".join(entries)
            self.headers.append([name, elf.SHT_RELA, elf.SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH, 0,
                                 self.append(blob), len(blob), self.symtab.index, section.info, 8, RELA.size])

    def finish(self):
        for table, strings in sorted(self.strings.items()):
            self.headers[table][4], self.headers[table][5] = self.append(strings), len(strings)
        shoff = self.append(b"".join(HEADER.pack(*header) for header in self.headers))
        struct.pack_into("<Q", self.data, 0x28, shoff)
        struct.pack_into("<H", self.data, 0x3C, len(self.headers))
        return bytes(self.data)


def convert(path):
    """True if the file had marked symbols and was rewritten."""
    rewriter = Rewriter(path)
    marked = rewriter.rename_symbols()
    if not marked:
        return False
    for section in rewriter.image.sections:
        if section.type == elf.SHT_RELA:
            rewriter.split(section, marked)
    blob = rewriter.finish()
    with open(path, "wb") as file:
        file.write(blob)
    return True
