#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""icount.py BUILD - instruction counts: runs bench programs on one CPU under QEMU's -icount, where a nanosecond of the
guest's clock is an instruction, and prints their "# bench" lines with that unit.
"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = ("switch", "hook_cost", "ipc_cost")


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("".join(f"/tests/{name}\n" for name in PROGRAMS))
        script.flush()
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools", "qemu"), "--iso", os.path.join(build, "test.iso"),
                              "--cpus", "1", "--accel", "tcg-single", "--script", script.name, "--timeout", "600", "--",
                              "-icount", "shift=0,sleep=off"], stdout=subprocess.PIPE, text=True, check=False)
    for line in run.stdout.splitlines():
        match = re.match(r"# bench (\S+) (\S+) ns\r?$", line)
        if match:
            print(f"# bench {match.group(1)} {match.group(2)} instructions", flush=True)
        elif line.startswith("not ok"):
            print(line)
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
