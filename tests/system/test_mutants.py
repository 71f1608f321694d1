# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests can fail: each mutant of tests/mutants.txt, a kernel with one rule of live patching broken, is caught.

A mutant counts as caught if its suite fails in one of the given number of boots, each with a seed of its own; a panic
or a hang of that suite is a catch too. A mutant that does not build is an error. The control is the same build without a
mutant, in which all these suites must stay green: otherwise a catch proves nothing. It builds and boots for long:

timeout: 3600
"""

import os
import re
import subprocess
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

BUILD = "build/mutant"
SEED = int(os.environ.get("TAP_SEED", "1"))


def table():
    with open(os.path.join(TESTS, "mutants.txt"), encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                yield words[0], words[1], int(words[2]), int(words[3]), "race" in words[4:]


class Mutants(unittest.TestCase):
    def build(self, name):
        done = subprocess.run(["make", "-s", "-j2", f"MUTANT={name}", "DEBUG=1", f"O={BUILD}", f"{BUILD}/test.iso"], cwd=TOP,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              preexec_fn=vm.die_with_parent)
        self.assertEqual(done.returncode, 0, f"mutant {name} does not build:\n{done.stdout[-2000:]}")

    def caught(self, suite, cpus, seed, race):
        """What the suite found, or None if it is green."""
        done = subprocess.run([sys.executable, os.path.join(TESTS, "run.py"), "--build", BUILD, "--only", f"={suite}",
                               "--config", f"{cpus},bios,q35", "--seed", str(seed),
                               "--cmdline", f"race={seed}" if race else ""], cwd=TOP, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              preexec_fn=vm.die_with_parent)
        last = done.stdout.strip().splitlines()[-1]
        self.assertRegex(last, r"^\d+ passed, \d+ failed$", done.stdout[-2000:])
        self.assertNotEqual(last, "0 passed, 0 failed", f"no suite {suite}")
        if done.returncode == 0:
            return None
        return re.search(r"^  what: +(.*)$", done.stdout, re.MULTILINE).group(1)

    def kill(self, name, suite, cpus, seeds, race):
        self.build(name)
        for seed in range(SEED, SEED + seeds):
            found = self.caught(suite, cpus, seed, race)
            if found:
                print(f"# {name} is caught by {suite} with seed {seed}: {found}", flush=True)
                return
        self.fail(f"{suite} stays green with {seeds} seeds from {SEED} in the mutant {name}")

    def test_control_without_mutant_stays_green(self):
        self.build("")
        for suite, cpus, race in sorted({(suite, cpus, race) for _, suite, cpus, _, race in table()}):
            found = self.caught(suite, cpus, SEED, race)
            self.assertIsNone(found, f"{suite} with {cpus} CPUs, seed {SEED}{', races' if race else ''}")


def make_test(name, suite, cpus, seeds, race):
    def test(self):
        self.kill(name, suite, cpus, seeds, race)
    return test


for row in table():
    setattr(Mutants, f"test_{row[0].lower()}_is_caught", make_test(*row))

if __name__ == "__main__":
    unittest.main()
