# SPDX-License-Identifier: GPL-2.0-or-later
"""labcheck.py - the tests of the labs: what `make lab-check` proves of each lab.

    starter      each function of `cut` exists once; the files compile after the cut, with warnings only about unused symbols; no removed
                 body is in the student's tree; the tree passes exactly the checks that `cut` names
    solution     the main tree (with solution/) gets 100 points at each seed, and again at the first seed
    wrong/X.c    the solution with this file loses exactly the checks that the file names, at each seed

One folder, build/labs/tree, becomes each tree in turn: only the files that differ are written, and its build begins as a copy of
the main tree's build, so that a build takes seconds. For this, CURDIR in the compiler's flags stays that of the main tree.
"""

import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

import grading
import recipe as recipes
import student

# A student's tree has functions that are not called yet, and their variables.
ALLOWED = re.compile(r"\[-W(unused-[\w-]+(=\d?)?|missing-prototypes)\]$")


def warnings(tree, flags):
    """The warnings from the files that a lab cuts that no student should see."""
    found = []
    for name in tree:
        done = subprocess.run(["bash", "-c", f"{flags} -S -o /dev/null '{name}'"], stderr=subprocess.PIPE, text=True, check=False)
        lines = [line for line in done.stderr.split("\n") if re.search(r"(warning|error):", line)]
        found += [line for line in lines if not ALLOWED.search(line)]
    return found


def begin_tree(top, folder):
    """The main tree and its build, once: later trees are changes of this one."""
    built = os.path.join(top, "build", "debug")
    if os.path.exists(os.path.join(folder, "build", "debug", "test.iso")) or not os.path.exists(os.path.join(built, "test.iso")):
        return
    tree = student.whole_tree(top)
    student.write(top, tree, folder)
    for path in tree:
        shutil.copystat(os.path.join(top, path), os.path.join(folder, path))
    shutil.copytree(built, os.path.join(folder, "build", "debug"), dirs_exist_ok=True)
    for name in ("busybox", "bash-static"):
        os.makedirs(os.path.join(folder, "build", "packages"), exist_ok=True)
        shutil.copy2(os.path.join(top, "build", "packages", name), os.path.join(folder, "build", "packages", name))


