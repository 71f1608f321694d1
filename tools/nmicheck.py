#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nmicheck.py - proves over the disassembly that no code that runs in an NMI can be patched or probed, or can trap.

    nmicheck.py build/neurath.elf

An entry slot may hold a breakpoint. The iret of its trap, or of any other trap inside an NMI, lets the next NMI in, which overwrites
the frame of the first. So no function that is reached from ROOTS may have an entry slot, and no such function may

  * call or jump to an address that cannot be read here (a pointer, a table),
  * contain an instruction that traps or returns from a trap (int3, int, ud2: a BUG or a failed assertion), or that turns
    interrupts on (sti),

except EXIT, whose iret ends the NMI. At the start of LEAVES, the code leaves the NMI's stack and never returns to it.
"""

import argparse
import re
import subprocess
import sys

import elf
import framecheck

# The entry of NMIs; and the code of a #DB in the kernel, which has a stack of its own that a second #DB would overwrite.
ROOTS = "nmi_common", "debugreg_hit"
EXIT = "return_to_kernel"
LEAVES = {"nmi_leave": "a panic or report runs on a stack that no NMI comes to, and returns by a copy of the frame"}

SHOWN = 10

FORBIDDEN = re.compile(r"^(int3|int|int1|into|ud[012][abw]?|sti|iretq?|sysretq?|sysexit)$")
NAME = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")


def is_transfer(insn):
    return insn.mnemonic.startswith(("call", "j", "loop"))


def leads_to(insns, name):
    """(names of the other functions that the function calls or jumps to, problems) of a function's instructions."""
    inside = {insn.address for insn in insns}
    targets, problems = [], []
    for insn in insns:
        if FORBIDDEN.match(insn.mnemonic) and name != EXIT:
            problems.append(f"{name} contains {insn.mnemonic}")
        if not is_transfer(insn) or insn.target in inside:
            continue
        match = NAME.search(insn.operands)
        if insn.target is None or not match:
            problems.append(f"{name} goes where nobody can see: {insn.mnemonic} {insn.operands}")
        else:
            targets.append(match.group(1))
    return targets, problems


def check(functions, slots):
    """(names of all functions that run in an NMI, problems); functions: {name: (address, [Insn])}, slots: addresses."""
    seen, work, problems = [], [(root, "") for root in ROOTS], []
    while work:
        name, path = work.pop()
        if name in seen or name in LEAVES:
            continue
        seen.append(name)
        path = f"{path} -> {name}" if path else name
        if name not in functions:
            problems.append(f"{path}: no such function")
            continue
        address, insns = functions[name]
        if address in slots:
            problems.append(f"{path}: has an entry slot (mark it notrace, or do not call it)")
        targets, found = leads_to(insns, name)
        problems += [f"{path}: {problem}" for problem in found]
        work += [(target, path) for target in targets]
    return seen, problems


def check_image(path, objdump):
    image = elf.Elf(path)
    text = subprocess.run([objdump, "-d", "-w", "-r", path], check=True, capture_output=True, text=True).stdout
    functions = {}
    for name, address, _, insns in framecheck.functions_of(image, framecheck.parse(text)):
        functions[name] = address, insns
    return check(functions, {address for _, address in framecheck.entry_slots(image)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("-v", "--verbose", action="store_true", help="list the functions that run in an NMI")
    options = parser.parse_args()
    seen, problems = check_image(options.image, options.objdump)
    if problems:
        print("\n".join(f"nmicheck: {problem}" for problem in problems[:SHOWN]), file=sys.stderr)
        sys.exit(f"nmicheck: {options.image}: {len(problems)} problems in the {len(seen)} functions of an NMI")
    if options.verbose:
        print(f"in an NMI: {' '.join(sorted(seen))}")


if __name__ == "__main__":
    main()
