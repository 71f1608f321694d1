# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian tree from tools/debian, which the command `enter` enters in the guest: its compiler, debugger, tracer and
languages work there.

The tree is made once, below build/packages. If the packages cannot be fetched, the tests are skipped and say so. The
guest runs all programs in one boot."""

import os
import re
import shutil
import subprocess
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
TREE = os.path.join(TOP, "build", "packages", "debian")
TOOL = os.path.join(TOP, "tools", "debian")
WORK = "root/test_debian"
HELLO = """\
#include <stdio.h>
static int factorial(int n)
{
	return n ? n * factorial(n - 1) : 1;
}
int main(void)
{
	printf("hello %d\\n", factorial(5));
	return 0;
}
"""
PYTHON = """\
import json, subprocess, threading
said = subprocess.run(["sh", "-c", "echo from a shell"], capture_output=True, text=True).stdout.strip()
thread = threading.Thread(target=lambda: print(json.dumps({"thread": said})))
thread.start()
thread.join()
"""
INSIDE = f"""\
cd /{WORK}
step() {{ # NAME COMMAND
	step=$1; shift
	"$@" 2>&1 | while IFS= read -r line; do echo "SAY $step $line"; done
	echo "SAY $step status ${{PIPESTATUS[0]}}"
}}
step gcc gcc -g -O0 -Wall hello.c -o hello
step hello ./hello
step gdb gdb -nx -batch -ex 'break factorial if n == 3' -ex run -ex backtrace -ex 'print n * 14' -ex delete -ex continue ./hello
step strace strace -f -e trace=execve,clone,clone3,vfork,wait4,write sh -c './hello; :'
step python python3 hello.py
step git git init -q repository
cd repository
echo text >file
step git git add file
step git git -c user.name=n -c user.email=e commit -q -m first
step git git log --format=%s
step git git fsck
cd ..
step vim vim -es -u NONE -c 'put =\\"typed\\"' -c 'w! typed' -c 'q!'
step vim cat typed
step terminal tty
step proc sh -c 'ls /proc/self/exe /sys/kernel/livepatch /dev/null'
"""
OUTSIDE = f"""\
enter /host /bin/bash /{WORK}/inside.bash
enter /host /bin/sh -c 'exit 7'
echo "SAY status $?"
awk '$2 ~ "^/host/" {{ print "SAY mounts " $2 }}' /proc/mounts | sort
enter -u /host && grep -c ' /host/' /proc/mounts | while read -r n; do echo "SAY left $n"; done
try() {{ step=$1; shift; "$@" 2>&1 | while IFS= read -r line; do echo "SAY $step $line"; done; }}
try nothing enter /no/such
try empty enter /tmp
try option enter --no
try help enter --help
try user su student -c 'enter /host'
exit 0
"""


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = subprocess.run([TOOL, TREE], capture_output=True, text=True)
        if made.returncode:
            raise unittest.SkipTest(f"no tree of Debian's packages: {made.stderr.strip()}")
        work = os.path.join(TREE, WORK)
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        cls.addClassCleanup(shutil.rmtree, work)
        for name, text in (("hello.c", HELLO), ("hello.py", PYTHON), ("inside.bash", INSIDE)):
            with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                file.write(text)
        run = vm.Script(ISO, vm.Config(2), OUTSIDE, share=TREE)
        cls.addClassCleanup(run.close)
        cls.lines = list(run)
        cls.run_status = run.status

    def check(self, step, *patterns):
        prefix = f"SAY {step} "
        text = "\n".join(line[len(prefix):] for line in self.lines if line.startswith(prefix))
        at = 0
        for pattern in patterns:
            match = re.compile(pattern, re.MULTILINE).search(text, at)
            self.assertTrue(match, f"{pattern} in:\n{text}\n\n" + "\n".join(self.lines[-20:]))
            at = match.end()

    def test_gcc_compiles_a_program(self):
        self.check("gcc", "^status 0$")
        self.check("hello", "^hello 120$", "^status 0$")

    def test_gdb_stops_shows_and_continues(self):
        self.check("gdb", r"^Breakpoint 1, factorial \(n=3\) at hello.c:4$", r"^#0  factorial \(n=3\)", r"^#2 .* factorial \(n=5\)",
                   r"^#3 .* main \(\) at hello.c:8$", r"^\$1 = 42$", "^hello 120$", "exited normally", "^status 0$")

    def test_strace_follows_a_child(self):
        # A call has two lines if the other process makes a call in the meantime.
        self.check("strace", r"^execve\(.*\) = 0$", r'^\[pid +\d+\] execve\("./hello".*(\) =|[\s\S]*execve resumed>\) +=) 0$',
                   r'write\(1, "hello 120', "^status 0$")

    def test_python_has_threads_and_processes(self):
        self.check("python", r'^{"thread": "from a shell"}$', "^status 0$")

    def test_git_commits(self):
        self.check("git", "^status 0$", "^status 0$", "^status 0$", "^first$", "^status 0$", "^status 0$")

    def test_vim_writes_a_file(self):
        self.check("vim", "^typed$", "^status 0$")

    def test_the_terminal_and_the_kernels_trees_are_there(self):
        self.check("terminal", "^/dev/(console|tty|ttyS0)$", "^status 0$")
        self.check("proc", "^/dev/null$", "^/proc/self/exe$", "^status 0$")

    def test_enter_returns_the_status_of_the_command(self):
        self.check("status", "^7$")

    def test_enter_removes_its_mounts(self):
        self.check("mounts", "^/host/dev$", "^/host/dev/console$", "^/host/proc$", "^/host/sys$")
        self.check("left", "^0$")

    def test_enter_explains_errors(self):
        self.check("nothing", "^enter: /no/such: no such directory$")
        self.check("empty", "^enter: /tmp: there is no system in it .*make debian")
        self.check("option", "^usage: enter")
        self.check("help", "^usage: enter", "^Enters the system")
        self.check("user", "^enter: only root ")

    def test_the_guest_ended_with_success(self):
        self.assertEqual(self.run_status, 0)


class Tool(unittest.TestCase):
    def run_tool(self, *words):
        return subprocess.run([TOOL, *words], capture_output=True, text=True)

    def test_usage(self):
        self.assertEqual(self.run_tool("--help").returncode, 0)
        self.assertEqual(self.run_tool().returncode, 2)
        self.assertIn("usage: tools/debian DIR", self.run_tool("--wrong").stderr)

    def test_a_folder_of_another_origin_is_not_changed(self):
        result = self.run_tool(TESTS)
        self.assertEqual(result.returncode, 1)
        self.assertIn("not an empty folder", result.stderr)


if __name__ == "__main__":
    unittest.main()
