# SPDX-License-Identifier: GPL-2.0-or-later
"""compare - the differences between an original object file and the edited one, function by function and object by object.

The compiler numbers statics of one name in the source (`count.0`) by order of appearance, so a new static renames the others. The pairs of
old and new statics are found from the functions that did not change: such a function refers at each place to the same
variable as before. See Statics.
"""

from klpbuild import Refused

# Statics that a macro makes; a patched function gets a new one, for any number of the old one.
FRESH = {"_done", "__warned", "_rs", "__already_done"}
REPORTERS = {"assert_failed", "warn_report", "panic", "ktest_failed"}


class Statics:
    """The pairs of numbered statics of the edited and the original object: `old_name[new name]`."""

    def __init__(self, path, old, new):
        self.path, self.old, self.new, self.old_name, self.by = path, old, new, {}, {}

    def agree(self, new_name, old_name, function):
        known = self.old_name.setdefault(new_name, old_name)
        self.by.setdefault(new_name, function)
        if known != old_name:
            raise Refused(f"{self.path}: `{self.new.pieces[new_name].base}`: {self.by[new_name]}() means {known} by it, "
                          f"{function}() means {old_name}: give the two variables different names, one patch earlier")

    def of_unchanged(self, before, after):
        """Two equal pieces refer to the same things at the same places."""
        for one, other in zip(before.refs, after.refs):
            piece = self.new.pieces.get(other.name) if other.kind == "symbol" else None
            if piece and piece.base and piece.writable:
                self.agree(other.name, one.name, after.name)

    def order(self, image, piece):
        """{base: [numbered statics of that base, by first reference]}"""
        found = {}
        for ref in piece.refs:
            target = image.pieces.get(ref.name) if ref.kind == "symbol" else None
            if target and target.base and target.writable and target.base not in FRESH:
                names = found.setdefault(target.base, [])
                if target.name not in names:
                    names.append(target.name)
        return found

    def of_changed(self, before, after):
        """In a changed function, the remaining statics are paired by the order of first reference, if there is only one possible pairing."""
        old_order = self.order(self.old, before)
        for base, names in self.order(self.new, after).items():
            taken = {self.old_name[n] for n in names if n in self.old_name}
            free_old = [n for n in old_order.get(base, []) if n not in taken]
            free_new = [n for n in names if n not in self.old_name]
            if not free_old or not free_new:
                continue
            if len(free_old) != len(free_new):
                raise Refused(f"{self.path}: {after.name}(): it had {len(free_old)} static variables `{base}` and has "
                              f"{len(free_new)} now, and which is which cannot be told: give the new one another name")
            for new_name, old_name in zip(free_new, free_old):
                self.agree(new_name, old_name, after.name)


class Comparison:
    """states: {name: "same" | "changed" | "new" | "lines"} of the pieces of the edited object; gone: names of the original."""

    def __init__(self, path, old, new):
        self.path, self.old, self.new = path, old, new
        self.statics = Statics(path, old, new)
        self.states = {}
        for piece in new.functions():
            self.states[piece.name] = self.function_state(piece)
        for piece in new.functions():
            if self.states[piece.name] in ("same", "lines"):
                self.statics.of_unchanged(old.pieces[piece.name], piece)
        for piece in new.functions():
            if self.states[piece.name] == "changed":
                self.statics.of_changed(old.pieces[piece.name], piece)
        for piece in new.pieces.values():
            if not piece.is_function:
                self.states[piece.name] = self.object_state(piece)
        known = {self.old_piece_name(name) for name in new.pieces}
        self.gone = [p for p in old.pieces.values() if p.name not in known and not p.private]

    def old_piece_name(self, name):
        return self.statics.old_name.get(name, name) if self.new.pieces[name].base else name

    def old_piece(self, piece):
        """The original of a piece of the edited object, or None."""
        if piece.base and piece.writable:
            name = self.statics.old_name.get(piece.name)
            return self.old.pieces.get(name) if name else None
        return self.old.pieces.get(piece.name)

    def function_state(self, piece):
        before = self.old.pieces.get(piece.name)
        if before is None or not before.is_function:
            return "new"
        if self.old.content(before) == self.new.content(piece) and before.slot == piece.slot:
            return "same"
        return "lines" if only_line_numbers(self.old, before, self.new, piece) else "changed"

    def object_state(self, piece):
        if piece.private:
            return "constant"
        before = self.old_piece(piece)
        if before is None:
            return "new"
        same = (self.old.content(before, "") == self.new.content(piece, "") and before.size == piece.size and
                before.section.flags == piece.section.flags and
                (before.section.type == piece.section.type or not any(piece.data + before.data)))
        return "same" if same else "changed"

    def names(self, state, functions):
        return [n for n, s in self.states.items() if s == state and self.new.pieces[n].is_function == functions]


def insns_of(image, piece):
    return [insn for insn in image.insns.get(piece.section.name, []) if piece.start <= insn.address < piece.start + piece.size]


def called(image, piece, insn):
    return next((ref.name for ref in piece.refs if insn.address < ref.at + piece.start < insn.address + 8
                 and ref.kind == "symbol"), None)


def only_line_numbers(old, before, new, after):
    """True if two functions differ only in line numbers that they pass to a report."""
    if before.size != after.size or [r._replace(content=None) for r in before.refs] != [r._replace(content=None) for r in after.refs]:
        return False
    one, other = insns_of(old, before), insns_of(new, after)
    if len(one) != len(other):
        return False
    differing = [i for i, (a, b) in enumerate(zip(one, other)) if a.raw != b.raw]
    for i in differing:
        a, b = one[i], other[i]
        if a.mnemonic != "mov" or b.mnemonic != "mov" or not (a.operands.startswith("$") and b.operands.startswith("$")):
            return False
        if a.operands.split(",")[1:] != b.operands.split(",")[1:]:
            return False
        call = next((insn for insn in other[i:] if insn.mnemonic.startswith("call")), None)
        if not call or called(new, after, call) not in REPORTERS:
            return False
    return bool(differing)
