# SPDX-License-Identifier: GPL-2.0-or-later
"""memory.py - the kernel memory of a stopped guest, read by the host.

The guest's code takes no part in a look: QEMU stops the machine, and copies memory by its own walk of the page tables. So a kernel
cannot fake the result. Offsets in structures come from the compiler, with the kernel's own flags.
"""

import json
import os
import re
import socket
import struct
import subprocess
import tempfile

import elf


class Qmp:
    """QEMU's machine protocol: one command, one answer; other messages of QEMU are skipped."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(path)
        self.file = self.connection.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments} if arguments else {"execute": name}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise OSError(f"QEMU: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.file.close()
        self.connection.close()


class Memory:
    """with Memory(...) as m: the machine is stopped."""

    def __init__(self, qmp, kernel, top, build):
        self.qmp, self.elf, self.top, self.build = Qmp(qmp), elf.Elf(kernel), top, build
        self.symbols = {}
        for symbol in self.elf.symbols:
            if symbol.shndx and symbol.name:
                self.symbols.setdefault(symbol.name, symbol)

    def __enter__(self):
        self.qmp.command("stop")
        return self

    def __exit__(self, *unused):
        self.qmp.command("cont")
        self.qmp.close()

    def address(self, name):
        return self.symbols[name].value

    def size(self, name):
        return self.symbols[name].size

    def read(self, address, size):
        """Kernel memory, by its virtual address."""
        with tempfile.NamedTemporaryFile(prefix="neurath-memory-") as file:
            self.qmp.command("memsave", val=address - (1 << 64) if address >> 63 else address, size=size, filename=file.name)
            with open(file.name, "rb") as copy:
                return copy.read()

    def word(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def words(self, address, count):
        return struct.unpack(f"<{count}Q", self.read(address, 8 * count))

    def int(self, address):
        return struct.unpack("<i", self.read(address, 4))[0]

    def monitor(self, line):
        """The answer to a command of QEMU's monitor."""
        return self.qmp.command("human-monitor-command", **{"command-line": line})

    def physical(self, address, size):
        """Memory by its physical address."""
        with tempfile.NamedTemporaryFile(prefix="neurath-memory-") as file:
            self.qmp.command("pmemsave", val=address, size=size, filename=file.name)
            with open(file.name, "rb") as copy:
                return copy.read()

    def kernel_mappings(self):
        """(virtual address, size, writable, executable) of each page of the kernel's half, by a walk from CR3."""
        cr3 = int(re.search(r"CR3=([0-9a-f]+)", self.monitor("info registers")).group(1), 16)
        yield from self.walk_table(cr3 & ~0xfff, 3, 0, True, True)

    def walk_table(self, table, level, base, writable, executable):
        entries = struct.unpack("<512Q", self.physical(table, 4096))
        for index in range(256 if level == 3 else 0, 512):
            entry, at = entries[index], base + (index << (12 + 9 * level))
            if not entry & 1:
                continue
            write, execute = writable and bool(entry & 2), executable and not entry >> 63
            if level and not entry & 0x80:
                yield from self.walk_table(entry & 0xffffffffff000, level - 1, at, write, execute)
            else:
                yield at | 0xffff << 48, 1 << (12 + 9 * level), write, execute

    def section(self, name):
        """(address, bytes in the image, bytes in memory) of a section of the kernel."""
        found = self.elf.section(name)
        return found.addr, self.elf.bytes(found), self.read(found.addr, found.size)

    def function_at(self, address):
        """The symbol that contains an address of the kernel's text, or None."""
        return next((s for s in self.elf.symbols if s.type == elf.STT_FUNC and s.value <= address < s.value + s.size), None)

    def offsets(self, *expressions, include=("neurath/sched.h",)):
        """Values of constant expressions, such as offsetof(struct task, stack), with the kernel's flags."""
        lines = [f"#include <{name}>" for name in include]
        lines += [f'void lab_{i}(void);\nvoid lab_{i}(void) {{ __asm__ volatile("->{i} %0" : : "n"((long)({text}))); }}'
                  for i, text in enumerate(expressions)]
        with open(os.path.join(self.build, "flags.COMPILE_FLAGS"), encoding="utf-8") as file:
            flags = re.sub(r"(?<= )(-pg|-mfentry|-mnop-mcount|-mrecord-mcount|-g)(?= )", "", file.read().strip())
        done = subprocess.run(["bash", "-c", f"{flags} -S -x c - -o -"], input="\n".join(lines), cwd=self.top, check=True,
                              text=True, capture_output=True)
        found = dict(re.findall(r"->(\d+) \$(-?\d+)", done.stdout))
        return [int(found[str(i)]) for i in range(len(expressions))]
