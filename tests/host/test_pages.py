# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages that name things: the walks of docs/life.md and the files of docs/abi-stability.md agree with the sources."""

import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEP = re.compile(r"^([\w/.-]+\.[chS])\s+(\w+)", re.M)
ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \|", re.M)
FILE = re.compile(r'^\t\{ "(\w+)", S_IFREG \| (\d+),', re.M)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def defines(text, name):
    """A function (by its head, or by SYSCALL_DEFINE) or an assembly label of this name."""
    call = re.match(r"__x64_sys_(\w+)", name)
    head = rf"SYSCALL_DEFINE\d\({call.group(1)}\b" if call else rf"^[a-z_].*\b{name}\(|^{name}:"
    return re.search(head, text, re.M) is not None


def lost_steps(page, source=read):
    return [f"{path}: {name}" for path, name in STEP.findall(page) if name != "trap" and not defines(source(path), name)]


class Pages(unittest.TestCase):
    def test_each_step_of_a_walk_is_in_its_file(self):
        page = read("docs/life.md")
        self.assertGreater(len(STEP.findall(page)), 35)
        self.assertEqual(lost_steps(page), [])

    def test_each_file_of_a_patch_has_a_class(self):
        rows = dict(ROW.findall(read("docs/abi-stability.md")))
        names = [name for name, _ in FILE.findall(read("livepatch/sysfs.c"))]
        self.assertGreater(len(names), 6)
        self.assertEqual([name for name in names if f"PATCH/{name}" not in rows], [])
        self.assertLessEqual(set(rows.values()), {"stable", "testing", "obsolete", "removed"})

    def test_every_file_with_a_class_exists(self):
        made = read("livepatch/sysfs.c") + read("livepatch/preview.c")
        rows = [name for name in dict(ROW.findall(read("docs/abi-stability.md"))) if re.fullmatch(r"(PATCH/)?\w+", name)]
        self.assertEqual([name for name in rows if not re.search(rf'\b{name.removeprefix("PATCH/")}"', made)], [])


class Offences(unittest.TestCase):
    def test_a_step_that_moved_is_found(self):
        page = "kernel/a.c    f()    x\nkernel/a.c    __x64_sys_g()  y\nkernel/a.S   label   z\n"
        sources = {"kernel/a.c": "int f(void)\n{\n}\nSYSCALL_DEFINE0(g)\n", "kernel/a.S": "label:\n"}
        self.assertEqual(lost_steps(page, sources.get), [])
        self.assertEqual(lost_steps(page, {**sources, "kernel/a.c": "\tf();\n"}.get), ["kernel/a.c: f", "kernel/a.c: __x64_sys_g"])


if __name__ == "__main__":
    unittest.main()
