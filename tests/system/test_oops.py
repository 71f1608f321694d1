# SPDX-License-Identifier: GPL-2.0-or-later
"""A fault in the kernel ends the task that caused it, but not the machine, unless the machine cannot continue without
the task's work. The report shows the place, the callers, and the patches that were there.

Each test boots a guest without panic_on_oops, loads tests/modules/tm_crash.c with one way to crash, and reads the console.
"""

import os
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")

# The module stays, because its init has not ended and its state is unknown. The machine works, and live patching too.
CRASH = """
insmod /lib/modules/tm_crash.ko how={how}
echo "status $?"
cat /proc/sys/kernel/tainted
ls /bin | wc -l
insmod /lib/modules/livepatch-sample.ko && cat /proc/cmdline
echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
while [ -d /sys/kernel/livepatch/livepatch_sample ]; do usleep 1000; done
echo survived
"""
SIGSEGV = 128 + 11


class Oops(unittest.TestCase):
    def run_script(self, script, cpus=2, **options):
        run = vm.Script(ISO, vm.Config(cpus), script, oops_panics=False, **options)
        self.addCleanup(run.close)
        return "\n".join(run), run

    def survives(self, how, reason, status=SIGSEGV, cpus=2, before=""):
        """The console of a guest that continues to work after the fault."""
        console, run = self.run_script(before + CRASH.format(how=how), cpus)
        self.assertEqual((run.error, run.status), ("", 0), console)
        self.assertRegex(console, rf"Oops: {reason}.* \[#1\]")
        self.assertIn(f"status {status}", console)
        self.assertIn("this has been live patched", console)
        self.assertIn("survived", console)
        taint = int(console[console.index("status "):].splitlines()[1])
        self.assertTrue(taint & 1 << 7, taint)
        return console

    def panics(self, how, why):
        console, run = self.run_script(CRASH.format(how=how))
        self.assertIn("panicked", run.error, console)
        self.assertRegex(console, rf"Oops: the machine cannot go on: {why}")
        self.assertIn("Kernel panic - not syncing: kernel page fault: null pointer", console)

    def test_null_pointer(self):
        console = self.survives("null", "kernel page fault: null pointer at 0 ")
        self.assertRegex(console, r"RIP: 0010:crash_write\+0x[0-9a-f]+/0x[0-9a-f]+ \[tm_crash\] .* \(tests/modules/tm_crash\.c:\d+\)\n")
        self.assertRegex(console, r"  syscall_dispatch\+0x[0-9a-f]+/0x[0-9a-f]+ \(kernel/syscall\.c:\d+\)\n")
        self.assertRegex(console, r"Code:( [0-9a-f]{2})* <c6>( [0-9a-f]{2})*")
        self.assertRegex(console, r"Call trace:\n.*crash_write.*\n.*(crash_init|init_module).*\n.*module_")
        self.assertRegex(console, r"Modules linked in:.* tm_crash\(\+\)")

    def test_null_pointer_on_1_cpu(self):
        self.survives("null", "kernel page fault: null pointer", cpus=1)

    def test_jump_to_an_address_without_code(self):
        console = self.survives("run-user", "kernel page fault")
        self.assertRegex(console, r"Call trace:\n.* 0x0*400001\n.*crash_run\+.*\n.*(crash_init|init_module)")

    def test_undefined_instruction_and_breakpoint(self):
        self.survives("undefined", "invalid opcode")
        self.survives("int3", "int3")

    def test_bug(self):
        self.survives("assert", r"BUG at .*tm_crash\.c:\d+")

    def test_stack_overflow(self):
        console = self.survives("stack", "kernel stack overflow in crash_recurse")
        self.assertRegex(console, r"crash_recurse\+\S+ \[tm_crash\].*\n.*\.\.\. \d+ times")

    def test_caller_is_right_although_the_frame_is_incomplete(self):
        for how, caller in (("entry", "crash_call_entry"), ("prologue", "crash_call_prologue")):
            console = self.survives(how, "kernel page fault: null pointer")
            self.assertRegex(console, rf"Call trace:\n.*crash_\w+\+.*\n.*{caller}\+.*\n.*(crash_init|init_module)")

    def test_kernel_thread(self):
        """A task that waits for the thread gets -EFAULT when the thread ends."""
        console = self.survives("thread", "kernel page fault: null pointer", status=1)
        self.assertRegex(console, r"task: crasher pid \d+")
        self.assertRegex(console, r"crasher pid \d+ is ended, the machine goes on")

    def test_mutex_is_named(self):
        console = self.survives("mutex", "kernel page fault: null pointer")
        # A mutex of a module: only the lock checker has it in a task's list.
        self.assertEqual("holds the mutex crash_mutex" in console, vm.has_lock_checks(ISO), console)

    def test_hooked_returns_are_given_up_with_their_frames(self):
        """The frames of the fault are given up with their hooks, and the report names the callers as if there were no
        hooks."""
        console = self.survives("null", "kernel page fault: null pointer at 0 ",
                                before="echo function_graph >/sys/kernel/tracing/current_tracer")
        self.assertRegex(console, r"  syscall_dispatch\+0x[0-9a-f]+/0x[0-9a-f]+ \(kernel/syscall\.c:\d+\)\n")
        self.assertNotIn("return_hook_stub", console)

    def test_spinlock_cannot_be_left(self):
        self.panics("spinlock", "a spinlock is held")

    def test_interrupts_off_cannot_be_left(self):
        self.panics("interrupts-off", "interrupts were off")

    def test_sysctl_makes_an_oops_a_panic(self):
        console, run = self.run_script("echo 1 >/proc/sys/kernel/panic_on_oops\n" + CRASH.format(how="null"))
        self.assertIn("panicked", run.error, console)
        self.assertNotIn("survived", console)

    def test_patched_function_on_the_stack_is_named(self):
        """The fault is in a new version, called by a program that has nothing else to do with the patch."""
        script = ("insmod /lib/modules/tm_crash_patch.ko\n"
                  "cat /proc/cmdline; echo status $?\n"
                  "echo 0 >/sys/kernel/livepatch/tm_crash_patch/enabled\n"
                  "while [ -d /sys/kernel/livepatch/tm_crash_patch ]; do usleep 1000; done\n"
                  "rmmod tm_crash_patch && cat /proc/cmdline && echo survived\n")
        console, run = self.run_script(script)
        self.assertEqual((run.error, run.status), ("", 0), console)
        self.assertIn("tm_crash_patch is enabled", console)
        self.assertIn("on the stack: crash_cmdline_show [tm_crash_patch], the new version of cmdline_proc_show in tm_crash_patch", console)
        self.assertIn(f"status {SIGSEGV}", console)
        self.assertIn("survived", console)


if __name__ == "__main__":
    unittest.main()
