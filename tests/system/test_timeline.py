# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition as a picture: the outputs of `klp timeline` for people, for a browser and for Perfetto tell the same.
How the page looks and works in a browser: test_timeline_page.py.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
sys.path.insert(0, os.path.join(TESTS, "lib"))
import trace_events  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build/debug")), "test.iso")


class Timeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.page = os.path.join(cls.folder.name, "t.html")
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools/timeline"), "--iso", ISO, "--script",
                              os.path.join(TESTS, "system/timeline.sh"), "--out", cls.page], stdout=subprocess.PIPE, check=False)
        cls.status, cls.console = run.returncode, run.stdout.decode("utf-8", "replace")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.assertEqual(self.status, 0, self.console[-2000:])

    def document(self):
        with open(self.page.replace(".html", ".json"), encoding="utf-8") as file:
            return json.load(file)

    def events(self):
        return self.document()["traceEvents"]

    def test_the_trace_events_have_their_format(self):
        self.assertEqual(trace_events.complaints(self.document())[:10], [])
        self.assertGreater(len([event for event in self.events() if event["ph"] == "f"]), 0, "no arrow")

    def test_every_pending_task_changed_over(self):
        begun = [event["tid"] for event in self.events() if event["ph"] == "B" and event["name"] == "pending"]
        ended = [event["tid"] for event in self.events() if event["ph"] == "E" and event["name"] == "pending"]
        self.assertGreater(len(begun), 30)
        self.assertEqual(sorted(begun), sorted(ended))

    def test_the_page_needs_no_other_file(self):
        with open(self.page, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(re.findall(r"""(?:src|href)\s*=|url\(|@import|https?://|fetch\(|XMLHttp""", text.replace("<!DOCTYPE html>", "")), [])


if __name__ == "__main__":
    unittest.main()
