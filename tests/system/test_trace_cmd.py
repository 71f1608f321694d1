# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's trace-cmd runs unchanged: it records the events and functions of a guest, reports them, and drives the
tracing files.

The program and its libraries come from this host. The reports are compared with observations of the guest itself.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
SCRIPT = """\
export PATH=/host/bin:$PATH
cd /tmp
T=/sys/kernel/tracing
try() { # STEP COMMAND
	step=$1; shift
	"$@" >said 2>&1
	status=$?
	sed "s/^/SAY $step /" said
	echo "SAY $step status $status"
}
try events trace-cmd record -o events.dat -e sched:sched_switch -e sched:sched_process_exit -e raw_syscalls sh -c 'cat /proc/uptime; exec /bin/true'
trace-cmd report -i events.dat >events.txt 2>events.err
echo "SAY report status $? $(grep -c . events.txt) $(grep -c . events.err)"
grep -m 3 sched_switch events.txt | sed 's/^/SAY report /'
grep sched_process_exit events.txt | sed 's/^/SAY report /'
grep -m 2 'cat-.*sys_enter' events.txt | sed 's/^/SAY report /'
sed 's/^/SAY report err /' events.err
cp events.dat events.txt /host
try filter trace-cmd record -o filter.dat -e raw_syscalls:sys_enter -f 'id == 62 && common_pid != 0' -e sched:sched_process_exit -f 'comm ~ "tru*"' sh -c 'kill -0 $$; cat /proc/uptime; /bin/true'
try filter trace-cmd report -i filter.dat
try refused trace-cmd record -o refused.dat -e raw_syscalls:sys_enter -f 'no_such_field == 62' true
echo "SAY filters $(cat $T/events/raw_syscalls/sys_enter/filter $T/events/sched/sched_process_exit/filter | xargs)"
try functions trace-cmd record -o functions.dat -p function -l cmdline_proc_show cat /proc/cmdline
try functions trace-cmd report -i functions.dat
try graph trace-cmd record -o graph.dat -p function_graph -l cmdline_proc_show -l kernfs_read cat /proc/cmdline
try graph trace-cmd report -i graph.dat
cp graph.dat /host
echo "SAY after $(cat $T/current_tracer) $(cat $T/tracing_on) $(cat $T/events/enable)"
try start trace-cmd start -e sched_process_fork
/bin/true
try stop trace-cmd stop
try show trace-cmd show
try stat trace-cmd stat
try list trace-cmd list -e sched_
try list trace-cmd list -t
try list trace-cmd list -f cmdline_proc
try reset trace-cmd reset
echo "SAY reset $(cat $T/current_tracer) $(cat $T/set_event | wc -l) $(grep -vc '^#' $T/trace)"
exit 0
"""


def libraries(program):
    """The shared libraries of a program of this host, without the libraries that the guest has."""
    output = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [path for path in re.findall(r"=> (/\S+)", output) if not path.endswith("/libc.so.6")]


class TraceCmd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        program = shutil.which("trace-cmd")
        if not program:
            raise unittest.SkipTest("there is no trace-cmd: tools/setup --tests installs it")
        cls.folder = tempfile.mkdtemp(prefix="neurath-trace-cmd-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        for name in ("bin", "lib"):
            os.mkdir(os.path.join(cls.folder, name))
        for path in [program, *libraries(program)]:
            shutil.copy(path, os.path.join(cls.folder, "lib"))
        wrapper = os.path.join(cls.folder, "bin", "trace-cmd")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nLD_LIBRARY_PATH=/host/lib exec /host/lib/trace-cmd "$@"\n')
        os.chmod(wrapper, 0o755)
        run = vm.Script(ISO, vm.Config(2), SCRIPT, share=cls.folder)
        cls.addClassCleanup(run.close)
        cls.lines = list(run)

    def said(self, step):
        prefix = f"SAY {step} "
        return "\n".join(line[len(prefix):] for line in self.lines if line.startswith(prefix))

    def check(self, step, *patterns):
        text = self.said(step)
        for pattern in patterns:
            self.assertRegex(text, re.compile(pattern, re.MULTILINE), "\n".join(self.lines[-20:]))

    def test_events_are_recorded_and_reported(self):
        self.check("events", r"^\d+\.\d+ \d+\.\d+$", r"^CPU0 data recorded at offset=", r"^CPU1 data recorded at offset=", "^status 0$")
        # There is no message on stderr, so trace-cmd has understood every format.
        self.check("report", r"^status 0 [1-9]\d+ 0$", r"sched_switch: +prev_comm=\S+ prev_pid=\d+ .*==> next_comm=\S+ next_pid=\d+ ",
                   r"sched_process_exit: +comm=cat pid=\d+", r"cat-\d+ +\[\d+\] +\d+\.\d+: sys_enter: +NR \d+ \(")

    def test_filters_choose_what_is_recorded(self):
        names = re.findall(r"\S+-\d+ +\[\d+\] +\d+\.\d+: (\w+: +(?:NR \d+|comm=\w+))", self.said("filter"))
        self.assertEqual(sorted({re.sub(" +", " ", name) for name in names}), ["sched_process_exit: comm=true", "sys_enter: NR 62"],
                         self.said("filter"))
        self.assertEqual(self.said("filter").count("status 0"), 2)

    def test_a_wrong_filter_is_reported(self):
        self.check("refused", "no_such_field == 62", "^parse_error: the event has no such field$", "^Failed filter of /sys")

    def report(self, name, *options):
        """What trace-cmd says of a file on this machine."""
        return subprocess.run([shutil.which("trace-cmd"), "report", *options, "-i", os.path.join(self.folder, name)], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.splitlines()

    def test_the_files_can_be_read_elsewhere(self):
        """All that a reader needs is in the file: it says there what it says in the guest."""
        with open(os.path.join(self.folder, "events.txt"), encoding="utf-8") as file:
            # Without plugins, which the guest lacks.
            self.assertEqual(self.report("events.dat", "-N"), file.read().splitlines())
        self.assertRegex("\n".join(self.report("graph.dat")), r"funcgraph_entry: .* us +\| +cmdline_proc_show\(\);")

    def test_functions_are_recorded(self):
        self.check("functions", r"^  plugin 'function'$", r"^ +cat-\d+ +\[00\d\] +\d+\.\d+: function: +cmdline_proc_show <-- kernfs_read$")
        self.assertEqual(self.said("functions").count("status 0"), 2)

    def test_the_graph_is_recorded(self):
        self.check("graph", r"funcgraph_entry: +\| +kernfs_read\(\) \{$", r"funcgraph_entry: .* us +\| +cmdline_proc_show\(\);$",
                   r"funcgraph_exit: .* us +\| +\}$")
        self.assertEqual(self.said("graph").count("status 0"), 2)

    def test_recording_leaves_nothing_on(self):
        self.assertEqual(self.said("after"), "nop 1 0")
        self.assertEqual(self.said("filters"), "none none")

    def test_trace_cmd_drives_the_tracing_files(self):
        for step in ("start", "stop", "show", "stat", "list", "reset"):
            self.check(step, "^status 0$")
        self.check("show", r"sched_process_fork: comm=\S+ pid=\d+ child_comm=\S+ child_pid=\d+$")
        self.check("stat", r"^ +sched:sched_process_fork$|sched_process_fork", "^Tracing is disabled$")
        self.check("list", "^sched:sched_switch$", "^function_graph function nop$", "^cmdline_proc_show$")

    def test_reset_restores_the_settings(self):
        self.assertRegex(self.said("reset").splitlines()[-1], "^nop 0 0$")


if __name__ == "__main__":
    unittest.main()
