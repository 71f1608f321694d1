# SPDX-License-Identifier: GPL-2.0-or-later
"""L4, the transition: oracles that count tasks which mixed versions, at 1, 2 and 4 CPUs; sleeping tasks; births, deaths and reversals; and
whether events complete a transition, without the pass that looks at all tasks once a second."""

from grading import check

FILES = ["livepatch/transition.c", "livepatch/ranges.c", "kernel/sched/patch_state.c", "kernel/sched/patch_stack.c"]
TWO = ("klp_consistency", "klp_stacks", "klp_look", "klp_paths", "klp_hard")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


QUIET = """\
settle() { while grep -q 1 /sys/kernel/livepatch/livepatch_sample/transition; do usleep 10000; done; }
insmod /lib/modules/livepatch-sample.ko || exit 3
settle
grep 'live patched' /proc/cmdline || exit 4
echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
until rmmod livepatch_sample 2>/dev/null; do usleep 10000; done
grep 'live patched' /proc/cmdline && exit 5
exit 0
"""


@check("P2", 10, "on a quiet machine a patch is applied, and taken back", needs=["P1"])
def quiet(g):
    g.boot(QUIET).ok("livepatch-sample must be applied, change what /proc/cmdline says, and go again")


@check("P3", 15, "no task ever mixes versions: 2 CPUs, enabling and disabling under load", needs=["P2"])
def consistent(g):
    g.expect_suite("klp_consistency", cpus=2, together=TWO)


@check("P4", 10, "the same at 1 and 4 CPUs, with random delays at marked points at 4", needs=["P3"])
def consistent_elsewhere(g):
    g.expect_suite("klp_consistency", cpus=1)
    g.expect_suite("klp_consistency", cpus=4, cmdline=f"race={g.seed}")


@check("P5", 10, "who sleeps in what is left holds the transition up; a stack that cannot be walked does, too", needs=["P2"])
def stacks(g):
    g.expect_suite("klp_stacks", cpus=2, together=TWO)


@check("P6", 10, "a look at a task belongs to one direction, whatever happens meanwhile", needs=["P2"])
def look(g):
    g.expect_suite("klp_look", cpus=2, together=TWO)


@check("P7", 10, "births and deaths: fork, exec and exit storms lose nobody", needs=["P2"])
def storms(g):
    g.expect_suite("klp_paths", cpus=2, together=TWO, tests=[
        "exit_path_is_patched_in_an_exit_storm", "end_of_tasks_is_patched_in_an_exit_storm", "birth_is_patched_in_a_fork_storm",
        "dying_task_holds_the_module_until_its_last_instruction", "exec_is_patched_in_an_exec_storm"])


@check("P8", 10, "reversed hundreds of times; idle tasks, kernel threads, stopped tasks", needs=["P2"])
def hard(g):
    g.expect_suite("klp_hard", cpus=2, together=TWO)


@check("P9", 10, "completion is an event: transitions end although nobody looks for an hour", needs=["P2"])
def events(g):
    boot = g.boot(EVENTS.format(rounds=g.random.randrange(20, 40), sleepers=g.random.randrange(5, 30)), cpus=2)
    boot.ok("transitions must end by themselves, with the safety pass put off for an hour")
    boot.expect_line(rf"^ENDED #{g.token}", "all rounds must end")
    boot.expect_no_line("safety pass: ", "no task may be missed by the events, and found by the safety pass")


EVENTS = """\
echo 3600000 >/proc/sys/kernel/livepatch_safety_period_ms || exit 3
echo 0 >/proc/sys/kernel/livepatch_signal_period_ms
settle() {{ while grep -q 1 /sys/kernel/livepatch/livepatch_sample/transition 2>/dev/null; do usleep 10000; done; }}
for i in $(seq {sleepers}); do sleep 100000 & done
yes >/dev/null & yes >/dev/null &
insmod /lib/modules/livepatch-sample.ko || exit 4
settle
for i in $(seq {rounds}); do
	echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled; settle
	(true); true | cat
	rmmod livepatch_sample 2>/dev/null; until insmod /lib/modules/livepatch-sample.ko 2>/dev/null; do usleep 10000; rmmod livepatch_sample 2>/dev/null; done
	settle
done
dmesg | grep 'safety pass: '
echo "ENDED #$TAP_TOKEN"
exit 0
"""


@check("P10", 5, "what worked still works: enabling and refusing, force", needs=["P2"])
def old(g):
    together = ("klp_enable", "klp_force")
    for name in together:
        g.expect_suite(name, cpus=2, together=together)


@check("P11", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
