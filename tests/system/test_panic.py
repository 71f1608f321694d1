# SPDX-License-Identifier: GPL-2.0-or-later
"""If kernel code breaks a rule, the kernel panics, and the report shows the rule, the place, and all other tasks.

Each test boots a guest, loads tests/modules/tm_crash.c with one way to crash, and reads the console.
"""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
INIT = "(crash_init|init_module)"     # two names of the same function
PANIC = "Kernel panic - not syncing: "


class Panic(unittest.TestCase):
    def crash(self, how, cpus=2):
        """The console, beginning with the panic."""
        script = f"sleep 1000 &\nuntil grep -q sleep_until /proc/$!/stack; do usleep 1000; done\ninsmod /lib/modules/tm_crash.ko how={how}\necho survived\n"
        run = vm.Script(ISO, vm.Config(cpus), script)
        self.addCleanup(run.close)
        console = "\n".join(run)
        self.assertNotIn("survived", console)
        self.assertIn("panicked", run.error, console)
        self.assertEqual(run.status, 125)
        self.assertIn(PANIC, console)
        return console[console.index(PANIC):]

    def reports(self, how, reason, function):
        report = self.crash(how)
        self.assertRegex(report.splitlines()[0], reason)
        self.assertRegex(report, rf"{function}\+0x[0-9a-f]+/0x[0-9a-f]+ \[tm_crash\]")
        self.assertIn("end Kernel panic", report)
        return report

    def test_null_pointer(self):
        self.reports("null", r"page fault: null pointer", "crash_write")

    def test_kernel_text_is_read_only(self):
        self.reports("write-kernel-text", r"page fault: write at 0xffffffff80", "crash_write")

    def test_kernel_text_is_read_only_through_the_direct_map(self):
        self.reports("write-kernel-text-alias", r"page fault: write at 0xffff8880", "crash_write")

    def test_module_text_is_read_only(self):
        self.reports("write-module-text", r"page fault: write at 0xffffffffc", "crash_write")

    def test_module_constants_are_read_only(self):
        self.reports("write-module-constant", r"page fault: write at 0xffffffffc", "crash_write")

    def test_data_cannot_be_executed(self):
        self.reports("run-data", r"page fault: execution at 0xffffffffc", "crash_run")

    def test_user_memory_cannot_be_written_outside_of_the_copy_routines(self):
        self.reports("write-user", r"page fault: .* at 0x400000", "crash_write")

    def test_user_memory_cannot_be_executed(self):
        self.reports("run-user", r"page fault: .* at 0x400000", "crash_run")

    def test_a_stack_overflow_hits_the_guard_page(self):
        report = self.reports("stack", r"kernel stack overflow in crash_recurse \[tm_crash\]$", "crash_recurse")
        self.assertRegex(report, r"crash_recurse\+\S+ \[tm_crash\].*\n.*\.\.\. \d+ times")

    def test_undefined_instruction(self):
        self.reports("undefined", r"invalid opcode", INIT)

    def test_unexpected_breakpoint(self):
        self.reports("int3", r"int3", INIT)

    def test_report_shows_every_cpu_and_every_blocked_task(self):
        report = self.reports("assert", r"BUG at .*tm_crash\.c:\d+", INIT)
        self.assertRegex(report, r"task: insmod pid \d+")
        self.assertRegex(report, r"\] CPU [01]: \S+ pid \d+")
        self.assertRegex(report, r"task init pid 1 state")
        self.assertRegex(report, r"(?s)task sleep pid \d+ state .*?__x64_sys_\w*nanosleep\+")


if __name__ == "__main__":
    unittest.main()
