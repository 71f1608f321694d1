# SPDX-License-Identifier: GPL-2.0-or-later
"""hostfs: a folder of the host is /host in the guest, and both sides see the same files."""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

BUILD = os.environ.get("NEURATH_BUILD", "build/debug")
ISO = os.path.join(BUILD, "test.iso")
PROMPT = r"neurath:[^\n]*# "
MIB = 1 << 20
ENTRIES = 10000


@functools.lru_cache
def pattern(size):
    """The bytes that tests/tools/share.c writes and expects."""
    return bytes((i * 2654435761 & 0xFFFFFFFFFFFFFFFF) >> 13 & 0xFF for i in range(size))


class Folder(unittest.TestCase):
    """Each test shares a folder of its own."""

    def setUp(self):
        self.pattern = pattern(10 * MIB)
        self.folder = tempfile.mkdtemp(prefix="neurath-share-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def put(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def script(self, text, config=vm.Config(2)):
        """The lines that the script prints; the script must end with status 0."""
        run = vm.Script(ISO, config, text, share=self.folder)
        self.addCleanup(run.close)
        lines = list(run)
        self.assertEqual((run.status, run.error), (0, ""), "\n".join(lines[-40:]))
        return lines


class Suite(Folder):
    """tests/tools/share*.c on machines with differences that matter to a PCI driver."""

    def suite(self, config):
        self.put("from-host", self.pattern)
        os.mkfifo(self.path("fifo"))
        os.mkdir(self.path("many"))
        for i in range(ENTRIES):
            self.put(f"many/entry-{i}", b"")
        lines = self.script("/tests/share && /tests/share_names", config)
        results = [line for line in lines if re.match(r"(not )?ok \d", line)]
        plans = [int(line[3:]) for line in lines if line.startswith("1..")]
        self.assertEqual(len(plans), 2)
        self.assertEqual(sum(plans), len(results))
        self.assertFalse([line for line in results if "SKIP" in line])
        self.assertEqual(self.get("guest/to-host"), self.pattern)
        self.assertEqual(os.listdir(self.path("guest")), ["to-host"])

    def test_endings_of_paths(self):
        lines = self.script("/tests/path_endings /host")
        self.assertIn("ok 7 - /host", lines)

    def test_no_call_is_shortened(self):
        """tests/guest/fs/byte_transfers.c, on files of the host."""
        lines = self.script("/tests/byte_transfers /host")
        self.assertEqual([line for line in lines if line.startswith("not ok")], [])
        self.assertIn("1..6", lines)

    @unittest.skipIf(os.geteuid(), "only root can give files of the host to others")
    def test_set_ids(self):
        lines = self.script("/tests/set_ids /host")
        self.assertIn("1..6", lines)

    def test_running_programs_are_not_written(self):
        lines = self.script("/tests/text_busy /host")
        self.assertIn("1..10", lines)
        self.assertEqual(os.listdir(self.folder), [])

    def test_2_cpus_bios_q35(self):
        self.suite(vm.Config(2, "bios", "q35"))

    def test_1_cpu_bios_pc(self):
        self.suite(vm.Config(1, "bios", "pc"))

    def test_4_cpus_uefi_q35(self):
        self.suite(vm.Config(4, "uefi", "q35"))


class BothSides(Folder):
    def session(self):
        session = vm.Session(ISO, vm.Config(2), share=self.folder)
        self.addCleanup(session.close)
        session.expect(PROMPT, 120)
        return session

    def test_changes_are_seen_at_once(self):
        session = self.session()
        for n in range(3):
            self.put("note", b"version %d\n" % n)
            self.assertEqual(session.run("cat /host/note", PROMPT), f"version {n}")
        session.run("echo from the guest >/host/reply", PROMPT)
        self.assertEqual(self.get("reply"), b"from the guest\n")
        os.unlink(self.path("note"))
        self.assertEqual(session.run("ls /host", PROMPT), "reply")

    def test_checksums_agree(self):
        self.put("from-host", self.pattern)
        lines = self.script("sha256sum /host/from-host; cp /host/from-host /host/back; cat /host/back | sha256sum")
        wanted = hashlib.sha256(self.pattern).hexdigest()
        self.assertEqual(sum(line.startswith(wanted) for line in lines), 2, lines)
        self.assertEqual(self.get("back"), self.pattern)

    def test_attributes_are_those_of_the_host(self):
        self.put("file", b"x" * 1234)
        os.chmod(self.path("file"), 0o640)
        os.utime(self.path("file"), (1000000000, 1100000000))
        lines = self.script("stat -c '%s %a %X %Y' /host/file; chmod 751 /host/file; ln -s file /host/link")
        self.assertIn("1234 640 1000000000 1100000000", lines)
        self.assertEqual(os.stat(self.path("file")).st_mode & 0o7777, 0o751)
        self.assertEqual(os.readlink(self.path("link")), "file")

    def test_a_patch_built_on_the_host_is_loaded_without_a_reboot(self):
        session = self.session()
        self.assertNotIn("live patched", session.run("cat /proc/cmdline", PROMPT))
        shutil.copy(os.path.join(BUILD, "modules", "livepatch-sample.ko"), self.path("fix.ko"))
        session.run("insmod /host/fix.ko && klp wait livepatch_sample", PROMPT)
        self.assertIn("live patched", session.run("cat /proc/cmdline", PROMPT))
        session.run("klp disable livepatch_sample --wait; rmmod livepatch_sample", PROMPT)
        self.assertNotIn("live patched", session.run("cat /proc/cmdline", PROMPT))

    def test_errors_of_the_host_arrive(self):
        """A full disk: the bytes that fit are written, then the error is ENOSPC."""
        os.mkdir(self.path("small"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", self.path("small")],
                                 stderr=subprocess.DEVNULL)
        if mounted.returncode:
            self.skipTest("may not mount")
        self.addCleanup(subprocess.run, ["umount", self.path("small")])
        lines = self.script("dd if=/dev/zero of=/host/small/file bs=4096 count=100 2>&1; rm /host/small/file; echo ok >/host/small/b")
        self.assertTrue([line for line in lines if "No space left on device" in line], lines)
        self.assertEqual(self.get("small/b"), b"ok\n")


KILL = "kill -9 $(pidof hostfs)"
MANY = """
cd /host
(for i in 1 2 3; do usleep 300000; old=$(pidof hostfs); kill -9 $old; until new=$(pidof hostfs) && [ $new != $old ]; do usleep 1000; done; done; echo >/tmp/killed) &
n=0; done=0
until [ -e /tmp/killed ]; do
	n=$((n + 1))
	if mkdir many/$n 2>/tmp/error; then
		done=$((done + 1))
	elif ! grep -q "Input/output error" /tmp/error; then
		cat /tmp/error; exit 1
	fi
done
echo tried $n made $done
"""


class Killed(Folder):
    """hostfs is killed: a request by name waits for the next server, and open files are lost."""

    def test_a_shell_in_the_folder_continues(self):
        self.put("file", b"first\nsecond\n")
        session = vm.Session(ISO, vm.Config(2), share=self.folder)
        self.addCleanup(session.close)
        session.expect(PROMPT, 120)
        session.run("cd /host; exec 5<file; read line <&5", PROMPT)
        self.assertEqual(session.run(KILL + "; ls; pwd", PROMPT).splitlines()[-2:], ["file", "/host"])
        # The next server is killed soon after its start, so init waits before it starts another one.
        self.assertEqual(session.run(KILL + "; cat file; echo new >other", PROMPT).splitlines()[-2:], ["first", "second"])
        self.assertEqual(self.get("other"), b"new\n")
        self.assertIn("Input/output error", session.run("cat <&5", PROMPT))
        session.run("exec 5<other", PROMPT)
        self.assertEqual(session.run("cat <&5", PROMPT), "new")

    def test_no_request_is_done_twice(self):
        """A mkdir that is done twice would fail because the name exists."""
        os.mkdir(self.path("many"))
        lines = self.script(MANY)
        tried, made = map(int, re.search(r"tried (\d+) made (\d+)", "\n".join(lines)).groups())
        self.assertGreaterEqual(len(os.listdir(self.path("many"))), made)
        self.assertLessEqual(tried - made, 3)


class NoFolder(unittest.TestCase):
    def test_without_a_device_hostfs_is_not_restarted(self):
        run = vm.Script(ISO, vm.Config(1), "ls -a /host; dmesg; ps")
        self.addCleanup(run.close)
        lines = list(run)
        self.assertEqual(run.status, 0)
        self.assertFalse([line for line in lines if "init: hostfs" in line or "/boot/hostfs" in line], lines)

    def test_a_missing_folder_is_named(self):
        run = subprocess.run([sys.executable, vm.QEMU, "--iso", ISO, "--share", "/no/such/folder", "--print"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 125)
        self.assertIn("/no/such/folder: cannot be shared", run.stderr)


if __name__ == "__main__":
    unittest.main()
