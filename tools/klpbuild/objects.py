# SPDX-License-Identifier: GPL-2.0-or-later
"""objects - an object file as functions and objects, each with what it refers to.

The compiler gives each function and each object a section of its own (-ffunction-sections -fdata-sections). So a Piece is
a symbol with its bytes. A Ref is a relocation in it, described by its target: a symbol, a string by its
content, or nameless constants (a jump table, a floating constant) by their content. The assembler may write a
relocation by symbol or by section; this makes no difference.
"""

import re
import subprocess
from collections import namedtuple

import elf
import framecheck

R_64, R_PC32, R_PLT32, R_32, R_32S = 1, 2, 4, 10, 11
RELATIVE = {R_PC32, R_PLT32}
RELOCATION_NAMES = {R_64: "R_X86_64_64", R_PC32: "R_X86_64_PC32", R_PLT32: "R_X86_64_PLT32", R_32: "R_X86_64_32",
                    R_32S: "R_X86_64_32S"}
WIDTH = {R_64: 8, R_PC32: 4, R_PLT32: 4, R_32: 4, R_32S: 4}
SHF_MERGE, SHF_STRINGS = 0x10, 0x20
# Sections that belong to another section, or to the linker.
SIDE_SECTIONS = ("__mcount_loc", ".modinfo", ".comment", ".note")
NUMBERED = re.compile(r"^(.*)\.(\d+)$")

# kind: "symbol" (name), "string" (content), "nameless" (section). offset: from the start of the target to what is meant.
# addend: what the relocation adds to the address of the target (differs from offset by the length of the instruction's rest).
Ref = namedtuple("Ref", "at type kind name offset addend content")


class Piece:
    """A function or object. key: its name, without the number that the compiler gave a local static."""

    def __init__(self, symbol, section, data, refs):
        self.name, self.size, self.data, self.refs = symbol.name, symbol.size, data, refs
        self.is_function = symbol.type == elf.STT_FUNC
        self.is_local = symbol.bind == elf.STB_LOCAL
        self.section, self.start = section, symbol.value
        self.slot = False

    @property
    def writable(self):
        return bool(self.section.flags & elf.SHF_WRITE)

    @property
    def in_init(self):
        return self.section.name.startswith((".init", ".exit"))

    @property
    def in_set(self):
        return self.section.name.startswith(("set_", "__param", "__ex_table"))

    @property
    def base(self):
        """The name in the source of a numbered local static, or None."""
        match = NUMBERED.match(self.name)
        return match.group(1) if match and self.is_local and not self.is_function else None

    @property
    def private(self):
        """True for a constant without an identity: it is identified by its content, and copied for each user."""
        return self.base is not None and not self.writable


