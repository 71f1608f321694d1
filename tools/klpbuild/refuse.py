# SPDX-License-Identifier: GPL-2.0-or-later
"""refuse - edits that cannot become a patch, each with an alternative.

Each rule is a function (plan, facts) that yields lines "FILE: what: what to do instead"; RULES has the rules in the order in which
their lines are printed. Facts are information beyond one object: debug information, and the other objects of the kernel.
"""

import elf


def changed_data(plan, facts):
    comparison = plan.comparison
    for name in comparison.names("changed", False):
        piece = plan.new.pieces[name]
        if piece.in_set or piece.in_init:
            continue
        if piece.writable:
            yield (f"{plan.path}: {piece.base or name}: its initial value or size changed, but the variable is alive and keeps what "
                   "it holds: set it in a post_patch callback (WITH=, docs/writing-a-patch.md)")
            continue
        users = [user for user in facts.users(plan, name) if user not in plan.patched]
        if users:
            yield (f"{plan.path}: {name}: a constant changed that is in use by {', '.join(sorted(users)[:4])}: give the changed "
                   "one another name and use that one in the functions that need it")
        else:
            plan.copy(name)


def start_up_tables(plan, facts):
    comparison = plan.comparison
    names = [n for n, state in comparison.states.items() if state in ("changed", "new") and plan.new.pieces[n].in_set]
    for piece in [plan.new.pieces[n] for n in names] + [p for p in comparison.gone if p.in_set]:
        table = piece.section.name.removeprefix("set_")
        yield (f"{plan.path}: {piece.name}: an entry of the table `{table}` changed, which the kernel reads when it starts: "
               "register it from a pre_patch callback, or build a new kernel")


def start_up_code(plan, facts):
    for name, state in plan.comparison.states.items():
        piece = plan.new.pieces[name]
        if piece.in_init and state in ("changed", "new") and not piece.in_set:
            yield (f"{plan.path}: {name}: runs or is read at start-up only, which is over: do in a pre_patch callback what it "
                   "would do (WITH=)")


def no_slot(plan, facts):
    for name in plan.patched:
        piece = plan.new.pieces[name]
        if not plan.old.pieces[name].slot and not piece.in_init:
            yield (f"{plan.path}: {name}(): has no entry slot (it is marked notrace), so it cannot be replaced: change a function that "
                   "calls it")


def layouts(plan, facts):
    before, after = facts.debug(plan.old).layouts(), facts.debug(plan.new).layouts()
    for name, (size, members, place) in after.items():
        if name in before and before[name][:2] != (size, members) and name not in facts.told:
            facts.told.add(name)
            yield (f"{place[0]}:{place[1]}: {name}: its layout changed, and objects of the old layout are alive: keep the new data in a "
                   "shadow variable (klp_shadow_alloc(), docs/writing-a-patch.md)")


def prototypes(plan, facts):
    before, after = facts.debug(plan.old), facts.debug(plan.new)
    for name in plan.patched:
        one, other = before.functions.get(name), after.functions.get(name)
        if not one or not other or before.prototype(one) == after.prototype(other):
            continue
        users = [user for user in facts.users(plan, name) if user not in facts.all_patched]
        if users:
            yield (f"{plan.path}: {name}(): its prototype changed from {before.prototype(one)} to {after.prototype(other)}, but "
                   f"{', '.join(sorted(users)[:4])} calls the old one: give the new function another name")


def exports(plan, facts):
    for piece in plan.comparison.gone:
        if piece.is_function and not piece.is_local and facts.users(plan, piece.name):
            yield f"{plan.path}: {piece.name}(): is gone, but the rest of the kernel uses it: leave it in"


RULES = (start_up_tables, start_up_code, changed_data, layouts, no_slot, prototypes, exports)


def reasons(plans, facts):
    return [line for plan in plans for rule in RULES for line in rule(plan, facts)]


class Facts:
    def __init__(self, plans, debug, other_objects):
        self.plans, self.debug, self.other_objects = plans, debug, other_objects
        self.told = set()
        self.all_patched = {name for plan in plans for name in plan.patched}

    def users(self, plan, name):
        """Functions and objects that refer to `name`: of this file, and if it is global, of all the kernel (by file)."""
        found = {piece.name for piece in plan.new.pieces.values() if piece.name != name
                 for ref in plan.references(piece) if ref.name == name}
        if not plan.new.pieces.get(name, plan.old.pieces.get(name)).is_local:
            touched = {p.path for p in self.plans}
            for path in self.other_objects():
                source = path.split("/kernel/", 1)[-1][:-2]
                if source not in touched and any(s.name == name and s.shndx == elf.SHN_UNDEF for s in elf.Elf(path).symbols):
                    found.add(source)
        return found
