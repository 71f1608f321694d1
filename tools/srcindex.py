#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""srcindex.py - which file of the sources defines each symbol of the kernel, for `klp new` and `klp build` in the guest.

    srcindex.py --build build --config CONFIG_DEBUG=1 -o build/klp.index build/neurath.elf build/kernel/.../a.c.o ...

The objects stand in the order of the link. A line of the index is one of

    I BUILDID CONFIG        the kernel of this index, and the configuration with which its sources were compiled
    E NAME                  an exported symbol
    A NAME ADDRESS          a mark of the linker, such as the start of a section
    @ FILE                  the symbols of the next lines are defined in this file
    F NAME [CALLER,...]     a function that can be patched; the compiler has put copies of it into these functions
    f NAME                  a function that cannot be patched: it has no entry slot
    V NAME POSITION SIZE    a variable; the position is that of livepatch symbols: 0 if no other symbol has the name

Symbols in memory that is freed after the start are left out, as in live patching. Positions count as in the kernel: by address.
"""

import argparse
import os
import re
import subprocess
import sys
from collections import defaultdict

import elf
import framecheck
import ksyms

MOST_USERS = 6
SLOT = bytes.fromhex(framecheck.NOP5)


def symbols_of(image):
    """The functions and objects that a patch could name, in the order of the table."""
    return [s for s in image.symbols if s.type in (elf.STT_FUNC, elf.STT_OBJECT) and 0 < s.shndx < 0xFF00
            and not image.sections[s.shndx].name.startswith((".init", ".boot"))]


def homes(image, objects):
    """{symbol of the image: source file}"""
    local, shared = defaultdict(list), {}
    for source, path in objects:
        for s in symbols_of(elf.Elf(path)):
            if s.bind == elf.STB_LOCAL:
                local[s.name].append(source)
            else:
                shared[s.name] = source
    found, seen = {}, defaultdict(int)
    for s in symbols_of(image):
        if s.bind != elf.STB_LOCAL:
            found[s] = shared.get(s.name)
        elif seen[s.name] < len(local[s.name]):
            found[s] = local[s.name][seen[s.name]]
            seen[s.name] += 1
    return found


DIE = re.compile(r"^ <(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)")
NAME = re.compile(r"^    <[0-9a-f]+>\s+DW_AT_name\s*: (?:\([^)]*\): )?(\S+)")
ORIGIN = re.compile(r"^    <[0-9a-f]+>\s+DW_AT_(?:abstract_origin|specification)\s*: <0x([0-9a-f]+)>")


def inlined(path, tool):
    """{function: names of the functions that have a copy of it}, of the debug information of a linked image."""
    text = subprocess.run([tool, "--debug-dump=info", path], check=True, capture_output=True, text=True).stdout
    names, origins, pairs, die, outer = {}, {}, [], None, None
    for line in text.splitlines():
        head = DIE.match(line)
        if head:
            die = head.group(2) if head.group(3) in ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine") else None
            if head.group(1) == "1":
                outer = head.group(2)
            if head.group(3) == "DW_TAG_inlined_subroutine":
                pairs.append((die, outer))
        elif die and "DW_AT_" in line:
            name, origin = NAME.match(line), ORIGIN.match(line)
            if name:
                names[die] = name.group(1)
            elif origin:
                origins[die] = origin.group(1)
    found = defaultdict(set)
    for inner, home in pairs:
        found[names.get(origins.get(inner))].add(names.get(home) or names.get(origins.get(home)))
    return found


def has_slot(image, symbol):
    section = image.sections[symbol.shndx]
    start = section.offset + symbol.value - section.addr
    return image.data[start:start + len(SLOT)] == SLOT


def lines(image, objects, config, copies):
    yield f"I {image.build_id()} {config}"
    files, places = defaultdict(list), defaultdict(list)
    found = homes(image, objects)
    for s in sorted(found, key=lambda s: s.value):
        places[s.name].append(s.value)
        if s.name.startswith("__export_"):
            yield f"E {s.name[len('__export_'):]}"
    for s in image.symbols:
        if s.type == elf.STT_NOTYPE and s.name.startswith("__") and s.value >= ksyms.BASE:
            yield f"A {s.name} {s.value:#x}"
    for s, source in found.items():
        if not source or s.name.startswith("__export_") or "." in s.name:
            continue
        alike = sorted(set(places[s.name]))
        position = alike.index(s.value) + 1 if len(alike) > 1 else 0
        if s.type == elf.STT_OBJECT:
            files[source].append(f"V {s.name} {position} {s.size}")
        else:
            users = sorted(name for name in copies.get(s.name, ()) if name and name != s.name)[:MOST_USERS]
            files[source].append(f"{'F' if has_slot(image, s) else 'f'} {s.name} {','.join(users)}".rstrip())
    for source in sorted(files):
        yield f"@ {source}"
        yield from sorted(files[source])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("objects", nargs="+")
    parser.add_argument("--build", required=True, help="the build directory: its kernel/ has the objects")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--config", required=True, metavar="NAME=VALUE")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    root = os.path.join(options.build, "kernel")
    objects = [(os.path.relpath(path, root).removesuffix(".o"), path) for path in options.objects]
    try:
        text = "\n".join(lines(elf.Elf(options.image), objects, options.config, inlined(options.image, options.readelf))) + "\n"
    except (elf.ElfError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"srcindex: {error}")
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
