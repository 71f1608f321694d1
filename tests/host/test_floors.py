# SPDX-License-Identifier: GPL-2.0-or-later
"""The floors of docs/architecture.md: a file uses only its own floor and lower ones.

The arrows come from the object files of the build: a file uses another file if its object has an undefined symbol that
the other object defines. Calls by pointer and tables that the linker collects are not arrows; seams are made of them.

An exception is one arrow between two files, with a reason. An exception that is no longer needed is an error, too.
"""

import collections
import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"))
CODE = ("boot", "kernel", "arch", "livepatch")
MAX_FILE, MAX_FUNCTION, MAX_CIRCLE = 600, 60, 16

# "using file -> used file": the reason for the exception. At most MAX_EXCEPTIONS.
EXCEPTIONS = {
    # The unwinder only compares addresses: it must know where a task begins, and the labels belong to the code there.
    # The linker fixes both addresses. A table that is filled at boot would need no exception, but the proof of a stack would then trust
    # memory that a stray write can change.
    "arch/x86_64/unwind.c -> arch/x86_64/switch.S": "the first code of a kernel thread ends a stack",
    "arch/x86_64/unwind.c -> arch/x86_64/entry/entry.S": "the first code of a forked child ends a stack",
}
MAX_EXCEPTIONS = 5


def floors_of(page):
    """[(floor, [folder/ or file])], lowest first, from the block after "floors, highest first"."""
    block = re.search(r"^```floors\n(.*?)^```", page, re.S | re.M).group(1)
    floors = []
    for line in block.splitlines():
        if line[0] != " ":
            name, _, places = line.partition(" ")
            floors.append((name, places.split()))
        else:
            floors[-1][1].extend(line.split())
    return floors[::-1]


def floor_index(floors, name):
    """The floor of a source file: by its own name, else by the name of its folder. None = the file is on no floor."""
    for place in (name, os.path.dirname(name) + "/"):
        for index, (_, places) in enumerate(floors):
            if place in places:
                return index
    return None


def symbols_of(listing):
    """(defined, undefined) global symbols in the output of nm."""
    defined, undefined = set(), set()
    for line in filter(None, listing.splitlines()):
        kind, name = line.split()[-2:]
        if kind == "U":
            undefined.add(name)
        elif kind.isupper():
            defined.add(name)
    return defined, undefined


def arrows_of(objects):
    """{(user, used): {symbols}} of {source: (defined, undefined)}."""
    owner = {symbol: name for name, (defined, _) in objects.items() for symbol in defined}
    arrows = collections.defaultdict(set)
    for name, (_, undefined) in objects.items():
        for symbol in undefined:
            if owner.get(symbol, name) != name:
                arrows[name, owner[symbol]].add(symbol)
    return arrows


def circles_of(arrows):
    """Sets of two or more files that all reach each other, the largest set first."""
    after = collections.defaultdict(set)
    for user, used in arrows:
        after[user].add(used)
    reach = {}

    def reached(start):
        if start not in reach:
            seen, todo = set(), list(after[start])
            while todo:
                name = todo.pop()
                if name not in seen:
                    seen.add(name)
                    todo += after[name]
            reach[start] = seen
        return reach[start]
    circles = {frozenset(b for b in reached(a) if a in reached(b)) for a in list(after) if a in reached(a)}
    return sorted((circle for circle in circles if len(circle) > 1), key=len, reverse=True)


def upward(arrows, floors):
    """{"user -> used": symbols} of the arrows to a higher floor."""
    return {f"{user} -> {used}": " ".join(sorted(symbols)) for (user, used), symbols in sorted(arrows.items())
            if floor_index(floors, user) < floor_index(floors, used)}


def long_parts(name, text):
    """The parts of a source that are too long: the file, or a function (from its brace to its end)."""
    lines, found, start = text.split("\n"), [], None
    if len(lines) - 1 > MAX_FILE:
        found.append(f"{name}: {len(lines) - 1} lines")
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start + 1 > MAX_FUNCTION:
                found.append(f"{name}:{start}: a function of {number - start + 1} lines")
            start = None
    return found


def sources():
    return sorted(os.path.relpath(os.path.join(folder, name), TOP) for top in CODE
                  for folder, _, names in os.walk(os.path.join(TOP, top)) for name in names
                  if name.endswith((".c", ".S", ".h")) and "livepatch/samples" not in folder)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def built_objects():
    paths = {os.path.join(BUILD, "kernel", name + ".o"): name for name in sources()}
    paths = {path: name for path, name in paths.items() if os.path.exists(path)}
    if not paths:
        return {}
    text = subprocess.run(["nm", "/dev/null", *paths], capture_output=True, text=True).stdout
    parts = re.split(r"^(\S+\.o):$", text, flags=re.M)
    return {paths[path]: symbols_of(listing) for path, listing in zip(parts[1::2], parts[2::2])}


