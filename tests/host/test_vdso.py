# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/vdso.py: an image of the vDSO that is not complete is refused."""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "tools", "vdso.py")
SCRIPT = os.path.join(TOP, "user", "vdso", "vdso.lds")
SOURCE = os.path.join(TOP, "user", "vdso", "vdso.c")


class Image(unittest.TestCase):
    def check(self, more="", source=None, script=None):
        """The status and the words of the tool for an image of vdso.c and the text `more`."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "vdso")
        with open(source or SOURCE, encoding="utf-8") as file:
            text = file.read()
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(text + more)
        with open(SCRIPT, encoding="utf-8") as file:
            lds = file.read()
        with open(path + ".lds", "w", encoding="utf-8") as file:
            file.write(script(lds) if script else lds)
        subprocess.run(["gcc", "-O2", "-fPIC", "-ffreestanding", "-mgeneral-regs-only", "-fno-stack-protector", "-fcf-protection=none",
                        "-I", os.path.join(TOP, "include"), "-c", path + ".c", "-o", path + ".o"], check=True, capture_output=True)
        subprocess.run(["ld", "-shared", "-nostdlib", "--hash-style=both", "--eh-frame-hdr", "-T", path + ".lds", path + ".o", "-o", path + ".so"],
                       check=True, capture_output=True)
        run = subprocess.run([sys.executable, TOOL, path + ".so", path + ".h"], capture_output=True, text=True, check=False)
        self.assertEqual(os.path.exists(path + ".h"), run.returncode == 0)
        return run.returncode, run.stderr

    def test_the_image_is_complete(self):
        self.assertEqual(self.check(), (0, ""))

    def test_a_call_of_other_code_is_refused(self):
        status, words = self.check("\nextern int other(void);\nint call_other(void);\nint call_other(void) { return other(); }\n",
                                   script=lambda lds: lds.replace("*(.got*) *(.plt*) *(.rela*)", "").replace("local: *;", "call_other; local: *;"))
        self.assertEqual(status, 1)
        self.assertIn("other is undefined", words)

    def test_data_is_refused(self):
        status, words = self.check("\nint counter = 1;\n", script=lambda lds: lds.replace("*(.data*)", "").replace("\t. = ALIGN(16);",
                                                                                                          "\t.data : { *(.data*) } :text\n\t. = ALIGN(16);"))
        self.assertEqual(status, 1)
        self.assertIn("section .data is written", words)

    def test_a_missing_function_is_named(self):
        status, words = self.check(script=lambda lds: lds.replace("getcpu; __vdso_getcpu;", ""))
        self.assertEqual(status, 1)
        self.assertIn("there is no function __vdso_getcpu", words)
        with tempfile.NamedTemporaryFile("w", suffix=".c") as less:
            with open(SOURCE, encoding="utf-8") as file:
                less.write(file.read().replace("ALSO(getcpu);", ""))
            less.flush()
            status, words = self.check(source=less.name)
        self.assertEqual(status, 1)
        self.assertIn("there is no function getcpu", words)

    def test_a_large_image_is_refused(self):
        status, words = self.check("\nconst char table[9000] = { 1 };\n", script=lambda lds: lds.replace("local: *;", "table; local: *;"))
        self.assertEqual(status, 1)
        self.assertIn("more than 2 pages", words)


if __name__ == "__main__":
    unittest.main()
