# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/lines.py finds the source line of each place that the kernel's log names, and changes nothing else on the
console; tools/qemu turns a key into a SysRq."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
import lines  # noqa: E402

SOURCE = """\
static inline __attribute__((always_inline)) int inner(int *p)
{
	return *p + 1;
}

__attribute__((noinline)) void callee(int *p)
{
	__asm__ volatile("" : : "r"(inner(p)));
}

__attribute__((noinline)) void caller(int *p)
{
	callee(p);
	*p = 1;
}

void _start(void) { caller((int *)8); }
"""
STAMP = "[    1.234567] "


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(TOP, "tools", name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Places(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        folder = cls.scratch.name
        os.mkdir(os.path.join(folder, "modules"))
        with open(os.path.join(folder, "a.c"), "w", encoding="utf-8") as file:
            file.write(SOURCE)
        flags = ["gcc", "-O1", "-g", "-fno-pie", "-no-pie", "-fno-asynchronous-unwind-tables", "-fcf-protection=none"]
        for words in (["-nostdlib", "-static", "a.c", "-o", "neurath.elf"], ["-c", "a.c", "-o", "modules/my-mod.ko"]):
            subprocess.run(flags + words, check=True, cwd=folder)
        cls.decoder = lines.Decoder(folder)

    @classmethod
    def tearDownClass(cls):
        cls.decoder.close()
        cls.scratch.cleanup()

    def symbol(self, name, module=""):
        size = next(s for n, s in self.decoder.image(module or None).functions if n == name)
        return size, f" [{module}]" if module else ""

    def decode(self, text):
        return self.decoder.feed(f"{STAMP}{text}\r\n".encode()).decode()

    def test_a_return_address_belongs_to_its_call(self):
        for module in ("", "my_mod"):
            size, of = self.symbol("caller", module)
            self.assertRegex(self.decode(f"  caller+0x5/0x{size:x}{of}"), r"a\.c:13\)\r\n")

    def test_an_instruction_has_its_own_line(self):
        for module in ("", "my_mod"):
            size, of = self.symbol("caller", module)
            self.assertRegex(self.decode(f"RIP: 0010:caller+0x0/0x{size:x}{of}  EFLAGS: 2"), r"a\.c:1[123]\)\r\n")

    def test_the_caller_of_an_inlined_function_is_named(self):
        size, _ = self.symbol("callee")
        self.assertRegex(self.decode(f"RIP: 0010:callee+0x0/0x{size:x}"), r"a\.c:3 < .*a\.c:8\)")

    def test_unknown_places_stay_as_they_are(self):
        size, _ = self.symbol("caller")
        for text in (f"  caller+0x5/0x{size + 1:x}", f"  caller+0x5/0x{size:x} [other]", "  nobody+0x5/0x10", "0xffffffff80000000"):
            self.assertEqual(self.decode(text), f"{STAMP}{text}\r\n")

    def test_only_the_log_is_changed(self):
        size, _ = self.symbol("caller")
        text = f"caller+0x5/0x{size:x}\r\n".encode()
        self.assertEqual(self.decoder.feed(text), text)

    def test_pieces_of_a_line_are_passed_on_at_once(self):
        self.addCleanup(self.decoder.feed, b"\n")       # ends the last line, which has no end here
        size, _ = self.symbol("caller")
        line = f"$ {STAMP}\r\n{STAMP}  caller+0x5/0x{size:x}\r\n$ ".encode()
        pieces = [self.decoder.feed(line[i:i + 1]) for i in range(len(line))]
        for i, piece in enumerate(pieces):
            self.assertTrue(piece.endswith(line[i:i + 1]), i)
        self.assertRegex(b"".join(pieces), rb"a\.c:13\)\r?\r?\n\$ $")


class Keys(unittest.TestCase):
    def typed(self, *pieces):
        keys = load("qemu").Keys()
        return b"".join(keys.feed(piece) for piece in pieces)

    def test_a_letter_after_the_key_becomes_a_break_and_the_letter(self):
        self.assertEqual(self.typed(b"ls\r\x1ct", b"x"), b"ls\r\x01btx")
        self.assertEqual(self.typed(b"\x1c", b"9"), b"\x01b9")

    def test_the_key_typed_twice_sends_the_key(self):
        self.assertEqual(self.typed(b"\x1c\x1ca"), b"\x1ca")

    def test_another_key_loses_nothing(self):
        self.assertEqual(self.typed(b"\x1c\r"), b"\x1c\r")


if __name__ == "__main__":
    unittest.main()
