# SPDX-License-Identifier: GPL-2.0-or-later
"""L0, boot, look, break: both firmwares; a new file in /proc with contents that depend on the seed; a test inside the kernel; and two
scripts: one prints the system call in which a process sleeps, one counts calls of a function by the kernel's tracer."""

import os
import re
import shutil

from grading import Failed, check

FILE, SCRIPT, TRACER = "kernel/proc/lab.c", "labs/L0/work/where.sh", "labs/L0/work/calls.sh"


@check("P1", 10, "boots by BIOS")
def bios(g):
    g.shell()


@check("P2", 10, "boots by UEFI")
def uefi(g):
    g.boot("exit 0\n", machine=("uefi", "q35")).ok("the kernel must boot by UEFI and run a script")


def expected(word, cmdline, cpus):
    return [f"cpus {cpus}", f"length {len(cmdline)}", f"word {word[::-1] if word else '-'}"]


def shows(g, word, cpus):
    """The expected and the real contents of /proc/lab, in one boot."""
    boot = g.boot('echo "LINE $(cat /proc/cmdline)"\nfor i in 1 2; do sed "s/^/LAB /" /proc/lab; done\n', cpus=cpus,
                  cmdline=f"lab={word}" if word else "")
    boot.ok("the script must run")
    cmdline = next(line[5:] for line in boot.lines if line.startswith("LINE "))
    said = [line[4:] for line in boot.lines if line.startswith("LAB ")]
    wanted = expected(word, cmdline, cpus) * 2
    if said != wanted:
        raise Failed(f"with the command line '{cmdline}' and {cpus} CPU{'s' * (cpus > 1)}, /proc/lab, read twice, must say:"
                     f" {' / '.join(wanted[:3])}", ["  " + line for line in said or ["(nothing)"]])


@check("P3", 25, "/proc/lab says the number of CPUs, the length of the command line, and a word of it backwards", needs=["P1"])
def lab(g):
    word = "".join(g.random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(g.random.randrange(5, 20)))
    shows(g, word, 2)
    shows(g, "", 1)


@check("P4", 15, "a KTEST of yours runs in the kernel, and passes", needs=["P1"])
def ktest(g):
    path = os.path.join(g.top, FILE)
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    names = re.findall(r"^KTEST\((\w+)\)", text, re.M)
    if not names:
        raise Failed(f"{FILE} must have a KTEST")
    if "KTEST_CHECK(" not in text:
        raise Failed(f"the test {names[0]} must check something: KTEST_CHECK()")
    boot = g.boot("exit 0\n", cmdline="ktest")
    for name in names:
        boot.expect_line(rf"^ok \d+ - {name}\b", f"the test {name} must run and pass, with `ktest` on the command line")


WHERE = """\
mkfifo /tmp/f
sleep 10000 & one=$!
cat /tmp/f & two=$!
sh -c 'sleep 20000; true' & three=$!
# A process also sleeps while exec reads its file.
asleep() {{ until grep -q "__x64_sys_[a-z_]*$3" /proc/$1/stack && [ "$(cat /proc/$1/comm)" = $2 ]; do usleep 10000; done; }}
asleep $one sleep nanosleep
asleep $two cat open
asleep $three sh wait
for p in {order}; do
	eval "p=\\$$p"
	echo "WANT $p $(cat /proc/$p/comm) $(grep -o '__x64_sys_[a-z0-9_]*' /proc/$p/stack)"
	echo "HAVE $(sh /host/where.sh $p)"
done
exit 0
"""


@check("P5", 15, "where.sh finds the system call that a process sleeps in", needs=["P1"])
def where(g):
    if not os.path.exists(os.path.join(g.top, SCRIPT)):
        raise Failed(f"{SCRIPT} must be there")
    share, order = g.share(), ["one", "two", "three"]
    g.random.shuffle(order)
    shutil.copy2(os.path.join(g.top, SCRIPT), share)
    boot = g.boot(WHERE.format(order=" ".join(order)), share=share).ok("the script must end")
    want = [line[5:] for line in boot.lines if line.startswith("WANT ")]
    have = [line[5:] for line in boot.lines if line.startswith("HAVE ")]
    for one, other in zip(want, have):
        if one != other:
            raise Failed(f"for this process, where.sh must print '{one}'", [f"  it prints '{other}'"])


CALLS = """\
cat >/tmp/work <<'END'
i=0; while [ $i -lt {kills} ]; do kill -0 $$; i=$((i + 1)); done
i=0; while [ $i -lt {moves} ]; do cd /; i=$((i + 1)); done
END
cd /sys/kernel/tracing
for function in {order}; do echo "COUNT $function $(sh /host/calls.sh $function sh /tmp/work)"; done
echo "LEFT $(cat current_tracer) $(grep -vc '^#' set_ftrace_filter)"
exit 0
"""


@check("P8", 10, "calls.sh counts how often a function of the kernel is called while a command runs", needs=["P1"])
def calls(g):
    if not os.path.exists(os.path.join(g.top, TRACER)):
        raise Failed(f"{TRACER} must be there")
    share, wanted = g.share(), {"__x64_sys_kill": g.random.randrange(20, 60), "__x64_sys_chdir": g.random.randrange(60, 99)}
    order = list(wanted)
    g.random.shuffle(order)
    shutil.copy2(os.path.join(g.top, TRACER), share)
    boot = g.boot(CALLS.format(kills=wanted["__x64_sys_kill"], moves=wanted["__x64_sys_chdir"], order=" ".join(order)), share=share)
    boot.ok("the script must end")
    said = boot.values("COUNT")
    for function in order:
        if said.get(function) != str(wanted[function]):
            raise Failed(f"`calls.sh {function} sh FILE` must print {wanted[function]}: so often does the file make this call",
                         [f"  it prints '{said.get(function)}'"])
    boot.expect_line(r"^LEFT nop 0$", "afterwards no tracer runs, and no filter is set")


@check("P6", 10, "what worked still works: /proc", needs=["P1"])
def old(g):
    g.expect_suite("proc", cpus=2)


@check("P7", 5, "form: 100 columns, no warning")
def form(g):
    g.form([FILE])
