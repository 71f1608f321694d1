# SPDX-License-Identifier: GPL-2.0-or-later
"""waits - the tasks for which a patch may have to wait: tasks that sleep while one of its functions is on the stack.

Direct calls are read from the objects of the kernel's build; calls through pointers are not known, and are not reported.
"""

import glob
import os

import elf
from klpbuild.compare import REPORTERS
from klpbuild.objects import R_PC32, R_PLT32

SLEEP = "schedule"

# Functions in which some task is from the start of the machine on, and this task. tests/host/test_klp_build.py looks for them in the image.
ALWAYS_ON_A_STACK = {
    "worker_main": "each kworker that has nothing to do",
    "kthread_main": "each kernel thread",
    "port_receive": "each server that waits for a request",
    "__x64_sys_port_reply_recv": "each server that waits for a request",
    "call_server": "each program that waits for a server's answer, as the shell for a key",
    "wait_for_child": "each shell that waits for a command",
    "__x64_sys_wait4": "each shell that waits for a command",
    "signal_timed_wait": "init",
    "__x64_sys_rt_sigtimedwait": "init",
    "syscall_dispatch": "each task that sleeps in a system call",
    "schedule": "each task that sleeps",
    "schedule_until": "each task that sleeps for a time",
    "sched_switch": "each task that sleeps",
    "sched_hand_over": "each task that waits for a server's answer",
}


def calls_of_object(path):
    """{function: functions that it calls} of an object file."""
    image, homes, found = elf.Elf(path), {}, {}
    for symbol in image.symbols:
        if symbol.type == elf.STT_FUNC and 0 < symbol.shndx < 0xFF00:
            homes.setdefault(symbol.shndx, []).append(symbol)
    for index, functions in homes.items():
        for place, kind, number, _ in image.relocations(image.sections[index]):
            target = image.symbols[number]
            owner = next((f for f in functions if f.value <= place < f.value + f.size), None)
            if owner is None or kind not in (R_PC32, R_PLT32):
                continue
            names = [target.name] if target.name else [f.name for f in homes.get(target.shndx, ())][:1]
            found.setdefault(owner.name, set()).update(names)
    return found


class Waits:
    """plans: of the patch; their edited functions replace the originals."""

    def __init__(self, build, plans):
        self.calls = {}
        for path in glob.glob(os.path.join(build, "kernel", "**", "*.o"), recursive=True):
            self.calls.update(calls_of_object(path))
        for plan in plans:
            for piece in plan.new.functions():
                self.calls[piece.name] = {ref.name for ref in piece.refs if ref.kind == "symbol" and ref.type in (R_PC32, R_PLT32)}

    def way_to_sleep(self, name):
        """The shortest chain of calls from a function to the one that sleeps, or None."""
        before, todo = {name: None}, [name]
        for at in todo:
            if at == SLEEP:
                way = []
                while at:
                    way.insert(0, at)
                    at = before[at]
                return way
            for callee in sorted(self.calls.get(at, set()) - REPORTERS):
                if callee not in before:
                    before[callee] = at
                    todo.append(callee)
        return None
