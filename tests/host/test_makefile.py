# SPDX-License-Identifier: GPL-2.0-or-later
"""The Makefile on a machine that lacks the compiler until tools/setup has run: a folder of commands stands for it."""

import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
REAL = "bash make dirname sort find grep cat mkdir cmp awk chmod".split()
STUBS = "ld python3 musl-gcc grub-mkrescue xorriso mformat qemu-system-x86_64 busybox".split()
TARGETS = "kernel run iso guest module debug bench".split()
# A compiler that knows where its headers are, writes its command line down and compiles nothing.
GCC = '''#!/bin/bash
if [ "$1" = -print-file-name=include ]; then echo /headers/of/gcc; exit; fi
echo "$*" >>"{log}"
exit 1
'''


class FreshMachine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin, self.log = folder.name, os.path.join(folder.name, "log")
        for name in REAL:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        for name in STUBS + ["apt-cache"]:
            self.command(name, "exit 0")
        self.command("id", "echo 0")
        gcc = os.path.join(self.bin, "gcc")
        self.command("apt-get", f"cat >{gcc} <<'END'\n{GCC.format(log=self.log)}END\nchmod 755 {gcc}")

    def command(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/bash\n{body}\n")
        os.chmod(path, 0o755)

    def make(self, *words):
        environment = {"PATH": self.bin, "BUSYBOX": os.path.join(self.bin, "busybox")}
        return subprocess.run([os.path.join(self.bin, "make"), f"O={self.bin}/build", *words], cwd=TOP, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)

    def check_first_compilation(self, target):
        done = self.make("-j4", "-k", target, "SCRIPT=/dev/null", "SRC=foo.c")
        self.assertNotEqual(done.returncode, 0, "this compiler cannot compile")
        with open(self.log, encoding="utf-8") as file:
            commands = file.read().splitlines()
        self.assertIn(" -isystem /headers/of/gcc -Iinclude ", commands[0], done.stdout)

    def test_help_needs_no_tools(self):
        done = self.make("help")
        self.assertEqual(done.returncode, 0, done.stdout)
        for target in TARGETS:
            self.assertRegex(done.stdout, rf"(?m)^  {target}  +\S")
        self.assertNotIn("not found", done.stdout)


def make_test(target):
    def test(self):
        self.check_first_compilation(target)
    return test


for name in TARGETS:
    setattr(FreshMachine, f"test_make_{name}_compiles_after_setup", make_test(name))

if __name__ == "__main__":
    unittest.main()
