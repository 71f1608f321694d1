# SPDX-License-Identifier: GPL-2.0-or-later
"""mutants.py - the lab and the check that fails with each mutant of the kernel (tests/mutants), and the mutants that no lab can use.

A suite catches a mutant (tests/mutants.txt). If a check of a lab runs that suite, the mutant is a wrong solution of that lab: it loses
the points of the check. A mutant that is a race is caught in one of several boots, and a grade must not depend on this, so no
lab uses it. The model of L5 visits every interleaving, and has many of these mutants as seeds.
"""

import os
import re
from collections import namedtuple

import recipe as recipes

# The number of boots in which a mutant without a race is certainly caught.
CERTAIN = 2

Assigned = namedtuple("Assigned", "mutant lab check reason")


def rows(top):
    """(mutant, suite, seeds) of tests/mutants.txt."""
    for line in recipes.statements(recipes.read(os.path.join(top, "tests", "mutants.txt"))):
        words = line.split()
        yield words[0], words[1], int(words[3])


def checks_of_suites(top):
    """suite -> (lab, check): the first check, of the lab with the highest number, whose code names the suite."""
    found = {}
    for lab in recipes.labs(top):
        text = recipes.read(os.path.join(top, "labs", lab, "grade.py"))
        for part in re.split(r"^@check\(", text, flags=re.M)[1:]:
            name = re.match(r'"(\w+)"', part).group(1)
            body = part.split("\n\n\n")[0]
            for suite in re.findall(r'"((?:klp_)?[a-z_]+)"', body):
                found.setdefault((suite, lab), name)
    return {suite: (lab, check) for (suite, lab), check in found.items()}


def wrong_solutions(top):
    """mutant -> (lab, check): the mutants that files of wrong/ name."""
    return {over.mutant: (lab, over.loses[0]) for lab in recipes.labs(top)
            for over in recipes.overlays(top, lab, "wrong") if over.mutant}


def assignments(top):
    """Every mutant, with its lab and check, or with None and the reason."""
    suites, files = checks_of_suites(top), wrong_solutions(top)
    seeds = set(re.findall(r"^#define (\w+)\s+\d", recipes.read(os.path.join(top, "tests", "model", "bugs.h")), re.M))
    for mutant, suite, boots in rows(top):
        if mutant in files:
            yield Assigned(mutant, *files[mutant], "a file of wrong/")
        elif boots > CERTAIN:
            yield Assigned(mutant, None, None, f"a race that one of up to {boots} boots of {suite} meets: a grade must not depend on it"
                           + ("; the model of L5 has it as a seed" if mutant in seeds else ""))
        elif suite in suites:
            yield Assigned(mutant, *suites[suite], f"caught by {suite}")
        else:
            yield Assigned(mutant, None, None, f"{suite} is about nothing that a lab cuts")


def table(top):
    lines = []
    for one in assignments(top):
        lines.append(f"{one.mutant:<22} {f'{one.lab} {one.check}' if one.lab else '-':<8} {one.reason}")
    return "\n".join(lines)
