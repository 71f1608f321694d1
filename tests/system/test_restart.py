# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers are killed while a person uses the shell: the shell continues, and loses nothing."""

import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
PROMPT = r"neurath:[^\n]*# "
RETURN, CTRL_C = "\r", "\x03"
KILL_TTY = "kill -9 $(pidof tty)"


class Guest(unittest.TestCase):
    """Each test boots a guest, because init restarts a server at once only if the server has lived for a while."""

    def setUp(self):
        self.session = vm.Session(ISO, vm.Config(2))
        self.addCleanup(self.session.close)
        self.session.expect(PROMPT, 120)

    def run_line(self, command):
        return self.session.run(command, PROMPT)


class FileSystem(Guest):
    def test_the_shell_survives_its_file_system(self):
        shell = self.run_line("echo $$")
        self.run_line("cd /tmp; echo kept >file; exec 5<file")
        self.run_line("mkdir -p a/b; ln -s ../file a/link")
        before = self.run_line("ls -lR /etc /tmp | md5sum; pidof ramfs")
        self.session.send("kill -9 $(pidof ramfs)" + RETURN)
        self.session.expect(PROMPT)
        after = self.run_line("ls -lR /etc /tmp | md5sum; pidof ramfs")
        self.assertEqual(before.split()[0], after.split()[0])
        self.assertNotEqual(before.split()[-1], after.split()[-1])
        self.assertEqual(self.run_line("read word <&5; echo $word; cat a/link"), "kept\nkept")
        self.assertEqual(self.run_line("echo $$; pwd"), f"{shell}\n/tmp")
        self.run_line("cp /bin/busybox copy; rm -r a")
        self.assertEqual(self.run_line("cmp copy /bin/busybox; ls -1"), "copy\nfile")


class Terminal(Guest):
    def kill_tty(self):
        before = self.run_line("pidof tty")
        self.session.send(KILL_TTY + RETURN)
        self.session.expect(PROMPT)
        after = self.run_line("pidof tty")
        self.assertRegex(after, r"^\d+$")
        self.assertNotEqual(before, after)

    def test_the_shell_survives_its_terminal_driver(self):
        shell = self.run_line("echo $$")
        self.run_line("stty rows 33 columns 77 intr ^G")
        modes = self.run_line("stty -a")
        self.assertIn("intr = ^G", modes)
        self.kill_tty()
        self.assertEqual(self.run_line("echo $$"), shell)
        self.assertEqual(self.run_line("stty -a"), modes)
        self.assertEqual(self.run_line("tty"), "/dev/console")

    def test_job_control_continues(self):
        self.session.send("(sleep 1; " + KILL_TTY + "; sleep 1; echo kil''led >/dev/kmsg) & cat" + RETURN)
        self.session.expect(r"tty was killed by signal 9")
        self.session.send("a line" + RETURN)
        self.session.expect(r"a line\na line\n")
        self.session.send(CTRL_C)
        self.session.expect(PROMPT)
        self.session.expect(r"\bkilled")
        self.assertIn("alive", self.run_line("echo alive"))

    def test_no_output_is_lost(self):
        self.session.send("(sleep 0.5; " + KILL_TTY + ") & seq 10001 30000; echo th''e end" + RETURN)
        self.session.expect(r"tty was killed by signal 9")
        match = self.session.expect(r"\nthe end\n", 120)
        numbers = set(re.findall(r"\b[123]\d{4}\b", self.session.text[:match.end()]))
        missing = {str(n) for n in range(10001, 30001)} - numbers
        # A number that is cut by the kernel's message, or by bytes that are sent twice, is not lost.
        self.assertLess(len(missing), 5, sorted(missing)[:20])

    def test_a_line_can_be_typed_after_the_driver_died(self):
        self.session.send("cat" + RETURN)
        self.session.expect(r"cat\n")
        self.session.send("half a ")
        self.session.expect(r"half a ")
        self.session.send("\x1a")                      # Ctrl-Z: a prompt, and the line is lost as on any Unix
        self.session.expect(PROMPT)
        self.kill_tty()
        self.session.send("fg" + RETURN)
        self.session.expect(r"cat\n")
        self.session.send("line" + RETURN)
        self.session.expect(r"line\nline\n")
        self.session.send(CTRL_C)
        self.session.expect(PROMPT)

    def test_the_driver_can_be_killed_several_times(self):
        shell = self.run_line("echo $$")
        for _ in range(3):
            self.kill_tty()
        self.assertEqual(self.run_line("echo $$"), shell)


if __name__ == "__main__":
    unittest.main()
