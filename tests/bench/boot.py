#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""boot.py BUILD - how long the kernel takes to start the shell, how large it is, and how much memory is in use at the
prompt. Prints "# bench NAME VALUE UNIT" lines, and judges no value.

kernel_text_and_data    the parts of the image that take space in the file: code, constants, symbol table, data; not bss
boot_to_shell_started   the time at which the shell's process was created (field 22 of its /proc/PID/stat, steps of 10 ms),
                        by the kernel's clock, which counts from its first lines of C: without firmware and boot loader
memory_in_use           the machine's memory that is not free at the first prompt with 2 CPUs; kernel image, tables and
                        firmware count, the initrd does not: its files are used where they lie
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
MEMORY_KIB = 512 << 10


def bench(name, value, unit):
    print(f"# bench {name} {value} {unit}", flush=True)


def loaded_size(elf):
    """Bytes of the sections that are loaded from the image, by `size -A`."""
    total = 0
    for line in subprocess.run(["size", "-A", elf], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 3 and words[0].startswith(".") and words[2] != "0" and not words[0].endswith("bss"):
            total += int(words[1])
    return total


def measure(iso, cpus):
    """One boot: milliseconds to the start of the shell, MiB in use at its prompt."""
    with vm.Session(iso, vm.Config(cpus), mem=f"{MEMORY_KIB}K") as session:
        session.expect(PROMPT, 120)
        memory = session.run("grep MemFree /proc/meminfo", PROMPT)
        stat = session.run("cat /proc/$$/stat", PROMPT)
        initrd = session.run("stat -c size=%s /boot/initrd", PROMPT)
    start = int(stat.split(") ")[1].split()[19])
    free = int(re.search(r"MemFree:\s+(\d+)", memory).group(1))
    size = int(re.search(r"size=(\d+)", initrd).group(1))
    return start * 10, (MEMORY_KIB - free - size / 1024) / 1024


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    iso = os.path.join(build, "neurath.iso")
    bench("kernel_text_and_data", f"{loaded_size(os.path.join(build, 'neurath.elf')) / 1024:.0f}", "KiB")
    for cpus in (1, 2, 4):
        results = sorted(measure(iso, cpus) for _ in range(RUNS))
        bench(f"boot_to_shell_started_{cpus}_cpus", f"{results[RUNS // 2][0]} (worst {results[-1][0]})", "ms")
        if cpus == 2:
            bench("memory_in_use_at_the_prompt", f"{max(memory for _, memory in results):.1f}", "MiB")


if __name__ == "__main__":
    main()
