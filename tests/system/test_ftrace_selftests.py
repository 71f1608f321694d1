# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripts of Linux's ftrace selftests pass, unmodified: Linux 6.1's ftracetest runs them in the guest's own shell.

docs/tracing.md says of each group of scripts whether it passes. Without the scripts, which `tools/setup --selftests` unpacks,
this test is skipped.
"""

import os
import re
import shutil
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
SCRIPTS = os.path.join(TOP, "build", "packages", "ftrace")
PASS = """00basic/basic1 00basic/basic2 00basic/basic3 00basic/basic4 00basic/ringbuffer_size 00basic/trace_pipe
event/event-enable event/subsystem-enable event/toplevel-enable
ftrace/fgraph-filter ftrace/func-filter-glob ftrace/func_cpumask
filter/event-filter-incomplete
trigger/trigger-eventonoff trigger/trigger-filter trigger/trigger-stacktrace trigger/trigger-traceonoff""".split()
# A script's line has its number. A script that needs an instance runs a second time, as "(instance)": there are none.
RESULT = re.compile(r"^\[(\d+)\] [^(\t][^\t]*\t\[(\w+)\]$")
# The log of a script that has passed is removed.
RUN = """cp -r /host/ftrace /tmp
cd /tmp/ftrace
./ftracetest -l /tmp/logs {paths} 2>&1
for log in /tmp/logs/*-log.*; do echo "$log"; tail -n 20 "$log"; done
exit 0
"""


class FtraceSelftests(unittest.TestCase):
    def run_scripts(self, names, cpus):
        """({name: result}, console) of the named scripts."""
        if not os.path.exists(SCRIPTS):
            self.skipTest("there are no scripts: tools/setup --selftests unpacks them")
        folder = tempfile.mkdtemp(prefix="neurath-selftests-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        shutil.copytree(SCRIPTS, os.path.join(folder, "ftrace"))
        run = vm.Script(ISO, vm.Config(cpus), RUN.format(paths=" ".join(f"test.d/{name}.tc" for name in names)), share=folder)
        self.addCleanup(run.close)
        lines = list(run)
        found = [match for match in map(RESULT.match, lines) if match]
        return {names[int(match.group(1)) - 1]: match.group(2) for match in found}, "\n".join(lines)

    def check(self, cpus, **others):
        results, console = self.run_scripts(PASS, cpus)
        self.assertEqual(results, dict.fromkeys(PASS, "PASS") | others, console)

    def test_scripts_pass_on_two_cpus(self):
        self.check(2)

    def test_scripts_pass_on_one_cpu(self):
        self.check(1, **{"ftrace/func_cpumask": "UNRESOLVED"})      # it wants two CPUs


if __name__ == "__main__":
    unittest.main()
