# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/qemu answers a wrong option with one line that names the option, before it starts anything."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
QEMU = os.path.join(TOP, "tools", "qemu")
RUN_FAILED = 125


def qemu(*words):
    """Runs tools/qemu with --print, so that no machine starts if a wrong option is accepted."""
    return subprocess.run([sys.executable, QEMU, "--iso", "x.iso", "--print", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Options(unittest.TestCase):
    def refused(self, option, value, reason, *more):
        with self.subTest(option=option, value=value):
            done = qemu(option, value, *more)
            self.assertEqual(done.returncode, RUN_FAILED, done.stdout)
            self.assertEqual(done.stdout, "")
            lines = [line for line in done.stderr.splitlines() if line]
            self.assertEqual(len(lines), 1, done.stderr)
            self.assertIn("qemu: ", lines[0])
            self.assertIn(reason, lines[0])

    def test_wrong_values_are_refused_in_one_line(self):
        for value in ("0", "65", "-1", "two"):
            self.refused("--cpus", value, f"'{value}' is not a number from 1 to 64" if value != "-1" else "cpus")
        for value in ("lots", "512X", "-5M", ""):
            self.refused("--mem", value, "mem")
        for value in ("1M", "31M", "1", "1024K"):
            self.refused("--mem", value, "too little")
        self.refused("--mem", "63M", "64M is the least for uefi", "--firmware", "uefi")
        self.refused("--firmware", "coreboot", "'bios', 'uefi'")
        self.refused("--accel", "magic", "'tcg'")
        self.refused("--share", "/nonexistent", "/nonexistent: cannot be shared: no such folder")
        self.refused("--script", "/nonexistent", "/nonexistent: no such script")

    def test_right_values_reach_qemu(self):
        done = qemu("--cpus", "64", "--mem", "1g", "--share", TOP)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("-smp 64", "-m 1g", "mount_tag=host"):
            self.assertIn(words, done.stdout)
        for value in ("32M", "512", "524288K", "4G"):
            self.assertIn(f"-m {value} ", qemu("--mem", value).stdout)


class Terminal(unittest.TestCase):
    """The guest's console has the size of the terminal that shows it."""

    def words(self, rows, columns, *more):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        subprocess.run([sys.executable, QEMU, "--iso", "x.iso", "--print", *more], stdin=slave, stdout=slave, check=True)
        os.close(slave)
        return os.read(master, 65536).decode()

    def test_the_size_of_the_terminal_is_passed(self):
        self.assertIn("name=opt/neurath/cmdline,string=tty.size=132x50\r", self.words(50, 132))
        self.assertIn("'name=opt/neurath/cmdline,string=quiet tty.size=132x50'", self.words(50, 132, "--cmdline", "quiet"))

    def test_a_requested_size_comes_first(self):
        words = self.words(50, 132, "--cmdline", "tty.size=40x10")
        self.assertIn("string=tty.size=40x10\r", words)
        self.assertNotIn("132x50", words)

    def test_a_terminal_without_a_size_and_a_script_get_none(self):
        self.assertNotIn("tty.size", self.words(0, 0))
        self.assertNotIn("tty.size", self.words(50, 132, "--script", __file__))
        self.assertNotIn("tty.size", qemu().stdout)


if __name__ == "__main__":
    unittest.main()
