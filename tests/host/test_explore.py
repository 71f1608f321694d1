# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own files under many schedules (tests/explore): no scene has a violation, and each mutant of the table
is found.

timeout: 1800
"""

import concurrent.futures
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "explore"))
import explore  # noqa: E402


class Explore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.program = explore.build(folder.name)
        cls.broken = explore.with_mutants(cls.program, [row[0] for row in explore.mutants()])
        cls.addClassCleanup(lambda: concurrent.futures.wait([future for future in cls.broken.values() if not future.cancel()]))

    def test_a_schedule_can_be_run_again(self):
        program = self.broken["UPDATE_IRQS_ON"].result()
        status, output = explore.explore(program, "back", ["--dfs=1"])
        self.assertEqual(status, 1, output)
        schedule = output.split("schedule ")[1].split()[0]
        runs = {explore.explore(program, "back", [f"--replay={schedule}"]) for _ in range(3)}
        self.assertEqual(len(runs), 1, "three runs of one schedule differ")
        status, timeline = runs.pop()
        self.assertEqual(status, 1, timeline)
        self.assertIn("VIOLATION", timeline)

    def test_the_schedule_of_a_fault_is_harmless_without_the_fault(self):
        _, output = explore.explore(self.broken["UPDATE_IRQS_ON"].result(), "back", ["--dfs=1"])
        schedule = output.split("schedule ")[1].split()[0]
        status, timeline = explore.explore(self.program, "back", [f"--replay={schedule}"])
        self.assertEqual(status, 0, timeline)


def make_scene(scene, options):
    def test(self):
        status, output = explore.explore(self.program, scene, options)
        self.assertEqual(status, 0, f"{output}\nsee: tests/explore/explore.py {scene} {' '.join(options)}")
        print(f"# {scene}: {output.strip().splitlines()[-1]}", flush=True)
    return test


def make_mutant(mutant, scene, options):
    def test(self):
        status, output = explore.explore(self.broken[mutant].result(), scene, options)
        self.assertEqual(status, 1, f"{mutant} is not found: {output}")
        print(f"# {mutant} is found in {scene}: {output.strip().splitlines()[-1]}", flush=True)
    return test


for name, search in explore.SEARCHES.items():
    setattr(Explore, f"test_{name}_has_no_violation", make_scene(name, search))
for name, where, search in explore.mutants():
    setattr(Explore, f"test_{name.lower()}_is_found", make_mutant(name, where, search))

if __name__ == "__main__":
    unittest.main()
