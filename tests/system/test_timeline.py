# SPDX-License-Identifier: GPL-2.0-or-later
"""A transition as a picture: what `klp timeline` writes for people, for a browser and for Perfetto tells the same; and the page works in a
browser without an error, with 5 tasks and with 5,000. The browser is Chromium, where there is one.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(TESTS)
ISO = os.path.join(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build/debug")), "test.iso")
PAGE = os.path.join(TOP, "user/share/klp/timeline.html")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def browse(path):
    """The page as the browser has made it, and what its console said."""
    with tempfile.TemporaryDirectory() as profile:
        run = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                              f"--user-data-dir={profile}", "--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=5000",
                              "--dump-dom", f"file://{path}"], capture_output=True, check=False)
    said = [line for line in run.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    return run.stdout.decode("utf-8"), said


def blockers_of(page):
    """Task and function of each row of the table "In the way"."""
    rows = re.findall(r'<tr class="blocker"><td[^>]*>(.*?)</td><td[^>]*>(.*?)(?:<br>.*?)?</td>', page)
    return [(html.unescape(task), html.unescape(where)) for task, where in rows]


def crowd(number):
    """Records of a transition of so many sleepers, of which every thousandth is in the way."""
    lines = ["1000000 0 1 klp_transition patch=many step=init target=1", "1500000 0 1 klp_transition patch=many step=start target=1"]
    for pid in range(10, 10 + number):
        lines.append(f"{1500000 + pid * 100} 0 1 klp_flag comm=sleeper pid={pid} cpu=0 state=0")
    for pid in range(10, 10 + number):
        at = 3000000 + pid * 200
        if pid % 1000 == 0:
            lines.append(f"{at} 0 1 klp_look comm=sleeper pid={pid} cpu=0 verdict=blocked in=f%3c{pid}+0x1/0x9 stack=schedule+0x1/0x2,f+0x1/0x9")
        else:
            lines.append(f"{at} 0 1 klp_switch comm=sleeper pid={pid} cpu=0 how=asleep state=1")
    for pid in range(1000, 10 + number, 1000):
        lines.append(f"{900000000 + pid} 1 {pid} klp_switch comm=sleeper pid={pid} cpu=1 how=exit state=1")
    lines.append("990000000 0 3 klp_transition patch=many step=complete target=1")
    return "\n".join(lines)


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

    def events(self):
        with open(self.page.replace(".html", ".json"), encoding="utf-8") as file:
            return json.load(file)["traceEvents"]

    def test_slices_of_the_trace_events_open_and_close(self):
        depth, last = {}, 0
        for event in self.events():
            if event["ph"] == "M":
                continue
            self.assertGreaterEqual(event["ts"], last)
            last = event["ts"]
            row = event["pid"], event["tid"]
            depth[row] = depth.get(row, 0) + {"B": 1, "E": -1}.get(event["ph"], 0)
            self.assertGreaterEqual(depth[row], 0, event)
        self.assertEqual({row: open for row, open in depth.items() if open and row[0] == 3}, {}, "still pending at the end")

    def test_every_task_that_was_pending_went_over(self):
        begun = [event["tid"] for event in self.events() if event["ph"] == "B" and event["name"] == "pending"]
        ended = [event["tid"] for event in self.events() if event["ph"] == "E" and event["name"] == "pending"]
        self.assertGreater(len(begun), 30)
        self.assertEqual(sorted(begun), sorted(ended))

    def test_the_page_needs_nothing_else(self):
        with open(self.page, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(re.findall(r"""(?:src|href)\s*=|url\(|@import|https?://|fetch\(|XMLHttp""", text.replace("<!DOCTYPE html>", "")), [])

    @unittest.skipUnless(CHROMIUM, "no chromium")
    def test_the_browser_shows_who_was_in_the_way(self):
        blocked = {event["args"]["text"] for event in self.events() if event["name"] in ("blocked", "unreliable")}
        page, said = browse(self.page)
        self.assertEqual(said, [])
        named = blockers_of(page)
        wanted = {re.search(r"comm=(\S+) pid=(\d+)", text).groups() for text in blocked}
        self.assertEqual({tuple(task.split(" ")) for task, _ in named}, wanted)
        # The one that the script holds is the last to go, so it comes first.
        self.assertRegex(named[0][0], r"^kworker/\d+ \d+$")
        self.assertTrue(named[0][1].startswith("lx_busy_work_func+"), named)
        self.assertIn("lx_callbacks: patching", page)
        for step in ("init", "start", "signal", "completing", "complete", "barrier A", "barrier F"):
            self.assertIn(f">{step}</td>", page)

    @unittest.skipUnless(CHROMIUM, "no chromium")
    def test_five_and_five_thousand_tasks(self):
        with open(PAGE, encoding="utf-8") as file:
            template = file.read()
        for number in (5, 5000):
            path = os.path.join(self.folder.name, f"{number}.html")
            with open(path, "w", encoding="utf-8") as file:
                file.write(template.replace("@@DATA@@", crowd(number)))
            page, said = browse(path)
            self.assertEqual(said, [])
            self.assertIn(f"{number} tasks, complete after", page)
            expected = [(f"sleeper {pid}", f"f<{pid}+0x1/0x9") for pid in range(1000, 10 + number, 1000)]
            self.assertEqual(sorted(blockers_of(page)), sorted(expected))


if __name__ == "__main__":
    unittest.main()
