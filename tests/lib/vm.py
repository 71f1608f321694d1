# SPDX-License-Identifier: GPL-2.0-or-later
"""vm.py - boots Neurath for a test, with tools/qemu.

Script(...) runs a shell script headless and yields the console line by line; Session(...) is an interactive console on
a pseudo-terminal, for tests that type like a person. When one of them is closed, it ends its own QEMU and no other.

Neither judges the time that passes: a guest hangs if it sleeps or computes for long without any output
(progress.py). The limits need only be longer than the silence of any guest that does not hang.
"""

import codecs
import ctypes
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections import namedtuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import progress  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QEMU = os.path.join(TOP, "tools", "qemu")
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\r|\x00")
ERASED = re.compile(r"^.*\r\x1b\[K")         # what klp shows while it waits, and then erases
CUT_ESCAPE = re.compile(r"\x1b(\[[0-9;?=]*)?$")

Config = namedtuple("Config", "cpus firmware machine", defaults=(2, "bios", "q35"))


def config_name(config):
    return f"{config.cpus} CPU{'s' if config.cpus > 1 else ''}, {config.firmware}, {config.machine}"


def shown(line):
    """A line as a terminal shows it at the end, after all erasures."""
    return ESCAPES.sub("", ERASED.sub("", line)).rstrip("\n")


def arguments(iso, config, mem="512M", cmdline="", accel=None, share=None, serial=None, seed=None, extra=()):
    words = [sys.executable, QEMU, "--iso", iso, "--cpus", str(config.cpus), "--firmware", config.firmware,
             "--machine", config.machine, "--mem", mem, "--accel", accel or os.environ.get("ACCEL", "tcg")]
    words += ["--seed", str(seed)] if seed is not None else []
    words += (["--share", share] if share else []) + (["--serial", serial] if serial else []) + (["--cmdline", cmdline] if cmdline else [])
    return words + ["--", *extra] if extra else words


def has_lock_checks(iso):
    """Whether the kernel knows the holder of every lock: a debug build. A release build knows those of mutexes only."""
    with open(os.path.join(os.path.dirname(iso), "flags.KERNEL_FLAGS"), encoding="utf-8") as file:
        return "-DCONFIG_DEBUG=1" in file.read().split()


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For preexec_fn: when the test run ends, in any way, the process that it started ends too."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# Seconds. No test sleeps so long: its guest waits for an event that does not come.
SLEEPING = 20
LOOK = 0.25
QUIET = "watchdog=0 hung_task_timeout_secs=0 "


class Script:
    """A headless run of a script. Iterate over the console lines; then `status` and `error` say how it ended.

    A guest that prints no line while it uses `computing` seconds of processor time for each of its CPUs, or sleeps for `sleeping`
    seconds, hangs: it prints the stacks of all tasks and is ended, and `hung` says why. `qemu` are further words for QEMU.
    Without `nmi_panics` the guest continues after an NMI, and a hang shows no stacks. Without `oops_panics` it
    continues after a fault in the kernel that ends one task. `watched` leaves the kernel's detectors of lock-ups on,
    which also react to a slow host.
    """

    def __init__(self, iso, config, script, computing=120, cmdline="", qemu=(), sleeping=SLEEPING, nmi_panics=True,
                 oops_panics=True, watched=False, **options):
        self.hung, self.status, self.error = "", None, ""
        self.file = tempfile.NamedTemporaryFile("w", suffix=".sh", prefix="neurath-")
        self.file.write(script)
        self.file.flush()
        cmdline = f"{'nmi_panic ' * nmi_panics}{'panic_on_oops=1 ' * oops_panics}{QUIET * (not watched)}{cmdline}"
        words = arguments(iso, config, cmdline=cmdline, **options) + ["--script", self.file.name]
        self.process = subprocess.Popen(words + (["--", *qemu] if qemu else []),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        self.watch = progress.Watch(self.process.pid, computing * config.cpus, sleeping)
        threading.Thread(target=self.look_after, daemon=True).start()

    def look_after(self):
        while self.process.poll() is None:
            self.hung = self.watch.look()
            if self.hung:
                self.process.send_signal(signal.SIGUSR1)    # tools/qemu prints all stacks, then ends the guest
                return
            time.sleep(LOOK)

    def __iter__(self):
        for raw in self.process.stdout:
            self.watch.event()
            yield shown(raw.decode("utf-8", "replace"))
        self.error = self.process.stderr.read().decode("utf-8", "replace").strip()
        self.status = self.process.wait()
        self.file.close()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Session:
    """The console as a terminal: send() what a person types, expect() what the guest must show."""

    def __init__(self, iso, config=Config(), **options):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.errors = tempfile.TemporaryFile()      # the output of tools/qemu and QEMU, without the guest's
        self.process = subprocess.Popen(arguments(iso, config, **options), stdin=slave, stdout=slave,
                                        stderr=self.errors, preexec_fn=die_with_parent)
        os.close(slave)
        self.text, self.seen, self.ready = "", 0, False
        self.rest, self.decoder = "", codecs.getincrementaldecoder("utf-8")("replace")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send(self, text):
        """Types the text as it is: \\r is the return key, \\x03 is Ctrl-C."""
        os.write(self.master, text.encode())

    def take(self, data):
        """Adds output without its escape sequences; the beginning of a sequence is kept until its end comes."""
        text = self.rest + self.decoder.decode(data)
        cut = CUT_ESCAPE.search(text)
        end = cut.start() if cut else len(text)
        self.text += ESCAPES.sub("", text[:end])
        self.rest = text[end:]

    def limit(self, seconds=30):
        """A watch from now on: before the event the machine may sleep so long, and compute ten times as long."""
        return progress.Watch(self.process.pid, 10 * seconds, seconds)

    def expect(self, pattern, seconds=30):
        """Waits for the regular expression in the output since the last match; returns the match. seconds: limit()."""
        watch = self.limit(seconds)
        while True:
            match = re.compile(pattern).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if not select.select([self.master], [], [], LOOK)[0]:
                hung = watch.look()
                if hung:
                    raise AssertionError(f"no {pattern!r}: {hung}; since the last match:\n{self.text[self.seen:]}")
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"the guest ended before {pattern!r}; since the last match:\n{self.text[self.seen:]}"
                                     f"\nQEMU: {self.read_errors() or 'nothing'}")
            self.take(data)

    def run(self, command, prompt, seconds=30):
        """Types a command line; returns its output up to the next prompt."""
        self.send(command + "\r")
        self.expect(re.escape(command[-40:]), seconds)
        start = self.seen
        match = self.expect(prompt, seconds)
        return self.text[start:match.start()].strip("\n")

    def read_errors(self):
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace").strip()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.errors.close()
        os.close(self.master)
