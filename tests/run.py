#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py - runs the tests, and says which tests failed and how to repeat them.

A suite is a file. A new suite needs no change in another file:

    tests/host/test_*.py      unit tests of the tools (unittest)
    tests/host/*.c            unit tests of freestanding kernel code, built with ASan and UBSan. A comment line
                              "sources: kernel/lib/x.c ..." names the files to link, "flags: ..." more compiler flags
    tests/guest/*/*.c         programs that run in the guest and print TAP (tests/lib/tap.h), a folder a subject
    tests/guest/*/*.sh        scripts that the guest's /bin/sh runs and that print TAP (tests/lib/tap.sh)
    tests/system/test_*.py    tests that boot and drive the guest themselves (unittest, tests/lib/vm.py)
    tests/{stress,fuzz,bench}/*.c    programs as in tests/guest, for `make stress`, `make fuzz`, `make bench`

A guest suite runs in each configuration of the matrix below, unless a comment line of its source names some of them:
"configurations: cpus=2,4 firmware=bios".

A suite fails if one of its tests fails, if it prints no plan or another number of results than planned, if it ends with
another status than 0 (1 is "some tests failed"), if it hangs, if the kernel panics, if the kernel warns while it runs
(tests/tools/kernel_log.c) and no comment line of the suite says "warnings: expected", or if it leaves a module, a patch
or a process behind (tests/tools/leftovers.c). Leftovers are removed before the next suite begins; a comment line
"leaves: NAME ..." names the modules that can never be unloaded. If a boot is lost, its other suites
run in a new one. The last line is always "N passed, N failed"; the status is 0 if all passed.

The time that passes is never judged: progress tells a suite that hangs from a slow one (tests/lib/progress.py), and
a guest that hangs prints the stacks of all its tasks. "timeout: 400" in a suite sets how many seconds of processor time it
may use: a guest suite on each CPU without a line of output, another suite until its end.
"""

import argparse
import concurrent.futures
import difflib
import fnmatch
import glob
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import progress  # noqa: E402
import vm  # noqa: E402
from vm import Config, config_name  # noqa: E402

MATRIX = {
    "test": [Config(1, "bios", "q35"), Config(2, "bios", "pc"), Config(4, "bios", "q35")],
    "stress": [Config(1), Config(2), Config(4)],
    "fuzz": [Config(2)],
    "bench": [Config(1), Config(2), Config(4)],
}
# Boots in which only some suites run: a machine that is too slow for all of them, and machines that differ from those above only in what
# these suites see.
SHORT = {"test": {Config(16, "bios", "q35"): ("boot", "klp_consistency", "klp_stacks"),
                  Config(1, "uefi", "q35"): ("boot", "memory", "time", "klp_consistency", "klp_stacks"),
                  Config(2, "uefi", "q35"): ("boot", "cpu", "memory", "time", "klp_consistency", "klp_stacks", "klp_hard", "livepatch"),
                  Config(4, "uefi", "q35"): ("boot", "cpu", "memory", "time", "klp_consistency", "klp_stacks")}}

PANIC = re.compile(r"^(\[[ 0-9.]+\] )?(Kernel panic|PANIC|panic:)", re.IGNORECASE)
RESULT = re.compile(r"^(not )?ok (\d+)\b(?: - ?(.*))?")
PLAN = re.compile(r"^1\.\.(\d+)\s*$")
BEGIN = "=== suite "
COMPLAINT = "=== kernel: "
LEFT = "=== left: "
END = re.compile(r"^=== end (\S+) (\d+)")
TAIL = 60
# Seconds of processor time: more than any test uses without output, and more than any host or system suite uses.
GUEST_TIMEOUT, FILE_TIMEOUT = 180, 3600
# Seconds in which all processes of a host or system suite may sleep: longer than the limits of vm.py.
FILE_SLEEPING = 120

Suite = namedtuple("Suite", "name kind path cpus firmware timeout warnings leaves", defaults=(False, ()))
Failure = namedtuple("Failure", "title reason repeat tail")


class Tap:
    """Collects the TAP lines of one suite and judges them."""

    def __init__(self, warnings_expected=False, leaves=()):
        self.passed, self.failed, self.skipped, self.plan, self.lines = 0, [], 0, None, []
        self.warnings_expected, self.complaint = warnings_expected, None
        self.leaves, self.left = leaves, []
        self.begun = time.monotonic()       # shown, never judged

    def feed(self, line):
        self.lines.append(line)
        if line.startswith(COMPLAINT):
            self.complaint = self.complaint or line[len(COMPLAINT):]
            return
        if line.startswith(LEFT):
            if line[len(LEFT):] not in self.leaves:
                self.left.append(line[len(LEFT):])
            return
        result, plan = RESULT.match(line), PLAN.match(line)
        if result and result.group(1):
            self.failed.append(result.group(3) or f"test {result.group(2)}")
        elif result:
            self.passed += 1
            self.skipped += "# SKIP" in line
        elif plan:
            self.plan = int(plan.group(1))

    @staticmethod
    def failures(lines):
        """The results of the tests that failed, each behind its comments."""
        found, said = [], []
        for line in lines:
            said = said + [line] if line.startswith("#") else said
            if RESULT.match(line):
                found += said + [line] if line.startswith("not ") else []
                said = []
        return found

    def excerpt(self):
        """The last lines, and before them the comments of earlier tests that failed."""
        return self.failures(self.lines[:-TAIL]) + self.lines[-TAIL:]

    def verdict(self, status):
        """The error of the suite as a whole, or None."""
        count = self.passed + len(self.failed)
        if self.plan is None:
            return f"no plan line, ended with status {status}"
        if self.plan != count:
            return f"{self.plan} tests planned, {count} results"
        if status != (1 if self.failed else 0):
            return f"ended with status {status}"
        if self.complaint and not self.warnings_expected:
            return f"the kernel's log: {self.complaint}"
        if self.left and not self.failed:
            return f"left behind: {', '.join(self.left)}"
        return None if count else "no tests"


class Report:
    """Counts the results. Prints the tests that failed at once, and at the end again, with the last lines. Several threads use it."""

    def __init__(self, options):
        self.options, self.lock = options, threading.Lock()
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def suite(self, title, tap, trouble, repeat):
        """Takes in a finished suite; `trouble` is an error beyond its single tests, and counts as one failure."""
        with self.lock:
            self.passed += tap.passed
            self.skipped += tap.skipped
            self.failed += len(tap.failed) + bool(trouble)
            mark = "FAIL" if tap.failed or trouble else "pass"
            print(f"  {mark}  {title}: {tap.passed} passed, {len(tap.failed)} failed in {time.monotonic() - tap.begun:.0f} s"
                  f"{f'; {trouble}' if trouble else ''}", flush=True)
            shown = tap.lines if self.options.verbose else tap.failures(tap.lines)
            if shown:
                print("\n".join("        " + line for line in shown), flush=True)
            if tap.failed or trouble:
                reason = "; ".join(filter(None, [trouble] + tap.failed))
                self.failures.append(Failure(title, reason, repeat, tap.excerpt()))

    def finish(self):
        for failure in self.failures:
            print(f"\nFAILED: {failure.title}\n  what:   {failure.reason}\n  seed:   {self.options.seed}\n"
                  f"  repeat: {failure.repeat}\n  output:")
            print("\n".join("    " + line for line in failure.tail))
        if self.skipped:
            print(f"{self.skipped} of the passed tests skipped themselves")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.passed and not self.failed else 1


def source_option(text, name, default=""):
    match = re.search(rf"^[\s*#/]*{name}:[ \t]*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else default


def guest_suites(kind):
    folder = "guest/*" if kind == "test" else kind
    for path in sorted(glob.glob(os.path.join(vm.TOP, "tests", folder, "*.c")) +
                       glob.glob(os.path.join(vm.TOP, "tests", folder, "*.sh")), key=os.path.basename):
        with open(path, encoding="utf-8") as file:
            head = file.read(4096)
        wanted = dict(re.findall(r"(\w+)=(\S+)", source_option(head, "configurations")))
        yield Suite(os.path.splitext(os.path.basename(path))[0], "guest", path,
                    {int(n) for n in wanted.get("cpus", "").split(",") if n},
                    set(filter(None, wanted.get("firmware", "").split(","))),
                    float(source_option(head, "timeout", GUEST_TIMEOUT)),
                    source_option(head, "warnings") == "expected", tuple(source_option(head, "leaves").split()))


def file_suites(kind):
    if kind != "test":
        return
    for folder, pattern in (("host", "test_*.py"), ("host", "*.c"), ("system", "test_*.py")):
        for path in sorted(glob.glob(os.path.join(vm.TOP, "tests", folder, pattern))):
            name = os.path.splitext(os.path.basename(path))[0]
            with open(path, encoding="utf-8") as file:
                timeout = float(source_option(file.read(4096), "timeout", FILE_TIMEOUT))
            yield Suite(name, folder, path, set(), set(), timeout)


# ---- host suites ------------------------------------------------------------------------------------------------------

class TapResult(unittest.TestResult):
    """unittest's results as TAP lines."""

    count = 0

    def line(self, test, ok, comment=""):
        self.count += 1
        print(f"{'' if ok else 'not '}ok {self.count} - {test.id().partition('.')[2]}{comment}", flush=True)

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        self.line(test, True, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        print("\n".join("# " + text for text in self.failures[-1][1].splitlines()))
        self.line(test, False)

    def addError(self, test, err):
        super().addError(test, err)
        print("\n".join("# " + text for text in self.errors[-1][1].splitlines()))
        self.line(test, False)

    def addSubTest(self, test, subtest, err):
        if err:
            self.addFailure(subtest, err)


def run_unittest(path):
    """Runs a unittest file and prints TAP; runs in a process of its own."""
    sys.path.insert(0, os.path.dirname(path))
    suite = unittest.defaultTestLoader.loadTestsFromName(os.path.splitext(os.path.basename(path))[0])
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}")
    return 0 if result.wasSuccessful() else 1


def build_host_program(suite, build):
    """The program of a host C suite, or the compiler's complaint as CalledProcessError."""
    with open(suite.path, encoding="utf-8") as file:
        head = file.read(4096)
    target = os.path.join(build, "host", suite.name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    command = [os.environ.get("HOSTCC", "gcc"), "-std=gnu17", "-g", "-O1", "-Wall", "-Wextra", "-Wno-unused-parameter",
               "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
               "-DCONFIG_DEBUG=1", "-Itests/lib", *shlex.split(source_option(head, "flags", "-idirafter include")),
               suite.path, *shlex.split(source_option(head, "sources")), "-o", target]
    subprocess.run(command, check=True, cwd=vm.TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return target


def end_group(process):
    """Ends a process and its descendants, which may first remove their files; returns the remaining output."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(process.pid, number)
        try:
            return process.communicate(timeout=5)[0]
        except subprocess.TimeoutExpired:
            pass
    return ""


def run_command(command, environment, computing, sleeping):
    """Output, status, "" of a process in a session of its own; or output, None, why it was ended as hung."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=environment, cwd=vm.TOP, start_new_session=True, preexec_fn=vm.die_with_parent) as process:
        watch = progress.Watch(process.pid, computing, sleeping)
        while True:
            try:
                return process.communicate(timeout=vm.LOOK)[0], process.returncode, ""
            except subprocess.TimeoutExpired:
                hung = watch.look()
            if hung:
                return end_group(process), None, hung


def run_file_suite(suite, options, report, sleeping=FILE_SLEEPING):
    tap = Tap()
    repeat = f"make test ONLY={suite.name} SEED={options.seed}"
    environment = dict(os.environ, TAP_SEED=str(options.seed), NEURATH_BUILD=options.build)
    try:
        if suite.path.endswith(".c"):
            command = [build_host_program(suite, options.build)]
        else:
            command = [sys.executable, os.path.abspath(__file__), "--unittest", suite.path]
        output, status, hung = run_command(command, environment, suite.timeout, sleeping)
        for line in output.splitlines():
            tap.feed(line)
        trouble = f"hangs: {hung}" if hung else tap.verdict(status)
    except subprocess.CalledProcessError as error:
        tap.lines = error.stdout.splitlines()
        trouble = "does not compile"
    report.suite(f"{suite.kind}/{suite.name}", tap, trouble, repeat)


# ---- guest suites -----------------------------------------------------------------------------------------------------

def guest_script(suites, seed):
    """Kernel messages go only to the log, so that they cut no TAP lines. After a failing suite they are printed."""
    lines = [f"export TAP_SEED={seed}", "dmesg -n 1", "cd /tmp"]
    for suite in suites:
        lines += [f"echo '{BEGIN}{suite.name}'", f"/tests/kernel_log begin {suite.name}", "/tests/leftovers begin",
                  f"/tests/{suite.name}; status=$?", "[ $status = 0 ] || dmesg | tail -n 40",
                  f"/tests/kernel_log complaints {suite.name}", "/tests/leftovers end", f"echo \"=== end {suite.name} $status\""]
    return "\n".join(lines + ["exit 0"]) + "\n"


class Boot:
    """One run of the guest with a list of suites; knows which of them still have to run."""

    def __init__(self, config, suites, options, report):
        self.config, self.suites, self.options, self.report = config, suites, options, report
        self.current, self.tap, self.head = None, Tap(), []
        self.pending = [suite.name for suite in suites]
        self.panicked = False
        self.replay = getattr(options, "replay", False)

    def repeat(self, name):
        config = self.config
        if self.replay:
            return f"make replay ONLY={name} SEED={self.options.seed} CPUS={config.cpus}   (the same run, instruction by instruction)"
        return (f"make test ONLY={name} SEED={self.options.seed}   (or: tests/run.py --build {self.options.build} --only {name}"
                f" --seed {self.options.seed} --config {config.cpus},{config.firmware},{config.machine})\n"
                f"  replay: make replay ONLY={name} SEED={self.options.seed} CPUS={config.cpus}   (another schedule, the same each time)")

    def place(self):
        return config_name(self.config)

    def finish(self, trouble):
        self.report.suite(f"{self.current} ({self.place()})", self.tap, trouble, self.repeat(self.current))
        self.pending.remove(self.current)
        self.current = None

    def line(self, text):
        end = END.match(text)
        if PANIC.match(text):
            self.panicked = True
        if text.startswith(BEGIN):
            self.current = text[len(BEGIN):].strip()
            self.tap = next((Tap(suite.warnings, suite.leaves) for suite in self.suites if suite.name == self.current), Tap())
        elif self.current and end and end.group(1) == self.current:
            self.finish(self.tap.verdict(int(end.group(2))))
        elif self.current:
            self.tap.feed(text)
        else:
            self.head.append(text)

    def run(self):
        """Runs the suites; returns the suites that the run did not reach."""
        computing = max(suite.timeout for suite in self.suites)
        run = vm.Script(self.options.iso, self.config, guest_script(self.suites, self.options.seed), computing,
                        cmdline=self.options.cmdline, **({"accel": "replay", "seed": self.options.seed} if self.replay else {}))
        try:
            for text in run:
                self.line(text)
        finally:
            run.close()
        trouble = self.trouble(run)
        if trouble:
            if not self.current:
                self.current, self.tap = (self.pending or [f"after {self.suites[-1].name}"])[0], Tap()
                self.tap.lines = self.head
                self.pending = self.pending or [self.current]
            self.tap.lines += [run.error]
            self.finish(trouble)
        return [suite for suite in self.suites if suite.name in self.pending]

    def trouble(self, run):
        if run.hung:
            return f"hangs: {run.hung}"
        if self.panicked:
            return "the kernel panicked"
        if run.status != 0:
            return f"the run ended with status {run.status}"
        return "the script ended early" if self.current or self.pending else None


def run_configuration(config, suites, options, report):
    """Runs all suites in one configuration. If a suite loses its boot, only this suite fails."""
    while suites:
        suites = Boot(config, suites, options, report).run()


def suits(suite, config):
    return (not suite.cpus or config.cpus in suite.cpus) and (not suite.firmware or config.firmware in suite.firmware)


def guest_jobs(suites, options):
    """(configuration, suites) for each boot. A suite without a configuration would never run: an error."""
    if options.config:
        return [(options.config, suites)]
    jobs = [(config, [s for s in suites if suits(s, config)]) for config in MATRIX[options.kind]]
    for suite in suites:
        if not any(suite in chosen for _, chosen in jobs):
            sys.exit(f"run.py: {suite.path} fits no configuration of `{options.kind}`")
    jobs += [(config, [s for s in suites if s.name in names]) for config, names in SHORT.get(options.kind, {}).items()]
    return [(config, chosen) for config, chosen in jobs if chosen]


# ---- the command line -------------------------------------------------------------------------------------------------

def configuration(text):
    match = re.fullmatch(r"(\d+),(bios|uefi),(q35|pc)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no configuration such as 2,bios,q35")
    return Config(int(match[1]), match[2], match[3])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/debug", help="directory with test.iso")
    parser.add_argument("--kind", choices=sorted(MATRIX), default="test")
    parser.add_argument("--only", help="suites whose name contains or matches one of these shell patterns (comma-separated);"
                        " =NAME is exactly that one, FOLDER/ all of a folder: klp/ mm/ host/")
    parser.add_argument("--config", type=configuration, help="only this configuration: CPUS,FIRMWARE,MACHINE")
    parser.add_argument("--guest", action="store_true", help="only suites that run in the guest")
    parser.add_argument("--cmdline", default="", help="added to the kernel's command line")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--replay", action="store_true", help="guest suites in runs that are the same for the same seed (docs/replay.md)")
    # One more than cores: a suite often waits, for a compiler's file or for an event in a guest.
    parser.add_argument("--jobs", type=int, default=os.cpu_count() + 1, help="suites and machines at a time")
    parser.add_argument("--list", action="store_true", help="print the suites and configurations")
    parser.add_argument("--needs", action="store_true", help="print what make has to build for the chosen suites: a target and "
                        "guest programs")
    parser.add_argument("-v", "--verbose", action="store_true", help="print all output of all suites")
    parser.add_argument("--unittest", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.iso = os.path.join(options.build, "test.iso")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1, 1 << 31)
    return options


def matches(suite, pattern):
    """Whether @pattern fits the suite's name; "klp/" fits all suites of the folder klp."""
    if pattern.endswith("/"):
        return os.path.basename(os.path.dirname(suite.path)) == pattern[:-1]
    return fnmatch.fnmatch(suite.name, pattern.lstrip("=")) or pattern in suite.name


def unknown_suite(pattern, names, kind):
    """The message for a pattern that matches no suite: similar names, and the kind of suites where it matches."""
    stem = os.path.splitext(os.path.basename(pattern.lstrip("=")))[0]
    near = [name for name in names if stem and stem in name] or difflib.get_close_matches(stem, names, 5, 0.5)
    others = [other for other in MATRIX if other != kind and any(matches(s, pattern) for s in all_suites(other))]
    return (f"run.py: no suite of `make {kind}` matches '{pattern}'"
            + (f"; near: {', '.join(near)}" if near else "") + (f"; `make {others[0]}` has it" if others else ""))


def all_suites(kind):
    return list(file_suites(kind)) + list(guest_suites(kind))


def select(options):
    suites = [s for s in all_suites(options.kind) if not options.guest or s.kind == "guest"]
    if options.only is None:
        return suites
    patterns = options.only.split(",")
    for pattern in patterns:
        if not pattern or not any(matches(s, pattern) for s in suites):
            sys.exit(unknown_suite(pattern, [s.name for s in suites], options.kind))
    return [s for s in suites if any(matches(s, pattern) for pattern in patterns)]


def print_list(suites, options):
    for suite in suites:
        print(f"{suite.kind}/{suite.name}")
    for config, chosen in guest_jobs([s for s in suites if s.kind == "guest"], options):
        print(f"{config_name(config)}: {' '.join(s.name for s in chosen)}")


def print_needs(suites, options):
    """Suites of tests/host need at most the kernel's objects; suites that boot a machine may start any program."""
    if all(suite.kind == "host" for suite in suites):
        print("kernel")
    elif options.only is None or any(suite.kind == "system" for suite in suites):
        print("test-images")
    else:
        print("test-images", "GUEST=" + ",".join(suite.name for suite in suites if suite.kind == "guest"))


def start_this_python():
    """Makes `python3` this interpreter in all suites: on some machines it is a script that looks for one, slowly."""
    found = shutil.which("python3")
    if not found or os.path.realpath(found) != os.path.realpath(sys.executable):
        os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def main():
    options = parse_arguments()
    start_this_python()
    if options.unittest:
        return run_unittest(options.unittest)
    suites = select(options)
    if options.list:
        print_list(suites, options)
        return 0
    if options.needs:
        print_needs(suites, options)
        return 0
    report, start = Report(options), time.monotonic()
    print(f"seed {options.seed}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run_file_suite, s, options, report) for s in suites if s.kind != "guest"]
        jobs += [pool.submit(run_configuration, config, chosen, options, report)
                 for config, chosen in guest_jobs([s for s in suites if s.kind == "guest"], options)]
        try:
            for job in jobs:
                job.result()
        except KeyboardInterrupt:
            os._exit(130)       # at once, without the suites that wait; those that run end with this process
    print(f"{time.monotonic() - start:.0f} s")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
