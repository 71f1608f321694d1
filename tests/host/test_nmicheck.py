# SPDX-License-Identifier: GPL-2.0-or-later
"""The NMI checker follows the code that an NMI runs, and reports each trap and each slot for a patch in this code."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import framecheck  # noqa: E402
import nmicheck  # noqa: E402

GOOD = {
    "nmi_common": ["cld", "call {dispatch} <dispatch>", "jne {nmi_leave} <nmi_leave>",
                   "jmp {return_to_kernel} <return_to_kernel>"],
    "dispatch": ["push %rbp", "call {count} <count>", "pop %rbp", "ret"],
    "count": ["incl (%rdi)", "ret"],
    "return_to_kernel": ["pop %rax", "iretq"],
    "nmi_leave": ["mov %rax,%rsp", "call {printk} <printk>", "ud2"],
    "debugreg_hit": ["mov %dr6,%rax", "ret"],
    "printk": ["nopl 0x0(%rax,%rax,1)", "int3", "ret"],
}


def check(slots=("printk",), **changes):
    """Names and problems of a kernel like GOOD; a change is the new text of a function."""
    texts = {**GOOD, **changes}
    starts = {name: 0x1000 * (i + 1) for i, name in enumerate(texts)}
    functions = {}
    for name, lines in texts.items():
        listing = ["Disassembly of section .text:"]
        for i, line in enumerate(lines):
            mnemonic, _, operands = line.partition(" ")
            for other, start in starts.items():
                operands = operands.replace("{%s}" % other, f"{start:x}")
            listing.append(f"{starts[name] + i:8x}:\t90 \t{mnemonic} {operands}")
        functions[name] = starts[name], framecheck.parse("\n".join(listing))[".text"]
    return nmicheck.check(functions, {starts[name] for name in slots})


class Nmicheck(unittest.TestCase):
    def rejects(self, words, **options):
        problems = check(**options)[1]
        self.assertTrue(any(words in problem for problem in problems), problems)

    def test_an_nmi_is_followed_until_it_leaves_its_stack(self):
        seen, problems = check()
        self.assertEqual(problems, [])
        self.assertEqual(sorted(seen), ["count", "debugreg_hit", "dispatch", "nmi_common", "return_to_kernel"])

    def test_entry_slot_in_a_function_that_is_called(self):
        self.rejects("nmi_common -> dispatch -> count: has an entry slot", slots=("count",))

    def test_entry_slot_on_the_stack_of_a_debug_exception(self):
        self.rejects("debugreg_hit: has an entry slot", slots=("debugreg_hit",))

    def test_call_of_a_function_with_a_slot(self):
        self.rejects("-> printk: has an entry slot", count=["call {printk} <printk>", "ret"])

    def test_jump_to_a_function_with_a_slot(self):
        self.rejects("-> printk: has an entry slot", count=["jmp {printk} <printk>"])

    def test_conditional_jump_to_a_function_with_a_slot(self):
        self.rejects("-> printk: has an entry slot", count=["jne {printk} <printk>", "ret"])

    def test_call_through_a_pointer(self):
        self.rejects("goes where nobody can see", count=["call *%rax", "ret"])

    def test_jump_table(self):
        self.rejects("goes where nobody can see", count=["jmp *0x0(,%rax,8)"])

    def test_bug(self):
        self.rejects("count contains ud2", count=["test %rdi,%rdi", "ud2"])

    def test_interrupts_on(self):
        self.rejects("count contains sti", count=["sti", "ret"])

    def test_return_from_a_trap(self):
        self.rejects("count contains iretq", count=["iretq"])

    def test_missing_function(self):
        self.rejects("nowhere: no such function", count=["call 999 <nowhere>", "ret"])


if __name__ == "__main__":
    unittest.main()
