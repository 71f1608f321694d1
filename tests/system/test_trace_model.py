# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces against the model: tests/model/transition.pml can do everything that a run leaves in the timeline. For each
rule of tests/model/accept.py there is a trace, this run's with one change, that the rule rejects. A statement that is
removed from the model is missed.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
ISO = os.path.join(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build/debug")), "test.iso")
sys.path.insert(0, os.path.join(TESTS, "model"))
import accept  # noqa: E402

LOAD = "sh -c 'while :; do /bin/true; done' & p=$!\n"
ON_AND_OFF = LOAD + """insmod /lib/modules/livepatch-sample.ko
klp wait livepatch_sample
echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
while ! rmmod livepatch_sample 2>/dev/null; do :; done
kill $p
"""
# A work item is in a function that is patched (insmod waits for this), so the transition is reversed while it runs.
TURNED = LOAD + """insmod /lib/modules/lx_busy.ko block=Y
insmod /lib/modules/lx_callbacks.ko
echo 0 >/sys/kernel/livepatch/lx_callbacks/enabled
echo N >/sys/module/lx_busy/parameters/block
while ! rmmod lx_callbacks 2>/dev/null; do :; done
kill $p
"""


def timeline(script, cpus, seed):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools/replay"), "--iso", ISO, "--cpus", str(cpus), "--seed", str(seed),
                              "--script", file.name], stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    return [line for line in run.stdout.splitlines() if accept.EVENT.match(line)]


def first(lines, pattern, begin=0):
    return next(i for i in range(begin, len(lines)) if re.search(pattern, lines[i]))


def without(lines, pattern, begin=0, end=None):
    end = len(lines) if end is None else end
    return [line for i, line in enumerate(lines) if not (begin <= i < end and re.search(pattern, line))]


def changed(lines, pattern, old, new):
    i = first(lines, pattern)
    return lines[:i] + [lines[i].replace(old, new)] + lines[i + 1:]


def before(lines, place, line):
    return lines[:place] + [line] + lines[place:]


def asleep(lines):
    return first(lines, r"klp_switch comm=\S+ pid=[1-9]\d* .*how=asleep")


def someone_runs(lines):
    i = asleep(lines)
    cpu, pid = re.match(r"\s*\d+ \d+ (\d+) .*pid=(\d+)", lines[i]).groups()
    return before(lines, i, f"0 1 {int(cpu) ^ 1} 0 sched_switch prev_comm=x prev_pid=0 next_comm=x next_pid={pid} next_prio=120")


def unflagged(lines):
    pid = re.search(r" pid=(\d+)", lines[asleep(lines)])[1]
    return without(lines, rf"klp_flag .* pid={pid} ", end=asleep(lines))


# For each rule, a change of a trace of ON_AND_OFF (with a star: of TURNED), after which the rule must reject the trace.
EDITS = {
    "one transition at a time": lambda t: before(t, first(t, "step=start"), t[first(t, "step=init")]),
    "barriers A and B come in this order, before slots change": lambda t: without(t, "barrier=A"),
    "slots lead to selectors before the start": lambda t: without(t, "klp_slots", end=first(t, "step=start")),
    "the start comes after the slots are armed": lambda t: changed(t, "step=start target=1", "target=1", "target=0"),
    "a round separates the ranges from earlier ones": lambda t: without(t, "by=klp_ranges_set"),
    "only a task with the old state is flagged": lambda t: changed(t, "klp_flag", "state=0", "state=1"),
    "a task is flagged once": lambda t: before(t, first(t, "klp_flag"), t[first(t, "klp_flag")]),
    "flags are set after the start": lambda t: before(t, first(t, "step=start"), t[first(t, "klp_flag")]),
    "idle tasks are flagged": lambda t: without(t, "klp_flag comm=swapper/0"),
    "a round follows the flags, before the looks": lambda t: without(t, "klp_round .*by=klp_start_transition"),
    "each flagged task is looked at, or has changed over *": lambda t: without(t, "klp_look comm=kworker", end=first(t, "step=reverse")),
    "only a flagged task changes over": unflagged,
    "a task that changes over takes the target": lambda t: changed(t, "how=asleep", "state=1", "state=0"),
    "a task that changes over by itself runs": lambda t: changed(t, r"klp_switch comm=\S+ pid=[1-9]\d* .*how=asleep", "asleep", "own-stack"),
    "a task that is looked at does not run": someone_runs,
    "a child without a flag has the target":
        lambda t: before(t, first(t, "step=completing"), "0 1 0 7 klp_switch comm=sh pid=500 cpu=0 how=inherited state=0"),
    "a reversal clears flags, and flips the target *": lambda t: changed(t, "step=reverse target=1", "target=1", "target=0"),
    "a transition completes when no task is pending": lambda t: t[:asleep(t)] + t[asleep(t) + 1:],
    "slots change before states are reset": lambda t: without(t, "klp_slots", first(t, "step=completing"), first(t, "step=complete ")),
}


