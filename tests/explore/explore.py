#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""explore.py [-h] [--campaign] [--mutants] [SCENE [OPTION...]] - the kernel's own files under every schedule: README.md here.

Without arguments, the searches of `make test`: some searches of each scene, and each mutant of mutants.txt. --campaign: for the small scenes all
schedules with at most three choices, and for all scenes random schedules, for hours. SCENE: one scene, with the options of build/explore/explore;
--in=FUNCTION,... makes choices only in these functions. A violation is shown as a timeline, with the line of source at each choice, and the command
for gdb; then the status is 1.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build", "explore")
TABLE = os.path.join(HERE, "mutants.txt")
sys.path.insert(0, os.path.join(TOP, "tests", "mutants"))
import mutant  # noqa: E402

# Files of the kernel in which each access is a scheduling point.
WATCHED = """
    livepatch/transition.c livepatch/ranges.c livepatch/core.c livepatch/hook.c livepatch/object.c livepatch/replace.c
    livepatch/module.c livepatch/nudge.c livepatch/check.c
    arch/x86_64/hook_selector.c tests/explore/units/smp.c tests/explore/units/text_poke.c
    kernel/sched/patch_state.c kernel/sched/patch_stack.c kernel/sched/patch_look.c
    kernel/sched/core.c kernel/sched/wakeup.c kernel/sched/idle.c kernel/sched/task.c kernel/sched/kthread.c
    kernel/exit_work.c kernel/sched/balance.c kernel/base/spinlock.c kernel/sched/mutex.c kernel/sched/wait.c
    kernel/sched/completion.c kernel/sched/sleep.c kernel/sched/workqueue.c
    kernel/process/fork.c kernel/process/exit.c tests/explore/units/exec.c
    kernel/ipc/call.c kernel/ipc/reply_recv.c kernel/ipc/note.c kernel/ipc/port.c kernel/ipc/lease.c kernel/process/futex.c""".split()
# Files that work under their own lock, or on constant data: without points, for speed.
PLAIN = """kernel/lib/idset.c kernel/ipc/changes.c livepatch/decode.c livepatch/state.c livepatch/kprobe.c kernel/sched/timer.c kernel/sched/fair.c
    kernel/lib/pheap.c kernel/lib/sort.c kernel/base/lockcheck.c""".split()
WORLD = [f"tests/explore/{name}.c" for name in ("machine", "text", "hooks", "services", "oracle", "stage", "scenes", "lives", "ipc", "futexes", "search")]

# Functions of the rest of the kernel that are called, and have no effect in the world.
QUIET = set("""
    mm_activate load_init race_init race_delay klp_debug_look klp_sysfs_remove klp_sysfs_remove_nops klp_clear_object module_refcnt_changed
    user_get ptrace_inherit ptrace_event ptrace_unlink ptrace_clone_event ptrace_syscall_exit
    mm_get mm_put mm_exit_current files_get files_put process_mm_release futex_exit_robust signal_thread_exit session_pid_moved
    klp_check_base klp_check_predecessor klp_check_texts klp_has_followers klp_trace_site_of kstack_trim_one
    return_stack_first_run return_hook_stub return_hook_true
    process_wait_vfork transfer_resume arch_fpu_alloc arch_fpu_copy arch_fpu_free itimer_cpu_tick task_cputime copy_to_user""".split())

FLAGS = """-std=gnu17 -g -ffreestanding -fno-pie -fno-strict-aliasing -fno-common -fno-stack-protector -fcf-protection=none -mgeneral-regs-only
    -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -Wall -Wextra -Wno-unused-parameter -Wno-tsan -D__KERNEL__
    -DCONFIG_DEBUG=1""".split()
# The compiler only inserts calls before each access: hooks.c has the functions, and no library is linked.
POINTS = "-O1 -fsanitize=thread --param=tsan-instrument-func-entry-exit=0".split()
LIBC = "-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu".split()


