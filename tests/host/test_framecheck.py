# SPDX-License-Identifier: GPL-2.0-or-later
"""The frame checker accepts code that GCC makes with our flags, and rejects each kind of code that deceives the
unwinder."""

import os
import sys
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import elf  # noqa: E402
import framecheck  # noqa: E402

PROLOGUE = ["nopl 0x0(%rax,%rax,1)", "push %rbp", "mov %rsp,%rbp"]
EPILOGUE = ["pop %rbp", "ret"]


def check(instructions, name="victim", tail_targets=frozenset({"thunk"})):
    """Problems of a function given as AT&T lines, one byte each; `@N` stands for the address of line N."""
    lines = ["Disassembly of section .text:"]
    for address, text in enumerate(instructions):
        mnemonic, _, operands = text.partition(" ")
        if operands.startswith("@"):
            operands = f"{int(operands[1:]):x} <{name}+{operands[1:]}>"
        raw = "48 89 e5" if text == PROLOGUE[2] else "90"
        lines.append(f"{address:4x}:\t{raw} \t{mnemonic} {operands}")
    insns = framecheck.parse("\n".join(lines))[".text"]
    return framecheck.Function(name, insns, tail_targets).check()


class Accepts(unittest.TestCase):
    def accepts(self, instructions):
        self.assertEqual(check(instructions), [])

    def test_plain_function(self):
        self.accepts(PROLOGUE + ["call 1000 <other>"] + EPILOGUE)

    def test_moves_scheduled_before_the_frame(self):
        self.accepts(["nopl 0x0", "mov %rdi,%rax", "push %rbp", "xor %edx,%edx", "lock orq $0x0,(%rsp)",
                      "mov %rsp,%rbp", "call 1000 <other>", "leave", "ret"])

    def test_saved_registers_and_locals(self):
        self.accepts(PROLOGUE + ["push %rbx", "sub $0x18,%rsp", "call 1000 <other>", "mov -0x8(%rbp),%rbx", "leave", "ret"])

    def test_call_that_does_not_return_at_the_end(self):
        self.accepts(PROLOGUE + ["call 1000 <panic>"])

    def test_two_returns(self):
        self.accepts(PROLOGUE + ["je @6", "call 1000 <other>", "nop", "pop %rbp", "ret"])

    def test_jump_table(self):
        self.accepts(PROLOGUE + ["jmp *0x0(,%rax,8)", "call 1000 <other>"] + EPILOGUE + ["call 1001 <more>", "leave", "ret"])

    def test_jump_to_a_listed_thunk(self):
        self.accepts(PROLOGUE + ["jmp 1000 <thunk>"])


class FrameBytes(unittest.TestCase):
    """The unwinder finds the end of a prologue by its bytes."""

    def problems(self, *raws):
        address, insns = 0, []
        for raw, text in zip(raws, PROLOGUE[:1] + ["mov %eax,%ebx"] * (len(raws) - 5) + PROLOGUE[1:] + EPILOGUE):
            mnemonic, _, operands = text.partition(" ")
            insns.append(framecheck.Insn(address, raw, mnemonic, operands, None))
            address += len(raw.split())
        return framecheck.Function("victim", insns).check()

    def test_first_occurrence_is_the_instruction(self):
        self.assertEqual(self.problems(framecheck.NOP5, "31 c0", "55", "48 89 e5", "5d", "c3"), [])

    def test_the_same_bytes_inside_another_instruction_are_refused(self):
        self.assertIn("where the unwinder looks", str(self.problems(framecheck.NOP5, "b8 48 89 e5 00", "55", "48 89 e5", "5d", "c3")))

    def test_a_prologue_that_comes_too_late_is_refused(self):
        late = ["48 b8 01 02 03 04 05 06 07 08"] * 7
        self.assertIn("where the unwinder looks", str(self.problems(framecheck.NOP5, *late, "55", "48 89 e5", "5d", "c3")))


