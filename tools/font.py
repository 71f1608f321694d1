#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""font.py - makes a C file with the letters of the screen from a font of GRUB (PF2).

    tools/font.py /usr/share/grub/unicode.pf2 font.c
    tools/font.py --kernel /usr/share/grub/unicode.pf2 font.h   ASCII only, for reports; no letters if there is no font

The result has a cell of 8 x 16 pixels for each character of the font that a terminal may show: a byte for each
row, the leftmost pixel in the highest bit. The cells are in ascending order of the characters.
"""

import os
import struct
import sys

WIDTH, HEIGHT = 8, 16
# ASCII, Latin-1 and Latin Extended-A, Greek, Cyrillic; punctuation, arrows, mathematics; lines, blocks, shapes, marks.
RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x45F), (0x2010, 0x2044), (0x20AC, 0x20AC), (0x2190, 0x21FF),
          (0x2200, 0x22FF), (0x2500, 0x25FF), (0x2713, 0x2717), (0xFFFD, 0xFFFD))


class Font:
    """A PF2 file: sections of a name, a length and data, all numbers big-endian."""

    def __init__(self, data):
        self.data, self.offsets, at, section = data, {}, 0, b""
        if data[:4] != b"FILE" or data[8:12] != b"PFF2":
            raise ValueError("not a PF2 font")
        while at + 8 <= len(data) and section != b"DATA":
            section, (length,) = data[at:at + 4], struct.unpack_from(">I", data, at + 4)
            at += 8
            if section == b"ASCE":
                self.ascent, = struct.unpack_from(">H", data, at)
            if section == b"CHIX":
                for entry in range(at, at + length, 9):
                    code, flags, offset = struct.unpack_from(">IBI", data, entry)
                    if flags == 0:
                        self.offsets[code] = offset
            at += length

    def cell(self, code):
        """16 bytes, or None if the character is missing or does not fit."""
        if code not in self.offsets:
            return None
        offset = self.offsets[code]
        width, height, left, bottom, _ = struct.unpack_from(">HHhhh", self.data, offset)
        top = self.ascent - bottom - height
        if left < 0 or left + width > WIDTH or top < 0 or top + height > HEIGHT:
            return None
        rows = bytearray(HEIGHT)
        for bit in range(width * height):
            if self.data[offset + 10 + bit // 8] >> (7 - bit % 8) & 1:
                rows[top + bit // width] |= 0x80 >> (left + bit % width)
        return bytes(rows)


def glyphs(data):
    font = Font(data)
    codes = [code for first, last in RANGES for code in range(first, last + 1)]
    return [(code, cell) for code in codes if (cell := font.cell(code)) is not None]


def write_kernel(source, target):
    letters = []
    if os.path.exists(source):
        with open(source, "rb") as file:
            letters = [cell for code, cell in glyphs(file.read()) if 0x20 <= code <= 0x7E]
    rows = "".join("\t{ %s },\n" % ", ".join("%#04x" % row for row in cell) for cell in letters)
    with open(target, "w", encoding="ascii") as file:
        file.write("/* Made by tools/font.py. */\n#include <neurath/types.h>\n\n"
                   f"#define SCREEN_FONT_WIDTH\t{WIDTH}\n#define SCREEN_FONT_HEIGHT\t{HEIGHT}\n\n"
                   f"static const u8 screen_font[{len(letters)}][{HEIGHT}] = {{\n{rows}}};\n")


def main():
    if sys.argv[1] == "--kernel":
        write_kernel(*sys.argv[2:])
        return
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        letters = glyphs(file.read())
    if len(letters) < 95:
        sys.exit(f"font.py: {source} lacks letters")
    with open(target, "w", encoding="ascii") as file:
        file.write("/* Made by tools/font.py. */\n#include \"font.h\"\n\nconst unsigned font_count = %d;\n" % len(letters))
        file.write("const struct glyph font_glyphs[] = {\n")
        for code, cell in letters:
            file.write("\t{ %#x, { %s } },\n" % (code, ", ".join("%#04x" % row for row in cell)))
        file.write("};\n")


if __name__ == "__main__":
    main()
