#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py [--all] [CONFIGURATION...] - verifies transition.pml with spin: every configuration, and every seeded bug.
check.py --shortest BUG - the shortest way to a violation with this bug of bugs.h, as a chart: a column for each process.

Without --all, only the configurations that end in seconds (tests/host/test_model.py runs the same); with --all also the large ones.
A run with an unexpected violation, or without an expected one, leaves its verifier and its trail in
build/model/CONFIGURATION and says how to read them. Then the status is 1.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "..", "build", "model")

SEARCH_MINUTES = 10         # for a configuration with more states than can be kept
NO_BIRTHS = "-DFORKS=false -DEXITS=false"
# Restrictions of the model, storage of the states, depth of the search; large: not in `make test`.
CONFIGURATIONS = {
    "calls": (f"-DTASKS=2 -DSAFETY=true {NO_BIRTHS} -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 2_000_000, False),
    "births": ("-DTASKS=2 -DEXITS=false -DEXITS_INSIDE=true -DSLEEPS=false -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 2_000_000, False),
    "threads": ("-DTASKS=2 -DSLEEPS=false -DLOOKS=false -DFORKS=false -DTHREADS=true -DEXITS=thread[me] -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 2_000_000, False),
    "interrupts": ("-DTASKS=2 -DSLEEPS=false -DLOOKS=false -DFORKS=false -DTHREADS=true -DINTERRUPTS=1 -DEXITS=false -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 2_000_000, False),
    "execs": (f"-DTASKS=2 {NO_BIRTHS} -DSLEEPS=false -DLOOKS=false -DEXECS=1 -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 2_000_000, False),
    "idle": (f"-DTASKS=1 {NO_BIRTHS} -DCALLS=false -DPINNED=true -DHANDLERS=1", "-DCOLLAPSE", 3_000_000, False),
    "handler": (f"-DTASKS=1 {NO_BIRTHS} -DIDLES=false -DPINNED=true -DHANDLERS=1", "-DCOLLAPSE", 2_000_000, False),
    "three": (f"-DTASKS=3 {NO_BIRTHS} -DIDLES=false -DPINNED=true", "-DCOLLAPSE", 10_000_000, True),
    "all": ("-DTASKS=3 -DHANDLERS=1", "-DBITSTATE", 10_000_000, True),
}


def seeds():
    """(number, name, configuration, whether a violation must be found) from bugs.h."""
    with open(os.path.join(HERE, "bugs.h"), encoding="utf-8") as file:
        for match in re.finditer(r"^#define (\w+)\s+(\d+)\s+/\* (harmless in )?(\w+):", file.read(), re.MULTILINE):
            yield int(match[2]), match[1], match[4], not match[3]


def build(configuration, folder=BUILD, search=()):
    """Generates and compiles the verifier of a configuration: its folder."""
    defines, storage, _, _ = CONFIGURATIONS[configuration]
    where = os.path.join(folder, "-".join([configuration, *search]))
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for name in ("transition.pml", "bugs.h"):
        shutil.copy(os.path.join(HERE, name), where)
    subprocess.run(["spin", *defines.split(), "-a", "transition.pml"], cwd=where, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["gcc", "-O2", "-w", "-DSAFETY", storage, *search, "-o", "pan", "pan.c"], cwd=where, check=True)
    return where


def verify(configuration, where, seed=0):
    """(the violation, or None; number of states). If all states are kept, the search must have been complete."""
    _, storage, depth, _ = CONFIGURATIONS[configuration]
    partial = storage == "-DBITSTATE"
    done = subprocess.run(["./pan", f"-m{depth}", *(["-w32", f"-Q{SEARCH_MINUTES}"] if partial else ["-w22"])], cwd=where, env=dict(os.environ, SEEDED=str(seed)),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"^pan:1: (.*)$", done.stdout, re.MULTILINE)
    states = re.search(r"^ *(\S+) states, stored", done.stdout, re.MULTILINE)
    if done.returncode or not states or (not found and not partial and re.search("Search not completed|max search depth", done.stdout)):
        raise RuntimeError(f"the verifier did not come to an end:\n{done.stdout[-1000:]}")
    return found[1] if found else None, int(float(states[1]))


def report(what, violated, expected, states, seconds, where, seed):
    good = bool(violated) == expected
    print(f"{'ok  ' if good else 'FAIL'} {what}: {violated or 'no violation'}, {states:,} states, {seconds:.1f} s", flush=True)
    if not good and violated:
        print(f"     the way there: cd {os.path.relpath(where)} && SEEDED={seed} ./pan -r -v")
    return good


def check(configuration):
    """All runs of one configuration: whether each had the expected result."""
    where = build(configuration)
    good = True
    runs = [(0, f"{configuration}", False)]
    runs += [(n, f"{configuration} with {name}", must) for n, name, own, must in seeds() if own == configuration]
    for seed, what, must in runs:
        begin = time.monotonic()
        violated, states = verify(configuration, where, seed)
        good &= report(what, violated, must, states, time.monotonic() - begin, where, seed)
    return good


# "  52: proc  1 (Task)  transition.pml:236 (state 138) trans {99,269} [D_STEP236]"; a d_step has the line of its end.
STEP = re.compile(r"^ *\d+: proc +(\d+) \((:init:|\w+)\) +\S+:(\d+) \(state \d+\).*?\[(?:D_STEP(\d+)|.*)\]$")
COLUMN = 24


def chart(steps):
    """Lines with the step of a process, a column for each process, in the order of their first steps."""
    with open(os.path.join(HERE, "transition.pml"), encoding="utf-8") as file:
        source = [" ".join(line.split()) for line in file]
    columns, lines = [], []
    for process, name, line, end in steps:
        who, line = f"{name.strip(':')} {process}", int(end or line)
        if who not in columns:
            columns.append(who)
        lines.append(f"{line:>5} " + f"{'':{COLUMN}}|" * columns.index(who) + " " + source[line - 1])
    return [" line " + "|".join(f" {who:<{COLUMN - 1}}" for who in columns), *lines]


def shortest(name):
    """A breadth-first search: no violation can be reached in fewer steps."""
    seed, configuration = next(((n, own) for n, bug, own, _ in seeds() if bug == name), (None, None))
    if not seed:
        sys.exit(f"check.py: bugs.h has no {name}")
    where = build(configuration, search=("-DBFS",))
    violated, _ = verify(configuration, where, seed)
    if not violated:
        print(f"{name}: no violation")
        return 1
    said = subprocess.run(["./pan", "-r", "-v"], cwd=where, env=dict(os.environ, SEEDED=str(seed)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False).stdout
    steps = [match.groups() for match in map(STEP.match, said.split("\n")) if match]
    print(*chart(steps), f"{name} in {configuration}: {len(steps)} steps, then {violated}", sep="\n")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true", help="the large configurations too")
    parser.add_argument("configuration", nargs="*", help=", ".join(CONFIGURATIONS))
    parser.add_argument("--shortest", metavar="BUG", help="a bug of bugs.h")
    options = parser.parse_args()
    if options.shortest:
        return shortest(options.shortest)
    names = options.configuration or [name for name, row in CONFIGURATIONS.items() if options.all or not row[3]]
    return 0 if all([check(name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
