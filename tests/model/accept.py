#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""accept.py [FILE] - says whether the model allows this run. Reads lines of /sys/kernel/livepatch/timeline, skips all other lines,
and follows transition.pml. An event that the model does not allow is impossible; the first one is reported.

Each rule names the statement of transition.pml from which it comes. It is an error if the model no longer has this statement: then the model
has changed, and the rules must be changed, too. Steps of the model without an event may happen at any time between two events.

The status is 0 if all events are accepted, 1 at an impossible event, 2 if a statement is missing or there was no transition.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EVENT = re.compile(r"^\s*(?:\d+ )?(\d+) (\d+) (\d+) (klp_\w+|sched_switch) (.*)$")

# Each rule, and the statement of the model from which it comes.
RULES = {
    "one transition at a time": "klp_complete_transition()\n\tod",
    "barriers A and B come in this order, before slots change": "klp_init_transition();\n\t\tarm();",
    "slots lead to selectors before the start": ":: goal == OLD && !BUG(DISABLE_NO_ARM) -> klp_hooks_sync(SELECTOR)",
    "the start comes after the slots are armed": "arm();\n\t\tklp_start_transition();",
    "a round separates the ranges from earlier ones": ":: !BUG(RANGES_NO_ROUND) -> smp_sync_core()",
    "only a task with the old state is flagged": ":: state[i] != goal ->",
    "a task is flagged once": ":: d_step { !pending[i] -> pending[i] = true } ->",
    "flags are set after the start": "klp_set_flagging(true);\n\tflag_tasks();",
    "idle tasks are flagged": "#define EXISTS(t)\t(life[t] != UNBORN && (t < TASKS || !BUG(IDLE_FORGOTTEN)))",
    "a round follows the flags, before the looks": ":: !BUG(START_NO_ROUND) -> smp_sync_core()",
    "each flagged task is looked at, or has changed over": ":: !BUG(LOOK_FORGOTTEN) -> look_at_tasks()",
    "only a flagged task changes over": ":: d_step { RUNS(me) && pending[me] -> pending[me] = false } -> take_target(ON)",
    "a task that changes over takes the target": "state[me] = seen;",
    "a task that changes over by itself runs": "d_step { RUNS(me) -> READ_TARGET };",
    "a task that is looked at does not run": "(!ON_CPU(t) || BUG(LOOK_AT_RUNNING))",
    "a child without a flag has the target": "child_flag = (flagging && child_state != target)",
    "a reversal clears flags, and flips the target": "if :: pending[i] -> pending[i] = false; count-- :: else fi",
    "a transition completes when no task is pending": ":: count == 0 -> break",
    "slots change before states are reset": ":: !BUG(STATE_BEFORE_SYNC) -> reset_states()",
}


class Impossible(Exception):
    """An event that the model does not allow: the broken rule, and the line."""

    def __init__(self, rule, line):
        super().__init__(f"impossible: {line}\n  {rule}: {' '.join(RULES[rule].split())}")
        self.rule = rule


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def lost_statements(model):
    """The rules whose statement is no longer in the model."""
    return [rule for rule, statement in RULES.items() if squeezed(statement) not in squeezed(model)]


