# SPDX-License-Identifier: GPL-2.0-or-later
"""Among 5,000 tasks live patching holds no spinlock, and keeps interrupts off, for no longer than a millisecond.

QEMU counts instructions (-icount) and lets the guest's clock pass a nanosecond with each, so neither the load of this
machine nor its speed matters: the limit is a million instructions of the debug build, whose checks are in them.

timeout: 900
"""

import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
TASKS = 5000
LIMIT = 1_000_000


class Latency(unittest.TestCase):
    def test_no_lock_and_no_interrupt_waits_for_a_millisecond(self):
        run = vm.Script(ISO, vm.Config(1), f"/tests/klp_latency {TASKS}\n", idle=300, accel="tcg-single",
                        qemu=("-icount", "shift=0,sleep=off"))
        self.addCleanup(run.close)
        console = "\n".join(run)
        self.assertEqual(run.status, 0, console[-3000:])
        steps = re.findall(r"^latency (\S+) hold (\d+) (\S+) irq_off (\d+) (.*)$", console, re.MULTILINE)
        patching = [step for step in steps if not step[0].startswith("before")]
        self.assertEqual(len(patching), 4, console[-3000:])
        for step, hold, lock, off, by in steps:
            print(f"# {step}: instructions with {lock} held {hold}, with interrupts off {off} ({by})", flush=True)
        for step, hold, lock, off, by in patching:
            self.assertGreater(int(off), 0, "nothing was measured: is this a debug build?")
            self.assertLess(int(hold), LIMIT, f"{step}: {lock}")
            self.assertLess(int(off), LIMIT, f"{step}: {by}")


if __name__ == "__main__":
    unittest.main()
