# SPDX-License-Identifier: GPL-2.0-or-later
"""The checker of trace events (lib/trace_events.py) accepts what viewers show, and names each breach."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import trace_events  # noqa: E402

PROCESS, THREAD = ({"ph": "M", "name": f"{what}_name", "pid": 1, "tid": tid, "args": {"name": "a"}} for what, tid in (("process", 0), ("thread", 7)))
ARROW = {"cat": "wake", "id": 3}


def event(phase, at, name="a", **more):
    return {"ph": phase, "name": name, "ts": at, "pid": 1, "tid": 7, **more}


class TraceEvents(unittest.TestCase):
    def complain(self, *events, names=(PROCESS, THREAD), **more):
        return trace_events.complaints({"displayTimeUnit": "ns", "traceEvents": [*names, *events], **more})

    def check_refused(self, why, *events, **more):
        found = self.complain(*events, **more)
        self.assertEqual(len(found), 1, found)
        self.assertIn(why, found[0])

    def test_what_viewers_show_is_accepted(self):
        self.assertEqual(self.complain(
            event("B", 1, args={"text": "x"}), event("X", 2.5, dur=0.001), event("s", 2.5, **ARROW), event("i", 3, s="g"), event("E", 4, ""),
            event("B", 5), event("f", 5, bp="e", **ARROW), event("E", 6)), [])

    def test_members_are_those_of_the_format(self):
        self.check_refused("unknown phase", event("Q", 1))
        self.check_refused("lacks dur", event("X", 1))
        self.check_refused("unknown member color", event("B", 1, color="red"))
        self.check_refused("ts has a wrong type", event("B", "1"))
        self.check_refused("unknown scope", event("i", 1, s="x"))
        self.check_refused("unknown member events of the file", event("B", 1), events=[])

    def test_slices_nest_and_time_goes_on(self):
        self.check_refused("ends nothing", event("E", 1))
        self.check_refused("ends another slice", event("B", 1), event("E", 2, "b"))
        self.check_refused("begins in a slice that ends first", event("X", 1, dur=5), event("B", 2))
        self.check_refused("ends a slice with a duration", event("B", 1), event("X", 2, dur=5), event("E", 3))
        self.check_refused("goes back in time", event("B", 2), event("B", 1))

    def test_arrows_begin_and_end_in_slices(self):
        begun = event("B", 1), event("s", 1, **ARROW)
        self.check_refused("an arrow from nowhere", event("s", 1, **ARROW))
        self.check_refused("an arrow that has begun already", *begun, event("s", 2, **ARROW))
        self.check_refused("an arrow that did not begin", event("B", 1), event("f", 1, bp="e", **ARROW))
        self.check_refused("an arrow to nowhere", *begun, event("E", 2), event("f", 3, bp="e", **ARROW))

    def test_rows_have_names(self):
        self.check_refused("row 7 of 1 has no name", event("B", 1), names=[PROCESS])
        self.check_refused("process 1 has no name", event("B", 1), names=[THREAD])


if __name__ == "__main__":
    unittest.main()
