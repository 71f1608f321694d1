# SPDX-License-Identifier: GPL-2.0-or-later
"""References by KLP_RELOC_SYMBOL() become livepatch relocations; a file without such references does not change."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)
sys.dont_write_bytecode = True

import elf          # noqa: E402
import klprelocs    # noqa: E402

MACRO = r'''
#define LATE(obj, owner, sym, pos) __asm__("\".klp.sym.rela." #obj "." #owner "." #sym "," #pos "\"")
'''
SOURCE = MACRO + r'''
extern int ordinary(int);
extern int helper(int) LATE(target, target, helper, 0);
extern int counter LATE(target, target, counter, 2);
extern int other(void) LATE(target, below, other, 0);
extern int kernel_function(void) LATE(vmlinux, vmlinux, kernel_function, 1);
int (*pointer)(int) = helper;
int use(int x) { return ordinary(helper(x)) + counter + other() + kernel_function(); }
'''


class Convert(unittest.TestCase):
    def build(self, source):
        path = os.path.join(self.folder.name, "x.o")
        subprocess.run(["gcc", "-O2", "-fno-pic", "-mcmodel=kernel", "-fno-asynchronous-unwind-tables", "-xc", "-c",
                        "-", "-o", path], input=source, text=True, check=True)
        return path

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def relocations(self, image):
        """{section: [(symbol, offset, type, addend)]}"""
        out = {}
        for section in image.sections:
            if section.type == elf.SHT_RELA:
                for offset, info, addend in struct.iter_unpack("<QQq", image.bytes(section)):
                    out.setdefault(section.name, []).append(
                        (image.symbols[info >> 32].name, offset, info & 0xFFFFFFFF, addend))
        return out

    def test_relocations_move_to_their_objects(self):
        path = self.build(SOURCE)
        before = self.relocations(elf.Elf(path))
        self.assertTrue(klprelocs.convert(path))
        image = elf.Elf(path)
        after = self.relocations(image)
        self.assertEqual([entry[0] for entry in after[".rela.text"]], ["ordinary"])
        self.assertEqual(sorted(entry[0] for entry in after[".klp.rela.target..text"]),
                         [".klp.sym.below.other,0", ".klp.sym.target.counter,2", ".klp.sym.target.helper,0"])
        self.assertEqual([entry[0] for entry in after[".klp.rela.vmlinux..text"]],
                         [".klp.sym.vmlinux.kernel_function,1"])
        self.assertEqual([entry[0] for entry in after[".klp.rela.target..data"]], [".klp.sym.target.helper,0"])
        self.assertEqual(sorted(entry[1:] for entries in before.values() for entry in entries),
                         sorted(entry[1:] for entries in after.values() for entry in entries))
        for section in image.sections:
            if section.name.startswith(".klp.rela."):
                self.assertTrue(section.flags & klprelocs.SHF_RELA_LIVEPATCH and section.flags & elf.SHF_ALLOC)
                self.assertEqual(image.sections[section.info].name,
                                 section.name.split(".", 4)[4])
        for symbol in image.symbols:
            self.assertEqual(symbol.name.startswith(".klp.sym."), symbol.shndx == klprelocs.SHN_LIVEPATCH, symbol)

    def test_file_is_well_formed_for_other_tools(self):
        path = self.build(SOURCE)
        klprelocs.convert(path)
        text = subprocess.run(["readelf", "-aW", path], capture_output=True, text=True, check=True)
        self.assertEqual(text.stderr, "")

    def test_file_without_marks_is_not_touched(self):
        path = self.build("extern int f(void); int g(void) { return f(); }")
        with open(path, "rb") as file:
            before = file.read()
        self.assertFalse(klprelocs.convert(path))
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_wrong_marks_are_refused_with_their_name(self):
        for declaration, word in (
                ("extern int f(void) LATE(target, vmlinux, f, 0);", "vmlinux"),
                ("extern int f(void) LATE(vmlinux, target, f, 0);", "target"),
                ("extern int f(void) LATE(target, target, f, x);", "KLP_RELOC_SYMBOL"),
                (f"extern int f(void) LATE({'t' * 56}, target, f, 0);", "KLP_RELOC_SYMBOL")):
            path = self.build(MACRO + declaration + "int g(void) { return f(); }")
            with self.assertRaisesRegex(klprelocs.RelocationError, word):
                klprelocs.convert(path)


if __name__ == "__main__":
    unittest.main()
