# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of instruction counts: the text of a row, and the rows that bench-check names."""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = """before
<!-- table: begin -->
| work | Neurath | Linux | Neurath / Linux | |
|---|---|---|---|---|
| `getpid` | 131 | 343 | 0.38 | |
| `mmap_10` | 1,000 | 9,000 | | |
<!-- table: end -->
after
"""


class Table(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.page = os.path.join(folder.name, "page.md")
        with open(self.page, "w", encoding="utf-8") as file:
            file.write(PAGE)

    def run_tool(self, lines, *options):
        return subprocess.run([sys.executable, os.path.join(TOP, "tests/bench/table.py"), *options, self.page],
                              input="".join(f"# bench {line} instructions\r\n" for line in lines), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def rows(self, *lines):
        self.assertEqual(self.run_tool(lines).returncode, 0)
        with open(self.page, encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        return [line for line in text.splitlines() if line.startswith("| `")]

    def test_rows_that_were_not_measured_keep_their_figures(self):
        rows = self.rows("getpid 140", "dup_10 300")
        self.assertEqual(rows[0], "| `getpid` | 140 | 343 | 0.41 |  |")
        self.assertEqual(rows[1], "| `mmap_10` | 1,000 | 9,000 | 0.11 |  |")
        self.assertEqual(rows[2], "| `dup_10` | 300 |  |  |  |")

    def test_rows_behind_linux_are_marked(self):
        rows = self.rows("getpid 344", "yield_of_linux 90", "yield 90")
        self.assertIn("behind Linux", rows[0])
        self.assertNotIn("behind Linux", rows[2])

    def test_growth_is_told_at_the_end_of_a_series(self):
        rows = self.rows("mmap_100 1900", "mmap_1000 10900", "fork_10 700", "fork_1000 720")
        self.assertIn("+ 10 each, N^0.52", rows[3])
        self.assertNotIn("each", rows[1] + rows[2])
        self.assertIn("flat", rows[5])

    def test_check_names_rows_that_are_more_than_three_percent_worse(self):
        said = self.run_tool(["getpid 134", "mmap_10 1031"], "--check").stdout
        self.assertEqual(said, "mmap_10: 1,031, in the table 1,000: 3.1 % worse\n")
        said = self.run_tool(["getpid 400"], "--check").stdout
        self.assertIn("behind Linux's 343", said)
        self.assertIn("none more than 3 % worse", self.run_tool(["getpid 131"], "--check").stdout)
        with open(self.page, encoding="utf-8") as file:
            self.assertEqual(file.read(), PAGE)

    def test_no_figures_are_an_error(self):
        self.assertNotEqual(self.run_tool([]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
