#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""machines.py - runs the demonstration and the core suites on many machines: processors of QEMU and Bochs, with and
without some features.

    tests/machines.py --list                 the machines
    tests/machines.py --only bochs           the machines whose name contains "bochs"
    make machines [ONLY=pattern]

A machine is one line of MACHINES; docs/machines.md says why each machine is there, and what was seen. On each machine
the demonstration of README.md runs first, then the suites of CORE in one boot. A machine that cannot run here at all (a
model that this emulator lacks) is a failure, not a skip. The last line is "N passed, N failed", as in tests/run.py.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections import namedtuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402
import progress  # noqa: E402
import vm  # noqa: E402

CORE = ("boot", "cpu", "exceptions", "process", "signals", "sched", "modules", "livepatch", "klp_consistency", "klp_stacks",
        "klp_samples")
# Seconds of processor time, or of sleep, without a line of output, after which a machine hangs (tests/lib/progress.py).
COMPUTING, SLEEPING = 400, 60

Machine = namedtuple("Machine", "emulator model cpus board", defaults=(2, "q35"))
MACHINES = [
    Machine("qemu", "max"), Machine("qemu", "max", 1, "pc"), Machine("qemu", "max", 4),
    # Processors of each age, as far as QEMU can emulate them.
    Machine("qemu", "qemu64", 2, "pc"), Machine("qemu", "core2duo", 1, "pc"), Machine("qemu", "Opteron_G1", 2, "pc"),
    Machine("qemu", "Nehalem"), Machine("qemu", "Haswell"), Machine("qemu", "Skylake-Server"), Machine("qemu", "EPYC", 4),
    # The newest processor, each time without one of its features.
    Machine("qemu", "max,-smep,-smap"), Machine("qemu", "max,-x2apic"), Machine("qemu", "max,-fsgsbase"),
    Machine("qemu", "max,-pcid,-invpcid"), Machine("qemu", "max,-xsave"), Machine("qemu", "max,-pdpe1gb"),
    Machine("qemu", "max,-rdrand,-rdseed,-rdtscp"), Machine("qemu", "max,-umip,-erms,-fsrm"),
    Machine("bochs", "core2_penryn_t9600", 1), Machine("bochs", "athlon64_clawhammer", 1),
    Machine("bochs", "corei7_haswell_4770", 1), Machine("bochs", "corei7_skylake_x", 1),
    Machine("bochs", "corei7_icelake_u", 1), Machine("bochs", "tigerlake", 1), Machine("bochs", "ryzen", 1),
    Machine("bochs", "corei7_skylake_x", 2), Machine("bochs", "ryzen", 4),
]


def name_of(machine):
    board = f" {machine.board}" if machine.emulator == "qemu" else ""
    return f"{machine.emulator} {machine.model}{board} {machine.cpus} CPU{'s' if machine.cpus > 1 else ''}"


def command(machine, iso, script):
    words = [sys.executable, os.path.join(vm.TOP, "tools", machine.emulator), "--iso", iso, "--script", script,
             "--cpu", machine.model, "--cpus", str(machine.cpus)]
    return words + (["--machine", machine.board] if machine.emulator == "qemu" else [])


def look_after(process, watch):
    """Ends a machine that hangs; its tool ends the emulator."""
    while process.poll() is None:
        if watch.look():
            process.terminate()
            return
        time.sleep(vm.LOOK)


class MachineBoot(run.Boot):
    """One run of a script on one machine."""

    def place(self):
        return name_of(self.config)

    def repeat(self, name):
        return f"make machines ONLY='{name_of(self.config)}'"

    def lines(self, script):
        """The console of the machine; afterwards `status` and `error` say how it ended."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh", prefix="neurath-") as file, tempfile.TemporaryFile() as errors:
            file.write(script)
            file.flush()
            with subprocess.Popen(command(self.config, self.options.iso, file.name), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=errors, preexec_fn=vm.die_with_parent) as process:
                watch = progress.Watch(process.pid, COMPUTING * self.config.cpus, SLEEPING)
                threading.Thread(target=look_after, args=(process, watch), daemon=True).start()
                for raw in process.stdout:
                    watch.event()
                    yield vm.shown(raw.decode("utf-8", "replace"))
                self.status = process.wait()
            errors.seek(0)
            self.error = errors.read().decode("utf-8", "replace").strip()

    def run(self):
        for text in self.lines(run.guest_script(self.suites, self.options.seed)):
            self.line(text)
        if self.status or self.pending:
            self.current = self.current or (self.pending or ["the end"])[0]
            self.pending = self.pending or [self.current]
            self.tap.lines = (self.tap.lines or self.head) + [self.error]
            self.finish(f"the run ended with status {self.status}: {self.error.splitlines()[-1] if self.error else ''}")

    def demonstrate(self, script):
        """README's demonstration, as one result."""
        lines, tap = list(self.lines(script)), run.Tap()
        good = self.status == 0 and "demo: all steps as described" in lines
        tap.feed(f"{'' if good else 'not '}ok 1 - demonstration")
        tap.lines = lines + [self.error]
        self.report.suite(f"demonstration ({self.place()})", tap, None, self.repeat("demonstration"))
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/debug", help="directory with test.iso")
    parser.add_argument("--only", help="machines whose name contains this")
    parser.add_argument("--demo", action="store_true", help="only the demonstration")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    machines = [machine for machine in MACHINES if not options.only or options.only in name_of(machine)]
    if not machines:
        sys.exit(f"machines.py: no machine is called '{options.only}'; --list shows them")
    if options.list:
        print("\n".join(map(name_of, machines)))
        return 0
    settings = types.SimpleNamespace(iso=os.path.join(options.build, "test.iso"), seed=options.seed, verbose=False,
                                     build=options.build, cmdline="")
    report = run.Report(settings)
    suites = [suite for suite in run.guest_suites("test") if suite.name in CORE]
    with open(os.path.join(vm.TOP, "tests", "system", "demo.sh"), encoding="utf-8") as file:
        demo = file.read()
    for machine in machines:
        chosen = [suite for suite in suites if not suite.cpus or machine.cpus in suite.cpus]
        if MachineBoot(machine, chosen, settings, report).demonstrate(demo) and not options.demo:
            MachineBoot(machine, chosen, settings, report).run()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
