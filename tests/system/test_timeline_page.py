# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of a transition in a browser, used as a person would: keys, buttons, search, the mouse; by day and by night; with the few tasks of
a real transition and with 5,000. Without Chromium, which `tools/setup --browser` installs, nothing of this can be tested.
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
import browser  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build/debug")), "test.iso")
PAGE = os.path.join(TOP, "user/share/klp/timeline.html")
TEXTS, BARS = ("text", "dim", "blocked"), ("old", "pending", "blocked", "new", "run", "wake", "ipi", "kick")
READABLE, VISIBLE = 4.5, 3      # WCAG's least contrast of text, and of a shape, to what is behind it
# The place of a row, and the colours of the canvas at places of the window.
ROW_AT = "const box = canvas.getBoundingClientRect(); return [box.left, box.top + yOf(arguments[0]) + ROW / 2]"
PIXELS = """const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
const copy = document.createElement("canvas");
copy.width = canvas.width;
copy.height = canvas.height;
const picture = copy.getContext("2d", { willReadFrequently: true });
picture.drawImage(canvas, 0, 0);
return arguments[0].map(([x, y]) => [(x - box.left) * ratio, (y - box.top) * ratio].map(Math.round)).map(
    at => [...picture.getImageData(...at, 1, 1).data].slice(0, 3))"""


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


def rgb(colour):
    return [int(colour[at:at + 2], 16) for at in (1, 3, 5)]


def luminance(colour):
    parts = [part / 255 for part in rgb(colour)]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class PageTest(unittest.TestCase):
    """A window for the tests of a class. `self.page` is the file that a test opens."""

    @classmethod
    def setUpClass(cls):
        if browser.missing():
            raise unittest.SkipTest(f"these packages are missing: {browser.missing()}; tools/setup --browser installs them")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.make_page()
        cls.window = browser.Browser()
        cls.addClassCleanup(cls.window.close)

    def show(self, path):
        self.window.open(f"file://{path}")
        self.window.until("return document.readyState === 'complete'")

    def tearDown(self):
        self.assertEqual(self.window.console(), [])

    def span(self):
        """What part of the time is seen: the first and the last place of the scale."""
        return self.window.run("return [from, to]")

    def rows(self):
        return self.window.run("return rows.map(row => row.name)")

    def index(self, name):
        return self.window.run("return rows.findIndex(row => row.name.includes(arguments[0]))", name)

    def row_at(self, index, right=60):
        """The place of a row in the window, so many pixels from the left of the chart."""
        left, y = self.window.run(ROW_AT, index)
        return left + right, y

    def pixels(self, *places):
        return self.window.run(PIXELS, places)

    def tip(self):
        return self.window.until("return tip.style.display === 'block' && tip.textContent")

    def blockers(self):
        """Task and function of each row of the table "In the way"."""
        return self.window.run("""return [...document.querySelectorAll("tr.blocker")].map(
            row => [row.cells[0].textContent, row.cells[4].firstChild.textContent])""")


