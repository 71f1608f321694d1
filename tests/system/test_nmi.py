# SPDX-License-Identifier: GPL-2.0-or-later
"""NMIs come at any moment, also while functions that they once called are patched and probed. When an NMI ends the
machine, further NMIs do not spoil the report.

An int3 in an NMI would unblock NMIs at its iret, and the next NMI would overwrite the frame of the first.
tools/nmicheck.py proves that there is no such int3; this suite asks the machine.

timeout: 300
"""

import os
import socket
import sys
import tempfile
import threading
import time
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
BURSTS, BURST = 50, 4      # the second NMI waits in the processor until the first NMI has returned
PAUSE = 0.01                # seconds between bursts: enough for some progress of the guest

# Probes functions that write to the log or send interrupts, one after the other, and patches text.
STORM = """
echo storm
while [ ! -e /host/enough ]; do
    for f in _printk vprintk vscnprintf console_message arch_raise_log_interrupt lapic_send; do
        insmod /lib/modules/lx_kprobe.ko has_post_handler=0 symbol=$f && rmmod lx_kprobe || exit 1
    done
    insmod /lib/modules/livepatch-sample.ko || exit 1
    echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
    while [ -d /sys/kernel/livepatch/livepatch_sample ]; do usleep 1000; done
    until rmmod livepatch_sample; do usleep 1000; done
    echo round
done 2>/dev/null
echo survived
"""

# The report itself meets breakpoints.
BUTTON = """
insmod /lib/modules/lx_kprobe.ko has_post_handler=0 symbol=_printk
echo storm
while :; do sleep 1; done
"""


class Monitor:
    """QEMU's machine protocol on a socket of the test's own."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("r")
        self.file.readline()
        self.ask(b"qmp_capabilities")

    def ask(self, command, times=1):
        """Sends the command @times times; False if QEMU has ended."""
        answers = 0
        try:
            self.socket.sendall(b'{"execute":"%s"}\n' % command * times)
            for line in self.file:
                answers += '"return"' in line
                if answers == times:
                    return True
        except OSError:
            pass
        return False

    def close(self):
        self.file.close()
        self.socket.close()


class Nmi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.control = os.path.join(self.folder, "control")
        self.share = os.path.join(self.folder, "share")
        os.mkdir(self.share)

    def start(self, script, cpus, **options):
        run = vm.Script(ISO, vm.Config(cpus), script, qemu=["-qmp", f"unix:{self.control},server=on,wait=off"], **options)
        self.addCleanup(run.close)
        return run

    def storm(self):
        """Sends bursts of NMIs to all CPUs, until QEMU has ended or BURSTS have been sent."""
        monitor = Monitor(self.control)
        for _ in range(BURSTS):
            if not monitor.ask(b"inject-nmi", BURST):
                break
            time.sleep(PAUSE)
        monitor.close()
        with open(os.path.join(self.share, "enough"), "w", encoding="utf-8"):
            pass

    def console(self, run):
        lines = []
        for line in run:
            lines.append(line)
            if line == "storm":
                threading.Thread(target=self.storm, daemon=True).start()
        return "\n".join(lines)

    def survives(self, cpus):
        run = self.start(STORM, cpus, share=self.share, nmi_panics=False)
        text = self.console(run)
        self.assertEqual(run.error, "", text)
        self.assertEqual(run.status, 0, text)
        self.assertIn("survived", text)
        self.assertRegex(text, "NMIs? without a known reason")

    def test_storm_on_1_cpu(self):
        self.survives(1)

    def test_storm_on_4_cpus(self):
        self.survives(4)

    def test_report_is_complete_although_more_nmis_come(self):
        run = self.start(BUTTON, 2)
        text = self.console(run)
        self.assertIn("panicked", run.error, text)
        self.assertEqual(text.count("Kernel panic - not syncing: NMI on request"), 2, text)     # beginning and end
        self.assertNotIn("while reporting", text)
        self.assertRegex(text, r"RIP: 0010:|RIP: 0033:")
        self.assertRegex(text, r"task init pid 1 state")


if __name__ == "__main__":
    unittest.main()
