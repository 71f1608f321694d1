# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests can fail: each mutant of tests/mutants.txt, a kernel with one rule broken, is caught by the suite named there.

The rule is broken by mutant=NAME on the command line of the debug build (include/neurath/mutant.h), in which the same
suites are green without it: `make test` runs them there as well. A mutant is caught if its suite fails in one of the given number of
boots, each with a seed of its own; a panic, a warning of the kernel or a hang of that suite is a catch too. The run ends
at the first failure.

timeout: 3600
"""

import concurrent.futures
import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path[:0] = [TESTS, os.path.join(TESTS, "lib")]
import run  # noqa: E402
import vm  # noqa: E402

ISO = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
SEED = int(os.environ.get("TAP_SEED", "1"))
MACHINES = 2                # at a time
TABLE = os.path.join(TESTS, "mutants.txt")
ONLY = re.compile(os.environ.get("MUTANTS", ""))       # a regular expression, while one works on some
LIST = os.path.join(TOP, "include", "neurath", "mutant.h")


def table():
    """(mutant, suite, CPUs, seeds, race) of each line; race is None, "", or ",N,FUNCTION"."""
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                race = words[4].removeprefix("race") if words[4:] else None
                yield words[0], words[1], int(words[2]), int(words[3]), race


def first_failure(suite, cpus, seed, cmdline):
    """What the suite finds first in one boot, or None if it is green."""
    script = vm.Script(ISO, vm.Config(cpus), run.guest_script([suite], seed), suite.timeout, cmdline=cmdline)
    tap, status = run.Tap(suite.warnings), None
    try:
        for text in script:
            tap.feed(text)
            if run.PANIC.match(text):
                return text
            if tap.failed:
                return tap.failed[0]
            if tap.complaint and not suite.warnings:
                return f"the kernel's log: {tap.complaint}"
            if run.END.match(text):
                status = int(run.END.match(text).group(2))
                return tap.verdict(status)
    finally:
        script.close()
    return "a hang" if script.hung else f"the machine ended with status {script.status}"


class Mutants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suites = {suite.name: suite for suite in run.guest_suites("test")}
        cls.pool = concurrent.futures.ThreadPoolExecutor(MACHINES)
        cls.addClassCleanup(cls.pool.shutdown, cancel_futures=True)
        cls.found = {row[0]: cls.pool.submit(cls.catch, *row) for row in table()
                     if row[1] in cls.suites and ONLY.search(row[0])}

    @classmethod
    def catch(cls, name, suite, cpus, seeds, race):
        """(seed, what was found), or None if all boots are green."""
        for seed in range(SEED, SEED + seeds):
            delays = "" if race is None else f" race={seed}{race}"
            found = first_failure(cls.suites[suite], cpus, seed, f"mutant={name}{delays}")
            if found:
                return seed, found
        return None

    def check(self, name, suite, seeds):
        self.assertIn(suite, self.suites, "no such suite")
        result = self.found[name].result()
        if not result:
            self.fail(f"{suite} stays green with {seeds} seeds from {SEED} in the mutant {name}")
        self.assertNotRegex(result[1], "no such mutant")
        print(f"# {name} is caught by {suite} with seed {result[0]}: {result[1]}", flush=True)

    def test_every_mutant_is_in_the_table(self):
        with open(LIST, encoding="utf-8") as file:
            mutants = re.findall(r"^\tM\((\w+)\)", file.read(), re.MULTILINE)
        self.assertEqual(sorted(set(mutants) - {"NONE"}), sorted({row[0] for row in table()}))


def make_test(name, suite, seeds):
    def test(self):
        self.check(name, suite, seeds)
    return test


for row in table():
    if ONLY.search(row[0]):
        setattr(Mutants, f"test_{row[0].lower()}_is_caught", make_test(row[0], row[1], row[3]))

if __name__ == "__main__":
    unittest.main()
