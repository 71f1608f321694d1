# SPDX-License-Identifier: GPL-2.0-or-later
"""The inputs that `make fuzz` has found (tests/fuzz/corpus), run again without a fuzzer: each passes, and each mutant of the
table turns an input red.

timeout: 1800
"""

import concurrent.futures
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))
import fuzz  # noqa: E402

MOST_BYTES = 200_000        # of all inputs of a target


class Fuzz(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.targets = {name: fuzz.Target(name, folder.name) for name in fuzz.targets()}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            cls.programs = dict(zip(cls.targets, pool.map(fuzz.Target.replayer, cls.targets.values())))

    def test_each_target_has_inputs_and_a_mutant(self):
        self.assertEqual(set(self.targets), {target for _, target in fuzz.mutants()})
        self.assertEqual(set(self.targets), set(os.listdir(os.path.join(fuzz.HERE, "corpus"))))

    def test_the_inputs_are_few_and_short(self):
        for target in self.targets.values():
            self.assertIn(len(target.inputs()), range(1, 2 * fuzz.KEPT), target.name)
            self.assertLess(sum(os.path.getsize(path) for path in target.inputs()), MOST_BYTES, target.name)


def make_replay(name):
    def test(self):
        files = self.targets[name].inputs()
        status, output = fuzz.replay(self.programs[name], files)
        self.assertEqual(status, 0, f"{output}\nagain: tests/fuzz/fuzz.py --replay {name}")
        self.assertEqual(output.split(), files)
        print(f"# {name}: {len(files)} inputs", flush=True)
    return test


def make_mutant(mutant, name):
    def test(self):
        status, output = fuzz.replay(self.targets[name].with_mutant(mutant), self.targets[name].inputs())
        self.assertNotEqual(status, 0, f"{mutant} is not found by the inputs of {name}")
        print(f"# {mutant} is found by {os.path.basename([line for line in output.splitlines() if '/corpus/' in line][-1])}", flush=True)
    return test


for target_name in fuzz.targets():
    setattr(Fuzz, f"test_each_input_of_{target_name}_passes", make_replay(target_name))
for broken, target_name in fuzz.mutants():
    setattr(Fuzz, f"test_{broken.lower()}_is_found_by_{target_name}", make_mutant(broken, target_name))

if __name__ == "__main__":
    unittest.main()
