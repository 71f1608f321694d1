# SPDX-License-Identifier: GPL-2.0-or-later
"""The module tool understands Kbuild files in the form of Linux's samples."""

import hashlib
import importlib.machinery
import importlib.util
import os
import struct
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)
loader = importlib.machinery.SourceFileLoader("module_tool", os.path.join(TOOLS, "module"))
module_tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("module_tool", loader))
sys.dont_write_bytecode = True
loader.exec_module(module_tool)
import moduleseal    # noqa: E402


class Kbuild(unittest.TestCase):
    def plan(self, text, name="Kbuild", files=()):
        with tempfile.TemporaryDirectory() as folder:
            for file, contents in [(name, text), *((f, "") for f in files)]:
                with open(os.path.join(folder, file), "w", encoding="utf-8") as target:
                    target.write(contents)
            modules, extra = module_tool.kbuild_modules(folder)
            return {n: [os.path.relpath(s, folder) for s in sources] for n, sources in modules.items()}, extra

    def test_one_source_each(self):
        self.assertEqual(self.plan("obj-m := foo.o bar.o\n")[0], {"foo": ["foo.c"], "bar": ["bar.c"]})

    def test_several_sources(self):
        self.assertEqual(self.plan("obj-m += foo.o\nfoo-y := main.o \\\n\tpart.o\n")[0], {"foo": ["main.c", "part.c"]})
        self.assertEqual(self.plan("obj-m += foo.o\nfoo-objs := a.o\nfoo-objs += b.o\n")[0], {"foo": ["a.c", "b.c"]})

    def test_configured_samples(self):
        self.assertEqual(self.plan("obj-$(CONFIG_SAMPLE_LIVEPATCH) += livepatch-sample.o\n", "Makefile")[0],
                         {"livepatch-sample": ["livepatch-sample.c"]})

    def test_flags(self):
        self.assertEqual(self.plan("obj-m := foo.o\nccflags-y := -DX -DY=1\n")[1], ["-DX", "-DY=1"])

    def test_folder_without_kbuild(self):
        self.assertEqual(self.plan("", "README", ["b.c", "a.c", "a.h"])[0], {"a": ["a.c"], "b": ["b.c"]})

    def test_nothing_to_build(self):
        with self.assertRaises(module_tool.BuildError):
            self.plan("all:\n\techo\n", "Makefile")


class Seal(unittest.TestCase):
    def test_a_module_ends_with_its_digest_once(self):
        source = "extern int f(void); int (*p)(void) = f; int g(void) { return f() + p(); }\n"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.o")
            subprocess.run(["gcc", "-O2", "-g", "-fno-pic", "-fno-asynchronous-unwind-tables", "-xc", "-c", "-", "-o", path],
                           input=source, text=True, check=True)
            with open(path, "rb") as file:
                plain = file.read()
            for _ in range(2):
                moduleseal.seal(path)
            with open(path, "rb") as file:
                sealed = file.read()
            self.assertEqual(moduleseal.body(sealed), plain)
            self.assertEqual(sealed[-24:], b"Neurath module digest 1\n")
            self.assertEqual(sealed[-56:-24], hashlib.sha256(sealed[:-64] + bytes(8)).digest())
            # f and p in g, and f in p; relocations of the debug information are not loaded.
            self.assertEqual(struct.unpack("<I", sealed[-68:-64]), (3,))
            self.assertNotEqual(sealed[-64:-56], bytes(8))


if __name__ == "__main__":
    unittest.main()
