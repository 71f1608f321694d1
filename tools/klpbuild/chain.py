# SPDX-License-Identifier: GPL-2.0-or-later
"""chain - a patch that is made on top of earlier ones.

Such a patch is an edit of sources that already contain the earlier edits. So an original is the image's code only if
no earlier patch has changed it; otherwise it is the code of that patch. A new variable or function of an earlier patch
is in the module of that patch.

read(path) finds the chain by the records of a patch: its diff lies beside it (NAME/NAME.diff), and the entry klp_after names its
predecessor. Stacked(base, chain) is an image with the interface of bind.py.
"""

import hashlib
import os
import re

import elf
import moduleseal
from klpbuild import Refused
from klpbuild.bind import KERNEL, ModuleImage, masked

SHN_LIVEPATCH = 0xFF20
SYMBOL = re.compile(r"\.klp\.sym\.([^.]+)\.(.+),(\d+)$")


class Predecessor(ModuleImage):
    """An earlier patch. edit: its diff; patched: the functions that it replaces; new: its new functions and variables;
    lines: functions that differ only in line numbers."""

    def __init__(self, path):
        try:
            super().__init__(path, None)
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}: name the .ko of the patch that this edit is on top of") from None
        info = self.image.section(".modinfo")
        self.info = [entry.partition("=")[::2] for entry in self.image.bytes(info).decode().split("\0")] if info else []
        self.name = self.value("name")
        self.edit = self.diff()
        self.patched, self.new = (set((self.value(key) or "").split()) for key in ("changed", "new"))
        self.lines = set((self.value("lines") or "").split())

    def value(self, key):
        return next((value for name, value in self.info if name == key), None)

    def diff(self):
        path = os.path.join(self.path[:-len(".ko")], os.path.basename(self.path)[:-len(".ko")] + ".diff")
        if not self.value("diff_sha"):
            raise Refused(f"{self.path}: was not made by klp-build: make one patch from all edits together")
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}: the diff that {self.name} was made from must be there") from None
        if hashlib.sha256(text.encode()).hexdigest() != self.value("diff_sha"):
            raise Refused(f"{path}: is not the diff that {self.path} was made from: make that patch again")
        return text

    def brought(self, name):
        """True if this function or variable is new in this patch."""
        return name in self.new

    def function(self, name):
        return self.functions.get(name) if name in self.patched | self.new else None

    def target(self, symbol, ref):
        """(module or object, name, position) of the target of a reference in one of its functions; None: a target without a name."""
        section = self.image.sections[symbol.shndx]
        entry = next((r for r in self.image.relocations(section) if r[0] == symbol.value + ref.at), None)
        target = self.image.symbols[entry[2]] if entry else None
        if target is None:
            return None
        if target.shndx == SHN_LIVEPATCH:
            match = SYMBOL.match(target.name)
            return match.group(1), match.group(2), int(match.group(3))
        where = target.shndx, target.value + entry[3] - ref.addend
        name = next((name for name, places in self.places.items() if where in places), None)
        return (self.name, name, self.position(name, where)) if name else None


def read(path):
    """The chain that ends with this patch, oldest first."""
    found = [Predecessor(path)]
    while found[0].value("klp_after"):
        name, digest = found[0].value("klp_after").split()
        earlier = os.path.join(os.path.dirname(found[0].path), name + ".ko")
        if not os.path.exists(earlier) or moduleseal.digest(earlier).hex() != digest:
            raise Refused(f"{earlier}: is not there, or is not the patch that {found[0].name} was made on top of")
        found.insert(0, Predecessor(earlier))
    return found


class Stacked:
    """The kernel or a module, under a chain of patches."""

    def __init__(self, base, chain):
        self.base, self.chain = base, chain
        self.name, self.build_id = base.name, base.build_id
        for patch in chain:
            if patch.value("base") != base.build_id:
                raise Refused(f"{patch.path}: was made for another kernel than the one that was built: make it again")

    def owner(self, name):
        """The newest patch that has a function, or None."""
        return next((patch for patch in reversed(self.chain) if patch.function(name)), None)

    def prove(self, path, original):
        for piece in original.functions():
            owner = self.owner(piece.name)
            symbol = owner.function(piece.name) if owner else self.base.functions.get(piece.name)
            if any(piece.name in patch.lines for patch in self.chain) and not owner:
                continue
            if symbol is None or masked((owner or self.base).text(symbol), piece.refs) != masked(piece.data, piece.refs):
                raise Refused(f"{path}: {piece.name}(): is not the code of {owner.path if owner else 'the kernel'}: build it from the "
                              "sources that the diff is against")

    def uses(self, original, name):
        """(object, name, position) of a symbol of the originals, from the functions that refer to it."""
        for piece in original.functions():
            owner = self.owner(piece.name)
            symbol = owner.function(piece.name) if owner else self.base.functions.get(piece.name)
            for ref in piece.refs:
                if not (ref.kind == "symbol" and ref.name == name and symbol):
                    continue
                found = owner.target(symbol, ref) if owner else self.base.named(self.base.linked_target(symbol, ref))
                if found:
                    yield found

    def symbol(self, path, original, piece):
        """The name in the assembly for a function or object of an original."""
        if not piece.base:
            owner = next((patch for patch in reversed(self.chain) if patch.brought(piece.name)), None)
            if owner:
                return self.mark(owner.name, piece.name, 0)
            return self.base.symbol(path, original, piece)
        found = next(self.uses(original, piece.name), None)
        if found is None:
            raise Refused(f"{path}: {piece.name}: nothing tells which variable is meant: change a function that refers to it, too")
        return self.mark(KERNEL if found[0] == KERNEL else found[0], *found[1:])

    def locate(self, path, original, piece):
        """(name, position) of a function that is replaced: one of the kernel or module itself."""
        owner = next((patch for patch in self.chain if patch.brought(piece.name)), None)
        if owner:
            raise Refused(f"{path}: {piece.name}(): was new in the patch {owner.name}, and a function of a patch cannot be replaced: "
                          "give the changed one another name, and call that")
        return self.base.locate(path, original, piece)

    def foreign(self, name):
        owner = next((patch for patch in reversed(self.chain) if patch.brought(name)), None)
        return self.mark(owner.name, name, 0) if owner else self.base.foreign(name)

    def mark(self, owner, name, position):
        return f"\".klp.sym.rela.{self.name}.{owner}.{name},{position}\""
