# SPDX-License-Identifier: GPL-2.0-or-later
"""elf.py - reads ELF64 little-endian files for the build tools.

Provides Elf(path) with sections, symbols and section data. It reads the output of this project's tool chain, and raises
ElfError for any other file; it is no defence against hostile files.
"""

import struct
from collections import namedtuple

STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = range(5)
STB_LOCAL, STB_GLOBAL, STB_WEAK = range(3)
SHN_UNDEF, SHN_ABS, SHN_COMMON = 0, 0xFFF1, 0xFFF2
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4

Section = namedtuple("Section", "index name type flags addr offset size link info entsize")
Symbol = namedtuple("Symbol", "name value size type bind shndx")


class ElfError(Exception):
    """The file is not the ELF64 x86-64 file that the tool expected."""


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.path = path
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ElfError(f"{path}: not an ELF64 little-endian file")
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        shentsize, shnum, shstrndx = struct.unpack_from("<HHH", self.data, 0x3A)
        raw = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * shentsize) for i in range(shnum)]
        names = raw[shstrndx]
        self.sections = [
            Section(i, self._string(names[4] + r[0]), r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[9])
            for i, r in enumerate(raw)
        ]
        self.symbols = self._read_symbols()

    def _string(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def _read_symbols(self):
        for table in self.sections:
            if table.type == SHT_SYMTAB:
                strings = self.sections[table.link].offset
                return [
                    Symbol(self._string(strings + name), value, size, info & 15, info >> 4, shndx)
                    for name, info, _, shndx, value, size in
                    struct.iter_unpack("<IBBHQQ", self.data[table.offset:table.offset + table.size])
                ]
        return []

    def section(self, name):
        """The section of that name, or None."""
        return next((s for s in self.sections if s.name == name), None)

    def bytes(self, section):
        if section.type == SHT_NOBITS:
            return bytes(section.size)
        return self.data[section.offset:section.offset + section.size]

    def relocations(self, section):
        """(offset, type, symbol index, addend) of all RELA entries that apply to the section."""
        for rela in self.sections:
            if rela.type == SHT_RELA and rela.info == section.index:
                for offset, info, addend in struct.iter_unpack("<QQq", self.bytes(rela)):
                    yield offset, info & 0xFFFFFFFF, info >> 32, addend

    def build_id(self):
        """The build id as a hexadecimal string, or None."""
        note = self.section(".note.gnu.build-id")
        if not note:
            return None
        data = self.bytes(note)
        namesz, descsz, _ = struct.unpack_from("<III", data)
        start = 12 + (namesz + 3 & ~3)
        return data[start:start + descsz].hex()
