# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel finds and names what makes no progress: a CPU that does not schedule, a CPU that takes no interrupts,
tasks that wait for each other, a task that loops in a new function. In each test a module causes this, and the test
reads the console until the report."""

import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
STUCK = "/lib/modules/tm_stuck.ko"
ONLY = "watchdog_thresh=1 nmi_watchdog=1"    # the only CPU watches itself
# The looping task is killed while its patch is being disabled.
LOOPER = """
insmod /lib/modules/tm_loop_patch.ko
cat /proc/cmdline &
until grep -q loop_cmdline_show /proc/$!/stack; do usleep 1000; done
cat /proc/$!/stack
echo 0 >/sys/kernel/livepatch/tm_loop_patch/enabled
until klp why tm_loop_patch | grep 'running in loop_cmdline_show'; do usleep 1000; done
kill -9 $!
wait $!
echo status $?
while [ -d /sys/kernel/livepatch/tm_loop_patch ]; do usleep 1000; done
until rmmod tm_loop_patch 2>/dev/null; do usleep 1000; done
cat /proc/cmdline && echo survived
"""


class Lockups(unittest.TestCase):
    def watch(self, script, *patterns, cpus=2, cmdline="watchdog_thresh=1", qemu=()):
        """Runs the script until the console has shown every pattern, in this order; returns the console until then."""
        run = vm.Script(ISO, vm.Config(cpus), script, watched=True, cmdline=cmdline, qemu=qemu)
        self.addCleanup(run.close)
        lines, left = [], list(patterns)
        for line in run:
            lines.append(line)
            while left and re.search(left[0], line):
                left.pop(0)
            if not left:
                return "\n".join(lines)
        self.fail(f"the guest ended ({run.error}) before {left[0]!r}:\n" + "\n".join(lines))

    def test_soft_lockup(self):
        for cpus in (1, 2):
            self.watch(f"insmod {STUCK} how=spin\n", r"watchdog: BUG: soft lockup - CPU#\d+ stuck for 2s! \[insmod:\d+\]",
                       r"RIP: 0010:stuck_spin\+\S+ \[tm_stuck\].*tests/modules/tm_stuck\.c:\d+", r"Code: ", r"stuck_init|init_module",
                       r"soft lockup - CPU#\d+ stuck for 4s!", cpus=cpus)

    def test_soft_lockup_can_be_a_panic(self):
        self.watch(f"echo 1 >/proc/sys/kernel/softlockup_panic\ninsmod {STUCK} how=spin\n", "soft lockup",
                   "Kernel panic - not syncing: softlockup: hung tasks")

    def test_a_task_that_lets_others_run_is_not_stuck(self):
        """The task runs so long that a stuck task would be reported, on the only CPU of the machine."""
        console = self.watch(f"insmod {STUCK} how=polite &\nfor i in $(seq 40); do usleep 100000; done\necho looked\n", "^looked",
                             cpus=1)
        self.assertNotIn("lockup", console)

    def test_hard_lockup(self):
        self.watch(f"insmod {STUCK} how=interrupts-off\n", r"watchdog: Watchdog detected hard LOCKUP on cpu \d, seen by cpu \d",
                   r"CPU \d: insmod pid \d+", r"RIP: 0010:stuck_spin\+", r"Call trace", r"stuck_interrupts_off\+.*tm_stuck\.c:\d+")

    def test_hard_lockup_can_be_a_panic(self):
        self.watch(f"insmod {STUCK} how=interrupts-off\n", "hard LOCKUP", "Kernel panic - not syncing: Hard LOCKUP",
                   cmdline="watchdog_thresh=1 hardlockup_panic=1")

    def test_a_cpu_that_its_host_does_not_run_is_not_locked_up(self):
        """The CPU makes no look of its own for so long that a locked-up CPU would be reported."""
        console = self.watch(f"insmod {STUCK} how=starved\necho ran\n", "^ran")
        self.assertNotIn("LOCKUP", console)

    def test_hard_lockup_of_the_only_cpu(self):
        self.watch(f"insmod {STUCK} how=interrupts-off\n", r"watchdog: Watchdog detected hard LOCKUP on cpu 0$",
                   r"CPU 0: insmod pid \d+", r"RIP: 0010:stuck_spin\+", r"Call trace", r"stuck_interrupts_off\+.*tm_stuck\.c:\d+", cpus=1, cmdline=ONLY)

    def test_hard_lockup_of_the_only_cpu_can_be_a_panic(self):
        self.watch(f"insmod {STUCK} how=interrupts-off\n", "hard LOCKUP", "Kernel panic - not syncing: Hard LOCKUP",
                   r"RIP: 0010:stuck_spin\+", cpus=1, cmdline=ONLY + " hardlockup_panic=1")

    def test_the_only_cpu_continues_after_a_lockup(self):
        """The CPU returns from the report, into which a probe has put a breakpoint, and later NMIs find nothing."""
        console = self.watch(f"insmod {STUCK} how=until-reported && echo returned\nsleep 2\necho 0 >/proc/sys/kernel/nmi_watchdog\n"
                             "cat /proc/sys/kernel/nmi_watchdog\necho survived\n", "hard LOCKUP", r"stuck_until_reported\+", "^returned",
                             "^0$", "^survived", cpus=1, cmdline=ONLY)
        self.assertEqual(console.count("LOCKUP"), 1, console)

    def test_a_machine_without_a_timer_for_nmis_says_so(self):
        self.watch("echo alive\n", r"watchdog: no timer for NMIs: a hard lockup will not be seen", "^alive", cpus=1,
                   cmdline=ONLY, qemu=("-machine", "hpet=off"))

    def test_hung_tasks_and_the_tasks_that_they_wait_for(self):
        self.watch(f"insmod {STUCK} how=deadlock\nwhile :; do sleep 1; done\n", r"INFO: task first:\d+ blocked for more than \d+ seconds",
                   r"hung_task_timeout_secs", r"stuck_lock\+.*tm_stuck\.c:\d+", r"waits for the mutex stuck_b, held by second pid \d+",
                   r"waits for the mutex stuck_a, held by first pid \d+", "a deadlock: each of these waits for the next",
                   r"INFO: task second:\d+ blocked", cmdline="hung_task_timeout_secs=1")

    def test_hung_task_can_be_a_panic_and_the_check_can_be_switched_off(self):
        self.watch(f"insmod {STUCK} how=deadlock\nwhile :; do sleep 1; done\n", "Kernel panic - not syncing: hung_task: blocked tasks",
                   cmdline="hung_task_timeout_secs=1 hung_task_panic=1")
        console = self.watch(f"echo 0 >/proc/sys/kernel/hung_task_timeout_secs\ninsmod {STUCK} how=deadlock\nsleep 4\necho quiet\n", "^quiet",
                             cmdline="hung_task_timeout_secs=1")
        self.assertNotIn("blocked for more", console)

    def test_sysctls_have_their_limits(self):
        console = self.watch("cd /proc/sys/kernel\nfor f in watchdog:1 nmi_watchdog:0 watchdog_thresh:7 softlockup_panic:0 hardlockup_panic:0 "
                             "hung_task_timeout_secs:120 hung_task_warnings:10 hung_task_panic:0 hung_task_check_interval_secs:0; do "
                             "[ $(cat ${f%:*}) = ${f#*:} ] || echo wrong $f; done\n"
                             "echo 61 >watchdog_thresh || echo refused\necho x >watchdog || echo refused\ncat watchdog_thresh\n", "^7$",
                             cmdline="watchdog_thresh=7")
        self.assertEqual(console.count("\nrefused"), 2, console)
        self.assertNotIn("wrong", console)

    def test_running_task_is_seen_and_a_looper_can_be_killed(self):
        console = self.watch(LOOPER, r"loop_cmdline_show\+.*\[tm_loop_patch\]", r"# unreliable: is running",
                             r"cpu \d R pending: running in loop_cmdline_show\+", r"pid \d+ was killed, and looped in loop_cmdline_show",
                             "^status 137", "^survived")
        self.assertIn("unpatching complete", console)


if __name__ == "__main__":
    unittest.main()
