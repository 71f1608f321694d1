# SPDX-License-Identifier: GPL-2.0-or-later
"""browser.py - a headless Chromium for a test, driven as a person would: keys, buttons, the mouse; and what the person sees.

It talks to Debian's chromedriver (W3C WebDriver over HTTP). Nothing waits for a time to pass: a command is answered when the browser
has done it, and until() looks at each frame that the browser draws. A browser that computes or sleeps for long without an answer
hangs (progress.py), and the test fails.
"""

import base64
import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import progress  # noqa: E402
import vm  # noqa: E402

# Commands, and Debian's packages that have them.
NEEDS = {"chromium": "chromium", "chromedriver": "chromium-driver"}
KEYS = {"Enter": "\ue007", "Control": "\ue009", "Escape": "\ue00c", "ArrowLeft": "\ue012", "ArrowUp": "\ue013",
        "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
# Seconds. No answer takes so long: a page of 5,000 tasks is drawn in one.
COMPUTING, SLEEPING = 120, 20
FOREVER = 10 ** 9       # milliseconds: chromedriver itself judges no time
SWITCHES = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-device-scale-factor=1"]
UNTIL = """
const done = arguments[arguments.length - 1], rest = [...arguments].slice(0, -1);
const condition = function () { %s };
function look() {
    const value = condition.apply(null, rest);
    if (value) done(value); else requestAnimationFrame(look);
}
look();
"""


def missing():
    """The packages that this machine lacks, as words; "" if it has all."""
    return " ".join(package for command, package in NEEDS.items() if not shutil.which(command))


class Browser:
    """One window. close() ends the browser, and only this one."""

    def __init__(self, width=1300, height=900):
        self.folder = tempfile.mkdtemp(prefix="neurath-browser-")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       env=dict(os.environ, TMPDIR=self.folder), preexec_fn=vm.die_with_parent)
        self.watch = progress.Watch(self.driver.pid, COMPUTING, SLEEPING)
        self.path = ""
        try:
            self.port = self.listening_port()
            wanted = {"goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"script": None, "pageLoad": FOREVER},
                      "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": [*SWITCHES, f"--window-size={width},{height}"]}}
            session = self.command("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.path = f"/session/{session['sessionId']}"
        except BaseException:
            self.close()
            raise

    def close(self):
        try:
            if self.path:
                self.command("DELETE", "")
        finally:
            self.kill()
            self.driver.communicate()
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self):
        self.path = ""
        for pid, _ in self.watch.family.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def judge(self):
        """Ends a browser that hangs: what comes next is refused at once."""
        hung = self.watch.look()
        if hung:
            self.kill()
            raise AssertionError(f"the browser hangs: {hung}")

    def wait_for(self, file):
        """Until there is something to read."""
        self.watch.event()
        while not select.select([file], [], [], vm.LOOK)[0]:
            self.judge()

    def listening_port(self):
        text = b""
        while True:
            self.wait_for(self.driver.stdout)
            more = os.read(self.driver.stdout.fileno(), 4096)
            text += more
            found = re.search(rb"started successfully on port (\d+)\.?\n", text)
            if found:
                return int(found[1])
            if not more:
                raise AssertionError(f"chromedriver does not start: {text}")

    def command(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(method, self.path + path, json.dumps(body) if body is not None else None)
            self.wait_for(connection.sock)
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What the body of a function returns in the page. The page's own variables and functions are visible."""
        return self.command("POST", "/execute/sync", {"script": script, "args": arguments})

    def until(self, script, *arguments):
        """The first true value that the body of a function returns; it is called once a frame."""
        return self.command("POST", "/execute/async", {"script": UNTIL % script, "args": arguments})

    def click(self, selector):
        element = self.command("POST", "/element", {"using": "css selector", "value": selector})
        self.command("POST", f"/element/{next(iter(element.values()))}/click", {})

    def act(self, *sources):
        self.command("POST", "/actions", {"actions": list(sources)})

    def press(self, *keys):
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.act({"type": "key", "id": "keyboard", "actions": actions})

    def pointer(self, *actions):
        self.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(actions)})

    def hover(self, x, y):
        self.pointer({"type": "pointerMove", "x": round(x), "y": round(y)})

    def click_at(self, x, y):
        self.drag((x, y))

    def drag(self, *places):
        """Presses the button at the first place, and leaves it at the last."""
        first, *rest = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
        self.pointer(first, {"type": "pointerDown", "button": 0}, *rest, {"type": "pointerUp", "button": 0})

    def wheel(self, x, y, amount, key=None):
        """Turns the wheel at a place, while a key is held down."""
        scroll = {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": amount, "origin": "viewport"}
        held = [{"type": "keyDown", "value": KEYS[key]}, {"type": "pause"}, {"type": "keyUp", "value": KEYS[key]}] if key else []
        self.act({"type": "key", "id": "keyboard", "actions": held},
                 {"type": "wheel", "id": "wheel", "actions": [{"type": "pause"}, scroll] if key else [scroll]})

    def prefer(self, scheme):
        """What the person has asked of all pages: "light" or "dark"."""
        self.command("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def console(self):
        """What the page has written to its console, and its errors, since the last time."""
        return [entry["message"] for entry in self.command("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.command("GET", "/screenshot")))
