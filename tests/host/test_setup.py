# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/setup installs only what is missing. The tests use machines that are made of a folder of commands."""

import os
import shutil
import subprocess
import tempfile
import unittest

SETUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "setup")
BASE = "bash dirname sort cat grep".split()
NEEDED = "gcc ld make python3 musl-gcc grub-mkrescue xorriso mformat patch spin qemu-system-x86_64".split()


class Machine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = folder.name
        for name in BASE:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        for name in NEEDED:
            self.command(name, "exit 0")
        self.command("id", "echo 1000")
        self.log = os.path.join(self.bin, "log")

    def command(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/bash\n{body}\n")
        os.chmod(path, 0o755)

    def setup_tool(self, *arguments):
        environment = {"PATH": self.bin, "BUSYBOX": os.path.join(self.bin, "gcc"), "LIBTCC": os.path.join(self.bin, "gcc")}
        return subprocess.run([os.path.join(self.bin, "bash"), SETUP, *arguments], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def test_complete_machine_is_not_changed(self):
        done = self.setup_tool()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_without_root_and_sudo_the_command_is_named(self):
        os.unlink(os.path.join(self.bin, "xorriso"))
        os.unlink(os.path.join(self.bin, "mformat"))
        self.command("apt-get", "exit 1")
        done = self.setup_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install -y --no-install-recommends mtools xorriso\n", done.stderr)

    def test_bochs_is_installed_only_for_the_tests(self):
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 0")
        self.command("apt-get", f"echo \"$@\" >>{self.log}; exit 1")
        self.assertEqual(self.setup_tool().returncode, 0)
        self.assertFalse(os.path.exists(self.log))
        self.assertNotEqual(self.setup_tool("--tests").returncode, 0, "apt-get failed")
        with open(self.log, encoding="utf-8") as file:
            self.assertRegex(file.readline(), r"^install .* bochs\b")

    def test_a_browser_is_installed_only_when_it_is_asked_for(self):
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 0")
        self.command("apt-get", f"echo \"$@\" >>{self.log}")
        self.assertEqual(self.setup_tool().returncode, 0)
        self.assertFalse(os.path.exists(self.log))
        self.assertEqual(self.setup_tool("--browser").returncode, 0)
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), ["install -q -y --no-install-recommends chromium chromium-driver"])

    def test_a_fuzzer_is_installed_only_when_it_is_asked_for(self):
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 0")
        self.command("apt-get", f"echo \"$@\" >>{self.log}")
        self.assertEqual(self.setup_tool("--fuzz").returncode, 0)
        with open(self.log, encoding="utf-8") as file:
            self.assertRegex(file.read(), r"^install -q -y --no-install-recommends clang-14\b.*\n$")

    def test_sh_is_enough_to_start_the_tool(self):
        """Also an sh that is not bash; the tool installs even make, as README says."""
        os.symlink(shutil.which("dash") or "/bin/sh", os.path.join(self.bin, "sh"))
        os.unlink(os.path.join(self.bin, "make"))
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 0")
        self.command("apt-get", f"echo \"$@\" >>{self.log}")
        done = subprocess.run([os.path.join(self.bin, "sh"), SETUP], text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              env={"PATH": self.bin, "BUSYBOX": os.path.join(self.bin, "gcc")}, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), ["install -q -y --no-install-recommends make"])
        with open(os.path.join(os.path.dirname(SETUP), "..", "README.md"), encoding="utf-8") as file:
            self.assertIn("`sh tools/setup`", file.read())

    def test_without_apt_the_packages_are_named(self):
        os.unlink(os.path.join(self.bin, "xorriso"))
        self.command("id", "echo 0")
        done = self.setup_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no apt-get; what these packages of Debian contain is missing: xorriso\n", done.stderr)

    def test_root_installs_only_what_is_missing(self):
        os.unlink(os.path.join(self.bin, "xorriso"))
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 0")
        self.command("apt-get", f"echo \"$@\" >>{self.log}")
        self.assertEqual(self.setup_tool().returncode, 0)
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), ["install -q -y --no-install-recommends xorriso"])

    def test_lists_are_updated_only_when_they_lack_a_package(self):
        os.unlink(os.path.join(self.bin, "xorriso"))
        self.command("id", "echo 0")
        self.command("apt-cache", "exit 100")
        self.command("apt-get", f"echo \"$1\" \"$2\" >>{self.log}")
        self.assertEqual(self.setup_tool().returncode, 0)
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), ["update -q", "install -q"])

    def fetch_busybox(self, download):
        """tools/setup in a repository without build/packages; the command `download` replaces apt-get download."""
        top = os.path.join(self.bin, "top")
        os.makedirs(os.path.join(top, "tools"))
        shutil.copy(SETUP, os.path.join(top, "tools"))
        for name in "mktemp rm mkdir install find head mv touch".split():
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        self.command("apt-get", f'echo "$*" >>{self.log}; case "$*" in *download*) {download};; esac')
        self.command("dpkg-deb", 'mkdir -p "$3/bin"; touch "$3/bin/busybox"')
        done = subprocess.run([os.path.join(self.bin, "bash"), os.path.join(top, "tools", "setup")], text=True,
                              env={"PATH": self.bin, "LIBTCC": SETUP}, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        with open(self.log, encoding="utf-8") as file:
            return done, [line.split()[-2:] for line in file], os.path.exists(os.path.join(top, "build/packages/busybox"))

    DOWNLOAD, UPDATE = ["download", "busybox-static"], ["update", "-q"]

    def test_busybox_is_downloaded_without_root(self):
        done, commands, there = self.fetch_busybox("touch x.deb")
        self.assertEqual((done.returncode, commands, there), (0, [self.DOWNLOAD], True), done.stderr)

    def test_stale_lists_are_updated_and_the_download_tried_again(self):
        self.command("id", "echo 0")
        done, commands, there = self.fetch_busybox(f"grep -q update {self.log} || exit 100; touch x.deb")
        self.assertEqual((done.returncode, commands, there), (0, [self.DOWNLOAD, self.UPDATE, self.DOWNLOAD], True),
                         done.stderr)

    def test_stale_lists_without_root_and_sudo_name_the_command(self):
        done, commands, there = self.fetch_busybox("exit 100")
        self.assertEqual((done.returncode, commands, there), (1, [self.DOWNLOAD], False))
        self.assertIn("Run as root:\n  apt-get update\n", done.stderr)
        self.assertNotIn("not found", done.stderr)

    def test_failed_download_is_an_error(self):
        self.command("id", "echo 0")
        done, _, there = self.fetch_busybox("echo no network; exit 100")
        self.assertEqual((done.returncode, there), (1, False))
        self.assertIn("no network", done.stderr)

    def test_check_changes_nothing(self):
        os.unlink(os.path.join(self.bin, "xorriso"))
        done = self.setup_tool("--check")
        self.assertEqual((done.returncode, done.stdout.strip()), (1, "missing: xorriso"))

    def test_missing_busybox_is_an_error(self):
        environment = {"PATH": self.bin, "BUSYBOX": "/nonexistent"}
        done = subprocess.run([os.path.join(self.bin, "bash"), SETUP], env=environment, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not an executable file", done.stderr)


if __name__ == "__main__":
    unittest.main()