class Floors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.floors = floors_of(read("docs/architecture.md"))
        objects = built_objects()
        if not objects:
            raise unittest.SkipTest(f"no objects below {BUILD}: build the kernel first")
        cls.arrows = arrows_of(objects)

    def test_every_source_stands_on_a_floor(self):
        self.assertEqual([name for name in sources() if name.endswith((".c", ".S")) and floor_index(self.floors, name) is None
                          and name != "arch/x86_64/asm-offsets.c"], [])

    def test_every_place_of_a_floor_exists(self):
        self.assertEqual([place for _, places in self.floors for place in places if not os.path.exists(os.path.join(TOP, place))], [])

    def test_no_arrow_goes_upward(self):
        wrong = {arrow: names for arrow, names in upward(self.arrows, self.floors).items() if arrow not in EXCEPTIONS}
        self.assertEqual(wrong, {}, "a file uses a higher floor: move the used part down, or register it in a table")

    def test_every_exception_is_needed(self):
        self.assertEqual([arrow for arrow in EXCEPTIONS if arrow not in upward(self.arrows, self.floors)], [])

    def test_exceptions_are_few(self):
        self.assertLessEqual(len(EXCEPTIONS), MAX_EXCEPTIONS)

    def test_circles_are_small(self):
        """Upward arrows are left out, because another test finds them; so a circle stays on its floor."""
        up = upward(self.arrows, self.floors)
        inside = {arrow for arrow in self.arrows if " -> ".join(arrow) not in up}
        self.assertEqual([sorted(circle) for circle in circles_of(inside) if len(circle) > MAX_CIRCLE], [])

    def test_files_and_functions_are_short(self):
        self.assertEqual([part for name in sources() for part in long_parts(name, read(name))], [])


class Servers(unittest.TestCase):
    """The files of each server in user/servers have an order, too: at most three files may use each other."""

    def test_circles_are_pairs_and_threes(self):
        top = os.path.join(BUILD, "user", "obj", "user", "servers")
        if not os.path.isdir(top):
            self.skipTest(f"no objects below {top}")
        for server in sorted(os.listdir(os.path.join(TOP, "user", "servers"))):
            paths = {os.path.join(top, server, name + ".o"): name for name in os.listdir(os.path.join(TOP, "user", "servers", server))}
            paths = {path: name for path, name in paths.items() if os.path.exists(path)}
            sources = {path: os.path.join(TOP, "user", "servers", server, name) for path, name in paths.items()}
            if any(os.path.getmtime(path) < os.path.getmtime(source) for path, source in sources.items()):
                self.skipTest(f"{top} is older than the sources: make user")
            arrows = arrows_of({name: symbols_of(subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout)
                                for path, name in paths.items()})
            self.assertEqual([sorted(circle) for circle in circles_of(arrows) if len(circle) > 3], [], server)


class Offences(unittest.TestCase):
    """Cases that the tests above have to find."""
    FLOORS = floors_of("```floors\ntop a/ b/special.c\nlow b/\n    c/\n```\n")

    def test_longest_name_decides_the_floor(self):
        self.assertEqual([floor_index(self.FLOORS, name) for name in ("b/x.c", "b/special.c", "a/y.c", "c/z.c", "a/b/x.c")],
                         [0, 1, 1, 0, None])

    def test_arrow_upward_is_found(self):
        arrows = arrows_of({"a/y.c": ({"y"}, {"x"}), "b/x.c": ({"x"}, {"y", "elsewhere"})})
        self.assertEqual(upward(arrows, self.FLOORS), {"b/x.c -> a/y.c": "y"})

    def test_circle_is_found_whole(self):
        arrows = {("a", "b"): 1, ("b", "c"): 1, ("c", "a"): 1, ("c", "d"): 1, ("e", "a"): 1}
        self.assertEqual(circles_of(arrows), [frozenset("abc")])

    def test_weak_and_local_symbols_define_as_the_linker_sees_it(self):
        self.assertEqual(symbols_of("0000 T f\n     U g\n0000 t local\n0008 D data\n"), ({"f", "data"}, {"g"}))

    def test_long_function_and_file_are_found(self):
        self.assertEqual(long_parts("f.c", "int f(void)\n{\n" + "\tx();\n" * 59 + "}\n"), ["f.c:2: a function of 61 lines"])
        self.assertEqual(long_parts("f.c", "\n" * (MAX_FILE + 1)), [f"f.c: {MAX_FILE + 1} lines"])
        self.assertEqual(long_parts("f.c", "\n" * MAX_FILE), [])


if __name__ == "__main__":
    unittest.main()
