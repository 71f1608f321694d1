#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sortslots.py KERNEL.elf - sorts the table of entry slots (__mcount_loc) of a linked kernel in place: livepatch/slots.c searches in it.

The compiler writes the table file by file and section by section, and addresses are known only after the last link.
"""

import struct
import sys

import elf


def main():
    image = elf.Elf(sys.argv[1])
    at = {symbol.name: symbol for symbol in image.symbols if symbol.name in ("__start_mcount_loc", "__stop_mcount_loc")}
    start, stop = at["__start_mcount_loc"], at["__stop_mcount_loc"]
    section = image.sections[start.shndx]
    offset, size = section.offset + start.value - section.addr, stop.value - start.value
    slots = sorted(struct.unpack_from(f"<{size // 8}Q", image.data, offset))
    if len(set(slots)) != len(slots):
        raise elf.ElfError(f"{image.path}: a slot is listed twice")
    with open(image.path, "r+b") as file:
        file.seek(offset)
        file.write(struct.pack(f"<{len(slots)}Q", *slots))


if __name__ == "__main__":
    main()
