# SPDX-License-Identifier: GPL-2.0-or-later
"""bind - finds the symbols to which a patch refers, in the running kernel or in a module.

Base first proves that the originals are the running code: each function's bytes, with the relocated places masked, equal
those of the linked image. The values that the linker wrote into these places are the addresses of the targets. So a static variable
is found by its use, and never by a guess among equal names.
"""

import struct

import elf
from klpbuild import Refused
from klpbuild.objects import R_32, R_32S, R_64, RELATIVE, WIDTH

KERNEL = "vmlinux"
GOT = (9, 41, 42)                   # R_X86_64_GOTPCREL, _GOTPCRELX, _REX_GOTPCRELX


class KernelImage:
    """The image of the kernel. Symbols have positions as the kernel counts them: by address, without init memory."""

    name = KERNEL

    def __init__(self, path):
        self.image = elf.Elf(path)
        self.build_id = self.image.build_id()
        self.functions = {s.name: s for s in self.image.symbols if s.type == elf.STT_FUNC and 0 < s.shndx < 0xFF00}
        self.places = {}                # {name: places of all symbols of that name, in the order of their positions}
        for s in sorted(set(self.symbols()), key=self.order):
            self.places.setdefault(s.name, []).append(self.place(s))

    def symbols(self):
        for s in self.image.symbols:
            if s.type in (elf.STT_FUNC, elf.STT_OBJECT) and 0 < s.shndx < 0xFF00 and \
                    not self.image.sections[s.shndx].name.startswith(".init"):
                yield s

    @staticmethod
    def order(symbol):
        return symbol.value

    @staticmethod
    def place(symbol):
        return symbol.value

    def text(self, symbol):
        section = self.image.sections[symbol.shndx]
        start = section.offset + symbol.value - section.addr
        return self.image.data[start:start + symbol.size]

    def function_at(self, name, position):
        """The function that the kernel finds for a name and position (0: the name is unique), or None."""
        found = [s for s in sorted(self.symbols(), key=self.order) if s.name == name and s.type == elf.STT_FUNC]
        if position > len(found) or (position == 0 and len(found) != 1):
            return None
        return found[max(position, 1) - 1]

    def filled_places(self, symbol):
        """[(offset, width)] of the places that are filled when a function is loaded: none in the kernel."""
        return []

    def linked_target(self, symbol, ref):
        """The place of the target of a reference that a function of the image has."""
        text = self.text(symbol)
        form = {R_64: "<Q", R_32: "<I", R_32S: "<i"}.get(ref.type, "<i")
        value, = struct.unpack_from(form, text, ref.at)
        if ref.type in RELATIVE:
            value += symbol.value + ref.at
        return (value - ref.addend) & 0xFFFFFFFFFFFFFFFF

    def prove(self, path, original):
        """The functions of an original object are the ones of the image."""
        for piece in original.functions():
            symbol = self.functions.get(piece.name)
            if symbol is None or masked(self.text(symbol), piece.refs) != masked(piece.data, piece.refs):
                raise Refused(f"{path}: {piece.name}(): the image was built from other sources, or by another compiler: "
                              "build it from the sources that the diff is against")

    def position(self, name, place):
        """The position of a symbol in the kernel: 0 if its name is unique, else counted from 1."""
        places = self.places[name]
        return 0 if len(places) == 1 else places.index(place) + 1

    def locate(self, path, original, piece):
        """(name, position) of a function or object of an original."""
        places = self.places.get(piece.name, [])
        if len(places) == 1:
            return piece.name, 0
        place = self.by_use(original, piece.name)
        if place not in places:
            raise Refused(f"{path}: {piece.name}: there are {len(places)} symbols of this name, and no use tells which is meant: "
                          "change a function that refers to it in the same patch")
        return piece.name, self.position(piece.name, place)

    def symbol(self, path, original, piece):
        """The name in the assembly for a function or object of an original."""
        return self.mark(*self.locate(path, original, piece))

    def named(self, place):
        """(object, name, position) of the symbol at a place, or None."""
        name = next((name for name, places in self.places.items() if place in places), None)
        return (self.name, name, self.position(name, place)) if name else None

    def by_use(self, original, name):
        """The place of a symbol, read from a function that refers to it."""
        for piece in original.functions():
            symbol = self.functions.get(piece.name)
            for ref in piece.refs:
                if ref.kind == "symbol" and ref.name == name and symbol and ref.type in WIDTH:
                    return self.linked_target(symbol, ref)
        return None

    def foreign(self, name):
        """The name in the assembly for a symbol that the touched files do not define, or None if the symbol is unknown."""
        if name not in self.places:
            return None
        symbol = next((s for s in self.image.symbols if s.name == name and s.bind != elf.STB_LOCAL), None)
        return self.mark(name, self.position(name, self.place(symbol))) if symbol else None

    def mark(self, name, position):
        return f"\".klp.sym.rela.{self.name}.{self.name}.{name},{position}\""


