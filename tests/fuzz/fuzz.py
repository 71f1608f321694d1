#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fuzz.py [-h] [--replay] [--keep] [--seconds N] [--seed N] [TARGET...] - inputs that find new paths of one part of Neurath: README.md here.

Without an option, libFuzzer searches for --seconds (60) in each target, from the inputs in tests/fuzz/corpus/TARGET and those that earlier searches
found (build/fuzz/TARGET). An input that ends the program is written to build/fuzz/TARGET; the status is then 1. The target `syscalls` runs in a
guest instead, with one seed after the other from --seed on. --replay: only runs the inputs of the tree, or the FILES after the target, with gcc and
without libFuzzer. --keep: puts the few inputs into the tree that reach what all inputs of build/fuzz reach. --list: the targets.
"""

import argparse
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "mutants"))
import mutant  # noqa: E402

GUEST = "syscalls"  # tests/fuzz/syscalls.c
CLANG = "clang-14"
KEPT = 60           # the most inputs of a target in the tree
LENGTH = 4096       # the longest input, unless the target's head has another

SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BASE = """-std=gnu17 -g -O1 -fno-omit-frame-pointer -fno-common -fno-pie -fno-strict-aliasing -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
    -DCONFIG_DEBUG=1""".split()
KERNEL = """-ffreestanding -fno-stack-protector -fno-delete-null-pointer-checks -D__KERNEL__ -nostdinc -Itests/fuzz/include -Itests/explore/include
    -Iinclude -Iarch/x86_64/include -Dsnprintf=kernel_snprintf -Dvsnprintf=kernel_vsnprintf -Dsprintf=kernel_sprintf""".split()
HOST = ["-D_GNU_SOURCE", "-Itests/fuzz/lib", "-Itests/host", "-idirafter", "include"]
# Both worlds, and the kernel's world besides.
LIBRARY = ["tests/fuzz/lib/fail.c"]
KERNEL_HOST = ["tests/fuzz/lib/host.c"]
KERNEL_LIBRARY = """tests/fuzz/lib/kernel.c kernel/base/format.c kernel/base/ksyms.c kernel/base/module_map.c kernel/lib/kstrto.c kernel/lib/sort.c
    kernel/kmem/kstrdup.c""".split()
# The kernel's linker script has these symbols. Its text is all code of the program; its data are two arrays in kernel.c.
KERNEL_LINK = [f"-Wl,--defsym=__{name}={value}" for name, value in {
    "text_start": "__executable_start", "text_end": "etext", "rodata_start": "kernel_constants", "rodata_end": "kernel_constants+128",
    "data_start": "kernel_variables", "data_end": "kernel_variables+128", "bss_start": "0", "bss_end": "0", "init_start": "0", "init_end": "0",
    "init_text_start": "0", "init_text_end": "0"}.items()] + ["-Wl,--unresolved-symbols=ignore-all"]


def targets():
    return sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(HERE, "targets", "*.c")))


class Target:
    """One target: its files, compiled by gcc for replays or by clang for searches."""

    def __init__(self, name, build, tree=TOP):
        self.name, self.tree = name, tree
        self.source = f"tests/fuzz/targets/{name}.c"
        with open(os.path.join(TOP, self.source), encoding="utf-8") as file:
            self.head = file.read().split("*/", 2)[1]
        self.folder = os.path.join(build, name)
        self.kernel = self.option("world") == ["kernel"]
        self.corpus = os.path.join(HERE, "corpus", name)
        self.found = os.path.join(self.folder, "corpus")

    def option(self, name):
        return [word for line in re.findall(rf"(?m)^ \* {name}:[ \t]*(.*)$", self.head) for word in shlex.split(line)]

    def files(self):
        """{file: its flags}"""
        own = [self.source, *self.option("sources")]
        flags = [flag for flag in self.option("flags") if not flag.startswith("-Wl,")]
        if self.kernel:
            world = {file: KERNEL for file in own + KERNEL_LIBRARY}
            world.update({file: HOST for file in LIBRARY + KERNEL_HOST})
        else:
            world = {file: HOST for file in own + LIBRARY}
        return {file: some + flags for file, some in world.items()}

    def compile(self, cc, folder, only=None):
        """{file: object} of all files or of some, in the folder."""
        os.makedirs(folder, exist_ok=True)
        include = ["-isystem", subprocess.run([cc, "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()]
        own = ["-fsanitize=fuzzer-no-link"] if cc == CLANG else []
        objects = {}
        for file, flags in self.files().items():
            if only is not None and file not in only:
                continue
            objects[file] = os.path.join(folder, file.replace("/", "_") + ".o")
            words = [cc, *BASE, *SANITIZE, *own, *flags, *(include if flags[0] == KERNEL[0] else []), "-c", file, "-o", objects[file]]
            done = subprocess.run(words, cwd=self.tree, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{file} does not compile for tests/fuzz:\n{done.stderr}")
        return objects

    def link(self, cc, folder, objects):
        program = os.path.join(folder, self.name)
        words = [cc, *SANITIZE, *(["-fsanitize=fuzzer"] if cc == CLANG else []), "-no-pie", *objects, "-o", program,
                 *[flag for flag in self.option("flags") if flag.startswith("-Wl,")], *(KERNEL_LINK if self.kernel else [])]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name} does not link:\n{done.stderr[-3000:]}")
        return program

    def replayer(self):
        """Compiles the program that runs files, by gcc."""
        folder = os.path.join(self.folder, "gcc")
        self.objects = {**self.compile("gcc", folder), "driver": os.path.join(folder, "replay.o")}
        subprocess.run(["gcc", *BASE, *HOST, "-c", "tests/fuzz/lib/replay.c", "-o", self.objects["driver"]], cwd=TOP, check=True)
        return self.link("gcc", folder, self.objects.values())

    def with_mutant(self, name):
        """After replayer(): the same program with a diff of tests/mutants in it."""
        folder = os.path.join(self.folder, "mutants", name)
        tree = mutant.overlay(name, os.path.join(folder, "tree"))
        for part in ("tests/fuzz/include", "tests/fuzz/lib", "tests/explore/include", "tests/host"):
            tree.link_files(part)
        changed = Target(self.name, self.folder, tree.folder)
        touched = [file for file in self.files() if file in mutant.files(name)]
        if not touched:
            raise RuntimeError(f"{name} is in no file of the target {self.name}")
        return self.link("gcc", folder, {**self.objects, **changed.compile("gcc", folder, touched)}.values())

    def fuzzer(self):
        folder = os.path.join(self.folder, CLANG)
        return self.link(CLANG, folder, self.compile(CLANG, folder).values())

    def inputs(self):
        return sorted(glob.glob(os.path.join(self.corpus, "*")))


ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:handle_abort=1:allocator_may_return_null=1", UBSAN_OPTIONS="print_stacktrace=1")


def replay(program, files):
    """(status, output) of the inputs, run one after the other in one process."""
    done = subprocess.run([program, *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT, check=False)
    return done.returncode, done.stdout


def libfuzzer(target, program, options, folders):
    words = [program, f"-max_len={''.join(target.option('length')) or LENGTH}", f"-artifact_prefix={target.folder}/found-", "-timeout=20",
             "-rss_limit_mb=2000", "-print_final_stats=1", *options, *folders]
    os.makedirs(target.found, exist_ok=True)
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT, check=False)


def search(target, seconds, seed):
    """True if nothing was found. Prints what was done."""
    program, began = target.fuzzer(), time.monotonic()
    options = [f"-max_total_time={seconds}", f"-seed={seed}", "-use_value_profile=1"]
    dictionary = os.path.join(HERE, target.name + ".dict")
    options += [f"-dict={dictionary}"] if os.path.exists(dictionary) else []
    done = libfuzzer(target, program, options, [target.found, *([target.corpus] if target.inputs() else [])])
    counts = dict(re.findall(r"stat::(\w+):\s+(\d+)", done.stdout))
    edges = (re.findall(r" cov: (\d+)", done.stdout) or ["?"])[-1]
    print(f"{target.name}: {counts.get('number_of_executed_units', '?')} executions, {edges} edges, {time.monotonic() - began:.0f} s, "
          f"{'nothing found' if not done.returncode else 'FOUND'}", flush=True)
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-60:]))
        print(f"again: tests/fuzz/fuzz.py --replay {target.name} {target.folder}/found-*")
    return not done.returncode


def keep(target):
    """Chooses the inputs of the tree: few and short ones that together reach every edge that is reached."""
    chosen = target.folder + "/chosen"
    shutil.rmtree(chosen, ignore_errors=True)
    os.makedirs(chosen)
    libfuzzer(target, target.fuzzer(), ["-set_cover_merge=1", "-use_counters=0"], [chosen, target.found, *([target.corpus] if target.inputs() else [])])
    files = sorted(glob.glob(chosen + "/*"), key=os.path.getsize)
    pinned = [path for path in target.inputs() if not re.fullmatch(r"[0-9a-f]{40}", os.path.basename(path))]
    for path in target.inputs():
        if path not in pinned:
            os.remove(path)
    os.makedirs(target.corpus, exist_ok=True)
    for path in files[:KEPT]:
        shutil.copy(path, target.corpus)
    print(f"{target.name}: {min(len(files), KEPT)} of {len(files)} inputs kept, and {len(pinned)} with names")


def mutants():
    """(mutant, target) of each line of the table."""
    with open(os.path.join(HERE, "mutants.txt"), encoding="utf-8") as file:
        return [tuple(line.split()) for line in file if line.strip() and not line.startswith("#")]


def search_guest(seconds, seed):
    """Boots a guest for each seed until the time is over. True if nothing was found."""
    began, seeds = time.monotonic(), 0
    while time.monotonic() - began < seconds or not seeds:
        words = [sys.executable, os.path.join(TOP, "tests", "run.py"), "--build", os.path.join(TOP, "build", "debug"), "--kind", "fuzz", "--seed",
                 str(seed + seeds)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        seeds += 1
        if done.returncode:
            print(done.stdout)
            break
    print(f"{GUEST}: {seeds} seeds, {time.monotonic() - began:.0f} s, {'FOUND' if done.returncode else 'nothing found'}", flush=True)
    return not done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", default=os.path.join(TOP, "build", "fuzz"))
    parser.add_argument("words", nargs="*", metavar="TARGET")
    options = parser.parse_args()
    known = targets() + ([] if options.keep or options.replay else [GUEST])
    files = [word for word in options.words if word not in known and os.path.exists(word)]
    names = [word for word in options.words if word not in files] or known
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(known)}")
    if options.list:
        print("\n".join(names))
        return 0
    if not options.replay and names != [GUEST] and not shutil.which(CLANG):
        parser.error(f"there is no {CLANG}: tools/setup --fuzz installs it")
    good = True
    for name in names:
        if name == GUEST:
            good = search_guest(options.seconds, options.seed) and good
            continue
        target = Target(name, options.build)
        if options.keep:
            keep(target)
        elif options.replay:
            status, output = replay(target.replayer(), files or target.inputs())
            print(output if status else f"{name}: {len(files or target.inputs())} inputs pass")
            good = good and not status
        else:
            good = search(target, options.seconds, options.seed) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
