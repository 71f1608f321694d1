#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""table.py [--check] PAGE - makes the table of instruction counts in docs/performance.md from lines on stdin.

    make bench-table     measures (also Linux if tools/setup --bench has unpacked a kernel), and rewrites the table
    make bench-check     measures, and names each row that is more than 3 % worse than the committed table

Reads the lines "# bench NAME VALUE UNIT" of icount.py and linux.py; "NAME_of_linux" is Linux's figure. A row without a
new measurement keeps its figure. A name that ends in a number belongs to a series over N: its last row says how the
cost grows from the first to the last N, as c in "+ c each" and as x in "N^x". Rows in which Linux needs fewer
instructions are marked.

--check only compares. Its status is always 0: the counts fail no test. A person must judge the rows that it names.
"""

import argparse
import math
import re
import sys
from collections import OrderedDict

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
LINE = re.compile(r"^# bench (\S+?)(_of_linux)? ([0-9.e+]+) (?:instructions|ns)\s*$")
ROW = re.compile(r"^\| `(\w+)` \| ([0-9,]*) \| ([0-9,]*) \|")
SERIES = re.compile(r"^(\w+?)_(\d+)$")
# Names whose last number is not N of a series: it counts bytes, or is a state.
SINGLE = ("file_pread_1", "file_pwrite_1")
WORSE = 1.03


def number(text):
    return int(text.replace(",", "")) if text else None


def read_table(page):
    """The rows of the committed table: name -> [ours, Linux's]."""
    rows = OrderedDict()
    for line in page.split(BEGIN)[1].split(END)[0].splitlines():
        match = ROW.match(line)
        if match:
            rows[match.group(1)] = [number(match.group(2)), number(match.group(3))]
    return rows


def read_lines(lines):
    """The new measurements, in the form of read_table(); None for a missing figure."""
    rows = OrderedDict()
    for line in lines:
        match = LINE.match(line)
        if match:
            rows.setdefault(match.group(1), [None, None])[bool(match.group(2))] = round(float(match.group(3)))
    return rows


def merge(old, new):
    """The rows in the committed order, then in the order of measurement; the rows of a series stand together, by N."""
    rows = OrderedDict((name, list(pair)) for name, pair in old.items())
    for name, pair in new.items():
        row = rows.setdefault(name, [None, None])
        for i, value in enumerate(pair):
            row[i] = row[i] if value is None else value
    first = {}
    for place, name in enumerate(rows):
        first.setdefault(series_of(name)[0] or name, place)
    return OrderedDict(sorted(rows.items(), key=lambda item: (first[series_of(item[0])[0] or item[0]], series_of(item[0])[1] or 0)))


def growth(points):
    """How the cost grows, in words. points: (N, cost), sorted by N."""
    (n0, c0), (n1, c1) = points[0], points[-1]
    if c1 <= 1.1 * c0 or c1 - c0 < 30:
        return "flat"
    return f"+ {(c1 - c0) / (n1 - n0):,.0f} each, N^{math.log(c1 / c0) / math.log(n1 / n0):.2f}"


def series_of(name):
    match = None if name in SINGLE else SERIES.match(name)
    return (match.group(1), int(match.group(2))) if match else (None, None)


def notes(rows):
    """name -> text of the last column: a mark if behind Linux, and the growth at the end of a series."""
    points = {}
    result = {}
    for name, (ours, linux) in rows.items():
        series, n = series_of(name)
        if series and ours is not None:
            points.setdefault(series, []).append((n, ours, name))
        result[name] = "**behind Linux**" if ours and linux and ours > linux else ""
    for found in points.values():
        found.sort()
        if len(found) > 1:
            last = found[-1][2]
            result[last] = ", ".join(filter(None, (growth([p[:2] for p in found]), result[last])))
    return result


def cell(value):
    return "" if value is None else f"{value:,}"


def write_table(rows):
    said = notes(rows)
    lines = ["| work | Neurath | Linux | Neurath / Linux | |", "|---|---|---|---|---|"]
    for name, (ours, linux) in rows.items():
        ratio = f"{ours / linux:.2f}" if ours and linux else ""
        lines.append(f"| `{name}` | {cell(ours)} | {cell(linux)} | {ratio} | {said[name]} |")
    return "\n".join(lines)


def check(old, new):
    """Lines that name the rows that got worse, or are behind Linux."""
    found = []
    for name, (ours, _) in new.items():
        before, linux = old.get(name, (None, None))
        if ours and before and ours > WORSE * before:
            found.append(f"{name}: {ours:,}, in the table {before:,}: {100 * ours / before - 100:.1f} % worse")
        if ours and before is None:
            found.append(f"{name}: {ours:,}, not in the table: make bench-table")
        if ours and linux and ours > linux:
            found.append(f"{name}: {ours:,}, behind Linux's {linux:,}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the table, write nothing")
    parser.add_argument("page", help="docs/performance.md")
    options = parser.parse_args()
    with open(options.page, encoding="utf-8") as file:
        page = file.read()
    old, new = read_table(page), read_lines(sys.stdin)
    if not new:
        sys.exit("table.py: no figures on stdin: did the guest run?")
    if options.check:
        print("\n".join(check(old, new)) or f"{len(new)} rows, none more than 3 % worse than {options.page}, none behind Linux")
        return
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    with open(options.page, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{write_table(merge(old, new))}\n{END}{after}")


if __name__ == "__main__":
    main()
