# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's status reaches the runner even if the emulator's device takes the status at once and ends the machine
later.

QEMU 10's isa-debug-exit does this. Here QEMU's debug console uses the device's port: it takes the byte and never ends
the machine, so all that the guest does after the byte would be seen.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
CPUS = 2


class Exit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="neurath-")
        self.addCleanup(folder.cleanup)
        self.path = lambda name: os.path.join(folder.name, name)

    def start(self, script):
        with open(self.path("script"), "w", encoding="utf-8") as file:
            file.write(script)
        words = shlex.split(subprocess.run([*vm.arguments(ISO, vm.Config(CPUS)), "--script", self.path("script"), "--print"],
                                           check=True, stdout=subprocess.PIPE, text=True).stdout)
        device = words.index("isa-debug-exit,iobase=0xf4,iosize=0x04")
        words[device] = "isa-debugcon,iobase=0xf4,readback=0,chardev=exit"
        words += ["-chardev", f"file,id=exit,path={self.path('code')}"]
        words[words.index("-qmp") + 1] = f"unix:{self.path('qmp')},server=on,wait=off"
        words[words.index("-monitor") + 1] = f"unix:{self.path('monitor')},server=on,wait=off"
        words[words.index("-serial") + 1] = f"file:{self.path('console')}"
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, preexec_fn=vm.die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(lambda: process.poll() is None and process.send_signal(signal.SIGTERM))
        return process

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def halted(self, monitor):
        """How many CPUs wait in a HLT with interrupts off."""
        monitor.sendall(b"info registers -a\n")
        text = ""
        while text.count("RIP=") < CPUS or not text.endswith("(qemu) "):
            part = monitor.recv(65536).decode("utf-8", "replace")
            self.assertTrue(part, "QEMU ended: the guest continued after its status")
            text += part
        registers = [line for line in text.splitlines() if "RIP=" in line and "HLT=1" in line]
        return sum(not int(line.split("RFL=")[1].split()[0], 16) & 0x200 for line in registers)

    def exits_with(self, script, code):
        process = self.start(script)
        while not os.path.exists(self.path("code")) or not self.read("code"):
            self.assertIsNone(process.poll(), "the guest ended without a status")
            time.sleep(0.1)
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(self.path("monitor"))
            while self.halted(monitor) < CPUS:
                time.sleep(0.1)
        self.assertEqual(self.read("code")[0], chr(code))
        return self.read("console")

    def test_after_the_status_of_the_script_nothing_runs(self):
        console = self.exits_with("echo last words; exit 7\n", 0x47)
        self.assertTrue(console.rstrip().endswith("last words"), console[-500:])

    def test_after_the_status_of_a_panic_nothing_runs(self):
        console = self.exits_with("echo 1 >/proc/sys/kernel/panic_on_oops\ninsmod /lib/modules/tm_crash.ko how=null\n", 0x3F)
        self.assertIn("end Kernel panic", console.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
