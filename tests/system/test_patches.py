# SPDX-License-Identifier: GPL-2.0-or-later
"""Each diff of tests/patches/ becomes a live patch that has the effect of its edit in the guest, or is refused for the
reason that the diff names. tests/patches/README.md explains the lines at the head of a diff. One guest loads all
patches in turn."""

import glob
import json
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

BUILD = os.environ.get("NEURATH_BUILD", "build/debug")
ISO = os.path.join(BUILD, "test.iso")
# A diff that another one names with `on:` comes before it.
DIFFS = sorted(glob.glob(os.path.join(TESTS, "patches", "*.diff")), key=lambda path: os.path.splitext(path)[0])

GUEST = """\
check() { # WHAT NAME COMMAND
	if (eval "$3"); then echo "RESULT $2 $1 ok"; else echo "RESULT $2 $1 failed"; fi
}
settle() { while grep -q 1 /sys/kernel/livepatch/$1/transition; do usleep 10000; done; }
"""


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def head_of(path):
    """The "word: text" lines before the first file of the diff."""
    with open(path, encoding="utf-8") as file:
        head = re.split(r"(?m)^--- ", file.read(), maxsplit=1)[0]
    return dict(re.findall(r"(?m)^(\w+): (.*)$", head))


def steps(name, head):
    """The commands of the guest for one patch: the check before, with the patch loaded, and after its removal."""
    module = "/host/target.ko" if "module" in head else None
    patch = name.replace("-", "_")
    on = [word.replace("-", "_") for word in head.get("on", "").split()]
    lines = [f"insmod {module}" if module and head.get("order") != "late" else ":"]
    lines += [line for below in on for line in (f"insmod /host/{below}.ko", f"settle {below}")]
    if head.get("order") != "late":
        lines.append(f"check before {name} '{head['before']}'")
    lines += [f"insmod /host/{patch}.ko || echo 'RESULT {name} load failed'", f"settle {patch}"]
    if head.get("order") == "late":
        lines.append(f"insmod {module}")
    lines += [f"check after {name} '{head['after']}'", f"echo 0 > /sys/kernel/livepatch/{patch}/enabled",
              f"until rmmod {patch} 2>/dev/null; do usleep 10000; done", f"check back {name} '{head['before']}'"]
    for below in on:
        lines += [f"echo 0 > /sys/kernel/livepatch/{below}/enabled", f"until rmmod {below} 2>/dev/null; do usleep 10000; done"]
    if "log" in head:
        lines += [f"dmesg | grep -q '{part.strip()}' || echo 'RESULT {name} log failed'" for part in head["log"].split(",")]
    if module:
        lines.append("rmmod edit_target")
    return lines


class Patches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="neurath-patches-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.answers = {name_of(path): cls.build(path) for path in DIFFS}
        shutil.copyfile(os.path.join(BUILD, "modules", "edit_target.ko"), os.path.join(cls.folder, "target.ko"))
        cls.lines = cls.guest()

    @classmethod
    def build(cls, path):
        """Builds the patch of one diff: (status, the tool's answer)."""
        head = head_of(path)
        command = [sys.executable, "tools/klp-build", "--json", "--build", BUILD, "--out", cls.folder, path]
        command += ["--dry-run"] if "dry" in head else []
        command += ["--module", head["module"]] if "module" in head else []
        command += ["--after", os.path.join(cls.folder, head["on"].replace("-", "_") + ".ko")] if "on" in head else []
        command += ["--with", os.path.join(TESTS, "patches", head["with"])] if "with" in head else []
        run = subprocess.run(command, cwd=TOP, check=False, capture_output=True, text=True)
        return run.returncode, json.loads(run.stdout) if run.stdout.strip() else {"refused": [run.stderr]}

    @classmethod
    def guest(cls):
        script = [GUEST] + [line for name, (_, answer) in cls.answers.items() if answer.get("made")
                            for line in steps(name, head_of(os.path.join(TESTS, "patches", name + ".diff")))]
        run = vm.Script(ISO, vm.Config(2), "\n".join(script) + "\nexit 0\n", share=cls.folder)
        cls.addClassCleanup(run.close)
        return list(run)


def made(name, head):
    def test(self):
        status, answer = self.answers[name]
        self.assertEqual((status, answer["refused"]), (0, []))
        found = {entry["function"]: entry["reason"] for entry in answer["patched"]}
        for function, _, reason in (word.partition("=") for word in head["patched"].split()):
            self.assertEqual(found.get(function), reason, answer["patched"])
        warned = {entry["function"] for entry in answer["patched"] if any("always on some stack" in w for w in entry["warnings"])}
        self.assertEqual(warned, set(head.get("warned", "").split()))
        inlined = {f"{entry['function']}={other}" for entry in answer["patched"] for other in entry["inlined_in"]}
        self.assertEqual(inlined, set(head.get("inlined_in", "").split()))
        added = " ".join(entry["name"] for entry in answer["new"])
        for word in head.get("new", "").split():
            self.assertIn(word, added)
        if "dry" in head:
            return
        results = [line for line in self.lines if line.startswith(f"RESULT {name} ")]
        expected = [f"RESULT {name} {what} ok" for what in ("before", "after", "back")]
        if head.get("order") == "late":
            expected = expected[1:]
        self.assertEqual(results, expected, "\n".join(self.lines[-40:]))
    return test


def refused(name, head):
    def test(self):
        status, answer = self.answers[name]
        self.assertEqual(status, 1, answer)
        self.assertRegex("\n".join(answer["refused"]), head["refused"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, name.replace("-", "_") + ".ko")))
    return test


for diff in DIFFS:
    setattr(Patches, "test_" + re.sub(r"\W", "_", name_of(diff)),
            (refused if name_of(diff).endswith("-FAIL") else made)(name_of(diff), head_of(diff)))

if __name__ == "__main__":
    unittest.main()
