# SPDX-License-Identifier: GPL-2.0-or-later
"""direct.py - a boot without a disk, for runs that can be repeated: the tool takes the kernel and its modules out of the ISO, and QEMU's
-kernel loads them (iso/direct/). Then no instruction of the guest depends on the host: docs/replay.md."""

import os
import re
import subprocess

# A machine without input from the host: the clock is the guest's own, and random numbers come from the seed.
DATE = "2026-01-01T00:00:00"


def modules(folder):
    """Names in the order of the boot menu, the kernel first."""
    with open(os.path.join(folder, "grub", "grub.cfg"), encoding="utf-8") as file:
        return ["neurath", *re.findall(r"^\s*module2 /boot/(\S+)", file.read(), re.M)]


def arguments(iso, seed, scratch):
    """QEMU's words. The scratch folder has no comma and no blank in its name."""
    loader = os.path.join(os.path.dirname(os.path.abspath(iso)), "direct.elf")
    folder = os.path.join(scratch, "boot")
    done = subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/boot", folder], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode or not os.path.isdir(folder):
        raise OSError(f"{iso}: its files cannot be read: {done.stderr[-300:]}")
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    if not os.path.exists(loader):
        raise OSError(f"{loader} is missing: make test-images")
    files = ",".join(os.path.join(folder, name) for name in modules(folder))
    return ["-nodefaults", "-kernel", loader, "-initrd", files, "-icount", "shift=0,sleep=off", "-rtc", f"base={DATE},clock=vm",
            "-seed", str(seed)]
