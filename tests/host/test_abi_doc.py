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


def defined_calls():
    defined = set()
    for folder in ("kernel", "arch", "livepatch"):
        for path in glob.glob(os.path.join(TOP, folder, "**", "*.c"), recursive=True):
            defined.update(re.findall(r"^SYSCALL_DEFINE\d\((\w+)", read(path), re.M))
    return defined


def documented_calls():
    return set(re.findall(r"`(\w+)`", read("docs/abi.md").split("## Missing")[0].split("\n## ", 1)[1]))


class AbiDoc(unittest.TestCase):
    def test_lists_what_the_code_defines(self):
        defined, documented = defined_calls(), documented_calls()
        self.assertGreater(len(defined), 150)
        self.assertEqual(sorted(defined - documented), [], "defined, but not in docs/abi.md")
        self.assertEqual(sorted(documented - defined), [], "in docs/abi.md, but not defined")

    def test_every_call_has_a_number(self):
        numbers = read("include/uapi/syscall_nr.h")
        for name in documented_calls():
            self.assertRegex(numbers, rf"#define __NR_{name} \d+")

    def test_lists_what_is_missing(self):
        numbers = set(re.findall(r"#define __NR_(\w+) \d+", read("include/uapi/syscall_nr.h")))
        table = read("docs/abi.md").split("## Missing")[1].split("\n## ")[0]
        listed = [name for row in re.findall(r"^\|.*\| (`.*) \|$", table, re.M)
                  for name in re.findall(r"`(\w+)`", row)]
        self.assertEqual(len(listed), len(set(listed)), "a call is listed twice")
        missing = numbers - defined_calls()
        self.assertEqual(sorted(missing - set(listed)), [], "not defined, and not listed as missing")
        self.assertEqual(sorted(set(listed) - missing), [], "listed as missing, but defined or without a number")


if __name__ == "__main__":
    unittest.main()