class Monitor:
    """The state of the model. It begins with the first "init"; records of an earlier transition are skipped."""

    def __init__(self):
        self.begin(None)
        self.partial = True         # the records of this transition's begin are lost
        self.cpus, self.line = set(), ""
        self.transitions = self.events = 0

    def need(self, rule, true):
        if not true:
            raise Impossible(rule, self.line)

    def feed(self, line):
        match = EVENT.match(line)
        if not match:
            return
        _, cpu, pid, event, text = match.groups()
        self.line, self.cpu, self.pid = line.strip(), int(cpu), int(pid)
        self.cpus.add(self.cpu)
        fields = dict(re.findall(r"(\w+)=(\S+)", text))
        if event == "klp_transition":
            self.transition(fields["step"], int(fields["target"]))
        elif event == "sched_switch":
            self.running[self.cpu] = int(fields["next_pid"])
        elif not self.partial and self.target is not None:
            getattr(self, event, lambda *_: None)(text, fields)
        self.events += 1

    # ---- the administrator

    def reached(self, part):
        if part not in self.done:
            self.done.append(part)

    def transition(self, step, target):
        if step == "init":
            self.need("one transition at a time", self.partial or self.target is None)
            self.begin(target)
        elif self.partial:
            return
        elif step == "start":
            self.need("slots lead to selectors before the start", "slots" in self.done)
            self.need("the start comes after the slots are armed", "B" in self.done and self.target == target)
            self.reached("start")
            self.starter = self.pid
        elif step == "reverse":
            self.looked()
            self.need("a reversal clears flags, and flips the target", "start" in self.done and self.target == target)
            self.target, self.done, self.turned = 1 - target, ["A", "B", "slots"], True
        elif step == "signal":
            self.looked()
        elif step == "completing":
            self.need("a transition completes when no task is pending", not self.pending)
            self.need("a round follows the flags, before the looks", "round" in self.done or "start" not in self.done)
            self.completing = True
        elif step == "complete":
            self.need("slots change before states are reset", self.completing and self.settled)
            self.transitions += 1
            self.target = None

    def begin(self, target):
        """Resets what is known of running tasks, too: only records of a transition say it."""
        self.target, self.partial, self.completing, self.settled = target, False, False, False
        self.turned = False         # a task may still write the target that it read before the reversal
        self.done = []              # of: A, B, slots, start, ranges, flags, round
        self.pending = {}           # who has a flag: how many flags, and the pid that set the first
        self.starter = None
        self.unseen, self.idle, self.running = set(), set(), {}

    def looked(self):
        """The administrator has passed its looks at all tasks."""
        if "flags" in self.done:
            self.need("each flagged task is looked at, or has changed over", not self.unseen)

    def klp_barrier(self, text, fields):
        letter = fields["barrier"]
        if letter in "AB":
            self.need("barriers A and B come in this order, before slots change",
                      "slots" not in self.done and (letter == "A" or "A" in self.done))
            self.reached(letter)
        elif letter == "F":
            self.need("slots change before states are reset", self.completing and self.settled)

    def klp_slots(self, text, fields):
        if not text.startswith("end"):
            return
        if self.completing:
            self.settled = True
        elif "start" not in self.done:
            self.need("barriers A and B come in this order, before slots change", "B" in self.done)
            self.reached("slots")

    def klp_round(self, text, fields):
        if not text.startswith("end"):
            return
        if "by=klp_ranges_set" in text and "start" in self.done:
            self.reached("ranges")
            self.turned = False     # barrier D of livepatch/transition.c
        elif "by=klp_start_transition" in text:
            self.need("idle tasks are flagged", self.target is None or self.cpus <= self.idle)
            self.reached("round")

    # ---- tasks

    def key(self, fields):
        """A task by its pid; an idle task, whose pid is 0, by its name."""
        return fields["comm"] if fields["pid"] == "0" else int(fields["pid"])

    def klp_flag(self, text, fields):
        who, state = self.key(fields), int(fields["state"])
        self.need("flags are set after the start", "start" in self.done)
        self.need("a round separates the ranges from earlier ones", "ranges" in self.done)
        self.need("only a task with the old state is flagged", state == 1 - self.target)
        flags, setter = self.pending.get(who, (0, self.pid))
        # The walk may meet a new task, which its parent has flagged, in the middle of its change over: the flag is clear,
        # the state is still the old one. The record of the first change over comes after that of the second flag.
        self.need("a task is flagged once", not flags or (flags == 1 and setter != self.starter == self.pid and "round" not in self.done))
        self.pending[who] = flags + 1, setter
        if isinstance(who, str):
            self.idle.add(int(who.rsplit("/", 1)[1]))
        if "round" not in self.done:
            self.unseen.add(who)
            self.reached("flags")

    def klp_look(self, text, fields):
        self.unseen.discard(self.key(fields))

    def klp_switch(self, text, fields):
        who, how, state = self.key(fields), fields["how"], int(fields["state"])
        if how == "inherited":
            self.need("a child without a flag has the target", state == self.target and who not in self.pending)
            return
        if how == "death":
            # Before the round, the walk that sets flags may not have met the task yet.
            self.need("a task that changes over takes the target", who in self.pending or state == self.target or "round" not in self.done)
        elif how != "taken-back":
            self.need("only a flagged task changes over", who in self.pending)
            self.need("a task that changes over takes the target", state == self.target or self.turned)
        if how in ("exit", "own-stack", "interrupted", "idle"):
            self.need("a task that changes over by itself runs", isinstance(who, str) or self.pid == who)
        if how == "asleep" and isinstance(who, int):
            self.need("a task that is looked at does not run", who not in {pid for cpu, pid in self.running.items() if cpu != self.cpu})
        flags, setter = self.pending.pop(who, (0, 0))
        if flags > 1:
            self.pending[who] = flags - 1, setter
        self.unseen.discard(who)


def judge(lines):
    """The monitor after the last line; raises Impossible at the first event that the model does not allow."""
    monitor = Monitor()
    for line in lines:
        monitor.feed(line)
    return monitor


def main():
    with open(os.path.join(HERE, "transition.pml"), encoding="utf-8") as file:
        lost = lost_statements(file.read())
    if lost:
        print("transition.pml no longer has the statements of these rules: " + "; ".join(lost))
        return 2
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") if len(sys.argv) > 1 else sys.stdin as file:
            monitor = judge(file)
    except Impossible as reason:
        print(reason)
        return 1
    print(f"{monitor.events} events, {monitor.transitions} transitions: accepted")
    return 0 if monitor.transitions else 2


if __name__ == "__main__":
    sys.exit(main())
