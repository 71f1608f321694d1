# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools with which kpatch builds its patches build a patch of a module of ours, in the steps of
docs/other-tools.md. The edit changes strings and two static variables with the same name. A guest loads and unloads the
patch."""

import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TOP, "tools")]
import elf          # noqa: E402
import moduleseal   # noqa: E402
import vm           # noqa: E402

BUILD = os.path.abspath(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build", "debug")))
KPATCH = os.path.join(TOP, "build", "packages", "kpatch-build")
HOOK = os.path.join(TESTS, "patches", "kpatch")
SOURCE = os.path.join(TESTS, "modules", "edit_target.c")
EDITS = (("good morning", "good evening"), ('"first: %d\\n", ++calls', '"first: %d\\n", ++calls + 100'),
         ('"second: %d\\n", ++calls', '"second: %d\\n", ++calls + 1000'))
NOP = bytes.fromhex("0f1f440000")
GUEST = """\
look() { for line in $(head -3 /proc/edit | tr ' ' _); do echo "LOOK $1 $line"; done; }
insmod /host/target.ko
look before
insmod /host/fix.ko
while grep -q 1 /sys/kernel/livepatch/fix/transition; do usleep 10000; done
look patched
echo 0 >/sys/kernel/livepatch/fix/enabled
until rmmod fix 2>/dev/null; do usleep 10000; done
look back
exit 0
"""


def calls_to_nops(path):
    """Replaces calls of __fentry__ by the NOP of an entry slot, and their relocations by empty ones."""
    image = elf.Elf(path)
    data = bytearray(image.data)
    for section in (s for s in image.sections if s.type == elf.SHT_RELA):
        for number, (place, info, _) in enumerate(struct.iter_unpack("<QQq", image.bytes(section))):
            if image.symbols[info >> 32].name == "__fentry__":
                at = image.sections[section.info].offset + place - 1
                data[at:at + 5] = NOP
                struct.pack_into("<QQq", data, section.offset + 24 * number, place, 0, 0)
    with open(path, "wb") as file:
        file.write(data)


class KpatchBuild(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not all(os.path.exists(os.path.join(KPATCH, tool)) for tool in ("create-diff-object", "create-klp-module")):
            raise unittest.SkipTest("tools/setup could not fetch kpatch-build")
        cls.folder = tempfile.mkdtemp(prefix="neurath-kpatch-build-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        subprocess.run([os.path.join(TOP, "tools", "setup"), "--tests"], cwd=TOP, check=True, stdout=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_tool(self, *command):
        run = subprocess.run(command, cwd=self.folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(run.returncode, 0, run.stdout)
        return run.stdout

    def compile(self, text, target):
        """Compiles both versions under one file name, because the code of each warning contains the name."""
        with open(self.path("edit_target.c"), "w", encoding="utf-8") as file:
            file.write(text)
        with open(os.path.join(BUILD, "flags.MODULE_FLAGS"), encoding="utf-8") as file:
            command = [word for word in shlex.split(file.read()) if word != "-mnop-mcount"]
        subprocess.run(command + ['-DKBUILD_MODNAME="edit_target"', "-c", self.path("edit_target.c"), "-o", self.path(target)],
                       cwd=TOP, check=True)

    def write_symbols(self):
        ours = os.path.join(BUILD, "modules", "edit_target.ko")
        with open(self.path("symtab"), "w", encoding="utf-8") as file:
            file.write(self.run_tool("readelf", "-sW", ours + ".debug"))
        exports = sorted({s.name.removeprefix("__export_") for s in elf.Elf(os.path.join(BUILD, "neurath.elf")).symbols
                          if s.name.startswith("__export_")})
        with open(self.path("Module.symvers"), "w", encoding="utf-8") as file:
            file.writelines(f"0x00000000\t{name}\tvmlinux\tEXPORT_SYMBOL\t\n" for name in exports)
        shutil.copyfile(ours, self.path("target.ko"))

    def make(self):
        """Makes the patch; returns the output of create-diff-object."""
        with open(SOURCE, encoding="utf-8") as file:
            text = file.read()
        os.mkdir(self.path("before"))
        os.mkdir(self.path("after"))
        self.compile(text, "before/edit_target.o")
        for old, new in EDITS:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.compile(text, "after/edit_target.o")
        self.write_symbols()
        said = self.run_tool(os.path.join(KPATCH, "create-diff-object"), "before/edit_target.o", "after/edit_target.o", "edit_target",
                             "symtab", "Module.symvers", "fix", "changed.o")
        calls_to_nops(self.path("changed.o"))
        self.run_tool("objcopy", "--strip-symbol=__fentry__", "changed.o")
        self.run_tool(sys.executable, os.path.join(TOP, "tools", "module"), "--build", BUILD, "--out", self.path("linked"), "--name", "fix",
                      "--checks", "off", os.path.join(HOOK, "begin.c"), os.path.join(HOOK, "hook.c"), self.path("changed.o"),
                      os.path.join(HOOK, "end.c"))
        self.run_tool(os.path.join(KPATCH, "create-klp-module"), "linked/fix.ko", "fix.ko")
        moduleseal.seal(self.path("fix.ko"))
        return said

    def test_a_patch_of_a_module(self):
        said = self.make()
        self.assertEqual(sorted(re.findall(r"changed function: (\w+)", said)), ["edit_first", "edit_second", "edit_text"])
        run = vm.Script(os.path.join(BUILD, "test.iso"), vm.Config(2), GUEST, share=self.folder)
        self.addCleanup(run.close)
        lines = list(run)
        looks = [tuple(line.split()[1:]) for line in lines if line.startswith("LOOK ")]
        self.assertEqual(looks, [
            ("before", "text:_good_morning"), ("before", "first:_1"), ("before", "second:_1"),
            ("patched", "text:_good_evening"), ("patched", "first:_102"), ("patched", "second:_1002"),
            ("back", "text:_good_morning"), ("back", "first:_3"), ("back", "second:_3")], "\n".join(lines[-30:]))


if __name__ == "__main__":
    unittest.main()
