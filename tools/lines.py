# SPDX-License-Identifier: GPL-2.0-or-later
"""lines.py - adds file and line to the functions in the kernel's log.

Decoder(build).feed(bytes) takes parts of the console and returns them. It adds " (file:line)" to a line of the log that names
function+offset/size; for an inlined function, the callers follow after " < ". tools/decode is the command, and tools/qemu decodes its own
output.

The numbers come from addr2line, which reads the line tables of build/neurath.elf, and for a module NAME those of NAME.ko.debug
or NAME.ko in one of the folders. Without addr2line, or without the file, a line stays unchanged.
"""

import glob
import os
import re
import shutil
import subprocess

import elf

LOG_LINE = re.compile(rb"^\[ *\d+\.\d{6}\] ")
WHERE = re.compile(rb"\b([A-Za-z_][\w.]*)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)\])?")
# Lines that name the instruction itself; in other lines an address is a return address, and the call is before it.
EXACT = re.compile(rb"^\[ *\d+\.\d{6}\] (RIP:| *at )")
MOST = 1000         # bytes kept of a line that has not ended
END = "0x0000000000000000"


TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def shorten(place):
    """The path relative to this tree, for any place at which the compiler found the file."""
    parts = place.split("/")
    for start in range(1, len(parts)):
        path = "/".join(parts[start:])
        if path and os.path.exists(os.path.join(TOP, path.rpartition(":")[0])):
            return path
    return place


class Image:
    """One file with line tables: the kernel, or a module, whose addresses are offsets in its .text."""

    def __init__(self, path):
        self.path, self.process, self.known = path, None, {}
        file = elf.Elf(path)
        self.functions = {}
        for symbol in file.symbols:
            if symbol.type == elf.STT_FUNC and symbol.size and 0 < symbol.shndx < 0xFF00:
                section = file.sections[symbol.shndx]
                self.functions.setdefault((symbol.name, symbol.size), (symbol.value, None if section.addr else section.name))

    def start(self):
        self.process = subprocess.Popen(["addr2line", "-a", "-i", "-e", self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, bufsize=1, start_new_session=True)

    def ask(self, address):
        """The places of an address of a linked file, innermost first. An answer of addr2line has no end mark, so a second question follows it."""
        if not self.process:
            self.start()
        self.process.stdin.write(f"{address:#x}\n0\n")
        self.process.stdin.flush()
        self.process.stdout.readline()      # the address again
        places = []
        for line in self.process.stdout:
            if line.strip() == END:
                break
            places.append(line.strip())
        self.process.stdout.readline()      # where nothing is
        return places

    def ask_section(self, section, offset):
        done = subprocess.run(["addr2line", "-i", "-j", section, "-e", self.path, f"{offset:#x}"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False)
        return done.stdout.splitlines()

    def places(self, name, offset, size):
        """["file:line", ...] of name+offset, or nothing."""
        if (name, size) not in self.functions:
            return []
        start, section = self.functions[name, size]
        key = section, start + offset
        if key not in self.known:
            found = self.ask_section(section, start + offset) if section else self.ask(start + offset)
            self.known[key] = [shorten(re.sub(r" \(discriminator.*", "", place)) for place in found if "?" not in place]
        return self.known[key]

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


class Decoder:
    """folders: where modules are looked for, besides build/modules and build/patches."""

    def __init__(self, build, folders=()):
        self.kernel = os.path.join(build, "neurath.elf")
        self.folders = [*folders, os.path.join(build, "modules"), os.path.join(build, "patches")]
        self.images, self.line = {}, b""
        self.works = shutil.which("addr2line") is not None

    def module_file(self, module):
        """Of the names that make this module, the first; tools/module puts the line tables beside the module."""
        for folder in self.folders:
            for ending in (".ko.debug", ".ko"):
                for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*" + ending))):
                    if os.path.basename(path)[:-len(ending)].replace("-", "_") == module:
                        return path
        return None

    def image(self, module):
        if module not in self.images:
            path = self.module_file(module) if module else self.kernel
            try:
                self.images[module] = Image(path) if path else None
            except (OSError, ValueError, elf.ElfError):
                self.images[module] = None
        return self.images[module]

    def places(self, match, exact):
        name, offset, size, module = match.groups()
        image = self.image(module.decode() if module else None)
        if not image:
            return []
        back = 0 if exact or not int(offset, 16) else 1
        return image.places(name.decode(), int(offset, 16) - back, int(size, 16))

    def comment(self, line):
        """The text to add to a line of the log."""
        if not self.works or not LOG_LINE.match(line):
            return b""
        exact = bool(EXACT.match(line))
        found = [" < ".join(self.places(match, exact)) for match in WHERE.finditer(line)]
        found = [text for text in found if text]
        return f" ({', '.join(found)})".encode() if found else b""

    def feed(self, data):
        """Passes each part on at once; the addition comes at the end of a line."""
        result = b""
        for piece in re.split(rb"(\r*\n)", data):
            if piece.endswith(b"\n"):
                result += self.comment(self.line) + piece
                self.line = b""
            elif piece.startswith(b"\r") and not piece.strip(b"\r"):
                result += piece
            else:
                self.line = (self.line + piece)[:MOST]
                result += piece
        return result

    def close(self):
        for image in self.images.values():
            if image:
                image.close()
