# SPDX-License-Identifier: GPL-2.0-or-later
"""compile - compiles the touched files and the files that include them, like the kernel: once in the original form, once edited.

The flags are those of the build folder (flags.COMPILE_FLAGS, which the Makefile writes). The compiler runs in the overlay with
the file's name from the top of the tree, so __FILE__ and the headers in quotes are found there.
"""

import concurrent.futures
import glob
import os
import re
import shlex
import subprocess
import sys

from klpbuild import Refused


class Compiler:
    """Runs the compiler that `flags` of the build folder name, with `extra` flags."""

    def __init__(self, build, flags, extra=(), quiet=False):
        self.build, self.quiet = build, quiet
        self.jobs = os.cpu_count() or 1
        try:
            with open(os.path.join(build, flags), encoding="utf-8") as file:
                self.command = shlex.split(file.read()) + list(extra)
        except FileNotFoundError:
            raise Refused(f"{build}: no kernel was built there: make kernel") from None

    def one(self, overlay, source, target):
        """The diagnostics, or None if it compiled."""
        os.makedirs(os.path.dirname(target), exist_ok=True)
        run = subprocess.run(self.command + ["-c", source, "-o", target], cwd=overlay, check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.stdout if run.returncode else None

    def all(self, work):
        """[(overlay, source, target)], several at a time, with a count on a terminal."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(self.one, *entry) for entry in work]
            for count, future in enumerate(concurrent.futures.as_completed(futures), 1):
                if len(work) > 8 and not self.quiet and sys.stderr.isatty():
                    print(f"\r  compiling {count}/{len(work)}", end="" if count < len(work) else "\n", file=sys.stderr)
            failed = [future.result() for future in futures if future.result()]
        if failed:
            raise Refused("the edited sources do not compile:\n" + failed[0])

    def link_build(self, overlay):
        """Headers that the build made are named from the top of the tree: they must be there below the overlay, too."""
        for word in self.command:
            if re.fullmatch(r"-I[^/].*/include", word) and not os.path.exists(os.path.join(overlay, word[2:])):
                link = os.path.join(overlay, word[2:])
                os.makedirs(os.path.dirname(link), exist_ok=True)
                os.symlink(os.path.join(os.path.abspath(self.build), "include"), link)


def dependents(build, files):
    """The C files of the kernel that are compiled from any of these files."""
    headers = [name for name in files if name.endswith(".h")]
    found = [name for name in files if name.endswith(".c")]
    if not headers:
        return found
    wanted = re.compile(r"(?:^|[\s/])(?:" + "|".join(re.escape(os.path.basename(h)) for h in headers) + r")(?=[\s:]|$)")
    for path in sorted(glob.glob(os.path.join(build, "kernel", "**", "*.c.d"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if not wanted.search(text):
            continue
        rule = text.replace("\\\n", " ").split("\n", 1)[0].split()[1:]
        names = {os.path.normpath(name) for name in rule}
        if rule and rule[0] not in found and any(h in names for h in headers):
            found.append(rule[0])
    return found
