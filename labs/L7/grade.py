# SPDX-License-Identifier: GPL-2.0-or-later
"""L7, the scheduler: shares, wake-ups, affinity; 64 tasks, each of which must get its turns; and another policy, put into the running kernel
by a live patch. Shares are computed from the kernel's own counts; the clock of the host is not used."""

import os
import shutil

from grading import Failed, check

FILES = ["kernel/sched/fair.c", "kernel/sched/core.c"]
TWO = ("sched", "threads", "futex")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


TURNS = """\
for i in $(seq {tasks}); do (while :; do :; done) & pids="$pids $!"; done
for p in $pids; do until [ "$(cut -d' ' -f14 /proc/$p/stat)" -gt 0 ]; do sleep 0.05; done; done
echo "TURNS {tasks} #$TAP_TOKEN"
kill -9 $pids
exit 0
"""


@check("P2", 15, "dozens of tasks that compute: each gets its turns, on 1 and on 2 CPUs", needs=["P1"])
def turns(g):
    for cpus in (1, 2):
        tasks = g.random.randrange(40, 65)
        g.boot(TURNS.format(tasks=tasks), cpus=cpus).ok(f"each of {tasks} tasks must run, with {cpus} CPU{'s' * (cpus > 1)}"
                                                        ).expect_line(rf"^TURNS {tasks} #{g.token}", "the script must end")


@check("P3", 15, "equal shares for equal tasks, less for nicer ones", needs=["P2"])
def shares(g):
    g.expect_suite("sched", cpus=2, together=TWO, tests=["equal_tasks_get_equal_shares_of_a_cpu", "nicer_task_gets_less"])


@check("P4", 15, "a sleeper is not kept waiting; yield lets others run; all CPUs work", needs=["P2"])
def latency(g):
    g.expect_suite("sched", cpus=2, together=TWO, tests=["sleeper_is_not_kept_waiting_by_a_loop", "yield_lets_another_task_run",
                                                         "all_cpus_are_used", "token_goes_round_a_ring_of_threads"])


@check("P5", 15, "affinity, at once and for a task that computes; inherited by children", needs=["P2"])
def affinity(g):
    g.expect_suite("sched", cpus=2, together=TWO, tests=["affinity_is_obeyed_at_once", "affinity_moves_a_task_that_computes",
                                                         "child_inherits_nice_and_affinity"])


@check("P6", 10, "a woken task runs on one CPU at a time", needs=["P2"])
def one_cpu(g):
    g.expect_suite("sched", cpus=4, cmdline=f"race={g.seed},1,sched_switch", tests=["a_woken_task_runs_on_one_cpu_at_a_time"])


POLICY = """\
settle() {{ while grep -q 1 /sys/kernel/livepatch/policy/transition; do usleep 10000; done; }}
spin() {{ /host/spin $1 & pid=$!; }}
ran() {{ cut -d' ' -f14 /proc/$1/stat; }}
shares() {{ # TAG: runs a task of nice 0 and one of nice 10 until both together have {ticks} ticks
	spin 0; a=$pid; spin 10; b=$pid
	until [ $(($(ran $a) + $(ran $b))) -ge {ticks} ]; do sleep 0.1; done
	echo "SHARE $1 $(ran $a) $(ran $b)"
	kill -9 $a $b; wait $a $b 2>/dev/null
}}
shares before
spin 0; load=$pid
insmod /host/policy.ko || {{ dmesg | tail -n 3; exit 3; }}
settle
kill -9 $load
shares during
echo 0 >/sys/kernel/livepatch/policy/enabled; settle
until rmmod policy 2>/dev/null; do usleep 10000; done
shares after
exit 0
"""


@check("P7", 15, "another policy by a live patch, on the running machine: nice has no effect while it is loaded", needs=["P3"])
def policy(g):
    path = "labs/L7/work/policy.diff"
    if not os.path.exists(os.path.join(g.top, path)):
        raise Failed(f"{path} must be there")
    share, made = g.share(), os.path.join(g.scratch.name, "patches")
    g.make("patch", f"DIFF={path}", "NAME=policy", f"OUT={made}")
    shutil.copy2(os.path.join(made, "policy.ko"), share)
    g.program("spin.c", share)
    boot = g.boot(POLICY.format(ticks=g.random.randrange(200, 300)), cpus=1, share=share)
    boot.ok("the patch must be applied under load, and taken back")
    said = {tag: [int(n) for n in text.split()] for tag, text in boot.values("SHARE").items()}
    for tag, equal in (("before", False), ("during", True), ("after", False)):
        first, second = said[tag]
        if (first < 2 * second) != equal:
            raise Failed(f"{'with' if equal else 'without'} your patch, tasks of nice 0 and nice 10 must get"
                         f" {'about the same' if equal else 'very different shares'}", [f"  {tag}: {first} and {second} ticks"])


@check("P8", 5, "what worked still works: threads and futexes", needs=["P2"])
def old(g):
    g.expect_suite("threads", cpus=2, together=TWO)
    g.expect_suite("futex", cpus=2, together=TWO)


@check("P9", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
