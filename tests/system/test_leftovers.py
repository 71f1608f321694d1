# SPDX-License-Identifier: GPL-2.0-or-later
"""Leftovers of a suite are named and removed before the next suite begins: a patch in transition, an enabled patch,
modules, processes."""

import os
import re
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import vm  # noqa: E402

ISO = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
SCRIPT = """
/tests/leftovers begin
insmod /lib/modules/livepatch-sample.ko
while [ "$(cat /sys/kernel/livepatch/livepatch_sample/transition)" = 1 ]; do usleep 1000; done
insmod /lib/modules/tm_provider.ko
echo 0 >/proc/sys/kernel/livepatch_signal_period_ms
insmod /lib/modules/klp_pass.ko target=schedule
echo "open: $(cat /sys/kernel/livepatch/klp_pass/transition)"
sleep 1000 &
stopped=$!
sleep 1000 &
until [ "$(cat /proc/$stopped/comm)" = sleep ]; do :; done
kill -STOP $stopped
/tests/leftovers end
echo "sleepers: $(grep -l sleep /proc/[0-9]*/comm | xargs)"
echo "modules: $(cut -d' ' -f1 /proc/modules | xargs)"
echo "patches: $(ls /sys/kernel/livepatch | xargs)"
echo "period: $(cat /proc/sys/kernel/livepatch_signal_period_ms)"
/tests/leftovers end
"""


class Leftovers(unittest.TestCase):
    def test_leftovers_are_named_and_removed(self):
        run = vm.Script(ISO, vm.Config(2), SCRIPT)
        self.addCleanup(run.close)
        lines = list(run)
        self.assertEqual(run.status, 0, "\n".join(lines))
        self.assertIn("open: 1", lines)
        left = sorted(re.sub(r"process \d+", "process", line) for line in lines if line.startswith("=== left: "))
        self.assertEqual(left, ["=== left: klp_pass", "=== left: livepatch_sample", *2 * ["=== left: process sleep"],
                                "=== left: tm_provider"])
        for line in ("sleepers: ", "modules: ", "patches: ", "period: 15000"):
            self.assertIn(line.rstrip(), [line.rstrip() for line in lines], "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
