# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/reading.md: its files exist, its line counts are true, and the parts of the kernel keep their budgets.

A count may differ by 10 lines or 5 %, so that a small change of a file needs no change of the page. `test_reading.py
--write` corrects the counts.
"""

import fnmatch
import os
import re
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "reading.md")
ROW = re.compile(r"^\| ([\w/.-]+\.[chS]) \| (\d+) \|$", re.M)
WEEK = re.compile(r"^## Week (\d+): (.*) \(([\d,]+) lines\)$", re.M)
BUDGETS = {"core": 16500, "interfaces": 14000, "aids": 1500}


def lines_of(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read().count("\n")


def near(shown, true):
    return abs(shown - true) <= max(10, true // 20)


def weeks_of(page):
    """[(number, lines shown, {file: lines shown}, text)]"""
    parts = WEEK.split(page.split("\n## Budgets")[0])[1:]
    return [(int(number), int(shown.replace(",", "")), {name: int(n) for name, n in ROW.findall(text)}, text)
            for number, _, shown, text in zip(parts[::4], parts[1::4], parts[2::4], parts[3::4])]


def listed(page, block):
    """The sources that match a block of patterns; a pattern without a file is in `unused`."""
    patterns = re.search(rf"^```{block}\n(.*?)^```", page, re.S | re.M).group(1).split()
    sources = [os.path.relpath(os.path.join(folder, name), TOP) for top in ("kernel", "arch", "livepatch", "include")
               for folder, _, names in os.walk(os.path.join(TOP, top)) for name in names if name.endswith((".c", ".h", ".S"))]
    # As in a shell, a star matches no slash.
    found = {p: [s for s in sources if s.count("/") == p.count("/") and fnmatch.fnmatch(s, p)] for p in patterns}
    return {s for names in found.values() for s in names}, [p for p, names in found.items() if not names]


def wrong_counts(weeks, count=lines_of):
    wrong = []
    for number, shown, files, _ in weeks:
        wrong += [f"{name}: {n}, not {count(name)}" for name, n in files.items() if not near(n, count(name))]
        if not near(shown, sum(map(count, files))):
            wrong.append(f"week {number}: {shown}, not {sum(map(count, files))}")
    return wrong


def rewritten(page):
    """The page with true counts."""
    page = ROW.sub(lambda m: f"| {m.group(1)} | {lines_of(m.group(1))} |", page)
    sums = {number: sum(map(lines_of, files)) for number, _, files, _ in weeks_of(page)}
    return WEEK.sub(lambda m: f"## Week {m.group(1)}: {m.group(2)} ({sums[int(m.group(1))]:,} lines)", page)


def read_page():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


class Reading(unittest.TestCase):
    def setUp(self):
        self.page = read_page()
        self.weeks = weeks_of(self.page)

    def test_there_are_13_weeks_with_a_question_each(self):
        self.assertEqual([number for number, *_ in self.weeks], list(range(1, 14)))
        self.assertEqual([number for number, _, files, text in self.weeks if text.count("**Question.**") != 1 or not files], [])

    def test_every_file_is_there_and_read_once(self):
        names = [name for _, _, files, _ in self.weeks for name in files]
        self.assertEqual([name for name in names if not os.path.exists(os.path.join(TOP, name))], [])
        self.assertEqual(sorted({name for name in names if names.count(name) > 1}), [])

    def test_counts_are_true(self):
        self.assertEqual(wrong_counts(self.weeks), [], "python3 tests/host/test_reading.py --write")

    def test_no_week_has_too_many_lines(self):
        sizes = [sum(map(lines_of, files)) for _, _, files, _ in self.weeks]
        self.assertLess(max(sizes), 2400)

    def test_core_keeps_its_budget(self):
        self.assertLessEqual(sum(lines_of(name) for _, _, files, _ in self.weeks for name in files), BUDGETS["core"])

    def test_interfaces_and_aids_keep_their_budgets(self):
        for block in ("interfaces", "aids"):
            files, unused = listed(self.page, block)
            self.assertEqual(unused, [])
            self.assertLessEqual(sum(map(lines_of, files)), BUDGETS[block], block)

    def test_page_shows_the_budgets(self):
        for budget in BUDGETS.values():
            self.assertIn(f"| {budget:,} |", self.page)


class Offences(unittest.TestCase):
    PAGE = "## Week 1: A (100 lines)\n\n| a/b.c | 100 |\n\n**Question.** Why?\n"

    def test_stale_count_is_found(self):
        self.assertEqual(wrong_counts(weeks_of(self.PAGE), lambda name: 105), [])
        self.assertEqual(wrong_counts(weeks_of(self.PAGE), lambda name: 140), ["a/b.c: 100, not 140", "week 1: 100, not 140"])

    def test_tolerance_is_small(self):
        self.assertEqual([near(100, 110), near(100, 111), near(950, 1000), near(949, 1000)], [True, False, True, False])


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        TEXT = rewritten(read_page())
        with open(PAGE, "w", encoding="utf-8") as FILE:
            FILE.write(TEXT)
    else:
        unittest.main()
