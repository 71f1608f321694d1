#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""icount.py BUILD [PROGRAM ...] - instruction counts: runs bench programs (all, or the named ones) on one CPU under
QEMU's -icount, where a nanosecond of the guest's clock is an instruction, and prints their "# bench" lines with that unit.

Each boot is the same, so other tasks of the guest disturb the same line each time. So there are three boots, each
with another order of the programs, and the smallest value of a line counts: other tasks only add instructions.
"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOTS = 3
PROGRAMS = ("switch", "hook_cost", "ipc_cost", "growth", "patch_cost")


def boot(build, programs):
    """(status, lines) of one boot that runs the programs."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("".join(f"/tests/{name}\n" for name in programs))
        script.flush()
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools", "qemu"), "--iso", os.path.join(build, "test.iso"),
                              "--cpus", "1", "--accel", "tcg-single", "--script", script.name, "--timeout", "3600", "--",
                              "-icount", "shift=0,sleep=off"], stdout=subprocess.PIPE, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    failed, counts = 0, {}
    programs = sys.argv[2:] or PROGRAMS
    for first in range(BOOTS):
        first %= len(programs)
        status, lines = boot(build, [*programs[first:], *programs[:first]])
        failed |= status
        for line in lines:
            match = re.match(r"# bench (\S+) (\S+) ns\r?$", line)
            if match:
                counts.setdefault(match.group(1), []).append(match.group(2))
            elif line.startswith("not ok"):
                print(line)
    for name, values in counts.items():
        print(f"# bench {name} {min(values, key=float)} instructions")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
