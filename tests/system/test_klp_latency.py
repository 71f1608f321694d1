# SPDX-License-Identifier: GPL-2.0-or-later
"""The greatest permitted cost of live patching, with 5,000 tasks and with busy CPUs.

QEMU counts instructions (-icount), and the guest's clock advances a nanosecond with each instruction. So neither the
load nor the speed of the host matters: a millisecond here is a million instructions of the debug build, its checks
included. With -icount QEMU runs one CPU at a time, so the machine has one; make bench measures several CPUs by the
clock.

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
MS = 1_000_000


class Latency(unittest.TestCase):
    def guest(self, script):
        run = vm.Script(ISO, vm.Config(1), script, 300, accel="tcg-single", qemu=("-icount", "shift=0,sleep=off"))
        self.addCleanup(run.close)
        console = "\n".join(run)
        self.assertEqual(run.status, 0, console[-3000:])
        return console

    def times(self, script):
        console = self.guest(script)
        found = {(what, int(n)): int(ns) for what, n, ns in re.findall(r"^time (\S+) (\d+) (\d+)$", console, re.MULTILINE)}
        for (what, n), ns in found.items():
            print(f"# {what} {n}: {ns} instructions", flush=True)
        self.assertEqual(len(found), len(script.splitlines()), console[-3000:])
        return found

    def test_no_lock_and_no_interrupt_waits_for_a_millisecond(self):
        console = self.guest(f"/tests/klp_latency locks {TASKS}\n")
        steps = re.findall(r"^latency (\S+) hold (\d+) (\S+) irq_off (\d+) (.*)$", console, re.MULTILINE)
        patching = [step for step in steps if not step[0].startswith("before")]
        self.assertEqual(len(patching), 4, console[-3000:])
        for step, hold, lock, off, by in steps:
            print(f"# {step}: instructions with {lock} held {hold}, with interrupts off {off} ({by})", flush=True)
        for step, hold, lock, off, by in patching:
            self.assertGreater(int(off), 0, "nothing was measured: is this a debug build?")
            self.assertLess(int(hold), MS, f"{step}: {lock}")
            self.assertLess(int(off), MS, f"{step}: {by}")

    def test_time_among_sleepers_is_short_and_linear(self):
        half, whole = TASKS // 2, TASKS
        times = self.times(f"/tests/klp_latency sleepers {half}\n/tests/klp_latency sleepers {whole}\n")
        self.assertLess(times["sleepers", whole], 150 * MS)
        self.assertLess(times["sleepers", whole], 2.5 * times["sleepers", half])

    def test_time_among_cpu_bound_tasks_and_after_leaving_is_short(self):
        times = self.times("/tests/klp_latency spinners 64\n/tests/klp_latency leave\n")
        self.assertLess(times["spinners", 64], 50 * MS)
        self.assertLess(times["leave", 1], 10 * MS)


if __name__ == "__main__":
    unittest.main()
