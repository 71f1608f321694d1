# SPDX-License-Identifier: GPL-2.0-or-later
"""modcheck.py - finds errors of a module before it is loaded.

check(objects, build) reads the objects of a module and the kernel for which it is built, and returns Findings, each with file
and line. An error is a fault for which the kernel would refuse the module, or by which the module would damage the kernel. A warning is
about something that works but is probably not intended. tools/module prints the findings; after an error it makes no module.

In every module it checks: the licence; symbols that are not exported; pointers into memory that is freed after the start.
In a live patch: the mark, the end of tables, names of objects. For each function of the kernel, and of modules that were built
for this kernel (their files are in the build's folder for modules or in the folder of the new module): the function exists, has an entry slot,
is identified among functions of its name, is not inlined elsewhere, and its replacement has its type.
"""

import difflib
import functools
import glob
import os
import re
import struct
import subprocess
from collections import namedtuple

import elf
from klpbuild.debuginfo import DebugInfo
from klpbuild.emit import listing
from klpbuild.objects import ObjectFile

Finding = namedtuple("Finding", "severity place text")
Entry = namedtuple("Entry", "refs data")        # of a table: {member: Ref}, bytes

MARK = ".klp.sym.rela."
INIT = (".init", ".exit")
# Tables of the module file itself, which the loader reads before init memory is freed.
OWN_TABLES = (".gnu.linkonce", "set_", "__param", "__mcount_loc", ".modinfo", ".discard")


class Home:
    """An object with functions that a patch may replace: the kernel, or a module. what: its name for messages."""

    def __init__(self, path):
        self.image = elf.Elf(path)
        self.symbols = {}
        for s in self.image.symbols:
            if s.type in (elf.STT_FUNC, elf.STT_OBJECT) and 0 < s.shndx < 0xFF00:
                self.symbols.setdefault(s.name, []).append(s)

    def functions(self, name):
        return sorted((s for s in self.symbols.get(name, []) if s.type == elf.STT_FUNC), key=self.order)

    def in_init(self, symbol):
        return self.image.sections[symbol.shndx].name.startswith(INIT)

    @staticmethod
    def near(name, names):
        """Like `name`; " (did you mean ...)" or nothing."""
        found = difflib.get_close_matches(name, names, 1, 0.75)
        return f" (did you mean {found[0]}?)" if found else ""

    def function_names(self):
        return [name for name in self.symbols if self.functions(name)]


class Module(Home):
    """A module file, with its debug information beside it (FILE.debug)."""

    def __init__(self, path, name):
        super().__init__(path)
        self.path, self.what = path, f"module {name}"
        self.slots = set(self.read_slots())

    def read_slots(self):
        for section in (s for s in self.image.sections if s.name == "__mcount_loc"):
            for _, _, number, addend in self.image.relocations(section):
                symbol = self.image.symbols[number]
                yield symbol.shndx, symbol.value + addend

    def has_slot(self, symbol):
        return (symbol.shndx, symbol.value) in self.slots

    def order(self, symbol):
        return self.image.symbols.index(symbol)

    @functools.lru_cache(maxsize=None)
    def debug(self, name):
        return DebugInfo(self.path + ".debug", plain=True) if os.path.exists(self.path + ".debug") else None


class Kernel(Home):
    """The kernel at a build folder, as far as a module can refer to it."""

    what = "the kernel"

    def __init__(self, build):
        self.build = build
        super().__init__(os.path.join(build, "neurath.elf"))
        self.exports = {name[len("__export_"):] for name in self.symbols if name.startswith("__export_")}
        self.slots = self.read_slots()

    def read_slots(self):
        bounds = [next(s.value for s in self.image.symbols if s.name == f"__{end}_mcount_loc") for end in ("start", "stop")]
        home = next(s for s in self.image.sections if s.flags & elf.SHF_ALLOC and s.addr <= bounds[0] < s.addr + s.size)
        data = self.image.bytes(home)[bounds[0] - home.addr:bounds[1] - home.addr]
        return {address for address, in struct.iter_unpack("<Q", data)}

    def has_slot(self, symbol):
        return symbol.value in self.slots

    @staticmethod
    def order(symbol):
        return symbol.value

    @functools.lru_cache(maxsize=None)
    def debug(self, name):
        """Debug information of the object that defines a function, or None."""
        for path in sorted(glob.glob(os.path.join(self.build, "kernel", "**", "*.c.o"), recursive=True)):
            with open(path, "rb") as file:
                if b"\0" + name.encode() + b"\0" not in file.read():
                    continue
            if any(s.name == name and s.type == elf.STT_FUNC for s in elf.Elf(path).symbols):
                return DebugInfo(path, plain=True)
        return None