class ObjectFile:
    def __init__(self, path, objdump="objdump"):
        self.path = path
        self.image = elf.Elf(path)
        self.dump = subprocess.run([objdump, "-d", "-l", "-w", "-r", path], check=True, capture_output=True, text=True).stdout
        self.insns = framecheck.parse(self.dump)
        self.homes = {}         # section index: [symbols by value]
        for symbol in self.image.symbols:
            if symbol.type in (elf.STT_FUNC, elf.STT_OBJECT) and 0 < symbol.shndx < 0xFF00:
                self.homes.setdefault(symbol.shndx, []).append(symbol)
        self.relocations = {}   # section index: [(offset, type, symbol, addend)]
        for section in self.image.sections:
            if section.flags & elf.SHF_ALLOC:
                self.relocations[section.index] = sorted(self.image.relocations(section))
        self.ends = {}          # section index: {offset of a relocated field: end of its instruction}
        self.pieces = {}
        for index, symbols in self.homes.items():
            for symbol in sorted(symbols, key=lambda s: s.value):
                self.add_piece(self.image.sections[index], symbol)
        for name in self.slot_names():
            self.pieces[name].slot = True
        self._contents = {}

    def add_piece(self, section, symbol):
        data = self.image.bytes(section)[symbol.value:symbol.value + symbol.size]
        refs = [self.ref(section, *entry)._replace(at=entry[0] - symbol.value) for entry in self.relocations[section.index]
                if symbol.value <= entry[0] < symbol.value + max(symbol.size, 1)]
        self.pieces[symbol.name] = Piece(symbol, section, data, refs)

    def slot_names(self):
        for section in self.image.sections:
            if section.name == "__mcount_loc":
                for offset, kind, index, addend in self.relocations[section.index]:
                    yield self.ref(section, offset, kind, index, addend).name

    def functions(self):
        return [piece for piece in self.pieces.values() if piece.is_function]

    def field_rest(self, section, offset):
        """From a relative field to the end of its instruction: what the processor adds to the field."""
        if section.index not in self.ends:
            ends, places = {}, [entry[0] for entry in self.relocations[section.index]]
            for insn in self.insns.get(section.name, []):
                end = insn.address + len(insn.raw.split())
                while places and places[0] < end:
                    ends[places.pop(0)] = end
            self.ends[section.index] = ends
        return self.ends[section.index].get(offset, offset + 4) - offset

    def ref(self, section, offset, kind, index, addend):
        """The relocation (offset, kind, index, addend) of a section as a Ref."""
        symbol = self.image.symbols[index]
        rest = self.field_rest(section, offset) if kind in RELATIVE else 0
        if symbol.shndx == elf.SHN_UNDEF or symbol.shndx >= 0xFF00:
            return Ref(offset, kind, "symbol", symbol.name, addend + rest, addend, None)
        where = symbol.value + addend + rest
        target = self.image.sections[symbol.shndx]
        home = self.symbol_at(target.index, where)
        if home:
            return Ref(offset, kind, "symbol", home.name, where - home.value, where - home.value - rest, None)
        if target.flags & SHF_STRINGS:
            data = self.image.bytes(target)
            return Ref(offset, kind, "string", target.name, 0, -rest, data[where:data.index(b"\0", where)])
        if target.flags & SHF_MERGE:
            start = where - where % target.entsize
            content = self.image.bytes(target)[start:start + target.entsize]
            return Ref(offset, kind, "string", target.name, where - start, where - start - rest, content)
        return Ref(offset, kind, "nameless", target.name, where, where - rest, None)

    def symbol_at(self, index, where):
        """The symbol that covers a place of a section; if a section has one symbol, also for places before and behind it."""
        symbols = self.homes.get(index, [])
        if len(symbols) == 1:
            return symbols[0]
        return next((s for s in symbols if s.value <= where < s.value + max(s.size, 1)), None)

    def nameless(self, name):
        """(bytes, refs, section) of a section without symbols."""
        section = self.image.section(name)
        return self.image.bytes(section), [self.ref(section, *entry) for entry in self.relocations[section.index]], section

    def content(self, piece, owner=None):
        """The contents of a piece, as a value that is equal for equal pieces: bytes and references."""
        return (piece.data, tuple(self.meaning(ref, owner or piece.name) for ref in piece.refs))

    def meaning(self, ref, owner):
        """The target of a reference, as a value; a numbered static by its name in the source alone."""
        if ref.kind == "string":
            what = ("string", ref.content)
        elif ref.kind == "nameless":
            what = ("nameless", self.section_content(ref.name, owner))
        elif ref.name == owner:
            what = ("self",)
        else:
            piece = self.pieces.get(ref.name)
            if piece and piece.private:
                what = ("constant", self.content(piece, owner))
            else:
                what = ("static", piece.base) if piece and piece.base else ("symbol", ref.name)
        return (ref.at, ref.type, what, ref.offset)

    def section_content(self, name, owner):
        if (name, owner) not in self._contents:
            self._contents[name, owner] = None      # a table that refers to itself
            data, refs, _ = self.nameless(name)
            self._contents[name, owner] = (data, tuple(self.meaning(ref, owner) for ref in refs))
        return self._contents[name, owner]
