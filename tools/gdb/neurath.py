# SPDX-License-Identifier: GPL-2.0-or-later
"""neurath.py - commands of gdb for a running kernel; tools/debug loads it. `help neurath` lists them.

The commands only read the guest's memory; step-new also lets the guest run. Each time the guest stops, the symbols of modules, and of the
server in which the CPU is, are loaded.
"""

import glob
import os

import gdb

KSTACK_SIZE = 16 * 1024
BUILD = os.path.dirname(gdb.objfiles()[0].filename)
STATES = {0: "R", 1: "S", 2: "D", 4: "T", 8: "t", 0x40: "X"}
SLOT_SIZE = 5
TIF_PATCH_PENDING = 3


def value(expression):
    return gdb.parse_and_eval(expression)


def word(address):
    data = gdb.selected_inferior().read_memory(address, 8)
    return int.from_bytes(bytes(data), "little")


def type_pointer(name):
    return gdb.lookup_type(name).pointer()


def text(pointer):
    return pointer.string(errors="replace")


def list_entries(head, type_name, member):
    """The structures on a list of struct list_head."""
    offset = next(f.bitpos // 8 for f in gdb.lookup_type(type_name).fields() if f.name == member)
    node, end = head["next"], int(head.address)
    while int(node) != end:
        yield gdb.Value(int(node) - offset).cast(type_pointer(type_name)).dereference()
        node = node["next"]


def place(address):
    """function+offset (file:line) of a code address."""
    symbol = gdb.execute(f"info symbol {address:#x}", to_string=True).split(" in section")[0].strip()
    line = gdb.find_pc_line(address)
    where = f" ({line.symtab.filename}:{line.line})" if line.symtab else ""
    return f"{symbol if not symbol.startswith('No symbol') else hex(address)}{where}"


# ---- tasks -------------------------------------------------------------------------------------------------------------

def tasks():
    """Every task of the pid table, then the idle tasks."""
    leaves, size = value("pid_leaves"), 4096 // 8
    for leaf in range(leaves.type.range()[1] + 1):
        if int(leaves[leaf]):
            for slot in range(size):
                task = leaves[leaf][slot]
                if int(task):
                    yield task.dereference()
    for cpu in range(int(value("nr_cpus"))):
        yield value(f"runqueues[{cpu}].idle").dereference()


def find_task(pid):
    for task in tasks():
        if int(task["pid"]) == pid and pid:
            return task
    raise gdb.GdbError(f"no task {pid}")


def state_letter(task):
    state = int(task["state"]) & 0x4F
    return next((letter for bit, letter in STATES.items() if bit and state & bit), "R")


def frames(task):
    """Code addresses of a task that is off its CPU, innermost first: those that switch_stacks() pushed, then the chain of frames."""
    low = int(task["stack"])
    frame = int(task["kernel_sp"]) + 5 * 8
    while low <= frame <= low + KSTACK_SIZE - 16:
        yield word(frame + 8)
        above = word(frame)
        if above & 1:           # the registers of an entry: of a program, or of a fault in the kernel
            regs = gdb.Value(above & ~1).cast(type_pointer("struct pt_regs"))
            if int(regs["cs"]) & 3:
                return
            yield int(regs["rip"]) + 1
            above = int(regs["rbp"])
        if above <= frame:
            return
        frame = above


class Neurath(gdb.Command):
    """Commands for the kernel: ps, bt-task, dmesg, patches, hooks, modules, step-new."""

    def __init__(self):
        super().__init__("neurath", gdb.COMMAND_USER, prefix=True)

    def invoke(self, argument, from_tty):
        gdb.execute("help neurath")


class Command(gdb.Command):
    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_USER)


class Ps(Command):
    """ps: all tasks, with their state, CPU, and patch state (-1: no transition runs)."""

    def invoke(self, argument, from_tty):
        print("  PID S CPU PATCH NAME             WHERE")
        for task in tasks():
            running = int(task["on_cpu"])
            where = "on the CPU" if running else self.where(task)
            print(f"{int(task['pid']):5} {state_letter(task)} {int(task['cpu']):3} {int(task['patch_state']):5} "
                  f"{text(task['comm']):16} {where}")

    @staticmethod
    def where(task):
        for address in frames(task):
            name = place(address - 1).split("+")[0].split(" ")[0]
            if not name.startswith(("arch_switch_to", "sched", "(schedule", "mutex_lock", "switch_stacks")):
                return name
        return "-"


class BtTask(Command):
    """bt-task PID: the stack of a task that is off its CPU. For a running task use thread N of its CPU, then bt."""

    def invoke(self, argument, from_tty):
        task = find_task(int(gdb.parse_and_eval(argument)))
        if int(task["on_cpu"]):
            raise gdb.GdbError(f"it runs on CPU {int(task['cpu'])}: thread {int(task['cpu']) + 1}, then bt")
        for number, address in enumerate(frames(task)):
            print(f"#{number:<2} {place(address - 1)}")


# ---- the log -----------------------------------------------------------------------------------------------------------

class Dmesg(Command):
    """dmesg [N]: the kernel's log, or its last N records."""

    def invoke(self, argument, from_tty):
        slots = value("printk_slots")
        size, base = slots.type.sizeof, int(slots.address)
        ring = bytes(gdb.selected_inferior().read_memory(base, size))
        index, head = value("printk_index"), gdb.lookup_type("struct printk_head").sizeof
        records = index.type.range()[1] + 1
        following = int(value("printk_reserved")) >> 32
        first = max(0, following - records, following - int(argument) if argument else 0)
        for seq in range(first, following):
            entry = int(index[seq % records])
            if entry >> 32 != seq + 1:
                continue
            at = (entry & 0xFFFFFFFF) * 64 % size
            record = (ring + ring)[at:at + 1024]
            time, length = int.from_bytes(record[:8], "little"), int.from_bytes(record[12:14], "little")
            message = record[head:head + length].decode("utf-8", "replace")
            print(f"[{time // 10**9:5}.{time // 1000 % 10**6:06}] {message}")


