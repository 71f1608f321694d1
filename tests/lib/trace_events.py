# SPDX-License-Identifier: GPL-2.0-or-later
"""trace_events.py - what a file of trace events (the JSON of chrome://tracing and Perfetto) does against its format.

The rules are those of the document "Trace Event Format" for the phases that Neurath writes, and what both viewers need so as to show
everything: slices of a row that nest, and arrows that begin and end in slices. A member that the format does not know is refused: a viewer would
ignore it without a word.
"""

NUMBER = (int, float)
COMMON = {"ph": str, "name": str, "ts": NUMBER, "pid": int, "tid": int}
# Phase: the members that it must have besides, and those that it may have.
PHASES = {
    "B": ({}, {"args": dict}),
    "E": ({}, {}),
    "X": ({"dur": NUMBER}, {"args": dict}),
    "i": ({"s": str}, {"args": dict}),
    "s": ({"cat": str, "id": int}, {}),
    "f": ({"cat": str, "id": int, "bp": str}, {}),
    "M": ({"args": dict}, {}),
}
NAMES = ("process_name", "thread_name")


def complaints_about_members(event):
    if event.get("ph") not in PHASES:
        return ["unknown phase"]
    must, may = PHASES[event["ph"]]
    must = {**COMMON, **must}
    if event["ph"] == "M":
        del must["ts"]
    known = {**must, **may}
    return ([f"lacks {name}" for name in must if name not in event] +
            [f"unknown member {name}" for name in event if name not in known] +
            [f"{name} has a wrong type" for name, kind in known.items()
             if name in event and (not isinstance(event[name], kind) or isinstance(event[name], bool))])


def complaints_about_values(event):
    if event["ph"] == "i" and event["s"] not in ("g", "p", "t"):
        yield "unknown scope"
    if event["ph"] == "f" and event["bp"] != "e":
        yield "unknown binding point"
    if event["ph"] == "X" and event["dur"] < 0:
        yield "ends before it begins"
    if event["ph"] == "M" and (event["name"] not in NAMES or not isinstance(event["args"].get("name"), str)):
        yield "names nothing"


class Rows:
    """What is open while the events pass in their order."""

    def __init__(self):
        self.open, self.arrows, self.last = {}, set(), 0       # nanoseconds

    def take(self, event):
        """Yields what the event does against the order."""
        now = round(event["ts"] * 1000)
        if now < self.last:
            yield "goes back in time"
        self.last = now
        stack = self.open.setdefault((event["pid"], event["tid"]), [])
        while stack and stack[-1][1] is not None and stack[-1][1] <= now:
            stack.pop()
        yield from getattr(self, "take_" + event["ph"], lambda *_: ())(event, stack)

    def take_B(self, event, stack):
        if stack and stack[-1][1] is not None:
            yield "begins in a slice that ends first"
        stack.append((event["name"], None))
        yield from ()

    def take_X(self, event, stack):
        stack.append((event["name"], self.last + round(event["dur"] * 1000)))
        yield from ()

    def take_E(self, event, stack):
        if not stack:
            yield "ends nothing"
        elif stack[-1][1] is not None:
            yield "ends a slice with a duration"
        elif event["name"] not in ("", stack.pop()[0]):
            yield "ends another slice"

    def take_s(self, event, stack):
        arrow = event["cat"], event["id"], event["name"]
        if not stack:
            yield "an arrow from nowhere"
        if arrow in self.arrows:
            yield "an arrow that has begun already"
        self.arrows.add(arrow)

    def take_f(self, event, stack):
        arrow = event["cat"], event["id"], event["name"]
        if not stack:
            yield "an arrow to nowhere"
        if arrow not in self.arrows:
            yield "an arrow that did not begin"
        self.arrows.discard(arrow)


def complaints(document):
    """A line for each breach."""
    found = [f"unknown member {name} of the file" for name in document if name not in ("traceEvents", "displayTimeUnit")]
    if document.get("displayTimeUnit") not in ("ms", "ns"):
        found.append("displayTimeUnit is neither ms nor ns")
    rows, named = Rows(), set()
    for event in document["traceEvents"]:
        wrong = complaints_about_members(event)
        wrong = wrong or list(complaints_about_values(event))
        if not wrong and event["ph"] == "M":
            named.add((event["name"], event["pid"], event["tid"] if event["name"] == "thread_name" else 0))
        elif not wrong:
            wrong = list(rows.take(event))
        found += [f"{text}: {event}" for text in wrong]
    for pid, tid in rows.open:
        found += [f"row {tid} of {pid} has no name"] if ("thread_name", pid, tid) not in named else []
        found += [f"process {pid} has no name"] if ("process_name", pid, 0) not in named else []
    return found
