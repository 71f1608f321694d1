# SPDX-License-Identifier: GPL-2.0-or-later
"""grading.py - the checks of a lab, and their channels to the student's kernel.

    @check("P2", 20, "a sleeper is walked to its end", needs=["P1"])
    def walked(g):
        g.expect_suite("klp_stacks", cpus=2)

A check returns, or raises Failed with a sentence that says what was expected. It uses four channels to the student's kernel:

    memory      the host reads the memory of the stopped guest              g.boot(..., looks={"name": function})
    TAP         lines of staff programs, each with the token of this run    g.suite(), g.expect_suite(), g.host_unit()
    exit codes  of scripts and programs                                     g.boot().status, g.run()
    log lines   of the kernel                                               g.boot().lines

Expected values come from g.random, which depends on the seed; the token does not depend on the seed. No time is measured: a
hang is found by its lack of progress (tests/lib/progress.py). A boot that several checks use is made once.
"""

import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import traceback
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tests"), os.path.join(TOP, "tests", "lib"), os.path.join(TOP, "tools")]
import run as runner  # noqa: E402
import vm  # noqa: E402
import memory  # noqa: E402

CONTEXT = 20            # lines around the first difference
# Seconds of processor time of each CPU without a line of output. The longest silence of a right solution is a third of it, on a
# very busy machine. A hang in which programs poll, as in most, uses only a part of a processor, so that each second here costs several.
COMPUTING = 30
WIDTH = 200             # columns of such a line
STACKS = 400            # lines of a guest's last words that are shown

BROKEN = "a check that ends with a result; this one did not, which is a mistake of the lab: tell your teacher"

Check = namedtuple("Check", "name points title needs function")
CHECKS = []


class Failed(Exception):
    """The expected result, as a sentence; and lines that show the real result."""

    def __init__(self, sentence, lines=()):
        super().__init__(sentence)
        self.lines = list(lines)


class NeedsMachine(Exception):
    """A check of a grading on the host alone wants to build a kernel, or to boot it."""


def check(name, points, title, needs=()):
    def decorate(function):
        CHECKS.append(Check(name, points, title, tuple(needs), function))
        return function
    return decorate


