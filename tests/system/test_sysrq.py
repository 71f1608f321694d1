# SPDX-License-Identifier: GPL-2.0-or-later
"""SysRq: the kernel itself reports, even when all else hangs: by a BREAK and a letter on the serial line, or by
/proc/sysrq-trigger."""

import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
PROMPT = r"neurath:[^\n]*# "


class Trigger(unittest.TestCase):
    def press(self, letters, before="", **options):
        script = before + "".join(f"echo {letter} >/proc/sysrq-trigger\n" for letter in letters) + "usleep 100000\n"
        run = vm.Script(ISO, vm.Config(2), script, **options)
        self.addCleanup(run.close)
        return "\n".join(run), run

    def test_each_letter(self):
        console, run = self.press("htwldmvx?")
        self.assertEqual((run.error, run.status), ("", 0), console)
        self.assertRegex(console, r"  t  all tasks, their stacks, and who waits for whom")
        self.assertRegex(console, r"task init pid 1 state 0x\d+\n.*arch_switch_to\+")
        self.assertRegex(console, r"sysrq: what each CPU does\n(.*\n)*.*CPU 0: (.*\n)*.*CPU 1: ")
        self.assertRegex(console, r"memory: \d+ of \d+ pages free")
        self.assertRegex(console, r"\d+ ramfs served \d+ \d+ \d+ \d+")
        self.assertRegex(console, r"no transition runs")
        self.assertEqual(console.count("sysrq: HELP"), 2, console)      # for h, and for ?, which is no letter

    def test_waiting_tasks_and_locks(self):
        console, _ = self.press("td", "insmod /lib/modules/tm_stuck.ko how=deadlock\nfor name in first second; do\n"
                                "until grep -q mutex_lock /proc/$(pidof $name)/stack; do usleep 1000; done; done\n")
        self.assertRegex(console, r"task first pid \d+ (.*\n)*.*waits for the mutex stuck_b, held by second")
        self.assertRegex(console, r"a deadlock")
        # A mutex of a module: only the lock checker has it in a task's list.
        self.assertEqual(bool(re.search(r"mutex stuck_a: held by first pid \d+", console)), vm.has_lock_checks(ISO), console)

    def test_transition(self):
        console, run = self.press("x", "insmod /lib/modules/tm_loop_patch.ko\ncat /proc/cmdline &\n"
                                  "until grep -q loop_cmdline_show /proc/$!/stack; do usleep 1000; done\n"
                                  "echo 0 >/sys/kernel/livepatch/tm_loop_patch/enabled\n")
        self.assertRegex(console, r"tm_loop_patch is being unpatched\n(.*\n)*.*pending since \d+ ms:\n.*task cat pid \d+ runs on CPU \d")

    def test_crash(self):
        console, run = self.press("c")
        self.assertIn("panicked", run.error)
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", console)


class Keys(unittest.TestCase):
    """On a terminal the keys are Ctrl-backslash and the letter."""

    def boot(self, cpus=2):
        session = vm.Session(ISO, vm.Config(cpus))
        self.addCleanup(session.close)
        session.expect(PROMPT, 120)
        return session

    def test_letter_after_the_key(self):
        session = self.boot()
        session.send("\x1cm")
        session.expect(r"sysrq: memory\n.*memory: \d+ of \d+ pages free")
        session.send("echo $((40+2))\r")
        session.expect(r"\n42\n")

    def test_a_hanging_machine_reports(self):
        session = self.boot(1)
        session.send("insmod /lib/modules/tm_stuck.ko how=spin\r")
        session.expect("how=spin\n")
        session.send("\x1cl")
        session.expect(r"what each CPU does\n(.*\n)*.*stuck_spin\+")

    def test_the_keys_can_be_forbidden(self):
        session = self.boot()
        session.run("echo 0 >/proc/sys/kernel/sysrq", PROMPT)
        session.send("\x1cc")
        session.expect("sysrq: this is disabled")

    def test_the_kernel_gets_each_key(self):
        """Interrupt and terminal driver both read the device; whichever comes first, the key is the kernel's, and its switch counts."""
        session = self.boot()
        session.run("echo 0 >/proc/sys/kernel/sysrq", PROMPT)
        for _ in range(200):
            session.send("\x1cm")
            self.assertEqual(session.expect("sysrq: (memory|this is disabled)").group(1), "this is disabled")
        session.send("\r")
        session.expect(r"neurath:[^\n]*# \n")

    def test_the_key_typed_twice_sends_the_key(self):
        session = self.boot()
        session.send("sh -c 'trap \"echo it is quit; exit\" QUIT; echo star\"\"ted; while :; do sleep 1; done'\r")
        session.expect("\nstarted\n")
        session.send("\x1c\x1c")
        session.expect("it is quit\n")


if __name__ == "__main__":
    unittest.main()
