# SPDX-License-Identifier: GPL-2.0-or-later
"""L3, changing running text: the selector's code on the host; slots that change while all CPUs run through them, with exact
counts; text and page tables, which the host reads in the guest's memory."""

from grading import Failed, check

FILES = ["arch/x86_64/text_poke.c", "arch/x86_64/hook_selector.c"]
TWO = ("livepatch", "klp_probes", "klp_edges")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


@check("P2", 20, "the selector chooses the right version in each state, and keeps all arguments")
def selector(g):
    g.host_unit("selector", ["outside_of_a_transition_the_selector_chooses_the_newest",
                             "in_a_transition_the_selector_chooses_by_the_state_of_current",
                             "registers_with_arguments_are_kept", "the_selector_reads_the_newest_version_each_time"])


@check("P3", 5, "a CPU that a round finds in a selector is sent back to the function, and no other one")
def rewind(g):
    g.host_unit("selector", ["only_a_cpu_inside_a_selector_is_sent_back_to_the_function"])


@check("P4", 15, "slots change, one and hundreds at a time, and patches work", needs=["P1"])
def works(g):
    for name in ("livepatch", "klp_edges"):
        g.expect_suite(name, cpus=2, together=TWO)


@check("P5", 15, "no call is lost or made twice while slots change under it: 4 CPUs", needs=["P4"])
def consistent(g):
    g.expect_suite("klp_consistency", cpus=4, cmdline=f"race={g.seed}")


@check("P6", 10, "probes: their breakpoints stay, also while slots change", needs=["P1"])
def probes(g):
    g.expect_suite("klp_probes", cpus=2, together=TWO)


CYCLES = """\
settle() {{ while grep -q 1 /sys/kernel/livepatch/livepatch_sample/transition 2>/dev/null; do usleep 10000; done; }}
n=0
(while :; do cat /proc/cmdline >/dev/null; done) & a=$!
(while :; do cat /proc/cmdline >/dev/null; done) & b=$!
insmod /lib/modules/livepatch-sample.ko || exit 3
settle
for i in $(seq {cycles}); do
	echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled; settle
	until rmmod livepatch_sample 2>/dev/null; do usleep 10000; done
	insmod /lib/modules/livepatch-sample.ko || exit 4
	settle
	grep -q 'live patched' /proc/cmdline && n=$((n + 1))
done
echo "COUNT $n #$TAP_TOKEN"
look patched
echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled; settle
until rmmod livepatch_sample 2>/dev/null; do usleep 10000; done
kill $a $b; wait $a $b 2>/dev/null
calls() {{ echo >trace; for i in $(seq $1); do cat /proc/cmdline >/dev/null; done; grep -c ': cmdline_proc_show <-' trace; }}
cd /sys/kernel/tracing
echo cmdline_proc_show >set_ftrace_filter
echo function >current_tracer
echo "TRACED $(calls 1) $(calls {calls}) #$TAP_TOKEN"
echo nop >current_tracer
look unpatched
exit 0
"""


def session(g):
    def once():
        found, cycles, calls = {}, g.random.randrange(20, 40), g.random.randrange(10, 90)
        boot = g.boot(CYCLES.format(cycles=cycles, calls=calls), looks={
            "patched": lambda still: found.update(slot=slot_of(still), both=write_and_execute(still)),
            "unpatched": lambda still: found.update(text=text_differs(still))})
        boot.ok("a patch must come and go while two tasks run through its function")
        boot.expect_line(rf"^COUNT {cycles} #{g.token}", f"the patched function must have run in each of {cycles} cycles")
        boot.expect_line(rf"^TRACED 1 {calls} #{g.token}", f"the function tracer must record each of 1 and {calls} calls")
        return found
    return g.once("session", once)


def slot_of(still):
    return still.read(still.address("cmdline_proc_show"), 5)


def write_and_execute(still):
    return next(((at, size) for at, size, write, execute in still.kernel_mappings() if write and execute), None)


def text_differs(still):
    address, image, now = still.section(".text")
    return next(((address + i, image[i:i + 5].hex(), now[i:i + 5].hex()) for i in range(len(image)) if image[i] != now[i]), None)


@check("P7", 10, "a slot that leads somewhere is a jump in the guest's memory, and all text is as in the image afterwards", needs=["P4"])
def text(g):
    found = session(g)
    if found["slot"][0] != 0xe9:
        raise Failed("while the patch is loaded, the first byte of cmdline_proc_show() in memory must be e9 (jmp)",
                     [f"  its slot is {found['slot'].hex()}"])
    if found["text"]:
        raise Failed("when the patch is gone, the kernel's text in memory must be that of the image",
                     ["  at {:#x}: expected {}, found {}".format(*found["text"])])


@check("P8", 10, "no page of the kernel is writable and executable, by a walk over the page tables from outside", needs=["P4"])
def tables(g):
    both = session(g)["both"]
    if both:
        raise Failed("no page of the kernel's half may be both writable and executable",
                     [f"  {both[0]:#x}, {both[1]} bytes"])


@check("P9", 5, "what worked still works: kernel stacks are still told from changed text", needs=["P4"])
def old(g):
    g.expect_suite("klp_stacks", cpus=2)


@check("P10", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
