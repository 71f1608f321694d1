# SPDX-License-Identifier: GPL-2.0-or-later
"""The English of comments and pages, as far as a program can judge it: no archaisms, no words that name nothing, the terms of
docs/glossary.md for the two acts that have had other names, and a first line in each source file that says what the file is."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_tree import SOURCES, read, tracked    # noqa: E402

# Words, and what to write in their place.
WORDS = {
    "whoever|whomever|whosoever": "the task (CPU, program) that",
    "whom": "which task, which process",
    "nobody|somebody|anybody|everybody": "no task, a task, any task, all tasks (or CPU, program, user)",
    "whatsoever|howsoever|wheresoever": "any",
    "hence|thence|whence|thus|thereby|whereby|wherein|therein|thereof|thereupon|whereupon": "therefore, in which, of it",
    "upon|lest|albeit|whilst|hitherto|heretofore|naught|nought|alas|ere": "on, so that ... not, although, while",
    "for ever|forevermore|evermore": "without end, never freed, never again",
    "go over|goes over|going over|gone over|went over": "change over (of a task), walk (of a list)",
    "turn round|turns round|turned round|turning round": "reverse (a transition)",
}
REFUSED = re.compile("|".join(rf"\b(?:{words})\b" for words in WORDS), re.I)
# labs/ is a course that speaks to students.
EXCEPTED = re.compile(r"labs/")

LITERAL_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
QUOTED = re.compile(r'`[^`\n]*`|"[^"\n]*"|\b\w+_\w+\b')
RIDDLE = re.compile(r"(?:what|who|how|where|when|why|nothing|some|if|it|this)\b", re.I)
FILE_NAME = re.compile(r"[\w./-]+(?:\.[chS])?\s+-\s+")
SHORTEST_TAGLINE = 3


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def prose(name, text):
    """The English words of @text, in their places: comments of C, or a page without code; without quoted text and
    names."""
    if name.endswith(".md"):
        text = re.sub(r"(?ms)^```.*?^```", blank, text)
        text = re.sub(r"<!--.*?-->", blank, text, flags=re.S)
    else:
        kept = []
        end = 0
        for match in LITERAL_OR_COMMENT.finditer(text):
            kept.append(re.sub(r"[^\n]", " ", text[end:match.start()]))
            kept.append(match.group(0) if match.group(0)[0] == "/" else blank(match))
            end = match.end()
        text = "".join(kept)
    return QUOTED.sub(blank, text)


def refused(name, text):
    words = prose(name, text)
    return [f"{name}:{words.count(chr(10), 0, match.start()) + 1}: {match.group(0)}" for match in REFUSED.finditer(words)]


def tagline(text):
    """The first sentence of the comment below the licence line, without the file's name; "" if there is none."""
    match = re.match(r"\s*/\*(.*?)\*/", text.partition("\n")[2], re.S)
    comment = " ".join(re.sub(r"(?m)^\s*\*", " ", match.group(1)).split()) if match else ""
    return re.split(r"[.:;](?:\s|$)", FILE_NAME.sub("", comment, count=1))[0]


def judge_tagline(name, text):
    line = tagline(text)
    if len(line) < SHORTEST_TAGLINE:
        return [f"{name}: the comment below the licence line must say what the file is"]
    return [f"{name}: '{line[:60]}': name the thing"] if RIDDLE.match(line) else []


class English(unittest.TestCase):
    def test_comments_and_pages_have_no_archaisms_and_no_words_that_name_nothing(self):
        found = []
        for name in tracked():
            if name.endswith(SOURCES + (".md",)) and not EXCEPTED.match(name):
                found += refused(name, read(name))
        self.assertEqual(found, [], "WORDS in tests/host/test_english.py says what to write instead")

    def test_each_source_file_says_what_it_is(self):
        wrong = []
        for name in tracked():
            if name.endswith(SOURCES) and not EXCEPTED.match(name):
                wrong += judge_tagline(name, read(name))
        self.assertEqual(wrong, [])


class Offences(unittest.TestCase):
    def test_each_word_is_found(self):
        for word in "|".join(WORDS).split("|"):
            self.assertEqual(refused("a.c", f"/* The lock is for {word} here. */\n"), [f"a.c:1: {word}"])
            self.assertEqual(refused("a.md", f"# Page\n\nThe lock is for {word} here.\n"), [f"a.md:3: {word}"])

    def test_the_line_is_named(self):
        self.assertEqual(refused("a.c", "int a;\n/*\n * Upon this.\n */\n"), ["a.c:3: Upon"])

    def test_code_literals_and_quoted_text_are_free(self):
        self.assertEqual(refused("a.c", 'int nobody;\nputs("nobody /* thus */");\n/* prints "nobody", mutant NOBODY_WOKEN */\n'), [])
        self.assertEqual(refused("a.md", "The test `nobody_waits`.\n\n```\nwaits for nobody\n```\n"), [])

    def test_a_file_without_a_tagline_is_found(self):
        licence = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
        for text in ("#include <a.h>\n", "/* */\n", "/* What a server needs. */\n", "/*\n * a.c - who waits, and where.\n */\n"):
            self.assertEqual(len(judge_tagline("a.c", licence + text)), 1, text)
        for text in ("/* Locks: tickets. */\n", "/*\n * a.c - the locks of\n * tasks.\n */\n"):
            self.assertEqual(judge_tagline("a.c", licence + text), [], text)


if __name__ == "__main__":
    unittest.main()
