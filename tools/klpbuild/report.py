# SPDX-License-Identifier: GPL-2.0-or-later
"""report - the output of klp-build: the patch function by function, as text or as JSON."""

import hashlib
import json
import os

from klpbuild.objects import ObjectFile
from klpbuild.waits import ALWAYS_ON_A_STACK, Waits

MOST_WAYS = 3


class Nothing(ObjectFile):
    """The object of a source file that did not exist."""

    def __init__(self, like):       # pylint: disable=super-init-not-called
        self.path, self.image, self.insns, self.dump = like.path, like.image, {}, ""
        self.pieces, self.homes, self.relocations, self.ends, self._contents = {}, {}, {}, {}, {}


def nothing(like):
    return Nothing(like)


def digest(image, piece):
    return hashlib.sha256(repr(image.content(piece)).encode()).hexdigest()[:16]


def first_difference(plan, name, count=3):
    """Both disassemblies from the first instruction that differs."""
    rows = []
    for mark, image in (("-", plan.old), ("+", plan.new)):
        piece = image.pieces[name]
        insns = [i for i in image.insns[piece.section.name] if piece.start <= i.address < piece.start + piece.size]
        rows.append((mark, piece, insns))
    at = next((i for i, (a, b) in enumerate(zip(rows[0][2], rows[1][2])) if a.raw != b.raw), None)
    if at is None:
        at = min(len(rows[0][2]), len(rows[1][2])) - 1 if len(rows[0][2]) != len(rows[1][2]) else 0
    for mark, piece, insns in rows:
        for insn in insns[at:at + count]:
            yield f"      {mark} +{insn.address - piece.start:#x}: {insn.mnemonic} {insn.operands}".rstrip()


def outside(plan):
    """Names of the symbols in the running kernel to which the patch refers."""
    inside = set(plan.patched) | set(plan.added)
    names = {r.name for n in inside for r in plan.references(plan.new.pieces[n])}
    return {n for n in names if n not in inside and not any(n in p.added for p in plan.everything)}


def warnings(name):
    if name in ALWAYS_ON_A_STACK:
        yield (f"{name}() is always on some stack: {ALWAYS_ON_A_STACK[name]} stands in it; the patch is complete when each of "
               "them has left it once (klp check tells who)")


def copies(job, plan, name):
    """Functions into which the compiler put a copy of a patched function: all functions of this file, or of other files that include it."""
    return sorted({other for one in job.plans for other in one.new.pieces if other != name and one.new.pieces[other].is_function
                   for chain in job.debug(one.new).inlined(other) if chain[-1].name == name})


def as_waits(job, names):
    """The lines about tasks that may keep the patch waiting."""
    waits = Waits(job.options.build, job.plans)
    ways = [way for way in (waits.way_to_sleep(name) for name in names if name not in ALWAYS_ON_A_STACK) if way]
    if not ways:
        return ["waits for nobody: nothing that sleeps is called by these functions, but perhaps through a pointer"]
    shown = [" -> ".join(way) for way in sorted(ways, key=len)[:MOST_WAYS]]
    more = f" (and {len(ways) - MOST_WAYS} more)" if len(ways) > MOST_WAYS else ""
    return ["may wait for tasks that sleep in " + "; ".join(shown) + more]


def as_text(job, reasons, target, verbose):
    lines = []
    if not reasons:
        lines.append("nothing to patch: no function differs")
    for plan in job.plans:
        lines.append(plan.path)
        width = max(map(len, plan.patched + plan.added))
        for owner, name, reason in reasons:
            if owner is plan:
                lines.append(f"  patched  {name:{width}}  because {reason.text}")
                lines += list(first_difference(plan, name)) if verbose else []
                if verbose:
                    lines.append(f"      was {digest(plan.old, plan.old.pieces[name])}, is {digest(plan.new, plan.new.pieces[name])}")
        for name in plan.added:
            lines.append(f"  new      {name:{width}}  {describe(plan, plan.new.pieces[name])}")
    if job.lines_only:
        lines.append(f"not patched, they differ only in line numbers: {', '.join(job.lines_only)}")
    if job.edit.ignored:
        lines.append(f"ignored, not part of {job.base.name}: {', '.join(job.edit.ignored)}")
    if reasons:
        lines.append(f"same: {job.same[0]} functions, {job.same[1]} objects")
        names = sorted(set().union(*(outside(plan) for plan in job.plans)))
        shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        if names:
            lines.append(f"binds to {job.base.name}: {shown} ({len(names)})")
        for plan, name, _ in reasons:
            inside = copies(job, plan, name)
            if inside:
                lines.append(f"{name}() is inlined in {', '.join(inside)}, too: these copies are in the patch as well")
        lines += as_waits(job, [name for _, name, _ in reasons if not list(warnings(name))])
        lines += [f"warning: {text}" for _, name, _ in reasons for text in warnings(name)]
    if target:
        lines.append(f"{min(os.path.relpath(target), target, key=len)} ({os.path.getsize(target) / 1024:.1f} KiB); load it with: klp load {os.path.basename(target)}")
    return "\n".join(lines)


def describe(plan, piece):
    if piece.is_function:
        return "function"
    if not piece.writable:
        return "constant, a copy" if piece.name in plan.copied or piece.private else "constant"
    value = "0" if not any(piece.data) and not piece.refs else "its initial value"
    return f"variable: starts as {value} each time the patch is loaded"


def differing(job):
    """The functions of a refused edit that differ, without reasons."""
    return {"patched": [{"file": plan.path, "function": name} for plan in job.plans for name in plan.patched],
            "line_numbers_only": job.lines_only}


def as_json(job, reasons, target):
    waits = Waits(job.options.build, job.plans)
    return json.dumps({
        "name": job.name,
        "made": target,
        "base": job.base.build_id,
        "patched": [{"file": plan.path, "function": name, "reason": reason.kind, "text": reason.text, "line": reason.line,
                     "reason_file": reason.file, "was": digest(plan.old, plan.old.pieces[name]),
                     "is": digest(plan.new, plan.new.pieces[name]), "warnings": list(warnings(name)), "inlined_in": copies(job, plan, name),
                     "sleeps": waits.way_to_sleep(name)}
                    for plan, name, reason in reasons],
        "new": [{"file": plan.path, "name": name, "what": describe(plan, plan.new.pieces[name])}
                for plan in job.plans for name in plan.added],
        "line_numbers_only": job.lines_only,
        "ignored": job.edit.ignored,
        "refused": [],
    }, indent=2)
