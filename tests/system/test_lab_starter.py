# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree that a student gets passes exactly the checks that its lab states: one lab in each run, chosen by the seed.
Starters of other labs hang in places, as a transition that never ends does, and take minutes; `make lab-check` tests
them and all solutions.

timeout: 3600
"""

import argparse
import os
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "labs", "lib"))
import labcheck  # noqa: E402

LABS = ("L0", "L1")
SEED = int(os.environ.get("TAP_SEED", "1"))


class Starter(unittest.TestCase):
    def test_passes_exactly_the_checks_that_its_lab_states(self):
        lab = LABS[SEED % len(LABS)]
        options = argparse.Namespace(lab=lab, only="^starter$", seeds=str(SEED), quick=False, host=False)
        self.assertEqual(labcheck.check(TOP, [lab], options), 0, lab)


if __name__ == "__main__":
    unittest.main()
