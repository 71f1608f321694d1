# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/abi.md lists exactly the system calls that the kernel defines."""

import glob
import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


class AbiDoc(unittest.TestCase):
    def test_lists_what_the_code_defines(self):
        defined = set()
        for folder in ("kernel", "arch", "livepatch"):
            for path in glob.glob(os.path.join(TOP, folder, "**", "*.c"), recursive=True):
                defined.update(re.findall(r"^SYSCALL_DEFINE\d\((\w+)", read(path), re.M))
        lists = read("docs/abi.md").split("## Deviations")[0].split("\n## ", 1)[1]
        documented = {name for name in re.findall(r"`(\w+)`", lists)}
        self.assertGreater(len(defined), 150)
        self.assertEqual(sorted(defined - documented), [], "defined, but not in docs/abi.md")
        self.assertEqual(sorted(documented - defined), [], "in docs/abi.md, but not defined")

    def test_every_call_has_a_number(self):
        numbers = read("include/uapi/syscall_nr.h")
        lists = read("docs/abi.md").split("## Deviations")[0].split("\n## ", 1)[1]
        for name in re.findall(r"`(\w+)`", lists):
            self.assertRegex(numbers, rf"#define __NR_{name} \d+")


if __name__ == "__main__":
    unittest.main()
