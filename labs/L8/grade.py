# SPDX-License-Identifier: GPL-2.0-or-later
"""L8, servers that may die: clients of a dead server get an error or the right answer, and never hang or get an old answer; open
files continue with the next server; a file system is killed again and again while a file is written and read; and a server of the student dies
at each of its basic blocks in turn."""

import glob
import os
import subprocess

from grading import Failed, check

FILES = ["kernel/fs/sys_server.c", "kernel/ipc/takeover.c", "kernel/ipc/call.c", "kernel/ipc/port.c"]
TWO = ("ipc_kill", "ipc_restart", "ipc", "ipc_cancel", "ramfs_restart")


@check("P1", 5, "the kernel boots to a shell")
def boots(g):
    g.shell()


@check("P2", 10, "clients of a port that dies get EIO, at once", needs=["P1"])
def dead(g):
    g.expect_suite("ipc_kill", cpus=2, together=TWO)


@check("P3", 15, "calls that the dead server had, or that wait, reach the next one, in their order", needs=["P1"])
def again(g):
    g.expect_suite("ipc_restart", cpus=2, together=TWO, tests=[
        "a_call_the_dead_server_had_is_received_again", "calls_made_meanwhile_wait", "calls_are_received_again_in_their_order"])


@check("P4", 10, "no old answer ends a new call; no call kills one server after the other; signals still work", needs=["P1"])
def old_answers(g):
    g.expect_suite("ipc_restart", cpus=2, together=TWO, tests=[
        "an_answer_of_the_old_server_does_not_end_a_call_of_the_next", "a_call_that_two_servers_died_with_ends",
        "a_cancelled_call_ends_with_its_server", "a_signal_ends_the_wait_for_a_server",
        "a_signal_is_taken_in_the_wait_of_a_call_that_no_server_has_had"])


@check("P5", 10, "a vacant port is found, with its handles; and no other port", needs=["P1"])
def adopted(g):
    g.expect_suite("ipc_restart", cpus=2, together=TWO, tests=[
        "only_a_vacant_port_of_the_same_kind_is_adopted", "open_handles_can_be_asked_for", "open_files_go_on_with_the_next_server",
        "a_file_closed_meanwhile_is_noted"])


@check("P6", 15, "a storm of clients outlives its file system", needs=["P3"])
def storm(g):
    g.expect_suite("ramfs_restart", cpus=2, together=TWO)


KILLED = """\
(i=0; while [ $i -lt {lines} ]; do echo "{word} $i"; i=$((i + 1)); done >/tmp/written) & writer=$!
kills=0
while [ $kills -lt {kills} ]; do
	kill -9 $(pidof ramfs) && kills=$((kills + 1))
	cat /tmp/written >/dev/null || echo "READ FAILED"
done
wait $writer || echo "WRITE FAILED"
echo "SUM $(md5sum </tmp/written) #$TAP_TOKEN"
echo "KILLS $kills #$TAP_TOKEN"
exit 0
"""


@check("P7", 10, "the root file system is killed a dozen times while a file is written and read: no byte is lost", needs=["P3"])
def killed(g):
    word, lines, kills = f"w{g.random.randrange(10**6)}", g.random.randrange(1500, 2500), g.random.randrange(8, 16)
    text = "".join(f"{word} {i}\n" for i in range(lines))
    expected = subprocess.run(["md5sum"], input=text, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[0]
    boot = g.boot(KILLED.format(word=word, lines=lines, kills=kills)).ok("writer and readers must end")
    boot.expect_no_line("FAILED$", "no reader and no writer may see an error")
    boot.expect_line(rf"^SUM {expected} ", f"the file must have its {lines} lines, with the sum {expected}")
    boot.expect_line(rf"^KILLS {kills} #{g.token}", f"the file system must have been killed {kills} times")


FLAGS = "-std=gnu17 -O1 -static -Wall -Itests/lib -Iuser/lib -idirafter include -DCONFIG_DEBUG=1".split()


def server(g, share):
    """The student's server and the server library, linked with killer.c; and the client."""
    source, killer = "labs/L8/work/kv.c", os.path.join(g.scratch.name, "killer.o")
    if not os.path.exists(os.path.join(g.top, source)):
        raise Failed(f"{source} must be there")
    library = [os.path.relpath(path, g.top) for path in sorted(glob.glob(os.path.join(g.top, "user", "lib", "*.c")))]
    for words in (["-c", "labs/L8/guest/killer.c", "-o", killer],
                  ["-fsanitize-coverage=trace-pc", source, *library, killer, "-o", os.path.join(share, "kv")],
                  ["labs/L8/guest/kvtest.c", "-o", os.path.join(share, "kvtest")]):
        g.tool("musl-gcc", *FLAGS, *words, what=f"{source} must compile, with the server library of user/lib")


@check("P10", 10, "kv.c: a server with numbers dies at each of its basic blocks in turn, and each addition is made exactly once", needs=["P5"])
def exactly_once(g):
    share = g.share()
    server(g, share)
    boot = g.boot(f"/host/kvtest {g.random.randrange(10**6)}\nexit $?\n", share=share).ok("the client and all servers must end")
    said = [line for line in boot.lines if line.startswith("KV ") and line.endswith(f"#{g.token}")]
    wrong = [line for line in said if line.split()[2] == "bad"]
    if wrong:
        name, detail = wrong[0].split(" ", 3)[1::2]
        where = f", with a server that dies at its basic block {name[2:]}" if name.startswith("at") else f" ({name})"
        raise Failed(f"/srv/kv must have the right numbers{where}", [f"  {detail}"])
    points = next((int(line.split()[2]) for line in said if line.startswith("KV points ")), 0)
    if points < 12 or len(said) != 4:
        raise Failed("the server must serve a write, and be killed on its way at a dozen points at least", ["  " + line for line in said])


@check("P8", 10, "what worked still works: calls and their cancelling", needs=["P1"])
def old(g):
    for name in ("ipc", "ipc_cancel"):
        g.expect_suite(name, cpus=2, together=TWO)


@check("P9", 5, "form: 100 columns, no warning")
def form(g):
    g.form(FILES)