class Traces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.traces = {"": timeline(ON_AND_OFF, 2, 1), "*": timeline(TURNED, 3, 2)}

    def test_runs_are_accepted(self):
        self.assertEqual(accept.judge(self.traces[""]).transitions, 2)
        self.assertEqual(accept.judge(self.traces["*"]).transitions, 1)
        self.assertTrue(any("step=reverse" in line for line in self.traces["*"]))

    def test_the_old_target_may_be_written_after_a_reversal_until_the_next_round(self):
        lines = self.traces["*"]
        i = first(lines, r"klp_switch comm=\S+ pid=[1-9]\d* .*how=taken-back")
        pid = re.search(r" pid=(\d+)", lines[i])[1]
        late = re.sub(r"^(\s*\d+ \d+ \d+) \d+ (.*)how=taken-back state=0", rf"\1 {pid} \2how=exit state=1", lines[i])
        accept.judge(before(lines[:i] + lines[i + 1:], i, late))
        after = first(lines, r"klp_round end by=klp_ranges_set", i) + 1
        with self.assertRaises(accept.Impossible) as caught:
            accept.judge(before(lines[:i] + lines[i + 1:], after - 1, late))
        self.assertEqual(caught.exception.rule, "a task that changes over takes the target")

    def test_a_new_task_may_be_flagged_by_its_parent_and_then_by_the_walk(self):
        lines = self.traces[""]
        i = first(lines, r"klp_flag comm=\S+ pid=[1-9]")
        pid = re.search(r" pid=(\d+)", lines[i])[1]
        by_parent = re.sub(r"^(\s*\d+ \d+ \d+) \d+ ", r"\1 99999 ", lines[i])
        j = first(lines, rf"klp_switch comm=\S+ pid={pid} ", i)
        accept.judge(lines[:i] + [by_parent] + lines[i:j] + lines[j:j + 1] + lines[j:])
        with self.assertRaises(accept.Impossible) as caught:
            accept.judge(lines[:i] + [by_parent] + lines[i:j + 1] + lines[j + 1:])
        self.assertEqual(caught.exception.rule, "a transition completes when no task is pending")

    def test_each_rule_rejects(self):
        self.assertEqual({name.rstrip(" *") for name in EDITS}, set(accept.RULES))
        for name, edit in EDITS.items():
            with self.subTest(name), self.assertRaises(accept.Impossible) as caught:
                accept.judge(edit(self.traces["*" if name.endswith("*") else ""]))
            self.assertEqual(caught.exception.rule, name.rstrip(" *"))

    def test_a_statement_removed_from_the_model_is_missed(self):
        with open(os.path.join(TESTS, "model", "transition.pml"), encoding="utf-8") as file:
            model = accept.squeezed(file.read())
        self.assertEqual(accept.lost_statements(model), [])
        for rule, statement in accept.RULES.items():
            self.assertIn(rule, accept.lost_statements(model.replace(accept.squeezed(statement), "")))


if __name__ == "__main__":
    unittest.main()
