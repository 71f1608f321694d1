# SPDX-License-Identifier: GPL-2.0-or-later
"""progress.py - distinguishes a process that hangs from a slow one, by its progress and not by the time that passes.

On a busy machine a process gets fewer turns, but it still wants as many. So two amounts are measured
for a process and all its descendants:

    computed    the processor time that they used: a loop without end uses all the time that it gets
    asleep      the time in which all of them slept: they used hardly any processor time, and at each look none of their
                threads ran or waited for a turn. Only threads that wait for a clock, or without end, are in this state

Other users of the processors make neither amount grow. A process hangs if an amount passes its
limit between two events.
"""

import os
import time

TICK = 1 / os.sysconf("SC_CLK_TCK")
STEP = 0.4      # a look that comes later than this was delayed itself: it saw one moment, and counts for no longer time


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:         # the process has ended
        return ""


def stat_fields(text):
    """The fields of a line of /proc/PID/stat from the state on: the name before may contain any characters."""
    return text.rpartition(")")[2].split()


class Family:
    """A process and its descendants."""

    def __init__(self, root):
        self.root, self.used = root, {}

    def members(self):
        """(pid, fields) of each process of the family that exists."""
        fields = {int(pid): stat_fields(read(f"/proc/{pid}/stat")) for pid in os.listdir("/proc") if pid.isdigit()}
        children = {}
        for pid, words in fields.items():
            if words:
                children.setdefault(int(words[1]), []).append(pid)
        found = [self.root]
        for pid in found:
            found += children.get(pid, [])
        return [(pid, fields[pid]) for pid in found if fields.get(pid)]

    def look(self):
        """(seconds computed since the last look, whether a thread runs, waits for its turn, or for a disk)."""
        computed, awake, used = 0, False, {}
        for pid, words in self.members():
            used[pid] = int(words[11]) + int(words[12])
            computed += max(0, used[pid] - self.used.get(pid, 0))
            awake = awake or any(self.thread_is_awake(pid, thread) for thread in self.threads(pid))
        self.used = used
        return computed * TICK, awake

    @staticmethod
    def threads(pid):
        try:
            return os.listdir(f"/proc/{pid}/task")
        except OSError:
            return []

    @staticmethod
    def thread_is_awake(pid, thread):
        return stat_fields(read(f"/proc/{pid}/task/{thread}/stat"))[:1] in (["R"], ["D"])


class Watch:
    """Judges a process from event to event. look() is called a few times a second, event() at each progress."""

    def __init__(self, pid, computing, sleeping):
        """The limits, in seconds."""
        self.family, self.computing, self.sleeping = Family(pid), computing, sleeping
        self.computed = self.asleep = self.longest_sleep = 0
        self.news, self.last = False, time.monotonic()

    def event(self):
        """Notes progress. May be called by another thread than look()."""
        self.news = True

    def look(self):
        """Why the process counts as hung, or "" if it does not."""
        now = time.monotonic()
        step, self.last = min(now - self.last, STEP), now
        computed, awake = self.family.look()
        if self.news:
            self.news, self.computed, self.asleep = False, 0, 0
            return ""
        self.computed += computed
        if not awake and computed < step / 2:
            self.asleep += step - computed
            self.longest_sleep = max(self.longest_sleep, self.asleep)
        if self.asleep > self.sleeping:
            return f"it slept for {self.asleep:.0f} s and made no progress"
        if self.computed > self.computing:
            return f"it used {self.computed:.0f} s of processor time and made no progress"
        return ""