class Shape(unittest.TestCase):
    """Before the mov there is no whole frame, behind it there is one, or the end of the function."""

    def test_two_prologues_are_refused(self):
        problems = check(["test %rdi,%rdi", "je @6"] + PROLOGUE[1:] + EPILOGUE + PROLOGUE[1:] + EPILOGUE)
        self.assertIn("an interrupt would be misjudged: the function has no frame here: push %rbp", str(problems))

    def test_function_without_end_and_frame_is_refused(self):
        self.assertIn("never completes its frame", str(check(["nopl 0x0(%rax,%rax,1)", "jmp @0"])))

    def test_instructions_behind_the_end_of_a_frame_are_accepted(self):
        self.assertEqual(check(PROLOGUE + ["pop %rbp", "mov %edx,%eax", "je @6", "ret"]), [])

    def test_code_behind_a_halt_is_followed(self):
        self.assertIn("calls with left", str(check(PROLOGUE + ["hlt", "pop %rbp", "call 1000 <other>", "ret"])))

    def test_symbols_inside_of_functions_are_found(self):
        insns = framecheck.parse("Disassembly of section .text:\n" + "\n".join(f" {a:x}:\t90 \tnop" for a in range(16, 20)))[".text"]
        image = types.SimpleNamespace(sections=[None, types.SimpleNamespace(name=".text")], symbols=[
            types.SimpleNamespace(name=name, type=kind, shndx=1, value=value) for name, kind, value in (
                ("victim", elf.STT_FUNC, 16), ("label", elf.STT_NOTYPE, 18), ("", elf.STT_NOTYPE, 18), ("next", elf.STT_FUNC, 20))])
        self.assertEqual(list(framecheck.inner_symbols(image, [("victim", 16, ".text", insns)])),
                         ["victim: the symbol label is inside of it"])

    def test_leaf_with_the_bytes_of_a_prologue_is_refused(self):
        insns = [framecheck.Insn(0, "b8 48 89 e5 00", "mov", "$0xe58948,%eax", None), framecheck.Insn(5, "c3", "ret", "", None)]
        self.assertIn("look like mov %rsp,%rbp", str(framecheck.leaf_problems(framecheck.Function("leaf", insns))))
        self.assertEqual(framecheck.leaf_problems(framecheck.Function("leaf", insns[1:])), [])


class Rejects(unittest.TestCase):
    def rejects(self, instructions, words):
        problems = check(instructions)
        self.assertTrue(problems, "accepted")
        self.assertTrue(any(words in problem for problem in problems), problems)

    def test_call_without_frame(self):
        self.rejects(["call 1000 <other>", "ret"], "calls with no frame")

    def test_call_with_half_a_frame(self):
        self.rejects(["push %rbp", "call 1000 <other>", "mov %rsp,%rbp", "leave", "ret"], "calls with half a frame")

    def test_call_on_one_path_before_the_frame(self):
        self.rejects(["test %rdi,%rdi", "je @7", "push %rbp", "mov %rsp,%rbp", "call 1000 <other>", "leave", "ret",
                      "call 1000 <other>", "ret"], "calls with no frame")

    def test_call_behind_the_frame(self):
        self.rejects(PROLOGUE + ["leave", "call 1000 <other>", "ret"], "calls with left")

    def test_sibling_call(self):
        self.rejects(PROLOGUE + ["pop %rbp", "jmp 1000 <other>"], "jumps to another function")

    def test_conditional_sibling_call(self):
        self.rejects(PROLOGUE + ["jne 1000 <other>"] + EPILOGUE, "jumps to another function")

    def test_indirect_sibling_call(self):
        self.rejects(PROLOGUE + ["pop %rbp", "jmp *%rax"], "indirect jump with left")

    def test_return_with_a_standing_frame(self):
        self.rejects(PROLOGUE + ["ret"], "returns with a frame")

    def test_push_before_the_frame(self):
        self.rejects(["push %rbx"] + PROLOGUE + EPILOGUE, "moves %rsp or %rbp before")

    def test_stack_realigned_before_the_frame(self):
        self.rejects(["lea 0x8(%rsp),%r10", "and $0xffffffffffffffe0,%rsp", "push -0x8(%r10)"] + PROLOGUE[1:] + EPILOGUE,
                     "before the frame")

    def test_frame_pointer_used_as_a_register(self):
        self.rejects(PROLOGUE + ["mov %rdi,%rbp", "call 1000 <other>"] + EPILOGUE, "changes the frame pointer")

    def test_frame_pointer_exchanged(self):
        self.rejects(PROLOGUE + ["xchg %rbp,%rax"] + EPILOGUE, "changes the frame pointer")

    def test_running_into_the_next_function(self):
        self.rejects(PROLOGUE + ["nop"], "control leaves the function")

    def test_paths_that_disagree(self):
        self.rejects(["test %rdi,%rdi", "je @4", "push %rbp", "mov %rsp,%rbp", "call 1000 <other>", "leave", "ret"],
                     "is reached with")

    def test_unframed_target_of_a_jump_table(self):
        self.rejects(PROLOGUE + ["jmp *%rax", "leave", "call 1000 <other>", "ret"], "calls with left")


class PlainLeaf(unittest.TestCase):
    def leaf(self, instructions):
        lines = ["Disassembly of section .text:"]
        lines += [f"{i:4x}:\t90 \t{text}" for i, text in enumerate(instructions)]
        return framecheck.Function("leaf", framecheck.parse("\n".join(lines))[".text"]).is_plain_leaf()

    def test_moves_only(self):
        self.assertTrue(self.leaf(["mov %rdi,%rax", "rep stos %al,%es:(%rdi)", "ret"]))

    def test_no_leaf(self):
        for text in ("call 1000 <x>", "push %rbx", "mov %rsp,%rax", "sub $0x8,%rsp", "jmp 1000 <x>"):
            self.assertFalse(self.leaf([text, "ret"]), text)


if __name__ == "__main__":
    unittest.main()
