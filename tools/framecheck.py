#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""framecheck.py - proves over the disassembly that stacks can be unwound by frame pointers.

    framecheck.py build/neurath.elf --asm build/kernel/.../entry.S.o ...
    framecheck.py module.ko

The unwinder walks (frame pointer, return address) pairs. It finds every function into which a task may return only if, in
every function, on every path:

  * the frame (push %rbp; mov %rsp,%rbp) is complete before any call, and nothing moves %rsp or %rbp before it;
  * %rbp is not written while the frame stands, other than by leave or pop %rbp;
  * after leave or pop %rbp, no call, push or pop follows, and no jump out of the function, but ret (a
    sibling call would make the caller's caller the return address of an unframed function);
  * no jump goes to another function, except to the few of NORETURN_THUNKS.

The tool follows each function instruction by instruction from its entry, with the state of its frame. It cannot read jump
tables and tables of fault fix-ups. Their targets are the instructions that no other instruction reaches. An indirect jump is
allowed only with a complete frame, and so is a fault, so these targets start with a complete frame.

A function can be interrupted at any instruction. arch/x86_64/frame_state.c decides how much of the frame exists then. For this the
tool proves the shape of each function:

  * there is one mov %rsp,%rbp that completes the frame, and its bytes are the first such bytes where frame_state.c searches. Exactly
    the instructions up to it have no frame or half a frame;
  * a function without a frame is a plain leaf: it has no calls and no stack accesses, and no such bytes (GCC drops the frame in functions
    without entry slot, with any flags);
  * no other symbol is inside of a function: the start of a function is found by its symbol.

Also, every entry of __mcount_loc must be the start of a function whose first instruction is the 5-byte NOP, and a
function that starts with that NOP must be in __mcount_loc. Functions without the NOP (notrace) follow the same rule for frames.

Functions defined in assembly (--asm: their object files) are exempt inside .entry.text: the unwinder treats their frames
as trap frames, or reports the stack as unreliable. Those of ASM_UNSHAPED run before there are tasks, with interrupts off. Elsewhere they follow the rule, except those of ASM_FRAMELESS.
"""

import argparse
import bisect
import re
import subprocess
import sys
from collections import namedtuple

import elf

NOP5 = "0f 1f 44 00 00"
SET_FRAME = bytes.fromhex("4889e5")     # mov %rsp,%rbp
FRAME_SEARCHED = 64                     # bytes, as in arch/x86_64/frame_state.c
SLOT_FIRST = (0x0f, 0xe9, 0xcc)         # the first byte of a slot; its bytes change, and are not searched

# Functions to which C code may jump: they never return, so they need no frame.
NORETURN_THUNKS = set()

# Assembly functions outside .entry.text that use the stack without a frame, and why the unwinder's result is still right.
ASM_FRAMELESS = {
}

# Assembly functions that no interrupt meets.
ASM_UNSHAPED = {"boot_high", "ap_entry"}

Insn = namedtuple("Insn", "address raw mnemonic operands target")

# States of the frame. ENTRY: return address on top, the caller's frame pointer in %rbp. LEFT: the same, after leave.
ENTRY, PUSHED, FRAME, LEFT = "no frame", "half a frame", "a frame", "left the frame"

LINE = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(?:\t(.*))?$")
RELOCATION = re.compile(r"^\s*([0-9a-f]+): (R_X86_64_\w+)\s+(\S+)")
HEADING = re.compile(r"^Disassembly of section (.*):$")
TARGET = re.compile(r"^([0-9a-f]+)(?: <.*>)?$")
PREFIXES = {"notrack", "bnd", "lock", "rep", "repz", "repnz", "data16", "cs", "ds", "es", "fs", "gs", "ss"}
STACK = re.compile(r"%(rsp|esp|sp|spl|rbp|ebp|bp|bpl)\b")
FRAME_POINTER = re.compile(r"%(?:rbp|ebp|bp|bpl)$")
STACK_POINTER = re.compile(r"%(?:rsp|esp|sp|spl)$")
READ_ONLY = re.compile(r"^(cmp|test|push|nop|bt[lqw]?$|ud|mul|imul[lqw]?$|div|idiv)")
NO_RETURN = re.compile(r"^(ud[012][abw]?|int3|iretq?|sysretq?|sysexit)$")


def split_insn(text):
    """(mnemonic, operands) without prefixes and comments."""
    words = text.split("#")[0].strip().split(None, 1)
    while words and words[0] in PREFIXES and len(words) > 1:
        words = words[1].split(None, 1)
    return (words[0] if words else "", words[1].strip() if len(words) > 1 else "")


def parse(text):
    """objdump's output as {section: [Insn]}. The target of a jump or call is an address or, relocated, a name."""
    sections, current = {}, None
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading:
            current = sections.setdefault(heading.group(1), [])
            continue
        match = LINE.match(line)
        if match:
            mnemonic, operands = split_insn(match.group(3) or "")
            direct = TARGET.match(operands) if mnemonic[:1] == "j" or mnemonic.startswith("call") else None
            target = int(direct.group(1), 16) if direct else None
            current.append(Insn(int(match.group(1), 16), match.group(2).strip(), mnemonic, operands, target))
            continue
        relocation = RELOCATION.match(line)
        if relocation and current and current[-1].target is not None:
            current[-1] = current[-1]._replace(target=relocation.group(3))
    return sections


def writes(insn, register):
    """Whether the instruction writes a register: the last operand, or either of an exchange."""
    if insn.mnemonic.startswith(("xchg", "xadd")):
        return bool(re.search(register.pattern.rstrip("$") + "(,|$)", insn.operands))
    return bool(register.search(insn.operands)) and not READ_ONLY.match(insn.mnemonic)


def moves_stack(insn):
    """Whether the instruction moves %rsp or %rbp, apart from calls and returns."""
    if insn.mnemonic.startswith(("push", "pop", "leave", "enter")):
        return True
    return writes(insn, STACK_POINTER) or writes(insn, FRAME_POINTER)


class Function:
    """One function: its instructions, and the walk over them."""

    def __init__(self, name, insns, tail_targets=NORETURN_THUNKS):
        self.name = name
        self.insns = {insn.address: insn for insn in insns}
        self.order = [insn.address for insn in insns]
        self.next = dict(zip(self.order, self.order[1:]))
        self.tail_targets = tail_targets
        self.states = {}
        self.problems = []

    def problem(self, insn, text):
        self.problems.append(f"{self.name}+{insn.address - self.order[0]:#x}: {text}: {insn.mnemonic} {insn.operands}")

    def is_plain_leaf(self):
        """No call, no stack access, no jump out: the return address stays on top, and no task sleeps in the function."""
        for insn in self.insns.values():
            if insn.mnemonic.startswith(("call", "push", "pop", "leave", "enter")) or STACK.search(insn.operands):
                return False
            if insn.mnemonic.startswith("j") and insn.target not in self.insns:
                return False
        return True

    def frame_bytes_at(self):
        """The offset at which frame_complete_at() in frame_state.c finds the bytes of mov %rsp,%rbp, or None."""
        code = b"".join(bytes.fromhex(insn.raw) for insn in self.insns.values())[:FRAME_SEARCHED]
        found = code.find(SET_FRAME, 5 if code and code[0] in SLOT_FIRST else 0)
        return None if found < 0 else found

    def check_shape(self):
        """The states of all instructions are those that frame_state.c assumes."""
        start = self.order[0]
        real = [address for address, state in self.states.items() if state == PUSHED
                and bytes.fromhex(self.insns[address].raw) == SET_FRAME]
        if not real:
            self.problem(self.insns[start], "the function never completes its frame")
            return
        if self.frame_bytes_at() != min(real) - start:
            self.problem(self.insns[min(real)], "is not where the unwinder looks for it")
        for address, state in self.states.items():
            if (state in (ENTRY, PUSHED)) != (address <= min(real)):
                self.problem(self.insns[address], f"an interrupt would be misjudged: the function has {state} here")

    def check(self, shape=True):
        """Follows every path; returns the list of problems."""
        self.walk(self.order[0], ENTRY)
        for address in self.order:
            if address not in self.states and not self.is_padding(self.insns[address]):
                self.walk(address, FRAME)
        if shape and not self.problems:
            self.check_shape()
        return self.problems

    @staticmethod
    def is_padding(insn):
        return insn.mnemonic.startswith(("nop", "int3", "xchg")) or insn.mnemonic == ""

    def walk(self, address, state):
        work = [(address, state)]
        while work:
            address, state = work.pop()
            insn = self.insns.get(address)
            if address in self.states:
                if self.states[address] != state:
                    self.problem(insn, f"is reached with {self.states[address]} and with {state}")
                    self.states[address] = state if len(self.problems) > 20 else self.states[address]
                continue
            self.states[address] = state
            work += [(a, s) for a, s in self.follow(insn, state) if not self.leaves(insn, a)]
            if len(self.problems) > 20:
                return

    def leaves(self, insn, address):
        """Reports a path that runs past the end of the function; a call at the end of the function does not return."""
        if address in self.insns:
            return False
        if not insn.mnemonic.startswith("call"):
            self.problem(insn, "control leaves the function")
        return True

    def follow(self, insn, state):
        """The (address, state) pairs that come after the instruction."""
        mnemonic = insn.mnemonic
        after = self.next.get(insn.address, insn.address + 1)
        if mnemonic == "" or NO_RETURN.match(mnemonic):
            return []
        if mnemonic.startswith("ret"):
            if state != LEFT:
                self.problem(insn, f"returns with {state}")
            return []
        if mnemonic.startswith("call"):
            if state != FRAME:
                self.problem(insn, f"calls with {state}")
            return [(after, state)]
        if mnemonic.startswith("j") or mnemonic.startswith("loop"):
            return self.follow_jump(insn, state, after)
        return [(after, self.step(insn, state))]

    def follow_jump(self, insn, state, after):
        unconditional = insn.mnemonic.startswith("jmp")
        result = [] if unconditional else [(after, state)]
        if insn.target is None:
            if state != FRAME:
                self.problem(insn, f"indirect jump with {state}")
        elif insn.target in self.insns:
            result.append((insn.target, state))
        elif not self.allowed_exit(insn):
            self.problem(insn, "jumps to another function")
        return result

    def allowed_exit(self, insn):
        name = str(insn.target) if isinstance(insn.target, str) else insn.operands.partition("<")[2].rstrip(">")
        return re.split(r"[+-]", name)[0] in self.tail_targets

    def step(self, insn, state):
        """The state behind an instruction that neither jumps nor calls."""
        mnemonic, operands = insn.mnemonic, insn.operands
        if state == ENTRY:
            if mnemonic in ("push", "pushq") and operands == "%rbp":
                return PUSHED
            if moves_stack(insn):
                self.problem(insn, "moves %rsp or %rbp before the frame is set up")
        elif state == PUSHED:
            if mnemonic in ("mov", "movq") and operands == "%rsp,%rbp":
                return FRAME
            if moves_stack(insn):
                self.problem(insn, "moves %rsp or %rbp in the middle of setting up the frame")
        elif state == FRAME:
            if mnemonic in ("leave", "leaveq") or mnemonic in ("pop", "popq") and operands == "%rbp":
                return LEFT
            if writes(insn, FRAME_POINTER):
                self.problem(insn, "changes the frame pointer")
        elif moves_stack(insn):
            self.problem(insn, "moves %rsp or %rbp behind the frame")
        return state


def functions_of(image, sections):
    """(name, first address, section name, [Insn]) of each function symbol with a size in an executable section."""
    by_section = {name: {insn.address: i for i, insn in enumerate(insns)} for name, insns in sections.items()}
    seen = set()
    for symbol in image.symbols:
        if symbol.type != elf.STT_FUNC or not symbol.size or symbol.shndx == elf.SHN_UNDEF or symbol.shndx >= 0xFF00:
            continue
        section = image.sections[symbol.shndx].name
        key = (section, symbol.value)
        if section.startswith(".boot") or key in seen or symbol.value not in by_section.get(section, {}):
            continue
        seen.add(key)
        first = by_section[section][symbol.value]
        insns = sections[section]
        last = first
        while last < len(insns) and insns[last].address < symbol.value + symbol.size:
            last += 1
        yield symbol.name, symbol.value, section, insns[first:last]


def entry_slots(image):
    """{(section name or None, address)} of __mcount_loc; a relocatable file names the section."""
    section = image.section("__mcount_loc")
    if section:
        relocations = list(image.relocations(section))
        for _, _, index, addend in relocations:
            symbol = image.symbols[index]
            yield image.sections[symbol.shndx].name, symbol.value + addend
        if relocations:
            return
        data = image.bytes(section)
    else:
        bounds = {s.name: s.value for s in image.symbols if s.name in ("__start_mcount_loc", "__stop_mcount_loc")}
        if len(bounds) != 2:
            return
        home = next(s for s in image.sections
                    if s.flags & elf.SHF_ALLOC and s.addr <= bounds["__start_mcount_loc"] < s.addr + s.size)
        start = bounds["__start_mcount_loc"] - home.addr
        data = image.bytes(home)[start:start + bounds["__stop_mcount_loc"] - bounds["__start_mcount_loc"]]
    for i in range(0, len(data), 8):
        yield None, int.from_bytes(data[i:i + 8], "little")


def assembly_names(objects):
    names = set()
    for path in objects:
        names |= {s.name for s in elf.Elf(path).symbols if s.type == elf.STT_FUNC}
    return names


def inner_symbols(image, functions):
    """A problem for each symbol inside of a function: frame_state.c would take it for the start of the function."""
    starts = sorted((section, insns[0].address, insns[-1].address, name) for name, _, section, insns in functions)
    for symbol in image.symbols:
        if symbol.type in (elf.STT_SECTION, elf.STT_FILE) or not symbol.name or not 0 < symbol.shndx < 0xFF00:
            continue
        section = image.sections[symbol.shndx].name
        at = bisect.bisect_left(starts, (section, symbol.value)) - 1
        if at >= 0 and starts[at][0] == section and starts[at][1] < symbol.value <= starts[at][2]:
            yield f"{starts[at][3]}: the symbol {symbol.name} is inside of it"


def leaf_problems(function):
    if function.frame_bytes_at() is None:
        return []
    return [f"{function.name}: a leaf without a frame has bytes that look like mov %rsp,%rbp"]


def check_assembly(function):
    if function.is_plain_leaf():
        return leaf_problems(function)
    return [] if function.name in ASM_FRAMELESS else function.check(shape=function.name not in ASM_UNSHAPED)


def check_image(path, asm_objects, objdump="objdump"):
    """(number of functions, names of functions without an entry slot, problems)"""
    image = elf.Elf(path)
    text = subprocess.run([objdump, "-d", "-w", "-r", path], check=True, capture_output=True, text=True).stdout
    assembly = assembly_names(asm_objects)
    bounds = {s.name: s.value for s in image.symbols if s.name in ("__entry_text_start", "__entry_text_end")}
    entry = range(bounds.get("__entry_text_start", 0), bounds.get("__entry_text_end", 0))
    slots = set(entry_slots(image))
    used, problems, untraced = set(), [], []
    functions = list(functions_of(image, parse(text)))
    for name, address, section, insns in functions:
        function = Function(name, insns)
        if name in assembly:
            problems += check_assembly(function) if address not in entry else []
            continue
        slot = {(None, address), (section, address)} & slots
        used |= slot
        if bool(slot) != (insns[0].raw == NOP5):
            problems.append(f"{name}: entry slot {'without' if slot else 'with'} the 5-byte NOP"
                            f"{'' if slot else ' that __mcount_loc does not list'}")
        if not slot:
            untraced.append(name)
        problems += function.check() if slot or not function.is_plain_leaf() else leaf_problems(function)
    problems += [f"__mcount_loc lists {address:#x}, which is no start of a C function"
                 for _, address in sorted(slots - used, key=str)]
    problems += inner_symbols(image, [f for f in functions if f[1] not in entry])
    return len(functions), untraced, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--asm", nargs="*", default=[], help="objects whose functions are written in assembly")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("-v", "--verbose", action="store_true", help="list the functions that cannot be hooked")
    options = parser.parse_args()
    count, untraced, problems = check_image(options.image, options.asm, options.objdump)
    if problems:
        print("\n".join(f"framecheck: {problem}" for problem in problems), file=sys.stderr)
        sys.exit(f"framecheck: {options.image}: {len(problems)} problems in {count} functions")
    if options.verbose:
        print(f"{count} functions follow the frame rule; without entry slot: {' '.join(sorted(untraced))}")


if __name__ == "__main__":
    main()