def compile_all(folder, cc, only=None, tree=TOP):
    """{file: its object} of all files, or of some, in the tree or an overlay of it."""
    include = subprocess.run([cc, "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()
    search = ["-nostdinc", "-isystem", include, f"-I{HERE}/include", f"-I{TOP}/include", f"-I{TOP}/arch/x86_64/include"]
    jobs = {}
    for files, flags in ((WATCHED, POINTS), (PLAIN, ["-O2"]), (WORLD, ["-O2"])):
        for file in files if only is None else [file for file in files if file in only]:
            jobs[file] = [cc, *FLAGS, *flags, *search, *(LIBC if file.endswith("/search.c") else []), "-c", file, "-o",
                          os.path.join(folder, file.replace("/", "_") + ".o")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for file, done in zip(jobs, pool.map(lambda job: subprocess.run(job, cwd=tree, capture_output=True, text=True), jobs.values())):
            if done.returncode or (done.stderr and tree == TOP):
                raise RuntimeError(f"{file} does not compile in the world of tests/explore:\n{done.stderr}")
    return {file: job[-1] for file, job in jobs.items()}


def build(folder=BUILD, cc="gcc"):
    """Compiles and links the program."""
    os.makedirs(folder, exist_ok=True)
    return link(folder, compile_all(folder, cc), cc)


def link(folder, objects, cc):
    """Links the program. For a function that the files refer to and the world does not have, a stub is made; a call of the stub is a violation."""
    program = os.path.join(folder, "explore")
    words = [cc, "-no-pie", "-o", program, *objects.values()]
    missing = set(re.findall(r"undefined reference to `([^']+)'", subprocess.run(words, capture_output=True, text=True).stderr))
    made_up = os.path.join(folder, "made_up.c")
    with open(made_up, "w", encoding="utf-8") as file:
        file.write("void violation(const char *fmt, ...);\n")
        for name in sorted(missing):
            if name.startswith("trace_point_"):
                file.write(f"char {name}[256];\n")     # off
                continue
            body = "" if name in QUIET or name.startswith("trace_") else f' violation("the world has no {name}()");'
            file.write(f"long {name}(void) {{{body} return 0; }}\n")
    subprocess.run([cc, "-fno-builtin", "-w", "-g", "-fno-pie", "-c", made_up, "-o", made_up + ".o"], check=True)
    subprocess.run([*words, made_up + ".o"], check=True)
    return program


def with_mutant(program, name, cc="gcc"):
    """The program with a diff of tests/mutants in it: a file of units/ counts as the file that it includes."""
    base = os.path.dirname(program)
    folder = os.path.join(base, "mutants", name)
    tree = mutant.overlay(name, os.path.join(folder, "tree"))
    tree.link_files("tests/explore")
    listed = WATCHED + PLAIN
    units = {unit: os.path.normpath(os.path.join(os.path.dirname(unit), included)) for unit in listed if "/units/" in unit
             for included in re.findall(r'^#include "(.*\.c)"', mutant.read_here(unit), re.MULTILINE)}
    touched = [file for file in listed if units.get(file, file) in mutant.files(name)]
    if not touched:
        raise RuntimeError(f"{name} is in no file that tests/explore compiles")
    objects = {file: os.path.join(base, file.replace("/", "_") + ".o") for file in WATCHED + PLAIN + WORLD}
    return link(folder, {**objects, **compile_all(folder, cc, touched, tree.folder)}, cc)


def with_mutants(program, names):
    """{name: future of the program with that mutant}: the programs are compiled while others run."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    return {name: pool.submit(with_mutant, program, name) for name in names}


def text_of(program, functions):
    """The option that restricts choices to these functions."""
    lines = subprocess.run(["nm", "-n", program], capture_output=True, text=True, check=True).stdout.split("\n")
    symbols = [line.split() for line in lines if len(line.split()) == 3]
    places = {name: (start, following[0]) for (start, _, name), following in zip(symbols, symbols[1:])}
    missing = [name for name in functions if name not in places]
    if missing:
        raise RuntimeError(f"no such function in {program}: {' '.join(missing)} (it may have been inlined)")
    return [f"--in={places[name][0]}-{places[name][1]}" for name in functions]


def program_for(program, options):
    """The program with the mutant that the options name, and the other options."""
    for name in (option[9:] for option in options if option.startswith("--mutant=")):
        program = with_mutant(program, name)
    return program, [option for option in options if not option.startswith("--mutant=")]


def explore(program, scene, options):
    """(status, output) of one search. --mutant=NAME uses the program with that mutant."""
    program, options, arguments = *program_for(program, options), []
    for option in options:
        if option.startswith("--in="):
            arguments += text_of(program, option[5:].split(","))
        else:
            arguments.append(option)
    done = subprocess.run([program, scene, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def mutants():
    """(mutant, scene, options) of each line of the table."""
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                yield words[0], words[1], words[2:]


def show(program, scene, output, options):
    """Prints the timeline of a violation, and the command that repeats it."""
    found = re.search(r"^schedule (\S+)$", output, re.MULTILINE)
    if not found:
        print(output)
        return
    program, options = program_for(program, options)
    kept = [o for o in options if o == "--tso"]
    timeline = subprocess.run([program, scene, *kept, f"--replay={found[1]}"], capture_output=True, text=True).stdout
    lines = [line for line in timeline.split("\n") if line.strip()]
    places = sorted(set(re.findall(r"at (0x[0-9a-f]+)[,;]", timeline)))
    named = subprocess.run(["addr2line", "-fse", program, *places], capture_output=True, text=True).stdout.split("\n")
    for line in lines:
        for place, function, where in zip(places, named[::2], named[1::2]):
            line = line.replace(place, f"{function}() {where}" if where != "??:0" else f"patched text {place}")
        print(line)
    print(f"again, with source lines:\n  gdb -ex 'break violation' -ex run --args {os.path.relpath(program)} {scene} "
          f"{' '.join(kept)} --replay={found[1]}")


# The search of each scene in `make test`; all together take less than a minute.
SEARCHES = {
    "poke": ["--dfs=2", "--random", "--runs=80000"],
    "turn": ["--dfs=1", "--pct=3", "--runs=40000"],
    "back": ["--dfs=1", "--pct=3", "--runs=40000"],
    "looks": ["--dfs=1", "--pct=4", "--runs=40000"],
    "calls": ["--dfs=1", "--pct=3", "--runs=60000"],
    "turns": ["--dfs=1", "--random", "--runs=40000"],
    "births": ["--dfs=1", "--pct=3", "--runs=40000"],
    "twice": ["--dfs=1", "--random", "--runs=30000"],
    "deaths": ["--dfs=1", "--pct=3", "--runs=30000"],
    "sleep": ["--dfs=1", "--random", "--runs=30000", "--seed=3"],
    "wake": ["--dfs=2", "--random", "--runs=200000"],
    "hand": ["--dfs=2", "--random", "--runs=200000"],
    "threads": ["--dfs=1", "--pct=3", "--runs=30000"],
    "spins": ["--dfs=1", "--random", "--runs=30000"],
    "execs": ["--dfs=1", "--pct=3", "--runs=30000"],
    "handler": ["--random", "--runs=30000"],
    "replace": ["--random", "--runs=20000"],
    "late": ["--random", "--runs=20000"],
    "force": ["--random", "--runs=20000"],
    "signal": ["--random", "--runs=20000"],
    "ask": ["--dfs=1", "--random", "--runs=20000"],
    "cancel": ["--dfs=1", "--random", "--runs=30000"],
    "signals": ["--dfs=1", "--random", "--runs=30000"],
    "gone": ["--dfs=1", "--random", "--runs=30000"],
    "portdies": ["--dfs=1", "--random", "--runs=30000"],
    "vacant": ["--dfs=1", "--random", "--runs=20000"],
    "futex": ["--dfs=1", "--random", "--runs=30000"],
    "requeue": ["--dfs=1", "--random", "--runs=30000"],
    "three": ["--random", "--runs=30000"],
}
# Hours: small scenes with up to three choices, and all scenes at random.
CAMPAIGN = {scene: [["--dfs=3"] if scene in ("poke", "turn") else ["--dfs=2"], ["--pct=5", "--runs=3000000"], ["--random", "--runs=3000000"]] for scene in SEARCHES}


def main():
    parser = argparse.ArgumentParser(usage="explore.py [-h] [--campaign] [--mutants] [SCENE [OPTION...]]", allow_abbrev=False,
                                     description=__doc__.split(" - ")[1])
    parser.add_argument("--campaign", action="store_true")
    parser.add_argument("--mutants", action="store_true")
    options, rest = parser.parse_known_args()
    program, bad = build(), 0
    if rest:
        searches = [(rest[0], rest[1:])]
    elif options.campaign:
        searches = [(scene, search) for scene, several in CAMPAIGN.items() for search in several]
    else:
        searches = [] if options.mutants else list(SEARCHES.items())
    for scene, search in searches:
        status, output = explore(program, scene, search)
        print(f"{scene} {' '.join(search)}: {output.strip().splitlines()[-1]}", flush=True)
        if status:
            show(program, scene, output, search)
            bad = 1
    wanted = list(mutants()) if options.mutants or not rest and not options.campaign else []
    programs = with_mutants(program, [name for name, _, _ in wanted])
    for name, scene, search in wanted:
        status, output = explore(programs[name].result(), scene, search)
        print(f"{name} in {scene}: {output.strip().splitlines()[-1]}", flush=True)
        bad |= status != 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
