# SPDX-License-Identifier: GPL-2.0-or-later
"""csource.py - finds functions of a C file by name, so that a lab can remove them and a solution can insert them.

It relies on the style of this tree: the first and the last brace of a function stand alone in column 0. It does not parse C; functions()
does not list a function of another shape.
"""

import re
from collections import namedtuple

# Lines [start, end) of the whole; comment <= start of the signature <= brace. The comment is empty if comment == signature.
Function = namedtuple("Function", "name comment signature brace end")

NAME = re.compile(r"(\w+)\s*\(")
NOT_A_NAME = {"__attribute__", "__aligned", "__section"}


class SourceError(Exception):
    """A function does not exist, or exists more than once."""


def _name(signature):
    for match in NAME.finditer(signature):
        if match.group(1) not in NOT_A_NAME:
            return match.group(1)
    return None


def _ends_before(line):
    """The line cannot belong to a signature that follows it."""
    return (not line.strip() or line.startswith(("#", "}", "/*", " *", "//")) or line.rstrip().endswith((";", "*/", "\\")))


def functions(lines):
    """All functions of a file, in order."""
    found = []
    for brace, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        start = brace
        while start > 0 and not _ends_before(lines[start - 1]):
            start -= 1
        name = _name(" ".join(lines[start:brace]))
        end = next((i + 1 for i in range(brace, len(lines)) if lines[i].rstrip() == "}"), None)
        if name is None or end is None or start == brace:
            continue
        comment = start
        if start > 0 and lines[start - 1].rstrip().endswith("*/"):
            comment -= 1
            while not lines[comment].lstrip().startswith("/*"):
                comment -= 1
        found.append(Function(name, comment, start, brace, end))
    return found


def find(lines, name, where):
    found = [f for f in functions(lines) if f.name == name]
    if len(found) != 1:
        raise SourceError(f"{where}: {len(found)} functions are called {name}, and it must be one")
    return found[0]


def body(lines, function):
    """The lines between the braces."""
    return lines[function.brace + 1:function.end - 1]


def replace(text, name, new, where):
    """The file with the function's text replaced; its comment goes only if the new text brings one."""
    lines, new = text.split("\n"), new.strip("\n").split("\n")
    old = find(lines, name, where)
    start = old.comment if new[0].lstrip().startswith("/*") else old.signature
    return "\n".join(lines[:start] + new + lines[old.end:])


def replace_head(text, head):
    """The file with its first block comment replaced."""
    return re.sub(r"^/\*\n.*?\*/", lambda _: head.strip("\n"), text, count=1, flags=re.S | re.M)


def stub(text, name, note, where):
    """The file with an empty function, which returns the value of its type for "not written yet"."""
    lines = text.split("\n")
    old = find(lines, name, where)
    signature = " ".join(lines[old.signature:old.brace])
    kind = signature[:signature.index(name)]
    if "*" in kind:
        value = "\treturn NULL;"
    elif re.search(r"\bvoid\s*$", kind.strip()):
        value = None
    elif re.search(r"\bbool\b", kind):
        value = "\treturn false;"
    elif re.search(r"\b(int|long|ssize_t)\b", kind) and "unsigned" not in kind:
        value = "\treturn -ENOSYS;"
    else:
        value = "\treturn 0;"
    inner = [f"\t/* {note} */"] + ([value] if value else [])
    return "\n".join(lines[:old.brace + 1] + inner + lines[old.end - 1:])


def code_only(text):
    """Without comments and blanks: what is left is compared to find copies."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    return re.sub(r"\s+", "", text)
