#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""history.py - replays commits as live patches, and checks tools/klp-build against full rebuilds.

    tests/patches/history.py [--commits 20] [--skip 0] [--jobs 2] [--work DIR]    the last commits of this repository
    tests/patches/history.py --edits [--only REGEX] [--jobs 2] [--work DIR]       the diffs of tests/mutants and of this folder

For each of the last commits that touch the C of the kernel, the kernel before the commit is built, and klp-build makes
the patch (--dry-run). The oracle does not use diffs: it compiles every C file of both commits, with __LINE__ as 0, and
compares each function's bytes and the targets of its relocations. If a function differs there and is not in the patch,
the patch missed it: the run fails.

With --edits, each diff that edits the kernel becomes a commit on top of HEAD, and the tool replays these commits. No branch
has them.

A commit that klp-build refuses is listed with the first reason; its list of differing functions is still compared.
A commit whose kernel does not build on this machine is listed and does not count.
Only the C of the kernel is compared: other parts of a commit, such as a Makefile, are left out. With ccache and a
folder that is kept (--work) a second run is much faster, because most files are the same in two commits.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tools"), os.path.join(TOP, "tests", "mutants")]
sys.dont_write_bytecode = True

import mutant                                       # noqa: E402
from klpbuild.objects import ObjectFile             # noqa: E402

PATHS = ["arch", "boot", "include", "kernel", "livepatch/*.c", "livepatch/*.h"]
# The files that klp-build compares: the C of the kernel.
ONLY = [f"{folder}/*.{end}" for folder in ("arch", "boot", "include", "kernel", "livepatch") for end in "ch"]


def git(*arguments, folder=TOP):
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout


def commits(count, skip):
    """(before, after) of the last commits that touch kernel C, newest first, without the newest `skip`."""
    names = git("log", "--no-merges", "--format=%H", f"-{count + skip}", "--", *PATHS).split()[skip:]
    return [(git("rev-parse", f"{name}^").strip(), name) for name in names]


def apply_mutant(tree, name):
    for path, lines in mutant.applied(name, lambda path: git("show", f"HEAD:{path}", folder=tree)).items():
        with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))


def apply_diff(tree, path):
    subprocess.run(["patch", "-p1", "-s", "--no-backup-if-mismatch", "-i", path], cwd=tree, check=True)


def edits(only):
    """(title, function that applies the edit to a tree, its argument) of each diff that edits the kernel and is on top of no other."""
    found = [(f"{name}: {mutant.about(name)}", apply_mutant, name) for name in mutant.names()]
    for path in sorted(glob.glob(os.path.join(HERE, "*.diff"))):
        with open(path, encoding="utf-8") as file:
            if not re.search(r"(?m)^(module|on): ", file.read()):
                found.append((os.path.basename(path), apply_diff, path))
    return [edit for edit in found if re.search(only, edit[0])]


def commits_of_edits(tree, only):
    """(HEAD, the edit as a commit on top of HEAD) for each edit."""
    head = git("rev-parse", "HEAD").strip()
    for title, apply, argument in edits(only):
        git("checkout", "-q", "-f", "--detach", head, folder=tree)
        apply(tree, argument)
        git("-c", "user.name=history", "-c", "user.email=history", "commit", "-q", "--no-verify", "-a", "-m", title,
            folder=tree)
        yield head, git("rev-parse", "HEAD", folder=tree).strip()


def sources_of(commit):
    """A value that is the same for two commits if their kernels have the same sources."""
    return git("ls-tree", "-r", commit, "--", "arch", "boot", "include", "kernel", "livepatch", "Makefile", "linker.ld")


def build_kernel(tree, commit, jobs):
    """Builds the kernel of a commit as klp-build needs it: old commits did not make a section for each function."""
    git("checkout", "-q", "--detach", commit, folder=tree)
    extra = "EXTRA_CFLAGS=-ffunction-sections -fdata-sections"
    subprocess.run(["make", f"-j{jobs}", "kernel-now", extra], cwd=tree, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, text=True)
    build = os.path.join(tree, "build")
    with open(os.path.join(build, "flags.KERNEL_FLAGS"), encoding="utf-8") as file:
        words = shlex.split(file.read())
    with open(os.path.join(build, "flags.COMPILE_FLAGS"), "w", encoding="utf-8") as file:
        file.write(shlex.join(words[:words.index("-D__ASSEMBLY__")]) + "\n")
    return build


def compile_all(tree, build, out, jobs):
    """{source: object} of every C file of the kernel, with __LINE__ as 0."""
    with open(os.path.join(build, "flags.COMPILE_FLAGS"), encoding="utf-8") as file:
        command = shlex.split(file.read()) + ["-D__LINE__=0", "-Wno-builtin-macro-redefined"]
    sources = [os.path.relpath(path, os.path.join(build, "kernel"))[:-2]
               for path in glob.glob(os.path.join(build, "kernel", "**", "*.c.o"), recursive=True)]
    sources = [source for source in sources if os.path.exists(os.path.join(tree, source))]

    def one(source):
        target = os.path.join(out, source + ".o")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(command + ["-c", source, "-o", target], cwd=tree, check=True, stderr=subprocess.DEVNULL)
        return source, target
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return dict(pool.map(one, sources))


def functions(path):
    """{name: bytes with relocations} of an object file, where names have no numbers and strings count by content."""
    found = {}
    image = ObjectFile(path)
    for piece in image.functions():
        refs = [(ref.at, ref.type, ref.content if ref.kind == "string" else
                 "" if ref.kind == "nameless" else (ref.name.split(".")[0], ref.offset)) for ref in piece.refs]
        found[piece.name] = (piece.data, refs, piece.in_init)
    return found