class Source:
    """One object of the module, with its debug information."""

    def __init__(self, path):
        self.object = ObjectFile(path)
        self.debug = DebugInfo(path, plain=True)
        self.variables = self.debug.variables()

    def place(self, name):
        piece = self.object.pieces.get(name)
        key = (piece.base if piece and piece.base else name)
        file, line = self.variables.get(key, (None, (None, None)))[1]
        if not file and key in self.debug.functions:
            file, line = self.debug.place(self.debug.functions[key])
        return f"{shorten(file)}:{line}" if file else self.unit()

    def unit(self):
        return shorten(next((self.debug.name(die) for die in self.debug.roots), self.object.path))

    def line_of(self, name):
        """The place of the first reference to a symbol."""
        for piece in self.object.pieces.values():
            ref = next((r for r in piece.refs if r.kind == "symbol" and r.name == name), None)
            if ref is None:
                continue
            told = None
            for offset, _, _, line in listing(self.object, piece.section.name) if piece.is_function else ():
                told = line or told
                if offset + 8 > piece.start + ref.at:
                    break
            return f"{shorten(told[1])}:{told[0]}" if told else self.place(piece.name)
        return self.unit()

    def tables(self, structure):
        """{name: [Entry]} of the variables that are such structures or arrays of them."""
        fields = self.debug.fields(structure)
        found = {}
        for piece in self.object.pieces.values():
            kind = self.variables.get(piece.base or piece.name, ("",))[0]
            if fields and not piece.is_function and re.fullmatch(rf"(const )?struct {structure}(\[\d*\])?", kind):
                found[piece.name] = list(entries(piece, *fields))
        return found


def shorten(path):
    return os.path.relpath(path) if path and os.path.isabs(path) else path


def entries(piece, size, members):
    names = {offset: name for name, offset in members.items()}
    for start in range(0, piece.size - size + 1, size):
        refs = {names[ref.at - start]: ref for ref in piece.refs if start <= ref.at < start + size and ref.at - start in names}
        yield Entry(refs, piece.data[start:start + size])


def empty(entry):
    return not entry.refs and not any(entry.data)


