# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests inside the kernel (KTEST, include/neurath/ktest.h); the word `ktest` on the command line runs them at
boot."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import vm

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")


class KernelTests(unittest.TestCase):
    def run_with(self, cpus):
        run = vm.Script(ISO, vm.Config(cpus=cpus), "exit 0\n", cmdline="ktest")
        self.addCleanup(run.close)
        lines = list(run)
        results = [line for line in lines if re.match(r"(not )?ok \d+ - ", line)]
        plans = [line for line in lines if re.match(r"1\.\.\d+$", line)]
        output = "\n".join(lines[-60:])
        self.assertFalse(run.hung, output)
        self.assertEqual(len(plans), 1, output)
        self.assertEqual(len(results), int(plans[0][3:]), output)
        self.assertGreater(len(results), 0)
        self.assertEqual([line for line in results if line.startswith("not ")], [], output)
        self.assertEqual(run.status, 0, output)

    def test_pass_on_one_cpu(self):
        self.run_with(1)

    def test_pass_on_two_cpus(self):
        self.run_with(2)

    def test_pass_on_four_cpus(self):
        self.run_with(4)


if __name__ == "__main__":
    unittest.main()
