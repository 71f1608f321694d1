# SPDX-License-Identifier: GPL-2.0-or-later
"""L6, kicks, signals and restarts: a kick changes the result of no call; the handler's flags decide how its call continues; a call to a
server ends exactly once, in each order of events; and a pipeline that is kicked all the time computes the right sum."""

import hashlib

from grading import check

FILES = ["livepatch/nudge.c", "kernel/signal/deliver.c", "kernel/ipc/call.c"]
TWO = ("klp_signal", "restart", "ipc_cancel", "ipc_kill", "ipc_wedged", "signal_calls")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


@check("P2", 20, "no sleeping call notices a kick, and the signal of a transition comes by itself", needs=["P1"])
def kicks(g):
    g.expect_suite("klp_signal", cpus=2, together=TWO)


@check("P3", 15, "signals: EINTR or a restart, as the call and the handler want it; times go on", needs=["P1"])
def restarts(g):
    g.expect_suite("restart", cpus=2, together=TWO)
    g.expect_suite("signal_calls", cpus=2, together=TWO)


@check("P4", 20, "a call to a server: cancelled, taken back, answered, each exactly once", needs=["P1"])
def cancels(g):
    g.expect_suite("ipc_cancel", cpus=2, together=TWO)


@check("P5", 15, "SIGKILL waits for no server, and leaves nothing behind", needs=["P1"])
def kills(g):
    g.expect_suite("ipc_kill", cpus=2, together=TWO)
    g.expect_suite("ipc_wedged", cpus=2, together=TWO)


# While schedule() is patched, a task that sleeps is kicked until it has left it. `feed` lets the relay sleep for a whole round of that.
KICKED = """\
patch=/sys/kernel/livepatch/klp_pass
settle() {{ while grep -q 1 $patch/transition; do echo 1 >$patch/signal; usleep 10000; done; }}
kick() {{
	while [ ! -e /tmp/over ]; do
		insmod /lib/modules/klp_pass.ko target=schedule || exit
		settle
		echo 0 >$patch/enabled
		settle
		until rmmod klp_pass; do usleep 10000; done
		echo round >>/tmp/rounds
	done
}}
rounds() {{ wc -l </tmp/rounds; }}
feed() {{
	for i in $(seq {chunks}); do
		yes {word} | head -c {bytes}
		enough=$(($(rounds) + 2))
		while [ $(rounds) -lt $enough ]; do usleep 10000; done
		echo "chunk $i" >&2
	done
}}
mkfifo /tmp/f
: >/tmp/rounds
kick 2>/dev/null & kicker=$!
feed | /host/relay >/tmp/f & first=$!
md5sum </tmp/f >/tmp/sum & second=$!
wait $first && wait $second || echo "FAILED $?"
touch /tmp/over
wait $kicker
echo "SUM $(cat /tmp/sum) #$TAP_TOKEN"
exit 0
"""


@check("P6", 15, "no byte is lost or doubled in a pipeline that is kicked all the time", needs=["P1"])
def bytes_kept(g):
    word, count, chunks = f"k{g.random.randrange(10**6)}", g.random.randrange(200_000, 400_000), g.random.randrange(4, 8)
    line = f"{word}\n".encode()
    expected = hashlib.md5((line * (count // len(line) + 1))[:count] * chunks).hexdigest()
    share = g.share()
    g.program("relay.c", share)
    boot = g.boot(KICKED.format(word=word, bytes=count, chunks=chunks), share=share).ok("the pipeline must end, and each round of kicks")
    boot.expect_no_line("^FAILED", "no call of a program in the pipeline may fail")
    boot.expect_line(rf"^SUM {expected} ", f"the sum of {chunks} times the output of `yes {word} | head -c {count}` must be {expected}")


@check("P7", 5, "what worked still works: signals and their frames", needs=["P1"])
def old(g):
    g.expect_suite("signals", cpus=2, together=("signals", "signal_frame"))
    g.expect_suite("signal_frame", cpus=2, together=("signals", "signal_frame"))


@check("P8", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
