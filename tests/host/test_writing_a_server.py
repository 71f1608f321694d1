# SPDX-License-Identifier: GPL-2.0-or-later
"""The server that docs/writing-a-server.md prints is the server that is built and tested."""

import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


class WritingAServer(unittest.TestCase):
    def test_the_page_shows_the_file(self):
        shown = re.search(r"```c\n(.*?)```", read("docs/writing-a-server.md"), re.S)
        self.assertIsNotNone(shown)
        self.assertEqual(shown.group(1), read("user/servers/hello/main.c"))

    def test_the_server_is_as_short_as_promised(self):
        """Sixty lines of code: without comments, empty lines and lone braces."""
        text = re.sub(r"/\*.*?\*/", "", read("user/servers/hello/main.c"), flags=re.S)
        code = [line for line in text.splitlines() if line.strip(" \t{};")]
        self.assertLessEqual(len(code), 60)


if __name__ == "__main__":
    unittest.main()