@contextlib.contextmanager
def tree_folder(top):
    """The folder that becomes each tree in turn; a lock keeps other processes out."""
    folder = os.path.join(top, "build", "labs", "tree")
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(os.path.join(top, "build", "labs", "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        begin_tree(top, folder)
        yield folder


def environment(top):
    """The environment for a grading in that folder: the build continues from that of the main tree."""
    return dict(os.environ, LAB_CURDIR=top)


class Problems:
    def __init__(self):
        self.found = []

    def say(self, lab, what, lines=()):
        self.found.append(f"{lab}: {what}")
        print(f"  WRONG  {what}", *("         " + line for line in lines), sep="\n", flush=True)


def quick(top, lab, folder, problems):
    """The checks without a guest; leaves the student's tree in the folder."""
    rec = recipes.recipe(top, lab)
    tree = student.student_tree(top, lab)
    for function, path in student.copies(top, lab, tree):
        problems.say(lab, f"the body of {function}(), which is cut, is in {path}")
    student.write(top, tree, folder)
    flags_file = os.path.join(top, "build", "debug", "flags.COMPILE_FLAGS")
    if rec.cuts and not os.path.exists(flags_file):
        problems.say(lab, "build/debug has no kernel, whose flags the starter is compiled with: make kernel DEBUG=1")
    elif rec.cuts:
        # Unused symbols cause only warnings, also if the kernel was built with CI=true.
        flags = re.sub(r" -Werror(?= |$)", "", recipes.read(flags_file).strip())
        generated = os.path.join(top, "build", "debug", "include")
        flags = flags.replace("-Ibuild/debug/include", f"-I'{generated}'")
        here = os.getcwd()
        os.chdir(folder)
        try:
            said = warnings([name for name in rec.cuts if re.match(r"(arch|kernel|livepatch)/.*\.c$", name)], flags)
        finally:
            os.chdir(here)
        if said:
            problems.say(lab, "the starter compiles with warnings of unused things only", said[:10])
    for over in recipes.overlays(top, lab, "wrong"):
        if not over.loses:
            problems.say(lab, f"wrong/{over.name} must say what it loses")
        student.wrong_tree(top, lab, over)
    return tree


def graded(top, folder, lab, seed, host):
    """({name: whether the check passed}, output) of a grading in the folder; on the `host` alone, of some checks."""
    result = os.path.join(folder, "build", "grade.json")
    os.makedirs(os.path.dirname(result), exist_ok=True)
    if os.path.exists(result):
        os.remove(result)
    done = subprocess.run([sys.executable, os.path.join(folder, "tools", "lab"), "grade", "--lab", lab, "--seed", str(seed),
                           "--json", result, *(["--host"] if host else [])],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          env=environment(top))
    if not os.path.exists(result):
        return None, done.stdout
    with open(result, encoding="utf-8") as file:
        checks = json.load(file)["checks"]
    if any(c["expected"] == grading.BROKEN for c in checks):
        return None, done.stdout
    return {c["name"]: c["points"] == c["of"] for c in checks}, done.stdout


def processor_time():
    """Processor seconds of all ended processes that this program started: the cost of a check, which is the same on a busy machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Lab:
    def __init__(self, top, name, options, problems):
        self.top, self.name, self.options, self.problems = top, name, options, problems
        self.seeds = [int(text) for text in options.seeds.split(",")]
        self.folder = os.path.join(top, "build", "labs", "tree")

    def selected(self, what):
        return re.search(self.options.only, what)

    def expect(self, what, expected, seed, at_times=()):
        """A grading fails exactly the checks that `expected` has, and perhaps some of `at_times`."""
        start, computed = time.monotonic(), processor_time()
        passed, said = graded(self.top, self.folder, self.name, seed, self.options.host)
        if passed is None:
            self.problems.say(self.name, f"{what}: the grader itself failed", said.split("\n")[-20:])
            return None
        failed = [name for name, ok in passed.items() if not ok]
        wanted = [name for name in expected(passed) if name in passed]      # all, unless only some were tried
        right = set(wanted) <= set(failed) <= set(wanted) | set(at_times)
        verdict = "as stated" if right else "NOT AS STATED"
        print(f"    {what}, seed {seed}: fails {' '.join(failed) or 'nothing'}: {verdict}"
              f" ({time.monotonic() - start:.0f} s, of processors {processor_time() - computed:.0f} s)", flush=True)
        if not right:
            self.problems.say(self.name, f"{what}, seed {seed}, fails {' '.join(failed) or 'nothing'}, and should fail"
                              f" {' '.join(wanted) or 'nothing'}", said.split("\n"))
        return failed

    def starter(self):
        rec = recipes.recipe(self.top, self.name)
        student.write(self.top, student.student_tree(self.top, self.name), self.folder)
        self.expect("starter", lambda passed: [name for name in passed if name not in rec.starter], self.seeds[0])

    def solution(self):
        student.write(self.top, student.solution_tree(self.top, self.name), self.folder)
        for seed in (*self.seeds, *(self.seeds[:1] if len(self.seeds) > 1 else ())):       # the first one twice
            self.expect("solution", lambda passed: [], seed)

    def wrong(self, over):
        student.write(self.top, student.wrong_tree(self.top, self.name, over), self.folder)
        for seed in self.seeds:
            self.expect(f"wrong/{over.name}", lambda passed: over.loses, seed, over.at_times)

    def check(self):
        start = time.monotonic()
        print(self.name, flush=True)
        quick(self.top, self.name, os.path.join(self.top, "build", "labs", "starter"), self.problems)
        if not self.options.quick:
            if self.selected("starter"):
                self.starter()
            if self.selected("solution"):
                self.solution()
            for over in recipes.overlays(self.top, self.name, "wrong"):
                if self.selected(f"wrong/{over.name}"):
                    self.wrong(over)
        print(f"  {self.name}: {time.monotonic() - start:.0f} s", flush=True)


def check(top, labs, options):
    problems = Problems()
    with contextlib.nullcontext() if options.quick else tree_folder(top):
        for name in labs:
            Lab(top, name, options, problems).check()
    print(f"{len(labs)} labs checked, {len(problems.found)} problems")
    return 1 if problems.found else 0
