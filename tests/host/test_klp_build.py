# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of tools/klp-build: numbers of lines, the diff, numbered statics, explanations.
tests/system/test_patches.py tests the whole tool."""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tools"))
sys.dont_write_bytecode = True

import elf                                                      # noqa: E402
from klpbuild import Refused, apply, compare, explain, waits    # noqa: E402
from klpbuild.objects import ObjectFile                         # noqa: E402

FLAGS = ["-O2", "-g", "-pg", "-mfentry", "-mnop-mcount", "-mrecord-mcount", "-fno-pic", "-fno-pie", "-mcmodel=kernel",
         "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-fcf-protection=none",
         "-fno-omit-frame-pointer", "-fno-common"]


def lines(text):
    return text.splitlines(keepends=True)


def numbers_of(text):
    """{text of a line: its number for the compiler}, from the preprocessor itself."""
    output = subprocess.run(["gcc", "-E", "-"], input=text, text=True, check=True, capture_output=True).stdout
    found, number = {}, 1
    for line in output.splitlines():
        if line.startswith("# "):
            number = int(line.split()[1])
            continue
        found[line.strip()] = number
        number += 1
    return found


class LineNumbers(unittest.TestCase):
    def edited(self, old, new):
        old, new = lines(old), lines(new)
        return "".join(apply.keep_numbers(old, new, apply.hunks_of(old, new))[0])

    def check_kept(self, old, new, *kept):
        before, after = numbers_of(old), numbers_of(self.edited(old, new))
        for line in kept:
            self.assertEqual(before[line], after[line], line)

    def test_lines_below_an_insertion_keep_their_numbers(self):
        self.check_kept("int a;\nint b;\nint c;\n", "int a;\nint new1;\nint new2;\nint b;\nint c;\n", "int b;", "int c;")

    def test_lines_below_a_deletion_keep_their_numbers(self):
        self.check_kept("int a;\nint x;\nint y;\nint b;\nint c;\n", "int a;\nint b;\nint c;\n", "int b;", "int c;")

    def test_several_edits(self):
        self.check_kept("int a;\nint b;\nint c;\nint d;\nint e;\n", "int n;\nint a;\nint b;\nint d;\nint m;\nint k;\nint e;\n",
                        "int a;", "int b;", "int d;", "int e;")

    def test_no_directive_inside_a_comment_a_macro_or_parentheses(self):
        old = "/* one\n * two\n */\nint a;\n#define M(x) \\\n\tfoo(x); \\\n\tbar(x)\nint b = f(1,\n\t2,\n\t3);\nint c;\n"
        new = ("/* one\n * more\n * two\n */\nint a;\n#define M(x) \\\n\tmore(x); \\\n\tfoo(x); \\\n\tbar(x)\nint b = f(1,\n\t9,\n"
               "\t2,\n\t3);\nint c;\n")
        self.check_kept(old, new, "int a;", "int c;")
        text = self.edited(old, new)
        places = apply.directive_places(lines(text))
        for line, fine in zip(lines(text), places):
            if line.startswith("#line"):
                self.assertTrue(fine, text)


class Waits(unittest.TestCase):
    """In the kernel that the other tests boot."""

    @classmethod
    def setUpClass(cls):
        cls.build = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"))
        cls.waits = waits.Waits(cls.build, [])

    def test_functions_that_are_always_on_a_stack_exist(self):
        names = {symbol.name for symbol in elf.Elf(os.path.join(self.build, "neurath.elf")).symbols}
        self.assertEqual(set(waits.ALWAYS_ON_A_STACK) - names, set())

    def test_functions_that_sleep_are_found_by_calls(self):
        self.assertEqual(self.waits.way_to_sleep("schedule"), ["schedule"])
        self.assertEqual(self.waits.way_to_sleep("mutex_lock")[-1], "schedule")
        self.assertIsNone(self.waits.way_to_sleep("strlen"))


class Diffs(unittest.TestCase):
    DIFF = "--- a/kernel/x.c\n+++ b/kernel/x.c\n@@ -1 +1 @@\n-a\n+b\n"

    def test_pages_and_tests_are_ignored(self):
        edit = apply.Edit(self.DIFF + self.DIFF.replace("kernel/x.c", "docs/x.md"))
        self.assertEqual((edit.files, edit.ignored), (["kernel/x.c"], ["docs/x.md"]))

    def test_files_that_are_no_c_sources_are_refused_by_name(self):
        for path in ("arch/x86_64/entry/entry.S", "linker.ld", "Makefile", "include/uapi/port.h", "tools/module"):
            with self.assertRaisesRegex(Refused, path.replace(".", r"\.")):
                apply.Edit(self.DIFF.replace("kernel/x.c", path))

    def test_an_empty_edit_is_refused(self):
        with self.assertRaisesRegex(Refused, "empty"):
            apply.Edit("just words\n")

    def test_changed_lines_are_found_in_the_original(self):
        edit = apply.Edit(self.DIFF)
        edit.hunks["kernel/x.c"] = apply.hunks_of(lines("a\nb\nc\nd\n"), lines("a\nb\nnew\nc\nD\n"))
        self.assertIsNone(edit.changes("kernel/x.c", 1, 2))
        self.assertEqual(edit.changes("kernel/x.c", 1, 3), 3)
        self.assertEqual(edit.changes("kernel/x.c", 4, 4), 4)


class Objects(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def build(self, name, source):
        path = os.path.join(self.folder, name)
        subprocess.run(["gcc", *FLAGS, "-xc", "-c", "-", "-o", path], input=source, text=True, check=True)
        return ObjectFile(path)

    def compare(self, old, new):
        return compare.Comparison("x.c", self.build("old.o", old), self.build("new.o", new))

    HEAD = "int printf(const char *, ...);\n"
    COUNTER = "int NAME(void) { static int count; return count += STEP; }\n"

    def counters(self, *pairs):
        return self.HEAD + "".join(self.COUNTER.replace("NAME", n).replace("STEP", str(s)) for n, s in pairs)

    def test_same_source_has_no_differences(self):
        text = self.counters(("a", 1), ("b", 2))
        self.assertEqual(set(self.compare(text, text).states.values()), {"same"})

    def test_new_static_in_front_does_not_change_the_others(self):
        found = self.compare(self.counters(("a", 1), ("b", 2)), self.counters(("z", 3), ("a", 1), ("b", 2)))
        self.assertEqual({n: s for n, s in found.states.items() if n in "abz"}, {"z": "new", "a": "same", "b": "same"})
        mine = {piece.name: next(r.name for r in piece.refs if r.name.startswith("count")) for piece in found.new.functions()}
        old = {piece.name: next(r.name for r in piece.refs if r.name.startswith("count")) for piece in found.old.functions()}
        self.assertEqual(found.statics.old_name, {mine["a"]: old["a"], mine["b"]: old["b"]})
        self.assertEqual(found.states[mine["z"]], "new")

    def test_changed_function_keeps_its_static(self):
        found = self.compare(self.counters(("a", 1), ("b", 2)), self.counters(("a", 1), ("b", 20)))
        self.assertEqual((found.states["a"], found.states["b"]), ("same", "changed"))
        self.assertEqual(len(found.statics.old_name), 2)

    def test_a_second_static_of_the_same_name_is_refused(self):
        two = self.HEAD + "int a(int x) { if (x) { static int count; return count += 2; } static int count; return ++count; }\n"
        with self.assertRaisesRegex(Refused, r"a\(\): it had 1 static variables `count` and has 2"):
            self.compare(self.HEAD + "int a(int x) { static int count; return ++count; }\n", two)

    def test_strings_are_compared_by_content(self):
        one = self.HEAD + 'void a(void) { printf("first"); }\nvoid b(void) { printf("second"); }\n'
        other = self.HEAD + 'void z(void) { printf("zero"); }\nvoid a(void) { printf("first"); }\nvoid b(void) { printf("2nd"); }\n'
        states = self.compare(one, other).states
        self.assertEqual((states["a"], states["b"], states["z"]), ("same", "changed", "new"))

    def test_changed_data_is_seen(self):
        states = self.compare("int used = 1; const int fixed = 2; int zero;\n", "int used = 3; const int fixed = 4; int zero = 5;\n").states
        self.assertEqual(states, {"used": "changed", "fixed": "changed", "zero": "changed"})

    def test_line_numbers_of_a_report_are_no_difference(self):
        text = ("void assert_failed(const char *, const char *, int) __attribute__((noreturn));\n"
                "void a(int x) { if (!x) assert_failed(\"x\", __FILE__, __LINE__); }\n")
        states = self.compare(text, "\n\n" + text).states
        self.assertEqual(states["a"], "lines")

    def test_another_number_for_another_function_is_a_difference(self):
        text = "void report(const char *, int);\nvoid a(void) { report(__FILE__, __LINE__); }\n"
        self.assertEqual(self.compare(text, "\n\n" + text).states["a"], "changed")


class Explanations(unittest.TestCase):
    def test_macros_that_use_a_changed_macro_count_as_changed(self):
        edit = apply.Edit("--- a/x.h\n+++ b/x.h\n@@ -1 +1 @@\n-a\n+b\n")
        edit.old["x.h"] = lines("#define SIZE 1\n#define TWICE (2 * SIZE)\n#define OTHER 3\n")
        edit.new["x.h"] = lines("#define SIZE 4\n#define TWICE (2 * SIZE)\n#define OTHER 3\n")
        edit.hunks["x.h"] = apply.hunks_of(edit.old["x.h"], edit.new["x.h"])
        names = explain.changed_names(edit)
        self.assertTrue(names["SIZE"][2] and "TWICE" in names and "OTHER" not in names)


if __name__ == "__main__":
    unittest.main()
