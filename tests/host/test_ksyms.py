# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbol table survives encoding, and symbols that no live patch can name are refused."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import ksyms  # noqa: E402

BASE = ksyms.BASE


def symbol(address, name, size=16, letter="T", local=False, init=False):
    return (BASE + address, name, size, letter, local, init)


class Table(unittest.TestCase):
    def test_round_trip(self):
        symbols = [symbol(0x1000, "start"), symbol(0x1010, "helper", local=True), symbol(0x2000, "table", 8, "R"),
                   symbol(0x3000, "table", 4, "D", local=True), symbol(0x4000, "boot_only", init=True)]
        self.assertEqual(ksyms.decode(ksyms.encode(symbols)),
                         [(BASE + 0x1000, "start", 16, "T"), (BASE + 0x1010, "helper", 16, "t"),
                          (BASE + 0x2000, "table", 8, "R"), (BASE + 0x3000, "table", 4, "d"),
                          (BASE + 0x4000, "boot_only", 16, "T")])

    def test_the_order_by_name_is_checked(self):
        blob = bytearray(ksyms.encode([symbol(0x1000, "b"), symbol(0x1010, "a"), symbol(0x2000, "a", 8, "D")]))
        at = ksyms.HEADER.size + 3 * ksyms.ENTRY.size
        self.assertEqual(blob[at:at + 12], bytes([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]))
        blob[at], blob[at + 4] = 2, 1
        with self.assertRaises(SystemExit):
            ksyms.decode(bytes(blob))

    def test_damaged_table_is_refused(self):
        with self.assertRaises(SystemExit):
            list(ksyms.decode(b"\0" * 64))


class Complaints(unittest.TestCase):
    def complains(self, symbols, words):
        complaints = list(ksyms.check(symbols))
        self.assertEqual(len(complaints), 1, complaints)
        self.assertIn(words, complaints[0])

    def test_unique_names_are_fine(self):
        self.assertEqual(list(ksyms.check([symbol(0, "a"), symbol(16, "b")])), [])

    def test_two_functions_of_one_name(self):
        self.complains([symbol(0, "init", local=True), symbol(16, "init", local=True)], "init is defined 2 times")

    def test_two_objects_of_one_name_are_fine(self):
        self.assertEqual(list(ksyms.check([symbol(0, "lock", 4, "B"), symbol(16, "lock", 4, "B")])), [])

    def test_split_and_specialised_functions(self):
        for suffix in (".cold", ".part.0", ".isra.0", ".constprop.3"):
            self.complains([symbol(0, "read" + suffix)], "compiler")

    def test_function_without_size(self):
        self.complains([symbol(0, "entry", 0)], "no size")


if __name__ == "__main__":
    unittest.main()
