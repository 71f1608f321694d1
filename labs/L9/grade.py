# SPDX-License-Identifier: GPL-2.0-or-later
"""L9, data that outlives code: shadow variables, states, replacing; then a chain of patches on a machine that is never stopped, in which
each patch takes over the data of the one before."""

import os
import shutil

from grading import Failed, check

FILES = ["livepatch/shadow.c", "livepatch/state.c", "livepatch/replace.c"]
TWO = ("klp_shadow", "klp_shadow_module", "klp_states", "klp_replace", "klp_callbacks")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


@check("P2", 15, "shadow variables: one for an object and a number, constructed once, found while it lives", needs=["P1"])
def shadow(g):
    g.expect_suite("klp_shadow", cpus=2, together=TWO)


@check("P3", 10, "shadow variables under 4 CPUs: no reader finds freed memory", needs=["P2"])
def shadow_race(g):
    g.expect_suite("klp_shadow", cpus=4)


@check("P4", 15, "a module's objects carry a new field, also those born before the patch", needs=["P2"])
def field(g):
    g.expect_suite("klp_shadow_module", cpus=2, together=TWO)


@check("P5", 15, "states: what a newer patch must know, and a downgrade is refused", needs=["P1"])
def states(g):
    g.expect_suite("klp_states", cpus=2, together=TWO)


@check("P6", 15, "a replace: what the new patch lacks is original again, task by task", needs=["P1"])
def replace(g):
    g.expect_suite("klp_replace", cpus=2, together=TWO)


CHAIN = """\
settle() {{ while grep -q 1 /sys/kernel/livepatch/$1/transition 2>/dev/null; do usleep 10000; done; }}
echo "LINE before $(cat /proc/cmdline)"
insmod /host/fix.ko || {{ dmesg | tail -n 3; exit 3; }}
settle fix
echo "LINE first $(cat /proc/cmdline)"
insmod /lib/modules/livepatch-replace.ko || {{ dmesg | tail -n 3; exit 4; }}
settle livepatch_replace
echo "LINE replaced $(cat /proc/cmdline)"
# The old patch goes a moment after the transition has ended; a thousand looks are many.
looks=0; while [ -d /sys/kernel/livepatch/fix ] && [ $((looks += 1)) -lt 1000 ]; do usleep 10000; done
[ -d /sys/kernel/livepatch/fix ] && echo "LINE still there"
until rmmod fix 2>/dev/null; do usleep 10000; done
echo 0 >/sys/kernel/livepatch/livepatch_replace/enabled; settle livepatch_replace
until rmmod livepatch_replace 2>/dev/null; do usleep 10000; done
look end
echo "LINE after $(cat /proc/cmdline)"
exit 0
"""


def fix(g):
    """The module made of the student's diff."""
    def once():
        if not os.path.exists(os.path.join(g.top, "labs/L9/work/fix.diff")):
            raise Failed("labs/L9/work/fix.diff must be there")
        made = os.path.join(g.scratch.name, "patches")
        g.make("patch", "DIFF=labs/L9/work/fix.diff", "NAME=fix", f"OUT={made}")
        return os.path.join(made, "fix.ko")
    return g.once("fix", once)


@check("P7", 5, "your own diff becomes a patch, and a cumulative one replaces it on the running machine", needs=["P6"])
def chain(g):
    share, found = g.share(), {}
    shutil.copy2(fix(g), share)
    word = f"word={g.random.randrange(10**8)}"
    boot = g.boot(CHAIN.format(), cmdline=word, share=share, looks={"end": lambda still: found.update(text=still.section(".text"))})
    boot.ok("both patches must load, and go")
    said = {line.split(" ", 2)[1]: line.split(" ", 2)[2] for line in boot.lines if line.startswith("LINE ")}
    plain = said.get("before", "")
    if said.get("first") != f"{len(plain)} {plain}":
        raise Failed("with your patch, /proc/cmdline must begin with the length of the command line, and a blank",
                     [f"  before: {plain}", f"  then:   {said.get('first')}"])
    if "still" in said:
        raise Failed("a replaced patch must leave /sys/kernel/livepatch")
    if said.get("replaced") == said.get("first") or said.get("after") != plain:
        raise Failed("after the replace your function must be gone, and after that all must be as before",
                     [f"  {name}: {text}" for name, text in said.items()])
    _, image, now = found["text"]
    if image != now:
        raise Failed("when both are gone, the kernel's text in memory must be that of the image")


