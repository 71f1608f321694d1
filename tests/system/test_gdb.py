# SPDX-License-Identifier: GPL-2.0-or-later
"""`make gdb`: gdb finds the running guest, and has commands for tasks, the log, live patches and symbols, with and
without Python."""

import os
import re
import shutil
import subprocess
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(TOP, os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
SCRIPT = """
insmod /lib/modules/livepatch-sample.ko
cat /proc/cmdline
sleep 100000 &
echo sleeper $!
while :; do cat /proc/cmdline >/dev/null; usleep 100000; done
"""


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class Gdb(unittest.TestCase):
    def setUp(self):
        self.run_ = vm.Script(ISO, vm.Config(2), SCRIPT, sleeping=600)
        self.addCleanup(self.run_.close)
        for line in self.run_:
            if line.startswith("sleeper "):
                self.sleeper = int(line.split()[1])
                return
        self.fail(f"the guest ended: {self.run_.error}")

    def gdb(self, *commands, plain=False):
        words = [sys.executable, os.path.join(TOP, "tools", "debug"), "--guest", str(self.run_.process.pid), *(["--plain"] * plain), "--",
                 "-batch"]
        for command in commands:
            words += ["-ex", command]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.stdout

    def test_commands(self):
        text = self.gdb("ps", f"bt-task {self.sleeper}", "dmesg", "patches", "hooks", "modules", "info line patched_cmdline_show")
        self.assertRegex(text, rf"\n *{self.sleeper} S +\d +-1 sleep +sleep_until_interruptible")
        self.assertRegex(text, r"\n +1 S +\d +-1 init ")
        self.assertRegex(text, r"swapper/1")
        self.assertRegex(text, r"#0 .*switch.*\n(#.*\n)*#\d+ +__x64_sys_\w*nanosleep.*\.c:\d+\)")
        self.assertRegex(text, r"\[ +\d+\.\d{6}\] livepatch: 'livepatch_sample': patching complete")
        self.assertRegex(text, r"livepatch_sample: enabled\n +cmdline_proc_show -> patched_cmdline_show.*livepatch-sample\.c:\d+")
        self.assertRegex(text, r"cmdline_proc_show.*: e9 .*jumps.*patched_cmdline_show")
        self.assertRegex(text, r"0x\w+ livepatch_sample: .*livepatch-sample\.ko")
        self.assertRegex(text, r'Line \d+ of ".*livepatch-sample\.c"')

    def test_step_into_the_new_version(self):
        """A step leads there from the slot of the old version, and from its caller."""
        for function in ("*cmdline_proc_show", "kernfs_read"):
            text = self.gdb(f"hbreak {function}", "continue", "delete", "echo before\\n", "bt 1", "step-new", "echo after\\n", "bt 1")
            before, after = text.split("before\n")[-1].split("after\n")
            self.assertRegex(before, r"#0 .*(cmdline_proc_show|kernfs_read)")
            self.assertRegex(after, r"#0 +patched_cmdline_show")

    def test_without_python(self):
        text = self.gdb("ps", f"bt-task {self.sleeper}", "dmesg", "patches", plain=True)
        self.assertRegex(text, rf"\n *{self.sleeper} state 0x1 cpu \d patch -1 sleep")
        self.assertRegex(text, r"nanosleep")
        self.assertRegex(text, r"patching complete")
        self.assertRegex(text, r"livepatch_sample: enabled 1")

    def test_list_names_the_guest(self):
        done = subprocess.run([sys.executable, os.path.join(TOP, "tools", "debug"), "--list"], stdout=subprocess.PIPE, text=True, check=True)
        self.assertTrue(re.search(rf"^{self.run_.process.pid} .*test\.iso$", done.stdout, re.MULTILINE), done.stdout)


if __name__ == "__main__":
    unittest.main()