class Check:
    def __init__(self, objects, build, folders):
        self.kernel = kernel_at(build)
        self.folders = [os.path.join(build, "modules"), *folders]
        self.sources = [Source(path) for path in objects]
        self.found = []
        self.defined = {name for s in self.sources for name in s.object.pieces} | {
            sym.name for s in self.sources for sym in s.object.image.symbols if sym.shndx != elf.SHN_UNDEF}
        self.used = {sym.name for s in self.sources for sym in s.object.image.symbols if sym.shndx == elf.SHN_UNDEF and sym.name}
        self.info = b"\0".join(s.object.image.bytes(section) for s in self.sources for section in s.object.image.sections
                               if section.name == ".modinfo").split(b"\0")
        self.patches = [(s, name, entry) for s in self.sources for name, (entry, *_) in s.tables("klp_patch").items()]

    def say(self, severity, place, text):
        self.found.append(Finding(severity, place, text))

    def run(self):
        self.marks()
        self.symbols()
        for source in self.sources:
            self.init_pointers(source)
        for source, name, patch in self.patches:
            if "mod" not in patch.refs:
                self.say("error", source.place(name), f"`{name}` does not say whose patch it is: add .mod = THIS_MODULE")
        for source in self.sources:
            for name, rows in source.tables("klp_object").items():
                self.objects(source, name, rows)
        return self.found

    # ---- the whole module ---------------------------------------------------------------------------------------------

    def marks(self):
        unit = self.sources[0].unit()
        if not any(entry.startswith(b"license=") for entry in self.info):
            self.say("error", unit, 'no licence: add MODULE_LICENSE("GPL")')
        if "klp_enable_patch" in self.used and b"livepatch=Y" not in self.info:
            self.say("error", unit, 'the module calls klp_enable_patch() and is not marked as a live patch: add MODULE_INFO(livepatch, "Y")')
        if self.patches and "klp_enable_patch" not in self.used:
            source, name, _ = self.patches[0]
            self.say("warning", source.place(name), f"nothing enables `{name}`: return klp_enable_patch(&{name}) from the init function")
        if "init_module" not in self.defined:
            self.say("warning", unit, "no init function: the module does nothing when it is loaded (module_init() is missing)")
        elif "cleanup_module" not in self.defined:
            self.say("warning", unit, "no exit function: the module can never be unloaded (module_exit() is missing; it may be empty)")

    def symbols(self):
        others = None
        for source in self.sources:
            for name in sorted({s.name for s in source.object.image.symbols if s.shndx == elf.SHN_UNDEF and s.name}):
                if name in self.defined or name in self.kernel.exports or name.startswith(MARK) or name == "__this_module":
                    continue
                if others is None:
                    others = module_exports(self.folders)
                if name in others:
                    continue
                self.say("error", source.line_of(name), self.unknown(name))

    def unknown(self, name):
        if name not in self.kernel.symbols:
            names = self.kernel.exports | set(self.kernel.function_names())
            return f"`{name}` is undefined: the kernel has no such symbol{self.kernel.near(name, sorted(names))}"
        if not self.patches:
            return f"`{name}` is undefined: the kernel has it, but does not export it to modules"
        return (f"`{name}` is undefined: the kernel has it, but does not export it. A live patch names it so, behind its declaration: "
                f"KLP_RELOC_SYMBOL(vmlinux, vmlinux, {name})")

    def init_pointers(self, source):
        for piece in source.object.pieces.values():
            if piece.is_function or piece.in_init or piece.section.name.startswith(OWN_TABLES):
                continue
            for ref in piece.refs:
                target = source.object.pieces.get(ref.name)
                if target and target.in_init:
                    self.say("error" if self.is_klp(source, piece) else "warning", source.place(piece.name),
                             f"`{piece.base or piece.name}` points to `{target.name}`, which is __init or __exit: its memory is freed or "
                             "never loaded, while the pointer stays")
                    break

    def is_klp(self, source, piece):
        return "struct klp_" in source.variables.get(piece.base or piece.name, ("",))[0]

    # ---- tables of a live patch ----------------------------------------------------------------------------------------

    def objects(self, source, table, rows):
        place = source.place(table)
        if not empty(rows[-1]):
            self.say("error", place, f"the table `{table}` has no end: add an empty entry, {{ }}")
        names = [self.object_name(row) for row in rows if not empty(row)]
        for name in names:
            self.name_of_object(place, name)
        for name in {n for n in names if names.count(n) > 1}:
            self.say("error", place, f"two entries of `{table}` are about {name or 'the kernel'}: put their functions into one")
        functions = source.tables("klp_func")
        for row in rows:
            target = row.refs.get("funcs")
            if target and target.name in functions:
                self.functions(source, target.name, functions[target.name], self.object_name(row))

    @staticmethod
    def object_name(row):
        ref = row.refs.get("name")
        return ref.content.decode(errors="replace") if ref and ref.kind == "string" else None

    def name_of_object(self, place, name):
        if name is None:
            return
        if name == "vmlinux":
            self.say("error", place, 'the kernel has no name: leave .name out for functions of the kernel')
        elif name.endswith(".ko") or "-" in name:
            proper = name.removesuffix(".ko").replace("-", "_")
            self.say("error", place, f'no module is called "{name}": write "{proper}", the name in /proc/modules')
        elif not re.fullmatch(r"[A-Za-z0-9_]{1,55}", name):
            self.say("error", place, f'no module can be called "{name}"')

    def functions(self, source, table, rows, target):
        place = source.place(table)
        if not rows or not empty(rows[-1]):
            self.say("error", place, f"the table `{table}` has no end: add an empty entry, {{ }}")
        for row in rows:
            if not empty(row):
                self.function(source, place, row, target)

    def function(self, source, place, row, target):
        old, new = row.refs.get("old_name"), row.refs.get("new_func")
        if old is None or old.kind != "string":
            return                      # filled in at run time
        old = old.content.decode(errors="replace")
        if new is None:
            self.say("error", place, f"`{old}` has no replacement: .new_func is missing or NULL")
            return
        piece = source.object.pieces.get(new.name)
        if piece and not piece.is_function:
            self.say("error", place, f"the replacement of `{old}`, `{new.name}`, is no function")
        home = self.kernel if target is None else self.module(target)
        if home:
            offset = source.debug.fields("klp_func")[1]["old_sympos"]
            self.replaced(source, place, home, old, new.name, struct.unpack_from("<Q", row.data, offset)[0])

    @functools.lru_cache(maxsize=None)
    def module(self, name):
        """The module of that name, if its file is known and it was built for this kernel; else None."""
        for path in (path for folder in self.folders for path in glob.glob(os.path.join(folder, "*.ko"))):
            if re.sub(r"\W", "_", os.path.basename(path)[:-3]) != name:
                continue
            module = Module(path, name)
            info = module.image.section(".modinfo")
            if info and f"buildid={self.kernel.image.build_id()}".encode() in module.image.bytes(info).split(b"\0"):
                return module
        return None

    def replaced(self, source, place, home, old, new, position):
        """One function of the kernel or a module, and its replacement."""
        found = [s for s in home.functions(old) if not home.in_init(s)]
        if not found:
            self.say("error", place, self.no_function(home, old))
            return
        if position > len(found) or (position == 0 and len(found) > 1):
            self.say("error", place, f"{home.what} has {len(found)} functions called `{old}`: .old_sympos = 1 to {len(found)} says which")
            return
        if not home.has_slot(found[max(position, 1) - 1]):
            self.say("error", place, f"`{old}` has no entry slot (it is assembly, or marked notrace): patch a function that calls it")
            return
        debug = home.debug(old)
        if debug:
            self.inlined(place, debug, old)
            self.types(source, place, debug, old, new)

    @staticmethod
    def no_function(home, old):
        if home.functions(old):
            return f"`{old}` is __init: it ran at the start and is gone"
        if old in home.symbols:
            return f"`{old}` is a variable of {home.what}, not a function"
        return (f"{home.what} has no function `{old}`{home.near(old, home.function_names())}; a static function that is "
                "inlined everywhere has no symbol: patch the functions that call it")

    def inlined(self, place, debug, old):
        users = sorted({name for name in debug.functions if name != old
                        for chain in debug.inlined(name) if chain[-1].name == old})
        if users:
            self.say("warning", place, f"`{old}` is also inlined in {', '.join(users[:6])}: these copies stay as they are, so patch "
                     "these functions, too")

    def types(self, source, place, debug, old, new):
        mine = source.debug.functions.get(new)
        if not mine or old not in debug.functions:
            return
        wanted, given = debug.prototype(debug.functions[old]), source.debug.prototype(mine)
        if wanted == given:
            return
        # Arguments that the replacement does not use do no harm.
        result, _, arguments = given.partition("(")
        harmless = wanted.startswith(result + "(") and arguments == "void)"
        self.say("warning" if harmless else "error", place,
                 f"`{new}` replaces `{old}`: its type is {given}, and callers expect {wanted}")


def patched_functions(objects):
    """(object, name, position) of each function that the tables in these objects name."""
    for source in (Source(path) for path in objects):
        functions = source.tables("klp_func")
        offset = source.debug.fields("klp_func")[1]["old_sympos"] if functions else 0
        for row in (row for rows in source.tables("klp_object").values() for row in rows):
            target = row.refs.get("funcs")
            for entry in functions.get(target.name, []) if target else ():
                old = entry.refs.get("old_name")
                if old and old.kind == "string":
                    position, = struct.unpack_from("<Q", entry.data, offset)
                    yield Check.object_name(row) or "vmlinux", old.content.decode(), position


def module_exports(folders):
    """Names that the modules in these folders export."""
    found = set()
    for path in (path for folder in folders for path in glob.glob(os.path.join(folder, "*.ko"))):
        output = subprocess.run(["nm", path], check=False, capture_output=True, text=True).stdout
        found |= set(re.findall(r" __export_(\S+)$", output, re.MULTILINE))
    return found


@functools.lru_cache(maxsize=1)
def kernel_at(build):
    return Kernel(build)


def check(objects, build, folders=()):
    """Findings for a module of these objects. folders: folders with modules whose exports it may use, in addition to those of the build."""
    return Check(objects, build, folders).run()
