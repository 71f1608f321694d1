# SPDX-License-Identifier: GPL-2.0-or-later
"""L1, first patches: an exploit for each of three faults works before the patch, fails while the patch is loaded, and works again
afterwards. Meanwhile the machine computes right sums, and at the end its text is the same as at the beginning."""

import os
import re
import shutil
import subprocess

from grading import Failed, check

WORK = "labs/L1/work"
# The file of each patch, and the function that the patch must replace.
FAULTS = {"idle": "idle.c", "name": "name.c", "may": "may.diff"}


def modules(g):
    """The folder with the modules that were built, and the errors of the others."""
    def once():
        share, failures = g.share(), {}
        g.program("exploit.c", share)
        for name, file in FAULTS.items():
            path = os.path.join(g.top, WORK, file)
            try:
                if not os.path.exists(path):
                    raise Failed(f"{WORK}/{file} must be there")
                if file.endswith(".diff"):
                    made = os.path.join(g.scratch.name, "patches")
                    g.make("patch", f"DIFF={WORK}/{file}", f"NAME={name}", f"OUT={made}")
                    shutil.copy2(os.path.join(made, name + ".ko"), share)
                else:
                    g.module(f"{WORK}/{file}", share)
            except Failed as failure:
                failures[name] = failure
        return share, failures
    return g.once("modules", once)


SCRIPT = """\
settle() {{ while grep -q 1 /sys/kernel/livepatch/$1/transition; do usleep 10000; done; }}
unload() {{ echo 0 >/sys/kernel/livepatch/$1/enabled; until rmmod $1 2>/dev/null; do usleep 10000; done; }}
attack() {{ # TAG NAME
	case $2 in
	idle) /host/exploit $1.$2 idle ;;
	name) /host/exploit $1.$2 name {uid} ;;
	may) /host/exploit $1.$2 may {uid} {other} ;;
	esac
}}
for name in idle name may; do attack before $name; done
for name in {built}; do
	insmod /host/$name.ko || {{ echo "REFUSED $name"; dmesg | tail -n 5; continue; }}
	settle $name
	attack during $name
	unload $name
	attack after $name
done
yes {word} | head -c {bytes} | md5sum >/tmp/sum & worker=$!
for round in 1 2 3 4 5; do
	for name in {built}; do insmod /host/$name.ko && settle $name; done
	[ $round = 3 ] && for name in {built}; do attack together $name; done
	for name in {built}; do [ -d /sys/kernel/livepatch/$name ] && unload $name; done
done
wait $worker
echo "SUM $(cat /tmp/sum)"
look text
dmesg | grep -E 'WARNING|BUG' && echo COMPLAINED
exit 0
"""


def text_differs(still):
    """The first place at which the kernel's text differs from the image, or None."""
    address, image, now = still.section(".text")
    at = next((i for i in range(len(image)) if image[i] != now[i]), None)
    return None if at is None else (still.function_at(address + at), address + at, image[at:at + 8].hex(), now[at:at + 8].hex())


def session(g):
    """One boot for all checks."""
    def once():
        share, failures = modules(g)
        g.bytes, g.word = g.random.randrange(3_000_000, 6_000_000), f"w{g.random.randrange(10**6)}"
        uid, other = g.random.sample(range(1000, 60000), 2)
        found = {}
        boot = g.boot(SCRIPT.format(uid=uid, other=other, word=g.word, bytes=g.bytes,
                                    built=" ".join(n for n in FAULTS if n not in failures)), share=share,
                      looks={"text": lambda still: found.update(text=text_differs(still))})
        return boot, found
    return g.once("session", once)


def verdict(g, tag):
    boot, _ = session(g)
    line = next((x for x in boot.lines if x.startswith(f"RESULT {tag} ") and x.endswith(f"#{g.token}")), None)
    if line is None:
        boot.ok("the machine must live through all patches")
        refused = [i for i, x in enumerate(boot.lines) if x == f"REFUSED {tag.split('.')[1]}"]
        raise Failed(f"the exploit must have run: {tag}", boot.lines[refused[0]:refused[0] + 6] if refused else boot.lines[-10:])
    return line.split()[2] == "good", line


def fixed(g, name):
    """The result must be bad, good while the patch is loaded, and bad again."""
    _, failures = modules(g)
    if name in failures:
        raise failures[name]
    for tag, good in ((f"during.{name}", True), (f"after.{name}", False)):
        is_good, line = verdict(g, tag)
        if is_good != good:
            what = "fail while the patch is loaded" if good else "work again when the patch is gone"
            raise Failed(f"the exploit of '{name}' must {what}", ["  " + line])


@check("P1", 5, "the kernel has its three faults, and boots")
def faulty(g):
    for name in FAULTS:
        good, line = verdict(g, f"before.{name}")
        if good:
            raise Failed(f"the kernel itself must stay as it is, and the exploit of '{name}' must work before a patch", ["  " + line])


@check("P2", 20, "idle.c: /proc/uptime counts the idle time of all CPUs", needs=["P1"])
def idle(g):
    fixed(g, "idle")


@check("P3", 20, "name.c: /proc/PID/comm shows the name, and no byte of the kernel behind it", needs=["P1"])
def name_leak(g):
    fixed(g, "name")


@check("P4", 20, "may.diff: no user changes how another user's process is scheduled, by any call", needs=["P1"])
def may(g):
    fixed(g, "may")


@check("P5", 5, "all three patches together", needs=["P2", "P3", "P4"])
def together(g):
    for name in FAULTS:
        good, line = verdict(g, f"together.{name}")
        if not good:
            raise Failed("each exploit must fail while all three patches are loaded", ["  " + line])


@check("P6", 10, "a pipeline computes the right sum while patches come and go", needs=["P2"])
def undisturbed(g):
    boot, _ = session(g)
    boot.ok("the machine must live through five rounds of all patches")
    command = f"yes {g.word} | head -c {g.bytes} | md5sum"
    expected = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False).stdout.split()[0]
    boot.expect_line(rf"^SUM {expected}", f"`{command}` must print {expected}")


@check("P7", 10, "when all are unloaded, the kernel's text is what the image has", needs=["P2"])
def text(g):
    _, found = session(g)
    if "text" not in found:
        raise Failed("the machine must reach the end of the session")
    if found["text"]:
        function, address, image, now = found["text"]
        raise Failed(f"the text at {address:#x} in {function.name if function else '?'} must be {image}", [f"  it is {now}"])


@check("P8", 5, "the kernel has nothing to complain about", needs=["P2"])
def quiet(g):
    boot, _ = session(g)
    boot.ok("the machine must live through all patches")
    boot.expect_no_line("^COMPLAINED", "the log must have no warning")


@check("P9", 5, "form: the modules are replacements of whole functions, with a licence; 100 columns")
def form(g):
    g.form([f"{WORK}/{name}" for name in ("idle.c", "name.c")])
    for name in ("idle.c", "name.c"):
        with open(os.path.join(g.top, WORK, name), encoding="utf-8") as file:
            source = file.read()
        if not re.search(r'MODULE_LICENSE\("GPL', source) or not re.search(r"\.old_name\s*=", source):
            raise Failed(f"{name} must name what it replaces (.old_name), and have MODULE_LICENSE")