class RealTransition(PageTest):
    @classmethod
    def make_page(cls):
        cls.page, script = (os.path.join(cls.folder.name, name) for name in ("t.html", "many.sh"))
        with open(os.path.join(TESTS, "system/timeline.sh"), encoding="utf-8") as file, open(script, "w", encoding="utf-8") as many:
            many.write("SLEEPERS=48\n" + file.read())       # enough for rows that are folded
        run = subprocess.run([sys.executable, os.path.join(TOP, "tools/timeline"), "--iso", ISO, "--script", script,
                              "--out", cls.page], stdout=subprocess.PIPE, check=False)
        if run.returncode:
            raise AssertionError(run.stdout.decode("utf-8", "replace")[-2000:])
        with open(cls.page.replace(".html", ".json"), encoding="utf-8") as file:
            cls.events = json.load(file)["traceEvents"]

    def setUp(self):
        self.window.prefer("light")
        self.show(self.page)

    def looks(self):
        """What each look found a task in the way, in their order."""
        return [event["args"]["text"] for event in self.events if event["name"] in ("blocked", "unreliable")]

    def test_the_text_lists_who_was_in_the_way(self):
        named = self.blockers()
        wanted = {re.search(r"comm=(\S+) pid=(\d+)", text).groups() for text in self.looks()}
        self.assertEqual({tuple(task.split(" ")) for task, _ in named}, wanted)
        # The one that the script holds is the last to go, so it comes first.
        self.assertRegex(named[0][0], r"^kworker/\d+ \d+$")
        self.assertTrue(named[0][1].startswith("lx_busy_work_func+"), named)

    def test_the_text_lists_the_steps(self):
        self.assertEqual(self.window.run("return document.title"), "lx_callbacks: patching")
        steps = self.window.run("""return [...byId("steps").rows].map(row => row.cells[2].textContent)""")
        self.assertLessEqual({"init", "start", "signal", "completing", "complete", "barrier A", "barrier F"}, set(steps))

    def test_keys_and_buttons_zoom_and_move(self):
        whole = self.span()
        for near, far, fit in ((lambda: self.window.press("+"), lambda: self.window.press("-"), lambda: self.window.press("0")),
                               (lambda: self.window.click("#in"), lambda: self.window.click("#out"), lambda: self.window.click("#fit"))):
            near()
            self.assertAlmostEqual(self.span()[1] - self.span()[0], 0.7 * (whole[1] - whole[0]))
            near()
            far()
            self.assertAlmostEqual(self.span()[1] - self.span()[0], 0.7 ** 2 * 1.4 * (whole[1] - whole[0]))
            fit()
            self.assertEqual(self.span(), whole)
        self.window.press("+", "ArrowRight")
        right = self.span()[0]
        self.window.press("ArrowLeft", "ArrowLeft")
        self.assertLess(self.span()[0], right)

    def test_the_mouse_zooms_and_moves(self):
        whole, (x, y) = self.span(), self.row_at(0, 700)
        self.window.wheel(x, y, -100, "Control")
        self.window.until("return to - from < arguments[0]", whole[1] - whole[0])
        before = self.span()
        self.window.drag((x, y), (x - 50, y), (x - 100, y))
        self.assertGreater(self.window.until("return from > arguments[0] && from", before[0]), before[0])

    def test_time_is_linear_or_logarithmic(self):
        """A bar is where its time is, in both."""
        for wanted in (True, False):
            if self.window.run("return logarithmic") != wanted:
                self.window.press("l")
            self.assertEqual(self.window.run("return logarithmic"), wanted)
            places = self.window.run("return [0, span / 2, span].map(xOf)")
            self.assertEqual(places, sorted(places))
            self.assertAlmostEqual(self.window.run("return timeAt(xOf(span / 2)) / span"), 0.5)

    def test_the_search_finds_and_marks_a_task(self):
        before = self.rows()
        self.window.press("/", *"lx_BUSY")
        self.assertRegex(self.window.run("return byId('found').textContent"), r"^1 of \d+ tasks$")
        tasks = self.window.run("return rows.filter(row => row.task).map(row => [row.task.comm, row.task.where])")
        self.assertEqual([comm for comm, _ in tasks], [self.blockers()[0][0].split(" ")[0]])
        index = self.window.run("return chosen")
        self.assertEqual(self.window.run("return rows[chosen].task.comm"), tasks[0][0])
        self.assertIn(rgb(self.window.run("return color('found')")), self.strip(index))
        self.window.press("Enter")
        self.assertIn("lx_busy_work_func+", self.tip())
        self.window.run("byId('search').value = ''; byId('search').oninput()")
        self.assertEqual(self.rows(), before)

    def strip(self, index):
        """The colours of the name of a row, from left to right, at the lower edge of the letters."""
        x, y = self.row_at(index, 4)
        return self.pixels(*((x + step, y + 6) for step in range(0, 60, 4)))

    def test_hovering_shows_the_stack(self):
        index = self.index(self.blockers()[0][0])
        last = [text for text in self.looks() if f"in={self.blockers()[0][1]}" in text][-1]
        stack = re.search(r"stack=(\S+)", last)[1].split(",")
        self.window.hover(*self.row_at(index))
        self.assertIn("\n    ".join(stack), self.tip())
        box = self.window.run("const box = tip.getBoundingClientRect(); return [box.left, box.top, innerWidth - box.right, innerHeight - box.bottom]")
        self.assertGreaterEqual(min(box), 0, "outside of the window")
        self.window.press("+")
        self.assertEqual(self.window.run("return tip.style.display"), "none")       # it is about what was there before

    def test_rows_are_chosen_and_opened_by_keys(self):
        group = self.index(" × ")
        self.assertGreater(group, 0)
        before = self.rows()
        self.window.press(*["ArrowDown"] * (group + 1))
        self.assertEqual(self.window.run("return chosen"), group)
        self.assertIn(" to ", self.tip())
        self.window.press("Enter")
        size = self.window.run("return rows[chosen].members.length")
        self.assertEqual(len(self.rows()), len(before) + size)
        self.window.press("Enter")
        self.assertEqual(self.rows(), before)

    def test_every_row_ends_in_its_colour(self):
        """The right half shows the time after the last task changed over."""
        self.window.run("""const last = scale(Math.max(...tasks.map(task => task.switched)));
            to = scale(span); from = last - (to - last); draw()""")
        colours = {name: rgb(value) for name, value in self.colours().items()}
        seen = self.window.run("""return rows.map((row, index) => [index, row]).filter(([index, row]) =>
            row.task && row.task.how !== "death" && yOf(index) + ROW < height).map(([index]) => index)""")
        self.assertGreater(len(seen), 10)
        for index in seen:
            left, y = self.row_at(index, 0)
            found = self.pixels(*((left + x, y) for x in range(800, 1200, 40)))
            self.assertIn(colours["new"], found, self.rows()[index])
            for name in ("old", "pending", "blocked"):
                self.assertNotIn(colours[name], found, self.rows()[index])

    def colours(self):
        return self.window.run("""return Object.fromEntries(arguments[0].map(name => [name, color(name)]))""",
                               [*TEXTS, *BARS, "back", "stripe", "found"])

    def check_contrast(self):
        colours = self.colours()
        for behind in ("back", "stripe"):
            for names, least in ((TEXTS, READABLE), (BARS, VISIBLE)):
                for name in names:
                    self.assertGreaterEqual(contrast(colours[name], colours[behind]), least, f"{name} before {behind}: {colours}")
        for one, other in (("text", "found"), ("back", "run")):
            self.assertGreaterEqual(contrast(colours[one], colours[other]), READABLE, f"{one}, {other}: {colours}")
        # The corner of the picture is empty: the canvas has the colours of the page.
        self.assertEqual(self.pixels(self.row_at(0, 2)), [rgb(colours["back"])])

    def test_light_and_dark_are_readable(self):
        backs = []
        for scheme in ("light", "dark"):
            self.window.prefer(scheme)
            self.show(self.page)
            self.check_contrast()
            backs.append(self.colours()["back"])
        self.assertGreater(luminance(backs[0]), luminance(backs[1]))
        for key in (lambda: self.window.press("t"), lambda: self.window.click("#theme")):
            key()
            backs.append(self.colours()["back"])
            self.check_contrast()
        self.assertEqual(backs, backs[:2] * 2)


