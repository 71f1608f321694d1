# SPDX-License-Identifier: GPL-2.0-or-later
"""export.py - a grade in the formats of other programs.

    tools/lab export --lab 4 --to gradescope     grade.json as the results.json of a Gradescope autograder
    tools/lab export --lab 4 --to classroom      the autograding.json of a GitHub Classroom assignment: a test for each check
    tools/lab export --lab 4 --to csv            a line for a table: lab, seed, points, and each check
"""

import json

# Minutes that Classroom allows a test: the first one builds the kernel.
FIRST_TEST, OTHER_TESTS = 30, 1


def gradescope(score):
    tests = [{"name": f"{c['name']}: {c['title']}", "score": c["points"], "max_score": c["of"],
              "output": "\n".join([f"expected: {c['expected']}", *c["lines"]]) if c["expected"] else "ok"} for c in score["checks"]]
    return json.dumps({"score": score["points"], "output": f"seed {score['seed']}", "tests": tests}, indent=1)


def classroom(lab, checks):
    """The first test grades; each of the others reads its line of grade.json."""
    tests = [{"name": "grade", "setup": "sudo sh tools/setup --tests", "run": f"make grade LAB={lab[1:]} || true", "input": "", "output": "",
              "comparison": "included", "timeout": FIRST_TEST, "points": 0}]
    for one in checks:
        tests.append({"name": f"{one.name}: {one.title}", "setup": "", "run": f"tools/lab passed --lab {lab} --check {one.name}",
                      "input": "", "output": "", "comparison": "included", "timeout": OTHER_TESTS, "points": one.points})
    return json.dumps({"tests": tests}, indent=1)


def csv(score):
    return ",".join([score["lab"], str(score["seed"]), str(score["points"])] + [f"{c['name']}={c['points']}" for c in score["checks"]])
