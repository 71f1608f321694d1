# SPDX-License-Identifier: GPL-2.0-or-later
"""The console on a screen: the frame buffer shows the same text as the serial line, the keyboard types, and old lines
can be shown again. The test reads the screen as a person does: letter by letter, from QEMU's picture."""

import json
import os
import socket
import struct
import sys
import tempfile
import time
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(TESTS), "tools"))
import font  # noqa: E402
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
FONT = "/usr/share/grub/unicode.pf2"
PROMPT = r"neurath:[^\n]*# "
LIT = bytes([ord("0")]) + bytes([ord("1")]) * 255
KEYS = {" ": ["spc"], "_": ["shift", "minus"], "\r": ["ret"], "-": ["minus"], "/": ["slash"], ".": ["dot"], ";": ["semicolon"], "=": ["equal"],
        "|": ["shift", "backslash"], "$": ["shift", "4"], "(": ["shift", "9"], ")": ["shift", "0"], "+": ["shift", "equal"],
        "\x03": ["ctrl", "c"]}


class Monitor:
    """QEMU's machine protocol: keys and pictures."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.do("qmp_capabilities")

    def close(self):
        self.file.close()
        self.socket.close()

    def do(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise AssertionError(answer["error"])
            if "return" in answer:
                return answer["return"]

    def keys(self, *names):
        """Presses the keys together. The hold time ends before the next command."""
        self.do("send-key", keys=[{"type": "qcode", "data": name} for name in names], **{"hold-time": 1})

    def type(self, text):
        for letter in text:
            self.keys(*KEYS.get(letter, ["shift", letter.lower()] if letter.isupper() else [letter]))
            time.sleep(0.03)    # QEMU drops keys that come before the hold time has ended


def letters():
    with open(FONT, "rb") as file:
        return {cell: chr(code) for code, cell in reversed(font.glyphs(file.read()))}


class Screen(unittest.TestCase):
    config = None

    @classmethod
    def setUpClass(cls):
        if cls.config is None:
            raise unittest.SkipTest("a base class")
        cls.scratch = tempfile.TemporaryDirectory(prefix="neurath-screen-")
        path = os.path.join(cls.scratch.name, "qmp")
        cls.session = vm.Session(ISO, cls.config, extra=["-qmp", f"unix:{path},server=on,wait=off"])
        cls.session.expect(PROMPT, 120)
        cls.monitor = Monitor(path)
        cls.letters = letters()

    @classmethod
    def tearDownClass(cls):
        cls.monitor.close()
        cls.session.close()
        cls.scratch.cleanup()

    def picture(self):
        """Width, height and the pixels, three bytes each."""
        path = os.path.join(self.scratch.name, "picture")
        self.monitor.do("screendump", filename=path)
        with open(path, "rb") as file:
            data = file.read()
        kind, size, most, pixels = data.split(b"\n", 3)
        width, height = map(int, size.split())
        self.assertEqual((kind, most, len(pixels)), (b"P6", b"255", 3 * width * height))
        return width, height, pixels

    def lines(self):
        """The screen as text."""
        width, height, pixels = self.picture()
        cols, rows = width // font.WIDTH, height // font.HEIGHT
        bright = pixels[::3].translate(LIT)
        for other in (1, 2):
            bright = bytes(map(int.__or__, bright, pixels[other::3].translate(LIT)))
        lines = []
        for row in range(rows):
            text = ""
            for col in range(cols):
                start = row * font.HEIGHT * width + col * font.WIDTH
                cell = bytes(int(bright[at:at + font.WIDTH], 2)
                             for at in range(start, start + font.HEIGHT * width, width))
                text += self.letters.get(cell, "#")
            lines.append(text)
        self.cells = rows, cols
        return [line.rstrip() for line in lines]

    def type_echoed(self, text):
        """Types each key when the previous one is on the screen, because the keyboard of a slow machine drops keys."""
        for end, letter in enumerate(text, 1):
            self.monitor.type(letter)
            if letter != "\r":
                self.until(lambda lines: any(text[:end].rstrip() in line for line in lines), f"{letter} is not echoed")

    def until(self, condition, what):
        """Waits for a condition of the screen, which is drawn a moment after the serial line has its bytes."""
        watch = self.session.limit(20)
        while True:
            lines = self.lines()
            if condition(lines):
                return lines
            hung = watch.look()
            if hung:
                self.fail(f"{what}: {hung}; the screen shows:\n" + "\n".join(lines))
            time.sleep(0.1)

    def run_line(self, command):
        return self.session.run(command, PROMPT)

    def test_both_show_the_same(self):
        text = "The quick brown fox, 0123456789 {}[]~"
        self.run_line(f"clear; echo '{text}'")
        self.until(lambda lines: lines[0] == text and lines[1].startswith("neurath:"), "not the same")

    def test_the_keyboard_types(self):
        self.monitor.type("echo Typed-$((40+2)); echo end\r")
        self.session.expect(r"\nTyped-42\nend\n")
        self.session.expect(PROMPT)
        self.until(lambda lines: "Typed-42" in lines, "no answer")

    def test_ctrl_c_interrupts(self):
        # The job itself says that it runs: a key that is typed before the job has the terminal interrupts only the
        # shell.
        self.session.send("sh -c \"echo star''ted; exec sleep 1000\"\r")
        self.session.expect(r"\nstarted\n")
        self.monitor.type("\x03")
        self.session.expect(PROMPT)

    def test_old_lines_can_be_shown_and_typing_returns_to_the_end(self):
        self.run_line("clear; seq 1000 1300")
        self.until(lambda lines: "1300" in lines and "1100" not in lines, "not at the end")
        for _ in range(60):
            self.monitor.keys("shift", "pgup")
            if "1100" in self.lines():
                break
        self.until(lambda lines: "1100" in lines and "1300" not in lines, "not back")
        self.monitor.type("\r")
        self.session.expect(PROMPT)
        self.until(lambda lines: "1300" in lines, "not at the end again")

    def test_the_size_is_that_of_the_device_at_which_a_person_types(self):
        self.assertEqual(self.run_line("stty size"), "24 80")
        self.monitor.type("stty size\r")
        match = self.session.expect(r"stty size\n(\d+) (\d+)\n")
        self.session.expect(PROMPT)
        self.assertEqual((int(match.group(1)), int(match.group(2))), self.size())
        self.assertEqual(self.run_line("stty size"), "24 80")

    def test_cursor_and_erasing(self):
        self.run_line(r"e=$(printf '\033')")
        self.run_line('printf "$e[2J$e[Habcdef$e[3D$e[1K$e[3;5Hx$e[2;1Hline$e[4;1H"')
        self.until(lambda lines: lines[:3] == ["    ef", "line", "    x"] and lines[3].startswith("neurath:"), "not there")

    def size(self):
        self.lines()
        return self.cells


class Bios(Screen):
    config = vm.Config(2, "bios", "q35")


class Uefi(Screen):
    config = vm.Config(1, "uefi", "q35")


class NoSerialPort(unittest.TestCase):
    """A machine that has only a screen and a keyboard."""

    def boot(self):
        """Boots; returns the screen when it shows a prompt."""
        scratch = tempfile.TemporaryDirectory(prefix="neurath-screen-")
        self.addCleanup(scratch.cleanup)
        path = os.path.join(scratch.name, "qmp")
        session = vm.Session(ISO, vm.Config(2), serial="none", extra=["-qmp", f"unix:{path},server=on,wait=off"])
        self.addCleanup(session.close)
        watch = session.limit()
        while not os.path.exists(path):
            time.sleep(0.1)
            self.assertEqual(watch.look(), "")
        screen = Screen()
        screen.scratch, screen.monitor, screen.letters, screen.session = scratch, Monitor(path), letters(), session
        self.addCleanup(screen.monitor.close)
        screen.until(lambda lines: any(line.startswith("neurath:") for line in lines), "no prompt")
        return screen

    def test_a_shell_on_the_screen(self):
        screen = self.boot()
        screen.type_echoed("echo $((40+2)); stty size\r")
        screen.until(lambda lines: "42" in lines and "%d %d" % screen.cells in lines, "no answer")

    def test_an_oops_is_on_the_screen(self):
        screen = self.boot()
        screen.type_echoed("insmod /lib/modules/tm_crash.ko how=null\r")
        screen.until(lambda lines: any(line.startswith("Oops: kernel page fault: null pointer") for line in lines), "no oops")


if __name__ == "__main__":
    unittest.main()