# ---- live patching -----------------------------------------------------------------------------------------------------

class Patches(Command):
    """patches: live patches, their functions, and in a transition the tasks that have not changed over."""

    def invoke(self, argument, from_tty):
        transition = int(value("klp_transition_patch"))
        for patch in list_entries(value("klp_patches"), "struct klp_patch", "list"):
            state = "enabled" if int(patch["enabled"]) else "disabled"
            print(f"{text(patch['mod']['name'])}: {state}{', in transition' if int(patch.address) == transition else ''}")
            for obj in list_entries(patch["obj_list"], "struct klp_object", "node"):
                for func in list_entries(obj["func_list"], "struct klp_func", "node"):
                    print(f"    {text(func['old_name'])} -> {place(int(func['new_func']))}"
                          f"{'' if int(func['patched']) else ' (not on its hook)'}")
        if transition:
            for task in tasks():
                if int(task["flags"]) >> TIF_PATCH_PENDING & 1:
                    print(f"  pending: {int(task['pid'])} {text(task['comm'])}")


class Hooks(Command):
    """hooks: functions with a patch or a probe, the bytes of their slots, and where a call goes."""

    def invoke(self, argument, from_tty):
        for hook in list_entries(value("klp_hooks"), "struct klp_hook", "node"):
            slot = bytes(gdb.selected_inferior().read_memory(int(hook["func"]), 5)).hex(" ")
            kind = {0xE9: "jumps", 0xE8: "calls", 0xCC: "traps", 0x0F: "nop"}.get(int(slot[:2], 16), "?")
            print(f"{place(int(hook['func']))}: {slot} ({kind}), a call goes to {place(int(hook['goes_to']))}")


class StepNew(Command):
    """step-new: continues until this CPU enters a version of a patched function: through slot and selector, to the version of its task."""

    def invoke(self, argument, from_tty):
        refresh()
        thread = gdb.selected_thread().global_num
        stops = []
        for address in self.versions():
            stop = gdb.Breakpoint(f"*{address:#x}", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
            stop.thread = thread
            stops.append(stop)
        if not stops:
            raise gdb.GdbError("no function is patched")
        try:
            gdb.execute("continue")
        finally:
            for stop in stops:
                stop.delete()

    @staticmethod
    def versions():
        """The first instruction of each new version, and the instruction behind the slot of each old version."""
        found = set()
        for patch in list_entries(value("klp_patches"), "struct klp_patch", "list"):
            for obj in list_entries(patch["obj_list"], "struct klp_object", "node"):
                for func in list_entries(obj["func_list"], "struct klp_func", "node"):
                    if int(func["patched"]):
                        found |= {int(func["new_func"]), int(func["old_func"]) + SLOT_SIZE}
        return sorted(found)


# ---- symbols -----------------------------------------------------------------------------------------------------------

loaded_modules, loaded_server = {}, [None]


def module_file(name):
    for folder in (os.path.join(BUILD, "modules"), os.path.join(BUILD, "patches"), os.environ.get("NEURATH_MODULES", "")):
        for ending in (".ko.debug", ".ko"):
            for path in glob.glob(os.path.join(glob.escape(folder), "*" + ending)) if folder else ():
                if os.path.basename(path)[:-len(ending)].replace("-", "_") == name:
                    return path
    return None


def modules():
    """(name, address of its text)."""
    mod = value("module_list")
    while int(mod):
        yield text(mod["name"]), int(mod["core"]["base"])
        mod = mod["next"]


def refresh():
    """Symbols of the modules that are loaded now."""
    present = dict(modules())
    for name, base in list(loaded_modules.items()):
        if present.get(name) != base:
            gdb.execute(f"remove-symbol-file -a {base:#x}", to_string=True)
            del loaded_modules[name]
    for name, base in present.items():
        path = module_file(name)
        if name not in loaded_modules and path:
            gdb.execute(f"add-symbol-file {path} {base:#x}", to_string=True)
            loaded_modules[name] = base
    refresh_server()


def refresh_server():
    """All programs are linked at the same address: only the program that this CPU runs in user mode has symbols."""
    name = None
    if int(value("$pc")) < 1 << 47:
        cpu = (gdb.selected_thread().num or 1) - 1
        name = text(value(f"cpus[{cpu}].task")["comm"])
    path = next((path for path in (f"{BUILD}/user/servers/{name}.debug", f"{BUILD}/user/{name}.debug") if os.path.exists(path)), None)
    if loaded_server[0] and loaded_server[0] != path:
        gdb.execute(f"remove-symbol-file {loaded_server[0]}", to_string=True)
        loaded_server[0] = None
    if path and not loaded_server[0]:
        gdb.execute(f"add-symbol-file {path}", to_string=True)
        loaded_server[0] = path


class Modules(Command):
    """modules: the loaded modules, the address of their text, and whether gdb has their symbols."""

    def invoke(self, argument, from_tty):
        refresh()
        for name, base in modules():
            print(f"{base:#x} {name}: {module_file(name) or 'no file: set NEURATH_MODULES to its folder'}")


def on_stop(event):
    try:
        refresh()
    except (gdb.error, gdb.MemoryError):
        pass        # in the boot loader, or before paging: there is no kernel yet


gdb.execute("set confirm off")
gdb.execute("set pagination off")
Neurath()
Ps("ps"), BtTask("bt-task"), Dmesg("dmesg"), Patches("patches"), Hooks("hooks"), StepNew("step-new"), Modules("modules")
gdb.events.stop.connect(on_stop)
