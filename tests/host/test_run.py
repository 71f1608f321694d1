# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/run.py turns red for every kind of failure: a runner that overlooks a failure makes all other tests
worthless."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import types
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import run  # noqa: E402

OPTIONS = types.SimpleNamespace(seed=1, build="build/x", iso="x.iso", cmdline="", verbose=False)
GOOD = ["ok 1 - a", "ok 2 - b", "1..2"]


def suite(name, **more):
    return run.Suite(**{**dict(name=name, kind="guest", path=f"tests/guest/fs/{name}.c", cpus=set(), firmware=set(), timeout=1),
                        **more})


class FakeScript:
    """Takes the place of vm.Script: the output of one boot, and how the boot ends."""

    def __init__(self, lines, status=0, hung=""):
        self.lines, self.status, self.hung, self.error = lines, status, hung, "qemu: why"

    def __iter__(self):
        return iter(self.lines)

    def close(self):
        pass


def printed(name, lines, status=0):
    return [f"=== suite {name}", *lines, f"=== end {name} {status}"]


class Selection(unittest.TestCase):
    """A pattern that matches no suite is a typing error, even if other patterns match: it is reported before anything
    is built."""

    def choose(self, only, kind="test"):
        return [s.name for s in run.select(types.SimpleNamespace(guest=False, kind=kind, only=only))]

    def test_patterns_choose(self):
        self.assertIn("boot_memory", self.choose("boot"))
        self.assertEqual(self.choose("=boot"), ["boot"])
        self.assertEqual(self.choose("=boot,=cpu"), ["boot", "cpu"])
        self.assertIn("klp_hard", self.choose("klp_h*"))

    def refused(self, only, *words, kind="test"):
        with self.assertRaises(SystemExit) as caught:
            self.choose(only, kind)
        for word in (f"no suite of `make {kind}` matches", *words):
            self.assertIn(word, str(caught.exception.code))

    def test_a_pattern_without_a_match_is_named_with_similar_names(self):
        self.refused("typo", "'typo'")
        self.refused("=bot", "'=bot'", "near: boot")
        self.refused("klp_hrad", "near: klp_hard")
        self.refused("boot,klp-hard", "'klp-hard'", "klp_hard")
        self.refused("tests/guest/process/boot.c", "boot")
        self.refused("klp_every", "; `make stress` has it")
        self.refused("=boot", "; `make test` has it", kind="stress")
        self.refused("boot,", "''")

    def test_make_asks_before_it_builds(self):
        top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        for target in ("test", "stress", "fuzz"):
            done = subprocess.run(["make", "-n", target, "ONLY=x"], cwd=top, capture_output=True, text=True, check=False)
            asks, builds = done.stdout.find("--list"), done.stdout.find("--needs" if target == "test" else "test-images")
            self.assertTrue(0 < asks < builds, done.stdout)


class OneSuite(unittest.TestCase):
    def judge(self, lines, status=0, **more):
        tap = run.Tap(**more)
        for line in lines:
            tap.feed(line)
        return tap.verdict(status), len(tap.failed)

    def test_results_and_plan_are_green(self):
        self.assertEqual(self.judge(GOOD), (None, 0))

    def test_no_plan_is_red(self):
        self.assertIn("no plan", self.judge(GOOD[:2])[0])

    def test_missing_result_is_red(self):
        self.assertIn("2 tests planned, 1 results", self.judge(["ok 1 - a", "1..2"])[0])

    def test_surplus_result_is_red(self):
        self.assertIn("2 tests planned, 3 results", self.judge(["ok 3 - c", *GOOD])[0])

    def test_no_tests_are_red(self):
        self.assertEqual(self.judge(["1..0"])[0], "no tests")

    def test_failed_test_is_counted(self):
        self.assertEqual(self.judge(["ok 1 - a", "not ok 2 - b # died", "1..2"], 1), (None, 1))

    def test_status_without_failed_test_is_red(self):
        for status in (1, 2, 125, 139):
            self.assertIn(f"status {status}", self.judge(GOOD, status)[0])

    def test_failed_test_without_status_is_red(self):
        self.assertIn("status 0", self.judge(["not ok 1 - a", "1..1"], 0)[0])

    def test_warning_of_the_kernel_is_red(self):
        lines = GOOD + ["=== kernel: WARNING: CPU: 1 at kernel/x.c:7"]
        self.assertIn("WARNING: CPU: 1 at kernel/x.c:7", self.judge(lines)[0])
        self.assertEqual(self.judge(lines, warnings_expected=True), (None, 0))


    def test_module_left_behind_is_red(self):
        self.assertIn("left behind: klp_pass", self.judge(GOOD + ["=== left: klp_pass"])[0])
        self.assertEqual(self.judge(GOOD + ["=== left: klp_pass"], leaves=("klp_pass",)), (None, 0))

    def test_early_failure_is_shown_with_its_comments(self):
        tap = run.Tap()
        for line in ["# of a", "ok 1 - a", "# of b", "not ok 2 - b"] + ["ok"] * 2 * run.TAIL:
            tap.feed(line)
        self.assertEqual(tap.excerpt(), ["# of b", "not ok 2 - b"] + ["ok"] * run.TAIL)

    def test_failure_is_shown_before_the_run_ends(self):
        tap = run.Tap()
        for line in ["# of a", "ok 1 - a", "# of b", "not ok 2 - b", "1..2"]:
            tap.feed(line)
        with contextlib.redirect_stdout(io.StringIO()) as text:
            run.Report(OPTIONS).suite("x", tap, None, "again")
        self.assertIn("# of b\n        not ok 2 - b\n", text.getvalue())
        self.assertNotIn("of a", text.getvalue())

    def test_a_suite_says_how_long_it_took(self):
        tap = run.Tap()
        tap.feed("ok 1 - a")
        tap.begun -= 12
        with contextlib.redirect_stdout(io.StringIO()) as text:
            run.Report(OPTIONS).suite("x", tap, None, "again")
        self.assertRegex(text.getvalue(), r"^  pass  x: 1 passed, 0 failed in \d\d+ s\n")


