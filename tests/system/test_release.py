# SPDX-License-Identifier: GPL-2.0-or-later
"""The release build as a user meets it: `make guest` with a script, a shared folder and a module that was built
elsewhere.

The other suites run the debug build, in tests/run.py's test.iso; this suite uses the image that `make run` boots. The
two builds differ in places (locks without checks, the way out to user mode, inlining), so suites of the guest run in
the release build, too.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path[:0] = [TESTS, os.path.join(TESTS, "lib"), os.path.join(TESTS, "bench")]
import boot  # noqa: E402
import run  # noqa: E402
import vm  # noqa: E402

KERNEL = os.path.join(TOP, "build", "neurath.elf")
LIMIT = 1 << 20
# Variables of the make that runs the tests; the make of a user must not see them.
OWN = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CPUS", "MEM", "O", "DEBUG", "V", "SHARE", "SCRIPT"}

# Patterns of guest suites: entries, task switches, locks, calls, and patches of these.
SUITES = "=calls,=cpu,=exceptions,=futex,ipc,=klp_consistency,=klp_hard,=klp_paths,=klp_traced,=pipes,ptrace,=sched,signal,thread"

GOOD = """
klp=/sys/kernel/livepatch/my_patch
before=$(cat /proc/cmdline)
insmod /host/my-patch.ko || exit 11
while [ "$(cat $klp/transition)" = 1 ]; do usleep 1000; done
[ "$(cat /proc/cmdline)" = 'my_patch: this has been live patched' ] || exit 12
echo 0 >$klp/enabled || exit 13
while [ -d $klp ]; do usleep 1000; done
until [ "$(cat /sys/module/my_patch/refcnt)" = 0 ]; do usleep 1000; done
rmmod my_patch || exit 14
[ "$(cat /proc/cmdline)" = "$before" ] || exit 15
"""

# docs/writing-a-patch.md: the idle time of one CPU on average is never more than the time since boot.
UPTIME = """
klp load /host/uptime-fix.ko --wait || exit 21
klp list | grep -q uptime_proc_show,1 || exit 22
awk '{ exit $2 > $1 }' /proc/uptime || exit 23
klp unload uptime_fix || exit 24
[ ! -e /sys/module/uptime_fix ] || exit 25
"""


class Release(unittest.TestCase):
    def make(self, *words):
        environment = {name: value for name, value in os.environ.items() if name not in OWN}
        return subprocess.run(["make", *words], cwd=TOP, env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, preexec_fn=vm.die_with_parent)

    def guest(self, folder, script):
        path = os.path.join(folder, "script.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        return self.make("guest", f"SCRIPT={path}", f"SHARE={folder}", "TIMEOUT=86400")

    def test_module_built_elsewhere_patches_and_is_unloaded(self):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "my-patch.c")
            shutil.copy(os.path.join(TOP, "livepatch", "samples", "livepatch-sample.c"), source)
            done = self.make("module", f"SRC={source}", f"OUT={folder}")
            self.assertEqual(done.returncode, 0, done.stdout)
            done = self.guest(folder, GOOD)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_patch_of_the_page_is_built_and_loaded_as_described(self):
        with open(os.path.join(TOP, "docs", "writing-a-patch.md"), encoding="utf-8") as file:
            text = re.search(r"^```c\n(.*?)^```", file.read(), re.S | re.M).group(1)
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "uptime-fix.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            done = self.make("module", f"SRC={source}", f"OUT={folder}")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotIn("warning", done.stdout)
            done = self.guest(folder, UPTIME)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_module_that_linux_would_not_build_is_not_built(self):
        """Otherwise a call of an undeclared function would only be found when the module is loaded, or never."""
        lines = {"nosuch(3);": "implicit declaration", "int *p = &counter; *p = 1;": "incompatible pointer type"}
        for line, complaint in lines.items():
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(folder, "wrong.c")
                with open(source, "w", encoding="utf-8") as file:
                    file.write("#include <linux/module.h>\nstatic long counter;\nstatic int __init start(void)\n"
                               f"{{\n\t{line}\n\treturn (int)counter;\n}}\nmodule_init(start);\nMODULE_LICENSE(\"GPL\");\n")
                done = self.make("module", f"SRC={source}", f"OUT={folder}")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(complaint, done.stdout)
                self.assertFalse(os.path.exists(os.path.join(folder, "wrong.ko")))

    def test_status_of_the_script_is_reported(self):
        """tools/qemu ends with the script's status; make prints this status, and ends with its own status 2."""
        with tempfile.TemporaryDirectory() as folder:
            done = self.guest(folder, "echo all is lost; exit 9\n")
        self.assertIn("all is lost\n", done.stdout)
        self.assertRegex(done.stdout, r"guest-now\] Error 9\n")
        self.assertEqual(done.returncode, 2)

    def test_suites_of_the_guest_pass(self):
        chosen = run.select(argparse.Namespace(kind="test", only=SUITES, guest=True))
        done = self.make("build/test.iso", "GUEST=" + ",".join(suite.name for suite in chosen))
        self.assertEqual(done.returncode, 0, done.stdout)
        done = subprocess.run([sys.executable, os.path.join(TESTS, "run.py"), "--build", "build", "--only", SUITES, "--guest",
                               "--config", "2,bios,q35", "--seed", os.environ.get("TAP_SEED", "1")], cwd=TOP, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, preexec_fn=vm.die_with_parent)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\n[1-9]\d* passed, 0 failed\n$")

    def test_kernel_is_smaller_than_a_mebibyte(self):
        done = self.make("kernel")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertLess(boot.loaded_size(KERNEL), LIMIT)


if __name__ == "__main__":
    unittest.main()
