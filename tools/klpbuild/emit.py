# SPDX-License-Identifier: GPL-2.0-or-later
"""emit - the patch as source: an assembly file for each touched source file, and a C file with the tables.

The assembly file is readable: each instruction is written as its bytes with its text, below the line of the
source from which it was compiled. A reference to a symbol outside the patch is a livepatch symbol of the form that KLP_RELOC_SYMBOL()
makes (docs/modules.md); a string or a nameless table is copied.
"""

import re

import elf
from klpbuild.objects import RELOCATION_NAMES

ADDRESS = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(.*)$")
PLACE = re.compile(r"^(\S+):(\d+)(?: \(discriminator \d+\))?$")


def listing(image, section):
    """[(offset, length, text, line)] of the instructions of a section. line: of the source, where it changes, or None."""
    found, inside, line, told = [], False, None, None
    for row in image.dump.splitlines():
        if row.startswith("Disassembly of section "):
            inside = row == f"Disassembly of section {section}:"
            continue
        if not inside:
            continue
        place, match = PLACE.match(row), ADDRESS.match(row)
        if place:
            line = int(place.group(2)), place.group(1)
        elif match:
            text = match.group(3).split("\t" + "R_X86")[0]
            text = re.sub(r"\t[0-9a-f]+: R_X86_64\S+\s+\S+$", "", text)
            found.append((int(match.group(1), 16), len(match.group(2).split()), " ".join(text.split()),
                          line if line != told else None))
            told = line
    return found


def as_bytes(data, comment=""):
    return f"\t.byte {','.join(f'{byte:#04x}' for byte in data)}{'  # ' + comment if comment else ''}"


def remark(text):
    return f"\t/* {text.replace('*/', '').replace('/*', '')} */"


class Assembly:
    """The text of the assembly file of one plan."""

    def __init__(self, plan, sources):
        self.plan, self.new, self.sources = plan, plan.new, sources
        self.lines, self.labels, self.pending = [], {}, []

    def text(self):
        self.lines = [remark(f"{self.plan.path}, as edited: made by tools/klp-build, not meant to be changed."), ""]
        for name in self.plan.patched + self.plan.added:
            piece = self.new.pieces[name]
            (self.function if piece.is_function else self.object)(piece)
        while self.pending:
            self.pending.pop(0)()
        return "\n".join(self.lines) + "\n"

    def head(self, piece, section, flags, kind):
        self.lines += [f'\t.section {section},"{flags}",{"@nobits" if kind == "zero" else "@progbits"}',
                       f"\t.balign {self.alignment(piece.section, piece.start)}"]
        if not piece.is_local or piece.name in self.plan.patched:
            self.lines.append(f"\t.globl {piece.name}")
        self.lines += [f"\t.type {piece.name}, {'@function' if piece.is_function else '@object'}", f"{piece.name}:"]

    def alignment(self, section, start):
        header = elf.struct.unpack_from("<Q", self.new.image.data, self.header_offset(section) + 48)[0]
        return header if not start % (header or 1) else start & -start

    def header_offset(self, section):
        return elf.struct.unpack_from("<Q", self.new.image.data, 0x28)[0] + 64 * section.index

    def function(self, piece):
        self.head(piece, f".text.{piece.name}", "ax", "code")
        for offset, length, text, line in listing(self.new, piece.section.name):
            at = offset - piece.start
            if not 0 <= at < piece.size:
                continue
            if line:
                self.lines.append(remark(f"{line[0]}: {self.source(*line)}"))
            self.lines.append(as_bytes(piece.data[at:at + length], text))
        self.references(piece.name, piece.refs, piece.name)
        self.lines.append(f"\t.size {piece.name}, .-{piece.name}")
        if piece.slot:
            self.lines += ['\t.section __mcount_loc,"a",@progbits', f"\t.quad {piece.name}"]
        self.lines.append("")

    def source(self, number, file):
        """The line, or both lines if the edit inserted a line with the number of another."""
        for path, lines in self.sources.items():
            if file.endswith("/" + path):
                return " / ".join(lines.get(number, ()))
        return ""

    def object(self, piece):
        zero = not any(piece.data) and not piece.refs and piece.writable
        section = ".bss" if zero else ".data" if piece.writable else ".rodata"
        self.head(piece, f"{section}.{piece.name}", "aw" if piece.writable else "a", "zero" if zero else "data")
        if zero:
            self.lines.append(f"\t.zero {piece.size}")
        else:
            self.raw(piece.data)
            self.references(piece.name, piece.refs, piece.name)
        self.lines += [f"\t.size {piece.name}, {piece.size}", ""]

    def raw(self, data):
        self.lines += [as_bytes(data[i:i + 16]) for i in range(0, len(data), 16)]

    def references(self, label, refs, owner):
        for ref in refs:
            target = self.target(ref, owner)
            addend = f"{ref.addend:+d}" if ref.addend else ""
            self.lines.append(f"\t.reloc {label}+{ref.at}, {RELOCATION_NAMES[ref.type]}, {target}{addend}")

    def target(self, ref, owner):
        if ref.kind == "symbol":
            return self.plan.symbol(ref.name, owner)
        key = (ref.kind, ref.content if ref.kind == "string" else ref.name)
        if key not in self.labels:
            self.labels[key] = f".Lcopy{len(self.labels)}"
            label = self.labels[key]
            self.pending.append((lambda: self.string(label, ref)) if ref.kind == "string" else
                                (lambda: self.nameless(label, ref.name, owner)))
        return self.labels[key]

    def string(self, label, ref):
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in ref.content)
        self.lines += ['\t.section .rodata.strings,"a",@progbits', "\t.balign 16" if len(ref.content) in (8, 16) else "",
                       remark(text), f"{label}:"]
        self.raw(ref.content + b"\0")
        self.lines.append("")

    def nameless(self, label, name, owner):
        data, refs, section = self.new.nameless(name)
        self.lines += ['\t.section .rodata.tables,"a",@progbits', f"\t.balign {self.alignment(section, 0)}", f"{label}:"]
        self.raw(data)
        self.references(label, refs, owner)
        self.lines.append("")