class Lines(unittest.TestCase):
    def test_erased_text_is_not_in_a_line(self):
        erased = "patch: 2 tasks to go\r\x1b[Kpatch: about to end\r\x1b[K"
        self.assertEqual(run.vm.shown(erased + "ok 1 - a\r\n"), "ok 1 - a")
        self.assertEqual(run.vm.shown("\x1b[1mbold\x1b[0m\r\n"), "bold")


class Boots(unittest.TestCase):
    """The report of a configuration, for each way in which boots can end."""

    def report(self, names, *boots, **more):
        boots = list(boots)
        report = run.Report(OPTIONS)
        with mock.patch.object(run.vm, "Script", lambda *a, **k: boots.pop(0)), contextlib.redirect_stdout(io.StringIO()):
            run.run_configuration(run.Config(), [suite(name, **more) for name in names], OPTIONS, report)
        self.assertEqual(boots, [], "boots that did not take place")
        return report

    def red(self, report, passed, reason):
        self.assertEqual((report.passed, report.failed), (passed, 1))
        self.assertIn(reason, report.failures[0].reason)
        with contextlib.redirect_stdout(io.StringIO()) as text:
            self.assertEqual(report.finish(), 1)
        self.assertEqual(text.getvalue().splitlines()[-1], f"{passed} passed, 1 failed")

    def test_good_boot_is_green(self):
        report = self.report("xy", FakeScript(printed("x", GOOD) + printed("y", GOOD)))
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual((report.passed, report.failed, report.finish()), (4, 0, 0))

    def test_panic_is_red_and_the_other_suites_run_in_a_new_boot(self):
        lost = printed("x", GOOD) + ["=== suite y", "ok 1 - a", "[    1.000000] Kernel panic: oops"]
        self.red(self.report("xyz", FakeScript(lost, 125), FakeScript(printed("z", GOOD))), 5, "the kernel panicked")

    def test_panic_line_is_red_even_if_the_guest_continued(self):
        self.red(self.report("x", FakeScript(printed("x", GOOD) + ["PANIC: late"])), 2, "the kernel panicked")

    def test_hang_is_red(self):
        self.red(self.report("x", FakeScript(["=== suite x", "ok 1 - a"], 125, hung="it slept")), 1, "hangs: it slept")

    def test_boot_that_prints_nothing_is_red(self):
        self.red(self.report("x", FakeScript([], 125)), 0, "status 125")

    def test_status_125_after_all_suites_is_red(self):
        self.red(self.report("x", FakeScript(printed("x", GOOD), 125)), 2, "status 125")

    def test_script_that_ends_early_is_red(self):
        self.red(self.report("x", FakeScript(["=== suite x", *GOOD])), 2, "ended early")

    def test_suite_that_never_began_is_red(self):
        self.red(self.report("xy", FakeScript(printed("x", GOOD))), 2, "ended early")

    def test_warning_is_charged_to_its_suite_only(self):
        warned = printed("x", GOOD + ["=== kernel: WARNING: CPU: 0"]) + printed("y", GOOD)
        report = self.report("xy", FakeScript(warned))
        self.red(report, 4, "WARNING")
        self.assertTrue(report.failures[0].title.startswith("x "))

    def test_suite_that_fits_no_configuration_is_an_error(self):
        options = types.SimpleNamespace(config=None, kind="fuzz")
        with self.assertRaises(SystemExit):
            run.guest_jobs([suite("x", cpus={64})], options)


