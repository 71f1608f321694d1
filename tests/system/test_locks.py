# SPDX-License-Identifier: GPL-2.0-or-later
"""The lock checker of debug builds stops a task that breaks a rule, and names the locks (docs/locking.md)."""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")


class LockChecker(unittest.TestCase):
    def run_module(self, how):
        script = f"insmod /lib/modules/tm_locks.ko how={how} && echo survived\n"
        run = vm.Script(ISO, vm.Config(2), script)
        self.addCleanup(run.close)
        return "\n".join(run), run

    def stops(self, how, *words):
        console, run = self.run_module(how)
        self.assertNotIn("survived", console)
        self.assertEqual(run.status, 125, console)
        lines = [line for line in console.splitlines() if "lock checker:" in line]
        self.assertTrue(lines, console)
        for word in words:
            self.assertIn(word, lines[0])

    def test_correct_use_is_silent(self):
        console, run = self.run_module("none")
        self.assertIn("survived", console)
        self.assertEqual(run.status, 0)

    def test_spinlocks_against_their_order(self):
        self.stops("order", "order", "inner_lock, outer_lock")

    def test_mutexes_against_their_order(self):
        self.stops("mutex-order", "order", "inner_mutex, outer_mutex")

    def test_spinlock_taken_twice(self):
        self.stops("twice", "taken twice", "outer_lock")

    def test_mutex_taken_twice(self):
        self.stops("mutex-twice", "taken twice", "outer_mutex")

    def test_sleep_under_a_spinlock(self):
        self.stops("sleep", "spinlock held", "outer_lock", "since sleep_under_spinlock+", "tests/modules/tm_locks.c:")

    def test_sleep_with_interrupts_off(self):
        self.stops("sleep-irqs-off", "interrupts off", "since sleep_with_interrupts_off+", "tests/modules/tm_locks.c:")

    def test_release_of_a_lock_that_is_not_held(self):
        self.stops("foreign", "does not hold it", "outer_lock")

    def test_lock_taken_in_interrupts_and_with_interrupts_on(self):
        self.stops("interrupt", "interrupts on", "inner_lock")


if __name__ == "__main__":
    unittest.main()
