#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""boot.py BUILD - from the kernel's first instruction to the shell prompt, what the kernel is in size, and how much
memory is in use at the prompt. Prints "# bench NAME VALUE UNIT" lines; judges nothing.

The kernel's clock counts from its first lines of code; the moment is the start of the shell process on that clock, in
steps of 10 ms (field 22 of its /proc/PID/stat).
"""

import os
import re
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

PROMPT = r"neurath:[^\n]*# "
RUNS = 5


def bench(name, value, unit):
    print(f"# bench {name} {value} {unit}", flush=True)


def loaded_size(elf):
    """Bytes of the sections that stay in memory, by `size -A`."""
    total = 0
    for line in subprocess.run(["size", "-A", elf], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 3 and words[0].startswith(".") and words[2] != "0" and not words[0].startswith(".bss"):
            total += int(words[1])
    return total


def prompt_time(iso, cpus):
    """Milliseconds on the guest's clock at which the shell asks for its first command."""
    with vm.Session(iso, vm.Config(cpus)) as session:
        session.expect(PROMPT, 120)
        stat = session.run("cat /proc/$$/stat", PROMPT)
        memory = session.run("head -2 /proc/meminfo", PROMPT)
    start = int(stat.split(") ")[1].split()[19])
    total = int(re.search(r"MemTotal:\s+(\d+)", memory).group(1))
    free = int(re.search(r"MemFree:\s+(\d+)", memory).group(1))
    return start * 10, (total - free) / 1024


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    iso = os.path.join(build, "neurath.iso")
    bench("kernel_text_and_data", f"{loaded_size(os.path.join(build, 'neurath.elf')) / 1024:.0f}", "KiB")
    for cpus in (1, 2, 4):
        results = sorted(prompt_time(iso, cpus) for _ in range(RUNS))
        bench(f"boot_to_shell_started_{cpus}_cpus", f"{results[RUNS // 2][0]} (worst {results[-1][0]})", "ms")
    bench("memory_in_use_at_the_prompt", f"{results[0][1]:.1f}", "MiB")


if __name__ == "__main__":
    main()