class HostSuites(unittest.TestCase):
    def run_file(self, text, **limits):
        report = run.Report(OPTIONS)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test_x.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            with contextlib.redirect_stdout(io.StringIO()):
                run.run_file_suite(suite("test_x", kind="host", path=path, timeout=600), OPTIONS, report, **limits)
        return report

    def test_failed_unittest_is_red(self):
        report = self.run_file("import unittest\nclass T(unittest.TestCase):\n"
                               "    def test_a(self):\n        self.fail()\n"
                               "    def test_b(self):\n        pass\n")
        self.assertEqual((report.passed, report.failed), (1, 1))

    def test_failed_subtest_is_shown_as_a_failed_test(self):
        report = self.run_file("import unittest\nclass T(unittest.TestCase):\n"
                               "    def test_a(self):\n        with self.subTest('this one'):\n            self.fail()\n")
        self.assertEqual((report.passed, report.failed), (0, 1))
        self.assertIn("this one", report.failures[0].reason)

    def test_broken_file_is_red(self):
        self.assertEqual(self.run_file("import nothing_of_this_name\n").failed, 1)

    def test_compiler_error_is_red(self):
        report = run.Report(OPTIONS)
        with tempfile.NamedTemporaryFile("w", suffix=".c") as file, tempfile.TemporaryDirectory() as build:
            file.write("this is no C\n")
            file.flush()
            options = types.SimpleNamespace(**{**vars(OPTIONS), "build": build})
            with contextlib.redirect_stdout(io.StringIO()):
                run.run_file_suite(suite("x", kind="host", path=file.name), options, report)
        self.assertEqual((report.failed, report.failures[0].reason), (1, "does not compile"))

    def test_hanging_suite_is_red_and_ended_with_its_children(self):
        with tempfile.TemporaryDirectory() as folder:
            pid_file = os.path.join(folder, "pid")
            report = self.run_file("import subprocess, time\n"
                                   "child = subprocess.Popen(['sleep', '1000'])\n"
                                   f"open({pid_file!r}, 'w').write(str(child.pid))\n"
                                   "time.sleep(1000)\n", sleeping=2)
            with open(pid_file, encoding="utf-8") as file:
                child = int(file.read())
        self.assertEqual(report.failed, 1)
        self.assertIn("hangs", report.failures[0].reason)
        self.assertFalse(self.alive(child))

    def alive(self, pid):
        """A zombie that is not yet reaped is dead."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False


class Progress(unittest.TestCase):
    """A hanging guest is distinguished from a slow one, also on a machine that other programs keep busy."""

    SLEEPING, COMPUTING = 1, 0.5

    @staticmethod
    def settle():
        """In the child: a process group, so that it can be killed, and one processor for all. Not a session: each
        session gets its own share of the processor."""
        os.setpgid(0, 0)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    def start(self, code, *prefix):
        child = subprocess.Popen([*prefix, sys.executable, "-c", code], stdout=subprocess.DEVNULL, preexec_fn=self.settle)
        self.addCleanup(child.wait)
        self.addCleanup(os.killpg, child.pid, signal.SIGKILL)
        return child

    def judge(self, child, event=lambda watch: None, limits=None):
        """The judgement of the child within `limits` times the limit of sleep; without `limits`, as soon as there is
        one."""
        watch = run.progress.Watch(child.pid, self.COMPUTING, self.SLEEPING)
        end = time.monotonic() + limits * self.SLEEPING if limits else float("inf")
        hung = ""
        while not hung and time.monotonic() < end:
            time.sleep(0.1)
            event(watch)
            hung = watch.look()
        return hung

    def test_sleeper_is_found(self):
        self.assertIn("slept", self.judge(self.start("import time; time.sleep(1000)")))

    def test_sleeper_among_busy_processes_is_found(self):
        self.start("while True: pass")
        self.assertIn("slept", self.judge(self.start("import time; time.sleep(1000)")))

    def test_sleeping_child_of_a_sleeper_is_found(self):
        self.assertIn("slept", self.judge(self.start("import subprocess; subprocess.run(['sleep', '1000'])")))

    def test_looks_that_come_late_prove_no_sleep(self):
        child = subprocess.Popen(["sh", "-c", "echo; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        child.stdout.readline()
        watch = run.progress.Watch(child.pid, self.COMPUTING, self.SLEEPING)
        while watch.family.look()[1]:
            time.sleep(0.01)        # until it waits for its line
        for _ in range(2):
            watch.last -= 100       # as if a busy machine had delayed the look
            self.assertEqual(watch.look(), "")

    def test_endless_loop_is_found(self):
        self.assertIn("processor time", self.judge(self.start("while True: pass")))

    def test_endless_loop_of_a_child_is_found(self):
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
        self.assertIn("processor time", self.judge(self.start(code)))

    def test_loop_that_gets_no_turn_is_slow_and_does_not_hang(self):
        self.start("while True: pass")
        self.assertEqual(self.judge(self.start("while True: pass", "chrt", "--idle", "0"), limits=5), "")

    def test_loop_and_sleeper_with_events_do_not_hang(self):
        for code in ("while True: pass", "import time; time.sleep(1000)"):
            self.assertEqual(self.judge(self.start(code), run.progress.Watch.event, 5), "")


if __name__ == "__main__":
    unittest.main()
