# SPDX-License-Identifier: GPL-2.0-or-later
"""L2, stacks that one can trust: hand-made stacks on the host; then stacks of sleeping tasks, which the host also walks itself in the
guest's memory; then the suites of live patching that depend on stacks."""

import re

from grading import CONTEXT, Failed, check

FILE = "arch/x86_64/unwind.c"


def look(g):
    """The boot that P1 and P7 judge: its lines, and the stacks that the host found in its memory."""
    def once():
        extra, found = "\n".join(f"sleep {g.random.randrange(50000, 99999)} & echo \"sleeper clock $!\"" for _ in range(g.random.randrange(2, 9))), {}
        boot = g.boot(SLEEPERS.format(extra=extra), looks={"stacks": lambda still: host_walks(found, still)})
        return boot.ok("the kernel must boot, and show the stacks of all tasks in /proc/PID/stack"), found
    return g.once("look", once)


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    look(g)


@check("P2", 10, "ordinary stacks: a user task, a kernel thread, a dead task")
def ordinary(g):
    g.host_unit("unwind", ["user_task_ends_at_its_registers", "kernel_thread_ends_with_an_empty_frame_pointer_in_entry_text",
                           "dead_task_returns_into_nothing"])


@check("P3", 10, "an address is judged by its call, the start of a task that never ran by itself, a hooked return by its true address")
def addresses(g):
    g.host_unit("unwind", ["addresses_are_judged_by_their_call", "task_that_never_ran_is_inside_its_first_code",
                           "hooked_returns_are_found_beside_the_stack", "return_that_is_hooked_twice_leads_to_the_first_address",
                           "hook_without_an_entry_is_refused"])


@check("P4", 15, "frames: on the stack, aligned, always rising, never more than there is room for")
def frames(g):
    g.host_unit("unwind", ["frame_pointer_that_does_not_rise_is_refused", "frame_pointer_off_the_stack_is_refused",
                           "stack_deeper_than_the_room_is_refused", "return_address_outside_text_is_refused",
                           "random_stacks_get_an_answer"])


@check("P5", 10, "the end of the stack is where it must be, and a running task has none")
def ends(g):
    g.host_unit("unwind", ["end_in_the_wrong_place_is_refused", "running_task_is_refused",
                           "hooked_end_of_a_thread_is_judged_by_the_true_address"])


@check("P6", 10, "trap frames: walked at every instruction of a function, refused in entry code")
def traps(g):
    g.host_unit("unwind", ["fault_in_a_user_copy_is_walked", "interrupted_function_is_walked_at_every_instruction",
                           "interrupt_of_an_interrupt_is_walked", "interrupted_code_without_frames_is_refused"])


SLEEPERS = """\
mkfifo /tmp/fifo
cat /tmp/fifo & echo "sleeper fifo $!"
sleep 100000 & echo "sleeper clock $!"
sh -c 'sleep 100000; true' & echo "sleeper child $!"
(sleep 100000 | cat) & echo "sleeper pipe $!"
cat <>/tmp/fifo & echo "sleeper both $!"
{extra}
# Asleep: looked at until the state is S.
for p in $(jobs -p); do
	until grep -q 'State:.[SDI]' /proc/$p/status; do usleep 10000; done
done
show() {{ echo "begin $1 $(cat /proc/$1/comm)"; cat /proc/$1/stack; echo "done $1"; }}
for p in /proc/[0-9]*; do show ${{p#/proc/}}; done
look stacks
echo again
for p in $(jobs -p); do show $p; done
exit 0
"""


def host_walks(found, still):
    """The chain of frames of every sleeping task, walked over the memory of the stopped machine."""
    o_sp, o_cpu, o_stack, o_pid, o_state, per_leaf = still.offsets(
        "offsetof(struct task, kernel_sp)", "offsetof(struct task, on_cpu)", "offsetof(struct task, stack)",
        "offsetof(struct task, pid)", "offsetof(struct task, state)", "PAGE_SIZE / sizeof(struct task *)")
    stack_size, = still.offsets("KSTACK_SIZE")
    leaves = still.address("pid_leaves")
    for leaf in filter(None, still.words(leaves, still.size("pid_leaves") // 8)):
        for task in filter(None, still.words(leaf, per_leaf)):
            stack = still.word(task + o_stack)
            if still.int(task + o_cpu) or not still.int(task + o_state) or not stack:
                continue
            words = still.words(stack, stack_size // 8)
            found[still.int(task + o_pid)] = chain(still, stack, words, still.word(task + o_sp) + 5 * 8)


def chain(still, stack, words, frame):
    """Names of the functions, innermost first. The code of the kernel under test is not used."""
    names = []
    while stack <= frame <= stack + 8 * len(words) - 16 and not frame & 7:
        index = (frame - stack) // 8
        function = still.function_at(words[index + 1] - 1)
        names.append(function.name if function else "?")
        frame = words[index]
    return names


def stacks(lines):
    """pid -> names of the functions that the kernel shows."""
    shown, pid = {}, None
    for line in lines:
        begin = re.match(r"begin (\d+) ", line)
        if begin:
            pid, shown[int(begin[1])] = int(begin[1]), []
        elif line.startswith("[<0>] ") and pid:
            shown[pid].append(re.split(r"[+ ]", line[6:])[0])
        elif line.startswith("# unreliable") and pid:
            shown[pid].append(line)
        elif line.startswith("done "):
            pid = None
    return shown


@check("P7", 20, "stacks of all sleepers of a running system: the chain that the host finds in their memory", needs=["P1"])
def sleepers(g):
    boot, found = look(g)
    # Servers and kernel threads run between the looks; these processes keep sleeping.
    ours = {int(line.split()[2]) for line in boot.lines if line.startswith("sleeper ")}
    middle = boot.lines.index("again")
    shown, again, compared = stacks(boot.lines[:middle]), stacks(boot.lines[middle:]), 0
    for pid, names in sorted(found.items()):
        # A process may still have been on its way to sleep, for instance in exec, when its stack was shown first.
        if pid in ours and shown.get(pid) == again.get(pid) is not None:
            compared += 1
            if shown[pid] != names:
                raise Failed(f"task {pid} sleeps in these functions, innermost first: {' '.join(names)}",
                             ["  the kernel shows: " + " ".join(shown[pid] or ["nothing"])]
                             + ["  " + line for line in boot.lines if line.startswith(f"begin {pid} ")])
    if compared < 5:
        raise Failed("the host must find at least five sleepers to compare",
                     [f"  {pid}: {' '.join(names)}" for pid, names in list(found.items())[:CONTEXT]])


@check("P8", 15, "live patching believes these stacks and no damaged one, and what worked still works", needs=["P1"])
def live_patching(g):
    together = ["klp_stacks", "proc"]
    for name in together:
        g.expect_suite(name, cpus=2, together=together)


@check("P9", 5, "form: 100 columns, no blanks at line ends, no warning")
def form(g):
    g.form([FILE])
