# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration of README.md, run by the tool of `make guest`, on BIOS and UEFI with 1, 2, 4 and 16 CPUs."""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")


def make_test(cpus, firmware):
    def test(self):
        with open(os.path.join(TESTS, "system", "demo.sh"), encoding="utf-8") as file:
            script = vm.Script(ISO, vm.Config(cpus, firmware, "q35"), file.read())
        lines = list(script)
        self.assertEqual(script.status, 0, "\n".join(lines[-40:]) + script.error)
        self.assertIn("demo: all steps as described", lines)
    return test


class Demo(unittest.TestCase):
    pass


for number in (1, 2, 4, 16):
    for kind in ("bios", "uefi"):
        setattr(Demo, f"test_{number}_cpus_{kind}", make_test(number, kind))

if __name__ == "__main__":
    unittest.main()
