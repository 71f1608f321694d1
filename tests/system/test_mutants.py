# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests can fail: each mutant of tests/mutants.txt, a kernel with one broken rule, is caught by the suite that the
table names. The mutants that no run reaches are in tests/explore/mutants.txt instead.

A mutant that shows in few runs needs luck in a guest. If the explorer finds such a mutant, it is found in each run of
tests/host/test_explore.py, and only `make mutants` boots it.

A diff of tests/mutants/ breaks the rule in the kernel of the debug build. Without the diff the same suites are green:
`make test` runs them there, too. A mutant is caught if its suite fails in one of the given number of boots, each with a
seed of its own; a panic, a warning of the kernel or a hang of that suite is a catch too. The run ends at the first
failure.

timeout: 3600
"""

import concurrent.futures
import os
import re
import shutil
import sys
import unittest
from unittest import mock

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path[:0] = [TESTS, os.path.join(TESTS, "lib"), os.path.join(TESTS, "mutants")]
import mutant  # noqa: E402
import run  # noqa: E402
import vm  # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"))
SEED = int(os.environ.get("TAP_SEED", "1"))
MACHINES = 2                # machines that run at a time
# Seconds of processor time without a line of output, after which a suite hangs in a mutant: green suites need far less,
# and some mutants are caught by an endless loop.
COMPUTING = 60
TABLE = os.path.join(TESTS, "mutants.txt")
EXPLORED = os.path.join(TESTS, "explore", "mutants.txt")
ONLY = os.environ.get("MUTANTS")        # from `mutant.py run`: a regular expression, for all lines of the table
LUCK = 3                                # so many seeds mean that the suite needs luck


def table():
    """(mutant, suite, CPUs, seeds, race) of each line; race is None, "", or ",N,FUNCTION"."""
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                race = words[4].removeprefix("race") if words[4:] else None
                yield words[0], words[1], int(words[2]), int(words[3]), race


def explored():
    with open(EXPLORED, encoding="utf-8") as file:
        return {line.split()[0] for line in file if not line.startswith("#") and line.strip()}


def chosen():
    """The lines of the table that this run boots."""
    if ONLY is not None:
        return [row for row in table() if re.search(ONLY, row[0])]
    found = explored()
    return [row for row in table() if row[3] < LUCK or row[0] not in found]


class NotBegun(RuntimeError):
    """The machine stopped before the suite began: that says nothing about the suite."""


def first_failure(iso, suite, cpus, seed, cmdline):
    """The first failure of the suite in one boot, or None if the suite is green. NotBegun if the machine does not
    reach the suite."""
    script = vm.Script(iso, vm.Config(cpus), run.guest_script([suite], seed),
                       min(suite.timeout, COMPUTING), cmdline=cmdline)
    tap, status, begun = run.Tap(suite.warnings), None, False
    try:
        for text in script:
            tap.feed(text)
            begun |= text.startswith(run.BEGIN)
            if not begun:
                continue
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
    said = "a hang" if script.hung else f"the machine ended with status {script.status}"
    if not begun:
        raise NotBegun(f"{said} before {suite.name} began:\n" + "\n".join(tap.lines) + script.error)
    return said


class Mutants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suites = {suite.name: suite for suite in run.guest_suites("test")}
        cls.pool = concurrent.futures.ThreadPoolExecutor(MACHINES)
        cls.addClassCleanup(cls.pool.shutdown, cancel_futures=True)
        cls.found = {row[0]: cls.pool.submit(cls.catch, *row) for row in chosen() if row[1] in cls.suites}

    @classmethod
    def catch(cls, name, suite, cpus, seeds, race):
        """(seed, first failure), or None if all boots are green. NotBegun if no boot reaches the suite."""
        folder = os.path.join(BUILD, "mutants", name)
        try:
            iso = mutant.image(name, BUILD, folder, frozenset(f"/tests/{other}" for other in cls.suites if other != suite))
            missed = []
            for seed in range(SEED, SEED + seeds):
                delays = "" if race is None else f"race={seed}{race}"
                try:
                    found = first_failure(iso, cls.suites[suite], cpus, seed, delays)
                except NotBegun as error:
                    missed.append(error)
                    continue
                if found:
                    return seed, found
            if len(missed) == seeds:
                raise missed[0]
            return None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def check(self, name, suite, seeds):
        self.assertIn(suite, self.suites, "no such suite")
        result = self.found[name].result()
        if not result:
            self.fail(f"{suite} stays green with {seeds} seeds from {SEED} in the mutant {name}")
        print(f"# {name} is caught by {suite} with seed {result[0]}: {result[1]}", flush=True)

    def test_a_diff_that_changes_nothing_is_no_mutant(self):
        text = "nothing\n--- a/livepatch/check.c\n+++ b/livepatch/check.c\n@@ @@\n #include \"internal.h\"\n+/* A comment. */\n"
        real = mutant.text_of       # other threads use text_of at the same time
        with (mock.patch.object(mutant, "text_of", lambda name: text if name == "NOTHING" else real(name)),
              self.assertRaisesRegex(RuntimeError, "changes nothing")):
            mutant.image("NOTHING", BUILD, os.path.join(BUILD, "mutants", "NOTHING"))


def make_test(name, suite, seeds):
    def test(self):
        self.check(name, suite, seeds)
    return test


for row in chosen():
    setattr(Mutants, f"test_{row[0].lower()}_is_caught", make_test(row[0], row[1], row[3]))

if __name__ == "__main__":
    unittest.main()
