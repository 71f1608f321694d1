#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""damage.py - makes one relocation of a patch wrong, and tests if the loader or the check of the patch finds it.

    tests/patches/damage.py [--build build/debug] [--count 40] [--seed 1] [--only NAME,...]

Patches are made from the diffs of this folder. In each damaged copy, one relocation has another addend, symbol or type.
The file is sealed again, so that its digest does not show the damage. The patch is loaded in a guest. The commands
`after:` and `before:` of its diff decide whether the patch works and can be disabled. The results are:

    refused     the loader or klp_enable_patch() refuses the patch
    caught      the patch is loaded, and does not do what the diff says, or the kernel reports a fault
    survived    no check finds the damage: the damage is listed with its place and must be explained

A guest that has loaded a damaged patch is not used again. The exit status is 0, or 1 if a damage survived.
"""

import argparse
import collections
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path[:0] = [os.path.join(TOP, "tools"), os.path.join(TESTS, "lib"), os.path.join(TESTS, "system")]
sys.dont_write_bytecode = True

import elf                  # noqa: E402
import moduleseal           # noqa: E402
import vm                   # noqa: E402
import test_patches         # noqa: E402

# Diffs whose checks test everything that the patch does.
PATCHES = ("string", "new-function", "new-global", "static-kept", "static-new", "static-shared", "constant-table", "jump-table",
           "inlined", "chain-module")
R_64, R_PC32, R_PLT32, R_32, R_32S = 1, 2, 4, 10, 11
OTHER_TYPE = {R_64: R_PC32, R_PC32: R_32S, R_PLT32: R_32S, R_32: R_PC32, R_32S: R_PC32}
SIGNS = ("WARNING:", "BUG:", "Kernel panic", "Oops", "Unable to handle", "refused")

Damage = collections.namedtuple("Damage", "patch section offset what data")


def relocations(image):
    """(section of relocations, offset of the entry in the file, place, type, symbol, addend) of all that is applied."""
    for section in image.sections:
        if section.type != elf.SHT_RELA or not image.sections[section.info].flags & elf.SHF_ALLOC:
            continue
        for number, (place, info, addend) in enumerate(struct.iter_unpack("<QQq", image.bytes(section))):
            yield section, section.offset + 24 * number, place, info & 0xFFFFFFFF, info >> 32, addend


def ways(image, kind, symbol, addend):
    """[(what, type, symbol, addend)]: the possible damages of one relocation."""
    found = [(f"addend {addend:+d} -> {addend + step:+d}", kind, symbol, addend + step) for step in (8, -8)]
    others = [i for i, s in enumerate(image.symbols) if i and i != symbol and s.shndx and (s.name or s.type == elf.STT_SECTION)
              and (s.shndx == 0xFF20) == (image.symbols[symbol].shndx == 0xFF20)]
    name = lambda i: image.symbols[i].name or image.sections[image.symbols[i].shndx].name      # noqa: E731
    if others:
        other = min(others, key=lambda i: abs(i - symbol))
        found.append((f"{name(symbol)} -> {name(other)}", kind, other, addend))
    if kind in OTHER_TYPE:
        found.append((f"type {kind} -> {OTHER_TYPE[kind]}", OTHER_TYPE[kind], symbol, addend))
    return found


def damages(name, path):
    image = elf.Elf(path)
    for section, at, place, kind, symbol, addend in relocations(image):
        for what, *entry in ways(image, kind, symbol, addend):
            data = struct.pack("<QQq", place, entry[1] << 32 | entry[0], entry[2])
            yield Damage(name, section.name, place, what, (at, data))


def write(source, target, damage):
    shutil.copyfile(source, target)
    at, data = damage.data
    with open(target, "r+b") as file:
        file.seek(at)
        file.write(data)
    moduleseal.seal(target)


def script(number, name, head):
    """The guest's commands for one damage: the test of the patch, with a line of output for each result."""
    patch = name.replace("-", "_")
    module = ["insmod /host/target.ko"] if "module" in head else []
    return module + [
        f"(eval '{head['before']}')",
        f"echo DAMAGE {number} begins",
        f"if insmod /host/{number}.ko; then settle {patch}",
        f"  if (eval '{head['after']}'); then echo DAMAGE {number} works; else echo DAMAGE {number} caught; fi",
        f"  echo 0 > /sys/kernel/livepatch/{patch}/enabled; until rmmod {patch} 2>/dev/null; do usleep 10000; done",
        f"  if (eval '{head['before']}'); then echo DAMAGE {number} goes; else echo DAMAGE {number} caught; fi",
        "  exit 0",
        f"else echo DAMAGE {number} refused; fi"] + (["rmmod edit_target"] if module else [])


