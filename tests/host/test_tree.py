# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules for every file and folder of the tree: a licence line, a README, references that lead somewhere, lines that
fit."""

import glob
import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"
# The licence itself, and files in formats without comments (user/README.md).
NO_SPDX = {"LICENSE", "user/etc/group", "user/etc/hostname", "user/etc/passwd", "user/etc/shadow"}
PICTURES = (".png",)
# Inputs of the fuzzer: any bytes.
INPUTS = "tests/fuzz/corpus/"
SOURCES = (".c", ".h", ".S")
# Folders that the README above them describes.
README_ABOVE = re.compile(r"labs/.*|tests/.*|include|include/linux/.*|user|user/servers|arch|arch/x86_64/.*|user/etc")
FOLDERS = "arch|boot|docs|include|iso|kernel|labs|livepatch|tests|tools|user"
REFERENCE = re.compile(rf"(?<![\w/.<-])(?:{FOLDERS})/[\w./*{{}},-]*[\w*}}]")
HEADER = re.compile(r"`?<((?:neurath|uapi|linux)/[\w/]+\.h)>")

MOST_PARAMETERS = 5
# Functions with more parameters, and the reasons.
MORE_PARAMETERS = {
    "klp_shadow_alloc": "Linux's interface",
    "klp_shadow_get_or_alloc": "Linux's interface",
    "shadow_get_or_alloc": "the common body of the two",
    "trace_call_end": "one parameter for each field of the event",
    "trace_klp_look": "one parameter for each field of the event",
    "__snprintf_chk": "glibc's interface",
    "__vsnprintf_chk": "glibc's interface",
    "call5": "a system call: its number and five arguments",
}
COMMENT_OR_LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
DIRECTIVE = re.compile(r"(?m)^[ \t]*#(?:.*\\\n)*.*")
FUNCTION = re.compile(r"(?m)^[a-z_A-Z][\w \t*]*?[ *](\w+)\(((?:[^()]|\([^()]*\))*)\)\s*(?:[A-Z_]\w*(?:\([^()]*\))?\s*)*[;{]")


def parameters(text):
    """(name, number of parameters) of each function that is declared or defined at the left margin of C."""
    text = DIRECTIVE.sub("", COMMENT_OR_LITERAL.sub("", text))
    return [(match.group(1), re.sub(r"\([^()]*\)", "", match.group(2)).count(",") + 1) for match in FUNCTION.finditer(text)]


def tracked():
    """Files of the repository; in a copy without a repository, all files except results of a build."""
    if os.path.exists(os.path.join(TOP, ".git")):
        names = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True).stdout.decode().split("\0")
        return [name for name in names if name and os.path.exists(os.path.join(TOP, name))]
    found = []
    for folder, folders, names in os.walk(TOP):
        folders[:] = [name for name in folders if name not in ("build", "share", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), TOP) for name in names]
    return found


def is_binary(name):
    return name.endswith(PICTURES) or name.startswith(INPUTS)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def head_comment(text):
    match = re.search(r"^/\*\n.*?\*/", text, re.S | re.M)
    return match.group(0) if match and match.start() < 200 else ""


# Files that students write do not exist in this tree.
STUDENTS_FILES = {file for cut in glob.glob(os.path.join(TOP, "labs", "L*", "cut"))
                  for line in re.findall(r"(?m)^student (.*)", read(cut)) for file in line.split()}


def exists(reference):
    """Whether a path exists; of a path with *, a folder's NAME or a list in braces, the part before must exist."""
    if re.match(r"labs/L\d+/work\b", reference) or reference in STUDENTS_FILES:
        return True
    plain = re.split(r"[*{]|NAME|\.\.\.", reference)[0]
    if plain != reference:
        plain = plain.rsplit("/", 1)[0]
    return any(os.path.exists(os.path.join(TOP, plain + end)) for end in ("", ".c", ".h", ".S", ".md"))


class Tree(unittest.TestCase):
    def test_every_file_names_its_licence(self):
        self.assertEqual([name for name in tracked() if name not in NO_SPDX and not is_binary(name) and SPDX not in read(name)[:400]], [])

    def test_the_licence_line_has_one_form(self):
        """/* */ in C and assembly, but not in the samples, which have the form of a module for Linux."""
        self.assertEqual([name for name in tracked() if name.endswith(SOURCES) and not name.startswith("livepatch/samples/")
                          and not read(name).startswith(f"/* {SPDX} */\n")], [])

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
        """A tab is 8 wide; C outside of tests/ and labs/ has 100 columns. In a diff an empty line of context is a
        blank."""
        wrong = []
        for name in tracked():
            if is_binary(name):
                continue
            width = 100 if name.endswith(SOURCES) and not name.startswith(("tests/", "labs/")) else None
            for number, line in enumerate(read(name).split("\n"), 1):
                if (line != line.rstrip() and not name.endswith(".diff")) or (width and len(line.expandtabs(8)) > width):
                    wrong.append(f"{name}:{number}")
        self.assertEqual(wrong, [])

    def test_functions_have_few_parameters(self):
        """More than five parameters become a structure (struct vm_mapping). tests/ and labs/ have no limit."""
        many = {}
        for name in tracked():
            if name.endswith((".c", ".h")) and name.startswith(("arch/", "boot/", "include/", "kernel/", "livepatch/", "user/")):
                many.update({function: name for function, number in parameters(read(name)) if number > MOST_PARAMETERS})
        self.assertEqual([f"{name}: {function}()" for function, name in sorted(many.items()) if function not in MORE_PARAMETERS], [])
        self.assertEqual(sorted(set(MORE_PARAMETERS) - set(many)), [], "exceptions that are not needed any more")

    def test_the_number_of_parameters_is_found(self):
        self.assertEqual(parameters("int a(void);\n/* int b(int, int); */\nstatic struct c *d(int x, int (*f)(int, int),\n\t\tchar *s)\n{\n"),
                         [("a", 1), ("d", 3)])

    def test_the_diffs_of_patches_fit_the_sources(self):
        """tests/system/test_patches.py tests the diffs that need another diff first (`on:`)."""
        wrong = []
        for path in sorted(glob.glob(os.path.join(TOP, "tests/patches/*.diff"))):
            if not re.search(r"(?m)^on:", read(path)):
                done = subprocess.run(["git", "apply", "--check", path], cwd=TOP, capture_output=True, text=True)
                wrong += done.stderr.splitlines()[:1] and [f"{os.path.relpath(path, TOP)}: {done.stderr.splitlines()[0]}"]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
