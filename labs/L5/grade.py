# SPDX-License-Identifier: GPL-2.0-or-later
"""L5, the transition, proved: the student's model, verified by spin in four configurations; then with bugs seeded into the parts that the
student did not write, which the model must find. No kernel is built."""

import os
import re
import subprocess
import sys

from grading import CONTEXT, Failed, check

NEEDS_IMAGE = False
# States of the complete model. A student's model must have at least half of them, so that its steps are not too large.
STATES = {"calls": 2_554_336}
FOUND = {"P5": ("calls", ("DISABLE_NO_ARM", "FLAGS_BEFORE_POP", "NO_STACK_CHECK", "LOOK_AT_RUNNING", "SCHEDULE_SPLIT")),
         "P6": ("births", ("EXIT_HOLE", "GONE_AFTER_CLEAR")),
         "P7": ("idle", ("IDLE_FORGOTTEN",)), "P8": ("handler", ("HANDLER_NEWEST",))}


def model(g):
    sys.path.insert(0, os.path.join(g.top, "tests", "model"))
    import check as checker     # pylint: disable=import-outside-toplevel
    return checker


def built(g, configuration):
    """The verifier of a configuration."""
    def once():
        try:
            return model(g).build(configuration, os.path.join(g.scratch.name, "model"))
        except subprocess.CalledProcessError:
            said = subprocess.run(["spin", *model(g).CONFIGURATIONS[configuration][0].split(), "-a", "transition.pml"],
                                  cwd=os.path.join(g.top, "tests", "model"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False).stdout
            raise Failed("spin must accept tests/model/transition.pml", ["  " + line for line in said.split("\n")[:CONTEXT]]) from None
    return g.once(("model", configuration), once)


def run(g, configuration, seed=0):
    where = built(g, configuration)
    try:
        return (*model(g).verify(configuration, where, seed), where)
    except RuntimeError as error:
        raise Failed(f"the verifier must come to an end in the configuration {configuration}", str(error).split("\n")[-10:]) from None


def trail(where, seed):
    """The last steps before the violation."""
    done = subprocess.run(["./pan", "-r", "-v"], cwd=where, env=dict(os.environ, SEEDED=str(seed)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return ["  " + line for line in done.stdout.split("\n") if re.match(r"\s*\d+:", line)][-CONTEXT:]


def clean(g, configuration):
    violated, states, where = run(g, configuration)
    if violated:
        raise Failed(f"your model must hold in every interleaving of the configuration {configuration}; violated: {violated}",
                     trail(where, 0))
    return states


def finds(g, name):
    configuration, bugs = FOUND[name]
    numbers = {bug: number for number, bug, _, _ in model(g).seeds()}
    for bug in sorted(bugs, key=lambda _: g.random.random()):
        violated, _, _ = run(g, configuration, numbers[bug])
        if not violated:
            raise Failed(f"with the bug {bug} ({configuration}), your model must find a violation: a claim is missing, or says nothing")


@check("P1", 5, "spin accepts the model")
def accepted(g):
    built(g, "calls")


@check("P2", 20, "calls: holds in every interleaving", needs=["P1"])
def calls(g):
    states = clean(g, "calls")
    if states < STATES["calls"] // 2:
        raise Failed(f"the model must keep its interleavings: at least {STATES['calls'] // 2:,} states in the configuration calls",
                     [f"  {states:,} states; is a step too large, or does a transition never end?"])


@check("P3", 15, "births: holds in every interleaving", needs=["P1"])
def births(g):
    clean(g, "births")


@check("P4", 10, "idle tasks and interrupt handlers: hold in every interleaving", needs=["P1"])
def others(g):
    clean(g, "idle")
    clean(g, "handler")


@check("P5", 20, "calls: finds bugs in the order of a transition and in the judgement of a task", needs=["P2"])
def finds_calls(g):
    finds(g, "P5")


@check("P6", 15, "births: finds bugs at the death of a task", needs=["P3"])
def finds_births(g):
    finds(g, "P6")


@check("P7", 5, "idle: finds that idle tasks are forgotten", needs=["P4"])
def finds_idle(g):
    finds(g, "P7")


@check("P8", 5, "handler: finds an interrupt that takes the wrong version", needs=["P4"])
def finds_handler(g):
    finds(g, "P8")


@check("P9", 5, "claims are in the model: the state of a child, the states at the end", needs=["P1"])
def claims(g):
    with open(os.path.join(g.top, "tests/model/transition.pml"), encoding="utf-8") as file:
        text = file.read()
    for name, number in (("fork", 1), ("reset_states", 2)):
        body = re.search(rf"^inline {name}\(.*?^}}", text, re.M | re.S)
        if not body or body.group(0).count("assert(") < number:
            raise Failed(f"{name}() must claim something: {number} assertion{'s' * (number > 1)} at least")