class Campaign:
    """Boots guests. Each guest tries one damage after the other, until it has loaded a damaged patch."""

    def __init__(self, build, folder, chosen):
        self.iso, self.folder, self.chosen = os.path.join(build, "test.iso"), folder, chosen
        self.found = {}

    def run(self, report):
        while len(self.found) < len(self.chosen):
            self.boot()
            for number in sorted(self.found):
                report(number)

    def boot(self):
        left = [number for number in range(len(self.chosen)) if number not in self.found]
        lines = [test_patches.GUEST]
        for number in left:
            head = test_patches.head_of(os.path.join(TESTS, "patches", self.chosen[number].patch + ".diff"))
            lines += script(number, self.chosen[number].patch, head)
        guest = vm.Script(self.iso, vm.Config(2), "\n".join(lines) + "\nexit 0\n", share=self.folder, computing=30)
        current, said = None, []
        try:
            for line in guest:
                words = line.split()
                if words[:1] == ["DAMAGE"]:
                    current = int(words[1])
                    said = [] if words[2] == "begins" else said + [words[2]]
                    if words[2] == "refused":
                        self.found[current], current = "refused", None
                elif current is not None and any(sign in line for sign in SIGNS):
                    said.append("caught")
        finally:
            guest.close()
        if current is not None:
            self.found[current] = "survived" if said == ["works", "goes"] else "caught"
        elif not any(number in self.found for number in left):
            raise RuntimeError(f"the guest said nothing: {guest.error} {guest.hung}")


def make_patches(build, folder, names):
    """{name: file} of the undamaged patches."""
    found = {}
    for name in names:
        head = test_patches.head_of(os.path.join(TESTS, "patches", name + ".diff"))
        command = [sys.executable, "tools/klp-build", "--json", "--build", build, "--out", folder, f"tests/patches/{name}.diff"]
        command += ["--module", head["module"]] if "module" in head else []
        subprocess.run(command, cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        found[name] = os.path.join(folder, name.replace("-", "_") + ".ko")
    return found


def choose(files, count, seed):
    """Chooses @count damages at random, the same number of each patch."""
    chance = random.Random(seed)
    pools = [chance.sample(pool, len(pool)) for pool in (list(damages(name, path)) for name, path in files.items())]
    return [pool[i] for i in range(count) for pool in pools if i < len(pool)][:count]


def campaign(build, count, seed, names=PATCHES, report=lambda damage, result: None):
    """Runs the damages in guests. Returns [(Damage, result)]."""
    with tempfile.TemporaryDirectory(prefix="neurath-damage-") as folder:
        os.chmod(folder, 0o755)
        files = make_patches(build, folder, names)
        shutil.copyfile(os.path.join(build, "modules", "edit_target.ko"), os.path.join(folder, "target.ko"))
        chosen = choose(files, count, seed)
        for number, damage in enumerate(chosen):
            write(files[damage.patch], os.path.join(folder, f"{number}.ko"), damage)
        run, told = Campaign(build, folder, chosen), set()

        def tell(number):
            if number not in told:
                told.add(number)
                report(chosen[number], run.found[number])
        run.run(tell)
        return [(chosen[number], result) for number, result in sorted(run.found.items())]


def text(damage, result):
    return f"{result:9} {damage.patch}: {damage.section}+{damage.offset:#x}: {damage.what}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/debug", help="folder of the kernel and test.iso (default: %(default)s)")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="names of diffs, with commas")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else PATCHES
    results = campaign(os.path.abspath(options.build), options.count, options.seed, names,
                       lambda damage, result: print(text(damage, result), flush=True))
    counts = collections.Counter(result for _, result in results)
    print(f"{len(results)} damages: {counts['refused']} refused, {counts['caught']} caught, {counts['survived']} survived")
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
