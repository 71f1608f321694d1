# SPDX-License-Identifier: GPL-2.0-or-later
"""apply - the edit, applied to a copy of the sources.

Edit(text) knows a unified diff: the files that it touches and, for each, which lines of the original it changes.
Overlay is a folder that looks like the source tree: symbolic links to the original files, and copies of the touched ones.
Overlay.apply() applies the diff there; the tree itself is never written.

After each change that adds or removes lines a `#line` directive gives the following lines their old numbers again: __LINE__
is in the code of each assertion, and a function below the edit must not differ for that alone. The directive goes to the
first place where the preprocessor takes one: outside of comments, of macro bodies, and of parentheses.
"""

import difflib
import fnmatch
import os
import re
import shutil
import subprocess
from collections import namedtuple

from klpbuild import Refused

# The files that the compiler reads, from the top of the tree.
SOURCES = ("arch", "boot", "include", "kernel", "livepatch", "tests/modules")

# Lines [start, end) of the original became lines [new_start, new_end), counted from 0. start == end: lines were put in.
Hunk = namedtuple("Hunk", "start end new_start new_end")

REFUSED = (
    (r"\.S$", "assembly has no entry slot and cannot be replaced while it runs: build a new kernel"),
    (r"(^|/)linker\.ld$|\.lds$", "the layout of the image cannot change while it runs: build a new kernel"),
    (r"(^|/)(Makefile|Kbuild|config\.mk)$", "other compiler flags make another kernel: build a new kernel"),
    (r"^include/uapi/", "programs were built with the old interface: build a new kernel, or add a new interface"),
    (r"^tools/", "the tools are not part of the kernel: take this file out of the diff"),
)
IGNORED = re.compile(r"^(docs|iso|labs|user|\.ci)/|^tests/(?!modules/)|\.md$|^\.git")
# Sources of separate modules: a patch of the kernel ignores them, and a patch of a module names its module.
MODULES = re.compile(r"^(livepatch/samples|tests/modules)/")


def touched_files(text):
    """{path from the top of the tree: whether it is deleted} of the files of a unified diff, in order."""
    files, lines = {}, text.splitlines()
    for line, following in zip(lines, lines[1:]):
        if not (line.startswith("--- ") and following.startswith("+++ ")):
            continue
        old, new = (part[4:].split("\t")[0].strip() for part in (line, following))
        deleted = new == "/dev/null"
        files[strip(old if deleted else new)] = deleted
    return files


def strip(path):
    return re.sub(r"^[ab]/", "", path)


class Edit:
    """A diff. files: the touched sources that the kernel or a module is made from; ignored: other touched files.
    only: patterns, as of a shell: other files are ignored, too. of_module: the edit is about a module."""

    def __init__(self, text, prefix="", only=(), of_module=False):
        self.text = text
        touched = {prefix + path: deleted for path, deleted in touched_files(text).items()}
        if not touched:
            raise Refused("the diff is empty, or it is no unified diff: make one with `git diff` or `diff -u`")
        self.ignored = [path for path in touched if IGNORED.search(path) or (MODULES.search(path) and not of_module) or
                        (only and not any(fnmatch.fnmatch(path, pattern) for pattern in only))]
        self.files = [path for path in touched if path not in self.ignored]
        self.prefix = prefix
        self.hunks = {}         # {path: [Hunk]}, set when it is applied
        self.old, self.new = {}, {}     # {path: lines}
        self.numbers = {}       # {path: [number that the compiler gives each old line]}
        reasons = [f"{path}: {reason}" for path in self.files for pattern, reason in REFUSED if re.search(pattern, path)]
        reasons += [f"{path}: a deleted file: take its functions out instead, one by one" for path in self.files if touched[path]]
        reasons += [f"{path}: is no C source of the kernel: take this file out of the diff" for path in self.files
                    if not path.endswith((".c", ".h")) and not any(re.search(p, path) for p, _ in REFUSED)]
        if reasons:
            raise Refused(*reasons)

    def line(self, path, number):
        """The old line (counted from 1) to which the compiler gives this number. The two differ only below an earlier edit. Lines that such
        an edit inserted have the numbers of the lines after them; the lines from before the edit come last."""
        numbers = self.numbers[path]
        return len(numbers) - numbers[::-1].index(number) if number in numbers else number

    def changes(self, path, first, last):
        """The first line (counted from 1) in first..last of the original that the edit changes, or None."""
        for hunk in self.hunks.get(path, []):
            inside = (first - 1 < hunk.start < last) if hunk.start == hunk.end else (hunk.start < last and hunk.end > first - 1)
            if inside:
                return max(hunk.start + 1, first)
        return None


