# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, as a person types it: a function of the running kernel is written to a file, edited in vi, applied,
edited again, applied again, and unloaded. Then twenty functions from all parts of the kernel get an edit with a visible
effect.
"""

import os
import shlex
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402
from guest_edits import EDITS  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
PROMPT = r"neurath:[^\n]*# "


class Terminal:
    """A shell of the guest, in a folder of its own."""

    def __init__(self, cpus):
        self.session = vm.Session(ISO, vm.Config(cpus))
        self.session.expect(PROMPT, 120)
        self.run("dmesg -n 1; mkdir /tmp/work; cd /tmp/work")

    def run(self, command):
        return self.session.run(command, PROMPT)

    def vi(self, command, keys):
        self.session.send(command + "\r")
        self.session.expect(r"\n~\n|\d+%|lines")           # vi has drawn its screen
        self.session.send(keys + ":wq\r")
        self.session.expect(PROMPT)


def demonstration(cpus):
    def test(self):
        shell = Terminal(cpus)
        self.addCleanup(shell.session.close)
        before = shell.run("cat /proc/cmdline")
        told = shell.run("klp new cmdline_proc_show fix.c")
        self.assertIn("fix.c: cmdline_proc_show() of kernel/proc/system.c, line ", told)
        shell.vi(told.splitlines()[1].split(",")[0], ':%s/boot_info.cmdline/"edited in the guest"/\r')
        applied = shell.run("klp apply fix.c")
        self.assertIn("nobody would keep the patch waiting now", applied)
        self.assertIn("fix is applied; take it back with: klp unload fix", applied)
        self.assertEqual(shell.run("cat /proc/cmdline"), "edited in the guest")
        shell.vi("vi fix.c", ":%s/edited/edited again/\r")
        self.assertIn("fix_v2 has taken the place of fix", shell.run("klp apply fix.c"))
        self.assertEqual(shell.run("cat /proc/cmdline"), "edited again in the guest")
        self.assertEqual(shell.run("ls /sys/kernel/livepatch | grep fix; lsmod | grep -c ^fix"), "fix_v2\n1")
        shell.vi("vi fix.c", ":%s/seq_putc(m/seq_putc(n/\r")
        self.assertRegex(shell.run("klp apply fix.c; echo status $?"), r"fix.c:\d+: error: 'n' undeclared\nstatus 1")
        self.assertEqual(shell.run("cat /proc/cmdline"), "edited again in the guest")
        self.assertEqual(shell.run("klp unload fix_v2; lsmod | grep -c ^fix"), "0")
        self.assertEqual(shell.run("cat /proc/cmdline"), before)
    return test


# try FUNCTION OLD NEW COMMAND SHOWS: COMMAND prints SHOWS only while the edited function is in place.
TRY = """
klp_edit() {
	klp new "$1" fix.c >told || { cat told; return 1; }
	awk -v old="$2" -v new="$3" '{ at = index($0, old)
		if (at) $0 = substr($0, 1, at - 1) new substr($0, at + length(old))
		print }' fix.c >new.c && mv new.c fix.c
}
try() {
	rm -rf /tmp/work; mkdir /tmp/work; cd /tmp/work
	[ "$(eval "$4")" != "$5" ] || { echo "not ok $1: shows $5 before"; return; }
	klp_edit "$1" "$2" "$3" && klp apply fix.c >told 2>&1 || { cat told; echo "not ok $1: apply"; return; }
	rm -rf /tmp/other; mkdir /tmp/other; cd /tmp/other
	shown=$(eval "$4")
	klp unload fix || { echo "not ok $1: unload"; return; }
	cd /tmp/work; rm -f /tmp/work/[abc]
	[ "$shown" = "$5" ] || { echo "not ok $1: shows $shown"; return; }
	[ "$(eval "$4")" != "$5" ] && echo "ok $1" || echo "not ok $1: still shows $5"
}
"""


class Demonstration(unittest.TestCase):
    def test_twenty_functions_from_all_parts_of_the_kernel(self):
        script = TRY + "".join("try " + " ".join(shlex.quote(word) for word in edit) + "\n" for edit in EDITS)
        run = vm.Script(ISO, vm.Config(2), script)
        lines = list(run)
        told = [line for line in lines if line.startswith(("ok ", "not ok "))]
        self.assertEqual(told, [f"ok {edit.function}" for edit in EDITS], "\n".join(lines[-60:]) + run.error)
        self.assertEqual(len(EDITS), 20)
        self.assertEqual(run.status, 0)


for number in (1, 2, 4):
    setattr(Demonstration, f"test_{number}_cpus", demonstration(number))


if __name__ == "__main__":
    unittest.main()
