#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vdso.py - checks the image of the vDSO, and makes it a C array for the kernel.

    tools/vdso.py vdso.so vdso_image.h

The image is mapped as it is, so it must be complete: no relocations, no section that is written, all functions of Linux's image,
and at most PAGES_MAX pages.
"""

import os
import sys

import elf

PAGE, PAGES_MAX = 4096, 2
FUNCTIONS = ("clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu")


def problems(image):
    """What is wrong with the image, as a list of sentences."""
    found = [f"section {s.name} holds relocations" for s in image.sections if s.type == elf.SHT_RELA and s.size]
    found += [f"section {s.name} is written" for s in image.sections if s.flags & elf.SHF_WRITE and s.name != ".dynamic"]
    exported = {s.name for s in image.symbols if s.shndx != elf.SHN_UNDEF and s.bind != elf.STB_LOCAL}
    found += [f"{name} is undefined" for name in sorted({s.name for s in image.symbols if s.shndx == elf.SHN_UNDEF and s.name})]
    found += [f"there is no function {name}" for f in FUNCTIONS for name in (f, "__vdso_" + f) if name not in exported]
    if len(image.data) > PAGES_MAX * PAGE:
        found.append(f"{len(image.data)} bytes are more than {PAGES_MAX} pages")
    return found


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    image = elf.Elf(sys.argv[1])
    wrong = problems(image)
    if wrong:
        sys.exit("\n".join(f"{sys.argv[1]}: {problem}" for problem in wrong))
    with open(sys.argv[2] + ".new", "w") as out:
        out.write("/* Made by tools/vdso.py. */\nconst unsigned char vdso_image[] = {\n")
        for at in range(0, len(image.data), 16):
            out.write("\t" + ", ".join(f"{byte:#04x}" for byte in image.data[at:at + 16]) + ",\n")
        out.write("};\n")
    os.replace(sys.argv[2] + ".new", sys.argv[2])


if __name__ == "__main__":
    main()
