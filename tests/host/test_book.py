# SPDX-License-Identifier: GPL-2.0-or-later
"""The book of the pages: every chapter of the reading order, functions as they are in the tree, drawings with lines."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("book", os.path.join(TOP, "tools", "book"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("book", loader))
    loader.exec_module(module)
    return module


class Book(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.book = load()

    def test_every_page_is_a_chapter(self):
        there = {name for name in os.listdir(os.path.join(TOP, "docs")) if name.endswith(".md")}
        found = self.book.chapters()
        self.assertEqual(sorted(found), sorted(there - {"README.md", "glossary.md"}))
        self.assertEqual((found[0], found[-1]), ("architecture.md", "reading.md"))
        self.assertLess(found.index("boot.md"), found.index("livepatch.md"))

    def test_the_glossary_says_where_a_term_is_used(self):
        self.assertIn("(livepatch)", self.book.glossary([("livepatch.md", "a selector is code"), ("boot.md", "grub")]))

    def test_an_excerpt_equals_the_source(self):
        code = self.book.Code()
        text = code.excerpt("klp_start_transition", "livepatch.md")
        path, line, body = code.places["klp_start_transition"][0]
        self.assertIn(f"{path}:{line}", text)
        source = self.book.read(path)
        self.assertIn(body, source)
        self.assertIn("klp_start_transition", source.split("\n")[line - 1])
        self.assertIsNone(code.excerpt("klp_start_transition", "hooks.md"), "once is enough")
        self.assertIsNone(code.excerpt("no_such_function", "hooks.md"))

    def test_lines_and_words_of_a_drawing_are_told_apart(self):
        drawing = "+------+   a-b\n| text |\n+------+"
        self.assertTrue(self.book.is_drawing(drawing))
        picture = self.book.svg(drawing)
        self.assertIn(">text</text>", picture)
        self.assertIn(">a-b</text>", picture)
        self.assertNotIn("+", picture.split(">", 1)[1])
        self.assertGreater(picture.count("<path"), 20)
        self.assertFalse(self.book.is_drawing("$ make run\nneurath:~# ls\nbin  dev"))


if __name__ == "__main__":
    unittest.main()
