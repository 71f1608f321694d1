# SPDX-License-Identifier: GPL-2.0-or-later
"""Suites about concurrency run with random delays at marked points of the kernel (include/neurath/race.h)."""

import os
import subprocess
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
BUILD = os.environ.get("NEURATH_BUILD", "build/debug")
SUITES = "=sched,=futex,=threads,=signals,=ipc,=klp_consistency"


class Race(unittest.TestCase):
    def run_suites(self, cpus):
        seed = os.environ.get("TAP_SEED", "1")
        done = subprocess.run([sys.executable, os.path.join(TESTS, "run.py"), "--build", BUILD, "--only", SUITES, "--config",
                               f"{cpus},bios,q35", "--seed", seed, "--cmdline", f"race={seed}"], cwd=TOP,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        self.assertRegex(done.stdout.splitlines()[-1], r"^[1-9]\d* passed, 0 failed$")

    def test_four_cpus(self):
        self.run_suites(4)


if __name__ == "__main__":
    unittest.main()
