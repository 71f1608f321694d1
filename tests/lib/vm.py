# SPDX-License-Identifier: GPL-2.0-or-later
"""vm.py - boots Neurath for a test, by tools/qemu.

Script(...) runs a shell script headless and yields the console line by line; Session(...) is an interactive console on
a pseudo-terminal, for tests that type like a person. Both end their QEMU, and only theirs, when they are closed.
"""

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

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QEMU = os.path.join(TOP, "tools", "qemu")
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\r|\x00")
CUT_ESCAPE = re.compile(r"\x1b(\[[0-9;?=]*)?$")

Config = namedtuple("Config", "cpus firmware machine", defaults=(2, "bios", "q35"))


def config_name(config):
    return f"{config.cpus} CPU{'s' if config.cpus > 1 else ''}, {config.firmware}, {config.machine}"


def arguments(iso, config, mem="512M", cmdline="", accel=None, share=None, serial=None, extra=()):
    words = [sys.executable, QEMU, "--iso", iso, "--cpus", str(config.cpus), "--firmware", config.firmware,
             "--machine", config.machine, "--mem", mem, "--accel", accel or os.environ.get("ACCEL", "tcg")]
    words += (["--share", share] if share else []) + (["--serial", serial] if serial else []) + (["--cmdline", cmdline] if cmdline else [])
    return words + ["--", *extra] if extra else words


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For preexec_fn: what a test run started ends with it, however it ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def patience():
    """The factor for every hang detector: a machine that others load is slow, but not hung."""
    return min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


class Script:
    """A headless run of a script. Iterate over the console lines; then `status` and `error` say how it ended.

    `idle` seconds without a line are taken for a hang: the run is ended, and `hung` is set. `qemu` are further words for
    QEMU.
    """

    def __init__(self, iso, config, script, idle=120, cmdline="", qemu=(), **options):
        self.idle, self.hung, self.status, self.error = idle * patience(), False, None, ""
        self.file = tempfile.NamedTemporaryFile("w", suffix=".sh", prefix="neurath-")
        self.file.write(script)
        self.file.flush()
        self.last = time.monotonic()
        words = arguments(iso, config, cmdline=f"nmi_panic {cmdline}", **options) + ["--script", self.file.name]
        self.process = subprocess.Popen(words + (["--", *qemu] if qemu else []),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        self.watchdog = threading.Thread(target=self.watch, daemon=True)
        self.watchdog.start()

    def watch(self):
        while self.process.poll() is None:
            if time.monotonic() - self.last > self.idle:
                self.hung = True
                self.process.send_signal(signal.SIGUSR1)    # tools/qemu: last words, then the end
                return
            time.sleep(0.2)

    def __iter__(self):
        for raw in self.process.stdout:
            self.last = time.monotonic()
            yield ESCAPES.sub("", raw.decode("utf-8", "replace")).rstrip("\n")
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
        self.errors = tempfile.TemporaryFile()      # what tools/qemu and QEMU say; not the guest's
        self.process = subprocess.Popen(arguments(iso, config, **options), stdin=slave, stdout=slave,
                                        stderr=self.errors, preexec_fn=die_with_parent)
        os.close(slave)
        self.text, self.seen, self.ready = "", 0, False
        self.rest = ""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send(self, text):
        """Types the text as it is: \\r is the return key, \\x03 is Ctrl-C."""
        os.write(self.master, text.encode())

    def take(self, data):
        """Adds output without escape sequences; one that is cut waits for its end."""
        text = self.rest + data.decode("utf-8", "replace")
        cut = CUT_ESCAPE.search(text)
        end = cut.start() if cut else len(text)
        self.text += ESCAPES.sub("", text[:end])
        self.rest = text[end:]

    def expect(self, pattern, timeout=30):
        """Waits for the regular expression in what came since the last match; returns the match."""
        end = time.monotonic() + timeout * patience()
        while True:
            match = re.compile(pattern).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {pattern!r} within {timeout} s; since the last match:\n{self.text[self.seen:]}")
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"the guest ended before {pattern!r}; since the last match:\n{self.text[self.seen:]}"
                                     f"\nQEMU: {self.read_errors() or 'nothing'}")
            self.take(data)

    def run(self, command, prompt, timeout=30):
        """Types a command line and returns what it printed, up to the next prompt."""
        self.send(command + "\r")
        self.expect(re.escape(command[-40:]), timeout)
        start = self.seen
        match = self.expect(prompt, timeout)
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