def around(lines, wrong):
    """The lines around the first line for which wrong(line) is true, with a mark at this line; the last lines if there is none."""
    at = next((i for i, line in enumerate(lines) if wrong(line)), None)
    if at is None:
        return ["  " + line for line in lines[-CONTEXT:]]
    start = max(0, at - CONTEXT // 2)
    return [("> " if i == at else "  ") + lines[i] for i in range(start, min(len(lines), at + CONTEXT // 2))]


class TokenTap(runner.Tap):
    """TAP in which only lines with the token count."""

    def __init__(self, token, *arguments):
        super().__init__(*arguments)
        self.token, self.names, self.forged = f" #{token}", {}, []

    def feed(self, line):
        result = runner.RESULT.match(line)
        if (result or runner.PLAN.match(line)) and not line.endswith(self.token):
            self.forged.append(line)
            self.lines.append(line)
            return
        line = line.removesuffix(self.token)
        if result:
            self.names[re.sub(r" #.*", "", result.group(3) or "").removesuffix(self.token)] = not result.group(1)
        super().feed(line)


class Boot:
    """One run of a guest: `lines` of the console, `status` of the script, `trouble` if the run was lost."""

    def __init__(self, lines, status, trouble):
        self.lines, self.status, self.trouble = lines, status, trouble

    def ok(self, what):
        """The run ended, with status 0."""
        if self.trouble:
            raise Failed(f"{what}; but {self.trouble}", ["  " + line for line in self.last_words()])
        if self.status:
            raise Failed(f"{what}; but the script ended with status {self.status}", ["  " + line for line in self.lines[-CONTEXT:]])
        return self

    def last_words(self):
        """The lines from the panic on, or from the begin of the stacks on; the kernel names the functions in them."""
        start = next((i for i, line in enumerate(self.lines) if runner.PANIC.match(line)), max(0, len(self.lines) - CONTEXT))
        return self.lines[max(0, start - 5):start + STACKS]

    def values(self, mark):
        """The values of the lines "MARK name value", as a dict."""
        found = [line.split(" ", 2) for line in self.lines if line.startswith(mark + " ")]
        return {words[1]: words[2] if len(words) > 2 else "" for words in found}

    def expect_line(self, pattern, what):
        if not any(re.search(pattern, line) for line in self.lines):
            raise Failed(what, ["  " + line for line in self.lines[-CONTEXT:]])

    def expect_no_line(self, pattern, what):
        if any(re.search(pattern, line) for line in self.lines):
            raise Failed(what, around(self.lines, lambda line: re.search(pattern, line)))


class Grade:
    """One grading of one tree. On the `host` alone, what needs a kernel raises NeedsMachine."""

    def __init__(self, lab, top, seed, build="build/debug", cmdline="", jobs=2, host=False):
        self.lab, self.top, self.seed, self.jobs, self.host = lab, top, seed, jobs, host
        self.build_name, self.cmdline = build, cmdline
        self.build = os.path.join(top, build)
        self.iso = os.path.join(self.build, "test.iso")
        self.folder = os.path.join(top, "labs", lab)
        self.token = secrets.token_hex(4)
        self.random = random.Random(seed)
        self.suites, self.kept = {}, {}
        self.scratch = tempfile.TemporaryDirectory(prefix="neurath-grade-")

    # ---- building

    def make(self, *words):
        """Runs make in the tree; returns its output, or raises Failed with the first error messages."""
        if self.host:
            raise NeedsMachine
        command = ["make", "--no-print-directory", f"-j{self.jobs}", "DEBUG=1", f"O={self.build_name}", *words]
        # A build starts Python a hundred times. This program, and not a script of pyenv that searches for it each time.
        if " " not in sys.executable:
            command.append(f"PYTHON={sys.executable}")
        if os.environ.get("LAB_CURDIR"):        # labcheck.py
            command.append(f"CURDIR={os.environ['LAB_CURDIR']}")
        environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
        done = subprocess.run(command, cwd=self.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              env=environment, check=False)
        lines = done.stdout.split("\n")
        if done.returncode:
            raise Failed(f"`make {' '.join(words)}` must succeed, and it ended with status {done.returncode}",
                         around(lines, lambda line: re.search(r"error:|refused:|Error \d|framecheck|undefined reference", line)))
        return lines

    def prepare(self):
        """The image, with the suites of tests/guest that this lab names and no others: most of a build is test programs."""
        with open(os.path.join(self.folder, "grade.py"), encoding="utf-8") as file:
            named = set(re.findall(r'"(\w+)"', file.read()))
        suites = sorted(named & {suite.name for suite in runner.guest_suites("test")}) or ["boot"]
        self.make("test-images", f"GUEST={','.join(suites)}")

    def once(self, key, function):
        """The result of function(), made once in this grading; also if it is Failed."""
        if key not in self.kept:
            try:
                self.kept[key] = (function(), None)
            except Failed as failure:
                self.kept[key] = (None, failure)
        value, failure = self.kept[key]
        if failure:
            raise failure
        return value

    def module(self, source, out, expect_built=True):
        """Builds a module of the student or the staff; the path of the .ko."""
        self.make("module", f"SRC={source}", f"OUT={out}", "Q=@")
        name = os.path.splitext(os.path.basename(source.rstrip("/")))[0]
        return os.path.join(out, name + ".ko")

    def program(self, source, out):
        """Builds a staff program for the guest, into the folder `out`."""
        target = os.path.join(out, os.path.splitext(os.path.basename(source))[0])
        subprocess.run(["musl-gcc", "-std=gnu17", "-O2", "-static", "-Wall", "-pthread", "-Itests/lib", "-Iuser/lib", "-idirafter",
                        "include", "-DCONFIG_DEBUG=1", os.path.join(self.folder, "guest", source),
                        os.path.join(self.build, "user", "lib", "libneurath.a"), "-o", target],
                       cwd=self.top, check=True)
        return target

    def share(self):
        """A new folder that a guest sees as /host."""
        return tempfile.mkdtemp(dir=self.scratch.name)

    # ---- the guest

    def boot(self, script, cpus=2, cmdline="", looks=None, share=None, **options):
        """Runs a script as root. At a line "=== look NAME" of it the machine stands still, and looks[NAME](Memory) is called; the
        script waits for that with `look NAME`, and has TAP_SEED and TAP_TOKEN in its environment."""
        if self.host:
            raise NeedsMachine
        looks, share = looks or {}, share or self.share()
        socket = os.path.join(self.scratch.name, f"qmp{len(os.listdir(self.scratch.name))}")
        head = (f"export TAP_SEED={self.seed} TAP_TOKEN={self.token}\ndmesg -n 1\n"
                "look() { echo \"=== look $1\"; until [ -e /host/looked.$1 ]; do usleep 50000; done; }\n")
        words = " ".join(filter(None, [self.cmdline, cmdline]))
        guest = vm.Script(self.iso, vm.Config(cpus, *options.pop("machine", ("bios", "q35"))), head + script, COMPUTING,
                          cmdline=words, share=share,
                          qemu=("-qmp", f"unix:{socket},server=on,wait=off"), **options)
        lines, panicked = [], False
        try:
            for line in guest:
                lines.append(line)
                panicked = panicked or bool(runner.PANIC.match(line))
                if line.startswith("=== look "):
                    name = line.split()[2]
                    with memory.Memory(socket, os.path.join(self.build, "neurath.elf"), self.top, self.build) as still:
                        looks[name](still)
                    with open(os.path.join(share, f"looked.{name}"), "w", encoding="utf-8"):
                        pass
        finally:
            guest.close()
        trouble = f"the guest hangs: {guest.hung}" if guest.hung else "the kernel panicked" if panicked else None
        if guest.status == 125 and not trouble:
            trouble = f"the run was lost: {guest.error}"
        return Boot(lines, guest.status, trouble)

    def shell(self, what="the kernel must boot and run a script"):
        """The kernel boots; made once."""
        return self.once("shell", lambda: self.boot("exit 0\n").ok(what))

    def run_suites(self, names, cpus, cmdline, only=()):
        """Suites of tests/guest, in as many boots as it takes; each becomes (tap, trouble)."""
        wanted = {suite.name: suite for suite in runner.guest_suites("test")}
        missing = [name for name in names if name not in wanted]
        if missing:
            raise Failed(f"the tree must have the suite {missing[0]}")
        left = list(names)
        while left:
            self.suite_boot([wanted[name] for name in left], cpus, cmdline, only)
            left = [name for name in left if (name, cpus, cmdline, only) not in self.suites]

    def suite_boot(self, suites, cpus, cmdline, only):
        named = f"export TAP_ONLY='{' '.join(only)}'\n" if only else ""
        boot = self.boot("exec 2>&1\n" + named + runner.guest_script(suites, self.seed), cpus, cmdline)
        wanted, current, tap = {suite.name: suite for suite in suites}, None, None
        for line in boot.lines:
            end = runner.END.match(line)
            if line.startswith(runner.BEGIN):
                current = line[len(runner.BEGIN):].strip()
                tap = TokenTap(self.token, wanted[current].warnings, wanted[current].leaves) if current in wanted else None
            elif end and tap and end.group(1) == current:
                self.suites[current, cpus, cmdline, only] = (tap, tap.verdict(int(end.group(2))))
                current = tap = None
            elif tap:
                tap.feed(line)
        left = [name for name in wanted if (name, cpus, cmdline, only) not in self.suites]
        if left:
            lost = current if current in wanted else left[0]
            tap = tap or TokenTap(self.token)
            tap.lines = tap.lines or boot.lines
            if runner.PANIC and boot.trouble:
                tap.lines = boot.last_words()
            self.suites[lost, cpus, cmdline, only] = (tap, boot.trouble or f"the run ended with status {boot.status}")

    def suite(self, name, cpus=2, cmdline="", together=(), only=()):
        """(tap, trouble) of a suite; `together` are the suites that share its boot, `only` the tests that it runs."""
        if (name, cpus, cmdline, only) not in self.suites:
            names = [n for n in (together or [name]) if (n, cpus, cmdline, only) not in self.suites]
            self.run_suites(names, cpus, cmdline, only)
        return self.suites[name, cpus, cmdline, only]

    def tests_of(self, name, cpus, cmdline, tests, together):
        """(tap, trouble) of some tests of a suite. Where it was lost in another test, those that were not reached run again without that
        one: a mistake costs the points of its own check."""
        if not together:
            return self.suite(name, cpus, cmdline, only=tuple(tests))
        tap, trouble = self.suite(name, cpus, cmdline, together)
        left = tuple(test for test in tests if test not in tap.names)
        with open(next(suite.path for suite in runner.guest_suites("test") if suite.name == name), encoding="utf-8") as file:
            lost_in = next((test for test in re.findall(r"TAP_TEST\((\w+)\)", file.read()) if test not in tap.names), None)
        if not trouble or not left or lost_in in left or not all(tap.names[test] for test in tests if test not in left):
            return tap, trouble
        again, trouble = self.suite(name, cpus, cmdline, only=left)
        again.names.update({test: True for test in tests if test not in left})
        return again, trouble

    def expect_suite(self, name, cpus=2, cmdline="", tests=None, together=(), leave_out=()):
        """All tests of a suite pass, or those named; the first that does not is shown."""
        where = f"{name} at {cpus} CPU{'s' if cpus > 1 else ''}{f' with {cmdline}' if cmdline else ''}"
        # Results that were there before a suite was lost count: each test is a process of its own.
        if tests is not None:
            tap, trouble = self.tests_of(name, cpus, cmdline, tests, together)
            wrong = [test for test in tests if not tap.names.get(test)]
            if wrong:
                missing = f"; {trouble}" if trouble else ""
                raise Failed(f"{where}: '{wrong[0].replace('_', ' ')}' must hold{missing}", self.show(tap, wrong[0]))
            return tap
        tap, trouble = self.suite(name, cpus, cmdline, together)
        if trouble:
            raise Failed(f"{where} must run to its end; but {trouble}", self.show(tap, None))
        failed = [test for test, passed in tap.names.items() if not passed and test not in leave_out]
        if failed:
            raise Failed(f"{where}: '{failed[0].replace('_', ' ')}' must hold", self.show(tap, failed[0]))
        return tap

    @staticmethod
    def show(tap, test):
        if test is None:
            return ["  " + line for line in tap.lines[-STACKS:]]
        return around(tap.lines, lambda line: line.startswith("not ok") and test in line)

    # ---- the host

    def host_unit(self, name, tests=None):
        """A unit test of tests/host, built with ASan and UBSan; `tests`: only these must pass."""
        tap = self.once(("host", name), lambda: self.run_host_unit(name))
        wrong = [t for t in (tests if tests is not None else tap.names) if not tap.names.get(t)]
        if wrong:
            raise Failed(f"{name} on the host: '{wrong[0].replace('_', ' ')}' must hold", self.show(tap, wrong[0]))
        return tap

    def run_host_unit(self, name):
        suite = runner.Suite(name, "host", os.path.join(self.top, "tests", "host", name + ".c"), set(), set(), 600)
        try:
            program = runner.build_host_program(suite, self.build)
        except subprocess.CalledProcessError as error:
            raise Failed(f"tests/host/{name}.c must compile with this file",
                         around(error.stdout.split("\n"), lambda line: "error" in line)) from None
        environment = dict(os.environ, TAP_SEED=str(self.seed), TAP_TOKEN=self.token)
        output, _, hung = runner.run_command([program], environment, 600, 60)
        tap = TokenTap(self.token)
        for line in output.split("\n"):
            tap.feed(line)
        if hung:
            raise Failed(f"{name} on the host must end; {hung}", ["  " + line for line in tap.lines[-CONTEXT:]])
        return tap

    def tool(self, *words, what):
        """A command on the host that must end with 0."""
        done = subprocess.run(words, cwd=self.top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              check=False)
        if done.returncode:
            raise Failed(what, ["  " + line for line in done.stdout.split("\n")[-CONTEXT:]])
        return done.stdout

    def form(self, files):
        """The tree's rules for the files that a student writes: no blank at an end, 100 columns, no warnings."""
        for name in files:
            path = os.path.join(self.top, name)
            if not os.path.exists(path):
                raise Failed(f"{name} must be there")
            with open(path, encoding="utf-8") as file:
                lines = file.read().split("\n")
            for number, line in enumerate(lines, 1):
                if line != line.rstrip() or (name.endswith((".c", ".h")) and len(line.expandtabs(8)) > 100):
                    raise Failed(f"{name}:{number} must have at most 100 columns, and no blank at its end", ["> " + line])
            said = self.warnings_of(name)
            if said:
                raise Failed(f"{name} must compile without a warning", around(said, lambda line: "warning:" in line))

    def warnings_of(self, name):
        flags = os.path.join(self.build, "flags.COMPILE_FLAGS")
        if not re.match(r"(arch|kernel|livepatch|boot)/.*\.c$", name) or not os.path.exists(flags):
            return []
        with open(flags, encoding="utf-8") as file:
            command = re.sub(r" -Werror(?= )", "", file.read().strip()) + f" -S -o /dev/null '{name}'"
        done = subprocess.run(["bash", "-c", command], cwd=self.top, stderr=subprocess.PIPE, text=True, errors="replace",
                              check=False)
        return done.stderr.split("\n") if "warning:" in done.stderr else []


# ---- a whole grading --------------------------------------------------------------------------------------------------

Result = namedtuple("Result", "name title points of said lines")


def load(lab, top):
    """The checks of labs/Ln/grade.py, and whether they need a kernel: not if it says NEEDS_IMAGE = False."""
    CHECKS.clear()
    sys.modules.setdefault("grading", sys.modules[__name__])
    path = os.path.join(top, "labs", lab, "grade.py")
    names = {"__name__": f"grade_{lab}", "__file__": path}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), names)     # pylint: disable=exec-used
    total = sum(c.points for c in CHECKS)
    if total != 100:
        raise SystemExit(f"{path}: the points are {total}, and must be 100")
    return list(CHECKS), names.get("NEEDS_IMAGE", True)


def repeat(g, one):
    return f"make grade LAB={g.lab[1:]} SEED={g.seed} CHECK={one.name}"


def wanted(checks, only):
    """The checks named, and those that they need."""
    if not only:
        return checks
    names, grown = set(only), True
    while grown:
        more = {n for c in checks if c.name in names for n in c.needs} - names
        names |= more
        grown = bool(more)
    unknown = set(only) - {c.name for c in checks}
    if unknown:
        raise SystemExit(f"there is no check {', '.join(sorted(unknown))}; the checks are {' '.join(c.name for c in checks)}")
    return [c for c in checks if c.name in names]


def judge(g, one, passed):
    """The result of a check; None if it needs a machine, and the grading is on the host alone."""
    lost = [name for name in one.needs if name not in passed]
    if lost:
        return Result(one.name, one.title, 0, one.points, f"not tried, as it needs {', '.join(lost)}", [])
    g.random = random.Random(f"{g.seed}:{one.name}")
    try:
        one.function(g)
    except Failed as failure:
        return Result(one.name, one.title, 0, one.points, str(failure), failure.lines)
    except NeedsMachine:
        return None
    except Exception:                       # pylint: disable=broad-exception-caught
        # Output that the check does not expect. The other checks still count.
        return Result(one.name, one.title, 0, one.points, BROKEN, ["  " + line for line in traceback.format_exc().split("\n")])
    return Result(one.name, one.title, one.points, one.points, "", [])


def show(g, one, result, out):
    mark = "ok  " if result.points == result.of else "FAIL"
    print(f"  {mark}  {result.name:<4} {result.points:>3}/{result.of:<3} {result.title}", file=out, flush=True)
    if result.said:
        print(f"        expected: {result.said}", file=out)
        for line in result.lines:
            print(f"        {line if len(line) <= WIDTH else line[:WIDTH] + ' ...'}", file=out)
        print(f"        again: {repeat(g, one)}", file=out, flush=True)


def grade(lab, top, seed, only=(), build="build/debug", cmdline="", out=sys.stdout, jobs=2, host=False):
    """Runs the checks; the results, which are printed as they come. `host`: only of checks that need no kernel."""
    checks, needs_image = load(lab, top)
    checks = wanted(checks, only)
    needs_image = needs_image and not host
    g = Grade(lab, top, seed, build, cmdline, jobs, host)
    print(f"{lab}, seed {seed}{': building (the first time takes minutes)' * needs_image}", file=out, flush=True)
    results, passed = [], set()
    try:
        if needs_image:
            g.prepare()
        broken = None
    except Failed as failure:
        broken = failure
        print("  the tree does not build; no check is tried:", *("    " + line for line in failure.lines), sep="\n", file=out)
    for one in checks:
        result = (Result(one.name, one.title, 0, one.points, f"the tree must build: {broken}", []) if broken
                  else judge(g, one, passed))
        passed |= {one.name} if result is None or result.points == result.of else set()
        if result is None:
            continue
        results.append(result)
        show(g, one, result, out)
    g.scratch.cleanup()
    return results


def write_json(path, lab, seed, results):
    score = {"lab": lab, "seed": seed, "points": sum(r.points for r in results), "of": sum(r.of for r in results),
             "checks": [{"name": r.name, "title": r.title, "points": r.points, "of": r.of, "expected": r.said,
                         "lines": r.lines[:60]} for r in results]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(score, file, indent=1)
        file.write("\n")
    return score