class ModuleImage(KernelImage):
    """A module's file. A place is (section, offset); positions count in the order of its symbol table."""

    def __init__(self, path, name):
        self.name, self.path = name, path
        super().__init__(path)
        info = self.image.section(".modinfo")
        entries = self.image.bytes(info).split(b"\0") if info else []
        self.build_id = next((e[8:].decode() for e in entries if e.startswith(b"buildid=")), None)
        self.undefined = {s.name for s in self.image.symbols if s.shndx == elf.SHN_UNDEF}
        self.relocations = {}

    def symbols(self):
        return (s for s in super().symbols() if not self.image.sections[s.shndx].name.startswith(".exit"))

    def order(self, symbol):
        return self.image.symbols.index(symbol)

    @staticmethod
    def place(symbol):
        return symbol.shndx, symbol.value

    def text(self, symbol):
        section = self.image.sections[symbol.shndx]
        return self.image.bytes(section)[symbol.value:symbol.value + symbol.size]

    def filled_places(self, symbol):
        """A load from the GOT may become an address: its opcode, two bytes before the place, changes, too."""
        section, start, places = self.image.sections[symbol.shndx], symbol.value, []
        for offset, kind, _, _ in sorted(self.image.relocations(section)):
            if start <= offset < start + symbol.size:
                before = 2 if kind in GOT else 0
                places.append((offset - start - before, WIDTH.get(kind, 4) + before))
        return places

    def linked_target(self, symbol, ref):
        if symbol.shndx not in self.relocations:
            section = self.image.sections[symbol.shndx]
            self.relocations[symbol.shndx] = {r[0]: r for r in self.image.relocations(section)}
        entry = self.relocations[symbol.shndx].get(symbol.value + ref.at)
        if not entry:
            return None
        target = self.image.symbols[entry[2]]
        return target.shndx, target.value + entry[3] - ref.addend

    def foreign(self, name):
        """Exports of other modules and of the kernel; the loader looks them up."""
        mine = next((s for s in self.image.symbols if s.name == name and s.shndx != elf.SHN_UNDEF and s.bind != elf.STB_LOCAL), None)
        return self.mark(name, self.position(name, self.place(mine))) if mine else name


def masked(data, refs):
    data = bytearray(data)
    for ref in refs:
        width = WIDTH.get(ref.type, 4)
        data[ref.at:ref.at + width] = bytes(width)
    return bytes(data)


class Plan:
    """The contents of the patch from one source file, and the meaning of each name in it."""

    def __init__(self, comparison, base, everything):
        self.comparison, self.base, self.everything = comparison, base, everything
        self.path, self.new, self.old = comparison.path, comparison.new, comparison.old
        self.patched = comparison.names("changed", True)
        self.added, self.copied, self.wanted, self.by_hand = [], [], [], set()
        self.collect()

    def collect(self):
        """New functions and objects that the patched functions of this file use, and those that other files use."""
        todo = self.patched + [name for name in self.wanted if name not in self.added]
        self.added += [name for name in todo if name not in self.patched]
        while todo:
            for ref in self.references(self.new.pieces[todo.pop()]):
                if self.is_new(ref.name) and ref.name not in self.added:
                    self.added.append(ref.name)
                    todo.append(ref.name)

    def is_new(self, name):
        return self.comparison.states.get(name) in ("new", "constant") or name in self.copied

    def abroad(self):
        """Names that the patch uses from this file and that another one defines."""
        return {ref.name for name in self.patched + self.added for ref in self.references(self.new.pieces[name])
                if ref.name not in self.new.pieces}

    def references(self, piece):
        """All symbols that a piece refers to, also through nameless tables."""
        for ref in piece.refs:
            if ref.kind == "nameless":
                yield from (r for r in self.new.nameless(ref.name)[1] if r.kind == "symbol")
            elif ref.kind == "symbol":
                yield ref

    def copy(self, name):
        """A changed constant that only patched functions use: a copy of it goes into the patch."""
        self.copied.append(name)
        self.collect()

    def symbol(self, name, owner):
        """The name that the assembler gets for a reference: of the patch itself, or a livepatch symbol."""
        piece = self.new.pieces.get(name)
        if piece is not None:
            if name in self.added or name == owner:
                return name
            before = self.comparison.old_piece(piece)
            if before is None:
                raise Refused(f"{self.path}: {name}: is new, and nothing says how the patch should get it")
            return self.base.symbol(self.path, self.old, before)
        for plan in self.everything:
            if name in plan.added and not plan.new.pieces[name].is_local:
                return name
        known = self.base.foreign(name)
        if known or name in self.by_hand:
            return known or name
        raise Refused(f"{self.path}: {name}: is neither in the kernel nor in this edit: add it, or put it into the file given by "
                      "WITH=")


def settle(plans):
    """One file may use additions of another: collects until no more symbols are needed."""
    while True:
        before = sum(len(plan.added) for plan in plans)
        names = set().union(*(plan.abroad() for plan in plans)) if plans else set()
        for plan in plans:
            plan.wanted = [n for n in plan.new.pieces if n in names and plan.is_new(n) and not plan.new.pieces[n].is_local]
            plan.collect()
        if sum(len(plan.added) for plan in plans) == before:
            return
