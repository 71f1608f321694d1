#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""linux.py BUILD - compares with Linux: the same programs in the same virtual machine, instructions a round, the ratio.

Runs /tests/switch and /tests/growth (tests/bench/*.c) on Neurath and on a Linux kernel, each alone on one CPU under QEMU's
-icount, where a nanosecond of the guest's clock is an instruction. The Linux kernel is LINUX=path of a bzImage with a
serial console, or build/packages/vmlinuz, which `tools/setup --bench` unpacks from Debian's kernel package. Without a
Linux kernel there is no comparison.

Linux chooses its mitigations against speculation for this CPU. Prints lines

    # bench NAME_of_linux VALUE instructions
    # bench NAME_ratio VALUE of Linux's          below 1: Neurath needs fewer
"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 3600   # a hang detector: both boots take a minute or two
PROGRAMS = ("switch", "growth")
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir /tmp
""" + "".join(f"/tests/{name} >/dev/ttyS0\n" for name in PROGRAMS) + "poweroff -f\n"
LINE = re.compile(r"# bench (\S+) (\S+) ns")


def counts(text):
    return {name: float(value) for name, value in LINE.findall(text)}


def on_neurath(build):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("".join(f"/tests/{name}\n" for name in PROGRAMS))
        script.flush()
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools", "qemu"), "--iso", os.path.join(build, "test.iso"),
                              "--cpus", "1", "--accel", "tcg-single", "--script", script.name, "--timeout", str(TIMEOUT), "--",
                              "-icount", "shift=0,sleep=off"], stdout=subprocess.PIPE, text=True, check=False)
    return counts(run.stdout)


def initramfs(build, folder):
    init = os.path.join(folder, "init")
    with open(init, "w", encoding="utf-8") as file:
        file.write(INIT)
    manifest = os.path.join(folder, "list")
    busybox = os.environ.get("BUSYBOX") or os.path.join(TOP, "build", "packages", "busybox")
    tests = "".join(f"file /tests/{name} {os.path.join(build, 'user/tests', name)} 0755\n" for name in PROGRAMS)
    with open(manifest, "w", encoding="utf-8") as file:
        file.write(f"dir /proc 0755\ndir /dev 0755\nfile /init {init} 0755\nfile /bin/busybox {busybox} 0755\n"
                   f"{tests}applets /bin {busybox}\n")
    image = os.path.join(folder, "initramfs")
    subprocess.run([sys.executable, os.path.join(TOP, "tools", "mkinitrd.py"), manifest, "-o", image], check=True)
    return image


def on_linux(build, kernel):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["qemu-system-x86_64", "-machine", "q35", "-cpu", "max", "-m", "512M", "-smp", "1", "-accel", "tcg,thread=single",
                              "-icount", "shift=0,sleep=off", "-kernel", kernel, "-initrd", initramfs(build, folder),
                              "-append", "console=ttyS0 quiet panic=-1 clocksource=tsc tsc=reliable", "-display", "none",
                              "-serial", "stdio", "-no-reboot", "-nic", "none"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True, errors="replace", timeout=TIMEOUT, check=False)
    return counts(run.stdout)


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    kernel = os.environ.get("LINUX") or os.path.join(TOP, "build", "packages", "vmlinuz")
    if not os.path.exists(kernel):
        print("# no Linux to compare with: tools/setup --bench unpacks one, or LINUX=path of a bzImage")
        return 0
    ours, theirs = on_neurath(build), on_linux(build, kernel)
    if not ours or not theirs:
        print(f"not ok - {'Neurath' if not ours else 'Linux'} printed no figures")
        return 1
    for name, value in theirs.items():
        print(f"# bench {name}_of_linux {value:g} instructions")
        if name in ours:
            print(f"# bench {name}_ratio {ours[name] / value:.2f} of Linux's")
    return 0


if __name__ == "__main__":
    sys.exit(main())
