# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kpatch, the script that loads patches on Linux, runs unchanged: under bash, with the readelf of this host.
The guest has no other change."""

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
cd /lib/modules
say() { echo "SAY $step $*"; }
try() { # STEP COMMAND
	step=$1; shift
	say "\\$ $*"
	"$@" 2>&1 | while read -r line; do say "$line"; done
	say "status ${PIPESTATUS[0]}"
}
file() { step=$1; say "$(cat $2)"; }
try load kpatch load livepatch-sample.ko
file load /proc/cmdline
try twice kpatch load livepatch-sample.ko
try list kpatch list
try unload kpatch unload livepatch-sample.ko
file unload /proc/cmdline
try unload ls /sys/kernel/livepatch
try absent kpatch load no-such.ko
try install kpatch install livepatch-sample.ko
try install kpatch list
try install kpatch info livepatch_sample
try all kpatch load --all
try all kpatch list
try none kpatch unload --all
try none kpatch list
try uninstall kpatch uninstall livepatch-sample.ko
try uninstall kpatch list
echo 0 >/proc/sys/kernel/livepatch_signal_period_ms
sleep 1000 &
try stalled kpatch load livepatch-blocked.ko
try stalled kpatch list
try stalled kpatch unload livepatch-blocked.ko
exit 0
"""


def libraries(program):
    """The shared libraries of a program of this host, without the libraries that the guest has."""
    output = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [path for path in re.findall(r"=> (/\S+)", output) if not path.endswith("/libc.so.6")]


class Kpatch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="neurath-kpatch-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        for name in ("bin", "lib"):
            os.mkdir(os.path.join(cls.folder, name))
        subprocess.run([os.path.join(TOP, "tools", "setup"), "--tests"], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        if not os.path.exists(os.path.join(TOP, "build", "packages", "kpatch")):
            raise unittest.SkipTest("tools/setup could not fetch kpatch")
        shutil.copy(os.path.join(TOP, "build", "packages", "kpatch"), os.path.join(cls.folder, "bin"))
        readelf = os.path.realpath(shutil.which("readelf"))
        for path in [readelf, *libraries(readelf)]:
            shutil.copy(path, os.path.join(cls.folder, "lib"))
        cls.write("bin/readelf", f'#!/bin/sh\nLD_LIBRARY_PATH=/host/lib exec /host/lib/{os.path.basename(readelf)} "$@"\n')
        cls.write("test.bash", SCRIPT)
        run = vm.Script(ISO, vm.Config(2), "exec /bin/bash /host/test.bash\n", share=cls.folder)
        cls.addClassCleanup(run.close)
        cls.lines = list(run)

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(os.path.join(cls.folder, name), 0o755)

    def said(self, step):
        prefix = f"SAY {step} "
        return "\n".join(line[len(prefix):] for line in self.lines if line.startswith(prefix))

    def check(self, step, *patterns):
        text = self.said(step)
        at = 0
        for pattern in patterns:
            match = re.compile(pattern, re.MULTILINE).search(text, at)
            self.assertTrue(match, f"{pattern} in:\n{text}\n\n" + "\n".join(self.lines[-20:]))
            at = match.end()

    def test_load(self):
        self.check("load", "^loading patch module: livepatch-sample.ko$", "^status 0$", "^livepatch_sample: this has been live patched")

    def test_a_loaded_patch_is_not_loaded_again(self):
        self.check("twice", "^module named livepatch_sample already loaded and enabled$", "^status 0$")

    def test_list(self):
        self.check("list", "^Loaded patch modules:$", r"^livepatch_sample \[enabled\]$", "^Installed patch modules:$", "^status 0$")

    def test_unload(self):
        self.check("unload", "^disabling patch module: livepatch_sample$", "^unloading patch module: livepatch_sample$", "^status 0$")
        self.assertNotIn("live patched", self.said("unload"))

    def test_a_missing_file_is_an_error(self):
        self.check("absent", "can't find no-such.ko", "^status 1$")

    def test_install(self):
        """kpatch's last command asks for systemctl, and gives kpatch its status: 1 without systemctl."""
        self.check("install", "^installing livepatch-sample.ko", "^status 1$", "^Installed patch modules:$", r"^livepatch_sample \(",
                   "^Patch information for livepatch_sample:$", "^license: *GPL$", "^status 0$")

    def test_all_installed_patches_are_loaded(self):
        self.check("all", "^loading patch module: /var/lib/kpatch/.*/livepatch-sample.ko$", "^status 0$", r"^livepatch_sample \[enabled\]$")
        self.check("none", "^unloading patch module: livepatch_sample$", "^status 0$")
        self.assertNotIn("[enabled]", self.said("none"))

    def test_uninstall(self):
        self.check("uninstall", "^uninstalling livepatch-sample.ko", "^status 0$", "^Installed patch modules:$", "^status 0$")
        self.assertNotIn("livepatch_sample (", self.said("uninstall"))

    def test_a_load_that_stalls_is_signalled_and_ends(self):
        self.check("stalled", "^waiting .up to 15 seconds. for patch transition to complete", "^patch transition has stalled!$",
                   "^signaling stalled process.es.:$", "^transition complete", "^status 0$", r"^livepatch_blocked \[enabled\]$",
                   "^unloading patch module: livepatch_blocked$", "^status 0$")


if __name__ == "__main__":
    unittest.main()