CUMULATIVE = """\
settle() {{ while grep -q 1 /sys/kernel/livepatch/$1/transition 2>/dev/null; do usleep 10000; done; }}
load() {{ insmod /host/$1.ko || {{ dmesg | tail -n 3; exit 3; }}; settle $1; }}
unload() {{ echo 0 >/sys/kernel/livepatch/$1/enabled; settle $1; gone $1; }}
gone() {{ until rmmod $1 2>/dev/null; do usleep 10000; done; }}
say() {{ echo "LINE $1 $(cat /proc/cmdline)"; }}
say plain
load fix; say fix
load count; gone fix
for i in $(seq {reads}); do say count$i; done
load bytes; gone count
for i in 1 2 3; do say bytes$i; done
insmod /host/count.ko 2>/dev/null && echo "LINE downgraded"
say refused
unload bytes; say after
load count; say anew1; say anew2
unload count
look end
dmesg | grep -E 'WARNING|BUG' && echo COMPLAINED
exit 0
"""


def numbers(said, name, plain):
    """The two numbers before the command line."""
    words = said.get(name, "").split(" ", 2)
    if len(words) < 3 or words[2] != plain or not (words[0] + words[1]).isdigit():
        raise Failed(f"with this patch, /proc/cmdline must be two numbers and the command line ({name})", ["  " + said.get(name, "(nothing)")])
    return int(words[0]), int(words[1])


def rising(said, names, plain, step):
    """The second numbers, each higher by the same amount; they must be multiples of `step`."""
    found = [numbers(said, name, plain)[1] for name in names]
    steps = {b - a for a, b in zip(found, found[1:])}
    if len(steps) != 1 or min(steps) <= 0 or min(steps) % step:
        raise Failed(f"each time that /proc/cmdline is read, its second number must grow by {'the length' if step > 1 else 'one'}",
                     [f"  {name}: {said[name]}" for name in names])
    return found, min(steps)


@check("P10", 10, "a chain of three patches: a new field, and then another meaning of it, on data that is there", needs=["P7"])
def cumulative(g):
    share, reads = g.share(), g.random.randrange(3, 9)
    shutil.copy2(fix(g), share)
    for name in ("count", "bytes"):
        if not os.path.exists(os.path.join(g.top, f"labs/L9/work/{name}.c")):
            raise Failed(f"labs/L9/work/{name}.c must be there")
        g.module(f"labs/L9/work/{name}.c", share)
    found = {}
    boot = g.boot(CUMULATIVE.format(reads=reads), cmdline=f"word={g.random.randrange(10**8)}", share=share,
                  looks={"end": lambda still: found.update(text=still.section(".text"))})
    boot.ok("all patches must load, and go")
    said = {line.split(" ", 2)[1]: " ".join(line.split(" ", 2)[2:]) for line in boot.lines if line.startswith("LINE ")}
    plain = said["plain"]
    times, once = rising(said, [f"count{i + 1}" for i in range(reads)], plain, 1)
    given, _ = rising(said, ["bytes1", "bytes2", "bytes3"], plain, len(plain))
    if given[0] != (times[-1] + once) * len(plain):
        raise Failed(f"{times[-1]} times were counted, of {len(plain)} bytes each; with the third patch, the first number of bytes must be"
                     f" {(times[-1] + once) * len(plain)}", [f"  it is {given[0]}"])
    if "downgraded" in said:
        raise Failed("the second patch must be refused while the third one is there: it does not know what its number means")
    if numbers(said, "refused", plain)[1] <= given[-1]:
        raise Failed("a patch that was refused must change nothing", [f"  {said['refused']}"])
    if said["after"] != plain or numbers(said, "anew1", plain)[1] != times[0]:
        raise Failed("when a patch is gone, so is its data, and another one begins anew",
                     [f"  {name}: {said[name]}" for name in ("after", "anew1", "anew2")])
    boot.expect_no_line("^COMPLAINED", "the log must have no warning")
    _, image, now = found["text"]
    if image != now:
        raise Failed("when all are gone, the kernel's text in memory must be that of the image")


@check("P8", 5, "what worked still works: callbacks", needs=["P1"])
def old(g):
    g.expect_suite("klp_callbacks", cpus=2, together=TWO)


@check("P9", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
