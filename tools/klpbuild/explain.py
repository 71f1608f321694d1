# SPDX-License-Identifier: GPL-2.0-or-later
"""explain - why each function of a patch is in it.

The reasons, in the order in which they are looked for:

    own lines      the edit changes lines of the function itself
    inlined        the edit changes a function that is inlined in it; the chain of calls is told
    constant       the edit changes a macro or an enumerator that the function, or what is inlined in it, uses
    declaration    the edit changes the declaration of something that the function uses
    compiler       none of these: the compiler decided otherwise, and what it calls differently is told
"""

import re
from collections import namedtuple

# kind: as above. text: for people. line: of the edit, or None.
Reason = namedtuple("Reason", "kind text file line")

DEFINED = re.compile(r"^\s*#\s*define\s+(\w+)")
WORD = re.compile(r"\b[A-Za-z_]\w*\b")


def function_end(lines, first):
    """The line of the brace in the first column that ends a function (counted from 1)."""
    for number in range(first, len(lines) + 1):
        if lines[number - 1].startswith("}"):
            return number
    return len(lines)


def changed_names(edit):
    """Macros, enumerators and other names that changed lines outside of functions declare, with file and line."""
    names = {}
    for path, hunks in edit.hunks.items():
        for hunk in hunks:
            for lines, start, end in ((edit.old[path], hunk.start, hunk.end), (edit.new[path], hunk.new_start, hunk.new_end)):
                for number in range(start, end):
                    macro = DEFINED.match(lines[number])
                    found = [macro.group(1)] if macro else WORD.findall(re.sub(r"/\*.*?\*/|//.*|/\*.*", "", lines[number]))
                    for name in found:
                        names.setdefault(name, (path, min(hunk.start + 1, max(len(edit.old[path]), 1)), bool(macro)))
    for path in edit.files:             # macros that use a changed macro
        for line in edit.new[path]:
            macro = DEFINED.match(line)
            used = macro and next((w for w in WORD.findall(line[macro.end():]) if w in names and names[w][2]), None)
            if used:
                names.setdefault(macro.group(1), names[used])
    return names


class Explainer:
    def __init__(self, edit, debug):
        self.edit, self.debug = edit, debug
        self.names = changed_names(edit)

    def own(self, file, line):
        """The first changed line of the function that is defined at file:line, or None."""
        if file not in self.edit.old or not line:
            return None
        line = self.edit.line(file, line)
        changed = self.edit.changes(file, line, function_end(self.edit.old[file], line))
        return changed and self.edit.numbers[file][min(changed, len(self.edit.numbers[file])) - 1]

    def source(self, file, line):
        if file not in self.edit.old or not line:
            return ""
        lines, line = self.edit.old[file], self.edit.line(file, line)
        return "".join(lines[line - 1:function_end(lines, line)])

    def reason(self, plan, name):
        info = self.debug(plan.old)
        die = info.functions.get(name)
        file, line = info.place(die) if die else (None, None)
        changed = self.own(file, line)
        if changed:
            return Reason("own", f"line {changed} changed", file, changed)
        return (self.inlined(plan, name) or self.constant(plan, name, file, line) or self.compiler(plan, name))

    def inlined(self, plan, name):
        for image in (plan.new, plan.old):
            hits = {}
            for chain in self.debug(image).inlined(name):
                changed = self.own(chain[-1].file, chain[-1].line)
                if changed:
                    hits.setdefault((chain[-1].name, changed, chain[-1].file), []).append(chain)
            for (callee, changed, file), chains in hits.items():
                way = " <- ".join(level.name for level in reversed(chains[0][:-1]))
                times = f" ({len(chains)} times)" if len(chains) > 1 else ""
                return Reason("inlined", f"{callee}() is inlined in it{' <- ' + way if way else ''}{times}: line {changed} changed",
                              file, changed)
        return None

    def constant(self, plan, name, file, line):
        used = set(WORD.findall(self.source(file, line)))
        for chain in self.debug(plan.old).inlined(name):
            used |= set(WORD.findall(self.source(chain[-1].file, chain[-1].line)))
        used.discard(name)
        hits = sorted(used & self.names.keys(), key=lambda n: not self.names[n][2])
        for hit in hits:
            path, number, macro = self.names[hit]
            if macro:
                return Reason("constant", f"it uses the macro {hit}, which changed at {path}:{number}", path, number)
        refs = {ref.name for ref in plan.references(plan.new.pieces[name])} | {ref.name for ref in plan.references(plan.old.pieces[name])}
        for hit in hits:
            path, number, _ = self.names[hit]
            if hit in refs or hit.isupper():
                kind = "constant" if hit.isupper() else "declaration"
                return Reason(kind, f"it uses {hit}, which changed at {path}:{number}", path, number)
        return None

    def compiler(self, plan, name):
        before = {r.name for r in plan.old.pieces[name].refs if r.kind == "symbol"}
        after = {r.name for r in plan.new.pieces[name].refs if r.kind == "symbol"}
        parts = []
        if after - before:
            parts.append("it calls or uses now " + ", ".join(sorted(after - before)[:4]))
        if before - after:
            parts.append("no longer " + ", ".join(sorted(before - after)[:4]))
        return Reason("compiler", "the compiler decided otherwise" + (": " + "; ".join(parts) if parts else ""), plan.path, None)