def differing(before, after):
    """The functions that are in both full builds and differ, without the functions of the start-up."""
    names = set()
    for source in before.keys() & after.keys():
        with open(before[source], "rb") as one, open(after[source], "rb") as other:
            if one.read() == other.read():
                continue
        old, new = functions(before[source]), functions(after[source])
        names |= {name for name in old.keys() & new.keys() if old[name] != new[name] and not old[name][2]}
    return names


def ask(build, before, after, out):
    """(functions that differ, or None; functions that differ only in lines; reasons of a refusal)"""
    run = subprocess.run([sys.executable, os.path.join(TOP, "tools", "klp-build"), "--json", "--dry-run", "--build", build,
                          "--out", out, "--range", f"{before}..{after}", *[f"--only={pattern}" for pattern in ONLY]], check=False, capture_output=True, text=True)
    if not run.stdout.strip():
        raise RuntimeError(run.stderr)
    answer = json.loads(run.stdout)
    return (None if "patched" not in answer else {entry["function"] for entry in answer["patched"]}, set(answer.get("line_numbers_only", [])),
            answer["refused"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=20, help="number of commits (default: %(default)s)")
    parser.add_argument("--skip", type=int, default=0, help="leave out this number of the newest commits")
    parser.add_argument("--edits", action="store_true", help="replay the diffs of tests/mutants and tests/patches instead")
    parser.add_argument("--only", default="", metavar="REGEX", help="with --edits: only diffs whose title matches")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", help="folder for builds, kept (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neurath-history-") as temporary:
        work = os.path.abspath(options.work or temporary)
        tree = os.path.join(work, "tree")
        if not os.path.exists(tree):
            git("worktree", "add", "-q", "--detach", tree, "HEAD")
        try:
            if options.edits:
                return Edits(tree, work, options.jobs).all(list(commits_of_edits(tree, options.only)))
            return Replay(tree, work, options.jobs).all(commits(options.commits, options.skip))
        finally:
            if not options.work:
                git("worktree", "remove", "--force", tree)


class Replay:
    """Replays the newest commit first: the kernel before one commit is often the kernel after the next one."""

    def __init__(self, tree, work, jobs):
        self.tree, self.work, self.jobs = tree, work, jobs
        self.known = {}         # {sources: {source: object}} of the last two full builds
        self.missed = self.made = self.refused = self.unread = self.unbuilt = self.total = 0

    def full(self, commit):
        """Builds the kernel of a commit. Returns its build folder and all its objects."""
        build = build_kernel(self.tree, commit, self.jobs)
        sources = sources_of(commit)
        if sources not in self.known:
            out = next(name for name in ("all0", "all1", "all2") if not any(name in objects["out"] for objects in self.known.values()))
            objects = compile_all(self.tree, build, os.path.join(self.work, out), self.jobs)
            self.known[sources] = {"out": out, "objects": objects}
            while len(self.known) > 2:
                del self.known[next(iter(self.known))]
        return build, self.known[sources]["objects"]

    def objects(self, before, after):
        """(folder of the kernel before, all objects of it, those of the kernel after)"""
        _, new = self.full(after)
        build, old = self.full(before)
        return build, old, new

    def one(self, before, after):
        title = git("log", "-1", "--format=%h %s", after).strip()
        try:
            build, old, new = self.objects(before, after)
        except subprocess.CalledProcessError as error:
            self.unbuilt += 1
            said = (error.stderr or "no output").strip().splitlines()[0]
            print(f"unbuilt  {title}\n         {shlex.join(error.cmd[:4])}: {said}", flush=True)
            return
        patched, only_lines, reasons = ask(build, before, after, os.path.join(self.work, "out"))
        if patched is None:
            self.unread += 1
            print(f"unread   {title}\n         {reasons[0].splitlines()[0]}", flush=True)
            return
        self.judge(title, patched, only_lines, differing(old, new), reasons)

    def judge(self, title, patched, only_lines, truth, reasons):
        self.made += not reasons
        self.refused += bool(reasons)
        self.total += len(patched)
        lost = truth - patched - only_lines
        self.missed += len(lost)
        print(f"{'MISSED' if lost else 'refused' if reasons else 'ok':8} {title}: {len(patched)} differ, {len(truth)} in full builds"
              f"{', missed: ' + ' '.join(sorted(lost)) if lost else ''}"
              f"{', more: ' + ' '.join(sorted(patched - truth)) if patched - truth else ''}"
              f"{chr(10) + ' ' * 9 + reasons[0].splitlines()[0] if reasons else ''}", flush=True)

    def all(self, pairs):
        for before, after in pairs:
            self.one(before, after)
        print(f"{len(pairs)} commits: {self.made} became patches, {self.refused} were refused after a comparison, {self.unread} before "
              f"one, {self.unbuilt} have a kernel that cannot be built here; {self.total} functions differ, {self.missed} were missed")
        return 1 if self.missed or self.made + self.refused == 0 else 0


class Edits(Replay):
    """All edits are on top of one commit: its kernel is built once. No edit adds a source."""

    def __init__(self, tree, work, jobs):
        super().__init__(tree, work, jobs)
        self.base = None        # (folder of its kernel, its objects)

    def objects(self, before, after):
        if not self.base:
            self.base = self.full(before)
        git("checkout", "-q", "--detach", after, folder=self.tree)
        build, old = self.base
        return build, old, compile_all(self.tree, build, os.path.join(self.work, "edited"), self.jobs)


if __name__ == "__main__":
    sys.exit(main())
