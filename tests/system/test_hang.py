# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that hangs is found because it makes no progress, at any load of the host, and it reports where its tasks
are."""

import os
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import progress  # noqa: E402
import vm  # noqa: E402

ISO = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
HOG = "while True: pass"


class Hangs(unittest.TestCase):
    def run_script(self, text, at_line=None, **limits):
        """The output, and the run, which says why it hangs. at_line(script) is called when the guest prints "now"."""
        run = vm.Script(ISO, vm.Config(2), text, **limits)
        self.addCleanup(run.close)
        lines = []
        for line in run:
            lines.append(line)
            if line == "now" and at_line:
                at_line(run)
        return "\n".join(lines), run

    def test_sleeping_guest_is_found_and_names_its_sleepers(self):
        output, run = self.run_script("echo now\nsleep 1000000\n", sleeping=3)
        self.assertIn("slept", run.hung)
        self.assertRegex(output, r"(?s)task sleep pid \d+ state .*?__x64_sys_\w*nanosleep\+")
        self.assertIn("hangs", run.error)

    def test_guest_that_waits_for_a_lost_event_is_found(self):
        output, run = self.run_script("mkfifo /tmp/f\nls /lib/modules >/dev/null\necho now\ncat /tmp/f\n", sleeping=3)
        self.assertIn("slept", run.hung)
        self.assertRegex(output, r"(?s)task (cat|sh) pid \d+ state .*?open")

    def test_endless_loop_is_found_and_named(self):
        output, run = self.run_script("echo now\nwhile :; do :; done\n", computing=2)
        self.assertIn("processor time", run.hung)
        self.assertRegex(output, r"(task|CPU \d+): sh pid \d+")

    def test_slow_guest_does_not_count_as_hung(self):
        """The guest gets few turns, so that its work takes longer than it may sleep, and longer than it may compute."""
        watches = []

        def slow_down(run):
            cpu = {min(os.sched_getaffinity(0))}
            hog = subprocess.Popen([sys.executable, "-c", HOG], preexec_fn=lambda: os.sched_setaffinity(0, cpu))
            self.addCleanup(hog.wait)
            self.addCleanup(hog.kill)
            for pid, _ in progress.Family(run.process.pid).members():
                for thread in progress.Family.threads(pid):
                    os.sched_setaffinity(int(thread), cpu)
                    os.setpriority(os.PRIO_PROCESS, int(thread), 15)
            watches.append(run.watch)

        output, run = self.run_script("echo now\nfor i in $(seq 20); do sh -c : | cat; done\necho done\nexit 7\n", slow_down,
                                      sleeping=2, computing=10)
        self.assertEqual((run.hung, run.status), ("", 7), output[-2000:])
        self.assertTrue(watches)


if __name__ == "__main__":
    unittest.main()
