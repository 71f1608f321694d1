# SPDX-License-Identifier: GPL-2.0-or-later
"""Some damages of tests/patches/damage.py, always the same ones: each damage is refused, or found by the check of its
patch."""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "patches"))
import damage       # noqa: E402

BUILD = os.path.abspath(os.environ.get("NEURATH_BUILD", "build/debug"))
PATCHES = ("string", "static-new", "static-shared", "chain-module")


class Damages(unittest.TestCase):
    def test_no_damage_goes_unnoticed(self):
        results = damage.campaign(BUILD, 8, 1, PATCHES)
        self.assertEqual(len(results), 8)
        self.assertEqual([damage.text(*result) for result in results if result[1] == "survived"], [])
        self.assertEqual({result for _, result in results}, {"refused", "caught"})


if __name__ == "__main__":
    unittest.main()
