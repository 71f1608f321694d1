# SPDX-License-Identifier: GPL-2.0-or-later
"""What every file and folder of the tree must have: a licence line, a README, references that lead somewhere, lines that fit."""

import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"
# The licence itself, and files whose readers know no comments (user/README.md).
NO_SPDX = {"LICENSE", "user/etc/group", "user/etc/hostname", "user/etc/passwd", "user/etc/shadow"}
SOURCES = (".c", ".h", ".S")
# Folders that the README above them describes.
README_ABOVE = re.compile(r"tests/.*|include|include/linux/.*|user|user/servers|arch|arch/x86_64/.*|user/etc")
FOLDERS = "arch|boot|docs|include|iso|kernel|livepatch|tests|tools|user"
REFERENCE = re.compile(rf"(?<![\w/.<-])(?:{FOLDERS})/[\w./*{{}},-]*[\w*}}]")
HEADER = re.compile(r"`?<((?:neurath|uapi|linux)/[\w/]+\.h)>")


def tracked():
    """Files of the repository; in a copy without one, all but what a build makes."""
    if os.path.exists(os.path.join(TOP, ".git")):
        names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True).stdout.decode().split("\0")
        return [name for name in names if name and os.path.exists(os.path.join(TOP, name))]
    found = []
    for folder, folders, names in os.walk(TOP):
        folders[:] = [name for name in folders if name not in ("build", "share", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), TOP) for name in names]
    return found


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def head_comment(text):
    match = re.search(r"^/\*\n.*?\*/", text, re.S | re.M)
    return match.group(0) if match and match.start() < 200 else ""


def exists(reference):
    """A path, or one with *, a folder's NAME or a list in braces, of which the part before must exist."""
    plain = re.split(r"[*{]|NAME|\.\.\.", reference)[0]
    if plain != reference:
        plain = plain.rsplit("/", 1)[0]
    return any(os.path.exists(os.path.join(TOP, plain + end)) for end in ("", ".c", ".h", ".S", ".md"))


class Tree(unittest.TestCase):
    def test_every_file_names_its_licence(self):
        self.assertEqual([name for name in tracked() if name not in NO_SPDX and SPDX not in read(name)[:400]], [])

    def test_every_folder_with_sources_has_a_readme(self):
        names = set(tracked())
        folders = {os.path.dirname(name) for name in names if name.endswith(SOURCES)}
        self.assertEqual(sorted(folder for folder in folders if f"{folder}/README.md" not in names
                                and not README_ABOVE.fullmatch(folder)), [])

    def test_references_of_pages_lead_somewhere(self):
        lost = []
        for name in tracked():
            if name.endswith(".md"):
                text = read(name)
                lost += [f"{name}: {found}" for found in REFERENCE.findall(text) if not exists(found)]
                lost += [f"{name}: {found}" for found in HEADER.findall(text) if not exists(f"include/{found}")]
        self.assertEqual(lost, [])

    def test_references_of_head_comments_lead_somewhere(self):
        lost = []
        for name in tracked():
            if name.endswith(SOURCES):
                comment = head_comment(read(name))
                lost += [f"{name}: {found}" for found in REFERENCE.findall(comment) if not exists(found)]
                lost += [f"{name}: {found}" for found in HEADER.findall(comment) if not exists(f"include/{found}")]
        self.assertEqual(lost, [])

    def test_no_line_ends_in_blanks_or_is_too_wide(self):
        """Tabs are 8 wide; C outside of tests/ has 100 columns."""
        wrong = []
        for name in tracked():
            width = 100 if name.endswith(SOURCES) and not name.startswith("tests/") else None
            for number, line in enumerate(read(name).split("\n"), 1):
                if line != line.rstrip() or (width and len(line.expandtabs(8)) > width):
                    wrong.append(f"{name}:{number}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
