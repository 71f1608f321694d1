# SPDX-License-Identifier: GPL-2.0-or-later
"""The model of the transition (tests/model): no violation in its small configurations, and each seeded bug is found.

timeout: 1800
"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "model"))
import check  # noqa: E402


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.verifiers = {}

    def verify(self, configuration, seed=0):
        if configuration not in self.verifiers:
            self.verifiers[configuration] = check.build(configuration, self.folder.name)
        return check.verify(configuration, self.verifiers[configuration], seed)[0]


    def test_the_shortest_way_to_a_violation_is_a_chart(self):
        said = subprocess.run([sys.executable, check.__file__, "--shortest", "NO_STACK_CHECK"], check=True, capture_output=True, text=True).stdout
        lines = said.rstrip().split("\n")
        self.assertRegex(lines[0], r"Administrator \d .*\| Task \d")
        # The wrong step: a task may change over with any stack.
        self.assertIn("BUG(NO_STACK_CHECK)", said)
        self.assertRegex(lines[-1], rf"^NO_STACK_CHECK in calls: {len(lines) - 2} steps, then assertion violated")


def make_test(configuration, seed, expected):
    def test(self):
        violated = self.verify(configuration, seed)
        if expected:
            self.assertIsNotNone(violated, "the seeded bug is not found")
        else:
            self.assertIsNone(violated, f"tests/model/check.py {configuration} leaves the trail")
    return test


for name, (_, _, _, large) in check.CONFIGURATIONS.items():
    if not large:
        setattr(Model, f"test_{name}_has_no_violation", make_test(name, 0, False))
for number, name, configuration, must in check.seeds():
    claim = "is_found" if must else "is_harmless"
    setattr(Model, f"test_{name.lower()}_{claim}", make_test(configuration, number, must))

if __name__ == "__main__":
    unittest.main()