class Crowd(PageTest):
    @classmethod
    def make_page(cls):
        with open(PAGE, encoding="utf-8") as file:
            template = file.read()
        for number in (5, 5000):
            with open(cls.path(number), "w", encoding="utf-8") as file:
                file.write(template.replace("@@DATA@@", crowd(number)))

    @classmethod
    def path(cls, number):
        return os.path.join(cls.folder.name, f"{number}.html")

    def test_five_and_five_thousand_tasks_are_told(self):
        for number in (5, 5000):
            self.show(self.path(number))
            self.assertIn(f"{number} tasks, complete after", self.window.run("return byId('summary').textContent"))
            expected = [[f"sleeper {pid}", f"f<{pid}+0x1/0x9"] for pid in range(1000, 10 + number, 1000)]
            self.assertEqual(sorted(self.blockers()), sorted(expected))

    def test_five_tasks_need_no_scrolling(self):
        self.show(self.path(5))
        self.assertEqual(len([name for name in self.rows() if name.startswith("sleeper")]), 5)
        self.assertTrue(self.window.run("return chart.scrollHeight <= chart.clientHeight"))

    def test_five_thousand_tasks_fit_a_screen_and_can_be_opened(self):
        self.show(self.path(5000))
        group = self.index("sleeper × 4995")
        self.assertGreaterEqual(group, 0, self.rows())
        self.assertLess(len(self.rows()), 20)
        self.window.click_at(*self.row_at(group))
        self.window.until("return rows.length > 5000")
        self.window.run("chart.scrollTop = chart.scrollHeight")
        self.window.until("return yOf(rows.length - 1) < height")
        # Only what is seen is drawn, however many there are.
        drawn = self.window.run("""const all = drawTask;
            let count = 0;
            drawTask = (...rest) => { count++; all(...rest); };
            draw();
            drawTask = all;
            return count""")
        self.assertGreater(drawn, 10)
        self.assertLess(drawn, 100)
        self.window.hover(*self.row_at(len(self.rows()) - 1))
        self.assertRegex(self.tip(), r"^sleeper \d+\nflagged at ")

    def test_one_of_five_thousand_is_found(self):
        self.show(self.path(5000))
        self.window.press("/", *"4321")
        self.assertEqual(self.window.run("return byId('found').textContent"), "1 of 5000 tasks")
        self.assertEqual(self.rows()[-1], "sleeper 4321")
        self.window.press("Enter")
        self.assertTrue(self.tip().startswith("sleeper 4321\n"))

    def test_the_list_of_all_tasks_has_all(self):
        self.show(self.path(5000))
        self.window.click("#all summary")
        self.assertEqual(self.window.until("const rows = byId('all').querySelectorAll('tr').length; return rows > 1 && rows"), 5001)


if __name__ == "__main__":
    unittest.main()
