# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/qemu answers a wrong option by one line that names it, before anything is started."""

import os
import subprocess
import sys
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
QEMU = os.path.join(TOP, "tools", "qemu")
RUN_FAILED = 125


def qemu(*words):
    """--print: what would be run, so that a wrong option that is let through does not start a machine."""
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


if __name__ == "__main__":
    unittest.main()
