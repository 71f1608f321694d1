# SPDX-License-Identifier: GPL-2.0-or-later
"""recipe.py - the functions that a lab removes from the tree, and the code that stubs and solutions insert.

labs/Ln/cut has one statement on each line (a backslash continues a line, # begins a comment):

    cut FILE: FUNCTION ...      these functions become empty, or get the code in stubs/
    drop PATTERN ...            files that a student's tree lacks: solutions, and pages that contain the solution
    student FILE ...            files that a student may change besides the files of cut; only these are handed in
    planted                     stubs/ has faults that stay: the solution's tree has them, too
    starter CHECK ...           exactly the checks that a fresh student's tree passes; `-`: none

An overlay is a C file of stubs/, solution/ or wrong/. Its head comment describes it. In a wrong solution, the line "loses:" names
exactly the checks that fail because of it; "at times:" names checks that a race decides; "mutant: NAME" stands for
the diff of that name in tests/mutants.
Sections follow; each ends where the next one begins:

    /* splice: FILE */          functions that replace those of the same name in FILE
    /* add: FILE */             text that is added to FILE at its end
    /* head: FILE */            a comment that replaces the head comment of FILE
    /* file: FILE */            the whole of FILE
"""

import fnmatch
import glob
import os
import re
from collections import namedtuple

import csource

Section = namedtuple("Section", "kind path text")
Overlay = namedtuple("Overlay", "name about loses at_times mutant sections")
Recipe = namedtuple("Recipe", "lab title cuts drops student starter flags")

SECTION = re.compile(r"^/\* (splice|add|head|file): (\S+) \*/$", re.M)
# Never in a student's tree: other labs, and all files about solutions.
ALWAYS_DROPPED = ("labs/README.md", "labs/L*/wrong/*", "labs/L*/stubs/*", "labs/L*/solution/*", "labs/class/*", "tests/mutants.txt", "tests/mutants/*.diff",
                  "tests/system/test_mutants.py", "tests/host/test_mutant_diffs.py", "tests/host/test_labs.py", ".ci/*", ".github/*")


class RecipeError(Exception):
    """A file of a lab has an error."""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def labs(top):
    found = [os.path.basename(p) for p in glob.glob(os.path.join(top, "labs", "L*")) if os.path.exists(os.path.join(p, "cut"))]
    return sorted(found, key=lambda name: int(name[1:]))


def statements(text):
    for line in re.sub(r"\\\n", " ", text).split("\n"):
        line = line.split("#")[0].strip()
        if line:
            yield line


def title_of(top, lab):
    match = re.search(r"^# (.*)$", read(os.path.join(top, "labs", lab, "README.md")), re.M)
    return match.group(1) if match else lab


def recipe(top, lab):
    path = os.path.join(top, "labs", lab, "cut")
    result = Recipe(lab, title_of(top, lab), {}, list(ALWAYS_DROPPED), [], [], set())
    for line in statements(read(path)):
        word, _, rest = line.partition(" ")
        if word == "cut" and ":" in rest:
            file, names = rest.split(":", 1)
            result.cuts.setdefault(file.strip(), []).extend(names.split())
        elif word == "drop":
            result.drops.extend(rest.split())
        elif word == "student":
            result.student.extend(rest.split())
        elif line == "planted":
            result.flags.add(line)
        elif word == "starter":
            result.starter.extend(name for name in rest.split() if name != "-")
        else:
            raise RecipeError(f"{path}: cannot read '{line}'")
    return result


def student_files(rec):
    return sorted(set(rec.cuts) | set(rec.student))


def dropped(rec, path):
    if re.match(r"labs/L\d+/", path) and not path.startswith(f"labs/{rec.lab}/"):
        return True
    return any(fnmatch.fnmatch(path, pattern) for pattern in rec.drops)


def overlay(path):
    text = read(path)
    parts = SECTION.split(text)
    about = parts[0]
    lists = {word: re.search(rf"^[ *]*{word}: *(.*?)\s*(?:\*/)?$", about, re.M) for word in ("loses", "at times")}
    loses, at_times = (found.group(1).split() if found else [] for found in lists.values())
    mutant = re.search(r"^[ *]*mutant: *(\w+)", about, re.M)
    sections = [Section(*parts[i:i + 3]) for i in range(1, len(parts), 3)]
    return Overlay(os.path.basename(path), about, loses, at_times,
                   mutant.group(1) if mutant else None, sections)


def overlays(top, lab, folder):
    return [overlay(path) for path in sorted(glob.glob(os.path.join(top, "labs", lab, folder, "*.c")))]


def apply_overlay(tree, over):
    """tree: path -> text, changed in place."""
    for section in over.sections:
        if section.kind != "file" and section.path not in tree:
            raise RecipeError(f"{over.name}: there is no {section.path}")
        if section.kind == "file":
            tree[section.path] = section.text.lstrip("\n")
        elif section.kind == "add":
            tree[section.path] = tree[section.path].rstrip("\n") + "\n\n" + section.text.strip("\n") + "\n"
        elif section.kind == "head":
            tree[section.path] = csource.replace_head(tree[section.path], section.text)
        else:
            lines = section.text.split("\n")
            for function in csource.functions(lines):
                tree[section.path] = csource.replace(tree[section.path], function.name,
                                                     "\n".join(lines[function.comment:function.end]), section.path)