def hunks_of(old, new):
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [Hunk(i1, i2, j1, j2) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"]


def directive_places(lines):
    """For each line: whether a directive may stand before it."""
    places, comment, depth, continued = [], False, 0, False
    token = re.compile(r'//.*|/\*|\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()]')
    for line in lines:
        places.append(not comment and not depth and not continued)
        directive = not comment and line.lstrip().startswith("#")
        for match in token.finditer(line):
            text = match.group(0)
            if comment:
                comment = text != "*/" and not text.endswith("*/")
            elif text == "/*":
                comment = True
            elif text in "()" and not (directive or continued):
                depth = max(0, depth + (1 if text == "(" else -1))
        continued = line.rstrip("\n").endswith("\\")
    return places


def wanted_numbers(old, new, hunks, numbers):
    """For each new line: the number that it had before the edit, or None."""
    wanted, at, new_at = [], 0, 0
    for hunk in hunks + [Hunk(len(old), len(old), len(new), len(new))]:
        wanted += numbers[at:hunk.start] + [None] * (hunk.new_end - hunk.new_start)
        at, new_at = hunk.end, hunk.new_end
    assert new_at == len(wanted) == len(new)
    return wanted


def keep_numbers(old, new, hunks, numbers=None):
    """(the new lines with `#line` directives wherever a line would lose its number, the numbers of the new lines)
    numbers: of the old lines; without it, 1, 2, 3..."""
    places, result, told = directive_places(new), [], []
    number = 0
    for line, place, wanted in zip(new, places, wanted_numbers(old, new, hunks, numbers or list(range(1, len(old) + 1)))):
        number += 1
        if wanted not in (None, number) and place:
            result.append(f"#line {wanted}\n")
            number = wanted
        result.append(line)
        told.append(number)
    return result, told


class Overlay:
    """A source tree of symbolic links below `folder`, made from `top` or from a commit of it."""

    def __init__(self, folder, top, revision=None):
        self.folder, self.top = folder, top
        self.edited = {}        # {path: (lines without directives, their numbers)}
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        if revision:
            archive = subprocess.run(["git", "-C", top, "archive", revision, *self.present(revision)], check=True,
                                     stdout=subprocess.PIPE).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        else:
            for name in SOURCES:
                self.link_files(name)

    def present(self, revision):
        return [name for name in SOURCES if not subprocess.run(
            ["git", "-C", self.top, "cat-file", "-e", f"{revision}:{name}"], check=False, stderr=subprocess.DEVNULL).returncode]

    def link_files(self, name, place=None):
        """Links to the files below the folder `name`, in the same place of the overlay, or below `place`."""
        source = os.path.join(self.top, name)
        for root, folders, files in os.walk(source):
            folders[:] = [f for f in folders if not f.startswith(".")]
            target = os.path.normpath(os.path.join(self.folder, place or name, os.path.relpath(root, source)))
            os.makedirs(target, exist_ok=True)
            for file in files:
                os.symlink(os.path.join(root, file), os.path.join(target, file))

    def path(self, name):
        return os.path.join(self.folder, name)

    def lines(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return file.read().splitlines(keepends=True)

    def plain(self, name):
        """(lines, numbers) of a file, without the inserted directives."""
        if name in self.edited:
            return self.edited[name]
        lines = self.lines(name)
        return lines, list(range(1, len(lines) + 1))

    def write(self, name, lines):
        path = self.path(name)
        if os.path.islink(path):
            os.unlink(path)
        if lines or os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)

    def apply(self, edit):
        """Applies the diff, and fills edit.hunks, edit.old, edit.new and edit.numbers. Edits can follow one another."""
        for name in edit.files:
            edit.old[name], edit.numbers[name] = self.plain(name)
            self.write(name, edit.old[name])
        run = subprocess.run(["patch", "-p1", "--force", "--no-backup-if-mismatch", "--reject-file=-", "-d",
                              os.path.join(self.folder, edit.prefix)],
                             input=only_files(edit.text, edit.files, edit.prefix), text=True, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode:
            raise Refused("the diff does not apply to the sources of this kernel: " + "; ".join(run.stdout.splitlines()[:6]))
        for name in edit.files:
            edit.new[name] = self.lines(name)
            edit.hunks[name] = hunks_of(edit.old[name], edit.new[name])
            lines, numbers = keep_numbers(edit.old[name], edit.new[name], edit.hunks[name], edit.numbers[name])
            self.write(name, lines)
            self.edited[name] = edit.new[name], numbers


def by_number(lines):
    """{number: [lines]} of a file with `#line` directives, as the compiler counts them."""
    found, number = {}, 1
    for line in lines:
        directive = re.match(r"#line (\d+)$", line.strip())
        if directive:
            number = int(directive.group(1))
            continue
        text = line.strip()
        if text and text not in found.setdefault(number, []):
            found[number].append(text)
        number += 1
    return found


def only_files(text, files, prefix):
    """The part of a diff that is about these files."""
    parts = re.split(r"(?m)^(?=diff --git |--- [^\n]*\n\+\+\+ )", text)
    kept, header = [], ""
    for part in parts:
        if part.startswith("diff --git") and "\n--- " not in part:
            header = part
            continue
        names = touched_files(part) if part.startswith(("---", "diff")) else {}
        if names and prefix + next(iter(names)) in files:
            kept.append(part[part.index("--- "):] if not header else part)
        header = ""
    return "".join(kept)
