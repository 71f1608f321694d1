# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines that lack a part that every PC has: they run, or say which part they lack."""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")


class BareMachines(unittest.TestCase):
    def boot(self, machine):
        run = vm.Script(ISO, vm.Config(2), "echo alive\n", qemu=("-machine", machine))
        self.addCleanup(run.close)
        return run, "\n".join(run)

    def test_without_acpi_one_cpu_runs_with_the_usual_interrupts(self):
        run, text = self.boot("pc,acpi=off")
        self.assertEqual((run.status, run.error), (0, ""), text)
        self.assertRegex(text, r"acpi: no root pointer: one CPU")
        self.assertRegex(text, r"calibrated by PIT")
        self.assertRegex(text, r"\nalive")

    def test_a_missing_keyboard_controller_is_reported(self):
        run, text = self.boot("q35,i8042=off")
        self.assertEqual((run.status, run.error), (0, ""), text)
        self.assertRegex(text, r"tty: no keyboard controller: only the serial line types")

    def test_a_missing_timer_is_reported(self):
        run, text = self.boot("q35,hpet=off,pit=off")
        self.assertEqual(run.hung, "")
        self.assertNotEqual(run.status, 0)
        self.assertRegex(text, r"this machine needs an HPET or a PIT")


if __name__ == "__main__":
    unittest.main()
