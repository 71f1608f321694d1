# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration of README.md on a machine that shares no code with QEMU: Bochs, two CPUs, Bochs' own BIOS.

`make machines` runs more of Bochs' processors. `tools/setup --tests` installs Bochs; on a host without Bochs this suite
fails.
"""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOCHS = os.path.join(TOP, "tools", "bochs")
ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")


def bochs(*words):
    return subprocess.run([sys.executable, BOCHS, "--iso", ISO, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False)


class Bochs(unittest.TestCase):
    def test_the_demonstration_on_two_cpus(self):
        done = bochs("--script", os.path.join(TOP, "tests", "system", "demo.sh"), "--cpus", "2")
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr)
        self.assertIn("smp: 2 CPUs", done.stdout)
        self.assertIn("demo: all steps as described", done.stdout)

    def test_a_machine_that_cannot_start_is_reported(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
            for words, reason in ((["--script", "/nonexistent"], "/nonexistent: no such file"),
                                  (["--script", script.name, "--cpu", "eniac"], "Bochs did not start: "),
                                  (["--script", script.name, "--bochs", "/nonexistent"], "tools/setup --tests")):
                done = bochs(*words)
                self.assertEqual((done.returncode, done.stdout), (125, ""), done.stderr)
                self.assertIn(reason, done.stderr)

    def test_the_last_message_of_a_bochs_that_dies_at_its_start_is_shown(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as program:
            program.write("#!/bin/sh\necho no sound card >&2\nexit 1\n")
        os.chmod(program.name, 0o755)
        try:
            done = bochs("--script", program.name, "--bochs", program.name)
        finally:
            os.unlink(program.name)
        self.assertEqual(done.returncode, 125)
        self.assertIn("Bochs did not start: no sound card", done.stderr)


if __name__ == "__main__":
    unittest.main()