CALLBACKS = ("pre_patch", "post_patch", "pre_unpatch", "post_unpatch")

MAIN = """\
/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the live patch {name}: made by tools/klp-build from {diff}. */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>

{declarations}
static struct klp_func funcs[] = {{
{functions}
	{{ }}
}};

static struct klp_object objs[] = {{
	{{ {object}.funcs = funcs{callbacks} }},
	{{ }}
}};

static struct klp_patch patch = {{
	.mod = THIS_MODULE,
	.objs = objs,{more}
}};

static int __init {name}_init(void)
{{
	return klp_enable_patch(&patch);
}}

static void __exit {name}_exit(void)
{{
}}

module_init({name}_init);
module_exit({name}_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
{infos}"""


def tables(name, diff, functions, base, defined, replace, infos):
    """The C file. functions: [(old name, position)]; defined: symbols of the hand-written file."""
    hooks = [hook for hook in CALLBACKS if hook in defined]
    declarations = [f"extern const char new_{i}[] __asm__(\"{old}\");" for i, (old, _) in enumerate(functions)]
    declarations += [f"{'int' if hook == 'pre_patch' else 'void'} {hook}(struct klp_object *obj);" for hook in hooks]
    declarations += ["extern struct klp_state states[];"] if "states" in defined else []
    rows = [f"\t{{ .old_name = \"{old}\", .new_func = (void *)new_{i}{f', .old_sympos = {position}' if position else ''} }},"
            for i, (old, position) in enumerate(functions)]
    return MAIN.format(
        name=name, diff=diff, declarations="\n".join(declarations), functions="\n".join(rows),
        object="" if base.name == "vmlinux" else f'.name = "{base.name}", ',
        callbacks=f", .callbacks = {{ {', '.join(f'.{hook} = {hook}' for hook in hooks)} }}" if hooks else "",
        more=("\n\t.states = states," if "states" in defined else "") + ("\n\t.replace = true," if replace else ""),
        infos="".join(f'MODULE_INFO({key}, "{value}");\n' for key, value in infos))
