# SPDX-License-Identifier: GPL-2.0-or-later
"""The diffs of tests/mutants: each diff applies to the tree, is small, says which rule it breaks, and has its line in a
table. tests/system/test_mutants.py, tests/host/test_explore.py and tests/host/test_fuzz.py show that a test finds each
mutant."""

import os
import re
import sys
import unittest
from unittest import mock

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "mutants"), os.path.join(TESTS, "explore"), os.path.join(TESTS, "fuzz")]
import explore  # noqa: E402
import fuzz  # noqa: E402
import mutant  # noqa: E402

LINES = 10          # the most lines that a mutant may remove and add
TWICE = "int f(void)\n{\n\tone();\n\ttwo();\n}\n\nint g(void)\n{\n\tone();\n\ttwo();\n}\n"
DIFF = "it breaks\n--- a/x.c\n+++ b/x.c\n@@ -3,2 +3,2 @@ int g(void)\n-\tone();\n \ttwo();\n"


def suites():
    with open(os.path.join(TESTS, "mutants.txt"), encoding="utf-8") as file:
        return [line.split()[0] for line in file if line.strip() and not line.startswith("#")]


class Diffs(unittest.TestCase):
    def test_each_applies_to_the_tree(self):
        for name in mutant.names():
            with self.subTest(name):
                try:
                    mutant.applied(name, mutant.read_here)
                except mutant.Stale as error:
                    self.fail(str(error))

    def test_each_changes_few_lines_and_only_c_of_the_kernel_or_a_server(self):
        for name in mutant.names():
            with self.subTest(name):
                changed = [line for line in mutant.text_of(name).split("\n") if re.match(r"[-+](?!--|\+\+)", line)]
                self.assertTrue(0 < len(changed) <= LINES, f"{len(changed)} lines")
                for path in mutant.files(name):
                    self.assertRegex(path, r"^(arch/x86_64|boot|kernel|livepatch|user/lib|user/servers)/(?!samples/).*\.c$")

    def test_each_says_what_it_breaks(self):
        for name in mutant.names():
            self.assertRegex(mutant.about(name), r"^\S.{10,100}$", name)

    def test_each_has_a_line_in_a_table(self):
        others = {row[0] for row in [*explore.mutants(), *fuzz.mutants()]}
        self.assertEqual(mutant.names(), sorted(set(suites()) | others))
        self.assertEqual(len(suites()), len(set(suites())))


class Applying(unittest.TestCase):
    """Diffs apply to code that has moved."""

    def apply(self, source, diff=DIFF):
        with mock.patch.object(mutant, "text_of", return_value=diff):
            return "\n".join(mutant.applied("NAME", lambda path: source)["x.c"])

    def test_the_function_tells_two_places_apart(self):
        self.assertEqual(self.apply(TWICE), TWICE[::-1].replace("\tone();\n"[::-1], "", 1)[::-1])

    def test_lines_may_move(self):
        self.assertEqual(self.apply("/* new */\n\n" + TWICE), "/* new */\n\n" + self.apply(TWICE))

    def test_a_missing_place_is_named_with_the_command_that_renews_the_diff(self):
        for source in (TWICE.replace("one", "three"), TWICE.replace("g(", "h(")):
            with self.assertRaisesRegex(mutant.Stale, r"NAME\.diff does not apply to x\.c.*int g\(void\).*it breaks.*mutant\.py renew NAME"):
                self.apply(source)

    def test_a_new_diff_applies_and_says_the_same(self):
        old, new = TWICE.split("\n"), self.apply(TWICE).split("\n")
        text = "it breaks\n" + mutant.difference("x.c", old, new)
        self.assertIn("@@ int g(void)\n", text)
        self.assertEqual(self.apply(TWICE, text).split("\n"), new)


if __name__ == "__main__":
    unittest.main()
